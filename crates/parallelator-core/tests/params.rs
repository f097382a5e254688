//! Parameters: defaults, ranges, relations, names.

use battery_units::*;
use parallelator_core::*;

fn faults(params: &Params) -> Vec<String> {
    let mut all = Vec::new();
    params.for_each_fault(|fault| all.push(fault.to_string()));
    all
}

#[test]
fn the_defaults_of_every_chemistry_are_valid() {
    for chemistry in [
        Chemistry::Nmc,
        Chemistry::Lfp,
        Chemistry::Lto,
        Chemistry::LeadAcid,
    ] {
        assert_eq!(
            faults(&Params::for_chemistry(chemistry)),
            [""; 0],
            "{chemistry:?}"
        );
    }
    assert_eq!(Params::for_chemistry(Chemistry::Nmc), Params::default());
}

#[test]
fn a_chemistry_sets_six_voltages_and_nothing_else() {
    for (chemistry, expected) in [
        (
            Chemistry::Nmc,
            [21_000, 24_000, 25_000, 29_000, 29_600, 30_000],
        ),
        (
            Chemistry::Lfp,
            [20_000, 22_400, 23_400, 27_600, 28_400, 29_200],
        ),
        (
            Chemistry::Lto,
            [19_800, 22_000, 23_100, 28_600, 29_700, 30_800],
        ),
        (
            Chemistry::LeadAcid,
            [21_000, 22_200, 23_400, 27_600, 28_800, 30_000],
        ),
    ] {
        let params = Params::for_chemistry(chemistry);
        for field in Params::fields() {
            let names = [
                "v_uv_abs_mv",
                "v_uv_mv",
                "v_uv_rec_mv",
                "v_ov_rec_mv",
                "v_ov_mv",
                "v_ov_abs_mv",
            ];
            let wanted = names
                .iter()
                .position(|name| *name == field.name)
                .map_or(field.get(&Params::default()), |place| expected[place]);
            assert_eq!(field.get(&params), wanted, "{chemistry:?} {}", field.name);
        }
    }
}

#[test]
fn what_just_reaches_its_rule_is_valid() {
    // 1.6 × 10 A × 60 mΩ are 960 mV; two ticks of 150 ms are 300 ms.
    for (rebound_mv, tick_ms, fault) in [
        (960, 150, None),
        (959, 150, Some("v_uv_rec_mv")),
        (960, 151, Some("age_soft_ms")),
    ] {
        let params = Params {
            v_uv_rec: Millivolts::new(24_000 + rebound_mv),
            tick_ms,
            t_settle_ms: 302,
            ..Params::default()
        };
        assert_eq!(params.check().err().map(|error| error.field), fault);
    }
    for (t_settle_ms, fault) in [(200, None), (199, Some("t_settle_ms"))] {
        let params = Params {
            t_settle_ms,
            ..Params::default()
        };
        assert_eq!(params.check().err().map(|error| error.field), fault);
    }
}

#[test]
fn every_fault_is_reported_with_its_field() {
    let params = Params {
        tick_ms: 5,
        v_uv: Millivolts::new(25_500),
        i_circ_max: Milliamps::new(12_000),
        t_chg_min: DeciCelsius::new(500),
        ..Params::default()
    };
    assert_eq!(
        faults(&params),
        [
            "tick_ms: 5 is outside 20 to 1000",
            "v_uv_mv: 25500 is not below v_uv_rec_mv 25000",
            "i_circ_max_ma: 12000 is above i_dis_max_ma 10000",
            "i_circ_max_ma: 12000 is above i_chg_max_ma 10000",
            "v_uv_rec_mv: 25000 is too small, v_uv_mv + 1.6 × i_dis_max_ma × r_nom_mohm asks for 26460",
            "t_chg_max_dc: 450 is too small, t_chg_min_dc + 10 °C asks for 600",
        ]
    );
    assert_eq!(params.check().unwrap_err().field, "tick_ms");
}

#[test]
fn times_must_leave_room_for_two_ticks() {
    let slow = Params {
        tick_ms: 400,
        ..Params::default()
    };
    assert_eq!(
        faults(&slow),
        [
            "age_soft_ms: 300 is too small, two ticks asks for 800",
            "t_settle_ms: 500 is too small, two ticks asks for 800",
        ]
    );
    let equal = Params {
        age_soft_ms: 1_000,
        ..Params::default()
    };
    assert_eq!(
        faults(&equal),
        ["age_soft_ms: 1000 is not below age_hard_ms 1000"]
    );
}

#[test]
fn a_precharge_must_be_able_to_settle_before_its_time_out() {
    let fitted = |t_settle_ms| Params {
        r_pre: Milliohms::new(10_000),
        t_settle_ms,
        ..Params::default()
    };
    assert_eq!(fitted(1_999).check(), Ok(()));
    assert_eq!(
        faults(&fitted(2_000)),
        ["t_settle_ms: 2000 is not below the time-out of a pre-charge (r_pre_mohm) 2000"]
    );
    let without = Params {
        r_pre: Milliohms::new(0),
        ..fitted(2_000)
    };
    assert_eq!(without.check(), Ok(()));
}

#[test]
fn every_parameter_has_a_name_and_every_name_sets_its_own_parameter() {
    let defaults = Params::default();
    for field in Params::fields() {
        let (min, max) = field.range().into_inner();
        for value in [min, max] {
            let mut params = defaults;
            field.set(&mut params, value).unwrap();
            assert_eq!(field.get(&params), value, "{}", field.name);
            let moved = Params::fields()
                .iter()
                .filter(|other| other.get(&params) != other.get(&defaults));
            assert!(moved.count() <= 1, "{}", field.name);
        }
        for outside in [min - 1, max + 1, i64::MIN, i64::MAX] {
            let mut params = defaults;
            assert!(
                field.set(&mut params, outside).is_err(),
                "{} {outside}",
                field.name
            );
            assert_eq!(params, defaults);
        }
    }
    assert!(Params::field("i_circ_max_ma").is_some());
    assert!(Params::field("i_circ_max").is_none());
}

