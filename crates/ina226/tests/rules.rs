//! What holds for every word, every part and any number, judged by wider arithmetic than the driver's.

mod harness;

use battery_units::{Microohms, Nanoamps};
use harness::MemoryBus;
use harness::facts::{ADDRESS, any_part, facts, has_narrow, nearest, start};
use ina226::blocking::Ina2xx;
use ina226::registers::{Readable, Writable, ina226 as r226, ina228 as r228, ina237 as r237};
use ina226::{
    Averaging, Calibration, ConfigError, ConversionTime, Current, CurrentStep, Error, Family,
    Flags, Inputs, Mode, Part, Power, Settings, Setup, ShuntRange, ShuntVoltage, Voltage, Wiring,
};
use proptest::prelude::*;

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
            // Twelve bits: the other four are not part of the count.
            let counts = if part == Part::Ina234 {
                shunt & !0x000F
            } else {
                shunt
            };
            let at_end = i128::from(counts) >= largest || counts == i16::MIN;
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
    fn currents_of_a_shunt_are_exact_to_the_nearest_unit(
        counts: i32,
        is_small: bool,
        shunt in prop_oneof![10u32..=10_000, 10u32..=10_000_000],
        part in any_part(),
        is_narrow: bool,
        is_reversed: bool,
    ) {
        let (wide, _, largest) = facts(part);
        let is_narrow = is_narrow && has_narrow(part);
        let range = if is_narrow { ShuntRange::Narrow } else { ShuntRange::Wide };
        let wiring = if is_reversed { Wiring::Reversed } else { Wiring::Direct };
        let calibration = Calibration::new(part, range, Microohms::new(shunt), wiring).unwrap();
        let counts = if is_small { counts % 0x8000 } else { counts };
        let current = calibration.current(counts);
        // A picovolt across a microohm is a microampere.
        let held = i128::from(counts).clamp(if part == Part::Ina228 { -0x8_0000 } else { -0x8000 }, largest);
        let sign = if is_reversed { -1 } else { 1 };
        let picovolts = sign * held * if is_narrow { wide / 4 } else { wide };
        let ohms = i128::from(shunt);
        let cut = |value: i128| value.clamp(-i128::from(i32::MAX), i32::MAX.into());
        prop_assert_eq!(i128::from(current.to_nanoamps().get()), nearest(picovolts * 1_000, ohms));
        prop_assert_eq!(i128::from(current.to_microamps().get()), cut(nearest(picovolts, ohms)));
        prop_assert_eq!(i128::from(current.to_milliamps().get()), nearest(picovolts, ohms * 1_000));
    }

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
