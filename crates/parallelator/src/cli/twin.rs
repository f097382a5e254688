//! The subcommand `twin`.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

use crate::{
    failure::Failure,
    twin::{self, Options, Place},
};

/// Largest current, A: more than any board of its kind carries.
const LARGEST_CURRENT: f64 = 1_000.0;

/// Which device is simulated.
#[derive(Debug, Subcommand)]
pub(super) enum TwinCommand {
    /// A TinyBMS s516; prints the device or the address of its serial line, and answers until Ctrl-C
    Tinybms(TinyBmsArgs),
}

/// What a simulated TinyBMS can be asked for.
#[derive(Debug, Args)]
pub(super) struct TinyBmsArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Cells in series, 4 to 16
    #[arg(long, value_name = "N", default_value = "14", value_parser = clap::value_parser!(u8).range(4..=16))]
    cells: u8,
    /// State of charge in percent, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value = "50", value_parser = percent)]
    soc: f64,
    /// Current in amperes, positive when it charges; outside +-0.8 A the twin never goes to sleep
    #[arg(long, value_name = "AMPERES", default_value = "0", allow_negative_numbers = true, value_parser = current)]
    current: f64,
    /// Draws differences between the cells
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Sends ASCII text unasked, every 100 ms
    #[arg(long)]
    noise: bool,
}

/// Where the serial line ends.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PlaceArgs {
    /// Opens a pseudo terminal and prints its device
    #[arg(long)]
    pty: bool,
    /// Listens here and prints the address; the same bytes as on the line, without a Modbus TCP header; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    tcp: Option<SocketAddr>,
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 0.0, 100.0).ok_or_else(|| "the charge must be a number from 0 to 100".to_owned())
}

fn current(text: &str) -> Result<f64, String> {
    number(text, -LARGEST_CURRENT, LARGEST_CURRENT)
        .ok_or_else(|| "the current must be a number from -1000 to 1000".to_owned())
}

fn number(text: &str, least: f64, most: f64) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|value| (least..=most).contains(value))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "an address looks like 127.0.0.1:5020 or [::1]:5020".to_owned())
}

/// Runs the twin until Ctrl-C.
pub(super) fn run(command: &TwinCommand) -> Result<(), Failure> {
    let TwinCommand::Tinybms(arguments) = command;
    let options = Options {
        place: arguments.place.tcp.map_or(Place::Pty, Place::Tcp),
        cells: arguments.cells,
        soc: arguments.soc,
        current: arguments.current,
        seed: arguments.seed,
        noise: arguments.noise,
    };
    twin::run(&options)
}
