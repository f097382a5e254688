//! Two drivers of other people on the twins: `ina226` 0.3 and the PCA9555 of `port-expander` 0.6.
//!
//! A twin and a driver of one workspace could share a mistake. These two drivers were written from the same data sheets
//! by people who know nothing of this workspace, so what they read here is a second opinion on the twins.

use core::time::Duration;

use battery_sim::{BusError, Chip, Ina226, Level, Shared, SimBus, Tca9555, Variant, shared};
use embedded_hal::digital::{OutputPin, StatefulOutputPin};
use foreign_ina226::{AVG, Config, DEFAULT_ADDRESS, INA226, MODE, MaskEnableFlags, VBUSCT, VSHCT};
use port_expander::{Pca9555, read_multiple, write_multiple};

const BUS_HZ: u32 = 400_000;
const EXPANDER: u8 = 0x20;
/// Longer than the power-up cycle of 2.2 ms.
const A_CYCLE: Duration = Duration::from_millis(10);

const SHUNT_OHMS: f64 = 0.002;
/// A count of the Current register is a milliampere then.
const MAX_AMPS: f64 = 32.768;

/// A sensor with these volts at VBUS and across the shunt, its first result taken, and the foreign driver for it.
fn sensor(bus_volts: f64, shunt_volts: f64) -> (SimBus, Shared<Ina226>, INA226<SimBus>) {
    let chip = shared(Ina226::new());
    chip.borrow_mut().set_bus_voltage(bus_volts);
    chip.borrow_mut().set_shunt_voltage(shunt_volts);
    let bus = SimBus::new(BUS_HZ);
    bus.place(DEFAULT_ADDRESS, chip.clone());
    bus.tick(A_CYCLE);
    (bus.clone(), chip, INA226::new(bus, DEFAULT_ADDRESS))
}

fn expander() -> (SimBus, Shared<Tca9555>) {
    let chip = shared(Tca9555::new(Variant::Pca9555));
    let bus = SimBus::new(BUS_HZ);
    bus.place(EXPANDER, chip.clone());
    (bus, chip)
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9
}

#[test]
fn the_sensor_tells_its_identity_and_a_clone_tells_another() {
    let (_bus, chip, mut driver) = sensor(0.0, 0.0);
    assert_eq!(driver.manufacturer_id(), Ok(0x5449));
    assert_eq!(driver.die_id(), Ok(0x2260));
    chip.borrow_mut().set_identity(0x190F, 0x0000);
    assert_eq!(driver.manufacturer_id(), Ok(0x190F));
    assert_eq!(driver.die_id(), Ok(0x0000));
}

#[test]
fn the_sensor_starts_as_the_data_sheet_says() {
    let (_bus, _chip, mut driver) = sensor(0.0, 0.0);
    assert_eq!(driver.configuration_raw(), Ok(0x4127));
    assert_eq!(
        driver.configuration(),
        Ok(Some(Config {
            avg: AVG::_1,
            vbusct: VBUSCT::_1100us,
            vshct: VSHCT::_1100us,
            mode: MODE::ShuntBusVoltageContinuous,
        }))
    );
    assert_eq!(driver.callibration(), Ok(0));
    assert_eq!(driver.alert_limit(), Ok(0));
}

#[test]
fn a_configuration_is_kept_and_its_times_are_those_of_the_converter() {
    let (bus, chip, mut driver) = sensor(12.0, 0.0);
    let once = Config {
        avg: AVG::_16,
        vbusct: VBUSCT::_588us,
        vshct: VSHCT::_1100us,
        mode: MODE::ShuntBusVoltageTriggered,
    };
    driver.set_configuration(&once).unwrap();
    assert_eq!(chip.borrow().register(0x00), Some(0x44E3));
    assert_eq!(driver.configuration(), Ok(Some(once)));
    // 16 times 588 and 1100 microseconds are 27.0 ms.
    bus.tick(Duration::from_millis(26));
    let early = driver.mask_enable().unwrap();
    assert!(!early.contains(MaskEnableFlags::CVRF));
    bus.tick(Duration::from_millis(2));
    let due = driver.mask_enable().unwrap();
    assert!(due.contains(MaskEnableFlags::CVRF));
    let taken = driver.mask_enable().unwrap();
    assert!(!taken.contains(MaskEnableFlags::CVRF));
    // A single measurement: nothing new comes however long one waits.
    bus.tick(Duration::from_secs(1));
    let idle = driver.mask_enable().unwrap();
    assert!(!idle.contains(MaskEnableFlags::CVRF));
}

