//! Exactly these bytes, in this order, from both clients. Expected bytes are written by hand from the wire page.

mod harness;

use battery_units::{Milliamps, Millivolts, Nanoamps};
use embedded_hal_mock::eh1::i2c::Transaction;
use harness::chips::*;
use ina226::{
    Address, AlertPin, Calibration, ConfigError, Error, Identity, IdentityPolicy, Inputs, Limits,
    Mode, Part, Settings, ShuntRange, Wiring,
};

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
    the_shortest_start_is_two_writes,
    None,
    [w(&[0x05, 0x08, 0x00]), w(&[0x06, 0x00, 0x01]),],
    |chip| chip.calibrate(
        Calibration::new(Part::Ina226, ShuntRange::Wide, SHUNT, Wiring::Direct)
            .and_then(|calibration| calibration.reaching(Milliamps::new(40_000)))
            .unwrap()
    ),
    |answer, after| {
        assert_eq!(after, Some(answer.unwrap()));
        assert_eq!(after.unwrap().cycle_microseconds(), 2_200);
    }
);

both_clients!(
    the_shortest_start_of_an_ina237_too,
    None,
    [w(&[0x02, 0x10, 0x00]), w(&[0x0B, 0x80, 0x01])],
    |chip| chip.calibrate(
        Calibration::new(Part::Ina237, ShuntRange::Wide, SHUNT, Wiring::Direct).unwrap()
    ),
    |answer, after| assert_eq!(after, Some(answer.unwrap()))
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
        let full_scale = Milliamps::new(40_958);
        let expected = ConfigError::BeyondFullScale { full_scale };
        assert_eq!(answer, Err(Error::Config(expected)));
        assert_eq!(after, ina226_setup());
    }
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
    an_energy_is_refused_where_none_is_counted,
    ina237_setup(),
    [],
    |chip| chip.energy(),
    |answer, _| assert_eq!(answer, Err(Error::Config(ConfigError::NotOnPart)))
);

both_clients!(
    a_charge_is_refused_where_none_is_counted,
    ina226_setup(),
    [],
    |chip| chip.charge(),
    |answer, _| assert_eq!(answer, Err(Error::Config(ConfigError::NotOnPart)))
);

both_clients!(
    nothing_is_cleared_before_init,
    None,
    [],
    |chip| chip.clear_accumulators(),
    |answer, _| assert_eq!(answer, Err(Error::NotInitialised))
);

both_clients!(
    the_accumulators_are_cleared_and_the_settings_beside_them_stay,
    ina228_setup(),
    [r(0x00, &[0x00, 0x50]), w(&[0x00, 0x40, 0x50])],
    |chip| chip.clear_accumulators(),
    |answer, after| {
        assert_eq!(answer, Ok(()));
        assert_eq!(after, ina228_setup());
    }
);

both_clients!(
    a_verify_names_the_register_that_changed,
    ina226_setup(),
    [r(0x00, &[0x45, 0x27]), r(0x05, &[0x08, 0x01])],
    |chip| chip.verify(Box::leak(Box::new(ina226_settings()))),
    |answer, _| {
        let expected = Error::NotWritten {
            register: 0x05,
            written: 0x0800,
            found: 0x0801,
        };
        assert_eq!(answer, Err(expected));
    }
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
