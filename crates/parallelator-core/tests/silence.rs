//! Sensors that fall silent (rules D17 and D18): what they said last is held against nobody.

mod world;

use battery_units::{DeciCelsius, Milliamps, Millivolts};
use parallelator_core::*;
use world::{N, World};

fn celsius(degrees: i32) -> Option<Sample<DeciCelsius>> {
    Some(Sample::good(DeciCelsius::new(degrees * 10), 0))
}

/// Three packs that share 9 A; the sensor of the first dies.
fn one_dead_sensor_under_load(extra: &[f64]) -> World {
    let mut volts = vec![28.0, 28.0, 28.0];
    volts.extend_from_slice(extra);
    let mut world = World::at(&volts);
    for index in 3..volts.len() {
        world.command(Command::Disable { pack: index as u8 });
    }
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    assert!(world.decision.load_permit);
    world.packs[0].answers = false;
    world.run_ms(60_000);
    assert_eq!(world.closed(), [1, 2]);
    assert_eq!((world.state(0), world.reason(0)), ("fault", "stale_data"));
    world
}

#[test]
fn a_sensor_that_dies_under_load_does_not_take_the_load_from_the_healthy_packs() {
    let world = one_dead_sensor_under_load(&[]);
    assert!(
        world.decision.load_permit && world.decision.dcl > Milliamps::ZERO,
        "two healthy packs hold the bus; DCL {:?}, bus current {:?}",
        world.decision.dcl,
        world.decision.bus_current
    );
}

#[test]
fn a_sensor_that_dies_under_load_does_not_keep_healthy_packs_out() {
    let mut world = one_dead_sensor_under_load(&[28.0]);
    world.command(Command::Enable { pack: 3 });
    world.run_ms(60_000);
    assert_eq!(world.closed(), [1, 2, 3], "pack 3: {}", world.reason(3));
}

#[test]
fn after_a_sensor_that_died_alone_under_load_the_bus_starts_again() {
    let mut world = World::at(&[28.00, 27.0]);
    world.load_a = 3.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0]);
    world.packs[0].answers = false;
    world.run_ms(60_000);
    assert_eq!(world.closed(), [1], "{}", world.reason(1));
}

#[test]
fn a_pack_pulled_under_load_does_not_darken_the_rack() {
    // The operator disables a pack that carries 3 A and pulls it before its sensor has spoken again.
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.command(Command::Disable { pack: 0 });
    world.step();
    world.packs[0].answers = false;
    world.run_ms(60_000);
    assert_eq!(world.closed(), [1, 2]);
    assert_eq!(world.state(0), "disabled");
    assert!(world.decision.load_permit, "DCL {:?}", world.decision.dcl);
}

#[test]
fn the_last_current_of_a_dead_sensor_does_not_unbalance_the_sum_of_the_currents() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.bus_meter_off_a = Some(0.0);
    world.load_obeys = false;
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.packs[0].answers = false;
    world.run_ms(60_000);
    assert_eq!(world.closed(), [1, 2]);
    let alarms = world.of_kind(EventKind::Alarm);
    assert!(alarms.is_empty(), "{alarms:?}");
}

#[test]
fn what_flows_through_a_welded_switch_counts_in_the_sum() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.bus_meter_off_a = Some(0.0);
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.packs[0].welded = true;
    world.command(Command::Disable { pack: 0 });
    world.run_ms(60_000);
    assert_eq!(
        (world.closed(), world.state(0)),
        (vec![1, 2], "stuck_closed")
    );
    let kirchhoff = world.of_kind(EventKind::Alarm);
    let kirchhoff = kirchhoff.iter().filter(|alarm| alarm.1 == "kirchhoff");
    assert_eq!(kirchhoff.count(), 0);
}

