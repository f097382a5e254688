//! Electrical faults, wear and bad configurations.

use std::time::Duration;

use battery_sim::plant::{
    Charger, Chemistry, FusePlace, Load, PackConfig, Plant, PlantConfig, PlantError, PlantFault,
    SwitchKind, fleet,
};

const SECOND: Duration = Duration::from_secs(1);

fn two(change: impl Fn(&mut PackConfig)) -> Plant {
    let mut low = PackConfig::from_start(25.0, 0.060, Chemistry::Nmc);
    let mut high = PackConfig::from_start(26.0, 0.060, Chemistry::Nmc);
    change(&mut low);
    change(&mut high);
    Plant::new(PlantConfig::new(vec![low, high])).unwrap()
}

fn near(actual: f64, expected: f64, tolerance: f64) -> bool {
    (actual - expected).abs() <= tolerance
}

#[test]
fn a_stuck_open_switch_stays_open_and_a_stuck_closed_one_closed() {
    let mut plant = two(|_| {});
    plant.inject(0, PlantFault::StuckOpen);
    plant.inject(1, PlantFault::StuckClosed);
    plant.set_switch(0, true);
    plant.step(SECOND);
    assert!(!plant.pack(0).switch_conducts);
    assert!(plant.pack(1).switch_conducts);
    assert!(near(plant.bus_voltage(), 26.0, 0.01));
    plant.repair(0);
    plant.repair(1);
    plant.step(SECOND);
    assert!(plant.pack(0).switch_conducts, "the command still stands");
    assert!(!plant.pack(1).switch_conducts);
}

#[test]
fn a_slow_switch_follows_after_its_time() {
    let mut plant = two(|_| {});
    plant.inject(0, PlantFault::SlowSwitch(0.5));
    plant.set_switch(0, true);
    plant.step(Duration::from_millis(480));
    assert!(!plant.pack(0).switch_conducts);
    plant.step(Duration::from_millis(30));
    assert!(plant.pack(0).switch_conducts);
}

#[test]
fn a_body_diode_conducts_one_way_above_its_voltage() {
    let mut plant = two(|pack| pack.switch.kind = SwitchKind::DiodeDischarge);
    plant.step(SECOND);
    // Only the higher pack can feed the bus through its diode; the bleed takes millivolts.
    assert!(
        near(plant.bus_voltage(), 25.3, 0.01),
        "{}",
        plant.bus_voltage()
    );
    plant.set_load(Load::ConstantCurrent(20.0));
    plant.step(SECOND);
    assert!(plant.pack(0).diode_conducts && plant.pack(1).diode_conducts);
    assert!(plant.pack(0).current_a < -1.0, "the drop lets both in");

    let mut plant = two(|pack| pack.switch.kind = SwitchKind::DiodeCharge);
    plant.set_load(Load::ConstantCurrent(1.0));
    plant.step(SECOND);
    assert!(near(plant.bus_voltage(), 0.0, 1e-6));
    plant.set_load(Load::None);
    plant.set_charger(Some(Charger {
        current_a: 5.0,
        voltage_v: 29.0,
    }));
    plant.step(SECOND);
    assert!(near(plant.pack(0).current_a, 5.0, 0.05));
    assert!(
        plant.pack(1).current_a.abs() < 1e-9,
        "its diode is not reached"
    );
    assert!(plant.checks().pass(), "{:?}", plant.checks());
}

#[test]
fn a_peak_above_the_rating_welds_the_contact() {
    let mut plant = two(|pack| pack.switch.make_rating_a = 300.0);
    plant.set_switch(0, true);
    plant.step(SECOND);
    // 25 V behind 69 mΩ onto an empty capacitor: 362 A.
    assert!(near(plant.last_closing_peak(0), 25.0 / 0.069, 0.1));
    assert!(plant.pack(0).welded);
    plant.set_switch(0, false);
    plant.step(SECOND);
    assert!(plant.pack(0).switch_conducts);
    plant.repair(0);
    plant.step(SECOND);
    assert!(!plant.pack(0).switch_conducts);
}

#[test]
fn without_a_bus_capacitor_the_current_that_stays_is_the_peak_that_welds() {
    let low = PackConfig::from_start(22.0, 0.040, Chemistry::Nmc);
    let mut high = PackConfig::from_start(29.0, 0.040, Chemistry::Nmc);
    high.switch.make_rating_a = 50.0;
    let mut config = PlantConfig::new(vec![low, high]);
    config.bus_capacitance_f = 0.0;
    let mut plant = Plant::new(config).unwrap();
    plant.set_switch(0, true);
    plant.step(SECOND);
    // Nothing but the bleed resistor is there to be fed.
    assert!(near(plant.last_closing_peak(0), 22.0 / 10_000.0, 1e-5));
    plant.set_switch(1, true);
    plant.step(Duration::ZERO);
    assert!(near(plant.last_closing_peak(1), 7.0 / 0.098, 0.1));
    assert!(plant.pack(1).welded && !plant.pack(0).welded);
}

