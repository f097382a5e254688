//! The subcommand `cosim`.

use std::{io, path::PathBuf};

use clap::Args;

use crate::{
    cosim::{self, Files},
    failure::Failure,
};

/// What a co-simulation can be asked for.
#[derive(Debug, Args)]
pub(super) struct CosimArgs {
    /// Takes scores, latches and counters from the file of an earlier run; a missing file is a first start
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
    /// Keeps what survives a reboot in this file; may be the same
    #[arg(long, value_name = "FILE")]
    save_state: Option<PathBuf>,
    /// Records every step with its decision, for `replay`
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Answers lines until the input ends.
pub(super) fn run(arguments: &CosimArgs) -> Result<(), Failure> {
    let files = Files {
        load_state: arguments.load_state.as_deref(),
        save_state: arguments.save_state.as_deref(),
        log: arguments.log.as_deref(),
    };
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    cosim::run(files, input, output, io::stderr())
}