/// Two packs that share 4 A: pack 1 is welded and known to be, and its sensor dies now.
fn welded_and_silent() -> World {
    let mut world = World::at(&[28.0, 28.0]);
    world.run_ms(10_000);
    world.load_a = 4.0;
    world.run_ms(2_000);
    world.packs[1].welded = true;
    world.command(Command::Disable { pack: 1 });
    world.run_ms(5_000);
    assert_eq!(world.state(1), "stuck_closed");
    world.packs[1].answers = false;
    world
}

#[test]
fn the_last_voltage_of_a_dead_sensor_accuses_no_healthy_switch() {
    // The bus falls with the charge of the packs.
    let mut world = welded_and_silent();
    world.load_a = 0.0;
    world.run_ms(2_000);
    for pack in &mut world.packs {
        pack.u = 27.5;
    }
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0], "{}", world.reason(0));
}

#[test]
fn the_bus_current_is_not_told_when_a_connected_pack_fell_silent() {
    // Documented: `None` when one of them is not known.
    let mut world = welded_and_silent();
    world.run_ms(2_000);
    world.load_a = 0.0;
    world.load_obeys = false;
    world.run_ms(10_000);
    assert_eq!(world.decision.bus_current, None);
}

#[test]
fn what_a_pack_nobody_measures_carries_is_not_taken_for_nothing() {
    // Two packs share 18 A; a third slot without a sensor reports its contact closed.
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.packs[2].answers = false;
    world.inputs.bus.load_controllable = false;
    world.load_obeys = false;
    world.run_ms(10_000);
    world.load_a = 18.0;
    world.run_ms(1_000);
    assert_eq!(world.closed(), [0, 1]);
    world.command(Command::Service { enter: true });
    world.command(Command::Test { pack: 0 });
    world.step();
    assert_eq!(world.closed(), [0, 1], "the other would carry 18 A");
    world.inputs.packs[2].switch_feedback = Some(SwitchFeedback::Closed);
    world.command(Command::Test { pack: 0 });
    world.run_ms(500);
    let opened = world.of_kind(EventKind::Opened);
    assert_eq!(world.closed(), [0, 1], "{opened:?}");
}

#[test]
fn a_dead_sensor_does_not_end_the_watch_over_imbalance() {
    // The third pack leaves: by the operator, for comparison, or by its sensor.
    for dies in [false, true] {
        let mut world = World::at(&[28.0, 28.0, 28.0]);
        world.load_a = 3.0;
        world.run_ms(10_000);
        assert_eq!(world.closed(), [0, 1, 2]);
        if dies {
            world.packs[2].answers = false;
        } else {
            world.command(Command::Disable { pack: 2 });
        }
        world.run_ms(5_000);
        assert_eq!(world.closed(), [0, 1]);
        world.load_obeys = false;
        for _ in 0..84 {
            world.packs[1].u -= 0.01;
            world.run_ms(1_000);
        }
        world.run_ms(20_000);
        let imbalance = Some(Fault::Imbalance.into());
        let seen = world.events.iter().any(|event| event.reason == imbalance);
        assert!(seen, "sensor dies {dies}: {:?} A", world.currents(0.0));
    }
}

#[test]
fn a_frozen_sensor_is_not_called_a_stuck_switch() {
    let mut world = World::at(&[28.00, 28.02, 28.04]);
    world.load_a = 9.0;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.packs[0].says = Some((
        world.inputs.packs[0].voltage.value.get(),
        world.inputs.packs[0].current.value.get(),
    ));
    for tick in 0..200 {
        world.load_a = 6.0 + f64::from(tick % 7) * 0.4;
        world.step();
    }
    assert!(
        world
            .of_kind(EventKind::Opened)
            .iter()
            .any(|(pack, reason, ..)| (*pack, *reason) == (Some(0), "frozen")),
        "{:?}",
        world.of_kind(EventKind::Opened)
    );
    world.run_ms(60_000);
    assert!(!world.saw(EventKind::StuckClosed), "{}", world.reason(0));
}

