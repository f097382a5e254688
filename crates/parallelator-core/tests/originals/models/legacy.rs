//! The classes that followed: voltage below zero or twice the current, no pack, the lock, the ranges and the distance
//! from the average, then connected or reconnecting.
//!
//! Read into the description where it is silent: the current difference between packs is left out, because it does not
//! say from what; the fleet array is never filled, so there is no difference to the highest pack; the switch moves on in
//! "reconnecting" only, and every off is written in every pass.

use super::{
    MAX_MV, MIN_MV, NO_PACK_MV, Period, RECONNECT_MS, SWITCH_LIMIT, all_off, reading, topology_fits,
};
use crate::controller::{Controller, LIMIT_MA, Ms, Request, Seen, Setup, Switches};

/// Furthest that a pack may lie from the average of all that are present, connected or not.
const FROM_AVERAGE_MV: i32 = 500;
/// A pack above this is present.
const PRESENT_MV: i32 = 5_000;

#[derive(Clone, Copy, Default)]
struct Pack {
    on: bool,
    locked: bool,
    count: u32,
    connected_at_ms: Ms,
}

pub struct Legacy {
    period: Period,
    packs: Vec<Pack>,
    setup: Setup,
}

impl Legacy {
    pub fn new(slots: usize, setup: Setup) -> Self {
        Self {
            period: Period::of(500),
            packs: vec![Pack::default(); slots],
            setup,
        }
    }

    /// The answer of the expander is not looked at.
    fn switch(&mut self, slot: usize, on: bool, switches: &mut Switches) {
        self.packs[slot].on = on;
        let _ = switches.write(slot, on);
    }

    fn judge(
        &mut self,
        slot: usize,
        (mv, ma): (i32, i32),
        average_mv: i32,
        now_ms: Ms,
        switches: &mut Switches,
    ) {
        let pack = &mut self.packs[slot];
        // The setter of the charge limit is never called, so it is zero.
        let charge_limit = if self.setup.charge_limit { LIMIT_MA } else { 0 };
        let severe = mv < 0 || ma.abs() > 2 * LIMIT_MA;
        if severe || mv < NO_PACK_MV {
            return self.switch(slot, false, switches);
        }
        if pack.count > SWITCH_LIMIT {
            pack.locked = true;
            return self.switch(slot, false, switches);
        }
        let voltage_fits = (MIN_MV..=MAX_MV).contains(&mv);
        let current_fits = (-LIMIT_MA..=charge_limit).contains(&ma);
        if !voltage_fits || !current_fits || (mv - average_mv).abs() > FROM_AVERAGE_MV {
            return self.switch(slot, false, switches);
        }
        // A pack that is connected already counts like one that comes back.
        if pack.count == 0 || now_ms - pack.connected_at_ms > RECONNECT_MS {
            pack.count += 1;
            pack.connected_at_ms = now_ms;
            self.switch(slot, true, switches);
        }
    }
}

impl Controller for Legacy {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        for request in seen.requests {
            if let Request::Off(slot) = *request {
                self.switch(slot, false, switches);
            }
        }
        if !self.period.is_due(seen.now_ms) {
            return;
        }
        if !topology_fits(seen, switches) {
            self.packs.iter_mut().for_each(|pack| pack.on = false);
            return all_off(switches, self.packs.len());
        }
        // Its calibration comes out as zero, and so does every current.
        let readings: Vec<_> = seen
            .sensors
            .iter()
            .map(|&sensor| {
                reading(sensor)
                    .map(|(mv, ma)| (mv, if self.setup.own_calibration { 0 } else { ma }))
            })
            .collect();
        let present: Vec<i32> = readings
            .iter()
            .flatten()
            .map(|&(mv, _)| mv)
            .filter(|&mv| mv > PRESENT_MV)
            .collect();
        let average_mv = present.iter().sum::<i32>() / present.len().max(1) as i32;
        for (slot, reading) in readings.into_iter().enumerate() {
            // A failed reading is skipped.
            if let Some(reading) = reading {
                self.judge(slot, reading, average_mv, seen.now_ms, switches);
            }
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        self.packs[slot].on
    }

    fn reboot(&self) -> Box<dyn Controller> {
        Box::new(Self::new(self.packs.len(), self.setup))
    }
}
