//! Exactly these bytes, in this order, from both clients. Expected bytes are written by hand from the wire page.

mod harness;

use battery_units::{Microamps, Microohms, Microvolts, Milliamps, Millivolts, Nanoamps};
use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::Transaction;
use ina226::{
    Address, AddressPin, AlertLatch, AlertPin, Averaging, ConfigError, ConversionTime,
    CurrentScale, Error, Flags, Identity, IdentityPolicy, Inputs, Limits, Mode, Part, Settings,
    Setup, ShuntRange, Wiring,
};

const ADDRESS: Address = Address::from_pins(AddressPin::Gnd, AddressPin::Gnd);
const CHIP: u8 = 0x40;
const SHUNT: Microohms = Microohms::new(2_000);

fn w(bytes: &[u8]) -> Transaction {
    Transaction::write(CHIP, bytes.to_vec())
}

fn r(register: u8, answer: &[u8]) -> Transaction {
    Transaction::write_read(CHIP, vec![register], answer.to_vec())
}

fn refused() -> ErrorKind {
    ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address)
}

fn ina226_settings() -> Settings {
    Settings::new(Part::Ina226, SHUNT)
}

/// What the KXKM firmware writes: 64 averages of 540 µs, 30 V.
fn ina237_settings() -> Settings {
    let mut settings = Settings::new(Part::Ina237, SHUNT);
    settings.averaging = Averaging::X64;
    settings.bus_time = ConversionTime::Us540;
    settings.shunt_time = ConversionTime::Us540;
    settings.temperature_time = ConversionTime::Us50;
    settings.limits.over_voltage = Some(Millivolts::new(30_000));
    settings.limits.under_voltage = Some(Millivolts::new(24_000));
    settings.limits.current_above = Some(Milliamps::new(40_000));
    settings.limits.current_below = Some(Milliamps::new(-50_000));
    settings
}

/// The state after an `init`, from a chip in memory that holds what it is told.
fn after_init(settings: &Settings) -> Setup {
    let bus = harness::MemoryBus::with(&[
        (0xFE, &[0x54, 0x49]),
        (0xFF, &[0x22, 0x60]),
        (0x3E, &[0x54, 0x49]),
        (0x3F, &[0x23, 0x71]),
    ]);
    if settings.part == Part::Ina228 {
        bus.set(0x3F, &[0x22, 0x81]);
    }
    ina226::blocking::Ina2xx::new(bus, ADDRESS)
        .init(settings)
        .unwrap()
}

fn ina226_setup() -> Option<Setup> {
    Some(after_init(&ina226_settings()))
}

fn ina237_setup() -> Option<Setup> {
    Some(after_init(&ina237_settings()))
}

fn ina228_setup() -> Option<Setup> {
    Some(after_init(&Settings::new(Part::Ina228, SHUNT)))
}

both_clients!(
    init_of_an_ina226_checks_writes_and_reads_back,
    None,
    [
        r(0xFE, &[0x54, 0x49]),
        r(0xFF, &[0x22, 0x60]),
        w(&[0x00, 0x45, 0x27]),
        w(&[0x05, 0x08, 0x00]),
        w(&[0x07, 0x00, 0x00]),
        w(&[0x06, 0x00, 0x01]),
        r(0x00, &[0x45, 0x27]),
        r(0x05, &[0x08, 0x00]),
        r(0x07, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x09]),
    ],
    |chip| chip.init(&ina226_settings()),
    |answer, after| {
        let setup = answer.unwrap();
        assert_eq!(after, Some(setup));
        let calibration = setup.calibration();
        assert_eq!(calibration.register_value(), 2_048);
        assert_eq!(calibration.full_scale(), Nanoamps::new(40_958_750_000));
    }
);

