//! The learned path resistance, seen by what the bus may carry: with paths known to `±e` two packs of a 10 A share it by
//! `1/(1−e)` against `1/(1+e)` at worst.

mod world;

use battery_units::{Milliamps, Millivolts};
use parallelator_core::*;
use world::{IdealPack, World};

/// Two equal packs of this resistance in ohms; nominal are 60 mΩ.
fn pair_with(ohms: f64, params: Params) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, ohms); 2], params);
    world.load_obeys = false;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    world.events.clear();
    world
}

fn pair(ohms: f64) -> World {
    pair_with(ohms, Params::default())
}

/// Steps of the load between nothing and so many amperes, and back to nothing.
fn step_load(world: &mut World, steps: usize, amperes: f64) {
    for step in 0..steps {
        world.load_a = if step % 2 == 0 { amperes } else { 0.0 };
        world.run_ms(200);
    }
    if steps % 2 == 1 {
        // Too slow to be a step of the load: each change is below an ampere a pack.
        while world.load_a > 0.0 {
            world.load_a = (world.load_a - 1.5).max(0.0);
            world.step();
        }
        world.step();
    }
}

/// What two packs of 10 A may discharge when each path lies in this interval, in mΩ, with this middle.
fn expected_dcl(low: f64, high: f64, middle: f64, dv_err: f64) -> f64 {
    let share = (1.0 / low) / (1.0 / low + 1.0 / high);
    (10_000.0 - dv_err / middle * 1_000.0) / share
}

fn assert_dcl(world: &World, low: f64, high: f64, middle: f64) {
    let dv_err = f64::from(world.core.params().dv_err.get());
    let expected = expected_dcl(low, high, middle, dv_err);
    let dcl = f64::from(world.decision.dcl.get());
    assert!(
        (dcl - expected).abs() < expected * 0.004,
        "{dcl} mA, expected {expected}"
    );
}

#[test]
fn without_load_steps_the_band_of_the_parameters_counts() {
    assert_dcl(&pair(0.060), 36.0, 84.0, 60.0);
}

#[test]
fn each_of_five_steps_narrows_the_band_by_a_fifth_of_what_it_shows() {
    // 3 A a pack make 180 mV, known to 20 mV: 53.3 to 66.7 mΩ.
    for steps in 1..=8 {
        let mut world = pair(0.060);
        step_load(&mut world, steps, 6.0);
        let weight = steps.min(5) as f64 / 5.0;
        let low = 36.0 + (53.33 - 36.0) * weight;
        let high = 84.0 - (84.0 - 66.67) * weight;
        assert_dcl(&world, low, high, 60.0);
    }
}

#[test]
fn charging_steps_show_the_same() {
    let mut world = pair(0.060);
    step_load(&mut world, 6, -6.0);
    assert_dcl(&world, 53.33, 66.67, 60.0);
}

#[test]
fn a_step_of_less_than_an_ampere_shows_nothing() {
    let mut world = pair(0.060);
    step_load(&mut world, 10, 1.998);
    assert_dcl(&world, 36.0, 84.0, 60.0);
    // One ampere itself: 60 mV, known to 20 mV.
    step_load(&mut world, 10, 2.0);
    assert_dcl(&world, 40.0, 80.0, 60.0);
}

#[test]
fn the_band_never_narrows_below_a_twentieth() {
    let params = Params {
        dv_err: Millivolts::new(1),
        ..Params::default()
    };
    let mut world = pair_with(0.060, params);
    step_load(&mut world, 6, 18.0);
    assert_dcl(&world, 57.0, 63.0, 60.0);
}

#[test]
fn a_path_at_the_edge_of_the_band_is_held_inside_it() {
    // 80 mΩ: 3 A show 73.3 to 86.7 mΩ, of which what lies above 84 mΩ was promised not to be.
    let mut world = pair(0.080);
    step_load(&mut world, 6, 6.0);
    assert_dcl(&world, 73.33, 84.0, 78.67);
}

#[test]
fn one_wrong_step_of_five_moves_nothing() {
    let mut world = pair(0.060);
    step_load(&mut world, 4, 6.0);
    // Its voltage follows the step only in part: it looks like 25 mΩ.
    world.packs[0].r = 0.025;
    world.packs[1].r = 0.025;
    step_load(&mut world, 1, 6.0);
    assert_dcl(&world, 53.33, 66.67, 60.0);
}

#[test]
fn an_impossible_step_is_not_taken() {
    // Below 0.3 and above 3 times the nominal path: 17 and 181 mΩ.
    for ohms in [0.017, 0.181] {
        let mut world = pair(ohms);
        step_load(&mut world, 10, 6.0);
        assert_dcl(&world, 36.0, 84.0, 60.0);
        // Five such steps in a row are no accident.
        assert_eq!(
            world.of_kind(EventKind::Alarm),
            [
                (Some(0), "resistance_range", 0, 0),
                (Some(1), "resistance_range", 0, 0)
            ]
        );
    }
}

