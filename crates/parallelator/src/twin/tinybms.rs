//! A TinyBMS in real time on a pseudo terminal or a TCP port.

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use battery_sim::{TinyBms, TinyBmsConfig, plant::Random, tinybms::REFRESH};

use super::{link::Link, tcp::Tcp};
use crate::failure::Failure;

/// Longest wait for bytes: how soon Ctrl-C is noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(20);
/// Shortest wait while bytes are on their way: several are handed over at once, as a serial driver does.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// The program was stopped or the machine slept: no use in catching up with more than this.
const LONGEST_STEP: Duration = Duration::from_secs(60);

/// Volts of a cell, empty and full, for the state of charge asked for; a straight line, as the device itself counts charge.
const EMPTY_V: f64 = 3.1;
const FULL_V: f64 = 4.1;
/// Largest difference between two cells with a seed, V.
const SPREAD_V: f64 = 0.012;
const BROADCAST_INTERVAL: u16 = 342;
const BROADCAST_PROTOCOL: u16 = 343;
const EVERY_100_MS: u16 = 1;
const ASCII: u16 = 1;

/// Where the serial line of a twin ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A pseudo terminal.
    Pty,
    /// A TCP port.
    Tcp(SocketAddr),
}

/// What a simulated TinyBMS can be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where its serial line ends.
    pub place: Place,
    /// Cells in series, 4..=16.
    pub cells: u8,
    /// State of charge, percent, 0..=100.
    pub soc: f64,
    /// A, positive when it charges.
    pub current: f64,
    /// Draws differences between the cells.
    pub seed: Option<u64>,
    /// Sends text unasked, every 100 ms.
    pub noise: bool,
}

/// Answers in real time until Ctrl-C.
///
/// # Errors
/// The line cannot be opened, or breaks.
pub fn run(options: &Options) -> Result<(), Failure> {
    let stop = stop_signal()?;
    match options.place {
        Place::Pty => run_on_pty(options, &stop),
        Place::Tcp(address) => {
            let refused = |error| Failure::Listen { address, error };
            let tcp = Tcp::open(address).map_err(refused)?;
            let name = tcp.address().map_err(refused)?.to_string();
            serve(options, tcp, &name, &stop)
        }
    }
}

#[cfg(unix)]
fn run_on_pty(options: &Options, stop: &AtomicBool) -> Result<(), Failure> {
    let pty = super::pty::Pty::open().map_err(|error| Failure::System {
        what: "a pseudo terminal",
        error,
    })?;
    let name = pty.path().display().to_string();
    serve(options, pty, &name, stop)
}

#[cfg(not(unix))]
fn run_on_pty(_: &Options, _: &AtomicBool) -> Result<(), Failure> {
    Err(Failure::Usage(
        "this system has no pseudo terminals: use --tcp 127.0.0.1:PORT".to_owned(),
    ))
}

fn stop_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    ctrlc::set_handler(move || raised.store(true, Ordering::Release)).map_err(|error| {
        Failure::System {
            what: "a handler for Ctrl-C",
            error: match error {
                ctrlc::Error::System(error) => error,
                other => io::Error::other(other),
            },
        }
    })?;
    Ok(stop)
}

/// The device as the options describe it.
fn device(options: &Options) -> TinyBms {
    let mut bms = TinyBms::new(TinyBmsConfig::new(options.cells));
    let charge = options.soc / 100.0;
    let mut random = options.seed.map(Random::new);
    for cell in 1..=options.cells {
        let difference = random
            .as_mut()
            .map_or(0.0, |random| random.within(SPREAD_V / 2.0));
        bms.set_cell(cell, EMPTY_V + (FULL_V - EMPTY_V) * charge + difference);
    }
    bms.set_charge(charge);
    bms.set_current(options.current);
    bms.set_charger(options.current > 0.0);
    if options.noise {
        bms.set_setting(BROADCAST_PROTOCOL, ASCII);
        bms.set_setting(BROADCAST_INTERVAL, EVERY_100_MS);
    }
    // All of this is measured before anybody asks.
    bms.tick(REFRESH);
    bms
}

fn serve(
    options: &Options,
    mut link: impl Link,
    name: &str,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let mut bms = device(options);
    let mut out = io::stdout().lock();
    writeln!(out, "{name}")
        .and_then(|()| out.flush())
        .map_err(Failure::Output)?;
    let broken = |error| Failure::System {
        what: "the line of the twin",
        error,
    };
    let mut seen = Instant::now();
    while !stop.load(Ordering::Acquire) {
        let next = [bms.next_output(), bms.next_line()];
        let wait = next.into_iter().flatten().fold(LONGEST_WAIT, Duration::min);
        let bytes = link.receive(wait.max(SHORTEST_WAIT)).map_err(broken)?;
        let now = Instant::now();
        bms.tick((now - seen).min(LONGEST_STEP));
        seen = now;
        bms.receive(&bytes);
        let output = bms.take_output();
        if !output.is_empty() {
            link.send(&output).map_err(broken)?;
        }
    }
    Ok(())
}