both_clients!(
    init_of_an_ina237_sets_all_limits_before_the_pin,
    None,
    [
        r(0x3E, &[0x54, 0x49]),
        r(0x3F, &[0x23, 0x71]),
        w(&[0x00, 0x00, 0x00]),
        w(&[0x01, 0xB9, 0x03]),
        w(&[0x02, 0x10, 0x00]),
        w(&[0x0C, 0x3E, 0x80]),
        w(&[0x0D, 0xB1, 0xE0]),
        w(&[0x0E, 0x25, 0x80]),
        w(&[0x0F, 0x1E, 0x00]),
        w(&[0x10, 0x7F, 0xF0]),
        w(&[0x11, 0xFF, 0xFF]),
        w(&[0x0B, 0x80, 0x01]),
        r(0x00, &[0x00, 0x00]),
        r(0x01, &[0xB9, 0x03]),
        r(0x02, &[0x10, 0x00]),
        r(0x0C, &[0x3E, 0x80]),
        r(0x0D, &[0xB1, 0xE0]),
        r(0x0E, &[0x25, 0x80]),
        r(0x0F, &[0x1E, 0x00]),
        r(0x10, &[0x7F, 0xF0]),
        r(0x11, &[0xFF, 0xFF]),
        r(0x0B, &[0x80, 0x03]),
    ],
    |chip| chip.init(&ina237_settings()),
    |answer, after| {
        let setup = answer.unwrap();
        assert_eq!(after, Some(setup));
        assert_eq!(setup.cycle_microseconds(), 69_120);
        assert_eq!(setup.mode(), Mode::Continuous(Inputs::BOTH));
    }
);

both_clients!(
    init_of_an_ina228_compensates_for_the_shunt,
    None,
    [
        r(0x3E, &[0x54, 0x49]),
        r(0x3F, &[0x22, 0x81]),
        // Narrow range, compensation.
        w(&[0x00, 0x00, 0x30]),
        w(&[0x01, 0xBB, 0x6A]),
        w(&[0x02, 0x10, 0x00]),
        w(&[0x03, 0x00, 0x32]),
        w(&[0x0C, 0x7F, 0xFF]),
        w(&[0x0D, 0x80, 0x00]),
        w(&[0x0E, 0x7F, 0xFF]),
        w(&[0x0F, 0x00, 0x00]),
        w(&[0x10, 0x7F, 0xFF]),
        w(&[0x11, 0xFF, 0xFF]),
        w(&[0x0B, 0x80, 0x01]),
        r(0x00, &[0x00, 0x30]),
        r(0x01, &[0xBB, 0x6A]),
        r(0x02, &[0x10, 0x00]),
        r(0x03, &[0x00, 0x32]),
        r(0x0C, &[0x7F, 0xFF]),
        r(0x0D, &[0x80, 0x00]),
        r(0x0E, &[0x7F, 0xFF]),
        r(0x0F, &[0x00, 0x00]),
        r(0x10, &[0x7F, 0xFF]),
        r(0x11, &[0xFF, 0xFF]),
        r(0x0B, &[0x80, 0x01]),
    ],
    |chip| {
        let mut settings = Settings::new(Part::Ina228, SHUNT);
        settings.range = ShuntRange::Narrow;
        settings.shunt_tempco = Some(50);
        chip.init(Box::leak(Box::new(settings)))
    },
    |answer, _| assert!(answer.is_ok())
);

both_clients!(
    init_refuses_a_stranger_and_writes_nothing,
    ina226_setup(),
    [r(0xFE, &[0x12, 0x34]), r(0xFF, &[0x56, 0x78])],
    |chip| chip.init(&ina226_settings()),
    |answer, after| {
        let found = Identity {
            manufacturer: 0x1234,
            device: 0x5678,
        };
        assert_eq!(answer, Err(Error::WrongDevice { found }));
        assert_eq!(after, None);
    }
);

both_clients!(
    init_refuses_the_other_family,
    None,
    [r(0x3E, &[0x54, 0x49]), r(0x3F, &[0x22, 0x81])],
    |chip| chip.init(&ina237_settings()),
    |answer, _| assert!(matches!(answer, Err(Error::WrongDevice { .. })))
);

const CLONE: Identity = Identity {
    manufacturer: 0x190F,
    device: 0x0000,
};

both_clients!(
    init_accepts_a_clone_only_by_its_own_words,
    None,
    [
        r(0xFE, &[0x19, 0x0F]),
        r(0xFF, &[0x00, 0x00]),
        w(&[0x00, 0x45, 0x27]),
        w(&[0x05, 0x08, 0x00]),
        w(&[0x07, 0x00, 0x00]),
        w(&[0x06, 0x00, 0x01]),
        r(0x00, &[0x45, 0x27]),
        r(0x05, &[0x08, 0x00]),
        r(0x07, &[0x00, 0x00]),
        r(0x06, &[0x00, 0x01]),
    ],
    |chip| {
        let mut settings = ina226_settings();
        settings.identity = IdentityPolicy::Accept(CLONE);
        chip.init(Box::leak(Box::new(settings)))
    },
    |answer, _| assert!(answer.is_ok())
);

