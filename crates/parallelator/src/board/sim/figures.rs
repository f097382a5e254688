//! What a run did, from the true values of the plant.

use std::time::Duration;

use battery_sim::plant::Plant;
use parallelator_core::{Decision, PackSet, PackState};

use crate::PACKS;

/// Figures of a run so far.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Packs connected now.
    pub connected: usize,
    /// Simulated time at which all packs were connected for the first time.
    pub all_connected_at: Option<Duration>,
    /// Largest circulating current without load and charger, in amperes.
    pub max_circulating_a: f64,
    /// Largest first peak of a closing, in amperes.
    pub max_inrush_a: f64,
    /// Largest true current of a pack, in amperes.
    pub max_pack_a: f64,
    /// Closings of all switches.
    pub closings: u64,
    /// Events.
    pub events: u64,
    /// What the load asked for, in ampere-seconds.
    asked_as: f64,
    /// What it got.
    served_as: f64,
    last: Duration,
}

impl Figures {
    /// What the load got of what it asked for, in percent; 100 when it never asked.
    #[must_use]
    pub fn served_percent(&self) -> f64 {
        if self.asked_as > 0.0 {
            100.0 * self.served_as / self.asked_as
        } else {
            100.0
        }
    }

    /// Takes one tick into account; `present` are the positions that have a pack.
    pub(super) fn take(
        &mut self,
        now: Duration,
        plant: &Plant,
        decision: &Decision<PACKS>,
        present: PackSet,
        asked_a: f64,
    ) {
        let elapsed_s = now.saturating_sub(self.last).as_secs_f64();
        self.last = now;
        self.asked_as += asked_a * elapsed_s;
        self.served_as += plant.load_current().min(asked_a) * elapsed_s;
        let is_closed = |index: &usize| decision.packs[*index].state == PackState::Closed;
        self.connected = present.iter().filter(is_closed).count();
        if self.connected == present.len() && self.all_connected_at.is_none() {
            self.all_connected_at = Some(now);
        }
        for index in 0..plant.len() {
            let circulating = plant.no_load_circulation(index).abs();
            self.max_circulating_a = self.max_circulating_a.max(circulating);
            let current = plant.pack(index).current_a.abs();
            self.max_pack_a = self.max_pack_a.max(current);
        }
        self.max_inrush_a = plant.max_inrush_a();
        self.closings = plant.closings();
        self.events += decision.events.iter().count() as u64;
    }
}
