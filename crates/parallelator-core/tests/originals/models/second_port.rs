//! The second port to Rust: a pure transition of states, topology first, then under-voltage, over-voltage, over-current
//! and the difference to the highest pack that is online; the fifth fault latches.
//!
//! Read into the description where it is silent: every output is written in every tick, from the states; a pack is
//! absent when its sensor is; the shell makes no tick at all while any sensor fails. Of the balancing only the tick is
//! modelled in which everything is off.

use super::{
    DIFFERENCE_MV, MAX_MV, MIN_MV, Period, RECONNECT_MS, SWITCH_LIMIT, found, output_by_order,
    reading, topology_fits,
};
use crate::controller::{Controller, LIMIT_MA, Ms, Request, Seen, Sensor, Setup, Switches};

const TICK_MS: Ms = 200;
/// The software modulation counts to 256, and this count is beyond the longest duty.
const MODULATION_TICKS: Ms = 256;
const ALL_OFF_TICK: Ms = 254;
/// Length of the pulse in which a resistance is measured.
const PULSE_MS: Ms = 3 * TICK_MS;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Absent,
    Online,
    Offline,
    Latched,
}

#[derive(Clone, Copy)]
struct Pack {
    state: State,
    count: u32,
    fault_at_ms: Ms,
    cached_mv: i32,
    output: usize,
}

pub struct SecondPort {
    period: Period,
    packs: Vec<Pack>,
    setup: Setup,
    /// The pack whose resistance is measured, and until when it is off.
    pulse: Option<(usize, Ms)>,
}

impl SecondPort {
    pub fn new(slots: usize, setup: Setup) -> Self {
        let packs = (0..slots)
            .map(|output| Pack {
                state: State::Unknown,
                count: 0,
                fault_at_ms: 0,
                cached_mv: 0,
                output,
            })
            .collect();
        Self {
            period: Period::of(TICK_MS),
            packs,
            setup,
            pulse: None,
        }
    }

    fn transition(&mut self, order: usize, (mv, ma): (i32, i32), highest: i32, now_ms: Ms) {
        let pack = &mut self.packs[order];
        pack.cached_mv = mv;
        let fault =
            !(MIN_MV..=MAX_MV).contains(&mv) || ma.abs() > LIMIT_MA || highest - mv > DIFFERENCE_MV;
        pack.state = match pack.state {
            State::Latched => State::Latched,
            State::Unknown | State::Absent if fault => State::Offline,
            State::Unknown | State::Absent => State::Online,
            State::Online if fault => {
                pack.count += 1;
                pack.fault_at_ms = now_ms;
                if pack.count >= SWITCH_LIMIT {
                    State::Latched
                } else {
                    State::Offline
                }
            }
            State::Offline if !fault && now_ms - pack.fault_at_ms >= RECONNECT_MS => State::Online,
            state => state,
        };
    }

    fn start_pulse(&mut self, slot: usize, now_ms: Ms) {
        let others_fine = !self
            .packs
            .iter()
            .any(|pack| matches!(pack.state, State::Offline | State::Latched));
        if others_fine && self.packs[slot].state == State::Online {
            self.pulse = Some((slot, now_ms + PULSE_MS));
        }
    }
}

impl Controller for SecondPort {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        for request in seen.requests {
            if let Request::MeasureResistance(slot) = *request {
                self.start_pulse(slot, seen.now_ms);
            }
        }
        if !self.period.is_due(seen.now_ms) {
            return;
        }
        if !topology_fits(seen, switches) {
            let mut any_new = false;
            for pack in &mut self.packs {
                if !matches!(pack.state, State::Absent | State::Latched) {
                    pack.state = State::Latched;
                    any_new = true;
                }
            }
            // In the tick that latches nothing is set and nothing is cleared.
            if any_new {
                return;
            }
        } else if seen.sensors.contains(&Sensor::Silent) {
            return;
        }
        let highest = self
            .packs
            .iter()
            .filter(|pack| pack.state == State::Online)
            .map(|pack| pack.cached_mv)
            .max()
            .unwrap_or(0);
        self.pulse = self.pulse.filter(|&(_, until_ms)| seen.now_ms < until_ms);
        let tick = seen.now_ms / TICK_MS % MODULATION_TICKS;
        let balanced_off = self.setup.balancing && tick == ALL_OFF_TICK;
        let slots = found(seen);
        for (order, &slot) in slots.iter().enumerate() {
            let Some(output) = output_by_order(order, switches) else {
                continue;
            };
            self.packs[order].output = output;
            if let Some(reading) = reading(seen.sensors[slot]) {
                self.transition(order, reading, highest, seen.now_ms);
            }
            let measured = self.pulse.is_some_and(|(pack, _)| pack == order);
            let online = self.packs[order].state == State::Online;
            let _ = switches.write(output, online && !measured && !balanced_off);
        }
        for pack in self.packs.iter_mut().skip(slots.len()) {
            if pack.state != State::Latched {
                pack.state = State::Absent;
            }
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        self.packs
            .iter()
            .any(|pack| pack.output == slot && pack.state == State::Online)
    }

    fn reboot(&self) -> Box<dyn Controller> {
        Box::new(Self::new(self.packs.len(), self.setup))
    }
}
