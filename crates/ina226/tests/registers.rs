//! The register types by themselves, for users who read and write them without the client. Words and numbers are
//! worked out by hand from SBOS547, SBOSA20 and SLYS021.

mod harness;

use battery_units::{Microvolts, MilliCelsius, Milliwatts, Nanoamps, Nanovolts, Nanowatts};
use harness::chips::SHUNT;
use ina226::registers::{Readable, Writable, ina226 as r226, ina228 as r228, ina237 as r237};
use ina226::{
    Calibration, CurrentStep, Identity, Inputs, Mode, Part, Reading, ShuntRange, Voltage, Wiring,
};

fn milliampere() -> CurrentStep {
    CurrentStep::new(Nanoamps::new(1_000_000)).unwrap()
}

fn calibration(part: Part) -> Calibration {
    Calibration::with_step(part, ShuntRange::Wide, SHUNT, Wiring::Direct, milliampere()).unwrap()
}

#[test]
fn the_worked_example_of_the_ina226_reads_as_the_data_sheet_says() {
    // 2 mΩ, 1 mA: 20 mV across the shunt, 11.98 V, 10 A, 119.8 W.
    let shunt = r226::ShuntVoltage::decode([0x1F, 0x40]);
    assert_eq!(shunt.counts(), 8_000);
    let volts = shunt.to_voltage(Part::Ina226, ShuntRange::Wide);
    assert_eq!(volts.to_microvolts(), Microvolts::new(20_000));
    assert_eq!(volts.to_nanovolts(), Nanovolts::new(20_000_000));
    let bus = r226::BusVoltage::decode([0x25, 0x70]);
    assert_eq!(bus.counts(), Some(9_584));
    let volts = bus.to_voltage(Part::Ina226).unwrap();
    assert_eq!(volts.counts(), 9_584);
    assert_eq!(volts.to_microvolts(), Microvolts::new(11_980_000));
    let current = r226::Current::decode([0x27, 0x10]);
    assert_eq!(current.counts(), 10_000);
    let amps = current.to_current(milliampere());
    assert_eq!(amps.counts(), 10_000);
    assert_eq!(amps.to_nanoamps(), Nanoamps::new(10_000_000_000));
    let power = r226::Power::decode([0x12, 0xB8]);
    assert_eq!(power.counts(), 4_792);
    let watts = power.to_power(Part::Ina226, milliampere());
    assert_eq!(watts.to_milliwatts(), Milliwatts::new(119_800));
    let written = r226::Calibration::new(&calibration(Part::Ina226));
    assert_eq!((written.value(), written.encode()), (2_560, [0x0A, 0x00]));
}

#[test]
fn signed_registers_of_the_ina226_keep_their_sign_and_the_bus_has_none() {
    assert_eq!(r226::ShuntVoltage::decode([0xFF, 0x38]).counts(), -200);
    assert_eq!(r226::Current::decode([0xD8, 0xF0]).counts(), -10_000);
    assert_eq!(r226::Power::decode([0xFF, 0xFF]).counts(), 65_535);
    let impossible = r226::BusVoltage::decode([0xA5, 0x70]);
    assert_eq!(impossible.counts(), None);
    assert_eq!(impossible.to_voltage(Part::Ina226), None);
    // Bit 15 of the calibration is not part of the number.
    assert_eq!(r226::Calibration::decode([0x8A, 0x00]).value(), 2_560);
}

#[test]
fn a_configuration_tells_its_fields() {
    assert!(!r226::Configuration::POWER_ON.is_reset());
    assert!(r226::Configuration::RESET.is_reset());
    assert_eq!(r226::Configuration::RESET.encode(), [0xC1, 0x27]);
    assert_eq!(r226::Configuration::POWER_ON.range(), ShuntRange::Wide);
    let narrow = r226::Configuration::POWER_ON.with_range(ShuntRange::Narrow);
    assert_eq!(
        (narrow.bits(), narrow.range()),
        (0x5127, ShuntRange::Narrow)
    );
    assert_eq!(narrow.with_range(ShuntRange::Narrow), narrow);
    let wide = narrow.with_range(ShuntRange::Wide);
    assert_eq!((wide.bits(), wide.range()), (0x4127, ShuntRange::Wide));
    // Power-on: both inputs in 1.1 ms each.
    assert_eq!(r226::Configuration::POWER_ON.cycle_microseconds(), 2_200);
}