#[test]
fn steps_across_a_gap_are_not_taken() {
    let mut world = pair(0.060);
    for step in 0..10 {
        world.load_a = if step % 2 == 0 { 6.0 } else { 0.0 };
        world.step_after(300);
        world.step_after(300);
    }
    assert_dcl(&world, 36.0, 84.0, 60.0);
}

#[test]
fn five_steps_outside_the_band_keep_a_pack_from_joining_and_are_an_alarm() {
    for (ohms, outside) in [(0.100, true), (0.028, true), (0.088, false), (0.033, false)] {
        let mut world = pair(ohms);
        step_load(&mut world, 4, 6.0);
        assert!(!world.saw(EventKind::Alarm), "four say nothing yet");
        step_load(&mut world, 2, 6.0);
        let alarms = world.of_kind(EventKind::Alarm);
        assert_eq!(alarms.len(), if outside { 2 } else { 0 }, "{ohms} Ω");
        if outside {
            assert_eq!((alarms[0].0, alarms[0].1), (Some(0), "resistance_range"));
            assert_dcl(&world, 36.0, 84.0, 60.0);
        }
        assert_eq!(world.closed(), [0, 1], "it opens nobody");
        world.command(Command::Disable { pack: 1 });
        world.run_ms(1_000);
        world.command(Command::Enable { pack: 1 });
        world.run_ms(5_000);
        assert_eq!(world.closed().contains(&1), !outside);
        if outside {
            assert_eq!(
                (world.state(1), world.reason(1)),
                ("open", "path_resistance")
            );
        }
    }
}

#[test]
fn later_steps_inside_the_band_end_the_alarm() {
    let mut world = pair(0.100);
    step_load(&mut world, 6, 6.0);
    assert_eq!(world.of_kind(EventKind::Alarm).len(), 2);
    for pack in &mut world.packs {
        pack.r = 0.060;
    }
    step_load(&mut world, 6, 6.0);
    assert_eq!(world.of_kind(EventKind::AlarmOver).len(), 2);
}

#[test]
fn the_opening_of_a_test_is_a_load_step_of_those_that_stay() {
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.command(Command::Service { enter: true });
    world.command(Command::Test { pack: 2 });
    world.step();
    world.run_ms(100);
    // The rest had one step when the load came, which was one of three for pack 2 as well; now they have two.
    let mut other = World::at(&[28.0, 28.0, 28.0]);
    other.run_ms(10_000);
    other.load_a = 9.0;
    other.run_ms(10_000);
    other.command(Command::Disable { pack: 2 });
    other.step();
    other.run_ms(100);
    assert_eq!(world.decision.dcl, other.decision.dcl);
    assert!(world.decision.dcl.get() > 14_000, "{}", world.decision.dcl);
}

/// Two packs whose voltage follows steps of this current by this much; whether that is an alarm.
fn alarms_at(millivolts: i32, milliamps: i32) -> bool {
    let mut world = pair(0.060);
    for step in 0..6 {
        let loaded = (28_000 - millivolts, -milliamps);
        let reading = if step % 2 == 0 { loaded } else { (28_000, 0) };
        world.says(&[reading; 2]);
        world.step();
    }
    world.saw(EventKind::Alarm)
}

#[test]
fn a_path_contradicts_the_band_when_its_interval_does_not_touch_it() {
    // (272 − 20) mV over 3 A are 84 mΩ, the upper end; (88 + 20) mV over 3.001 A are 36 mΩ, the lower.
    assert!(!alarms_at(272, 3_000));
    assert!(alarms_at(273, 3_000));
    assert!(!alarms_at(88, 3_001));
    assert!(alarms_at(87, 3_001));
}

/// A rack of packs of 50 mΩ of which all but the last have shown that; the last then joins without a load.
fn all_but_the_last_learned(count: usize) -> World {
    let mut world = World::of(vec![IdealPack::new(28.0, 0.050); count], Params::default());
    world.load_obeys = false;
    world.run_ms(10_000);
    let last = (count - 1) as u8;
    // So small that it is the one which limits the others.
    world.inputs.packs[count - 1].gauge.i_dis_max = Some(Milliamps::new(8_000));
    world.command(Command::Disable { pack: last });
    world.run_ms(1_000);
    step_load(&mut world, 6, 3.0 * f64::from(last));
    world.command(Command::Enable { pack: last });
    world.run_ms(3_000);
    assert_eq!(world.closed().len(), count);
    world
}

