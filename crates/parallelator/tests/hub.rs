//! What the hub adds to the decisions of the core: whether the service mode is on, and which command was refused.

use battery_units::{Milliamps, Millivolts};
use parallelator::{
    PACKS,
    hub::{Hub, View},
    rack::Description,
};
use parallelator_core::{Chemistry, Command, Core, EventKind, Inputs, Params, Sample, SystemState};
use parallelator_node::{SensorHealth, Snapshot};

/// Healthy packs at rest, in millivolts and milliamps.
const RESTING: [(i32, i32); 3] = [(28_000, 0); 3];
/// The first pack is empty under a load that the two others could not carry.
const EMPTY: [(i32, i32); 3] = [(23_900, -8_000), (24_000, -8_000), (24_000, -8_000)];

/// Three packs of which only the readings are known, a core, and the hub behind it.
struct Bench {
    core: Core<PACKS>,
    hub: Hub,
    now_ms: u64,
}

impl Bench {
    /// All three have joined.
    fn running() -> Self {
        let mut bench = Self {
            core: Core::new(3, Params::default()).unwrap(),
            hub: Hub::new(Description::kxkm(3, Chemistry::Nmc), "demo"),
            now_ms: 0,
        };
        let view = (0..100).map(|_| bench.step(RESTING, &[])).last().unwrap();
        assert_eq!(view.snapshot.decision.system, SystemState::Running);
        bench
    }

    fn step(&mut self, readings: [(i32, i32); 3], commands: &[Command]) -> View {
        self.now_ms += 100;
        let mut inputs = Inputs::default();
        inputs.bus.load_controllable = true;
        for (input, (voltage, current)) in inputs.packs.iter_mut().zip(readings) {
            input.voltage = Sample::good(Millivolts::new(voltage), 0);
            input.current = Sample::good(Milliamps::new(current), 0);
        }
        for (slot, &command) in inputs.commands.iter_mut().zip(commands) {
            *slot = Some(command);
        }
        let snapshot = Snapshot {
            now_ms: self.now_ms,
            packs: 3,
            inputs,
            decision: self.core.step(self.now_ms, &inputs),
            sensors: [SensorHealth::default(); PACKS],
            outputs_confirmed: true,
        };
        self.hub.publish(&snapshot, None);
        self.hub.view().unwrap()
    }

    /// Steps until the load is asked for less.
    fn shed(&mut self) -> View {
        (0..30)
            .map(|_| self.step(EMPTY, &[]))
            .find(|view| view.snapshot.decision.system == SystemState::Shedding)
            .expect("nothing was asked of the load")
    }
}

const ENTER: Command = Command::Service { enter: true };
const LEAVE: Command = Command::Service { enter: false };

#[test]
fn the_service_mode_is_on_from_entering_to_leaving() {
    let mut bench = Bench::running();
    assert!(!bench.step(RESTING, &[]).service);
    assert!(bench.step(RESTING, &[ENTER]).service);
    assert!(bench.step(RESTING, &[]).service);
    assert!(!bench.step(RESTING, &[LEAVE]).service);
    assert!(!bench.step(RESTING, &[ENTER, LEAVE]).service);
    assert!(bench.step(RESTING, &[ENTER]).service);
    assert!(!bench.step(RESTING, &[Command::EStop]).service);
}

/// While the load is asked for less, the state of the rack says so and not that the service mode is on.
#[test]
fn the_service_mode_is_known_while_the_state_of_the_rack_hides_it() {
    let mut bench = Bench::running();
    assert!(!bench.shed().service, "it was never entered");
    let mut bench = Bench::running();
    bench.step(RESTING, &[ENTER]);
    assert!(bench.shed().service, "it was entered before");
    for (command, on) in [(LEAVE, false), (ENTER, true)] {
        let view = bench.step(EMPTY, &[command]);
        assert_eq!(view.snapshot.decision.system, SystemState::Shedding);
        assert_eq!(view.service, on, "{command:?}");
    }
}

#[test]
fn a_refusal_names_the_command_that_was_refused() {
    let mut bench = Bench::running();
    // The first test is taken, the second has to wait for it.
    let commands = [ENTER, Command::Test { pack: 0 }, Command::Test { pack: 2 }];
    let view = bench.step(RESTING, &commands);
    let refused: Vec<_> = view
        .events
        .iter()
        .filter(|noted| noted.event.kind == EventKind::CommandRefused)
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refused, Some(Command::Test { pack: 2 }));
    assert!(
        refused[0]
            .text(&bench.hub)
            .starts_with("The test of Pack 3 was refused: ")
    );
    let others = view.events.iter().filter(|noted| noted.refused.is_some());
    assert_eq!(others.count(), 1, "another event is taken for a refusal");
}
