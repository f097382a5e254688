//! What holds for every word, every part and any number, judged by wider arithmetic than the driver's.

mod harness;

use battery_units::{
    Microamps, Microohms, Microvolts, MilliCelsius, Milliamps, Millivolts, Milliwatts, Nanoamps,
};
use harness::MemoryBus;
use ina226::blocking::Ina2xx;
use ina226::registers::{Readable, Writable, ina226 as r226, ina228 as r228, ina237 as r237};
use ina226::{
    Address, AddressPin, Averaging, Calibration, ConfigError, ConversionTime, Current,
    CurrentScale, CurrentStep, Error, Family, Flags, Identity, IdentityPolicy, Inputs, Mode, Part,
    Power, Settings, Setup, ShuntRange, ShuntVoltage, Voltage, Wiring, alert_source,
};
use proptest::prelude::*;

const ADDRESS: Address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);

/// Steps from the data sheets, written down a second time: shunt in pV, bus in nV times two, largest count.
fn facts(part: Part) -> (i128, i128, i128) {
    match part {
        Part::Ina226 | Part::Ina230 | Part::Ina231 => (2_500_000, 2 * 1_250_000, 32_767),
        Part::Ina232 | Part::Ina236 => (2_500_000, 2 * 1_600_000, 32_767),
        Part::Ina234 => (2_500_000, 2 * 1_600_000, 32_752),
        Part::Ina237 | Part::Ina238 => (5_000_000, 2 * 3_125_000, 32_767),
        Part::Ina228 => (312_500, 390_625, 524_287),
        other => panic!("no facts about {other}"),
    }
}

fn has_narrow(part: Part) -> bool {
    !matches!(part, Part::Ina226 | Part::Ina230 | Part::Ina231)
}

/// To nearest, ties away from zero, by comparing distances.
fn nearest(value: i128, step: i128) -> i128 {
    let size = value.abs();
    let low = size / step;
    let up = i128::from(2 * (size - low * step) >= step);
    (low + up) * value.signum()
}

fn any_part() -> impl Strategy<Value = Part> {
    proptest::sample::select(Part::ALL.to_vec())
}

/// A chip that gives back what is written, with the identity of the part.
fn chip(part: Part) -> MemoryBus {
    let device: &[u8] = match part {
        Part::Ina234 => &[0xA4, 0x80],
        Part::Ina236 => &[0xA0, 0x80],
        Part::Ina237 => &[0x23, 0x70],
        Part::Ina238 => &[0x23, 0x80],
        Part::Ina228 => &[0x22, 0x80],
        _ => &[0x22, 0x60],
    };
    MemoryBus::with(&[
        (0x3E, &[0x54, 0x49]),
        (0xFE, &[0x54, 0x49]),
        (0x3F, device),
        (0xFF, device),
    ])
}

fn start(settings: &Settings) -> (MemoryBus, Setup) {
    let bus = chip(settings.part);
    let setup = Ina2xx::new(bus.clone(), ADDRESS).init(settings).unwrap();
    (bus, setup)
}

#[test]
fn every_word_survives_decoding_and_encoding() {
    fn check<R: Readable<Bytes = [u8; 2]> + Writable>(word: u16) {
        let bytes = word.to_be_bytes();
        assert_eq!(R::decode(bytes).encode(), bytes);
    }
    for word in 0..=u16::MAX {
        check::<r226::Configuration>(word);
        check::<r226::Calibration>(word);
        check::<r226::MaskEnable>(word);
        check::<r226::AlertLimit>(word);
        check::<r237::Config>(word);
        check::<r237::AdcConfig>(word);
        check::<r237::ShuntCal>(word);
        check::<r237::DiagAlert>(word);
        check::<r237::ShuntOverLimit>(word);
        check::<r237::ShuntUnderLimit>(word);
        check::<r237::BusOverLimit>(word);
        check::<r237::BusUnderLimit>(word);
        check::<r237::TemperatureLimit>(word);
        check::<r237::PowerLimit>(word);
        check::<r228::ShuntTempco>(word);
    }
}

