//! The production firmware: lock, topology, health of the sensor, plausibility filters, error, no pack, lock by count,
//! ranges and difference, then connected or reconnecting.
//!
//! Read into the description where it is silent: "reconnecting" becomes "connected" in the next good pass; a switch is
//! written when a state is entered, except that an error writes off in every pass; the driver leaves out a write of what
//! its copy says already, and the copy changes after a write that was acknowledged.

use super::{
    DIFFERENCE_MV, MAX_MV, MIN_MV, NO_PACK_MV, Period, RECONNECT_MS, SWITCH_LIMIT, expanders,
    found, output_by_order, topology_fits,
};
use crate::controller::{Controller, LIMIT_MA, Ms, Request, Seen, Sensor, Setup, Switches};

const PERIOD_MS: Ms = 200;
const WARM_UP_MS: Ms = 5 * PERIOD_MS;
/// Fewer chips than these on the bus, and nothing is started.
const LEAST_DEVICES: usize = 9;
/// What the protection is given; packs of the second bus are only shown.
const PROTECTED: usize = 16;
const FULL_HEALTH: i32 = 100;
const LEAST_HEALTH: i32 = 30;
const GARBAGE_MV: i32 = 35_000;
const GARBAGE_MA: i32 = 50_000;
/// Below this the step filter is off.
const FILTERED_MV: i32 = 10_000;
const DIFFERENCE_CYCLES: u32 = 3;
const FULL_SCALE_MA: i32 = 9_999;
const REST_MS: Ms = 1_100;
const BALANCE_MV: i32 = 200;
const BALANCE_SNAPSHOTS: u32 = 3;
const PAUSE_SNAPSHOTS: u32 = 2;
const BALANCED_PACKS: usize = 3;

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum State {
    #[default]
    Disconnected,
    Connected,
    Reconnecting,
    Error,
    Locked,
}

#[derive(Clone, Copy)]
struct Pack {
    state: State,
    count: u32,
    connected_at_ms: Ms,
    cached_mv: i32,
    health: i32,
    difference_cycles: u32,
    high_snapshots: u32,
    /// Snapshots for which the balancing still keeps it off.
    paused: u32,
    output: usize,
    /// The driver's copy of the output.
    copy: bool,
}

impl Pack {
    fn is_on(&self) -> bool {
        matches!(self.state, State::Connected | State::Reconnecting)
    }
}

pub struct Production {
    period: Period,
    packs: Vec<Pack>,
    setup: Setup,
    started: Option<bool>,
    /// The pack whose resistance is measured, and when it is switched on again.
    resting: Option<(usize, Ms)>,
}

impl Production {
    pub fn new(slots: usize, setup: Setup) -> Self {
        let pack = |output| Pack {
            state: State::default(),
            count: 0,
            connected_at_ms: 0,
            cached_mv: 0,
            health: FULL_HEALTH,
            difference_cycles: 0,
            high_snapshots: 0,
            paused: 0,
            output,
            copy: false,
        };
        Self {
            period: Period::of(PERIOD_MS),
            packs: (0..slots).map(pack).collect(),
            setup,
            started: None,
            resting: None,
        }
    }

    fn switch(&mut self, order: usize, on: bool, switches: &mut Switches) {
        let pack = &mut self.packs[order];
        if pack.copy != on && switches.write(pack.output, on).is_ok() {
            pack.copy = on;
        }
    }

    fn enter(&mut self, order: usize, state: State, switches: &mut Switches) {
        let was_on = self.packs[order].is_on();
        self.packs[order].state = state;
        if was_on || state == State::Error {
            self.switch(order, false, switches);
        }
    }

    fn serve(&mut self, request: Request, now_ms: Ms, switches: &mut Switches) {
        match request {
            Request::Off(slot) => self.enter(slot, State::Disconnected, switches),
            // It goes into a store that nobody reads.
            Request::SetMinimum { .. } => {}
            Request::MeasureResistance(slot) => {
                let connected = self.packs.iter().filter(|pack| pack.is_on()).count();
                let troubled = self
                    .packs
                    .iter()
                    .any(|pack| matches!(pack.state, State::Error | State::Locked));
                let target_on = self.packs[slot].state == State::Connected;
                if self.resting.is_none() && connected >= 2 && !troubled && target_on {
                    self.switch(slot, false, switches);
                    self.resting = Some((slot, now_ms + REST_MS));
                }
            }
        }
    }

    /// The measurement ends by switching on, whatever the protection made of the pack meanwhile.
    fn end_rest(&mut self, now_ms: Ms, switches: &mut Switches) {
        if let Some((slot, _)) = self.resting.filter(|&(_, until_ms)| now_ms >= until_ms) {
            self.resting = None;
            self.switch(slot, true, switches);
        }
    }

