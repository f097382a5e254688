//! What may be asked for: calibrations, limits and identities are met exactly or refused before any traffic.

mod harness;

use battery_units::{
    Microamps, Microohms, Microvolts, MilliCelsius, Milliamps, Millivolts, Milliwatts, Nanoamps,
};
use harness::facts::{ADDRESS, any_part, chip, facts, has_narrow, nearest, start};
use ina226::blocking::Ina2xx;
use ina226::registers::{Readable, Writable, ina226 as r226, ina228 as r228, ina237 as r237};
use ina226::{
    Address, Calibration, ConfigError, ConversionTime, CurrentScale, CurrentStep, Error, Family,
    Flags, Identity, IdentityPolicy, Inputs, Mode, Part, Settings, ShuntRange, Wiring,
    alert_source,
};
use proptest::prelude::*;

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
fn a_power_limit_is_the_upper_sixteen_bits_of_the_power() {
    // 2 mΩ: a current step of 2.5 mA and a power step of 0.5 mW, on the INA228 156.25 µA and 0.5 mW; times 256: 128 mW.
    for part in [Part::Ina237, Part::Ina238, Part::Ina228] {
        let mut settings = Settings::new(part, Microohms::new(2_000));
        settings.limits.over_power = Some(Milliwatts::new(100_000));
        let (bus, _) = start(&settings);
        assert_eq!(bus.word(0x11), 781);
        settings.limits.over_power = Some(Milliwatts::new(128 * 65_536));
        let answer = Ina2xx::new(chip(part), ADDRESS).init(&settings);
        assert_eq!(answer, Err(Error::Config(ConfigError::LimitOutOfRange)));
    }
    // The INA226 watches all sixteen bits it has: 25 steps of 1.25 mA, 31.25 mW.
    let mut settings = Settings::new(Part::Ina226, Microohms::new(2_000));
    settings.limits.over_power = Some(Milliwatts::new(100_000));
    let (bus, _) = start(&settings);
    assert_eq!((bus.word(0x07), bus.word(0x06)), (3_200, 0x0801));
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
        assert!(matches!(error, ConfigError::MaxCurrent));
        let error = refuse(&|s| s.scale = CurrentScale::Reaching(Microamps::new(current)));
        assert!(matches!(error, ConfigError::MaxCurrent));
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
    for (error, sentence) in [
        (
            ConfigError::Address { found: 0x20 },
            "address 20h is not 40h to 4Fh",
        ),
        (
            ConfigError::NoNarrowRange,
            "the part has no narrow shunt range",
        ),
        (
            ConfigError::OneLimitOnly,
            "the part watches one quantity at a time",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
        let text = Error::<harness::BusFault>::Config(error).to_string();
        assert_eq!(text, sentence);
    }
}

#[test]
fn a_wished_for_step_of_the_ina237_family_is_met_to_the_nearest_register_value() {
    // SHUNT_CAL = 819.2e6 x step x shunt, 13107.2e6 on the INA228, four times that in the narrow range; 2 mΩ.
    for (part, range, nanoamps, expected) in [
        (Part::Ina237, ShuntRange::Wide, 1_000_000, 1_638),
        (Part::Ina238, ShuntRange::Narrow, 1_000_000, 6_554),
        (Part::Ina228, ShuntRange::Wide, 62_500, 1_638),
        (Part::Ina228, ShuntRange::Narrow, 62_500, 6_554),
        // What the KXKM firmware writes for 50 A.
        (Part::Ina237, ShuntRange::Wide, 1_525_879, 2_500),
    ] {
        let step = CurrentStep::new(Nanoamps::new(nanoamps)).unwrap();
        let shunt = Microohms::new(2_000);
        let made = Calibration::with_step(part, range, shunt, Wiring::Direct, step).unwrap();
        assert_eq!(made.register_value(), expected, "{part}");
    }
}

#[test]
fn a_step_that_grows_beyond_its_end_by_rounding_is_refused_and_named() {
    // 5.12e15 / (4 294 967 295 nA x 10 µΩ) = 119.2; with 119 a count would be 4.302 521 008 A.
    let step = CurrentStep::new(Nanoamps::new(4_294_967_295)).unwrap();
    let shunt = Microohms::new(10);
    let made = Calibration::with_step(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct, step);
    let found = Nanoamps::new(4_302_521_008);
    assert_eq!(made, Err(ConfigError::CurrentStep { found }));
}

#[test]
fn settings_tell_how_long_a_cycle_takes() {
    // 16 averages of both inputs: 1.1 ms each, in the INA237 family 1.052 ms each.
    for (part, expected) in [(Part::Ina226, 35_200), (Part::Ina237, 33_664)] {
        let mut settings = Settings::new(part, Microohms::new(2_000));
        assert_eq!(settings.cycle_microseconds(), Ok(expected), "{part}");
        settings.mode = Mode::Continuous(Inputs::BUS);
        assert_eq!(settings.cycle_microseconds(), Ok(expected / 2), "{part}");
        settings.mode = Mode::PowerDown;
        assert_eq!(settings.cycle_microseconds(), Ok(0), "{part}");
    }
}

#[test]
fn a_largest_current_at_the_very_end_of_the_input_is_served() {
    // 81.9175 mV across 2 mΩ.
    let made = |microamps| {
        let max = Microamps::new(microamps);
        let shunt = Microohms::new(2_000);
        Calibration::for_max_current(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct, max)
    };
    assert!(made(40_958_750).is_ok());
    let full_scale = Milliamps::new(40_958);
    let refused = ConfigError::BeyondFullScale { full_scale };
    assert_eq!(made(40_958_751), Err(refused));
}

#[test]
fn the_input_of_each_part_ends_where_its_last_count_is() {
    // Across 1 mΩ a millivolt is an ampere; the last of 12, 16 or 20 bits with a sign, in whole milliamperes.
    for (part, milliamps) in [
        (Part::Ina226, 81_917),
        (Part::Ina230, 81_917),
        (Part::Ina231, 81_917),
        (Part::Ina232, 81_917),
        (Part::Ina234, 81_880),
        (Part::Ina236, 81_917),
        (Part::Ina237, 163_835),
        (Part::Ina238, 163_835),
        (Part::Ina228, 163_839),
    ] {
        let shunt = Microohms::new(1_000);
        let plain = Calibration::new(part, ShuntRange::Wide, shunt, Wiring::Direct).unwrap();
        assert!(plain.reaching(Milliamps::new(milliamps)).is_ok(), "{part}");
        let full_scale = Milliamps::new(milliamps);
        let refused = Err(ConfigError::BeyondFullScale { full_scale });
        assert_eq!(
            plain.reaching(Milliamps::new(milliamps + 1)),
            refused,
            "{part}"
        );
    }
}

proptest! {
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
            Err(ConfigError::CurrentStep { found }) if (1..=0xFFFF_FFFF).contains(&step) => {
                // The step that the rounded register stands for is a little larger than what was asked for.
                prop_assert_eq!(part.family(), Family::Ina226);
                let effective = nearest(unit * 2_048, value() * ohms) / 1_000;
                prop_assert!(effective > 0xFFFF_FFFF);
                prop_assert_eq!(i128::from(found.get()), effective);
            }
            Err(ConfigError::CurrentStep { found }) => prop_assert_eq!(found.get(), step),
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
            Err(ConfigError::MaxCurrent) => prop_assert!(max <= 0),
            Err(ConfigError::BeyondFullScale { full_scale: told }) => {
                prop_assert_eq!(i64::from(told.get()), full_scale.get() / 1_000_000);
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
    fn a_current_is_reached_or_refused_in_both_ranges(
        shunt in 10u32..=10_000_000,
        wish in -1i64..=3,
        part in any_part(),
        is_narrow: bool,
    ) {
        let is_narrow = is_narrow && has_narrow(part);
        let range = if is_narrow { ShuntRange::Narrow } else { ShuntRange::Wide };
        let (wide, _, largest) = facts(part);
        let end = largest * if is_narrow { wide / 4 } else { wide };
        // A picovolt across a microohm is a microampere; the last whole milliampere, and those around it.
        let last = end / (i128::from(shunt) * 1_000);
        let max = Milliamps::new(i32::try_from(last + i128::from(wish) - 1).unwrap());
        let made = Calibration::new(part, range, Microohms::new(shunt), Wiring::Direct)
            .unwrap()
            .reaching(max);
        match made {
            Ok(_) => prop_assert!(max.get() > 0 && i128::from(max.get()) <= last),
            Err(ConfigError::MaxCurrent) => prop_assert!(max.get() <= 0),
            Err(ConfigError::BeyondFullScale { full_scale }) => {
                prop_assert!(i128::from(max.get()) > last);
                prop_assert_eq!(i128::from(full_scale.get()), last);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
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
        place: prop::sample::Index,
        bit in 0u32..16,
    ) {
        let mut settings = Settings::new(part, Microohms::new(shunt));
        if is_reversed {
            settings.wiring = Wiring::Reversed;
        }
        let (bus, setup) = start(&settings);
        let mut client = Ina2xx::resume(bus.clone(), ADDRESS, setup);
        prop_assert_eq!(client.verify(&settings), Ok(()));
        let held: Vec<u8> = bus.0.borrow().registers.keys().copied().collect();
        let register = *place.get(held.split(|register| *register > 0x11).next().unwrap());
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
}

#[cfg(feature = "serde")]
#[test]
fn a_configuration_file_names_parts_and_limits_in_words() {
    let limits: ina226::Limits =
        serde_json::from_str(r#"{"over_voltage": 30000, "current_below": -40000}"#).unwrap();
    assert_eq!(limits.over_voltage, Some(Millivolts::new(30_000)));
    assert_eq!(limits.current_below, Some(Milliamps::new(-40_000)));
    assert_eq!(limits.over_power, None);
    for (text, part) in [("\"ina226\"", Part::Ina226), ("\"ina237\"", Part::Ina237)] {
        assert_eq!(serde_json::from_str::<Part>(text).unwrap(), part);
    }
    let wiring: Wiring = serde_json::from_str("\"reversed\"").unwrap();
    assert_eq!(wiring, Wiring::Reversed);
}
