//! The first loop: under-voltage, over-voltage, over-current both ways, else on; a count of fault episodes; then the
//! difference to the highest pack.
//!
//! Read into the description where it is silent: a failed reading leaves the pack as it is; the fleet maximum is that
//! of all readings of the pass; the difference is judged after every pack had its turn; at a count of five the ten
//! seconds run from the fault.

use super::{
    DIFFERENCE_MV, MAX_MV, MIN_MV, Period, RECONNECT_MS, SWITCH_LIMIT, all_off, reading,
    topology_fits,
};
use crate::controller::{Controller, LIMIT_MA, Ms, Seen, Switches};

#[derive(Clone, Copy, Default)]
struct Pack {
    on: bool,
    count: u32,
    /// A good reading came since the last fault: the next fault is a new episode.
    armed: bool,
    fault_at_ms: Ms,
}

pub struct V1Loop {
    period: Period,
    packs: Vec<Pack>,
}

impl V1Loop {
    pub fn new(slots: usize) -> Self {
        Self {
            period: Period::of(500),
            packs: vec![Pack::default(); slots],
        }
    }

    fn switch(&mut self, slot: usize, on: bool, switches: &mut Switches) {
        self.packs[slot].on = on;
        let _ = switches.write(slot, on);
    }
}

impl Controller for V1Loop {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        if !self.period.is_due(seen.now_ms) {
            return;
        }
        if !topology_fits(seen, switches) {
            self.packs.iter_mut().for_each(|pack| pack.on = false);
            return all_off(switches, self.packs.len());
        }
        for slot in 0..self.packs.len() {
            let Some((mv, ma)) = reading(seen.sensors[slot]) else {
                continue;
            };
            let pack = &mut self.packs[slot];
            if !(MIN_MV..=MAX_MV).contains(&mv) || ma.abs() > LIMIT_MA {
                if pack.armed {
                    pack.count += 1;
                    pack.fault_at_ms = seen.now_ms;
                }
                pack.armed = false;
                self.switch(slot, false, switches);
                continue;
            }
            pack.armed = true;
            let waited = seen.now_ms - pack.fault_at_ms >= RECONNECT_MS;
            let on = pack.count < SWITCH_LIMIT || (pack.count == SWITCH_LIMIT && waited);
            self.switch(slot, on, switches);
        }
        let voltages: Vec<_> = seen
            .sensors
            .iter()
            .map(|&sensor| reading(sensor).map(|(mv, _)| mv))
            .collect();
        let highest = voltages.iter().flatten().max().copied().unwrap_or(0);
        for (slot, voltage) in voltages.iter().enumerate() {
            if voltage.is_some_and(|mv| highest - mv > DIFFERENCE_MV) {
                self.switch(slot, false, switches);
            }
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        self.packs[slot].on
    }

    fn reboot(&self) -> Box<dyn Controller> {
        Box::new(Self::new(self.packs.len()))
    }
}