#[test]
fn the_sensor_reads_the_volts_amperes_and_watts_it_was_given() {
    // Twelve volts, and 20 mV across 2 milliohms.
    let (bus, chip, mut driver) = sensor(12.0, 0.020);
    driver.callibrate(SHUNT_OHMS, MAX_AMPS).unwrap();
    assert_eq!(chip.borrow().register(0x05), Some(2_560));
    bus.tick(A_CYCLE);
    assert!(near(driver.bus_voltage_millivolts().unwrap(), 12_000.0));
    assert!(near(driver.shunt_voltage_microvolts().unwrap(), 20_000.0));
    assert!(near(driver.current_amps().unwrap().unwrap(), 10.0));
    assert!(near(driver.power_watts().unwrap().unwrap(), 120.0));
}

#[test]
fn a_current_the_other_way_is_negative_and_its_power_is_not() {
    let (bus, _chip, mut driver) = sensor(12.0, -0.020);
    driver.callibrate(SHUNT_OHMS, MAX_AMPS).unwrap();
    bus.tick(A_CYCLE);
    assert_eq!(driver.shunt_voltage_raw(), Ok(-8_000));
    assert!(near(driver.shunt_voltage_microvolts().unwrap(), -20_000.0));
    assert_eq!(driver.current_raw(), Ok(-10_000));
    assert!(near(driver.current_amps().unwrap().unwrap(), -10.0));
    assert!(near(driver.power_watts().unwrap().unwrap(), 120.0));
}

#[test]
fn the_smallest_steps_and_both_ends_of_the_shunt_arrive() {
    for (volts, counts) in [
        (2.5e-6, 1),
        (-2.5e-6, -1),
        (0.081_917_5, 32_767),
        (-0.081_92, -32_768),
        (0.5, 32_767),
        (-0.5, -32_768),
    ] {
        let (_bus, _chip, mut driver) = sensor(0.0, volts);
        assert_eq!(driver.shunt_voltage_raw(), Ok(counts), "{volts} V");
    }
    for (volts, counts) in [(0.001_25, 1), (36.0, 28_800), (0.0, 0)] {
        let (_bus, _chip, mut driver) = sensor(volts, 0.0);
        assert_eq!(driver.bus_voltage_raw(), Ok(counts), "{volts} V");
    }
}

#[test]
fn without_calibration_the_current_register_stays_zero() {
    let (bus, _chip, mut driver) = sensor(12.0, 0.020);
    bus.tick(A_CYCLE);
    assert_eq!(driver.current_raw(), Ok(0));
    assert_eq!(driver.power_raw(), Ok(0));
    assert_eq!(driver.current_amps(), Ok(None));
    assert_eq!(driver.shunt_voltage_raw(), Ok(8_000));
}

#[test]
fn a_product_beyond_sixteen_bits_shows_as_overflow() {
    // 80 mV is 32 000 counts, and a quarter more than that does not fit.
    let (bus, _chip, mut driver) = sensor(12.0, 0.080);
    driver.callibrate(SHUNT_OHMS, MAX_AMPS).unwrap();
    bus.tick(A_CYCLE);
    let flags = driver.mask_enable().unwrap();
    assert!(flags.contains(MaskEnableFlags::OVF));
}

#[test]
fn an_alert_pulls_the_line_until_its_flag_is_read() {
    let (bus, chip, mut driver) = sensor(12.0, 0.0);
    // 14.4 V in steps of 1.25 mV.
    driver.set_alert_limit(11_520).unwrap();
    let watch = MaskEnableFlags::BOL | MaskEnableFlags::LEN;
    driver.set_mask_enable(watch).unwrap();
    bus.tick(A_CYCLE);
    assert!(!chip.borrow().alert_pin());
    chip.borrow_mut().set_bus_voltage(15.0);
    bus.tick(A_CYCLE);
    chip.borrow_mut().set_bus_voltage(12.0);
    bus.tick(A_CYCLE);
    assert!(chip.borrow().alert_pin(), "a latched alert went by itself");
    assert!(driver.mask_enable().unwrap().contains(MaskEnableFlags::AFF));
    assert!(!chip.borrow().alert_pin());
    assert!(!driver.mask_enable().unwrap().contains(MaskEnableFlags::AFF));
}

