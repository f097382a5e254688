//! The twin of the TinyBMS protects its cells: status, switches, events, statistics, also behind the electrical model.

#![allow(dead_code, reason = "each test file uses its part of the bench")]

mod tinybms_bench;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use battery_sim::plant::{Charger, Chemistry, Load, PackConfig, Plant, PlantConfig};
use battery_sim::tinybms::PackFeed;
use battery_sim::{TinyBms, TinyBmsConfig, serial, shared};
use tinybms_bench::{Bench, ms};

const FAULT: u8 = 0x9B;
const IDLE: u8 = 0x97;

struct Case {
    id: u8,
    recovered: u8,
    /// Statistics register that counts it, if any does.
    counter: Option<u16>,
    cause: fn(&mut TinyBms),
    mend: fn(&mut TinyBms),
    /// Load switch, charger switch while the fault lasts, with a charger connected.
    switches: (bool, bool),
}

const CASES: [Case; 6] = [
    Case {
        id: 0x03,
        recovered: 0x79,
        counter: Some(106),
        cause: |bms| bms.set_cell(2, 4.2001),
        mend: |bms| bms.set_cell(2, 4.0),
        switches: (false, false),
    },
    Case {
        id: 0x04,
        recovered: 0x73,
        counter: Some(109),
        cause: |bms| bms.set_external_temperature(1, Some(60.1)),
        mend: |bms| bms.set_external_temperature(1, Some(60.0)),
        switches: (false, false),
    },
    Case {
        id: 0x05,
        recovered: 0x77,
        counter: Some(107),
        cause: |bms| bms.set_current(-80.5),
        mend: |bms| bms.set_current(0.0),
        switches: (false, true),
    },
    Case {
        id: 0x06,
        recovered: 0x76,
        counter: Some(108),
        cause: |bms| bms.set_current(20.5),
        mend: |bms| bms.set_current(0.0),
        switches: (true, false),
    },
    Case {
        id: 0x0A,
        recovered: 0x75,
        counter: None,
        cause: |bms| bms.set_internal_temperature(-40.1),
        mend: |bms| bms.set_internal_temperature(20.0),
        switches: (false, false),
    },
    Case {
        id: 0x07,
        recovered: 0x78,
        counter: None,
        cause: |bms| {
            bms.set_charger(false);
            bms.set_current(60.5);
        },
        mend: |bms| bms.set_current(0.0),
        switches: (false, false),
    },
];

#[test]
fn each_fault_opens_its_switches_is_told_counted_and_recovers_after_its_time() {
    for case in CASES {
        let id = case.id;
        let mut bench = Bench::usual();
        bench.bms.set_charger(true);
        bench.bms.tick(ms(200));
        assert_eq!(bench.bms.status(), IDLE);
        assert!(bench.bms.load_switch_on() && bench.bms.charger_switch_on());
        (case.cause)(&mut bench.bms);
        bench.bms.tick(ms(100));
        assert_eq!(bench.bms.status(), FAULT, "{id:02X}");
        let switches = (bench.bms.load_switch_on(), bench.bms.charger_switch_on());
        assert_eq!(switches, case.switches, "{id:02X}");
        assert_eq!(bench.times(id), 1, "{id:02X}");
        if let Some(counter) = case.counter {
            assert_eq!(bench.bms.register(counter), 1, "{id:02X}");
        }
        (case.mend)(&mut bench.bms);
        // Automatic recovery after 5 s, register 332.
        bench.bms.tick(ms(4_900));
        assert_eq!(
            (bench.bms.status(), bench.times(case.recovered)),
            (FAULT, 0),
            "{id:02X}"
        );
        bench.bms.tick(ms(300));
        assert_eq!(
            (bench.bms.status(), bench.times(case.recovered)),
            (IDLE, 1),
            "{id:02X}"
        );
        assert!(bench.bms.load_switch_on());
        assert_eq!(bench.times(id), 1, "{id:02X}");
    }
}

#[test]
fn a_value_at_its_limit_is_no_fault() {
    let at_limits: [fn(&mut TinyBms); 5] = [
        |bms| bms.set_cell(2, 4.2),
        |bms| bms.set_cell(2, 2.9),
        |bms| bms.set_internal_temperature(60.0),
        |bms| bms.set_internal_temperature(-40.0),
        |bms| bms.set_current(-60.0),
    ];
    for set in at_limits {
        let mut bench = Bench::usual();
        set(&mut bench.bms);
        bench.bms.tick(ms(10_000));
        assert_ne!(bench.bms.status(), FAULT);
    }
}

