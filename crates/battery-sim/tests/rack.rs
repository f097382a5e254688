//! The rack as its controller meets it: bytes on the bus, time, the watchdog and the faults of the page.

use std::time::Duration;

use battery_sim::plant::{Chemistry, Load, PackConfig, Plant, PlantConfig, fleet};
use battery_sim::rack::{
    PackWiring, Rack, RackConfig, RackError, RackFault, SensorBounds, SensorError, SensorKind,
};
use battery_sim::{BusError, Effect, FaultPlan, SimBus, Target};
use embedded_hal::i2c::I2c;

const MILLISECOND: Duration = Duration::from_millis(1);
const EXPANDER: u8 = 0x20;
const SENSOR: u8 = 0x40;
const BUS_VOLTAGE: u8 = 0x05;
const SHUNT_VOLTAGE: u8 = 0x04;

/// Packs that rest at these voltages behind 60 mΩ, with sensors that measure exactly.
fn exact(volts: &[f64]) -> RackConfig {
    let packs = volts
        .iter()
        .map(|&volts| PackConfig::from_start(volts, 0.060, Chemistry::Nmc))
        .collect();
    let mut config = RackConfig::new(packs);
    config.errors = SensorBounds::EXACT;
    config
}

fn rack(volts: &[f64]) -> Rack {
    Rack::new(exact(volts)).unwrap()
}

/// Writes the switch port of an expander; bit 3 is the first of its packs.
fn order(bus: &mut SimBus, address: u8, port: u8) -> Result<(), BusError> {
    bus.write(address, &[0x02, port, 0x00])?;
    bus.write(address, &[0x06, 0xF0, 0x00])
}

fn word(bus: &mut SimBus, address: u8, register: u8) -> u16 {
    let mut raw = [0; 2];
    bus.write_read(address, &[register], &mut raw).unwrap();
    u16::from_be_bytes(raw)
}

fn conducts(rack: &Rack) -> Vec<bool> {
    rack.plant(|plant| {
        (0..plant.len())
            .map(|pack| plant.pack(pack).switch_conducts)
            .collect()
    })
}

fn near(actual: f64, expected: f64, tolerance: f64) -> bool {
    (actual - expected).abs() <= tolerance
}

#[test]
fn a_fresh_rack_has_all_switches_open_and_a_dead_bus() {
    let rack = Rack::new(RackConfig::new(fleet(3, 32, Chemistry::Nmc))).unwrap();
    rack.advance(Duration::from_millis(500));
    assert_eq!(conducts(&rack), [false; 32]);
    assert_eq!(rack.plant(Plant::bus_voltage), 0.0);
    for number in 0..8 {
        assert_eq!(rack.expander(number).borrow().directions(), 0xFFFF);
    }
}

#[test]
fn each_channel_of_the_standard_board_closes_its_own_pack() {
    for pack in 0..32_usize {
        let rack = Rack::new(RackConfig::new(fleet(3, 32, Chemistry::Lfp))).unwrap();
        let mut bus = rack.bus(pack / 16).unwrap();
        // Battery 1 of a board is P03, battery 4 is P00.
        let port = [0b1000, 0b0100, 0b0010, 0b0001][pack % 4];
        let address = [0x20, 0x21, 0x22, 0x23][pack % 16 / 4];
        order(&mut bus, address, port).unwrap();
        let closed = conducts(&rack);
        for (other, closed) in closed.into_iter().enumerate() {
            assert_eq!(closed, other == pack, "{other} while {pack} is ordered");
        }
        assert_eq!(rack.expander_of(pack), pack / 4);
    }
}

#[test]
fn a_transfer_costs_its_time_on_the_wire() {
    let mut config = exact(&[26.0]);
    for (hertz, microseconds) in [(100_000, 480), (400_000, 120)] {
        config.bus_hz = hertz;
        let rack = Rack::new(config.clone()).unwrap();
        let mut bus = rack.bus(0).unwrap();
        // Two address bytes, register, two data bytes at nine bits, two starts, a stop: 48 bits.
        word(&mut bus, SENSOR, BUS_VOLTAGE);
        assert_eq!(rack.now().as_micros(), microseconds);
        rack.advance_to(Duration::from_millis(100));
        assert_eq!(rack.now(), Duration::from_millis(100));
        rack.advance_to(Duration::from_millis(50));
        assert_eq!(rack.now(), Duration::from_millis(100));
        assert!(rack.plant(Plant::elapsed) >= Duration::from_millis(90));
    }
}

