//! The program `parallelator`; everything is in the library beside it, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    parallelator::cli::run(std::env::args_os())
}
