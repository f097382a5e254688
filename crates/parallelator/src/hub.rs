//! What the loop's thread and everybody else share: the latest result one way, a bounded queue of orders the other way.
//!
//! The loop's thread never waits here: it holds the lock for a copy, and the others copy out before they work.

mod noted;
mod orders;
mod row;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use parallelator_core::{Decision, EventKind, SystemState};
use parallelator_node::Snapshot;

pub use noted::Noted;
pub use orders::{Inbox, Order, Orders, QueueFull, SimFault, SimOrder, queue};
pub use row::{Row, RowPack};

use crate::{PACKS, rack::Description, texts::Language};

/// Events kept for the page.
const EVENTS: usize = 200;

/// Rows kept for the page: a quarter of an hour.
const ROWS: usize = 900;

/// What only a simulated rack has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimView {
    /// Simulated time in milliseconds.
    pub time_ms: u64,
    /// Simulated seconds a second.
    pub speed: f64,
    /// The simulation stands still.
    pub paused: bool,
    /// What the load asks for, in milliamperes.
    pub load_ma: i32,
    /// What it gets.
    pub load_served_ma: i32,
    /// The most it can be set to.
    pub load_max_ma: i32,
    /// What the charger offers.
    pub charger_ma: i32,
    /// What the packs take of it.
    pub charger_served_ma: i32,
    /// The most it can be set to.
    pub charger_max_ma: i32,
    /// Names of the faults in force, by pack.
    pub faults: Vec<Vec<&'static str>>,
}

/// The latest result, with the events before it.
#[derive(Clone)]
pub struct View {
    /// What the loop saw and decided.
    pub snapshot: Box<Snapshot<PACKS>>,
    /// What only a simulated rack has.
    pub sim: Option<SimView>,
    /// The newest events, oldest first.
    pub events: VecDeque<Noted>,
    /// The service mode is on.
    pub service: bool,
}

#[derive(Default)]
struct Latest {
    view: Option<View>,
    rows: VecDeque<Arc<Row>>,
}

/// Whether the service mode is on after this step; `before` is what it was until then.
fn is_serviced(before: bool, decision: &Decision<PACKS>) -> bool {
    match decision.system {
        SystemState::Service => true,
        // Stands before the service mode, which goes on behind it unless it is left.
        SystemState::Shedding => {
            decision
                .events
                .iter()
                .fold(before, |on, event| match event.kind {
                    EventKind::ServiceEntered => true,
                    EventKind::ServiceLeft => false,
                    _ => on,
                })
        }
        _ => false,
    }
}

/// The meeting point of the loop's thread and all others.
pub struct Hub {
    description: Description,
    mode: &'static str,
    language: Language,
    latest: Mutex<Latest>,
}

impl Hub {
    /// A meeting point for this rack; `mode` is the subcommand that runs it.
    #[must_use]
    pub fn new(description: Description, mode: &'static str) -> Self {
        Self {
            description,
            mode,
            language: Language::default(),
            latest: Mutex::default(),
        }
    }

    /// The same, with all faces in this language; without it they are English.
    #[must_use]
    pub fn speaking(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// The language of page, table and lines.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The rack on paper.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The subcommand that runs the rack.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        self.mode
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        // What is inside is whole between two statements, so a panic elsewhere has not spoilt it.
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the result of a tick. Answers the row of this second, when the tick is the first in it.
    pub fn publish(&self, snapshot: &Snapshot<PACKS>, sim: Option<SimView>) -> Option<Arc<Row>> {
        let mut latest = self.latest();
        let Latest { view, rows } = &mut *latest;
        match view {
            Some(view) => {
                *view.snapshot = *snapshot;
                view.sim = sim;
            }
            None => {
                *view = Some(View {
                    snapshot: Box::new(*snapshot),
                    sim,
                    events: VecDeque::with_capacity(EVENTS),
                    service: false,
                });
            }
        }
        if let Some(view) = view {
            view.service = is_serviced(view.service, &snapshot.decision);
            for event in snapshot.decision.events.iter() {
                if view.events.len() == EVENTS {
                    view.events.pop_front();
                }
                view.events.push_back(Noted::new(event, snapshot));
            }
        }
        let newest = rows.back().map(|row| row.now_ms / 1_000);
        if newest == Some(snapshot.now_ms / 1_000) {
            return None;
        }
        let row = Arc::new(Row::new(snapshot, &self.description.params));
        if rows.len() == ROWS {
            rows.pop_front();
        }
        rows.push_back(Arc::clone(&row));
        Some(row)
    }

    /// Takes a change of the simulation between two ticks.
    pub fn set_sim(&self, sim: SimView) {
        if let Some(view) = &mut self.latest().view {
            view.sim = Some(sim);
        }
    }

    /// A copy of the latest result; `None` before the first tick.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        self.latest().view.clone()
    }

    /// The rows kept, one a second, newest last.
    #[must_use]
    pub fn rows(&self) -> Vec<Arc<Row>> {
        self.latest().rows.iter().cloned().collect()
    }
}
