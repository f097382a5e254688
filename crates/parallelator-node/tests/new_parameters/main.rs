//! New parameters while a large rack runs: the sensors get the new limits one by one, and that must not open anybody, nor
//! leave a pack unseen.

mod bench;

use battery_sim::{Effect, FaultPlan, Target};
use battery_units::{Milliamps, Milliohms, Millivolts};
use parallelator_core::{ConfigError, EventKind, Params, Problem, Quality};
use parallelator_node::{Request, Sensor, SensorHealth};

use bench::{PACKS, World};

/// Register of the INA237 that holds the limit of a charging current; of a discharging one.
const ABOVE: u8 = 0x0C;
const BELOW: u8 = 0x0D;

/// Limits in counts of 5 µV over 2 mΩ: twice the hard trip, which is 1.4 times the largest current.
/// 10 A: 28 A, 56 mV; 5 A: 14 A, 28 mV.
const AT_10_A: u32 = 11_200;
const AT_5_A: u32 = 5_600;
/// 30 A: the trip at 42 A leaves no room for twice as much, so 95 % of the 81.917 A that can be measured.
const AT_30_A: u32 = 31_129;

/// The default parameters with smaller largest currents.
fn tighter(largest_ma: i32) -> Params {
    Params {
        i_dis_max: Milliamps::new(largest_ma),
        i_chg_max: Milliamps::new(largest_ma),
        i_circ_max: Milliamps::new(largest_ma.min(5_000)),
        ..Params::default()
    }
}

/// The default parameters with a larger charging current.
fn wider() -> Params {
    Params {
        i_chg_max: Milliamps::new(30_000),
        ..Params::default()
    }
}

/// Two's complement in a register of sixteen bits.
fn negative(counts: u32) -> u32 {
    0x1_0000 - counts
}

#[test]
fn a_tighter_limit_opens_nobody_in_a_rack_of_sixteen_and_leaves_nobody_unseen() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    assert_eq!(world.closed().len(), PACKS);
    world.ask_for(tighter(9_900));
    for tick in 0..40 {
        world.tick();
        let unseen: Vec<_> = (0..PACKS).filter(|&pack| !world.is_seen(pack)).collect();
        assert!(unseen.is_empty(), "tick {tick}: {unseen:?}");
    }
    assert_eq!(world.bench().opened, []);
    assert_eq!(world.closed().len(), PACKS);
}

#[test]
fn a_tighter_limit_reaches_one_chip_a_tick_until_all_have_it() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == AT_10_A));
    world.ask_for(tighter(5_000));
    for tick in 1..=PACKS {
        world.tick();
        let done = (0..PACKS)
            .filter(|&pack| world.register(pack, ABOVE) == AT_5_A)
            .count();
        assert_eq!(done, tick);
    }
    assert!((0..PACKS).all(|pack| world.register(pack, BELOW) == negative(AT_5_A)));
    assert_eq!(world.bench().opened, []);
}

#[test]
fn the_one_limit_of_an_ina226_follows_as_well() {
    let mut world = World::new(Sensor::Ina226);
    world.ticks(300);
    // Counts of 2.5 µV, and only for the discharging current.
    assert!((0..PACKS).all(|pack| world.register(pack, 0x07) == negative(22_400)));
    world.ask_for(tighter(5_000));
    world.ticks(PACKS);
    assert!((0..PACKS).all(|pack| world.register(pack, 0x07) == negative(11_200)));
    assert_eq!(world.bench().opened, []);
    assert_eq!(world.closed().len(), PACKS);
}

#[test]
fn parameters_that_change_nothing_in_the_chips_write_nothing_to_them() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    // The larger one of charge and discharge stays, and the chips know nothing of voltages.
    world.ask_for(Params {
        i_dis_max: Milliamps::new(9_900),
        v_ov_abs: Millivolts::new(29_900),
        ..Params::default()
    });
    world.bench().bus.start_log();
    world.ticks(40);
    let log = world.bench().bus.take_log();
    let to_sensors = log.iter().filter(|entry| entry.address >= 0x40);
    assert!(to_sensors.clone().count() >= 40 * PACKS);
    assert_eq!(to_sensors.filter(|entry| entry.read.is_empty()).count(), 0);
}

#[test]
fn sensors_that_never_answer_do_not_keep_a_tighter_limit_from_the_others() {
    let mut world = World::before_start(Sensor::Ina237, |rack| {
        for dead in [2, 3, 9] {
            rack.sensor(dead).set_powered(false);
        }
    });
    world.ticks(300);
    assert_eq!(world.closed().len(), 13);
    world.ask_for(tighter(5_000));
    // Every second tick at least belongs to those that answer.
    world.ticks(2 * 13);
    for pack in (0..PACKS).filter(|pack| ![2, 3, 9].contains(pack)) {
        assert_eq!(world.register(pack, ABOVE), AT_5_A, "pack {pack}");
    }
    assert_eq!(world.bench().opened, []);
}