#[test]
fn the_configurations_of_the_ina237_tell_their_fields() {
    let plain = r237::Config::POWER_ON;
    assert!(!plain.is_compensated());
    assert_eq!((plain.range(), plain.delay_steps()), (ShuntRange::Wide, 0));
    let narrow = plain.with_range(ShuntRange::Narrow);
    assert_eq!(
        (narrow.bits(), narrow.range()),
        (0x0010, ShuntRange::Narrow)
    );
    assert_eq!(narrow.with_range(ShuntRange::Narrow), narrow);
    assert_eq!(narrow.with_range(ShuntRange::Wide).bits(), 0);
    let delayed = plain.with_delay_steps(0xFF);
    assert_eq!((delayed.bits(), delayed.delay_steps()), (0x3FC0, 0xFF));
    assert_eq!(delayed.with_delay_steps(1).bits(), 0x0040);
    let compensated = plain.with_compensation();
    assert_eq!(compensated.bits(), 0x0020);
    assert!(compensated.is_compensated());
    assert!(compensated.with_compensation().is_compensated());
    let cleared = compensated.with_cleared_accumulators();
    assert_eq!(cleared.bits(), 0x4020);
    assert_eq!(cleared.with_cleared_accumulators().bits(), 0x4020);
    assert_eq!(r237::Config::RESET.encode(), [0x80, 0x00]);
    // Power-on: voltage, current and temperature, 1.052 ms each.
    assert_eq!(r237::AdcConfig::POWER_ON.cycle_microseconds(), 3_156);
    let all = Mode::Continuous(Inputs::all());
    assert_eq!(r237::AdcConfig::POWER_ON.mode(), all);
    for inputs in [Inputs::TEMPERATURE, Inputs::BUS | Inputs::TEMPERATURE] {
        for mode in [Mode::Once(inputs), Mode::Continuous(inputs)] {
            let register = r237::AdcConfig::POWER_ON.with_mode(mode).unwrap();
            assert_eq!(register.mode(), mode);
        }
    }
}

#[test]
fn results_of_the_ina237_read_by_hand() {
    let shunt = r237::ShuntVoltage::decode([0xFF, 0x38]);
    assert_eq!(shunt.counts(), -200);
    let volts = shunt.to_voltage(Part::Ina237, ShuntRange::Wide);
    assert_eq!(volts.to_microvolts(), Microvolts::new(-1_000));
    let volts = shunt.to_voltage(Part::Ina237, ShuntRange::Narrow);
    assert_eq!(volts.to_microvolts(), Microvolts::new(-250));
    // 24 V in steps of 3.125 mV.
    let volts = r237::BusVoltage::decode([0x1E, 0x00]).to_voltage(Part::Ina237);
    assert_eq!(volts.unwrap().to_microvolts(), Microvolts::new(24_000_000));
    assert_eq!(
        r237::BusVoltage::decode([0x80, 0x00]).to_voltage(Part::Ina237),
        None
    );
    let current = r237::Current::decode([0xD8, 0xF0]);
    assert_eq!(current.counts(), -10_000);
    let amps = current.to_current(milliampere());
    assert_eq!(
        (amps.counts(), amps.to_nanoamps()),
        (-10_000, Nanoamps::new(-10_000_000_000))
    );
    let power = r237::Power::decode([0x12, 0x34, 0x56]);
    assert_eq!(power.counts(), 0x0012_3456);
    // 0.2 current steps a count: 1 193 046 x 0.2 mW.
    let watts = power.to_power(Part::Ina237, milliampere());
    assert_eq!(watts.to_nanowatts(), Nanowatts::new(238_609_200_000));
    // SHUNT_CAL = 819.2e6 x 1 mA x 2 mΩ = 1638.4.
    let written = r237::ShuntCal::new(&calibration(Part::Ina237));
    assert_eq!((written.value(), written.encode()), (1_638, [0x06, 0x66]));
    assert_eq!(r237::ShuntCal::decode([0x86, 0x66]).value(), 1_638);
}

