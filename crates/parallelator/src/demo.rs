//! The subcommand `demo`: a simulated rack, in real time with a page, or headless at full speed.

mod headless;
mod live;
mod setup;
mod signal;
mod story;

pub use headless::run as run_headless;
pub use setup::{Setup, drawn, measured, story};

use parallelator_core::Chemistry;

use parallelator_node::Node;

use crate::{
    PACKS,
    board::sim::SimBoard,
    cli::DemoArgs,
    failure::Failure,
    hub,
    rack::{self, Description, start},
    report::Target,
};

/// Packs unless another number is given.
const USUAL_PACKS: usize = 8;

/// Runs the demo that these options ask for.
///
/// # Errors
/// Why it could not be run to its end.
pub fn run(args: &DemoArgs) -> Result<(), Failure> {
    let (orders, inbox) = hub::queue();
    let signal = signal::Signal::install(&orders)?;
    let hour = match &args.start {
        Some(file) => Some(start::read(file, args.start_hour.as_deref())?),
        None => None,
    };
    let description = describe(args, hour.as_ref())?;
    let setup = match (&hour, args.seed) {
        (Some(hour), seed) => measured(&description, hour, seed.unwrap_or_default()),
        (None, Some(seed)) => drawn(&description, seed),
        (None, None) => story(&description),
    };
    match args.seconds {
        Some(seconds) => {
            let _running = signal.arm();
            let target = Target::open(args.report.as_deref())?;
            let report = headless::run(description, setup, seconds, args.log.as_deref(), inbox)?;
            target.write(&report)
        }
        None => live::run(args, description, setup, &signal, (orders, inbox)),
    }
}

/// The loop over this board.
fn node(board: SimBoard) -> Result<Node<SimBoard, PACKS>, Failure> {
    let description = board.description().clone();
    Node::new(board, &description.packs, description.params)
        .map_err(|error| Failure::Loop(format!("the rack cannot be run: {error}")))
}

/// The rack on paper: from a file, or the KXKM rack with as many packs as are wanted.
fn describe(args: &DemoArgs, hour: Option<&start::StartHour>) -> Result<Description, Failure> {
    let channels = hour.map(|hour| hour.packs.len());
    let description = match &args.rack {
        Some(file) => rack::read(file)?,
        None => {
            let packs = args.packs.map(usize::from);
            let packs = packs.or(channels).unwrap_or(USUAL_PACKS);
            Description::kxkm(packs, Chemistry::from(args.chemistry))
        }
    };
    let packs = description.packs.len();
    match channels {
        Some(channels) if channels > packs => Err(Failure::Usage(format!(
            "the start hour has {channels} channels, the rack has only {packs} packs: give it more with --packs or --rack"
        ))),
        _ => Ok(description),
    }
}