#[test]
fn changing_a_field_leaves_the_other_bits_alone() {
    for word in 0..=u16::MAX {
        let register = r226::Configuration::from_bits_retain(word);
        let same = register
            .with_averaging(register.averaging())
            .with_range(register.range())
            .with_bus_time(register.bus_time())
            .and_then(|r| r.with_shunt_time(register.shunt_time()))
            .unwrap();
        assert_eq!(same.bits(), word);
        if register.mode() != Mode::PowerDown {
            assert_eq!(register.with_mode(register.mode()), Ok(register));
        }
        let register = r237::AdcConfig::from_bits_retain(word);
        let same = register
            .with_averaging(register.averaging())
            .with_bus_time(register.bus_time())
            .and_then(|r| r.with_shunt_time(register.shunt_time()))
            .and_then(|r| r.with_temperature_time(register.temperature_time()))
            .unwrap();
        assert_eq!(same.bits(), word);
        if register.mode() != Mode::PowerDown {
            assert_eq!(register.with_mode(register.mode()), Ok(register));
        }
        let register = r237::Config::from_bits_retain(word);
        let steps = u8::try_from(register.delay_steps()).unwrap();
        let same = register
            .with_range(register.range())
            .with_delay_steps(steps);
        assert_eq!(same.bits(), word);
    }
}

#[test]
fn every_conversion_time_belongs_to_one_family_and_its_code_is_its_place() {
    for family in [Family::Ina226, Family::Ina237] {
        let mut last = 0;
        for (code, time) in (0u16..).zip(ConversionTime::all(family)) {
            assert!(time.microseconds() > last);
            last = time.microseconds();
            let own = r226::Configuration::POWER_ON.with_bus_time(time);
            let other = r237::AdcConfig::POWER_ON.with_bus_time(time);
            let refused = ConfigError::ConversionTime {
                microseconds: time.microseconds(),
            };
            match family {
                Family::Ina226 => {
                    assert_eq!(own.unwrap().bits() >> 6 & 7, code);
                    assert_eq!(other, Err(refused));
                }
                Family::Ina237 => {
                    assert_eq!(other.unwrap().bits() >> 9 & 7, code);
                    assert_eq!(own, Err(refused));
                }
            }
        }
    }
    for (code, averaging) in (0u16..).zip(Averaging::ALL) {
        let register = r226::Configuration::from_bits_retain(code << 9);
        assert_eq!(register.averaging(), averaging);
        let register = r237::AdcConfig::from_bits_retain(code);
        assert_eq!(register.averaging(), averaging);
    }
}

#[test]
fn modes_have_the_codes_of_their_family() {
    for (inputs, code_226, code_237) in [
        (Inputs::BUS, Some(2), 1),
        (Inputs::SHUNT, Some(1), 2),
        (Inputs::BOTH, Some(3), 3),
        (Inputs::TEMPERATURE, None, 4),
        (Inputs::BOTH | Inputs::TEMPERATURE, None, 7),
    ] {
        for (mode, high_226, high_237) in
            [(Mode::Once(inputs), 0, 0), (Mode::Continuous(inputs), 4, 8)]
        {
            let found = r226::Configuration::POWER_ON.with_mode(mode);
            match code_226 {
                Some(code) => assert_eq!(found.unwrap().bits() & 7, code | high_226),
                None => assert_eq!(found, Err(ConfigError::Inputs)),
            }
            let found = r237::AdcConfig::POWER_ON.with_mode(mode).unwrap();
            assert_eq!(found.bits() >> 12, code_237 | high_237);
        }
    }
    let none = Mode::Continuous(Inputs::empty());
    assert_eq!(
        r226::Configuration::POWER_ON.with_mode(none),
        Err(ConfigError::Inputs)
    );
    assert_eq!(
        r237::AdcConfig::POWER_ON.with_mode(none),
        Err(ConfigError::Inputs)
    );
    let unknown = Mode::Once(Inputs::from_bits_retain(8));
    assert_eq!(
        r237::AdcConfig::POWER_ON.with_mode(unknown),
        Err(ConfigError::Inputs)
    );
}

#[test]
fn every_bus_count_of_every_part_is_rounded_once() {
    for part in Part::ALL {
        let (_, half_nanovolts, largest) = facts(part);
        for counts in (0..=largest).step_by(if part == Part::Ina228 { 7 } else { 1 }) {
            let voltage = Voltage::new(part, u32::try_from(counts).unwrap());
            let exact = counts * half_nanovolts;
            assert_eq!(i128::from(voltage.to_nanovolts().get()), nearest(exact, 2));
            assert_eq!(
                i128::from(voltage.to_microvolts().get()),
                nearest(exact, 2_000)
            );
            assert_eq!(
                i128::from(voltage.to_millivolts().get()),
                nearest(exact, 2_000_000)
            );
        }
    }
}