#[test]
fn a_sensor_that_resets_behind_sensors_that_never_answer_gets_its_turn() {
    let mut world = World::before_start(Sensor::Ina237, |rack| {
        for dead in [2, 3, 9] {
            rack.sensor(dead).set_powered(false);
        }
    });
    world.ticks(300);
    let sensor = world.bench().rack.sensor(12);
    sensor.set_powered(false);
    sensor.set_powered(true);
    // Noticed in the first tick, then one for each of the four, and one to measure.
    world.ticks(6);
    assert!(world.is_seen(12));
    assert_eq!(world.bench().opened, []);
}

#[test]
fn a_shorter_tick_shortens_the_averaging_of_every_chip() {
    let averaging_of = |world: &mut World, pack| world.register(pack, 0x01) & 0x7;
    let mut world = World::new(Sensor::Ina237);
    world.ticks(2);
    // 64 averages of 2 × 540 µs do not fit into 50 ms; 16 do.
    assert!((0..PACKS).all(|pack| averaging_of(&mut world, pack) == 3));
    world.ask_for(Params {
        tick_ms: 50,
        ..Params::default()
    });
    world.ticks(PACKS);
    assert!((0..PACKS).all(|pack| averaging_of(&mut world, pack) == 2));
}

#[test]
fn a_sensor_lost_while_it_waited_does_not_keep_a_tighter_limit_from_the_others() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    world.bench().rack.sensor(0).set_powered(false);
    world.ask_for(tighter(5_000));
    world.ticks(2 * PACKS);
    for pack in 1..PACKS {
        assert_eq!(world.register(pack, ABOVE), AT_5_A, "pack {pack}");
    }
    assert_eq!(world.health(0), SensorHealth::Lost);
    // Back with the settings of power-on: it counts as reset and is set up for what is in force now.
    world.bench().rack.sensor(0).set_powered(true);
    world.ticks(4);
    assert_eq!(world.health(0), SensorHealth::Ready);
    assert_eq!(world.register(0, ABOVE), AT_5_A);
}

#[test]
fn a_sensor_that_resets_while_fifteen_others_wait_is_set_up_before_its_pack_is_opened() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    world.ask_for(tighter(5_000));
    let sensor = world.bench().rack.sensor(15);
    sensor.set_powered(false);
    sensor.set_powered(true);
    // Noticed in the first tick, set up in the second or third, measured in the one after.
    world.ticks(4);
    assert_eq!(world.register(15, ABOVE), AT_5_A);
    assert!(world.is_seen(15));
    world.ticks(40);
    assert_eq!(world.bench().opened, []);
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == AT_5_A));
}

#[test]
fn a_sensor_whose_set_up_failed_halfway_is_not_read_before_it_is_set_up() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    world.ask_for(tighter(5_000));
    let failing = FaultPlan::always(
        Target::Register {
            address: 0x43,
            register: 0x02,
        },
        Effect::DataNack(1),
    );
    let bus = world.bench().bus.clone();
    bus.set_faults(failing);
    // Pack 3 has its turn in the fourth tick.
    world.ticks(3);
    assert!(world.is_seen(3));
    world.tick();
    assert_eq!(world.health(3), SensorHealth::Lost);
    for _ in 0..4 {
        bus.start_log();
        world.tick();
        let log = bus.take_log();
        let results = [0x04, 0x05, 0x07];
        let read = log.iter().any(|entry| {
            entry.address == 0x43 && results.contains(&entry.written[0]) && !entry.read.is_empty()
        });
        assert!(!read, "what is in the chip is not known");
        assert_eq!(
            world.last().inputs.packs[3].current.quality,
            Quality::Missing
        );
    }
    bus.set_faults(FaultPlan::new());
    world.ticks(4);
    assert_eq!(world.health(3), SensorHealth::Ready);
    assert!(world.is_seen(3));
    assert_eq!(world.register(3, ABOVE), AT_5_A);
    assert_eq!(world.bench().opened, []);
}

#[test]
fn a_pack_whose_sensor_cannot_be_set_up_any_more_is_opened_as_unknown() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    world.ask_for(tighter(5_000));
    let bus = world.bench().bus.clone();
    // The last register of a set-up: everything before has been written.
    let target = Target::Register {
        address: 0x43,
        register: ABOVE,
    };
    bus.set_faults(FaultPlan::always(target, Effect::WriteLost));
    world.ticks(40);
    let opened = world.bench().opened.clone();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!((opened[0].1, opened[0].2), (Some(3), "stale_data"));
    for pack in (0..PACKS).filter(|&pack| pack != 3) {
        assert_eq!(world.register(pack, ABOVE), AT_5_A, "pack {pack}");
    }
}

