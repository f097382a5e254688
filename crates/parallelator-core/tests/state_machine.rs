//! Stories of commands, faults and time against a small reference model, shrunk to the shortest one that breaks a rule.
//!
//! The model knows what an operator knows: which packs he disabled, whether an emergency stop is in force, which sensors and
//! switches he broke, how far the packs stand apart. Currents come from solving the bus node in floating point.

mod world;

use parallelator_core::*;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use world::{IdealPack, World};

/// Largest circulating current of the default parameters, in milliamps, and a little for rounding.
const LIMIT_MA: f64 = 5_000.5;

/// What can be done to the rack.
#[derive(Debug, Clone)]
enum Transition {
    /// Steps of 100 ms.
    Wait(u8),
    /// One step after a longer pause.
    Pause(u16),
    Load(u8),
    Enable(usize),
    Disable(usize),
    EStop,
    Arm,
    Sensor(usize, bool),
    Weld(usize, bool),
    Break(usize, bool),
    ReadBack(bool),
    Alert(Option<usize>),
    /// A clear command that names the right fault, or another one.
    Clear(usize, bool),
}

/// What the operator knows.
#[derive(Debug, Clone)]
struct Model {
    /// Millivolts above 27 V and resistance in tenths of a milliohm.
    packs: Vec<(u16, u16)>,
    disabled: Vec<bool>,
    silent: Vec<bool>,
    welded: Vec<bool>,
    broken: Vec<bool>,
    stopped: bool,
    unwritten: bool,
    alert: Option<usize>,
    load_a: u8,
}

impl Model {
    /// Nothing is broken, so the true circulating current is bounded by the set point.
    fn is_sound(&self) -> bool {
        !self.welded.contains(&true)
    }
}

/// The reference machine.
struct Rules;

impl ReferenceStateMachine for Rules {
    type State = Model;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Model> {
        prop::collection::vec((0..900u16, 360..=840u16), 1..=4)
            .prop_map(|packs| {
                let none = vec![false; packs.len()];
                Model {
                    disabled: none.clone(),
                    silent: none.clone(),
                    welded: none.clone(),
                    broken: none,
                    packs,
                    stopped: false,
                    unwritten: false,
                    alert: None,
                    load_a: 0,
                }
            })
            .boxed()
    }

    fn transitions(state: &Model) -> BoxedStrategy<Transition> {
        use Transition as T;
        let pack = 0..state.packs.len();
        prop_oneof![
            12 => (1..=30u8).prop_map(T::Wait),
            1 => (100..2_000u16).prop_map(T::Pause),
            2 => (0..30u8).prop_map(T::Load),
            2 => pack.clone().prop_map(T::Enable),
            1 => pack.clone().prop_map(T::Disable),
            1 => Just(T::EStop),
            2 => Just(T::Arm),
            1 => (pack.clone(), any::<bool>()).prop_map(|(pack, on)| T::Sensor(pack, on)),
            1 => (pack.clone(), any::<bool>()).prop_map(|(pack, on)| T::Weld(pack, on)),
            1 => (pack.clone(), any::<bool>()).prop_map(|(pack, on)| T::Break(pack, on)),
            1 => any::<bool>().prop_map(T::ReadBack),
            1 => prop::option::of(pack.clone()).prop_map(T::Alert),
            2 => (pack, any::<bool>()).prop_map(|(pack, right)| T::Clear(pack, right)),
        ]
        .boxed()
    }

    fn apply(mut state: Model, transition: &Transition) -> Model {
        use Transition as T;
        match *transition {
            T::Wait(_) | T::Pause(_) | T::Clear(..) => {}
            T::Load(load_a) => state.load_a = load_a,
            T::Enable(pack) => state.disabled[pack] = false,
            T::Disable(pack) => state.disabled[pack] = true,
            T::EStop => state.stopped = true,
            T::Arm => state.stopped = false,
            T::Sensor(pack, answers) => state.silent[pack] = !answers,
            T::Weld(pack, on) => state.welded[pack] = on,
            T::Break(pack, on) => state.broken[pack] = on,
            T::ReadBack(ok) => state.unwritten = !ok,
            T::Alert(pack) => state.alert = pack,
        }
        state
    }
}

/// The core in its world.
struct Machine {
    world: World,
    /// Milliseconds for which each sensor has been silent.
    silent_ms: Vec<u64>,
    /// Latches and the fault that has to be named.
    latched: Vec<Option<Reason>>,
}