/// What such a rack may discharge when the last pack, which takes the largest share, is taken for one of `typical` mΩ.
fn expected_of_last(learned: f64, typical: f64) -> f64 {
    // 3 A show 150 mV, known to 20 mV: up to 56.7 mΩ of the others against 36 mΩ at least of its own.
    let others = learned / (170.0 / 3.0);
    let share = (1.0 / 36.0) / (1.0 / 36.0 + others);
    (8_000.0 - 20.0 / typical * 1_000.0) / share
}

#[test]
fn a_pack_that_showed_nothing_yet_is_taken_for_one_like_three_or_more_others() {
    for (learned, typical) in [(2, 60.0), (3, 50.0), (4, 50.0)] {
        let world = all_but_the_last_learned(learned + 1);
        let expected = expected_of_last(learned as f64, typical);
        let dcl = f64::from(world.decision.dcl.get());
        assert!(
            (dcl - expected).abs() < expected * 0.002,
            "{learned} learned: {dcl} mA, expected {expected}"
        );
    }
}

/// Five load steps of some amperes, half a minute in all.
fn load_steps(world: &mut World, steps: usize, amperes: f64) {
    for step in 0..steps {
        world.load_a = if step % 2 == 0 { amperes } else { 0.0 };
        world.run_ms(1_000);
    }
    world.load_a = 0.0;
    world.run_ms(1_000);
}

#[test]
fn a_voltage_read_a_tick_before_its_current_says_nothing_wrong_about_the_path() {
    // Sound packs of 60 mΩ; each voltage is one tick older than the current it comes with, and says so.
    let mut world = World::at(&[28.0, 28.0, 28.0]);
    world.command(Command::Disable { pack: 2 });
    let mut last = [Millivolts::new(28_000); 3];
    let mut joined_late = false;
    for tick in 0..400u64 {
        world.load_a = if tick > 150 && (tick / 10) % 2 == 0 {
            8.0
        } else {
            0.0
        };
        if tick == 300 {
            world.command(Command::Enable { pack: 2 });
        }
        if tick >= 300 {
            world.load_a = 0.0;
        }
        world.now_ms += 100;
        let currents = world.currents(world.load());
        for index in 0..3 {
            let pack = &world.packs[index];
            let volts = pack.u + currents[index] * pack.r;
            let input = &mut world.inputs.packs[index];
            input.voltage = Sample::good(last[index], 100);
            input.current = Sample::good(Milliamps::new((currents[index] * 1e3) as i32), 0);
            last[index] = Millivolts::new((volts * 1e3) as i32);
        }
        world.decision = world.core.step(world.now_ms, &world.inputs);
        world.events.extend(world.decision.events.iter());
        world.inputs.commands = [None; MAX_COMMANDS];
        joined_late |= world.closed().contains(&2);
    }
    let alarms = world.of_kind(EventKind::Alarm);
    assert!(
        alarms.is_empty() && joined_late,
        "{alarms:?}; pack 2: {}",
        world.reason(2)
    );
}

#[test]
fn a_voltage_that_was_missing_for_a_tick_is_not_paired_with_a_newer_current() {
    // Paths of 36 mΩ, the low end of the band. The load comes in two ticks, and in the first of them the voltages are missing.
    let packs = vec![
        IdealPack::new(28.0, 0.036),
        IdealPack::new(28.0, 0.036),
        IdealPack::new(28.31, 0.036),
    ];
    let mut world = World::of(packs, Params::default());
    world.inputs.bus.mode_hint = ModeHint::Idle;
    world.command(Command::Disable { pack: 2 });
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    let tick = |world: &mut World, amperes: f64, missing: bool| {
        world.load_a = amperes;
        world.now_ms += 100;
        let currents = world.currents(world.load());
        for (index, &current) in currents.iter().enumerate() {
            let pack = &world.packs[index];
            let volts = pack.u + current * pack.r;
            let input = &mut world.inputs.packs[index];
            input.voltage = if missing {
                Sample::default()
            } else {
                Sample::good(Millivolts::new((volts * 1e3).round() as i32), 0)
            };
            input.current = Sample::good(Milliamps::new((current * 1e3).round() as i32), 0);
        }
        world.decision = world.core.step(world.now_ms, &world.inputs);
        world.events.extend(world.decision.events.iter());
        world.inputs.commands = [None; MAX_COMMANDS];
    };
    for _ in 0..5 {
        tick(&mut world, 8.0, true);
        tick(&mut world, 16.0, false);
        tick(&mut world, 16.0, false);
        // It goes slowly enough to show nothing.
        for amperes in (0..16).rev() {
            tick(&mut world, f64::from(amperes), false);
        }
    }
    world.command(Command::Enable { pack: 2 });
    let mut most = 0.0f64;
    for _ in 0..50 {
        world.step();
        most = most.max(world.circulation_ma());
    }
    assert!(
        most <= 5_000.0,
        "{most} mA; predicted {:?}, events {:?}",
        world.decision.packs[2].predicted,
        world.of_kind(EventKind::Closed)
    );
}

