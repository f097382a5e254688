//! What becomes of the words of a chip: a reading, or an error that cannot be overlooked. Bytes are written by hand.

mod harness;

use battery_units::{Microamps, Microvolts, Milliamps, Millivolts, Nanoamps};
use harness::chips::*;
use ina226::{AlertLatch, Averaging, ConfigError, CurrentScale, Error, Flags, Settings};

both_clients!(
    voltage_and_current_take_two_transfers,
    ina226_setup(),
    [r(0x02, &[0x25, 0x70]), r(0x01, &[0x1F, 0x40])],
    |chip| chip.voltage_and_current(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(11_980));
        assert_eq!(reading.voltage.to_microvolts(), Microvolts::new(11_980_000));
        assert_eq!(reading.current.to_milliamps(), Milliamps::new(10_000));
        assert_eq!(reading.current.to_microamps(), Microamps::new(10_000_000));
        assert_eq!(reading.flags, Flags::empty());
    }
);

both_clients!(
    a_reading_has_the_flags_of_one_read,
    ina226_setup(),
    [
        r(0x02, &[0x4B, 0x00]),
        r(0x01, &[0xE0, 0xC0]),
        r(0x06, &[0x00, 0x09]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(24_000));
        assert_eq!(reading.current.to_milliamps(), Milliamps::new(-10_000));
        assert_eq!(reading.flags, Flags::CONVERSION_READY);
    }
);

both_clients!(
    an_ina237_reading_names_every_limit_that_was_passed,
    ina237_setup(),
    [
        r(0x05, &[0x25, 0x81]),
        r(0x04, &[0x3E, 0x81]),
        r(0x0B, &[0x80, 0x53]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.voltage.to_microvolts(), Microvolts::new(30_003_125));
        assert_eq!(reading.current.to_microamps(), Microamps::new(40_002_500));
        let expected =
            Flags::CONVERSION_READY | Flags::ALERT | Flags::CURRENT_ABOVE | Flags::OVER_VOLTAGE;
        assert_eq!(reading.flags, expected);
    }
);

both_clients!(
    a_reversed_shunt_turns_the_sign_and_the_limits,
    Some(after_init(&reversed())),
    [
        r(0x05, &[0x25, 0x80]),
        r(0x04, &[0x3E, 0x80]),
        r(0x0B, &[0x80, 0x43]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.current.to_milliamps(), Milliamps::new(-40_000));
        let expected = Flags::CONVERSION_READY | Flags::ALERT | Flags::CURRENT_BELOW;
        assert_eq!(reading.flags, expected);
    }
);

#[test]
fn the_limits_of_a_reversed_shunt_are_written_the_other_way_round() {
    let bus = harness::MemoryBus::with(&[(0x3E, &[0x54, 0x49]), (0x3F, &[0x23, 0x70])]);
    ina226::blocking::Ina2xx::new(bus.clone(), ADDRESS)
        .init(&reversed())
        .unwrap();
    // -50 A is above, 40 A below: 100 mV and -80 mV in steps of 5 µV.
    assert_eq!(bus.word(0x0C), 20_000);
    assert_eq!(bus.word(0x0D), 0x1_0000u32.wrapping_sub(16_000) as u16);
}

