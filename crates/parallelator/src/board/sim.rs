//! The simulated board: simulated time belongs to the simulation, so nothing is ever pending.
//!
//! A transfer costs its time on the wire and [`Board::wait_until`] the rest of the tick; chips and plant follow. Real time
//! is the same board with a sleep.

mod faults;
mod figures;
mod pace;
mod supply;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use battery_sim::{SimBus, rack::Rack};
use parallelator_core::{BusInput, Command, LedPattern, PackSet};
use parallelator_node::{Board, Request, Snapshot};

pub use figures::Figures;
pub use pace::Pace;
pub use supply::LoadPlan;

use crate::{
    PACKS,
    demo::Setup,
    failure::Failure,
    hub::{Hub, Inbox, Order, SimOrder, SimView},
    log::Log,
    rack::Description,
};

use faults::Faults;
use pace::Follower;
use supply::Supply;

/// Orders looked at in one go, so that a flood of them cannot hold the loop up.
const ORDERS_AT_ONCE: usize = 64;

/// Longest sleep without a look at the flags.
const NAP: Duration = Duration::from_millis(50);

/// A simulated rack under the loop.
pub struct SimBoard {
    rack: Rack,
    buses: Vec<SimBus>,
    hub: Arc<Hub>,
    log: Option<Log>,
    inbox: Inbox,
    /// Commands taken from the inbox while waiting.
    pending: VecDeque<Command>,
    supply: Supply,
    faults: Faults,
    figures: Figures,
    present: PackSet,
    until: Option<Duration>,
    follower: Option<Follower>,
    load_max_ma: i32,
    charger_max_ma: i32,
    record: Vec<u8>,
    /// The loop was told to stop.
    stopped: bool,
    ended_at: Duration,
}

impl SimBoard {
    /// A rack that starts with these values.
    ///
    /// # Errors
    /// The values cannot be simulated.
    pub fn new(hub: Arc<Hub>, setup: &Setup, pace: Pace, inbox: Inbox) -> Result<Self, Failure> {
        let description = hub.description();
        let rack = setup.rack(description)?;
        let limits = (0..description.packs.len()).map(|index| description.current_limits(index));
        let sum = |sum: (i32, i32), (discharge, charge): (battery_units::Milliamps, battery_units::Milliamps)| {
            (sum.0.saturating_add(discharge.get()), sum.1.saturating_add(charge.get()))
        };
        let (load_max_ma, charger_max_ma) = limits.fold((0, 0), sum);
        let (until, follower) = match pace {
            Pace::Full { until } => (Some(until), None),
            Pace::Real { speed } => (None, Some(Follower::new(speed))),
        };
        Ok(Self {
            buses: (0..2).map_while(|number| rack.bus(number)).collect(),
            faults: Faults::new(description.packs.len()),
            rack,
            log: None,
            inbox,
            pending: VecDeque::new(),
            supply: Supply::new(setup.load.clone()),
            figures: Figures::default(),
            present: setup.present,
            until,
            follower,
            load_max_ma,
            charger_max_ma,
            record: Vec::new(),
            stopped: false,
            ended_at: Duration::ZERO,
            hub,
        })
    }

    /// The rack on paper.
    #[must_use]
    pub fn description(&self) -> &Description {
        self.hub.description()
    }

    /// Sends one row a second to a log.
    pub fn set_log(&mut self, log: Option<Log>) {
        self.log = log;
    }

    /// What the run did so far.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Simulated time at which the loop was told to stop.
    #[must_use]
    pub fn ended_at(&self) -> Duration {
        self.ended_at
    }

    /// The rack, for tests and reports.
    #[must_use]
    pub fn rack(&self) -> &Rack {
        &self.rack
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.rack.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// Puts what load and charger want, and may, on the bus.
    fn supply_bus(&mut self) {
        let now_ms = self.millis();
        let (load, charger) = (self.supply.load(now_ms), self.supply.charger());
        if self.rack.plant(|plant| (plant.load(), plant.charger())) != (load, charger) {
            self.rack.plant_mut(|plant| {
                plant.set_load(load);
                plant.set_charger(charger);
            });
        }
    }

    /// Lets simulated time pass up to this moment.
    fn advance_to(&mut self, at: Duration) {
        self.supply_bus();
        self.rack.advance_to(at);
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Command(command) => self.pending.push_back(command),
            Order::Sim(order) => {
                self.follow(order);
                self.show_simulation();
            }
            Order::Wake => {}
        }
    }

    fn follow(&mut self, order: SimOrder) {
        match order {
            SimOrder::Load(milliamps) => self.supply.set_load(milliamps),
            SimOrder::Charger(milliamps) => self.supply.set_charger(milliamps),
            SimOrder::Pause(paused) => {
                if let Some(follower) = &mut self.follower {
                    follower.paused = paused;
                    follower.restart(self.rack.now());
                }
            }
            SimOrder::Speed(speed) => {
                if let Some(follower) = &mut self.follower {
                    follower.speed = speed;
                    follower.restart(self.rack.now());
                }
            }
            SimOrder::Fault(pack, fault) => self.faults.inject(&self.rack, pack, fault),
            SimOrder::Repair(pack) => self.faults.repair(&self.rack, pack),
        }
    }