#[test]
fn a_sensor_without_power_refuses_and_comes_back_blank() {
    let (bus, chip, mut driver) = sensor(12.0, 0.020);
    driver.callibrate(SHUNT_OHMS, MAX_AMPS).unwrap();
    chip.borrow_mut().set_powered(false);
    assert_eq!(driver.current_raw(), Err(BusError::AddressNack));
    assert_eq!(driver.die_id(), Err(BusError::AddressNack));
    chip.borrow_mut().set_powered(true);
    bus.tick(A_CYCLE);
    assert_eq!(driver.callibration(), Ok(0));
    assert_eq!(driver.current_raw(), Ok(0));
    assert_eq!(driver.bus_voltage_raw(), Ok(9_600));
}

#[test]
fn an_output_of_the_expander_follows_and_never_pulses() {
    let (bus, chip) = expander();
    let mut driver = Pca9555::new(bus, false, false, false);
    let pins = driver.split();
    let mut low = pins.io0_3.into_output().unwrap();
    assert_eq!(chip.borrow().directions(), 0xFFF7);
    assert!(!chip.borrow().pin_level(3));
    assert_eq!(
        chip.borrow().rises(3),
        0,
        "a pin that starts low went high first"
    );
    let mut high = pins.io1_4.into_output_high().unwrap();
    assert_eq!(chip.borrow().directions(), 0xEFF7);
    assert!(chip.borrow().driven_high(12));
    assert_eq!(chip.borrow().rises(12), 1);

    low.set_high().unwrap();
    assert!(chip.borrow().driven_high(3));
    high.toggle().unwrap();
    assert!(!chip.borrow().driven_high(12));
    assert!(high.is_set_low().unwrap());
    low.set_low().unwrap();
    assert!(!chip.borrow().pin_level(3));
}

#[test]
fn each_pin_of_the_expander_is_the_bit_that_bears_its_number() {
    let (bus, chip) = expander();
    let mut driver = Pca9555::new(bus, false, false, false);
    let pins = driver.split();
    let inputs = [
        &pins.io0_0,
        &pins.io0_1,
        &pins.io0_2,
        &pins.io0_3,
        &pins.io0_4,
        &pins.io0_5,
        &pins.io0_6,
        &pins.io0_7,
        &pins.io1_0,
        &pins.io1_1,
        &pins.io1_2,
        &pins.io1_3,
        &pins.io1_4,
        &pins.io1_5,
        &pins.io1_6,
        &pins.io1_7,
    ];
    for high in 0..16_usize {
        chip.borrow_mut().set_pins(1 << high);
        let levels = read_multiple(inputs).unwrap();
        for (pin, (level, input)) in levels.into_iter().zip(inputs).enumerate() {
            assert_eq!(level, pin == high, "pin {pin} while {high} is high");
            assert_eq!(input.is_high().unwrap(), pin == high, "pin {pin} alone");
        }
    }
}

#[test]
fn several_pins_of_both_ports_change_in_one_call() {
    let (bus, chip) = expander();
    let mut driver = Pca9555::new(bus.clone(), false, false, false);
    let pins = driver.split();
    let mut first = pins.io0_0.into_output().unwrap();
    let mut seventh = pins.io0_7.into_output().unwrap();
    let mut last = pins.io1_7.into_output().unwrap();
    bus.start_log();
    write_multiple([&mut first, &mut seventh, &mut last], [false, true, true]).unwrap();
    assert_eq!(chip.borrow().pin_levels() & 0x8081, 0x8080);
    let written: Vec<_> = bus
        .take_log()
        .into_iter()
        .map(|entry| entry.written)
        .collect();
    // Bits nobody made an output keep their power-on value.
    assert_eq!(written, [[0x02, 0xFE], [0x03, 0xFF]]);
}

#[test]
fn an_inverted_input_reads_the_opposite_of_its_pin() {
    let (bus, chip) = expander();
    chip.borrow_mut().set_pin(9, Level::Low);
    let mut driver = Pca9555::new(bus, false, false, false);
    let pins = driver.split();
    let mut input = pins.io1_1.into_inverted().unwrap();
    assert_eq!(chip.borrow().polarity(), 0x0200);
    assert!(input.is_high().unwrap());
    chip.borrow_mut().set_pin(9, Level::High);
    assert!(input.is_low().unwrap());
    input.set_inverted(false).unwrap();
    assert!(input.is_high().unwrap());
    assert_eq!(chip.borrow().polarity(), 0x0000);
}