#[test]
fn sensors_show_terminal_voltage_and_current_with_the_sign_of_their_wiring() {
    let mut config = exact(&[26.0, 26.0]);
    config.packs[1].reversed = true;
    let rack = Rack::new(config).unwrap();
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0b1100).unwrap();
    rack.plant_mut(|plant| plant.set_load(Load::ConstantCurrent(10.0)));
    rack.advance(Duration::from_millis(300));
    for pack in 0..2 {
        let truth = rack.plant(|plant| plant.pack(pack));
        assert!(near(truth.current_a, -5.0, 0.01));
        let address = SENSOR + pack as u8;
        let volts = f64::from(word(&mut bus, address, BUS_VOLTAGE)) * 3.125e-3;
        assert!(near(volts, truth.terminal_v, 0.003), "{volts} {truth:?}");
        let shunt = f64::from(word(&mut bus, address, SHUNT_VOLTAGE).cast_signed()) * 5e-6;
        // 5 A through 2 mΩ, out of the pack.
        let expected = if pack == 0 { -0.010 } else { 0.010 };
        assert!(near(shunt, expected, 30e-6), "{shunt}");
    }
}

#[test]
fn two_sensors_never_differ_by_more_than_20_mv_on_the_same_voltage() {
    for seed in 0..20 {
        let packs = vec![PackConfig::from_start(29.4, 0.060, Chemistry::Nmc); 16];
        let mut plant = PlantConfig::new(packs);
        plant.seed = seed;
        let rack = Rack::new(RackConfig::with_plant(plant)).unwrap();
        let mut bus = rack.bus(0).unwrap();
        // A single conversion of 50 µs without averaging: nothing smooths the noise.
        for pack in 0..16 {
            bus.write(SENSOR + pack, &[0x01, 0xB0, 0x00]).unwrap();
        }
        let mut lowest = u16::MAX;
        let mut highest = 0;
        for _ in 0..20 {
            rack.advance(Duration::from_millis(10));
            for pack in 0..16 {
                let counts = word(&mut bus, SENSOR + pack, BUS_VOLTAGE);
                lowest = lowest.min(counts);
                highest = highest.max(counts);
            }
        }
        let spread = f64::from(highest - lowest) * 3.125e-3;
        assert!(spread <= 0.020, "seed {seed}: {spread} V");
        assert!(spread > 0.003, "seed {seed}: the sensors have no errors");
        let (low, high) = (f64::from(lowest) * 3.125e-3, f64::from(highest) * 3.125e-3);
        assert!(low > 29.38 && high < 29.42, "seed {seed}: {low} to {high}");
    }
}

#[test]
fn the_watchdog_opens_all_switches_two_seconds_after_the_last_feed() {
    let rack = rack(&[26.0, 26.1]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0b1100).unwrap();
    rack.advance_to(Duration::from_secs(1));
    rack.feed_watchdog();
    rack.advance_to(Duration::from_secs(3) - MILLISECOND);
    assert_eq!(conducts(&rack), [true, true]);
    assert!(!rack.watchdog_tripped());
    rack.advance(MILLISECOND);
    assert_eq!(conducts(&rack), [false, false]);
    assert!(rack.watchdog_tripped());
    assert!(
        rack.expander(0).borrow().driven_high(3),
        "the expander does not know"
    );
    rack.feed_watchdog();
    assert_eq!(conducts(&rack), [true, true]);
}

#[test]
fn a_watchdog_trips_inside_a_long_wait_at_its_own_moment() {
    let mut config = exact(&[26.0]);
    config.watchdog = Duration::from_millis(703);
    let rack = Rack::new(config).unwrap();
    order(&mut rack.bus(0).unwrap(), EXPANDER, 0b1000).unwrap();
    rack.plant_mut(|plant| plant.set_load(Load::ConstantCurrent(7.2)));
    rack.advance(Duration::from_secs(100));
    // Closed after two transfers of 0.38 ms; 26 mC are in the capacitor, the bleed resistor took 2 mC. A millisecond more
    // or less would be 7 mC.
    let ampere_seconds = rack.plant(|plant| plant.pack(0).discharged_ah) * 3_600.0;
    let expected = 7.2 * (0.703 - 0.000_76) + 0.026 + 0.002;
    assert!(
        near(ampere_seconds, expected, 0.003),
        "{ampere_seconds} instead of {expected}"
    );
}

