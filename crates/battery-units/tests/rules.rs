//! What the conversions promise, checked against wider arithmetic.

use battery_units::*;
use proptest::prelude::*;

/// Rounds `value / step` to nearest, ties away from zero, by comparing distances instead of remainders.
fn nearest(value: i128, step: i128) -> i128 {
    let low = value.div_euclid(step);
    let below = value - low * step;
    match (2 * below).cmp(&step) {
        std::cmp::Ordering::Less => low,
        std::cmp::Ordering::Greater => low + 1,
        std::cmp::Ordering::Equal if value < 0 => low,
        std::cmp::Ordering::Equal => low + 1,
    }
}

proptest! {
    #[test]
    fn microvolts_round_to_the_nearest_millivolt(count: i32) {
        let expected = nearest(count.into(), 1_000);
        prop_assert_eq!(i128::from(Microvolts::new(count).to_millivolts().get()), expected);
    }

    #[test]
    fn nanoamps_round_and_stay_inside_the_range_of_milliamps(count: i64) {
        let expected = nearest(count.into(), 1_000_000).clamp(i32::MIN.into(), i32::MAX.into());
        prop_assert_eq!(i128::from(Nanoamps::new(count).to_milliamps().get()), expected);
    }

    #[test]
    fn a_finer_unit_is_exact_or_refused(count: i32) {
        let exact = i128::from(count) * 1_000;
        match Microvolts::try_from(Millivolts::new(count)) {
            Ok(fine) => prop_assert_eq!(i128::from(fine.get()), exact),
            Err(OutOfRange) => prop_assert!(i32::try_from(exact).is_err()),
        }
    }

    #[test]
    fn going_finer_and_back_is_the_identity(count in -2_147_483..=2_147_483i32) {
        let fine = Microamps::try_from(Milliamps::new(count)).unwrap();
        prop_assert_eq!(fine.to_milliamps(), Milliamps::new(count));
    }

    #[test]
    fn sums_are_refused_exactly_when_they_overflow(a: i32, b: i32) {
        let exact = i64::from(a) + i64::from(b);
        let sum = Milliamps::new(a).checked_add(Milliamps::new(b));
        prop_assert_eq!(sum.map(|s| i64::from(s.get())), i32::try_from(exact).ok().map(i64::from));
        let held = Milliamps::new(a).saturating_add(Milliamps::new(b));
        prop_assert_eq!(i64::from(held.get()), exact.clamp(i32::MIN.into(), i32::MAX.into()));
    }
}

#[test]
fn half_a_step_goes_away_from_zero_on_both_sides() {
    assert_eq!(Microvolts::new(2_500).to_millivolts(), Millivolts::new(3));
    assert_eq!(Microvolts::new(-2_500).to_millivolts(), Millivolts::new(-3));
    assert_eq!(Nanovolts::new(2_499).to_microvolts(), Microvolts::new(2));
    assert_eq!(Permille::new(995).to_percent(), Percent::new(100));
}

#[test]
fn a_share_too_large_for_a_percent_is_held_at_the_top() {
    assert_eq!(Permille::new(65_535).to_percent(), Percent::MAX);
}

#[test]
fn a_gauge_temperature_becomes_celsius_exactly() {
    assert_eq!(
        DeciKelvin::new(2_982).to_centicelsius(),
        CentiCelsius::new(2_505)
    );
    assert_eq!(
        DeciKelvin::ZERO.to_centicelsius(),
        CentiCelsius::new(-27_315)
    );
    assert_eq!(
        CentiCelsius::new(2_505).to_decicelsius(),
        DeciCelsius::new(251)
    );
}

#[test]
fn a_quantity_prints_its_unit() {
    assert_eq!(Milliamps::new(-1_250).to_string(), "-1250 mA");
    assert_eq!(Milliohms::new(60).to_string(), "60 mΩ");
    assert_eq!(format!("{:>6}", Permille::new(400)), "   400 ‰");
    assert_eq!(
        OutOfRange.to_string(),
        "the value does not fit into the unit asked for"
    );
}

#[cfg(feature = "serde")]
#[test]
fn a_quantity_is_its_plain_number_in_json() {
    assert_eq!(
        serde_json::to_string(&Millivolts::new(26_480)).unwrap(),
        "26480"
    );
    assert_eq!(
        serde_json::from_str::<Millivolts>("26480").unwrap(),
        Millivolts::new(26_480)
    );
    assert!(serde_json::from_str::<Percent>("256").is_err());
}