#[test]
fn nothing_recovers_by_itself_when_that_is_switched_off() {
    let mut bench = Bench::usual();
    bench.bms.set_charger(true);
    bench.set(332, 0);
    bench.bms.set_cell(2, 4.3);
    bench.bms.tick(ms(200));
    bench.bms.set_cell(2, 3.7);
    bench.bms.tick(Duration::from_secs(120));
    assert_eq!(bench.bms.status(), FAULT);
    // Clearing the events does not clear the fault; a restart does.
    bench.ask(&[0xAA, 0x02, 1]);
    assert_eq!(bench.bms.status(), FAULT);
    bench.ask(&[0xAA, 0x02, 5]);
    bench.bms.tick(ms(2_200));
    assert_eq!(bench.bms.status(), IDLE);
}

#[test]
fn an_under_voltage_needs_a_charger() {
    let mut bench = Bench::usual();
    bench.bms.set_cell(14, 2.8999);
    bench.bms.tick(ms(100));
    assert_eq!((bench.times(0x02), bench.times(0x31)), (1, 1));
    assert_eq!(bench.bms.register(105), 1);
    bench.bms.set_cell(14, 3.2);
    bench.bms.tick(ms(9_000));
    assert_eq!(bench.bms.status(), FAULT);
    bench.bms.set_charger(true);
    bench.bms.tick(ms(100));
    assert_eq!((bench.bms.status(), bench.times(0x7B)), (IDLE, 1));
}

#[test]
fn a_warning_opens_one_switch_and_has_no_status() {
    let mut bench = Bench::usual();
    bench.bms.set_charger(true);
    bench.bms.set_cell(1, 2.95);
    bench.bms.tick(ms(100));
    assert_eq!(bench.bms.status(), IDLE);
    assert!(!bench.bms.load_switch_on() && bench.bms.charger_switch_on());
    bench.bms.set_cell(1, 3.04);
    bench.bms.tick(ms(100));
    assert!(!bench.bms.load_switch_on());
    bench.bms.set_cell(1, 3.05);
    bench.bms.tick(ms(100));
    assert!(bench.bms.load_switch_on());
    assert_eq!((bench.times(0x31), bench.times(0x7A)), (1, 1));
    bench.bms.set_internal_temperature(0.9);
    bench.bms.tick(ms(100));
    assert!(bench.bms.load_switch_on() && !bench.bms.charger_switch_on());
    bench.bms.set_internal_temperature(1.0);
    bench.bms.tick(ms(100));
    assert!(bench.bms.charger_switch_on());
    assert_eq!((bench.times(0x37), bench.times(0x74)), (1, 1));
}

#[test]
fn an_over_current_may_last_its_timeout_unless_it_is_a_peak() {
    let mut bench = Bench::usual();
    // 5 s, high byte of register 330.
    bench.bms.set_current(-70.0);
    bench.bms.tick(ms(5_000));
    assert_eq!(bench.times(0x05), 0);
    bench.bms.tick(ms(200));
    assert_eq!(bench.times(0x05), 1);
}

#[test]
fn current_past_open_switches_is_a_switch_error_that_stays() {
    for (current, flags, mode, wanted) in [
        (-2.0, 0, 0, Some(0x0C)),
        (2.0, 0, 0, Some(0x0B)),
        (-2.0, 0, 1, Some(0x0D)),
        (-2.0, 2, 0, None),
        (-0.5, 0, 0, None),
    ] {
        let mut bench = Bench::usual();
        bench.bms.set_setting(329, flags);
        bench.bms.set_setting(340, mode);
        bench.bms.set_cell(1, 4.3);
        bench.bms.tick(ms(200));
        bench.bms.set_current(current);
        bench.bms.tick(ms(400));
        for id in [0x0B, 0x0C, 0x0D] {
            assert_eq!(bench.times(id), 0);
        }
        bench.bms.tick(ms(400));
        for id in [0x0B, 0x0C, 0x0D] {
            assert_eq!(
                bench.times(id),
                usize::from(Some(id) == wanted),
                "{current} {id:02X}"
            );
        }
        bench.bms.set_cell(1, 3.7);
        bench.bms.set_current(0.0);
        bench.bms.set_charger(true);
        bench.bms.tick(ms(30_000));
        assert_eq!(bench.bms.status() == FAULT, wanted.is_some());
    }
}