both_clients!(
    a_chip_that_lost_its_power_gives_no_reading,
    ina226_setup(),
    [
        r(0x02, &[0x4B, 0x00]),
        r(0x01, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x08]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let expected = Error::ChipReset {
            register: 0x06,
            expected: 0x0001,
            found: 0x0000,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    an_ina237_that_lost_its_power_gives_no_reading,
    ina237_setup(),
    [
        r(0x05, &[0x25, 0x80]),
        r(0x04, &[0x00, 0x00]),
        r(0x0B, &[0x00, 0x03]),
    ],
    |chip| chip.reading(),
    |answer, _| assert!(matches!(
        answer,
        Err(Error::ChipReset {
            register: 0x0B,
            expected: 0x8000,
            found: 0
        })
    ))
);

fn transparent() -> Settings {
    let mut settings = ina237_settings();
    settings.alert.latch = AlertLatch::Transparent;
    settings
}

both_clients!(
    without_the_latch_a_reset_shows_in_the_configuration,
    Some(after_init(&transparent())),
    [
        r(0x05, &[0x25, 0x80]),
        r(0x04, &[0x00, 0x00]),
        r(0x01, &[0xFB, 0x68]),
    ],
    |chip| chip.reading(),
    |answer, _| assert!(matches!(
        answer,
        Err(Error::ChipReset {
            register: 0x01,
            expected: 0xB903,
            found: 0xFB68
        })
    ))
);

#[test]
fn settings_behind_which_a_reset_would_hide_are_refused() {
    let mut settings = ina226_settings();
    settings.alert.latch = AlertLatch::Transparent;
    settings.averaging = Averaging::X1;
    let answer =
        ina226::blocking::Ina2xx::new(harness::MemoryBus::default(), ADDRESS).init(&settings);
    assert_eq!(answer, Err(Error::Config(ConfigError::ResetNotVisible)));
}

both_clients!(
    a_shunt_at_its_end_is_no_current,
    ina226_setup(),
    [r(0x02, &[0x25, 0x70]), r(0x01, &[0x7F, 0xFF])],
    |chip| chip.voltage_and_current(),
    |answer, _| {
        let Err(Error::OverRange(reading)) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(reading.flags, Flags::CURRENT_SATURATED);
        assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(11_980));
        assert_eq!(reading.current.to_microamps(), Microamps::new(40_958_750));
    }
);

both_clients!(
    a_shunt_at_its_negative_end_is_no_current,
    ina237_setup(),
    [
        r(0x05, &[0x25, 0x70]),
        r(0x04, &[0x80, 0x00]),
        r(0x0B, &[0x80, 0x03]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let Err(Error::OverRange(reading)) = answer else {
            panic!("{answer:?}");
        };
        let expected = Flags::CONVERSION_READY | Flags::CURRENT_SATURATED;
        assert_eq!(reading.flags, expected);
    }
);

both_clients!(
    a_bus_voltage_at_its_end_is_no_voltage,
    ina226_setup(),
    [r(0x02, &[0x7F, 0xFF]), r(0x01, &[0x00, 0x01])],
    |chip| chip.voltage_and_current(),
    |answer, _| assert!(matches!(
        answer,
        Err(Error::OverRange(reading)) if reading.flags == Flags::VOLTAGE_SATURATED
    ))
);

both_clients!(
    an_overflow_is_an_error_that_carries_the_reading,
    ina226_setup(),
    [
        r(0x02, &[0x25, 0x70]),
        r(0x01, &[0x1F, 0x40]),
        r(0x06, &[0x00, 0x0D]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let Err(Error::OverRange(reading)) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(reading.flags, Flags::CONVERSION_READY | Flags::OVERFLOW);
        assert_eq!(reading.current.to_milliamps(), Milliamps::new(10_000));
    }
);

both_clients!(
    a_line_that_reads_all_ones_gives_no_voltage,
    ina237_setup(),
    [r(0x05, &[0xFF, 0xFF]), r(0x04, &[0xFF, 0xFF])],
    |chip| chip.voltage_and_current(),
    |answer, _| {
        let expected = Error::Implausible {
            register: 0x05,
            found: -1,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    a_damaged_trim_is_no_reading,
    ina237_setup(),
    [
        r(0x05, &[0x25, 0x70]),
        r(0x04, &[0x00, 0x00]),
        r(0x0B, &[0x80, 0x02]),
    ],
    |chip| chip.reading(),
    |answer, _| assert!(matches!(answer, Err(Error::TrimDamaged { .. })))
);

/// An INA236 after `init`; its words are not asked for.
fn ina236() -> Option<ina226::Setup> {
    let mut settings = Settings::new(ina226::Part::Ina236, SHUNT);
    settings.identity = ina226::IdentityPolicy::Skip;
    Some(after_init(&settings))
}

both_clients!(
    a_memory_error_of_an_ina236_is_no_reading,
    ina236(),
    [
        r(0x02, &[0x3A, 0x98]),
        r(0x01, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x29]),
    ],
    |chip| chip.reading(),
    |answer, _| assert!(matches!(answer, Err(Error::TrimDamaged { .. })))
);

both_clients!(
    an_ina236_without_a_memory_error_is_read,
    ina236(),
    [
        // 15 000 counts of 1.6 mV.
        r(0x02, &[0x3A, 0x98]),
        r(0x01, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x09]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(24_000));
        assert_eq!(reading.flags, Flags::CONVERSION_READY);
    }
);

both_clients!(
    the_reserved_bit_of_an_ina226_is_no_memory_error,
    ina226_setup(),
    [
        r(0x02, &[0x4B, 0x00]),
        r(0x01, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x29]),
    ],
    |chip| chip.reading(),
    |answer, _| assert_eq!(answer.unwrap().flags, Flags::CONVERSION_READY)
);

both_clients!(
    nothing_is_read_before_init,
    None,
    [],
    |chip| chip.reading(),
    |answer, _| assert_eq!(answer, Err(Error::NotInitialised))
);

both_clients!(
    an_ina228_reads_three_bytes,
    ina228_setup(),
    [
        r(0x05, &[0x1E, 0x00, 0x00]),
        // -80 mV in steps of 312.5 nV: -256 000 = C1800h in 20 bits.
        r(0x04, &[0xC1, 0x80, 0x00]),
        r(0x0B, &[0x8C, 0x03]),
    ],
    |chip| chip.reading(),
    |answer, _| {
        let reading = answer.unwrap();
        assert_eq!(reading.voltage.to_millivolts(), Millivolts::new(24_000));
        assert_eq!(reading.current.to_microamps(), Microamps::new(-40_000_000));
        let expected = Flags::CONVERSION_READY | Flags::ENERGY_OVERFLOW | Flags::CHARGE_OVERFLOW;
        assert_eq!(reading.flags, expected);
    }
);

both_clients!(
    the_chips_own_current_uses_the_step_of_the_register,
    {
        let mut settings = ina226_settings();
        settings.scale = CurrentScale::Step(Nanoamps::new(1_000_000));
        Some(after_init(&settings))
    },
    [r(0x04, &[0xD8, 0xF0])],
    |chip| chip.current(),
    |answer, _| assert_eq!(answer.unwrap().to_microamps(), Microamps::new(-10_000_000))
);

both_clients!(
    a_single_voltage_at_its_end_is_an_error,
    ina226_setup(),
    [r(0x02, &[0x7F, 0xFF])],
    |chip| chip.bus_voltage(),
    |answer, _| {
        let expected = Error::RangeEnd {
            register: 0x02,
            found: 0x7FFF,
        };
        assert_eq!(answer, Err(expected));
    }
);

both_clients!(
    a_single_shunt_voltage_at_its_end_is_an_error,
    ina237_setup(),
    [r(0x04, &[0x80, 0x00])],
    |chip| chip.shunt_voltage(),
    |answer, _| assert!(matches!(
        answer,
        Err(Error::RangeEnd {
            register: 0x04,
            found: -0x8000
        })
    ))
);

both_clients!(
    a_single_current_at_its_end_is_an_error,
    ina226_setup(),
    [r(0x04, &[0x7F, 0xFF])],
    |chip| chip.current(),
    |answer, _| assert!(matches!(
        answer,
        Err(Error::RangeEnd { register: 0x04, .. })
    ))
);

both_clients!(
    a_single_shunt_voltage_has_the_direction_of_the_pins,
    Some(after_init(&reversed())),
    [r(0x04, &[0xE0, 0x00])],
    |chip| chip.shunt_voltage(),
    |answer, _| assert_eq!(answer.unwrap().as_picovolts(), -40_960_000_000)
);
