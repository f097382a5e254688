//! Development tasks of this workspace, run as `cargo xtask <task>`.

mod acceptance;
mod ci;
mod coverage;
mod m33;
mod markers;
mod proof;
mod size;
mod twins;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <task>

  acceptance [--only A2,...] [--write]
                    run the points of acceptance in their long form and print a table of figures; --write puts it into
                    docs/safety.md
  ci [--skip STEP,...] [--only STEP,...] [--list]
                    run what the continuous integration runs, and print how long each step took
  m33 [--write]     play a long log to the core on an emulated Cortex-M33, compare it with the host, count instructions
                    and bytes; --write puts the table into docs/safety.md
  coverage          lines and branches of the decision core that its tests reach; fails when one is missing that
                    docs/mutants.md does not explain (needs cargo-llvm-cov and a nightly toolchain with llvm-tools)
  proof [--steps NUMBER] [--write]
                    judge the invariants of the core over 10^8 random steps and a full grid; --write puts the tables into
                    docs/safety.md
  size [--write]    measure the smallest firmware, and the drivers beside others; --write puts the tables into the README
  twins [--check]   write every blocking.rs from the asynch.rs beside it; --check only compares
";

/// The workspace folder: the parent of this package's own.
fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("--help", &[] as &[String]),
    };
    let outcome = match task {
        "acceptance" => acceptance::run(&workspace(), rest),
        "ci" => ci::run(&workspace(), rest),
        "m33" => m33::run(&workspace(), rest),
        "coverage" => coverage::run(&workspace(), rest),
        "proof" => proof::run(&workspace(), rest),
        "size" => size::run(&workspace(), rest),
        "twins" => twins::run(&workspace(), rest),
        "--help" | "-h" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown task {other:?}\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}