    /// Makes what only a simulation has visible at once, also while it stands still.
    fn show_simulation(&self) {
        if self.follower.is_some() {
            self.hub.set_sim(self.sim_view());
        }
    }

    fn sim_view(&self) -> SimView {
        let milliamps = |amperes: f64| (amperes * 1_000.0).round() as i32;
        let (load, charger) = self
            .rack
            .plant(|plant| (plant.load_current(), plant.charger_current()));
        SimView {
            time_ms: self.millis(),
            speed: self
                .follower
                .as_ref()
                .map_or(0.0, |follower| follower.speed),
            paused: self
                .follower
                .as_ref()
                .is_some_and(|follower| follower.paused),
            load_ma: self.supply.load_ma(self.millis()),
            load_served_ma: milliamps(load),
            load_max_ma: self.load_max_ma,
            charger_ma: self.supply.charger_ma(),
            charger_served_ma: milliamps(charger),
            charger_max_ma: self.charger_max_ma,
            faults: self.faults.names(),
        }
    }

    /// Whether the loop must be woken before its time: to stop, or to act on a command while time stands still.
    fn must_wake(&self) -> bool {
        let paused = self
            .follower
            .as_ref()
            .is_some_and(|follower| follower.paused);
        let stop = self.inbox.is_stopping() && !self.stopped;
        stop || (paused && (self.inbox.has_estop() || !self.pending.is_empty()))
    }

    /// Sleeps until a simulated moment is due; false when the loop must be woken before it.
    fn sleep_until(&mut self, at: Duration) -> bool {
        loop {
            if self.must_wake() {
                return false;
            }
            let Some(follower) = &mut self.follower else {
                return true;
            };
            // A loop that is stopping needs its time, even in a simulation that stands still.
            let left = if follower.paused && !self.stopped {
                NAP
            } else {
                follower.left(at).min(NAP)
            };
            if left.is_zero() {
                return true;
            }
            // With many commands waiting the rest stay in the queue, which refuses what is too much.
            if self.pending.len() >= ORDERS_AT_ONCE {
                std::thread::sleep(left);
            } else if let Some(order) = self.inbox.wait(left) {
                self.take(order);
            }
        }
    }
}

impl Board<PACKS> for SimBoard {
    type I2c = SimBus;

    fn now_ms(&mut self) -> u64 {
        self.millis()
    }

    async fn wait_until(&mut self, at_ms: u64) {
        let at = Duration::from_millis(at_ms);
        if at > self.rack.now() && self.sleep_until(at) {
            self.advance_to(at);
        }
    }

    fn bus(&mut self, number: u8) -> Option<&mut SimBus> {
        self.buses.get_mut(usize::from(number))
    }

    fn estop(&mut self) -> bool {
        // The simulated rack has no such input; the page's button is a command.
        false
    }

    fn common_bus(&mut self) -> BusInput {
        // The KXKM board measures neither the bus voltage nor the total current.
        BusInput {
            mode_hint: self.supply.mode_hint(self.millis()),
            load_controllable: true,
            charger_controllable: true,
            ..BusInput::default()
        }
    }

    fn show(&mut self, _pattern: LedPattern) {}

    fn feed_watchdog(&mut self) {
        self.rack.feed_watchdog();
    }

    fn load_record(&mut self, buffer: &mut [u8]) -> usize {
        let length = self.record.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.record[..length]);
        length
    }

    fn save_record(&mut self, record: &[u8]) {
        self.record.clear();
        self.record.extend_from_slice(record);
    }

    fn next_request(&mut self) -> Option<Request> {
        let over = self.until.is_some_and(|until| self.rack.now() >= until);
        if !self.stopped && (over || self.inbox.is_stopping()) {
            self.stopped = true;
            self.ended_at = self.rack.now();
            return Some(Request::Stop);
        }
        if self.inbox.take_estop() {
            return Some(Request::Command(Command::EStop));
        }
        for _ in 0..ORDERS_AT_ONCE {
            if let Some(command) = self.pending.pop_front() {
                return Some(Request::Command(command));
            }
            let order = self.inbox.next()?;
            self.take(order);
        }
        None
    }

    fn publish(&mut self, snapshot: &Snapshot<PACKS>) {
        let decision = &snapshot.decision;
        let now = self.rack.now();
        let asked_a = f64::from(self.supply.load_ma(snapshot.now_ms)) / 1_000.0;
        let (figures, present) = (&mut self.figures, self.present);
        self.rack
            .plant(|plant| figures.take(now, plant, decision, present, asked_a));
        let all_connected = self.figures.all_connected_at.is_some();
        self.supply.obey(decision, all_connected);
        self.supply_bus();
        let sim = self.follower.is_some().then(|| self.sim_view());
        let row = self.hub.publish(snapshot, sim);
        if let (Some(log), Some(row)) = (&self.log, row) {
            log.push(row);
        }
    }
}