both_clients!(
    init_of_an_ina231_asks_for_no_identity,
    None,
    [
        w(&[0x00, 0x45, 0x27]),
        w(&[0x05, 0x08, 0x00]),
        w(&[0x07, 0x00, 0x00]),
        w(&[0x06, 0x00, 0x01]),
        // Lost: the register still holds its power-on value.
        r(0x00, &[0x41, 0x27]),
    ],
    |chip| chip.init(Box::leak(Box::new(Settings::new(Part::Ina231, SHUNT)))),
    |answer, after| {
        let expected = Error::NotWritten {
            register: 0x00,
            written: 0x4527,
            found: 0x4127,
        };
        assert_eq!(answer, Err(expected));
        assert_eq!(after, None);
    }
);

both_clients!(
    settings_that_cannot_be_met_cause_no_traffic_and_lose_nothing,
    ina226_setup(),
    [],
    |chip| {
        let mut settings = ina226_settings();
        settings.max_current = Some(Milliamps::new(50_000));
        chip.init(Box::leak(Box::new(settings)))
    },
    |answer, after| {
        let full_scale = Nanoamps::new(40_958_750_000);
        let expected = ConfigError::BeyondFullScale { full_scale };
        assert_eq!(answer, Err(Error::Config(expected)));
        assert_eq!(after, ina226_setup());
    }
);

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

fn reversed() -> Settings {
    let mut settings = ina237_settings();
    settings.wiring = Wiring::Reversed;
    settings
}

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
    limits_change_before_the_function,
    ina226_setup(),
    [w(&[0x07, 0x4B, 0x00]), w(&[0x06, 0x10, 0x01])],
    |chip| chip.set_alert(
        Box::leak(Box::new(Limits {
            under_voltage: Some(Millivolts::new(24_000)),
            ..Limits::default()
        })),
        AlertPin::default()
    ),
    |answer, after| {
        assert_eq!(after, Some(answer.unwrap()));
        assert_ne!(after, ina226_setup());
    }
);

both_clients!(
    a_limit_write_that_fails_leaves_nothing_known,
    ina226_setup(),
    [
        w(&[0x07, 0x4B, 0x00]),
        w(&[0x06, 0x10, 0x01]).with_error(refused()),
    ],
    |chip| chip.set_alert(
        Box::leak(Box::new(Limits {
            under_voltage: Some(Millivolts::new(24_000)),
            ..Limits::default()
        })),
        AlertPin::default()
    ),
    |answer, after| {
        assert_eq!(answer, Err(Error::Bus(refused())));
        assert_eq!(after, None);
    }
);

both_clients!(
    a_reset_of_an_ina226_keeps_power_on_bits,
    ina226_setup(),
    [w(&[0x00, 0xC1, 0x27])],
    |chip| chip.reset(Part::Ina226),
    |answer, after| {
        assert_eq!(answer, Ok(()));
        assert_eq!(after, None);
    }
);

both_clients!(
    power_down_keeps_the_other_settings,
    ina237_setup(),
    [w(&[0x01, 0x09, 0x03])],
    |chip| chip.set_mode(Mode::PowerDown),
    |answer, _| assert_eq!(answer.unwrap().cycle_microseconds(), 0)
);

both_clients!(
    the_temperature_is_refused_where_there_is_none,
    ina226_setup(),
    [],
    |chip| chip.die_temperature(),
    |answer, _| assert_eq!(answer, Err(Error::Config(ConfigError::NotOnPart)))
);

both_clients!(
    a_scan_tells_the_families_apart,
    None,
    [
        r(0x3E, &[0x00, 0x00]),
        r(0x3F, &[0x00, 0x00]),
        r(0xFE, &[0x54, 0x49]),
        r(0xFF, &[0x22, 0x61]),
    ],
    |chip| chip.probe(),
    |answer, _| assert_eq!(answer, Ok(Some(Part::Ina226)))
);

both_clients!(
    the_alert_response_names_the_chip,
    None,
    [Transaction::read(0x0C, vec![0x8B])],
    |chip| chip.alert_response(),
    |answer, _| assert_eq!(answer, Ok(Some(Address::new(0x45).unwrap())))
);

both_clients!(
    an_alert_response_nobody_takes_is_no_error,
    None,
    [Transaction::read(0x0C, vec![0]).with_error(refused())],
    |chip| chip.alert_response(),
    |answer, _| assert_eq!(answer, Ok(None))
);