#[test]
fn a_breaking_current_above_the_rating_welds_the_contact() {
    let mut plant = two(|pack| pack.switch.break_rating_a = 60.0);
    plant.set_switch(0, true);
    plant.set_switch(1, true);
    plant.set_load(Load::ConstantCurrent(140.0));
    plant.step(Duration::from_millis(100));
    plant.set_switch(1, false);
    plant.step(Duration::from_millis(100));
    assert!(plant.pack(1).welded);
    assert!(plant.pack(1).last_break_a > 60.0);
    plant.set_load(Load::ConstantCurrent(20.0));
    plant.step(Duration::from_millis(100));
    plant.set_switch(0, false);
    plant.step(Duration::from_millis(100));
    assert!(!plant.pack(0).switch_conducts && !plant.pack(0).welded);
}

#[test]
fn a_fuse_melts_after_its_surplus_and_not_at_its_rating() {
    let mut plant = two(|pack| pack.fuse.rating_a = 30.0);
    plant.set_switch(0, true);
    plant.set_load(Load::ConstantCurrent(29.0));
    plant.step(SECOND * 60);
    assert!(!plant.pack(0).fuse_blown);
    plant.set_load(Load::ConstantCurrent(100.0));
    // 100² - 30² = 9100 A² melt 5000 A²s in 0.549 s.
    plant.step(Duration::from_millis(530));
    assert!(!plant.pack(0).fuse_blown);
    plant.step(Duration::from_millis(40));
    assert!(plant.pack(0).fuse_blown);
    assert_eq!(plant.pack(0).current_a, 0.0);
}

#[test]
fn a_short_melts_fuses_until_they_are_replaced() {
    let mut plant = two(|_| {});
    plant.set_switch(0, true);
    plant.set_switch(1, true);
    plant.step(SECOND);
    plant.set_bus_short(Some(0.005));
    plant.step(Duration::ZERO);
    assert!(plant.pack(0).current_a < -250.0);
    plant.step(SECOND);
    assert!(plant.pack(0).fuse_blown && plant.pack(1).fuse_blown);
    assert!(plant.bus_voltage() < 0.01);
    plant.set_bus_short(None);
    plant.replace_destroyed(0);
    plant.replace_destroyed(1);
    plant.step(SECOND);
    assert!(plant.bus_voltage() > 24.0);
    assert!(plant.checks().pass(), "{:?}", plant.checks());
}

#[test]
fn a_blown_fuse_before_the_tap_lets_it_follow_the_bus_and_behind_it_shows_the_pack() {
    let look = |place: FusePlace, closed: bool| {
        let mut plant = two(|pack| pack.fuse.place = place);
        plant.set_switch(0, closed);
        plant.set_switch(1, true);
        plant.inject(0, PlantFault::BlownFuse);
        plant.step(SECOND);
        assert_eq!(plant.pack(0).current_a, 0.0);
        plant.pack(0).terminal_v
    };
    assert!(near(look(FusePlace::BeforeTap, true), 26.0, 0.01));
    assert_eq!(look(FusePlace::BeforeTap, false), 0.0);
    assert!(near(look(FusePlace::BehindTap, true), 25.0, 1e-9));
    assert!(near(look(FusePlace::BehindTap, false), 25.0, 1e-9));
}

#[test]
fn a_cell_short_takes_one_cell_away() {
    let mut plant = two(|_| {});
    let before = plant.pack(0).ocv_v;
    plant.inject(0, PlantFault::CellShort);
    plant.step(SECOND);
    assert!(near(plant.pack(0).ocv_v, before * 6.0 / 7.0, 1e-9));
    plant.repair(0);
    plant.step(SECOND);
    assert!(near(plant.pack(0).ocv_v, before, 1e-9));
    assert!(plant.checks().pass(), "{:?}", plant.checks());
}

#[test]
fn an_extra_source_lifts_an_open_terminal_and_discharges_a_closed_one() {
    let mut plant = two(|_| {});
    plant.inject(0, PlantFault::OverVoltage(6.0));
    plant.step(SECOND);
    assert!(near(plant.pack(0).terminal_v, 31.0, 1e-9));
    plant.set_switch(0, true);
    plant.set_switch(1, true);
    plant.step(SECOND * 5);
    assert!(plant.pack(0).current_a < -30.0);
    assert!(plant.account().absorbed_j < -900.0, "the source gives");
    assert!(plant.checks().pass(), "{:?}", plant.checks());
}