#[test]
fn every_shunt_count_of_every_part_is_rounded_once() {
    for part in Part::ALL {
        for range in [ShuntRange::Wide, ShuntRange::Narrow] {
            let (wide, _, largest) = facts(part);
            // Where there is no narrow range, the wide one counts.
            let step = match range {
                ShuntRange::Narrow if has_narrow(part) => wide / 4,
                _ => wide,
            };
            for counts in
                (-largest - 1..=largest).step_by(if part == Part::Ina228 { 37 } else { 1 })
            {
                let voltage = ShuntVoltage::new(part, range, i32::try_from(counts).unwrap());
                let exact = counts * step;
                assert_eq!(i128::from(voltage.as_picovolts()), exact);
                assert_eq!(
                    i128::from(voltage.to_nanovolts().get()),
                    nearest(exact, 1_000)
                );
                assert_eq!(
                    i128::from(voltage.to_microvolts().get()),
                    nearest(exact, 1_000_000)
                );
            }
        }
    }
}

#[test]
fn die_temperatures_are_right_for_every_word() {
    for word in 0..=u16::MAX {
        let bytes = word.to_be_bytes();
        let signed = i128::from(i16::from_be_bytes(bytes));
        let found = r237::DieTemperature::decode(bytes).to_millicelsius();
        assert_eq!(i128::from(found.get()), signed.div_euclid(16) * 125);
        let found = r228::DieTemperature::decode(bytes).to_millicelsius();
        assert_eq!(i128::from(found.get()), nearest(signed * 78_125, 10_000));
    }
}

/// Current of a reading with these counts in the shunt register.
fn reading_at(
    bus: &MemoryBus,
    setup: Setup,
    shunt: i32,
) -> Result<ina226::Reading, Error<harness::BusFault>> {
    let register = match setup.part().family() {
        Family::Ina226 => 0x01,
        Family::Ina237 => 0x04,
    };
    if setup.part() == Part::Ina228 {
        let [_, high, middle, low] = (shunt << 4).to_be_bytes();
        bus.set(register, &[high, middle, low]);
    } else {
        bus.set(register, &i16::try_from(shunt).unwrap().to_be_bytes());
    }
    Ina2xx::resume(bus.clone(), ADDRESS, setup).voltage_and_current()
}