    fn measured(
        &mut self,
        order: usize,
        sensor: Sensor,
        switches: &mut Switches,
    ) -> Option<(i32, i32)> {
        let pack = &mut self.packs[order];
        if let Sensor::Reads { mv, ma, .. } = sensor {
            pack.health = (pack.health + 5).min(FULL_HEALTH);
            return Some((mv, ma));
        }
        pack.health = (pack.health - 20).max(0);
        pack.cached_mv = 0;
        if pack.health < LEAST_HEALTH && pack.state == State::Connected {
            self.enter(order, State::Disconnected, switches);
        }
        None
    }

    fn judge(
        &mut self,
        order: usize,
        (mv, ma): (i32, i32),
        highest: i32,
        now_ms: Ms,
        switches: &mut Switches,
    ) {
        let pack = &mut self.packs[order];
        if mv > GARBAGE_MV || ma.abs() > GARBAGE_MA {
            return;
        }
        let before = pack.cached_mv;
        let stepped = mv * 10 < before * 7 || mv * 10 > before * 13;
        if before > FILTERED_MV && stepped {
            return;
        }
        pack.cached_mv = mv;
        if mv > MAX_MV || ma.abs() * 10 > LIMIT_MA * 14 {
            return self.enter(order, State::Error, switches);
        }
        if mv < NO_PACK_MV {
            return self.enter(order, State::Disconnected, switches);
        }
        if pack.count > SWITCH_LIMIT {
            return self.enter(order, State::Locked, switches);
        }
        if mv < MIN_MV || ma.abs() > LIMIT_MA {
            return self.enter(order, State::Disconnected, switches);
        }
        if highest - mv > DIFFERENCE_MV {
            pack.difference_cycles += 1;
            if pack.difference_cycles >= DIFFERENCE_CYCLES {
                self.enter(order, State::Disconnected, switches);
            }
            return;
        }
        pack.difference_cycles = 0;
        let waited = now_ms - pack.connected_at_ms >= RECONNECT_MS;
        if pack.is_on() {
            pack.state = State::Connected;
        } else if pack.count == 0 || waited {
            pack.state = State::Reconnecting;
            pack.count += 1;
            pack.connected_at_ms = now_ms;
            self.switch(order, true, switches);
        } else {
            pack.state = State::Disconnected;
        }
    }

    /// The soft balancing: what stands above the mean of the connected packs is switched off for a while.
    fn balance(&mut self, switches: &mut Switches) {
        let voltages: Vec<i32> = self
            .packs
            .iter()
            .filter(|pack| pack.is_on() && pack.paused == 0)
            .map(|pack| pack.cached_mv)
            .collect();
        if voltages.len() < BALANCED_PACKS {
            return;
        }
        let mean = voltages.iter().sum::<i32>() / voltages.len() as i32;
        for order in 0..self.packs.len() {
            let pack = &mut self.packs[order];
            if pack.paused > 0 {
                pack.paused -= 1;
                if pack.paused == 0 {
                    self.switch(order, true, switches);
                }
            } else if pack.is_on() && pack.cached_mv - mean > BALANCE_MV {
                pack.high_snapshots += 1;
                if pack.high_snapshots >= BALANCE_SNAPSHOTS {
                    pack.high_snapshots = 0;
                    pack.paused = PAUSE_SNAPSHOTS;
                    self.switch(order, false, switches);
                }
            } else {
                pack.high_snapshots = 0;
            }
        }
    }
}

impl Controller for Production {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        for &request in seen.requests {
            self.serve(request, seen.now_ms, switches);
        }
        self.end_rest(seen.now_ms, switches);
        if !self.period.is_due(seen.now_ms) {
            return;
        }
        let slots = found(seen);
        let devices = slots.len() + expanders(switches).len();
        let started = *self.started.get_or_insert(devices >= LEAST_DEVICES);
        if !started || seen.now_ms < WARM_UP_MS {
            return;
        }
        let fits = topology_fits(seen, switches);
        let highest = self
            .packs
            .iter()
            .filter(|pack| pack.is_on())
            .map(|pack| pack.cached_mv)
            .max()
            .unwrap_or(0);
        for (order, &slot) in slots.iter().enumerate().take(PROTECTED) {
            let pack = &mut self.packs[order];
            if pack.state == State::Locked {
                continue;
            }
            if !fits {
                self.enter(order, State::Disconnected, switches);
                continue;
            }
            if let Some(output) = output_by_order(order, switches) {
                pack.output = output;
            }
            // While the balancing keeps it off, the protection passes it over.
            if pack.paused > 0 {
                continue;
            }
            if let Some(reading) = self.measured(order, seen.sensors[slot], switches) {
                self.judge(order, reading, highest, seen.now_ms, switches);
            }
        }
        if self.setup.balancing {
            self.balance(switches);
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        self.packs
            .iter()
            .any(|pack| pack.output == slot && pack.is_on())
    }

    fn full_scale_ma(&self) -> Option<i32> {
        self.setup.own_calibration.then_some(FULL_SCALE_MA)
    }

    fn reboot(&self) -> Box<dyn Controller> {
        Box::new(Self::new(self.packs.len(), self.setup))
    }
}
