//! Conversions between units of the same kind.

use core::fmt;

use crate::{
    CentiCelsius, DeciCelsius, DeciKelvin, Microamps, Microohms, Microvolts, Microwatts,
    MilliCelsius, Milliamps, Milliohms, Millivolts, Milliwatts, Nanoamps, Nanovolts, Nanowatts,
    Percent, Permille,
};

/// The value does not fit into the unit asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit into the unit asked for")
    }
}

impl core::error::Error for OutOfRange {}

/// `value / step`, to nearest, ties away from zero; `step` is one of the positive constants below.
const fn div_nearest(value: i64, step: i64) -> i64 {
    let quotient = match value.checked_div(step) {
        Some(quotient) => quotient,
        None => return 0,
    };
    let rest = value.wrapping_sub(quotient.wrapping_mul(step));
    if rest.unsigned_abs() >= step.unsigned_abs().div_ceil(2) {
        quotient.saturating_add(rest.signum())
    } else {
        quotient
    }
}

macro_rules! scale {
    ($fine:ident($fine_repr:ty).$to_coarse:ident() = $step:literal -> $coarse:ident($coarse_repr:ty)) => {
        impl $fine {
            #[doc = concat!(
                "In the coarser unit, to nearest, ties away from zero. One step is ",
                stringify!($step),
                " of this unit; held at the ends of the range of [`", stringify!($coarse), "`]."
            )]
            #[must_use]
            pub fn $to_coarse(self) -> $coarse {
                let rounded = div_nearest(i64::from(self.get()), $step);
                $coarse::new(<$coarse_repr>::try_from(rounded).unwrap_or(if rounded < 0 {
                    <$coarse_repr>::MIN
                } else {
                    <$coarse_repr>::MAX
                }))
            }
        }

        impl TryFrom<$coarse> for $fine {
            type Error = OutOfRange;

            fn try_from(coarse: $coarse) -> Result<Self, OutOfRange> {
                i64::from(coarse.get())
                    .checked_mul($step)
                    .and_then(|count| <$fine_repr>::try_from(count).ok())
                    .map($fine::new)
                    .ok_or(OutOfRange)
            }
        }
    };
}

scale!(Microvolts(i32).to_millivolts() = 1_000 -> Millivolts(i32));
scale!(Nanovolts(i64).to_microvolts() = 1_000 -> Microvolts(i32));
scale!(Nanovolts(i64).to_millivolts() = 1_000_000 -> Millivolts(i32));
scale!(Microamps(i32).to_milliamps() = 1_000 -> Milliamps(i32));
scale!(Nanoamps(i64).to_microamps() = 1_000 -> Microamps(i32));
scale!(Nanoamps(i64).to_milliamps() = 1_000_000 -> Milliamps(i32));
scale!(Microwatts(i64).to_milliwatts() = 1_000 -> Milliwatts(i32));
scale!(Nanowatts(i64).to_microwatts() = 1_000 -> Microwatts(i64));
scale!(Nanowatts(i64).to_milliwatts() = 1_000_000 -> Milliwatts(i32));
scale!(Microohms(u32).to_milliohms() = 1_000 -> Milliohms(u32));
scale!(CentiCelsius(i32).to_decicelsius() = 10 -> DeciCelsius(i32));
scale!(MilliCelsius(i32).to_centicelsius() = 10 -> CentiCelsius(i32));
scale!(MilliCelsius(i32).to_decicelsius() = 100 -> DeciCelsius(i32));
scale!(Permille(u16).to_percent() = 10 -> Percent(u8));

impl DeciKelvin {
    /// Zero degrees Celsius is 273.15 K.
    const ZERO_CELSIUS_CENTI: i32 = 27_315;

    /// The same temperature in hundredths of a degree Celsius, exact.
    #[must_use]
    pub fn to_centicelsius(self) -> CentiCelsius {
        let centikelvin = i32::from(self.get()).saturating_mul(10);
        CentiCelsius::new(centikelvin.saturating_sub(Self::ZERO_CELSIUS_CENTI))
    }
}