#[test]
fn a_hot_pack_stays_hot_until_it_is_repaired() {
    let mut plant = two(|_| {});
    let before = plant.pack(0).path_ohm;
    plant.inject(0, PlantFault::HotPack(70.0));
    plant.step(SECOND * 600);
    assert!(near(plant.pack(0).temperature_c, 70.0, 0.1));
    assert!(plant.pack(0).path_ohm < 0.6 * before);
    plant.repair(0);
    plant.step(SECOND);
    assert!(near(plant.pack(0).path_ohm, before, 1e-6));
}

#[test]
fn a_loose_terminal_adds_its_resistance_to_the_path() {
    let mut plant = two(|_| {});
    plant.set_switch(0, true);
    plant.set_load(Load::ConstantCurrent(5.0));
    plant.step(SECOND);
    let before = plant.pack(0).terminal_v;
    plant.inject(0, PlantFault::ResistanceJump(0.030));
    plant.step(Duration::ZERO);
    assert!(near(plant.pack(0).path_ohm, 0.090, 1e-4));
    assert!(near(plant.pack(0).terminal_v, before - 0.150, 0.002));
}

#[test]
fn sense_faults_change_what_is_measured_and_not_what_is() {
    let mut plant = two(|_| {});
    plant.inject(0, PlantFault::BrokenSenseWire);
    plant.inject(1, PlantFault::SenseShift(5.0));
    plant.step(SECOND);
    assert_eq!(plant.pack(0).sensed_v, 0.0);
    assert!(near(plant.pack(0).terminal_v, 25.0, 1e-9));
    assert!(near(plant.pack(1).sensed_v, 31.0, 1e-9));
    assert!(near(plant.pack(1).terminal_v, 26.0, 1e-9));
}

#[test]
fn no_sequence_of_faults_and_loads_breaks_the_laws_of_the_node() {
    use battery_sim::plant::Random;
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut packs = fleet(seed, 5, Chemistry::ALL[seed as usize % 4]);
        for pack in &mut packs {
            pack.switch.kind = [
                SwitchKind::Bidirectional,
                SwitchKind::DiodeCharge,
                SwitchKind::DiodeDischarge,
            ][random.bits() as usize % 3];
            pack.switch.operate_s = random.between(0.0, 0.05);
            pack.switch.precharge_ohm = Some(20.0);
        }
        let mut config = PlantConfig::new(packs);
        config.bus_capacitance_f = [0.0, 0.001, 0.020][random.bits() as usize % 3];
        let mut plant = Plant::new(config).unwrap();
        for _ in 0..200 {
            let pack = random.bits() as usize % 5;
            match random.bits() % 12 {
                0 => plant.inject(pack, PlantFault::StuckClosed),
                1 => plant.inject(pack, PlantFault::StuckOpen),
                2 => plant.inject(pack, PlantFault::CellShort),
                3 => plant.inject(pack, PlantFault::OverVoltage(4.0)),
                4 => plant.inject(pack, PlantFault::ResistanceJump(random.between(0.0, 0.1))),
                5 => plant.repair(pack),
                6 => plant.set_load(Load::ConstantPower(random.between(-1_000.0, 9_000.0))),
                7 => plant.set_load(Load::ConstantCurrent(random.between(-30.0, 120.0))),
                8 => plant.set_bus_short((random.bits().is_multiple_of(2)).then_some(0.01)),
                9 => plant.set_precharge(pack, random.bits().is_multiple_of(2)),
                10 => plant.set_charger((random.bits().is_multiple_of(2)).then_some(Charger {
                    current_a: random.between(0.0, 50.0),
                    voltage_v: random.between(20.0, 32.0),
                })),
                _ => plant.set_switch(pack, random.bits().is_multiple_of(2)),
            }
            plant.step(Duration::from_micros(random.bits() % 300_000));
            assert!(
                (-0.001..=60.001).contains(&plant.bus_voltage()),
                "seed {seed}"
            );
        }
        let checks = plant.checks();
        assert!(
            checks.pass(),
            "seed {seed}: {checks:?} {:?}",
            plant.account()
        );
    }
}

#[test]
fn a_value_outside_its_range_is_named() {
    let refuse = |change: fn(&mut PlantConfig)| {
        let mut config = PlantConfig::new(vec![PackConfig::new(Chemistry::Nmc); 2]);
        change(&mut config);
        Plant::new(config).unwrap_err()
    };
    let error = refuse(|config| config.packs[1].soc = 1.5);
    assert_eq!(error.to_string(), "pack 1: soc is out of range: 1.5");
    let error = refuse(|config| config.step_s = f64::NAN);
    assert_eq!(error.to_string(), "step_s is out of range: NaN");
    let error = refuse(|config| config.packs[0].ocv_table = Some(vec![3.0, 3.0]));
    assert_eq!(error, PlantError::OcvTable { pack: 0 });
}
