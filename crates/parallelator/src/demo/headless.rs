//! A headless run: the same loop on the same board at full speed, then a report.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::Setup;
use crate::{
    board::sim::{Pace, SimBoard},
    failure::Failure,
    hub::{Hub, Inbox},
    log,
    rack::Description,
    report::Report,
};

/// Runs for this many simulated seconds, or until it is stopped.
///
/// # Errors
/// The rack cannot be simulated, or its log not be opened.
pub fn run(
    description: Description,
    setup: Setup,
    seconds: u32,
    log_folder: Option<&Path>,
    inbox: Inbox,
) -> Result<Report, Failure> {
    let started = Instant::now();
    let packs = setup.present.len();
    let pace = Pace::Full {
        until: Duration::from_secs(seconds.into()),
    };
    let (log, log_thread) = match log_folder {
        Some(folder) => {
            let (log, thread) = log::open(folder, &description, true)?;
            (Some(log), Some(thread))
        }
        None => (None, None),
    };
    let hub = Hub::new(description, "demo");
    let mut board = SimBoard::new(hub.into(), &setup, pace, inbox)?;
    board.set_log(log);
    let (figures, simulated) = {
        let mut node = super::node(board)?;
        crate::block_on::block_on(node.run());
        let board = node.board_mut();
        (board.figures().clone(), board.ended_at())
    };
    if let Some(thread) = log_thread {
        thread.finish();
    }
    let milliamps = |amperes: f64| (amperes * 1_000.0).round() as i64;
    Ok(Report {
        packs,
        connected: figures.connected,
        seconds_to_all_connected: figures.all_connected_at.map(|at| at.as_secs_f64()),
        max_circulating_ma: milliamps(figures.max_circulating_a),
        max_inrush_ma: milliamps(figures.max_inrush_a),
        max_pack_ma: milliamps(figures.max_pack_a),
        served_percent: figures.served_percent(),
        closings: figures.closings,
        events: figures.events,
        sim_seconds: simulated.as_secs_f64(),
        wall_seconds: started.elapsed().as_secs_f64(),
    })
}
