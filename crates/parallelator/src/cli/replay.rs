//! The subcommand `replay`.

use std::{io, path::PathBuf};

use clap::Args;

use crate::{
    failure::Failure,
    replay::{self, Options},
};

/// What a replay can be asked for.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The recorded log
    log: PathBuf,
    /// Changes a parameter, and shows what would have differed; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Answers with one JSON object
    #[arg(long)]
    json: bool,
    /// The state file as it was when the log was begun
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
}

/// Compares a log with what the core decides.
pub(super) fn run(arguments: &ReplayArgs) -> Result<(), Failure> {
    let options = Options {
        load_state: arguments.load_state.as_deref(),
        set: &arguments.set,
        json: arguments.json,
    };
    replay::run(&arguments.log, options, io::stdout().lock(), io::stderr())
}
