//! The rack description: the KXKM map, and every contradiction that is refused.

use battery_units::{Microohms, Milliamps};
use parallelator_core::Params;
use parallelator_node::{Label, PackWiring, Rack, RackError, Sensor, check_wiring, kxkm_wiring};

fn errors(packs: &[PackWiring], params: &Params) -> Vec<String> {
    let mut all = Vec::new();
    check_wiring(packs, params, |error| all.push(error.to_string()));
    all
}

#[test]
fn the_kxkm_rack_is_the_one_on_the_wiring_sheet() {
    // Battery, bus, sensor, expander, switch, alert, red, green: the sheet names P03 for channel 0 down to P00 for 3.
    let sheet = [
        (1, 0, 0x40, 0x20, 3, 7, 8, 9),
        (2, 0, 0x41, 0x20, 2, 6, 10, 11),
        (4, 0, 0x43, 0x20, 0, 4, 14, 15),
        (5, 0, 0x44, 0x21, 3, 7, 8, 9),
        (12, 0, 0x4B, 0x22, 0, 4, 14, 15),
        (16, 0, 0x4F, 0x23, 0, 4, 14, 15),
        (17, 1, 0x40, 0x20, 3, 7, 8, 9),
        (32, 1, 0x4F, 0x23, 0, 4, 14, 15),
    ];
    for (battery, bus, sensor, expander, switch, alert, red, green) in sheet {
        let pack = kxkm_wiring(battery - 1);
        assert_eq!(
            (pack.bus, pack.sensor, pack.expander),
            (bus, sensor, expander),
            "battery {battery}"
        );
        assert_eq!(
            (
                pack.switch_pin,
                pack.alert_pin,
                pack.red_pin,
                pack.green_pin
            ),
            (switch, Some(alert), Some(red), Some(green)),
            "battery {battery}"
        );
        assert_eq!(pack.shunt, Microohms::new(2_000));
    }
    for packs in [1, 4, 16, 32] {
        let all: Vec<_> = (0..packs).map(kxkm_wiring).collect();
        assert!(Rack::<32>::new(&all, &Params::default()).is_ok());
    }
}

#[test]
fn a_rack_has_one_pack_at_least_and_no_more_than_fit() {
    let packs: Vec<_> = (0..17).map(kxkm_wiring).collect();
    let refused = |count: usize| Rack::<16>::new(&packs[..count], &Params::default()).unwrap_err();
    assert_eq!(refused(0), RackError::PackCount { found: 0, max: 16 });
    assert_eq!(
        refused(17).to_string(),
        "17 packs given, 1 to 16 are possible"
    );
}

#[test]
fn a_resistor_that_no_output_switches_is_refused() {
    let packs: Vec<_> = (0..4).map(kxkm_wiring).collect();
    let params = Params {
        r_pre: battery_units::Milliohms::new(10_000),
        ..Params::default()
    };
    assert_eq!(
        errors(&packs, &params),
        [
            "r_pre_mohm 10000 is given, but no output of this rack drives a pre-charge path; it has to be 0"
        ]
    );
}

#[test]
fn every_contradiction_is_named_with_its_pack_and_field() {
    let mut packs: Vec<_> = (0..4).map(kxkm_wiring).collect();
    packs[1].sensor = 0x40;
    packs[2].switch_pin = 3;
    packs[3].expander = 0x19;
    packs[3].alert_pin = Some(16);
    packs[3].shunt = Microohms::new(5);
    assert_eq!(
        errors(&packs, &Params::default()),
        [
            "pack 2: pack 1 has the same bus and sensor address",
            "pack 3: switch_pin is already used by pack 1",
            "pack 4: expander 25 is outside 32 to 39",
            "pack 4: shunt_uohm 5 is outside 10 to 10000000",
            "pack 4: alert_pin 16 is outside 0 to 15",
        ]
    );
}

#[test]
fn a_pin_used_twice_by_one_pack_is_refused_too() {
    let mut pack = kxkm_wiring(0);
    pack.green_pin = pack.red_pin;
    assert_eq!(
        errors(&[pack], &Params::default()),
        ["pack 1: green_pin is already used by pack 1"]
    );
}

#[test]
fn a_sensor_that_cannot_see_the_hard_trip_is_refused() {
    // The original calibrated for 10 A and tripped above 10 A, so never (defect D-3).
    let params = Params {
        i_dis_max: Milliamps::new(30_000),
        ..Params::default()
    };
    let mut pack = kxkm_wiring(0);
    pack.sensor_kind = Sensor::Ina226;
    // 81.9 mV over 2 mΩ; the trip at 42 A needs a fifth more.
    assert_eq!(
        errors(&[pack], &params),
        ["pack 1: the sensor reaches 40958 mA through this shunt, the hard trip needs 50400 mA"]
    );
    pack.sensor_kind = Sensor::Ina237;
    assert!(errors(&[pack], &params).is_empty());
}

#[test]
fn labels_have_a_length() {
    assert_eq!(
        Label::new("Pack 7, rouge").unwrap().as_str(),
        "Pack 7, rouge"
    );
    assert_eq!(
        Label::new("é".repeat(12).as_str()).unwrap().as_str(),
        "é".repeat(12)
    );
    assert_eq!(Label::new("é".repeat(13).as_str()), None);
    assert_eq!(Label::default().as_str(), "");
}