#[test]
fn a_charge_is_told_from_its_start_to_its_end() {
    let mut bench = Bench::usual();
    bench.bms.set_charger(true);
    bench.bms.set_current(10.0);
    bench.bms.tick(ms(100));
    assert_eq!(
        (bench.bms.status(), bench.times(0x64), bench.times(0x62)),
        (0x91, 1, 1)
    );
    bench.bms.set_cell(5, 4.15);
    bench.bms.tick(ms(100));
    assert_eq!(bench.times(0x63), 0);
    bench.bms.set_current(0.9);
    bench.bms.tick(ms(100));
    assert_eq!((bench.bms.status(), bench.times(0x63)), (0x92, 1));
    assert!(!bench.bms.charger_switch_on() && bench.bms.load_switch_on());
    assert_eq!(bench.registers(46, 2), [0xE100, 0x05F5]);
    assert_eq!(bench.registers(111, 2), [1, 1]);
    bench.bms.set_charger(false);
    bench.bms.set_current(0.0);
    bench.bms.tick(ms(200));
    assert_eq!((bench.bms.status(), bench.times(0x65)), (IDLE, 1));
}

#[test]
fn a_full_pack_is_charged_again_below_the_restart_level() {
    let mut bench = Bench::usual();
    bench.bms.set_charger(true);
    bench.bms.set_cell(5, 4.15);
    bench.bms.tick(ms(200));
    assert!(!bench.bms.charger_switch_on());
    bench.bms.set_cell(5, 4.0);
    bench.bms.set_charge(0.91);
    bench.bms.tick(ms(200));
    assert!(!bench.bms.charger_switch_on());
    bench.bms.set_charge(0.89);
    bench.bms.tick(ms(200));
    assert!(bench.bms.charger_switch_on());
}

#[test]
fn an_ignition_input_opens_the_load_switch() {
    let mut bench = Bench::usual();
    bench.bms.set_setting(334, 1);
    bench.bms.tick(ms(100));
    assert!(!bench.bms.load_switch_on());
    bench.bms.set_ignition(true);
    bench.bms.tick(ms(100));
    assert!(bench.bms.load_switch_on());
}

/// A pack of seven NMC cells with 20 Ah on a bus of its own, and a device that watches over it.
fn watched(
    soc: f64,
) -> (
    Rc<RefCell<Plant>>,
    battery_sim::Shared<TinyBms>,
    serial::SimClock,
) {
    let mut pack = PackConfig::new(Chemistry::Nmc);
    pack.soc = soc;
    let plant = Rc::new(RefCell::new(
        Plant::new(PlantConfig::new(vec![pack])).unwrap(),
    ));
    let bms = shared(TinyBms::new(TinyBmsConfig::new(7)));
    bms.borrow_mut().set_setting(306, 2_000);
    let feed = PackFeed::new(0, 7).with_spread(11, 0.010);
    feed.start(&plant.borrow(), &mut bms.borrow_mut());
    let (_, clock) = serial::line(bms.clone());
    let (world, device) = (plant.clone(), bms.clone());
    clock.on_refresh(move |elapsed| {
        let mut plant = world.borrow_mut();
        feed.switch(&mut plant, &device.borrow());
        plant.step(elapsed);
        feed.feed(&plant, &mut device.borrow_mut());
    });
    (plant, bms, clock)
}

#[test]
fn a_pack_of_the_plant_is_protected_from_being_emptied() {
    let (plant, bms, clock) = watched(0.05);
    plant.borrow_mut().set_load(Load::ConstantCurrent(5.0));
    clock.advance(Duration::from_secs(5));
    assert_eq!(bms.borrow().status(), 0x93);
    assert!((plant.borrow().pack(0).current_a + 5.0).abs() < 0.1);
    let before = bms.borrow().charge();
    clock.advance(Duration::from_secs(60));
    // 5 A for a minute out of 20 Ah.
    let used = before - bms.borrow().charge();
    assert!((used - 5.0 * 60.0 / 72_000.0).abs() < 1e-4, "{used}");
    clock.advance(Duration::from_secs(1_800));
    let ids: Vec<u8> = bms.borrow().events().iter().map(|event| event.id).collect();
    assert!(ids.contains(&0x31), "{ids:02X?}");
    assert_eq!(plant.borrow().pack(0).current_a, 0.0);
    assert!(plant.borrow().checks().pass());
}

#[test]
fn a_pack_of_the_plant_is_protected_from_being_overcharged() {
    let (plant, bms, clock) = watched(0.97);
    plant.borrow_mut().set_charger(Some(Charger {
        current_a: 10.0,
        voltage_v: 32.0,
    }));
    clock.advance(Duration::from_secs(3_600));
    let highest = *bms
        .borrow()
        .events()
        .iter()
        .map(|event| &event.id)
        .max()
        .unwrap();
    assert!(highest > 0x61);
    let ids: Vec<u8> = bms.borrow().events().iter().map(|event| event.id).collect();
    assert!(ids.contains(&0x03), "{ids:02X?}");
    let cell = plant.borrow().pack(0).internal_v / 7.0;
    assert!(cell < 4.25, "{cell} V");
}
