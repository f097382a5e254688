//! The first port to Rust: the order of the legacy classes with a difference to the highest connected pack in the place
//! of the average, answered as actions; packs by the order in which they were found.
//!
//! Read into the description where it is silent: a period of 200 ms, under which the lock falls at the time that was
//! observed; a failed reading is skipped as in the legacy classes; off is answered in every pass.

use super::{
    DIFFERENCE_MV, MAX_MV, MIN_MV, NO_PACK_MV, Period, RECONNECT_MS, SWITCH_LIMIT, all_off, found,
    output_by_order, reading, topology_fits,
};
use crate::controller::{Controller, LIMIT_MA, Ms, Seen, Switches};

#[derive(Clone, Copy, Default)]
struct Pack {
    connected: bool,
    count: u32,
    connected_at_ms: Ms,
    cached_mv: i32,
    output: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    None,
    SwitchOn,
    SwitchOff,
}

pub struct FirstPort {
    period: Period,
    packs: Vec<Pack>,
}

impl FirstPort {
    pub fn new(slots: usize) -> Self {
        let packs = (0..slots)
            .map(|output| Pack {
                output,
                ..Pack::default()
            })
            .collect();
        Self {
            period: Period::of(200),
            packs,
        }
    }

    fn judge(&mut self, order: usize, (mv, ma): (i32, i32), now_ms: Ms) -> Action {
        let highest = self
            .packs
            .iter()
            .filter(|pack| pack.connected)
            .map(|pack| pack.cached_mv)
            .max()
            .unwrap_or(0);
        let pack = &mut self.packs[order];
        pack.cached_mv = mv;
        let severe = mv < 0 || ma.abs() > 2 * LIMIT_MA;
        let locked = pack.count > SWITCH_LIMIT;
        let out_of_range = !(MIN_MV..=MAX_MV).contains(&mv) || ma.abs() > LIMIT_MA;
        if severe || mv < NO_PACK_MV || locked || out_of_range || highest - mv > DIFFERENCE_MV {
            pack.connected = false;
            return Action::SwitchOff;
        }
        if pack.count == 0 || now_ms - pack.connected_at_ms > RECONNECT_MS {
            pack.count += 1;
            pack.connected_at_ms = now_ms;
            pack.connected = true;
            return Action::SwitchOn;
        }
        Action::None
    }
}

impl Controller for FirstPort {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        if !self.period.is_due(seen.now_ms) {
            return;
        }
        if !topology_fits(seen, switches) {
            self.packs
                .iter_mut()
                .for_each(|pack| pack.connected = false);
            return all_off(switches, self.packs.len());
        }
        for (order, slot) in found(seen).into_iter().enumerate() {
            let Some(reading) = reading(seen.sensors[slot]) else {
                continue;
            };
            let Some(output) = output_by_order(order, switches) else {
                continue;
            };
            self.packs[order].output = output;
            match self.judge(order, reading, seen.now_ms) {
                Action::None => {}
                action => {
                    let _ = switches.write(output, action == Action::SwitchOn);
                }
            }
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        self.packs
            .iter()
            .any(|pack| pack.output == slot && pack.connected)
    }

    fn reboot(&self) -> Box<dyn Controller> {
        Box::new(Self::new(self.packs.len()))
    }
}
