//! The subcommand `tinybms`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use tinybms_proto::Action;

use crate::{
    failure::Failure,
    tinybms::{self, Options, Place, SettingsTask, SniffOptions, Task},
};

/// Where the BMS is and what is to be done there.
#[derive(Debug, Args)]
pub(super) struct TinyBmsArgs {
    /// Serial port of the BMS, 115200 bit/s
    // The page of `demo` has a --port of its own: one identifier of each would be the same argument.
    #[arg(
        long = "port",
        id = "serial_port",
        value_name = "PATH",
        global = true,
        conflicts_with = "tcp_address"
    )]
    port: Option<PathBuf>,
    /// Host and port of a bridge or a twin; the bytes of the line, without a Modbus TCP header
    #[arg(
        long = "tcp",
        id = "tcp_address",
        value_name = "HOST:PORT",
        global = true
    )]
    tcp: Option<String>,
    /// How long the first byte of an answer may take; a read is sent three times at most, a write once
    #[arg(long, value_name = "MILLISECONDS", global = true, default_value = "500",
        value_parser = clap::value_parser!(u32).range(20..=60_000))]
    timeout: u32,
    /// Answers in JSON: one object, or one a line for watch and sniff
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Who it is and everything it measures
    Status,
    /// Each cell, 1 at the negative end, with what is being balanced
    Cells,
    /// What happened, the newest first
    Events {
        /// Only what is new to the BMS; what makes an event new is not documented
        #[arg(long)]
        new: bool,
    },
    /// What it has counted since the statistics were cleared
    Statistics,
    /// Reads, writes and compares the settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Restarts the BMS, which opens its switches
    Reset(Consent),
    /// Empties the event log; does not clear a fault
    ClearEvents(Consent),
    /// Empties the statistics
    ClearStatistics(Consent),
    /// One line after the other until Ctrl-C
    Watch {
        /// Seconds from one reading to the next, 0.1 to 3600
        #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
        interval: Duration,
        /// Ends after so many readings
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// Shows what comes over the line, and sends nothing, until Ctrl-C
    Sniff {
        /// Shows the bytes too
        #[arg(long)]
        hex: bool,
        /// Ends after so many frames, lines of text and pieces of noise
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// Ends after this time, 0.1 to 86400
        #[arg(long = "for", value_name = "SECONDS", value_parser = length)]
        length: Option<Duration>,
    },
}

#[derive(Debug, Subcommand)]
enum SettingsCommand {
    /// All settings with the limits of this device
    List,
    /// Some settings
    Get {
        /// Their names, as `list` shows them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Changes settings, in an order in which every step in between is allowed, and reads them back
    Set {
        /// A name with its value, `fully_charged_voltage=4150` or `="4150 mV"`; several are checked together
        #[arg(required = true, value_name = "NAME=VALUE")]
        changes: Vec<String>,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Writes all settings that can be read to a file
    Export {
        /// The file; it must not exist yet
        file: PathBuf,
        /// Replaces a file that exists
        #[arg(long)]
        force: bool,
    },
    /// Writes the settings of a file to the BMS, after showing what differs
    Import {
        /// A file of `export`, or a part of one
        file: PathBuf,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Compares a file with the BMS, or with another file; status 1 when they differ
    Diff {
        /// A file of `export`
        file: PathBuf,
        /// Another one; without it the BMS
        other: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct WriteArgs {
    /// Prints the frames that would be sent, and sends no write
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Debug, Args)]
struct Consent {
    /// Does it without asking
    #[arg(long)]
    yes: bool,
}

fn interval(text: &str) -> Result<Duration, String> {
    seconds(text, 3_600.0)
        .ok_or_else(|| "the interval must be a number of seconds from 0.1 to 3600".to_owned())
}

fn length(text: &str) -> Result<Duration, String> {
    seconds(text, 86_400.0)
        .ok_or_else(|| "the time must be a number of seconds from 0.1 to 86400".to_owned())
}

fn seconds(text: &str, most: f64) -> Option<Duration> {
    let seconds = text.parse().ok()?;
    (0.1..=most)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

impl From<SettingsCommand> for SettingsTask {
    fn from(command: SettingsCommand) -> Self {
        match command {
            SettingsCommand::List => Self::List,
            SettingsCommand::Get { names } => Self::Get { names },
            SettingsCommand::Set { changes, write } => Self::Set {
                changes,
                dry_run: write.dry_run,
                yes: write.consent.yes,
            },
            SettingsCommand::Export { file, force } => Self::Export { file, force },
            SettingsCommand::Import { file, write } => Self::Import {
                file,
                dry_run: write.dry_run,
                yes: write.consent.yes,
            },
            SettingsCommand::Diff { file, other } => Self::Diff { file, other },
        }
    }
}

impl From<Command> for Task {
    fn from(command: Command) -> Self {
        let act = |action, consent: Consent| Self::Act {
            action,
            yes: consent.yes,
        };
        match command {
            Command::Status => Self::Status,
            Command::Cells => Self::Cells,
            Command::Events { new } => Self::Events { new },
            Command::Statistics => Self::Statistics,
            Command::Settings(command) => Self::Settings(command.into()),
            Command::Reset(consent) => act(Action::Reset, consent),
            Command::ClearEvents(consent) => act(Action::ClearEvents, consent),
            Command::ClearStatistics(consent) => act(Action::ClearStatistics, consent),
            Command::Watch { interval, count } => Self::Watch { interval, count },
            Command::Sniff { hex, count, length } => {
                Self::Sniff(SniffOptions { hex, count, length })
            }
        }
    }
}

/// Does what was asked.
pub(super) fn run(arguments: TinyBmsArgs) -> Result<(), Failure> {
    let port = arguments.port.map(Place::Port);
    let options = Options {
        place: port.or(arguments.tcp.map(Place::Tcp)),
        timeout: Duration::from_millis(arguments.timeout.into()),
        json: arguments.json,
    };
    tinybms::run(&options, &arguments.command.into())
}
