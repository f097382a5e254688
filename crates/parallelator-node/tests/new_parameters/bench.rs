//! A rack of sixteen packs on one bus, and what its controller told in each tick.

use std::time::Duration;

use battery_sim::{
    SimBus,
    plant::{Chemistry, Load, PackConfig},
    rack::{Rack, RackConfig, SensorKind},
};
use parallelator_core::{
    BusInput, EventKind, LedPattern, ModeHint, Params, Quality, SwitchCommand,
};
use parallelator_node::{Board, Node, Request, Sensor, SensorHealth, Snapshot, kxkm_wiring};

pub const PACKS: usize = 16;

/// Time of a tick: two samples that follow each other are hardly further apart.
pub const TICK_MS: u32 = 100;

pub struct Bench {
    pub rack: Rack,
    pub bus: SimBus,
    pub request: Option<Request>,
    /// What was told last.
    pub last: Option<Snapshot<PACKS>>,
    /// Time, pack and reason of every opening.
    pub opened: Vec<(u64, Option<u8>, &'static str)>,
    /// Every other event of the rack that has to do with parameters.
    pub told: Vec<EventKind>,
}

impl Board<PACKS> for Bench {
    type I2c = SimBus;

    fn now_ms(&mut self) -> u64 {
        self.rack.now().as_millis() as u64
    }

    async fn wait_until(&mut self, at_ms: u64) {
        self.rack.advance_to(Duration::from_millis(at_ms));
    }

    fn bus(&mut self, number: u8) -> Option<&mut SimBus> {
        (number == 0).then_some(&mut self.bus)
    }

    fn estop(&mut self) -> bool {
        false
    }

    fn common_bus(&mut self) -> BusInput {
        BusInput {
            mode_hint: ModeHint::Idle,
            load_controllable: true,
            ..BusInput::default()
        }
    }

    fn show(&mut self, _: LedPattern) {}

    fn feed_watchdog(&mut self) {
        self.rack.feed_watchdog();
    }

    fn load_record(&mut self, _: &mut [u8]) -> usize {
        0
    }

    fn save_record(&mut self, _: &[u8]) {}

    fn next_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    fn publish(&mut self, snapshot: &Snapshot<PACKS>) {
        self.last = Some(*snapshot);
        for event in snapshot.decision.events.iter() {
            match event.kind {
                EventKind::ConfigApplied | EventKind::ConfigRejected => self.told.push(event.kind),
                EventKind::Opened => {
                    let reason = event.reason.map_or("", |reason| reason.code());
                    self.opened.push((event.now_ms, event.pack, reason));
                }
                _ => {}
            }
        }
    }
}

/// Polls a future that is ready at once, as every future over the simulated bus is.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("nothing on the simulated bus waits"),
    }
}

/// A controller of sixteen packs.
pub struct World {
    pub node: Node<Bench, PACKS>,
}

impl World {
    /// A started controller of sixteen equal packs.
    pub fn new(kind: Sensor) -> Self {
        Self::before_start(kind, |_| {})
    }

    /// The same with something done to the rack before the start.
    pub fn before_start(kind: Sensor, prepare: impl FnOnce(&Rack)) -> Self {
        let packs = (0..PACKS)
            .map(|_| PackConfig::from_start(27.0, 0.06, Chemistry::Nmc))
            .collect();
        let mut config = RackConfig::new(packs);
        let mut wiring: Vec<_> = (0..PACKS).map(kxkm_wiring).collect();
        if kind == Sensor::Ina226 {
            for (chip, pack) in config.packs.iter_mut().zip(&mut wiring) {
                chip.sensor = SensorKind::Ina226;
                pack.sensor_kind = kind;
            }
        }
        let rack = Rack::new(config).unwrap();
        prepare(&rack);
        let bench = Bench {
            bus: rack.bus(0).unwrap(),
            rack,
            request: None,
            last: None,
            opened: Vec::new(),
            told: Vec::new(),
        };
        let mut node = Node::new(bench, &wiring, Params::default()).unwrap();
        now(node.start());
        Self { node }
    }

    pub fn bench(&mut self) -> &mut Bench {
        self.node.board_mut()
    }

    pub fn tick(&mut self) {
        now(self.node.tick());
        let at = self.bench().now_ms().div_ceil(TICK_MS.into()) * u64::from(TICK_MS);
        now(self.bench().wait_until(at));
    }

    pub fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            self.tick();
        }
    }

    /// Asks for new parameters and runs the tick that takes them.
    pub fn ask_for(&mut self, params: Params) {
        self.bench().request = Some(Request::Params(params));
        self.tick();
        assert_eq!(self.bench().told.last(), Some(&EventKind::ConfigApplied));
        assert_eq!(self.node.params(), &params);
    }

    /// Puts a load on the bus, in amperes a pack.
    pub fn carry(&mut self, amperes: f64) {
        let load = Load::ConstantCurrent(amperes * PACKS as f64);
        self.bench().rack.plant_mut(|plant| plant.set_load(load));
    }

    pub fn last(&mut self) -> Snapshot<PACKS> {
        self.bench().last.unwrap()
    }

    pub fn closed(&mut self) -> Vec<usize> {
        let packs = self.last().decision.packs;
        (0..PACKS)
            .filter(|&pack| packs[pack].command == SwitchCommand::Closed)
            .collect()
    }

    pub fn health(&mut self, pack: usize) -> SensorHealth {
        self.last().sensors[pack]
    }

    /// Whether the last tick had a good sample of the pack, one tick old at most.
    pub fn is_seen(&mut self, pack: usize) -> bool {
        let input = self.last().inputs.packs[pack];
        input.current.quality == Quality::Good
            && input.voltage.quality == Quality::Good
            && input.current.age_ms <= TICK_MS
    }

    /// What a register of the sensor of a pack holds.
    pub fn register(&mut self, pack: usize, address: u8) -> u32 {
        self.bench().rack.sensor(pack).register(address).unwrap()
    }
}