#[test]
fn a_pin_of_the_expander_serves_where_any_output_pin_would() {
    fn blink(pin: &mut impl StatefulOutputPin) -> [bool; 3] {
        pin.set_high().unwrap();
        let first = pin.is_set_high().unwrap();
        pin.set_low().unwrap();
        let second = pin.is_set_high().unwrap();
        OutputPin::set_state(pin, true.into()).unwrap();
        [first, second, pin.is_set_high().unwrap()]
    }
    let (bus, chip) = expander();
    let mut driver = Pca9555::new(bus, false, false, false);
    let mut lamp = driver.split().io1_0.into_output().unwrap();
    assert_eq!(blink(&mut lamp), [true, false, true]);
    assert_eq!(chip.borrow().rises(8), 2);
}

#[test]
fn the_address_pins_choose_the_expander() {
    let bus = SimBus::new(BUS_HZ);
    let chips: Vec<_> = (0..8)
        .map(|offset| {
            let chip = shared(Tca9555::with_pins(Variant::Pca9555, 1 << offset));
            bus.place(EXPANDER + offset, chip.clone());
            chip
        })
        .collect();
    for offset in 0..8_u8 {
        let bit = |place: u8| offset & (1 << place) != 0;
        let mut driver = Pca9555::new(bus.clone(), bit(0), bit(1), bit(2));
        let pins = driver.split();
        let levels = read_multiple([
            &pins.io0_0,
            &pins.io0_1,
            &pins.io0_2,
            &pins.io0_3,
            &pins.io0_4,
            &pins.io0_5,
            &pins.io0_6,
            &pins.io0_7,
        ]);
        let mut expected = [false; 8];
        expected[usize::from(offset)] = true;
        assert_eq!(levels, Ok(expected));
        pins.io1_0.into_output_high().unwrap();
    }
    assert!(chips.iter().all(|chip| chip.borrow().driven_high(8)));
}

#[test]
fn an_interrupt_ends_when_its_own_port_is_read() {
    let (bus, chip) = expander();
    chip.borrow_mut().set_pins(0x0000);
    let mut driver = Pca9555::new(bus, false, false, false);
    let pins = driver.split();
    assert_eq!(read_multiple([&pins.io0_5, &pins.io1_5]), Ok([false; 2]));
    assert!(!chip.borrow().int_asserted());
    chip.borrow_mut().set_pin(13, Level::High);
    assert!(chip.borrow().int_asserted());
    assert!(pins.io0_5.is_low().unwrap());
    assert!(chip.borrow().int_asserted(), "the other port was read");
    assert!(pins.io1_5.is_high().unwrap());
    assert!(!chip.borrow().int_asserted());
}

#[test]
fn reading_the_sensor_silences_a_pca9555_that_was_left_at_its_inputs() {
    let (bus, chip) = expander();
    chip.borrow_mut().set_pins(0x0000);
    bus.place(DEFAULT_ADDRESS, shared(Ina226::new()));
    let mut meter = INA226::new(bus.clone(), DEFAULT_ADDRESS);
    let mut driver = Pca9555::new(bus, false, false, false);
    let pins = driver.split();
    for (read_last, silenced) in [(&pins.io0_0, true), (&pins.io1_0, false)] {
        chip.borrow_mut().set_pins(0x0000);
        assert_eq!(read_multiple([&pins.io0_0, &pins.io1_0]), Ok([false; 2]));
        assert!(read_last.is_low().unwrap());
        chip.borrow_mut().set_pins(0x4040);
        assert!(chip.borrow().int_asserted());
        meter.die_id().unwrap();
        assert_eq!(!chip.borrow().int_asserted(), silenced);
    }
}

#[test]
fn an_expander_without_power_refuses_and_comes_back_with_inputs_only() {
    let (bus, chip) = expander();
    let mut driver = Pca9555::new(bus, false, false, false);
    let mut lamp = driver.split().io0_0.into_output_high().unwrap();
    chip.borrow_mut().set_powered(false);
    let error = lamp.set_low().unwrap_err();
    assert_eq!(error.driver_error(), &BusError::AddressNack);
    chip.borrow_mut().set_powered(true);
    lamp.set_high().unwrap();
    // The driver did all it can, and yet nothing is driven: a brown-out shows in the direction register only.
    assert_eq!(chip.borrow().outputs(), 0xFFFF);
    assert_eq!(chip.borrow().directions(), 0xFFFF);
    assert!(!chip.borrow().driven_high(0));
}