#[test]
fn a_thermometer_that_falls_silent_does_not_leave_its_pack_unwatched_without_a_word() {
    let mut world = World::at(&[28.0, 28.0]);
    for pack in [0, 1] {
        world.inputs.packs[pack].temperature = celsius(50);
    }
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [0, 1]);
    world.events.clear();
    world.inputs.packs[0].temperature = Some(Sample::default());
    world.run_ms(60_000);
    let said = world.events.iter().any(|event| event.pack == Some(0));
    assert!(
        world.closed() == [1] || said,
        "a minute later: {} / {}",
        world.state(0),
        world.reason(0)
    );
}

/// A pack whose sensor was found frozen while it carried 3 A, and has been open for a minute.
fn frozen_under_load() -> World {
    let mut world = World::at(&[28.00, 28.02, 28.04]);
    world.load_a = 9.0;
    world.run_ms(10_000);
    let input = &world.inputs.packs[0];
    world.packs[0].says = Some((input.voltage.value.get(), input.current.value.get()));
    for tick in 0..200 {
        world.load_a = 6.0 + f64::from(tick % 7) * 0.4;
        world.step();
    }
    assert_eq!(world.closed(), [1, 2]);
    world.run_ms(60_000);
    assert_eq!((world.state(0), world.reason(0)), ("fault", "frozen"));
    world
}

#[test]
fn a_frozen_sensor_returns_when_it_moves_or_shows_no_current_of_an_open_switch() {
    let mut world = frozen_under_load();
    world.packs[0].says = Some((27_900, 0));
    world.load_a = 0.0;
    world.step();
    world.step();
    assert!(
        world.saw(EventKind::Recovered),
        "it repeats itself, at rest"
    );
    let mut world = frozen_under_load();
    for tick in 0..3 {
        world.packs[0].says = Some((27_900 + tick, 0));
        world.step();
    }
    assert!(world.saw(EventKind::Recovered), "it moves");
}

/// A core that is fed by hand: millivolts, milliamps and age of each pack, `None` for silence.
struct ByHand {
    core: Core<N>,
    now_ms: u64,
    inputs: Inputs<N>,
    decision: Decision<N>,
    events: Vec<Event>,
}

impl ByHand {
    fn new(packs: usize) -> Self {
        let mut inputs = Inputs::default();
        inputs.bus.load_controllable = true;
        Self {
            core: Core::new(packs, Params::default()).unwrap(),
            now_ms: 0,
            inputs,
            decision: Decision::default(),
            events: Vec::new(),
        }
    }

    fn steps(&mut self, count: usize, readings: &[Option<(i32, i32, u32)>]) {
        for _ in 0..count {
            self.now_ms += 100;
            // The last digit of a living sensor moves.
            let digit = i32::from(self.now_ms.is_multiple_of(200));
            for (input, reading) in self.inputs.packs.iter_mut().zip(readings) {
                let (voltage, current) = match *reading {
                    Some((mv, ma, age)) => (
                        Sample::good(Millivolts::new(mv + digit), age),
                        Sample::good(Milliamps::new(ma), age),
                    ),
                    None => (Sample::default(), Sample::default()),
                };
                input.voltage = voltage;
                input.current = current;
            }
            self.decision = self.core.step(self.now_ms, &self.inputs);
            self.events.extend(self.decision.events.iter());
            self.inputs.commands = [None; MAX_COMMANDS];
        }
    }

    fn command(&self, index: usize) -> SwitchCommand {
        self.decision.packs[index].command
    }
}

#[test]
fn a_current_measured_before_the_opening_is_no_leak_though_it_came_after_it() {
    // Every sample is so long on its way: the last one was measured at the opening, or before it.
    for late_ms in [100, 150] {
        let mut rack = ByHand::new(3);
        rack.steps(100, &[Some((28_000, 0, late_ms)); 3]);
        rack.steps(50, &[Some((27_820, -3_000, late_ms)); 3]);
        assert!((0..3).all(|index| rack.command(index) == SwitchCommand::Closed));
        rack.inputs.commands[0] = Some(Command::Disable { pack: 0 });
        rack.steps(2, &[Some((27_820, -3_000, late_ms)); 3]);
        let others = Some((27_730, -4_500, late_ms));
        rack.steps(600, &[None, others, others]);
        assert_eq!(rack.command(1), SwitchCommand::Closed);
        assert!(
            rack.decision.load_permit && rack.decision.dcl > Milliamps::ZERO,
            "two healthy packs hold the bus; DCL {:?}",
            rack.decision.dcl
        );
    }
}