/// Two packs of 80 mΩ whose paths were learned; the second is taken out and one of 36 mΩ put in its place.
fn replaced(empty_slot: Option<(i32, i32)>) -> (World, f64) {
    let packs = vec![IdealPack::new(28.0, 0.080), IdealPack::new(28.0, 0.080)];
    let mut world = World::of(packs, Params::default());
    world.inputs.bus.mode_hint = ModeHint::Idle;
    world.run_ms(10_000);
    assert_eq!(world.closed(), [0, 1]);
    load_steps(&mut world, 8, 14.0);
    assert_eq!(world.closed(), [0, 1]);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(2_000);
    match empty_slot {
        Some(reading) => world.packs[1].says = Some(reading),
        None => world.packs[1].answers = false,
    }
    world.run_ms(1_800_000);
    world.packs[1] = IdealPack::new(28.70, 0.036);
    world.command(Command::Enable { pack: 1 });
    world.events.clear();
    let mut most = 0.0f64;
    for _ in 0..50 {
        world.step();
        most = most.max(world.circulation_ma());
    }
    (world, most)
}

#[test]
fn a_slot_counts_as_empty_below_half_of_the_floor() {
    // Half of 21 V. Who was 80 mΩ is believed to be so while there is a voltage.
    let predicted = |millivolts| {
        let (world, _) = replaced(Some((millivolts, 0)));
        let joined = world.of_kind(EventKind::Closed);
        joined.first().map(|closed| closed.2)
    };
    assert_eq!(predicted(10_499), None);
    assert!(predicted(10_500).is_some());
}

/// What circulates beside the other pack must stay within `i_circ_max`: 36 mΩ is inside the band of the parameters.
fn assert_judged_anew((world, most): (World, f64)) {
    assert!(
        most <= 5_000.0,
        "{most} mA circulated; closed {:?}, opened {:?}",
        world.of_kind(EventKind::Closed),
        world.of_kind(EventKind::Opened)
    );
}

#[test]
fn another_pack_after_a_silent_sensor_has_not_the_path_of_the_one_before() {
    assert_judged_anew(replaced(None));
}

#[test]
fn another_pack_after_an_empty_slot_has_not_the_path_of_the_one_before() {
    assert_judged_anew(replaced(Some((0, 0))));
}

/// Two packs, the second of which has shown a path outside the band.
fn with_a_loose_terminal() -> World {
    let mut world = World::of(
        vec![IdealPack::new(28.0, 0.060), IdealPack::new(28.0, 0.100)],
        Params::default(),
    );
    world.run_ms(10_000);
    load_steps(&mut world, 14, 6.0);
    assert!(world.saw(EventKind::Alarm));
    world
}

#[test]
fn a_pack_that_was_opened_with_a_doubted_path_can_come_back() {
    let mut world = with_a_loose_terminal();
    // Somebody tightens the loose terminal while the pack is open, and says so in every way there is.
    world.command(Command::Disable { pack: 1 });
    world.run_ms(1_000);
    world.packs[1].r = 0.060;
    world.run_ms(60_000);
    world.command(Command::Enable { pack: 1 });
    world.command(Command::Clear {
        pack: 1,
        fault: Fault::ResistanceRange,
    });
    world.run_ms(400);
    assert_eq!(world.closed(), [0], "new samples first");
    world.run_ms(3_600_000);
    assert_eq!(world.closed(), [0, 1], "{}", world.reason(1));
}

#[test]
fn a_doubted_path_is_forgotten_on_command_only_while_its_pack_is_open() {
    let mut world = with_a_loose_terminal();
    let clear = Command::Clear {
        pack: 1,
        fault: Fault::ResistanceRange,
    };
    let refused = |world: &World| world.of_kind(EventKind::CommandRefused).len();
    world.command(clear);
    world.step();
    assert_eq!(
        refused(&world),
        1,
        "what it carries would be judged by the parameters"
    );
    world.command(Command::Disable { pack: 1 });
    world.run_ms(1_000);
    world.command(clear);
    world.step();
    assert_eq!(refused(&world), 1);
    let over = (Some(1), "resistance_range", 0, 0);
    assert_eq!(world.of_kind(EventKind::AlarmOver), [over]);
    assert_eq!(world.of_kind(EventKind::Cleared), [over]);
    world.command(clear);
    world.step();
    assert_eq!(refused(&world), 2, "there is nothing left to forget");
}