#[test]
fn results_of_the_ina228_read_by_hand() {
    // -80 mV in steps of 312.5 nV, in a quarter of them in the narrow range.
    let shunt = r228::ShuntVoltage::decode([0xC1, 0x80, 0x00]);
    assert_eq!(shunt.counts(), -256_000);
    let volts = shunt.to_voltage(ShuntRange::Wide);
    assert_eq!(volts.to_microvolts(), Microvolts::new(-80_000));
    let volts = shunt.to_voltage(ShuntRange::Narrow);
    assert_eq!(volts.to_microvolts(), Microvolts::new(-20_000));
    let bus = r228::BusVoltage::decode([0x1E, 0x00, 0x00]).to_voltage();
    assert_eq!(bus.unwrap().to_microvolts(), Microvolts::new(24_000_000));
    assert_eq!(
        r228::BusVoltage::decode([0x80, 0x00, 0x00]).to_voltage(),
        None
    );
    let current = r228::Current::decode([0xFF, 0xF3, 0x80]);
    assert_eq!(current.counts(), -200);
    let amps = current.to_current(milliampere());
    assert_eq!(amps.to_nanoamps(), Nanoamps::new(-200_000_000));
    // 7.8125 m°C a count.
    let degrees = r228::DieTemperature::decode([0x0C, 0x80]).to_millicelsius();
    assert_eq!(degrees, MilliCelsius::new(25_000));
    let degrees = r228::DieTemperature::decode([0xFF, 0x80]).to_millicelsius();
    assert_eq!(degrees, MilliCelsius::new(-1_000));
}

#[test]
fn a_growth_of_the_shunt_has_fourteen_bits() {
    let most = r228::ShuntTempco::new(0x3FFF).unwrap();
    assert_eq!(
        (most.ppm_per_degree(), most.encode()),
        (0x3FFF, [0x3F, 0xFF])
    );
    assert_eq!(r228::ShuntTempco::new(0x4000), None);
    assert_eq!(r228::ShuntTempco::decode([0xC0, 0x32]).ppm_per_degree(), 50);
}

#[test]
fn energy_and_charge_of_the_ina228_are_products_of_count_and_step() {
    // A count of energy is 16 x 3.2 steps, with 1 mA 51.2 mJ; a count of charge is one step for a second.
    let energy = r228::Energy::decode([0, 0, 0, 0x03, 0xE8]);
    assert_eq!(energy.counts(), 1_000);
    assert_eq!(energy.to_millijoules(milliampere()), 51_200);
    let charge = r228::Charge::decode([0x00, 0x00, 0x00, 0x03, 0xE8]);
    assert_eq!(charge.counts(), 1_000);
    assert_eq!(charge.to_millicoulombs(milliampere()), 1_000);
}