#[test]
fn a_pack_whose_samples_come_late_still_misses_its_current() {
    // 400 ms late: too old for a join, not for staying; and always new.
    let mut rack = ByHand::new(2);
    rack.steps(100, &[Some((28_000, 0, 0)); 2]);
    assert!((0..2).all(|index| rack.command(index) == SwitchCommand::Closed));
    rack.steps(
        10,
        &[Some((27_760, -4_000, 0)), Some((27_760, -4_000, 400))],
    );
    rack.steps(100, &[Some((27_520, -8_000, 0)), Some((28_000, 0, 400))]);
    assert_eq!(
        rack.command(1),
        SwitchCommand::Open,
        "its fuse is blown, and nobody says so: {:?}",
        rack.decision.packs[1].reason
    );
}

#[test]
fn a_frozen_sensor_that_speaks_every_other_step_makes_no_stuck_switch() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    let steps = |world: &mut World, count: usize| {
        for step in 0..count {
            world.packs[0].answers = step % 2 == 0;
            world.step();
        }
    };
    steps(&mut world, 100);
    world.load_a = 9.0;
    steps(&mut world, 100);
    assert_eq!(world.closed(), [0, 1, 2]);
    world.packs[0].says = Some((27_820, -3_000));
    steps(&mut world, 4);
    world.load_a = 6.0;
    steps(&mut world, 800);
    let opened = world.of_kind(EventKind::Opened);
    assert_eq!((opened[0].0, opened[0].1), (Some(0), "frozen"));
    assert_ne!(world.state(0), "stuck_closed");
    assert!(world.decision.load_permit, "DCL {:?}", world.decision.dcl);
}

#[test]
fn a_sensor_found_frozen_is_no_leak_after_a_reboot_either() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.packs[0].says = Some((27_820, -3_000));
    world.step();
    world.load_a = 6.0;
    world.run_ms(8_000);
    assert_eq!(world.closed(), [1, 2]);
    assert_eq!(world.reason(0), "frozen");
    let mut buffer = [0; RECORD_MAX];
    let record = world.core.write_record(&mut buffer).unwrap();
    let mut again = World::at(&[28.0, 28.0, 28.0]);
    again.core.restore(record).unwrap();
    again.packs[0].says = Some((27_820, -3_000));
    again.run_ms(30_000);
    assert_eq!(again.reason(0), "frozen");
    assert!(
        !again.closed().is_empty() && again.decision.load_permit,
        "two healthy packs and a dead bus: {} {}, connected in the view of the core: {:?}",
        again.state(1),
        again.reason(1),
        again.decision.bus_current
    );
}

#[test]
fn a_stuck_pack_with_a_dead_sensor_takes_no_healthy_pack_off_the_bus() {
    // Nine amperes; pack 0 is welded, known to be, and silent. Then the gauge of pack 2 allows 2 A only.
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.load_obeys = false;
    world.run_ms(5_000);
    world.packs[0].welded = true;
    world.command(Command::Disable { pack: 0 });
    world.run_ms(5_000);
    assert_eq!(
        (world.state(0), world.closed()),
        ("stuck_closed", vec![1, 2])
    );
    world.packs[0].answers = false;
    world.inputs.bus.load_controllable = false;
    world.run_ms(5_000);
    assert_eq!(world.closed(), [1, 2]);
    world.events.clear();
    world.inputs.packs[2].gauge.i_dis_max = Some(Milliamps::new(2_000));
    world.run_ms(20_000);
    assert_eq!(
        world.closed(),
        [1],
        "{:?}",
        world.of_kind(EventKind::Opened)
    );
}