#[test]
fn no_end_of_the_shunt_range_is_ever_a_value_and_nothing_else_is_refused() {
    for part in [Part::Ina226, Part::Ina234, Part::Ina237] {
        let (bus, setup) = start(&Settings::new(part, Microohms::new(2_000)));
        let register = if part.family() == Family::Ina226 {
            0x02
        } else {
            0x05
        };
        bus.set(register, &[0x10, 0x00]);
        let (_, _, largest) = facts(part);
        for shunt in i16::MIN..=i16::MAX {
            let answer = reading_at(&bus, setup, i32::from(shunt));
            let at_end = i128::from(shunt) >= largest || shunt == i16::MIN;
            match answer {
                Ok(reading) => {
                    assert!(!at_end, "{part} {shunt}");
                    assert_eq!(reading.flags, Flags::empty());
                }
                Err(Error::OverRange(reading)) => {
                    assert!(at_end, "{part} {shunt}");
                    assert_eq!(reading.flags, Flags::CURRENT_SATURATED);
                }
                Err(other) => panic!("{part} {shunt}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_bus_word_is_a_voltage_an_end_or_impossible() {
    for part in [Part::Ina226, Part::Ina237] {
        let (bus, setup) = start(&Settings::new(part, Microohms::new(2_000)));
        let (voltage, shunt) = match part.family() {
            Family::Ina226 => (0x02, 0x01),
            Family::Ina237 => (0x05, 0x04),
        };
        bus.set(shunt, &[0x00, 0x00]);
        for word in 0..=u16::MAX {
            bus.set(voltage, &word.to_be_bytes());
            let answer = Ina2xx::resume(bus.clone(), ADDRESS, setup).voltage_and_current();
            match word {
                0..=0x7FFE => assert!(answer.is_ok()),
                0x7FFF => assert!(matches!(answer, Err(Error::OverRange(_)))),
                _ => assert!(matches!(answer, Err(Error::Implausible { .. }))),
            }
        }
    }
}

#[test]
fn a_flag_word_without_the_settings_of_init_is_never_a_reading() {
    for (part, flags, settings_mask, errors) in [
        (Part::Ina226, 0x06, 0xFC03, 0x0004),
        (Part::Ina237, 0x0B, 0xF000, 0x0200),
    ] {
        let (bus, setup) = start(&Settings::new(part, Microohms::new(2_000)));
        let written = bus.word(flags);
        for register in [0x01, 0x02, 0x04, 0x05] {
            bus.set(register, &[0x10, 0x00]);
        }
        for word in 0..=u16::MAX {
            bus.set(flags, &word.to_be_bytes());
            let answer = Ina2xx::resume(bus.clone(), ADDRESS, setup).reading();
            if word & settings_mask != written & settings_mask {
                assert!(
                    matches!(answer, Err(Error::ChipReset { .. })),
                    "{part} {word:04x}"
                );
            } else if part == Part::Ina237 && word & 1 == 0 {
                assert!(
                    matches!(answer, Err(Error::TrimDamaged { .. })),
                    "{part} {word:04x}"
                );
            } else if word & errors != 0 {
                assert!(
                    matches!(answer, Err(Error::OverRange(_))),
                    "{part} {word:04x}"
                );
            } else {
                let reading = answer.unwrap();
                let ready = if part == Part::Ina226 { 0x0008 } else { 0x0002 };
                assert_eq!(reading.flags.conversion_ready(), word & ready != 0);
                let alert = if part == Part::Ina226 { 0x0010 } else { 0x00FC };
                assert_eq!(reading.flags.alert(), word & alert != 0);
            }
        }
    }
}

#[test]
fn an_alert_of_the_ina226_names_what_was_watched() {
    let limits = |change: &dyn Fn(&mut Settings)| {
        let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
        change(&mut settings);
        let (bus, setup) = start(&settings);
        for register in [0x01, 0x02] {
            bus.set(register, &[0x10, 0x00]);
        }
        bus.set(0x06, &(bus.word(0x06) | 0x0010).to_be_bytes());
        Ina2xx::resume(bus, ADDRESS, setup).reading().unwrap().flags
    };
    let volts = Some(Millivolts::new(24_000));
    let amps = Some(Milliamps::new(10_000));
    let watts = Some(Milliwatts::new(100_000));
    for (found, expected) in [
        (
            limits(&|s| s.limits.over_voltage = volts),
            Flags::OVER_VOLTAGE,
        ),
        (
            limits(&|s| s.limits.under_voltage = volts),
            Flags::UNDER_VOLTAGE,
        ),
        (
            limits(&|s| s.limits.current_above = amps),
            Flags::CURRENT_ABOVE,
        ),
        (
            limits(&|s| s.limits.current_below = amps),
            Flags::CURRENT_BELOW,
        ),
        (limits(&|s| s.limits.over_power = watts), Flags::OVER_POWER),
    ] {
        assert_eq!(found, Flags::ALERT | expected);
    }
    let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
    settings.limits.over_voltage = volts;
    settings.limits.current_above = amps;
    let answer = Ina2xx::new(chip(Part::Ina226), ADDRESS).init(&settings);
    assert_eq!(answer, Err(Error::Config(ConfigError::OneLimitOnly)));
    settings.limits = Default::default();
    settings.limits.over_temperature = Some(MilliCelsius::new(80_000));
    let answer = Ina2xx::new(chip(Part::Ina226), ADDRESS).init(&settings);
    assert_eq!(answer, Err(Error::Config(ConfigError::LimitNotOnPart)));
}

#[test]
fn only_the_words_of_the_part_pass_the_identity_check() {
    for expected in Part::ALL {
        for there in Part::ALL {
            let settings = Settings::new(expected, Microohms::new(2_000));
            let bus = chip(there);
            if there == Part::Ina231 {
                bus.set(0xFE, &[0, 0]);
                bus.set(0xFF, &[0, 0]);
            }
            // Each family answers zeros where the other has its identity.
            let absent = match there {
                Part::Ina226 | Part::Ina230 | Part::Ina231 => [0x3E, 0x3F],
                _ => [0xFE, 0xFF],
            };
            for register in absent {
                bus.set(register, &[0, 0]);
            }
            let answer = Ina2xx::new(bus, ADDRESS).init(&settings);
            // The INA231 has no words to check, the INA230 has only the device word, the INA232 only the maker's.
            let passes = match expected {
                Part::Ina231 => true,
                Part::Ina230 => matches!(there, Part::Ina226 | Part::Ina230),
                Part::Ina226 => matches!(there, Part::Ina226 | Part::Ina230),
                Part::Ina232 => !matches!(there, Part::Ina226 | Part::Ina230 | Part::Ina231),
                _ => expected == there,
            };
            assert_eq!(
                answer.is_ok(),
                passes,
                "{expected} found {there}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_policy_names_what_it_accepts() {
    let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
    let clone = Identity {
        manufacturer: 0x190F,
        device: 0x0000,
    };
    let bus = || {
        let bus = chip(Part::Ina226);
        bus.set(0xFE, &[0x19, 0x0F]);
        bus.set(0xFF, &[0x00, 0x00]);
        bus
    };
    let answer = Ina2xx::new(bus(), ADDRESS).init(&settings);
    assert_eq!(answer, Err(Error::WrongDevice { found: clone }));
    settings.identity = IdentityPolicy::Accept(clone);
    assert!(Ina2xx::new(bus(), ADDRESS).init(&settings).is_ok());
    let answer = Ina2xx::new(chip(Part::Ina226), ADDRESS).init(&settings);
    assert!(matches!(answer, Err(Error::WrongDevice { .. })));
    settings.identity = IdentityPolicy::Skip;
    assert!(Ina2xx::new(bus(), ADDRESS).init(&settings).is_ok());
}

#[test]
fn parts_are_found_by_their_words_in_any_revision() {
    for (device, part) in [
        (0x2260, Part::Ina226),
        (0x2371, Part::Ina237),
        (0x2381, Part::Ina238),
        (0x2281, Part::Ina228),
        (0xA480, Part::Ina234),
        (0xA080, Part::Ina236),
    ] {
        for revision in 0..16 {
            let identity = Identity {
                manufacturer: 0x5449,
                device: device & 0xFFF0 | revision,
            };
            assert_eq!(Part::from_identity(identity), Some(part));
            let stranger = Identity {
                manufacturer: 0x5448,
                ..identity
            };
            assert_eq!(Part::from_identity(stranger), None);
        }
    }
}

#[test]
fn only_sixteen_addresses_exist() {
    for address in 0..=u8::MAX {
        let valid = (0x40..=0x4F).contains(&address);
        assert_eq!(Address::new(address).is_ok(), valid);
        let named = alert_source(address).map(Address::get);
        let expected = address >> 1;
        assert_eq!(named, (0x40..=0x4F).contains(&expected).then_some(expected));
    }
}

#[test]
fn wide_results_are_cut_from_the_upper_twenty_bits() {
    let shunt = r228::ShuntVoltage::decode([0x80, 0x00, 0x0F]);
    assert_eq!(shunt.counts(), -0x8_0000);
    let shunt = r228::ShuntVoltage::decode([0x7F, 0xFF, 0xF0]);
    assert_eq!(shunt.counts(), 0x7_FFFF);
    let charge = r228::Charge::decode([0xFF, 0xFF, 0xFF, 0xFF, 0xFE]);
    assert_eq!(charge.counts(), -2);
    let energy = r228::Energy::decode([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(energy.counts(), 0xFF_FFFF_FFFF);
    // 16 x 3.2 x 1 mA steps: 51.2 mJ a count.
    let step = CurrentStep::new(Nanoamps::new(1_000_000)).unwrap();
    let energy = r228::Energy::decode([0, 0, 0, 0, 10]);
    assert_eq!(energy.to_millijoules(step), 512);
    let charge = r228::Charge::decode([0xFF, 0xFF, 0xFF, 0xFF, 0x9C]);
    assert_eq!(charge.to_millicoulombs(step), -100);
}

proptest! {
    #[test]
    fn currents_are_exact_to_the_nearest_unit(
        counts in -0x8_0000..=0x8_0000i32,
        shunt in 10u32..=10_000_000,
        part in any_part(),
    ) {
        let calibration =
            Calibration::new(part, ShuntRange::Wide, Microohms::new(shunt), Wiring::Direct).unwrap();
        let step = calibration.shunt_step();
        let picoamps = i128::from(step.as_picoamps());
        // The step itself: pV over µΩ is µA.
        let (picovolts, _, _) = facts(part);
        prop_assert_eq!(picoamps, nearest(picovolts * 1_000_000, i128::from(shunt)));
        let exact = i128::from(counts) * picoamps;
        let current = Current::new(counts, step);
        let held = |value: i128| value.clamp(i32::MIN.into(), i32::MAX.into());
        prop_assert_eq!(i128::from(current.to_nanoamps().get()), nearest(exact, 1_000));
        prop_assert_eq!(i128::from(current.to_microamps().get()), held(nearest(exact, 1_000_000)));
        prop_assert_eq!(
            i128::from(current.to_milliamps().get()),
            held(nearest(exact, 1_000_000_000))
        );
    }

    #[test]
    fn a_calibration_is_the_nearest_register_value_or_refused(
        shunt in 1u32..=20_000_000,
        step in -10i64..=5_000_000_000,
        part in any_part(),
        is_narrow: bool,
    ) {
        let range = if is_narrow { ShuntRange::Narrow } else { ShuntRange::Wide };
        let made = CurrentStep::new(Nanoamps::new(step)).and_then(|step| {
            Calibration::with_step(part, range, Microohms::new(shunt), Wiring::Direct, step)
        });
        let (wide, _, largest) = facts(part);
        let picovolts = if is_narrow { wide / 4 } else { wide };
        let (wish, ohms) = (i128::from(step) * 1_000, i128::from(shunt));
        // Current = shunt x CAL / 2048, or shunt x 4096 / SHUNT_CAL, solved for the register.
        let unit = picovolts * 1_000_000;
        let value = || match part.family() {
            Family::Ina226 => nearest(unit * 2_048, wish * ohms),
            Family::Ina237 => nearest(wish * ohms * 4_096, unit),
        };
        match made {
            Err(ConfigError::CurrentStep { .. }) => prop_assert!(step < 1 || step > 0xFFFF_FFFF),
            Err(ConfigError::Shunt { .. }) => prop_assert!(!(10..=10_000_000).contains(&shunt)),
            Err(ConfigError::NoNarrowRange) => prop_assert!(is_narrow && !has_narrow(part)),
            Err(ConfigError::CalibrationOutOfRange { value: found }) => {
                prop_assert!(!(1..=0x7FFF).contains(&value()));
                prop_assert!(!(1..=0x7FFF).contains(&found));
            }
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok(made) => {
                let register = i128::from(made.register_value());
                prop_assert_eq!(register, value());
                let effective = match part.family() {
                    Family::Ina226 => nearest(unit * 2_048, register * ohms),
                    Family::Ina237 => nearest(unit * register, ohms * 4_096),
                };
                prop_assert_eq!(i128::from(made.register_step().as_picoamps()), effective);
                let full_scale = nearest(largest * picovolts * 1_000, ohms);
                prop_assert_eq!(i128::from(made.full_scale().get()), full_scale);
            }
        }
    }

    #[test]
    fn a_largest_current_fits_or_is_refused(
        shunt in 10u32..=10_000_000,
        max in -5i32..=i32::MAX,
        part in any_part(),
    ) {
        let shunt = Microohms::new(shunt);
        let (range, wiring) = (ShuntRange::Wide, Wiring::Direct);
        let made = Calibration::for_max_current(part, range, shunt, wiring, Microamps::new(max));
        let full_scale = Calibration::new(part, range, shunt, wiring).unwrap().full_scale();
        let wish = Nanoamps::new(i64::from(max) * 1_000);
        match made {
            Err(ConfigError::MaxCurrent { .. }) => prop_assert!(max <= 0),
            Err(ConfigError::BeyondFullScale { full_scale: told }) => {
                prop_assert_eq!(told, full_scale);
                prop_assert!(full_scale < wish);
            }
            Err(ConfigError::CalibrationOutOfRange { .. } | ConfigError::CurrentStep { .. }) => {}
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok(made) => {
                prop_assert!(wish <= full_scale);
                // Rounding the register costs at most half a unit of it.
                let reach = i128::from(made.register_full_scale().get());
                let slack = i128::from(wish.get()) / i128::from(made.register_value()) + 1_000;
                prop_assert!(reach + slack >= i128::from(wish.get()), "{} {}", reach, slack);
            }
        }
    }

    #[test]
    fn power_is_exact_to_the_nearest_nanowatt(
        counts in 0u32..=0xFF_FFFF,
        shunt in 10u32..=10_000_000,
        part in any_part(),
    ) {
        let shunt = Microohms::new(shunt);
        let step = Calibration::new(part, ShuntRange::Wide, shunt, Wiring::Direct)
            .unwrap()
            .register_step();
        let fifths = match part {
            Part::Ina226 | Part::Ina230 | Part::Ina231 => 125,
            Part::Ina237 | Part::Ina238 => 1,
            Part::Ina228 => 16,
            _ => 160,
        };
        let exact = i128::from(counts) * fifths * i128::from(step.as_picoamps());
        let found = Power::new(part, counts, step).to_nanowatts();
        prop_assert_eq!(i128::from(found.get()), nearest(exact, 5_000));
    }

    #[test]
    fn a_bus_limit_is_within_half_a_count_or_refused(limit: i32, part in any_part()) {
        let (_, half_nanovolts, _) = facts(part);
        let step = half_nanovolts * if part == Part::Ina228 { 16 } else { 1 };
        let exact = i128::from(limit) * 2_000;
        match r226::AlertLimit::bus(part, Microvolts::new(limit)) {
            Ok(word) => {
                prop_assert!(limit >= 0);
                prop_assert_eq!(i128::from(word.bits()), nearest(exact, step));
                prop_assert!(word.bits() <= 0x7FFF);
            }
            Err(error) => {
                prop_assert_eq!(error, ConfigError::LimitOutOfRange);
                prop_assert!(limit < 0 || nearest(exact, step) > 0x7FFF);
            }
        }
    }

    #[test]
    fn a_shunt_limit_is_within_half_a_count_or_refused(limit in -200_000i32..200_000, part in any_part()) {
        let (picovolts, _, _) = facts(part);
        let step = picovolts * if part == Part::Ina228 { 16 } else { 1 };
        let expected = nearest(i128::from(limit) * 1_000_000, step);
        let found = r226::AlertLimit::shunt(part, ShuntRange::Wide, Microvolts::new(limit));
        match i16::try_from(expected) {
            Ok(counts) => prop_assert_eq!(found.unwrap().bits(), counts.cast_unsigned()),
            Err(_) => prop_assert_eq!(found, Err(ConfigError::LimitOutOfRange)),
        }
    }

    #[test]
    fn a_temperature_limit_reads_back_as_its_temperature(limit in -300_000i32..300_000) {
        let asked = MilliCelsius::new(limit);
        for part in [Part::Ina237, Part::Ina228] {
            match r237::TemperatureLimit::new(part, asked) {
                Ok(word) => {
                    let bytes = word.encode();
                    let (found, half) = if part == Part::Ina237 {
                        (r237::DieTemperature::decode(bytes).to_millicelsius(), 63)
                    } else {
                        (r228::DieTemperature::decode(bytes).to_millicelsius(), 5)
                    };
                    prop_assert!((found.get() - limit).abs() <= half, "{} {}", found, asked);
                }
                Err(_) => prop_assert!(limit >= 255_900 || limit <= -256_004),
            }
        }
    }

    #[test]
    fn what_init_wrote_verifies_and_one_changed_word_does_not(
        part in any_part(),
        shunt in 10u32..=10_000_000,
        is_reversed: bool,
        register in 0u8..=0x11,
        bit in 0u32..16,
    ) {
        let mut settings = Settings::new(part, Microohms::new(shunt));
        if is_reversed {
            settings.wiring = Wiring::Reversed;
        }
        let (bus, setup) = start(&settings);
        let mut client = Ina2xx::resume(bus.clone(), ADDRESS, setup);
        prop_assert_eq!(client.verify(&settings), Ok(()));
        let written = bus.0.borrow().registers.contains_key(&register);
        prop_assume!(written);
        let word = bus.word(register);
        bus.set(register, &(word ^ 1 << bit).to_be_bytes());
        // Bits the driver does not own: reserved ones and flags.
        let owned: u16 = match (part.family(), register) {
            (Family::Ina226, 0x00) => 0x1FFF,
            (Family::Ina226, 0x06) => 0xFC03,
            (Family::Ina237, 0x00) => 0x3FF0,
            (Family::Ina237, 0x03) => 0x3FFF,
            (Family::Ina237, 0x0B) => 0xF000,
            (Family::Ina226, 0x05) | (Family::Ina237, 0x02) => 0x7FFF,
            _ => 0xFFFF,
        };
        let noticed = matches!(client.verify(&settings), Err(Error::NotWritten { .. }));
        prop_assert_eq!(noticed, owned >> bit & 1 == 1);
    }

    #[test]
    fn a_reversed_shunt_only_turns_the_sign(shunt in -32_767i32..=32_766, ohms in 10u32..=10_000_000) {
        let mut settings = Settings::new(Part::Ina237, Microohms::new(ohms));
        let mut currents = Vec::new();
        for wiring in [Wiring::Direct, Wiring::Reversed] {
            settings.wiring = wiring;
            let (bus, setup) = start(&settings);
            bus.set(0x05, &[0x10, 0x00]);
            let reading = reading_at(&bus, setup, shunt).unwrap();
            currents.push(i128::from(reading.current.to_nanoamps().get()));
        }
        prop_assert_eq!(currents[0], -currents[1]);
        prop_assert_eq!(currents[0].signum(), i128::from(shunt.signum()));
    }
}

#[test]
fn requests_that_make_no_sense_are_refused_before_any_traffic() {
    let mut sent = Vec::new();
    let mut refuse = |change: &dyn Fn(&mut Settings)| {
        let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
        change(&mut settings);
        let bus = chip(settings.part);
        let answer = Ina2xx::new(bus.clone(), ADDRESS).init(&settings);
        sent.push(bus.transfers());
        match answer {
            Err(Error::Config(error)) => error,
            other => panic!("{settings:?}: {other:?}"),
        }
    };
    for ohms in [0, 9, 10_000_001, u32::MAX] {
        let found = Microohms::new(ohms);
        assert_eq!(refuse(&|s| s.shunt = found), ConfigError::Shunt { found });
    }
    for step in [0, -1, i64::MIN, i64::MAX] {
        let found = Nanoamps::new(step);
        let error = refuse(&|s| s.scale = CurrentScale::Step(found));
        assert_eq!(error, ConfigError::CurrentStep { found });
    }
    for current in [0, -1, i32::MIN] {
        let error = refuse(&|s| s.max_current = Some(Milliamps::new(current)));
        assert!(matches!(error, ConfigError::MaxCurrent { .. }));
        let error = refuse(&|s| s.scale = CurrentScale::Reaching(Microamps::new(current)));
        assert!(matches!(error, ConfigError::MaxCurrent { .. }));
    }
    // 32 768 would be needed: 16 bits do not fit into 15.
    let error = refuse(&|s| s.scale = CurrentScale::Step(Nanoamps::new(78_125)));
    assert_eq!(error, ConfigError::CalibrationOutOfRange { value: 32_768 });
    let error = refuse(&|s| s.range = ShuntRange::Narrow);
    assert_eq!(error, ConfigError::NoNarrowRange);
    let error = refuse(&|s| s.shunt_tempco = Some(50));
    assert_eq!(error, ConfigError::NotOnPart);
    let error = refuse(&|s| s.delay_steps = 1);
    assert_eq!(error, ConfigError::NotOnPart);
    let error = refuse(&|s| {
        s.part = Part::Ina237;
        s.bus_time = ConversionTime::Us540;
        s.shunt_time = ConversionTime::Us540;
        s.temperature_time = ConversionTime::Us540;
        s.shunt_tempco = Some(50);
    });
    assert_eq!(error, ConfigError::NotOnPart);
    let error = refuse(&|s| s.bus_time = ConversionTime::Us540);
    assert_eq!(error, ConfigError::ConversionTime { microseconds: 540 });
    let error = refuse(&|s| s.mode = Mode::Continuous(Inputs::all()));
    assert_eq!(error, ConfigError::Inputs);
    for limit in [-1, 40_960, i32::MAX, i32::MIN] {
        let error = refuse(&|s| s.limits.over_voltage = Some(Millivolts::new(limit)));
        assert_eq!(error, ConfigError::LimitOutOfRange);
    }
    for limit in [40_960, i32::MAX, -40_961, i32::MIN] {
        let error = refuse(&|s| s.limits.current_above = Some(Milliamps::new(limit)));
        assert_eq!(error, ConfigError::LimitOutOfRange);
    }
    for limit in [-1, 2_048_000, i32::MAX] {
        let error = refuse(&|s| s.limits.over_power = Some(Milliwatts::new(limit)));
        assert_eq!(error, ConfigError::LimitOutOfRange);
    }
    assert_eq!(sent.iter().sum::<usize>(), 0);
}

#[test]
fn errors_say_what_happened_in_one_sentence() {
    let reset = Error::<harness::BusFault>::ChipReset {
        register: 0x06,
        expected: 0x0001,
        found: 0,
    };
    assert_eq!(
        reset.to_string(),
        "the settings are lost: register 06h holds 0000h instead of 0001h"
    );
    assert_eq!(
        Error::Bus(harness::BusFault).to_string(),
        "the bus failed: no answer"
    );
    for error in [
        ConfigError::Address { found: 0x20 },
        ConfigError::NoNarrowRange,
        ConfigError::OneLimitOnly,
    ] {
        let text = Error::<harness::BusFault>::Config(error).to_string();
        assert_eq!(text, error.to_string());
        assert!(!text.ends_with('.'));
    }
}
