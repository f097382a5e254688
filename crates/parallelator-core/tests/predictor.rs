//! The predictor against exact arithmetic: invariants I3, I4, I5 and I28.

use battery_units::{Milliamps, Milliohms, Millivolts, Permille};
use parallelator_core::predictor::{Predictor, Source};
use parallelator_core::{PackSet, Params};
use proptest::prelude::*;

fn open(params: &Params, millivolts: i32) -> Source {
    Source::open(params, Millivolts::new(millivolts), Milliamps::ZERO, 0)
}

fn all(count: usize) -> PackSet {
    (0..count).collect()
}

/// True circulating currents in milliamps from true voltages (mV) and resistances (mΩ).
fn circulation(u: &[f64], r: &[f64]) -> Vec<f64> {
    let g: f64 = r.iter().map(|r| 1.0 / r).sum();
    let mean = u.iter().zip(r).map(|(u, r)| u / r).sum::<f64>() / g;
    u.iter()
        .zip(r)
        .map(|(u, r)| (mean - u) / r * 1_000.0)
        .collect()
}

#[test]
fn two_packs_are_bounded_by_the_difference_over_both_smallest_paths() {
    let params = Params::default();
    let sources = [open(&params, 28_000), open(&params, 28_340)];
    let bound = Predictor::new(&params, &sources).of(all(2)).bound(0);
    // (340 + 20) mV over 2 × 60 mΩ × 0.6, and one step for the cautious rounding.
    assert!((5_000..=5_001).contains(&bound.get()), "{bound}");
}

#[test]
fn a_single_pack_circulates_nothing() {
    let params = Params::default();
    let sources = [open(&params, 28_000)];
    let predictor = Predictor::new(&params, &sources);
    assert_eq!(predictor.of(all(1)).bound(0), Milliamps::ZERO);
    assert_eq!(predictor.of(all(1)).circulating(0), Milliamps::ZERO);
    assert_eq!(
        predictor.of(all(1)).current(0, Milliamps::new(-4_000)),
        Milliamps::new(-4_000)
    );
}

#[test]
fn a_connected_pack_is_judged_by_its_open_circuit_voltage() {
    let params = Params::default();
    let loaded = Source::connected(&params, Millivolts::new(27_700), Milliamps::new(-5_000));
    let sources = [loaded];
    let predictor = Predictor::new(&params, &sources);
    assert_eq!(predictor.open_circuit(0), Millivolts::new(28_000));
    // r_err × R × |I| = 0.4 × 60 mΩ × 5 A.
    assert_eq!(loaded.error(), Millivolts::new(120));
}

#[test]
fn the_error_of_a_relaxing_pack_decays_but_never_faster_than_the_exponential() {
    let params = Params::default();
    for since_s in 0..4_000u64 {
        let source = Source::open(
            &params,
            Millivolts::new(28_000),
            Milliamps::new(-10_000),
            since_s * 1_000,
        );
        let exact = 0.5 * 60.0 * 10.0 * (-(since_s as f64) / 300.0).exp();
        let error = f64::from(source.error().get());
        assert!(error >= exact, "{since_s} s: {error} mV is below {exact}");
        assert!(
            error <= exact * 1.07 + 2.0,
            "{since_s} s: {error} mV is far above {exact}"
        );
    }
}

#[test]
fn extreme_numbers_are_answered() {
    let params = Params::default();
    let wild = [i32::MIN, -1, 0, 1, i32::MAX];
    for voltage in wild {
        for current in wild {
            let sources = [
                Source::connected(&params, Millivolts::new(voltage), Milliamps::new(current)),
                Source::open(
                    &params,
                    Millivolts::new(current),
                    Milliamps::new(voltage),
                    u64::MAX,
                ),
            ];
            let predictor = Predictor::new(&params, &sources);
            let _ = predictor.of(all(32)).largest_bound();
            let _ = predictor
                .of(all(2))
                .current_range(1, Milliamps::new(current));
            let _ = predictor
                .of(all(2))
                .headroom_of_fleet(0, Milliamps::new(voltage));
            assert_eq!(predictor.of(all(2)).bound(31), Milliamps::ZERO);
        }
    }
}