#[test]
fn a_pack_is_not_closed_before_its_chip_allows_the_wider_limit() {
    let mut world = World::new(Sensor::Ina237);
    // Nobody has given enough samples to be closed yet.
    world.ticks(2);
    world.ask_for(wider());
    assert_eq!(world.closed(), []);
    for tick in 0..300 {
        world.tick();
        for pack in world.closed() {
            assert_eq!(world.register(pack, ABOVE), AT_30_A, "tick {tick}, {pack}");
        }
    }
    assert_eq!(world.closed().len(), PACKS);
}

#[test]
fn a_pack_closed_in_the_moment_of_a_wider_limit_goes_on_being_seen() {
    // Somebody is closed in that very step: which step that is, the same rack shows beforehand.
    let mut twin = World::new(Sensor::Ina237);
    let mut quiet = 0;
    twin.tick();
    while twin.closed().is_empty() {
        quiet += 1;
        twin.tick();
    }
    let mut world = World::new(Sensor::Ina237);
    world.ticks(quiet);
    world.ask_for(wider());
    let closed = world.closed();
    assert_eq!(closed.len(), 1, "{closed:?}");
    for tick in 0..40 {
        world.tick();
        assert!(world.is_seen(closed[0]), "tick {tick}");
    }
    assert_eq!(world.bench().opened, []);
    assert_eq!(world.register(closed[0], ABOVE), AT_30_A);
}

/// A rack with 9 A a pack, told to carry no more than 3 A a pack.
fn told_to_carry_a_third() -> World {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(300);
    world.carry(9.0);
    world.ticks(30);
    world.ask_for(tighter(3_000));
    world
}

#[test]
fn a_limit_below_the_load_reaches_no_chip_before_the_load_had_its_time() {
    let mut world = told_to_carry_a_third();
    // Three seconds: an alert at 8.4 A would open one pack after the other.
    world.ticks(29);
    assert_eq!(world.bench().opened, []);
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == AT_10_A));
    world.ticks(30);
    assert_eq!(world.closed(), [], "a load that stays opens them after all");
}

#[test]
fn a_load_that_follows_a_much_tighter_limit_in_time_opens_nobody() {
    let mut world = told_to_carry_a_third();
    world.ticks(20);
    world.carry(2.0);
    world.ticks(10 + 1 + PACKS);
    // 3 A: trip at 4.2 A, alert at 8.4 A, 16.8 mV.
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == 3_360));
    world.ticks(40);
    assert_eq!(world.bench().opened, []);
    assert_eq!(world.closed().len(), PACKS);
}

#[test]
fn a_second_tighter_limit_gives_the_load_neither_more_nor_less_time() {
    let mut world = told_to_carry_a_third();
    world.carry(2.0);
    world.ticks(19);
    world.ask_for(tighter(2_900));
    world.ticks(9);
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == AT_10_A));
    world.ticks(2 + PACKS);
    // Trip at 4.06 A, alert at 8.12 A, 16.24 mV.
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == 3_248));
    assert_eq!(world.bench().opened, []);
}

#[test]
fn chips_of_open_packs_get_a_much_tighter_limit_without_a_wait_for_the_load() {
    let mut world = World::new(Sensor::Ina237);
    world.ticks(2);
    world.ask_for(tighter(3_000));
    world.ticks(PACKS);
    assert!((0..PACKS).all(|pack| world.register(pack, ABOVE) == 3_360));
}

#[test]
fn parameters_that_the_sensors_cannot_see_are_refused_with_an_event() {
    for (params, field, limit) in [
        // 81.917 A, of which a trip at 1.4 times the current may reach five sixths.
        (
            Params {
                i_dis_max: Milliamps::new(200_000),
                ..Params::default()
            },
            "i_dis_max_ma",
            48_760,
        ),
        (
            Params {
                r_pre: Milliohms::new(10_000),
                ..Params::default()
            },
            "r_pre_mohm",
            0,
        ),
    ] {
        let mut world = World::new(Sensor::Ina237);
        world.ticks(2);
        world.bench().request = Some(Request::Params(params));
        world.tick();
        assert!(world.node.params_refused().is_some());
        assert_eq!(world.bench().told, [EventKind::ConfigRejected]);
        let events = world.last().decision.events;
        let event = events
            .iter()
            .find(|event| event.kind == EventKind::ConfigRejected)
            .unwrap();
        assert_eq!((event.reason, event.value, event.limit), (None, 1, 0));
        let refused = world.last().inputs.unreadable_params;
        let Some(ConfigError::Invalid(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(error.field, field);
        let allowed = match error.problem {
            Problem::Above { limit, .. } => limit,
            Problem::OutsideRange { max, .. } => max,
            other => panic!("{other:?}"),
        };
        assert_eq!(allowed, limit);
        world.ticks(3);
        assert_eq!(world.bench().told.len(), 1, "told once");
        assert_eq!(world.node.params(), &Params::default());
    }
}