#[test]
fn behind_a_dead_bus_the_outputs_stay_until_the_watchdog() {
    let rack = rack(&[26.0]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0b1000).unwrap();
    rack.feed_watchdog();
    let start = rack.now();
    rack.set_fault_plan(0, FaultPlan::hung());
    let mut refused = 0;
    while rack.now() < start + Duration::from_millis(1_980) {
        assert_eq!(order(&mut bus, EXPANDER, 0), Err(BusError::Hung));
        assert_eq!(conducts(&rack), [true]);
        refused += 1;
    }
    assert!(refused > 100, "each try costs its hang time");
    rack.advance_to(start + Duration::from_secs(2));
    assert_eq!(conducts(&rack), [false]);
    rack.set_fault_plan(0, FaultPlan::new());
    assert_eq!(order(&mut bus, EXPANDER, 0), Ok(()));
}

#[test]
fn an_expander_without_power_opens_and_forgets() {
    let rack = rack(&[26.0]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0b1000).unwrap();
    assert_eq!(conducts(&rack), [true]);
    use battery_sim::Chip;
    rack.expander(0).borrow_mut().set_powered(false);
    assert_eq!(conducts(&rack), [false]);
    assert_eq!(order(&mut bus, EXPANDER, 0), Err(BusError::AddressNack));
    rack.expander(0).borrow_mut().set_powered(true);
    assert_eq!(conducts(&rack), [false]);
    rack.set_power(false);
    let mut raw = [0; 2];
    let answer = bus.write_read(SENSOR, &[BUS_VOLTAGE], &mut raw);
    assert_eq!(answer, Err(BusError::AddressNack));
    rack.set_power(true);
    assert_eq!(word(&mut bus, SENSOR, 0x3E), 0x5449);
}

#[test]
fn a_lost_write_is_acknowledged_and_changes_nothing_until_repaired() {
    let rack = rack(&[26.0; 8]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, 0x20, 0b1000).unwrap();
    order(&mut bus, 0x21, 0b1000).unwrap();
    rack.inject(1, RackFault::LostWrite);
    assert_eq!(order(&mut bus, 0x20, 0b0000), Ok(()));
    assert_eq!(order(&mut bus, 0x21, 0b0100), Ok(()));
    let closed = conducts(&rack);
    assert!(closed[0], "the OFF was lost");
    assert!(!closed[4] && closed[5], "the other expander obeys");
    let mut port = [0];
    bus.write_read(0x20, &[0x02], &mut port).unwrap();
    assert_eq!(port, [0b1000], "the read-back shows it");
    rack.repair(1);
    order(&mut bus, 0x20, 0b0000).unwrap();
    assert!(!conducts(&rack)[0]);
}

#[test]
fn a_plan_from_outside_goes_on_beside_a_lost_write() {
    let rack = rack(&[26.0; 4]);
    let mut bus = rack.bus(0).unwrap();
    rack.set_fault_plan(
        0,
        FaultPlan::always(Target::Address(SENSOR), Effect::AddressNack),
    );
    rack.inject(0, RackFault::LostWrite);
    let mut raw = [0; 2];
    let answer = bus.write_read(SENSOR, &[BUS_VOLTAGE], &mut raw);
    assert_eq!(answer, Err(BusError::AddressNack));
    order(&mut bus, EXPANDER, 0b1111).unwrap();
    rack.repair(0);
    let answer = bus.write_read(SENSOR, &[BUS_VOLTAGE], &mut raw);
    assert_eq!(answer, Err(BusError::AddressNack));
}

#[test]
fn an_over_voltage_reads_above_30_v_within_a_second_open_or_closed() {
    for closed in [false, true] {
        for chemistry in Chemistry::ALL {
            let mut config = RackConfig::new(fleet(9, 4, chemistry));
            config.errors = SensorBounds::default();
            let rack = Rack::new(config).unwrap();
            let mut bus = rack.bus(0).unwrap();
            order(&mut bus, EXPANDER, if closed { 0b1100 } else { 0 }).unwrap();
            rack.advance(Duration::from_millis(500));
            rack.feed_watchdog();
            rack.inject(0, RackFault::OverVoltage);
            rack.advance(Duration::from_millis(999));
            let volts = |bus: &mut SimBus, address| f64::from(word(bus, address, 5)) * 3.125e-3;
            let shown = volts(&mut bus, SENSOR);
            // LTO has the highest absolute limit, 30.8 V.
            assert!(shown > 30.8 && shown < 32.0, "{chemistry:?}: {shown}");
            assert!(volts(&mut bus, SENSOR + 1) < 29.5);
            rack.repair(0);
            rack.advance(Duration::from_millis(200));
            assert!(volts(&mut bus, SENSOR) < 29.5);
        }
    }
}

