//! What other drivers of these chips get wrong, each as a case of its own.

mod harness;

use battery_units::{Microamps, Microohms, Nanoamps};
use harness::chips::*;
use harness::{BusFault, MemoryBus};
use ina226::registers::{ina226 as r226, ina237 as r237};
use ina226::{
    Address, AddressPin, Calibration, ConfigError, CurrentScale, CurrentStep, Error, Inputs, Mode,
    Part, ShuntRange, Wiring,
};

fn plain(uohm: u32) -> Calibration {
    Calibration::new(
        Part::Ina226,
        ShuntRange::Wide,
        Microohms::new(uohm),
        Wiring::Direct,
    )
    .unwrap()
}

fn step_of_a_milliampere(uohm: u32) -> Calibration {
    let step = CurrentStep::new(Nanoamps::new(1_000_000)).unwrap();
    Calibration::with_step(
        Part::Ina226,
        ShuntRange::Wide,
        Microohms::new(uohm),
        Wiring::Direct,
        step,
    )
    .unwrap()
}

#[test]
fn a_shunt_or_a_current_of_zero_or_less_is_refused() {
    let calibration = |uohm, microamps| {
        let (shunt, max) = (Microohms::new(uohm), Microamps::new(microamps));
        Calibration::for_max_current(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct, max)
    };
    assert!(calibration(2_000, 5_000_000).is_ok());
    // A shunt below zero cannot even be asked for: its unit has no sign.
    let found = Microohms::new(0);
    assert_eq!(
        calibration(0, 5_000_000).err(),
        Some(ConfigError::Shunt { found })
    );
    for current in [0, -1, i32::MIN] {
        assert_eq!(
            calibration(2_000, current).err(),
            Some(ConfigError::MaxCurrent)
        );
    }
    assert!(CurrentStep::new(Nanoamps::new(0)).is_err());
}

both_clients!(
    minus_ten_amperes_in_the_current_register_stay_negative,
    {
        let mut settings = ina226_settings();
        settings.scale = CurrentScale::Step(Nanoamps::new(1_000_000));
        Some(after_init(&settings))
    },
    // -10 A in steps of a milliampere: 65 536 - 10 000 = D8F0h.
    [r(0x04, &[0xD8, 0xF0])],
    |chip| chip.current(),
    |answer, _| assert_eq!(answer.unwrap().to_microamps(), Microamps::new(-10_000_000))
);

/// `$wait` ends a call.
macro_rules! dead_bus {
    ($test:ident, $client:ident, $wait:path) => {
        #[test]
        fn $test() {
            use ina226::$client::Ina2xx;
            let setup = ina226_setup().unwrap();
            let client = || {
                let bus = MemoryBus::default();
                bus.0.borrow_mut().failing = Some(0);
                Ina2xx::resume(bus, ADDRESS, setup)
            };
            let dead = Error::Bus(BusFault);
            assert_eq!($wait(client().reading()), Err(dead));
            assert_eq!($wait(client().voltage_and_current()), Err(dead));
            assert_eq!($wait(client().bus_voltage()), Err(dead));
            assert_eq!($wait(client().shunt_voltage()), Err(dead));
            assert_eq!($wait(client().current()), Err(dead));
            assert_eq!($wait(client().power()), Err(dead));
            assert_eq!($wait(client().flags()), Err(dead));
            let write = $wait(client().write(r226::Configuration::POWER_ON));
            assert_eq!(write, Err(dead));
            assert_eq!($wait(client().calibrate(plain(2_000))).err(), Some(dead));
            assert_eq!($wait(client().init(&ina226_settings())).err(), Some(dead));
        }
    };
}

dead_bus!(
    a_dead_bus_is_an_error_and_never_zero_volts_blocking,
    blocking,
    std::convert::identity
);
#[cfg(feature = "async")]
dead_bus!(
    a_dead_bus_is_an_error_and_never_zero_volts_async,
    asynch,
    harness::block_on
);

#[test]
fn a_mode_reads_back_as_the_mode_that_was_written() {
    for inputs in [Inputs::SHUNT, Inputs::BUS, Inputs::BOTH] {
        for mode in [Mode::Once(inputs), Mode::Continuous(inputs)] {
            let register = r226::Configuration::POWER_ON.with_mode(mode).unwrap();
            assert_eq!(register.mode(), mode);
            let register = r237::AdcConfig::POWER_ON.with_mode(mode).unwrap();
            assert_eq!(register.mode(), mode);
        }
    }
    // SBOS547: 1 is the shunt alone, once; 5 the same without end.
    assert_eq!(
        r226::Configuration::from_bits_retain(1).mode(),
        Mode::Once(Inputs::SHUNT)
    );
    assert_eq!(
        r226::Configuration::from_bits_retain(5).mode(),
        Mode::Continuous(Inputs::SHUNT)
    );
}

#[test]
fn five_amperes_through_two_milliohms_are_calibrated_with_16777() {
    // 0.00512 / (5 A / 32768 × 2 mΩ) = 16777.2.
    let (shunt, max) = (Microohms::new(2_000), Microamps::new(5_000_000));
    let calibration =
        Calibration::for_max_current(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct, max)
            .unwrap();
    assert!((16_776..=16_777).contains(&calibration.register_value()));
    assert!(
        calibration.register_full_scale() >= Nanoamps::new(5_000_000_000 - 5_000_000_000 / 32_768)
    );
}

#[test]
fn a_shunt_of_one_and_a_half_milliohms_is_not_cut_to_whole_ones() {
    // 0.00512 / (1 mA × 1.5 mΩ) = 3413.3; cut to 1 mΩ it would be 5120.
    assert_eq!(step_of_a_milliampere(1_500).register_value(), 3_413);
}

#[test]
fn shunts_below_a_milliohm_are_served() {
    // 0.00512 / (1 mA × 0.5 mΩ) = 10240; a 75 µΩ bar with the step of the shunt register reaches 1092 A.
    assert_eq!(step_of_a_milliampere(500).register_value(), 10_240);
    assert_eq!(plain(75).full_scale().to_milliamps().get() / 1_000, 1_092);
}

#[test]
fn the_address_pins_are_not_exchanged() {
    assert_eq!(
        Address::from_pins(AddressPin::Gnd, AddressPin::Vs).get(),
        0x41,
        "A1 at ground, A0 at the supply"
    );
    assert_eq!(
        Address::from_pins(AddressPin::Vs, AddressPin::Gnd).get(),
        0x44,
        "A1 at the supply, A0 at ground"
    );
}