impl Machine {
    /// One step, judged by what the model knows.
    fn step(&mut self, model: &Model, gap_ms: u64) {
        let before = self.world.closed();
        let cleared: Vec<_> = self
            .world
            .inputs
            .commands
            .iter()
            .flatten()
            .copied()
            .collect();
        self.world.step_after(gap_ms);
        let now = self.world.closed();
        let joined: Vec<_> = now.iter().filter(|pack| !before.contains(pack)).collect();
        assert!(joined.len() <= 1, "I6: {joined:?} with a load that obeys");
        if !joined.is_empty() {
            assert!(gap_ms <= 300, "D19: a join after {gap_ms} ms");
            if model.is_sound() {
                let circulates = self.world.circulation_ma();
                assert!(circulates <= LIMIT_MA, "I5: {circulates} mA");
            }
        }
        assert!(!model.stopped || now.is_empty(), "I8: {now:?}");
        assert!(!model.unwritten || now.is_empty(), "I14: {now:?}");
        let decision = &self.world.decision;
        assert!(!decision.load_permit || !now.is_empty(), "I18");
        for pack in 0..model.packs.len() {
            let decided = &decision.packs[pack];
            let silent_ms = &mut self.silent_ms[pack];
            *silent_ms = if model.silent[pack] {
                *silent_ms + gap_ms
            } else {
                0
            };
            let closed = now.contains(&pack);
            assert!(!closed || *silent_ms <= 1_000, "I15: {silent_ms} ms");
            // Above the breaking current an opening waits, the operator's too (D14).
            let waits = decided.state == PackState::Opening;
            assert!(
                !closed || !model.disabled[pack] || waits,
                "I25: {:?}",
                decided.state
            );
            assert!(
                !closed || model.alert != Some(pack),
                "I7: {:?}",
                decided.state
            );
            if let Some(reason) = self.latched[pack] {
                let named = cleared.iter().any(|command| {
                    matches!(command, Command::Clear { pack: named, fault }
                        if usize::from(*named) == pack && Reason::Fault(*fault) == reason)
                });
                assert!(!closed || named, "I9: {reason:?} left by nobody's word");
            }
            self.latched[pack] = match decided.state {
                PackState::Latched => Some(decided.reason),
                PackState::StuckClosed | PackState::Opening => self.latched[pack],
                _ => None,
            };
        }
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Rules;

    fn init_test(model: &Model) -> Self {
        let packs: Vec<_> = (model.packs.iter())
            .map(|&(above, r)| {
                IdealPack::new(27.0 + f64::from(above) / 1_000.0, f64::from(r) / 10_000.0)
            })
            .collect();
        Self {
            silent_ms: vec![0; packs.len()],
            latched: vec![None; packs.len()],
            world: World::of(packs, Params::default()),
        }
    }

    fn apply(mut machine: Self, model: &Model, transition: Transition) -> Self {
        use Transition as T;
        let world = &mut machine.world;
        let mut gap_ms = 100;
        let mut steps = 1;
        match transition {
            T::Wait(times) => steps = times,
            T::Pause(ms) => gap_ms = ms.into(),
            T::Load(load_a) => world.load_a = load_a.into(),
            T::Enable(pack) => world.command(Command::Enable { pack: pack as u8 }),
            T::Disable(pack) => world.command(Command::Disable { pack: pack as u8 }),
            T::EStop => world.command(Command::EStop),
            T::Arm => world.command(Command::Arm),
            T::Sensor(pack, answers) => world.packs[pack].answers = answers,
            T::Weld(pack, on) => world.packs[pack].welded = on,
            T::Break(pack, on) => world.packs[pack].broken = on,
            T::ReadBack(ok) => world.inputs.io.readback_ok = ok,
            T::Alert(pack) => world.inputs.io.alerts = pack.into_iter().collect(),
            T::Clear(pack, right) => {
                let fault = match world.decision.packs[pack].reason {
                    Reason::Fault(fault) if right => fault,
                    _ => Fault::Frozen,
                };
                world.command(Command::Clear {
                    pack: pack as u8,
                    fault,
                });
            }
        }
        for _ in 0..steps {
            machine.step(model, gap_ms);
        }
        machine
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// I5 to I9, I14, I15, I18 and I25 after any story of up to sixty transitions.
    #[test]
    fn the_rules_hold_after_any_sequence_of_transitions(sequential 1..=60 => Machine);
}