#[test]
fn a_dead_sensor_is_silent_and_comes_back_unconfigured() {
    let rack = rack(&[26.0]);
    let mut bus = rack.bus(0).unwrap();
    bus.write(SENSOR, &[0x01, 0xB9, 0x03]).unwrap();
    rack.inject(0, RackFault::DeadSensor);
    let mut raw = [0; 2];
    let answer = bus.write_read(SENSOR, &[BUS_VOLTAGE], &mut raw);
    assert_eq!(answer, Err(BusError::AddressNack));
    rack.repair(0);
    assert_eq!(word(&mut bus, SENSOR, 0x01), 0xFB68);
    rack.advance(Duration::from_millis(100));
    assert_eq!(
        word(&mut bus, SENSOR, BUS_VOLTAGE),
        8_320,
        "26 V / 3.125 mV"
    );
}

#[test]
fn a_stuck_switch_conducts_although_it_is_ordered_open() {
    let rack = rack(&[26.0]);
    rack.inject(0, RackFault::StuckSwitch);
    rack.plant_mut(|plant| plant.set_load(Load::ConstantCurrent(5.0)));
    rack.advance(Duration::from_secs(5));
    assert!(rack.watchdog_tripped(), "even the watchdog cannot open it");
    assert_eq!(conducts(&rack), [true]);
    let shunt = word(&mut rack.bus(0).unwrap(), SENSOR, SHUNT_VOLTAGE).cast_signed();
    // 5 A through 2 mΩ are 2000 counts; the bleed resistor adds one.
    assert!((-2_003..=-1_998).contains(&shunt), "{shunt}");
    rack.repair(0);
    assert_eq!(conducts(&rack), [false]);
}

#[test]
fn a_short_pulls_the_bus_down_until_any_pack_is_repaired() {
    let rack = rack(&[26.0, 26.0]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0b1100).unwrap();
    rack.inject(0, RackFault::Short);
    let volts = || rack.plant(Plant::bus_voltage);
    // Two times 69 mΩ in parallel against 20 mΩ.
    assert!(near(volts(), 26.0 * 0.020 / (0.020 + 0.069 / 2.0), 0.01));
    rack.advance(Duration::from_secs(1));
    assert!(rack.plant(|plant| plant.pack(1).fuse_blown));
    rack.repair(0);
    rack.advance(MILLISECOND);
    assert!(volts() > 25.0);
    assert!(!rack.plant(|plant| plant.pack(1).fuse_blown));
}

#[test]
fn an_alert_of_the_sensor_pulls_its_expander_pin_low() {
    let rack = rack(&[26.0, 26.0]);
    let mut bus = rack.bus(0).unwrap();
    order(&mut bus, EXPANDER, 0).unwrap();
    rack.advance(Duration::from_millis(100));
    let mut port = [0];
    bus.write_read(EXPANDER, &[0x00], &mut port).unwrap();
    // Two sensors: P07 and P06 are quiet; P05 and P04 belong to nobody and float.
    assert_eq!(port[0] & 0b1100_0000, 0b1100_0000);
    assert!(!rack.expander(0).borrow().int_asserted());
    // BOVL at 25 V on the sensor of pack 1.
    bus.write(SENSOR + 1, &[0x0E, 0x1F, 0x40]).unwrap();
    rack.advance(Duration::from_millis(100));
    assert!(rack.expander(0).borrow().int_asserted());
    bus.write_read(EXPANDER, &[0x00], &mut port).unwrap();
    assert_eq!(port[0] & 0b1100_0000, 0b1000_0000);
}

#[test]
fn leds_shine_as_their_pins_say() {
    let rack = rack(&[26.0, 26.0]);
    let mut bus = rack.bus(0).unwrap();
    assert_eq!(rack.leds(1), (false, false));
    // P10 is red of battery 1, P13 green of battery 2.
    bus.write(EXPANDER, &[0x02, 0x00, 0b0000_1001]).unwrap();
    bus.write(EXPANDER, &[0x06, 0xF0, 0x00]).unwrap();
    assert_eq!(rack.leds(0), (true, false));
    assert_eq!(rack.leds(1), (false, true));
}

