//! The subcommand `tinybms`: a TinyBMS on a serial port or a TCP bridge, for a person or for a script.

mod actions;
mod answer;
mod cells;
mod consent;
mod device;
mod events;
mod port;
mod quantity;
mod settings;
mod sniff;
mod statistics;
mod status;
mod stop;
mod trouble;
mod watch;

use std::time::Duration;

pub use port::{Line, LineError, Place};
pub use settings::{FileFault, FileFaults, SettingsTask};
pub use trouble::Trouble;

use crate::failure::Failure;
use device::Device;

/// Where the BMS is, and how the answer is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it is.
    pub place: Option<Place>,
    /// How long the first byte of an answer may take.
    pub timeout: Duration,
    /// JSON instead of a table.
    pub json: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Everything it measures.
    Status,
    /// Each cell.
    Cells,
    /// What happened: all, or only what is new to the BMS.
    Events {
        /// Command 11h instead of 12h.
        new: bool,
    },
    /// What it has counted.
    Statistics,
    /// The settings.
    Settings(SettingsTask),
    /// One of the three things that need a confirmation.
    Act {
        /// Which one.
        action: tinybms_proto::Action,
        /// Without being asked.
        yes: bool,
    },
    /// A line again and again.
    Watch {
        /// From one reading to the next.
        interval: Duration,
        /// After so many it ends.
        count: Option<u64>,
    },
    /// Listening only.
    Sniff(SniffOptions),
}

/// What is to be listened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SniffOptions {
    /// Shows the bytes.
    pub hex: bool,
    /// Ends after so many items.
    pub count: Option<u64>,
    /// Ends after this time.
    pub length: Option<Duration>,
}

/// Does a task and prints its answer on standard output.
///
/// # Errors
/// What went wrong, and what to do about it.
pub fn run(options: &Options, task: &Task) -> Result<(), Failure> {
    let open = || Device::open(options.place.as_ref(), options.timeout);
    match task {
        Task::Status => status::run(&mut open()?)?.print(options.json),
        Task::Cells => cells::run(&mut open()?, options.json),
        Task::Events { new } => events::run(&mut open()?, *new)?.print(options.json),
        Task::Statistics => statistics::run(&mut open()?)?.print(options.json),
        Task::Settings(task) => settings::run(task, options),
        Task::Act { action, yes } => actions::run(*action, *yes, options),
        Task::Watch { interval, count } => watch::run(options, *interval, *count),
        Task::Sniff(listening) => sniff::run(options, *listening),
    }
}