#[test]
fn limits_become_the_words_of_the_data_sheet() {
    use r237::*;
    let part = Part::Ina237;
    let (wide, narrow) = (ShuntRange::Wide, ShuntRange::Narrow);
    // 80 mV in 5 µV and in 1.25 µV (too much for the narrow range); the KXKM limits 30 V and 24 V in 3.125 mV.
    let limit = Microvolts::new(80_000);
    assert_eq!(
        ShuntOverLimit::new(part, wide, limit).unwrap().bits(),
        16_000
    );
    assert!(ShuntOverLimit::new(part, narrow, limit).is_err());
    let limit = Microvolts::new(-80_000);
    assert_eq!(
        ShuntUnderLimit::new(part, wide, limit).unwrap().bits(),
        0xC180
    );
    assert!(ShuntUnderLimit::new(part, narrow, limit).is_err());
    let limit = Microvolts::new(30_000_000);
    assert_eq!(BusOverLimit::new(part, limit).unwrap().bits(), 0x2580);
    let limit = Microvolts::new(24_000_000);
    assert_eq!(BusUnderLimit::new(part, limit).unwrap().bits(), 0x1E00);
    let limit = MilliCelsius::new(85_000);
    assert_eq!(TemperatureLimit::new(part, limit).unwrap().bits(), 0x2A80);
    // 100 W in steps of 256 x 0.2 mW.
    let limit = Nanowatts::new(100_000_000_000);
    assert_eq!(
        PowerLimit::new(part, milliampere(), limit).unwrap().bits(),
        1_953
    );
    let part = Part::Ina226;
    let limit = Microvolts::new(24_000_000);
    assert_eq!(r226::AlertLimit::bus(part, limit).unwrap().bits(), 0x4B00);
    let limit = Microvolts::new(-80_000);
    assert_eq!(
        r226::AlertLimit::shunt(part, wide, limit).unwrap().bits(),
        0x8300
    );
    let limit = Nanowatts::new(119_800_000_000);
    let power = r226::AlertLimit::power(part, milliampere(), limit);
    assert_eq!(power.unwrap().bits(), 0x12B8);
}

#[test]
fn limits_are_kept_bit_by_bit() {
    macro_rules! kept {
        ($($register:ty),+) => {$(
            let limit = <$register>::from_bits_retain(0x8765);
            assert_eq!((limit.bits(), limit.encode()), (0x8765, [0x87, 0x65]));
            assert_eq!(<$register>::decode([0x87, 0x65]), limit);
        )+};
    }
    kept!(
        r226::Configuration,
        r226::AlertLimit,
        r237::Config,
        r237::AdcConfig,
        r237::ShuntOverLimit,
        r237::ShuntUnderLimit,
        r237::BusOverLimit,
        r237::BusUnderLimit,
        r237::TemperatureLimit,
        r237::PowerLimit
    );
}

#[test]
fn a_limit_of_zero_volts_is_a_limit() {
    for part in Part::ALL {
        let zero = r226::AlertLimit::bus(part, Microvolts::new(0));
        assert_eq!(zero.unwrap().bits(), 0, "{part}");
        assert!(
            r226::AlertLimit::bus(part, Microvolts::new(-1)).is_err(),
            "{part}"
        );
    }
}

#[test]
fn identity_words_are_read_big_end_first_and_name_part_and_revision() {
    assert_eq!(r226::ManufacturerId::decode([0x54, 0x49]).0, 0x5449);
    assert_eq!(r226::DieId::decode([0x22, 0x60]).0, 0x2260);
    assert_eq!(r237::ManufacturerId::decode([0x54, 0x49]).0, 0x5449);
    assert_eq!(r237::DeviceId::decode([0x23, 0x71]).0, 0x2371);
    let identity = Identity {
        manufacturer: 0x5449,
        device: 0x2371,
    };
    assert_eq!((identity.model(), identity.revision()), (0x237, 1));
    let identity = Identity {
        manufacturer: 0x5449,
        device: 0x238F,
    };
    assert_eq!((identity.model(), identity.revision()), (0x238, 15));
}

#[test]
fn a_reading_prints_volts_and_amperes() {
    let reading = Reading {
        voltage: Voltage::new(Part::Ina226, 9_584),
        current: ina226::Current::new(-10_000, milliampere()),
        flags: ina226::Flags::ALERT,
    };
    assert_eq!(reading.to_string(), "11980 mV, -10000 mA");
    assert!(reading.flags.alert() && !reading.flags.conversion_ready());
    assert!(!ina226::Flags::CONVERSION_READY.alert());
}