#[test]
fn a_value_put_outside_its_range_never_ends_inside_it() {
    for field in Params::fields() {
        let (min, max) = field.range().into_inner();
        for value in [
            i64::MIN,
            min - 1,
            max + 1,
            i64::from(u32::MAX) + 1 + min,
            i64::MAX,
        ] {
            let mut params = Params::default();
            field.put(&mut params, value);
            let expected = format!("{}: ", field.name);
            assert!(
                faults(&params)
                    .iter()
                    .any(|fault| fault.starts_with(&expected) && fault.contains("is outside")),
                "{} put to {value}",
                field.name
            );
        }
        let mut params = Params::default();
        field.put(&mut params, max);
        assert_eq!(field.get(&params), max, "{}", field.name);
    }
}

#[test]
fn choices_go_by_their_names() {
    for choice in Params::choices() {
        for option in choice.options {
            let mut params = Params::default();
            assert!(choice.set(&mut params, option));
            assert_eq!(choice.get(&params), *option);
        }
        assert!(!choice.set(&mut Params::default(), "neither"));
    }
}

#[test]
fn a_hard_limit_of_wild_parameters_ends_at_the_end_of_its_range() {
    let wild = |current| Params {
        i_dis_max: current,
        i_chg_max: current,
        k_oc: Permille::new(u16::MAX),
        ..Params::default()
    };
    for end in [Milliamps::MIN, Milliamps::MAX] {
        assert_eq!(wild(end).hard_discharge(), end);
        assert_eq!(wild(end).hard_charge(), end);
    }
}

#[test]
fn the_wear_budget_of_the_fleet_grows_with_the_rack() {
    let params = Params::default();
    assert_eq!(params.closes_per_hour_of_fleet(8), 60);
    assert_eq!(params.closes_per_hour_of_fleet(32), 128);
    let fixed = Params {
        closes_per_hour_fleet: Some(7),
        ..params
    };
    assert_eq!(fixed.closes_per_hour_of_fleet(32), 7);
}

#[test]
fn a_core_refuses_what_it_cannot_run() {
    let text = |packs, params| Core::<16>::new(packs, params).unwrap_err().to_string();
    assert_eq!(
        text(0, Params::default()),
        "a rack of 0 packs: this core takes 1 to 16"
    );
    assert_eq!(
        text(17, Params::default()),
        "a rack of 17 packs: this core takes 1 to 16"
    );
    let bad = Params {
        n_lock: 0,
        ..Params::default()
    };
    assert_eq!(
        text(4, bad),
        "the parameters cannot be used: n_lock: 0 is outside 1 to 20"
    );
    assert_eq!(
        Core::<40>::new(33, Params::default()).unwrap_err(),
        StartError::PackCount { packs: 33, max: 32 }
    );
}

#[test]
fn codes_are_unique_and_come_back() {
    let mut codes: Vec<_> = Fault::ALL.iter().map(|fault| fault.code()).collect();
    codes.extend(Waiting::ALL.iter().map(|waiting| waiting.code()));
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    for fault in Fault::ALL {
        assert_eq!(Fault::from_code(fault.code()), Some(*fault));
    }
    assert_eq!(Fault::from_code("connected"), None);
}

#[test]
fn the_state_of_a_core_for_sixteen_packs_fits_its_budget() {
    assert!(
        size_of::<Core<16>>() <= 4_096,
        "{} bytes",
        size_of::<Core<16>>()
    );
}

#[test]
fn currents_that_count_as_none_stay_far_below_the_limits() {
    type Set = fn(&mut Params, Milliamps);
    let sets: [(&str, Set); 2] = [
        ("i_leak_ma", |params, current| params.i_leak = current),
        ("i_open_ma", |params, current| params.i_open = current),
    ];
    for (name, set) in sets {
        // A quarter of the smaller one, 8 A.
        for (milliamps, fits) in [(2_000, true), (2_001, false)] {
            for (discharge, charge) in [(8_000, 10_000), (10_000, 8_000)] {
                let mut params = Params {
                    i_dis_max: Milliamps::new(discharge),
                    i_chg_max: Milliamps::new(charge),
                    ..Params::default()
                };
                set(&mut params, Milliamps::new(milliamps));
                let fault = params.check().err().map(|error| error.field);
                assert_eq!(fault, Some(name).filter(|_| !fits), "{milliamps}");
            }
        }
    }
}

#[test]
fn a_window_of_temperatures_leaves_room_for_its_hysteresis() {
    for (low, high, fits) in [(200, 300, true), (200, 299, false), (200, 100, false)] {
        let (low, high) = (DeciCelsius::new(low), DeciCelsius::new(high));
        let charging = Params {
            t_chg_min: low,
            t_chg_max: high,
            ..Params::default()
        };
        let discharging = Params {
            t_dis_min: low,
            t_dis_max: high,
            ..Params::default()
        };
        for (params, name) in [(charging, "t_chg_max_dc"), (discharging, "t_dis_max_dc")] {
            let fault = params.check().err().map(|error| error.field);
            assert_eq!(fault, Some(name).filter(|_| !fits), "{low:?} {high:?}");
        }
    }
}

#[test]
fn a_rack_that_may_never_close_anything_is_refused() {
    for (closings, fits) in [(None, true), (Some(1), true), (Some(0), false)] {
        let params = Params {
            closes_per_hour_fleet: closings,
            ..Params::default()
        };
        assert_eq!(params.check().is_ok(), fits, "{closings:?}");
    }
}
