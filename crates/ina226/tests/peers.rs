//! What other drivers of these chips get wrong, each as a case of its own.

use battery_units::{Microamps, Microohms, Nanoamps};
use ina226::{Address, AddressPin, Calibration, CurrentStep, Part, ShuntRange, Wiring};

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
