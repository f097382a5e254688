//! The command line.

mod check;
mod cosim;
mod replay;
mod tinybms;
mod twin;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use parallelator_core::Chemistry;

use crate::{demo, texts::Language};

/// Port of the page unless another is given.
pub const DEFAULT_PORT: u16 = 8480;

/// Longest headless run: a year.
const LONGEST_S: u32 = 31_536_000;

/// Joins battery packs to one bus safely: simulated, with a page in the browser.
#[derive(Debug, Parser)]
#[command(name = "parallelator", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: DemoArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a simulated rack; this is also what happens without a subcommand
    Demo(DemoArgs),
    /// Checks a rack file and lists everything that is wrong with it
    Check {
        /// The rack file
        file: PathBuf,
    },
    /// Drives the decision core from another program, line by line over standard input and output
    Cosim(cosim::CosimArgs),
    /// Feeds a log of `cosim --log` through the core and compares the decisions
    Replay(replay::ReplayArgs),
    /// Reads and sets a TinyBMS on a serial port or a TCP bridge
    Tinybms(tinybms::TinyBmsArgs),
    /// Simulates a device in real time on a serial line of its own, for programs that talk to the real one
    #[command(subcommand)]
    Twin(twin::TwinCommand),
}

/// What a simulated rack can be asked for.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Number of packs, 1 to 32 [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    pub packs: Option<u8>,
    /// What the packs are made of
    #[arg(long, value_name = "KIND", default_value = "nmc")]
    pub chemistry: ChemistryName,
    /// Draws start values, resistances and sensor errors; without it the demo tells its story
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Simulated seconds a second, 0.1 to 1000
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    pub speed: f64,
    /// Language of the page, the table and the lines
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: Language,
    /// Port of the page on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Takes the rack from a file instead of the KXKM rack
    #[arg(long, value_name = "FILE", conflicts_with_all = ["packs", "chemistry"])]
    pub rack: Option<PathBuf>,
    /// Takes start voltages and path resistances from measured rack hours (CSV)
    #[arg(long, value_name = "FILE")]
    pub start: Option<PathBuf>,
    /// Which hour of the start file; without it the first
    #[arg(long, value_name = "RACK,TIME", requires = "start")]
    pub start_hour: Option<String>,
    /// Writes one row a second into CSV files in this folder
    #[arg(long, value_name = "DIR")]
    pub log: Option<PathBuf>,
    /// Runs at full speed without page and terminal, then reports
    #[arg(long, requires = "seconds", conflicts_with_all = ["speed", "port", "language"])]
    pub headless: bool,
    /// Simulated seconds of a headless run
    #[arg(long = "for", id = "seconds", value_name = "SECONDS", requires = "headless",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_S)))]
    pub seconds: Option<u32>,
    /// File for the report of a headless run; without it standard output
    #[arg(long, value_name = "FILE", requires = "headless")]
    pub report: Option<PathBuf>,
}

/// A chemistry on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChemistryName {
    /// Seven NMC cells in series.
    Nmc,
    /// Eight LFP cells in series.
    Lfp,
    /// Eleven LTO cells in series.
    Lto,
    /// Twelve lead-acid cells in series.
    LeadAcid,
}

impl From<ChemistryName> for Chemistry {
    fn from(name: ChemistryName) -> Self {
        match name {
            ChemistryName::Nmc => Self::Nmc,
            ChemistryName::Lfp => Self::Lfp,
            ChemistryName::Lto => Self::Lto,
            ChemistryName::LeadAcid => Self::LeadAcid,
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed| (0.1..=1_000.0).contains(speed))
        .ok_or_else(|| "the speed must be a number from 0.1 to 1000".to_owned())
}

/// Runs the program with these arguments, its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(answer) => return show(&answer),
    };
    let result = match cli.command {
        None => demo::run(&cli.demo),
        Some(Command::Demo(demo)) => demo::run(&demo),
        Some(Command::Check { file }) => check::run(&file),
        Some(Command::Cosim(arguments)) => cosim::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Tinybms(arguments)) => tinybms::run(arguments),
        Some(Command::Twin(command)) => twin::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_quiet() {
                // Where standard error is closed too, the status says enough.
                let _ = writeln!(io::stderr(), "parallelator: {failure}");
            }
            ExitCode::from(failure.status())
        }
    }
}

/// Help and version on standard output; what is wrong with the arguments on standard error.
fn show(answer: &clap::Error) -> ExitCode {
    let status = if answer.use_stderr() { 2 } else { 0 };
    match answer.print() {
        Ok(()) => ExitCode::from(status),
        Err(_) if status == 0 => ExitCode::FAILURE,
        // Where standard error is closed too, the status says enough.
        Err(_) => ExitCode::from(status),
    }
}