#[test]
fn swapped_wires_show_the_other_pack() {
    let rack = rack(&[25.0, 27.0]);
    rack.swap_sensors(0, 1);
    rack.advance(Duration::from_millis(100));
    let mut bus = rack.bus(0).unwrap();
    assert_eq!(word(&mut bus, SENSOR, BUS_VOLTAGE), 8_640, "27 V");
    assert_eq!(word(&mut bus, SENSOR + 1, BUS_VOLTAGE), 8_000, "25 V");
}

#[test]
fn a_sensor_may_be_made_worse_than_it_should_be() {
    let rack = rack(&[25.0]);
    rack.set_sensor_error(
        0,
        SensorError {
            voltage_offset_v: 0.5,
            current_offset_a: 1.0,
            ..SensorError::default()
        },
    );
    rack.advance(Duration::from_millis(100));
    let mut bus = rack.bus(0).unwrap();
    assert_eq!(word(&mut bus, SENSOR, BUS_VOLTAGE), 8_160, "25.5 V");
    assert_eq!(word(&mut bus, SENSOR, SHUNT_VOLTAGE), 400, "1 A");
}

#[test]
fn an_ina226_rack_works_the_same_way() {
    let mut config = exact(&[25.0]);
    config.packs[0].sensor = SensorKind::Ina226;
    let rack = Rack::new(config).unwrap();
    rack.advance(Duration::from_millis(100));
    let mut bus = rack.bus(0).unwrap();
    assert_eq!(word(&mut bus, SENSOR, 0x02), 20_000, "25 V / 1.25 mV");
    assert_eq!(rack.sensor(0).register(0x02), Some(20_000));
}

#[test]
fn equal_seeds_give_equal_readings_and_looking_on_changes_none() {
    let run = |seed, look: bool| {
        let mut plant = PlantConfig::new(fleet(4, 4, Chemistry::Nmc));
        plant.seed = seed;
        let rack = Rack::new(RackConfig::with_plant(plant)).unwrap();
        let mut bus = rack.bus(0).unwrap();
        let mut words = Vec::new();
        for round in 0..40_u32 {
            order(&mut bus, EXPANDER, (round % 16) as u8).unwrap();
            rack.feed_watchdog();
            for pack in 0..4 {
                words.push(word(&mut bus, SENSOR + pack, BUS_VOLTAGE));
                words.push(word(&mut bus, SENSOR + pack, SHUNT_VOLTAGE));
                if look {
                    conducts(&rack);
                }
            }
            rack.advance(Duration::from_micros(33_333));
        }
        let truth = rack.plant(|plant| plant.pack(2).soc.to_bits());
        (words, truth)
    };
    assert_eq!(run(1, false), run(1, true));
    assert_ne!(run(1, false), run(2, false));
}

#[test]
fn a_rack_whose_handles_are_gone_is_freed() {
    let rack = rack(&[26.0]);
    let sensor = rack.sensor(0);
    let bus = rack.bus(0).unwrap();
    drop(rack);
    drop(bus);
    let battery_sim::rack::Sensor::Ina237(chip) = sensor else {
        panic!("the standard board carries an INA237");
    };
    assert_eq!(std::rc::Rc::strong_count(&chip), 1);
}

#[test]
fn a_wrong_wiring_is_named() {
    let refuse = |change: fn(&mut RackConfig)| {
        let mut config = exact(&[26.0, 26.0]);
        change(&mut config);
        Rack::new(config).unwrap_err()
    };
    let wiring = |field| RackError::Wiring { pack: 1, field };
    let error = refuse(|config| config.packs[1].sensor_address = SENSOR);
    assert_eq!(error, wiring("sensor_address"));
    let error = refuse(|config| config.packs[1].expander_address = 0x28);
    assert_eq!(error, wiring("expander_address"));
    let error = refuse(|config| config.packs[1].switch_pin = 3);
    assert_eq!(error, wiring("pin"));
    let error = refuse(|config| config.packs[1].alert_pin = Some(2));
    assert_eq!(error, wiring("pin"));
    let error = refuse(|config| config.packs[1].shunt_uohm = 0);
    assert_eq!(error, wiring("shunt_uohm"));
    let error = refuse(|config| config.watchdog = Duration::from_millis(2_001));
    assert!(matches!(error, RackError::Watchdog(_)));
    let error = refuse(|config| config.packs.push(PackWiring::standard(2)));
    assert_eq!(error.to_string(), "3 wirings for 2 packs");
    let error = refuse(|config| config.plant.packs[0].soc = -1.0);
    assert_eq!(error.to_string(), "pack 0: soc is out of range: -1");
}