/// Voltages in millivolts and, for each, a place of the true R in the band (−1 … 1) and of the true U in its error.
fn racks() -> impl Strategy<Value = Vec<(i32, f64, f64)>> {
    prop::collection::vec((25_000..26_500i32, -1.0..=1.0f64, -1.0..=1.0f64), 2..=32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Two ways to the same answer: the gate compares without the division that the bound is worked out with.
    #[test]
    fn a_set_is_admissible_exactly_when_its_largest_bound_is_within_the_limit(
        rack in prop::collection::vec(-40_000..40_000i32, 1..=32), r_nom in 1..=2_000u32, other in 0..=500_000i32,
    ) {
        let params = Params { r_nom: Milliohms::new(r_nom), ..Params::default() };
        let sources: Vec<Source> = rack.iter().map(|&mv| open(&params, mv)).collect();
        let prediction = Predictor::new(&params, &sources).of(all(rack.len()));
        let bound = prediction.largest_bound();
        for limit in [bound.get(), bound.get().saturating_sub(1), other, i32::MAX, 0, -1] {
            let limit = Milliamps::new(limit);
            prop_assert_eq!(prediction.is_admissible(limit), bound <= limit, "{} {}", bound, limit);
        }
    }

    /// I5.
    #[test]
    fn no_true_resistance_and_voltage_inside_their_bands_exceeds_the_bound(
        rack in racks(), r_nom in 1..=500u32, r_err in 50..=500u16, dv_err in 1..=200i32,
    ) {
        let params = Params {
            r_nom: Milliohms::new(r_nom),
            r_err: Permille::new(r_err),
            dv_err: Millivolts::new(dv_err),
            ..Params::default()
        };
        let sources: Vec<Source> = rack.iter().map(|&(mv, ..)| open(&params, mv)).collect();
        let predictor = Predictor::new(&params, &sources);
        let r: Vec<f64> = rack.iter()
            .map(|&(_, place, _)| f64::from(r_nom) * (1.0 + place * f64::from(r_err) / 1_000.0))
            .collect();
        // A pair may be wrong by dv_err, so each pack by half of it.
        let u: Vec<f64> = rack.iter()
            .map(|&(mv, _, place)| f64::from(mv) + place * f64::from(dv_err) / 2.0)
            .collect();
        for (index, true_ma) in circulation(&u, &r).into_iter().enumerate() {
            let bound = f64::from(predictor.of(all(rack.len())).bound(index).get());
            prop_assert!(true_ma.abs() <= bound, "pack {index}: {true_ma} mA, bound {bound} mA");
        }
    }

    /// I5 under load: a wrong R puts an error on U, which the bound must cover.
    #[test]
    fn the_bound_holds_under_load_for_every_true_resistance(
        rack in racks(), load_ma in -40_000..=40_000i32, extra in 25_000..26_500i32,
    ) {
        let params = Params::default();
        let r: Vec<f64> = rack.iter().map(|&(_, place, _)| 60.0 * (1.0 + 0.4 * place)).collect();
        let u: Vec<f64> = rack.iter().map(|&(mv, ..)| f64::from(mv)).collect();
        let g: f64 = r.iter().map(|r| 1.0 / r).sum();
        let mean = u.iter().zip(&r).map(|(u, r)| u / r).sum::<f64>() / g;
        let bus = mean + f64::from(load_ma) / 1_000.0 / g;
        let mut sources: Vec<Source> = u.iter().zip(&r).map(|(u, r)| {
            let current = ((bus - u) / r * 1_000.0).round() as i32;
            Source::connected(&params, Millivolts::new(bus.round() as i32), Milliamps::new(current))
        }).collect();
        sources.push(open(&params, extra));
        let predictor = Predictor::new(&params, &sources);
        let (mut u, mut r) = (u, r);
        u.push(f64::from(extra));
        r.push(60.0);
        for (index, true_ma) in circulation(&u, &r).into_iter().enumerate() {
            let bound = f64::from(predictor.of(all(r.len())).bound(index).get());
            prop_assert!(true_ma.abs() <= bound, "pack {index}: {true_ma} mA, bound {bound} mA");
        }
    }

    /// I4.
    #[test]
    fn every_subset_of_an_admissible_set_is_admissible(rack in racks(), mask: u32, limit in 100..20_000i32) {
        let params = Params::default();
        let sources: Vec<Source> = rack.iter()
            .map(|&(mv, current, _)| {
                Source::open(&params, Millivolts::new(mv), Milliamps::new((current * 9_000.0) as i32), 10_000)
            })
            .collect();
        let predictor = Predictor::new(&params, &sources);
        let whole = all(rack.len());
        let part = PackSet::from_bits(whole.bits() & mask);
        prop_assert!(predictor.of(part).largest_bound() <= predictor.of(whole).largest_bound());
        let limit = Milliamps::new(limit);
        prop_assert!(!predictor.of(whole).is_admissible(limit) || predictor.of(part).is_admissible(limit));
    }

    /// I3.
    #[test]
    fn mirrored_voltages_have_the_same_bounds(rack in racks()) {
        let params = Params::default();
        let sources: Vec<Source> = rack.iter().map(|&(mv, ..)| open(&params, mv)).collect();
        let mirrored: Vec<Source> = rack.iter().map(|&(mv, ..)| open(&params, 52_000 - mv)).collect();
        let (one, other) = (Predictor::new(&params, &sources), Predictor::new(&params, &mirrored));
        for index in 0..rack.len() {
            prop_assert_eq!(one.of(all(rack.len())).bound(index), other.of(all(rack.len())).bound(index));
        }
    }

    /// I28, for the parameters of the bound.
    #[test]
    fn more_uncertainty_never_makes_a_bound_smaller(rack in racks(), r_err in 50..499u16, dv_err in 1..199i32) {
        let loose = Params { r_err: Permille::new(r_err), dv_err: Millivolts::new(dv_err), ..Params::default() };
        let strict = Params { r_err: Permille::new(r_err + 1), dv_err: Millivolts::new(dv_err + 1), ..loose };
        let bound = |params: &Params| {
            let sources: Vec<Source> = rack.iter().map(|&(mv, ..)| open(params, mv)).collect();
            Predictor::new(params, &sources).of(all(rack.len())).largest_bound()
        };
        prop_assert!(bound(&strict) >= bound(&loose));
    }

    /// The range used for the charge and discharge windows holds for every true R and U.
    #[test]
    fn the_current_range_contains_every_true_current(rack in racks(), load_ma in -60_000..=60_000i32) {
        let params = Params::default();
        let sources: Vec<Source> = rack.iter().map(|&(mv, ..)| open(&params, mv)).collect();
        let predictor = Predictor::new(&params, &sources);
        let r: Vec<f64> = rack.iter().map(|&(_, place, _)| 60.0 * (1.0 + 0.4 * place)).collect();
        let u: Vec<f64> = rack.iter().map(|&(mv, _, place)| f64::from(mv) + place * 10.0).collect();
        let g: f64 = r.iter().map(|r| 1.0 / r).sum();
        for (index, circulating) in circulation(&u, &r).into_iter().enumerate() {
            let current = circulating + f64::from(load_ma) / r[index] / g;
            let range = predictor.of(all(rack.len())).current_range(index, Milliamps::new(load_ma));
            prop_assert!(f64::from(range.low.get()) <= current + 0.001, "{current} mA below {range:?}");
            prop_assert!(f64::from(range.high.get()) >= current - 0.001, "{current} mA above {range:?}");
        }
    }
}

#[test]
fn a_pack_that_is_not_there_is_given_nothing() {
    let params = Params::default();
    let sources = [open(&params, 28_000), open(&params, 28_100)];
    let predictor = Predictor::new(&params, &sources);
    let prediction = predictor.of(all(2));
    let range = prediction.current_range(2, Milliamps::ZERO);
    assert_eq!((range.low, range.high), (Milliamps::MIN, Milliamps::MAX));
    let headroom = Milliamps::new(5_000);
    assert_eq!(prediction.headroom_of_fleet(2, headroom), Milliamps::ZERO);
    assert_eq!(prediction.circulating(2), Milliamps::ZERO);
    assert_eq!(prediction.share_of(2, headroom), Milliamps::ZERO);
    assert_eq!(
        predictor.against_stiff_bus(2, Millivolts::ZERO),
        Milliamps::MAX
    );
    assert_eq!(predictor.measurement_error(2), Milliamps::ZERO);
    assert_eq!(predictor.open_circuit(2), Millivolts::ZERO);
}

#[test]
fn without_a_time_to_rest_an_opened_pack_has_no_error() {
    let params = Params {
        t_rest_ms: 0,
        ..Params::default()
    };
    for since_ms in [0, 1, 100_000] {
        let voltage = Millivolts::new(28_000);
        let source = Source::open(&params, voltage, Milliamps::new(9_000), since_ms);
        assert_eq!(source.error(), Millivolts::ZERO);
    }
}

#[test]
fn a_set_without_packs_is_admissible_under_every_limit() {
    let params = Params::default();
    let sources = [open(&params, 28_000), open(&params, 26_000)];
    let nobody = Predictor::new(&params, &sources).of(PackSet::EMPTY);
    for limit in [Milliamps::ZERO, Milliamps::new(1), Milliamps::MAX] {
        assert!(nobody.is_admissible(limit));
    }
    assert!(nobody.largest_bound() <= Milliamps::ZERO);
}

#[test]
fn a_bus_of_millions_of_volts_is_answered_like_one_of_two_thousand() {
    let params = Params::default();
    let sources = [open(&params, 28_000)];
    let predictor = Predictor::new(&params, &sources);
    // 31 bits of microvolts, 2 147.48 V, over the smallest path of the band.
    let most = f64::from(i32::MAX) / 36.0;
    for bus in [2_500_000, i32::MAX, i32::MIN] {
        let current = predictor.against_stiff_bus(0, Millivolts::new(bus));
        let off = f64::from(current.get()) / most - 1.0;
        assert!((0.0..0.001).contains(&off), "{current}");
    }
}

#[test]
fn what_a_measuring_error_does_is_rounded_up_once() {
    // 20 mV over 1 mΩ are 20 A to the milliamp; over 60 mΩ 333⅓ mA.
    for (r_nom, milliamps) in [(1, 20_000), (60, 334)] {
        let params = Params {
            r_nom: Milliohms::new(r_nom),
            ..Params::default()
        };
        let sources = [open(&params, 28_000)];
        let error = Predictor::new(&params, &sources).measurement_error(0);
        assert_eq!(error, Milliamps::new(milliamps));
    }
}

#[test]
fn shares_and_circulation_are_rounded_to_the_nearest_milliamp() {
    let params = Params::default();
    let equal = [open(&params, 28_000); 3];
    let predictor = Predictor::new(&params, &equal);
    for (fleet, share) in [(1, 0), (2, 1), (-1, 0), (-2, -1), (3_001, 1_000)] {
        assert_eq!(
            predictor.of(all(3)).share_of(1, Milliamps::new(fleet)),
            Milliamps::new(share),
            "{fleet} mA"
        );
    }
    // Half of the difference over 60 mΩ: 1 000 mA, and 2 mV give 16⅔ mA.
    for (apart, circulating) in [(120, 1_000), (2, 17), (1, 8)] {
        let sources = [open(&params, 28_000), open(&params, 28_000 + apart)];
        let pair = Predictor::new(&params, &sources).of(all(2));
        assert_eq!(pair.circulating(0), Milliamps::new(circulating));
        assert_eq!(pair.circulating(1), Milliamps::new(-circulating));
    }
}

#[test]
fn a_place_without_a_pack_has_the_path_of_the_parameters_and_no_voltage() {
    let params = Params::default();
    let sources = [Source::default(), open(&params, 0)];
    let pair = Predictor::new(&params, &sources).of(all(2));
    for index in 0..2 {
        assert_eq!(
            pair.share_of(index, Milliamps::new(9_000)),
            Milliamps::new(4_500)
        );
    }
}

#[test]
fn every_pack_of_three_circulates_towards_their_mean() {
    let params = Params::default();
    let sources = [28_000, 28_000, 28_180].map(|millivolts| open(&params, millivolts));
    let predictor = Predictor::new(&params, &sources);
    for (index, milliamps) in [(0, 1_000), (1, 1_000), (2, -2_000)] {
        let circulating = predictor.of(all(3)).circulating(index);
        assert_eq!(circulating, Milliamps::new(milliamps), "pack {index}");
    }
}

#[test]
fn a_set_is_admissible_up_to_its_bound_and_never_when_it_is_wild() {
    let params = Params::default();
    let near = [open(&params, 28_000), open(&params, 28_340)];
    let pair = Predictor::new(&params, &near).of(all(2));
    let bound = pair.largest_bound();
    assert!(pair.is_admissible(bound));
    assert!(!pair.is_admissible(Milliamps::new(bound.get() - 1)));
    let far = [open(&params, i32::MIN), open(&params, i32::MAX)];
    let pair = Predictor::new(&params, &far).of(all(2));
    assert_eq!(pair.largest_bound(), Milliamps::MAX);
    assert!(!pair.is_admissible(Milliamps::new(500_000)));
}

#[test]
fn packs_a_hundred_volts_apart_are_told_which_of_them_is_charged() {
    let params = Params::default();
    let sources = [open(&params, 0), open(&params, 100_000)];
    let pair = Predictor::new(&params, &sources).of(all(2));
    let lower = pair.current_range(0, Milliamps::ZERO);
    assert!(lower.low > Milliamps::ZERO && lower.high > Milliamps::ZERO);
    let upper = pair.current_range(1, Milliamps::ZERO);
    assert!(upper.low < Milliamps::ZERO && upper.high < Milliamps::ZERO);
    // The smallest current that it can be: 100 V less 20 mV over both paths at their largest, 84 mΩ each.
    let least = ((100_000.0 - 20.0) / 168.0 * 1_000.0) as i32;
    assert!(lower.low.get() <= least, "{lower:?}");
    assert!(upper.high.get() >= -least, "{upper:?}");
}

#[test]
fn no_limit_is_too_large_to_be_compared_with_a_bound() {
    for r_nom in [1, 7, 60, 1_000, 60_000] {
        let params = Params {
            r_nom: Milliohms::new(r_nom),
            ..Params::default()
        };
        let sources = [open(&params, 28_000), open(&params, 28_100)];
        let pair = Predictor::new(&params, &sources).of(all(2));
        // (100 + 20) mV over the two smallest paths, with room for the rounding.
        let bound = 120.0 / (1.2 * f64::from(r_nom)) * 1_000.0;
        for shift in 0..31 {
            let limit = i32::MAX >> shift;
            let admissible = pair.is_admissible(Milliamps::new(limit));
            if f64::from(limit) > bound * 1.001 + 1.0 {
                assert!(admissible, "{limit} mA at {r_nom} mΩ");
            } else if f64::from(limit) < bound - 1.0 {
                assert!(!admissible, "{limit} mA at {r_nom} mΩ");
            }
        }
    }
}
