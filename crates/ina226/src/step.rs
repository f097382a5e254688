//! The current that one count stands for.

use core::num::NonZeroU32;

use battery_units::{Microamps, Nanoamps};

use crate::rounding::nearest;
use crate::{ConfigError, Family, Part};

/// Current of one count, in whole nanoamperes and thousandths of them, at most 4.29 A.
///
/// Kept in two 32-bit parts so that a reading needs no 64-bit division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CurrentStep {
    pub(crate) nanoamps: u32,
    pub(crate) picoamps: u16,
}

impl CurrentStep {
    const THOUSAND: u32 = 1_000;
    const THOUSAND_WIDE: u64 = 1_000;

    /// A step of whole nanoamperes: 1 nA to 4.29 A.
    pub fn new(step: Nanoamps) -> Result<Self, ConfigError> {
        match u32::try_from(step.get()) {
            Ok(nanoamps) if nanoamps > 0 => Ok(Self {
                nanoamps,
                picoamps: 0,
            }),
            _ => Err(ConfigError::CurrentStep { found: step }),
        }
    }

    /// The smallest step with which the Current register of `part` reaches `max`.
    ///
    /// For the INA226 family rounded up to whole nanoamperes, else to the nearest picoampere: `max` / 32 768, on the
    /// INA228 `max` / 524 288.
    pub fn smallest_for(part: Part, max: Microamps) -> Result<Self, ConfigError> {
        let max = match u64::try_from(max.get()) {
            Ok(max) if max > 0 => max,
            _ => return Err(ConfigError::MaxCurrent),
        };
        let picoamps = max.saturating_mul(1_000_000);
        let step = if part.constants().is_wide {
            nearest(picoamps, 0x8_0000)
        } else if part.family() == Family::Ina237 {
            nearest(picoamps, 0x8000)
        } else {
            // A smaller unit would be lost on a calibration register of 15 bits anyway.
            picoamps
                .div_ceil(0x8000 * Self::THOUSAND_WIDE)
                .saturating_mul(Self::THOUSAND_WIDE)
        };
        Self::from_picoamps(step)
    }

    /// From picoamperes; zero and more than 4.29 A are refused.
    pub(crate) fn from_picoamps(step: u64) -> Result<Self, ConfigError> {
        let refused = ConfigError::CurrentStep {
            found: Nanoamps::new(i64::try_from(step / Self::THOUSAND_WIDE).unwrap_or(i64::MAX)),
        };
        if step == 0 {
            return Err(refused);
        }
        Ok(Self {
            nanoamps: u32::try_from(step / Self::THOUSAND_WIDE).map_err(|_| refused)?,
            picoamps: u16::try_from(step % Self::THOUSAND_WIDE).map_err(|_| refused)?,
        })
    }

    /// What one count of the shunt voltage means across `shunt`, to the nearest picoampere; one picovolt across one
    /// microohm is one microampere.
    pub(crate) fn of_shunt(picovolts: u32, shunt: NonZeroU32) -> Self {
        let picoamps = u64::from(picovolts).saturating_mul(1_000_000);
        // 5 µV across 10 µΩ is half an ampere: it always fits.
        Self::from_picoamps(nearest(picoamps, u64::from(shunt.get()))).unwrap_or(Self {
            nanoamps: u32::MAX,
            picoamps: 0,
        })
    }

    /// So many counts in milliamperes, to nearest, in 32 bits.
    pub(crate) fn milliamps(self, counts: i32) -> i32 {
        let micro = group(
            counts,
            self.nanoamps / Self::THOUSAND % Self::THOUSAND,
            self.nano_group(counts) / 1_000,
        );
        let upper = self.nanoamps / (Self::THOUSAND * Self::THOUSAND);
        finish(counts, upper, micro)
    }

    /// So many counts in microamperes, to nearest, held at the ends of 32 bits.
    pub(crate) fn microamps(self, counts: i32) -> i32 {
        finish(
            counts,
            self.nanoamps / Self::THOUSAND,
            self.nano_group(counts),
        )
    }

    /// So many counts in nanoamperes, to nearest; exact when the step is of whole nanoamperes.
    pub(crate) fn nanoamps(self, counts: i32) -> i64 {
        let whole = i64::from(counts).saturating_mul(i64::from(self.nanoamps));
        let pico = group(counts, u32::from(self.picoamps), 0);
        whole.saturating_add(i64::from(thousandth(pico)))
    }

    fn nano_group(self, counts: i32) -> i32 {
        let pico = group(counts, u32::from(self.picoamps), 0);
        group(counts, self.nanoamps % Self::THOUSAND, pico / 1_000)
    }

    /// The step in picoamperes.
    #[must_use]
    pub fn as_picoamps(self) -> u64 {
        u64::from(self.nanoamps)
            .saturating_mul(Self::THOUSAND_WIDE)
            .saturating_add(u64::from(self.picoamps))
    }
}

/// Counts times one group of three decimal digits of the step, and the carry of the group below.
///
/// Below 2^31: the counts have 20 bits, the group is below 1000, the carry below 2^20.
fn group(counts: i32, digits: u32, carry: i32) -> i32 {
    let digits = i32::try_from(digits).unwrap_or(0);
    counts.wrapping_mul(digits).wrapping_add(carry)
}

/// The upper groups and a rounded lower one, held at the ends of 32 bits.
fn finish(counts: i32, upper: u32, lower: i32) -> i32 {
    let upper = i32::try_from(upper).unwrap_or(i32::MAX);
    counts
        .saturating_mul(upper)
        .saturating_add(thousandth(lower))
}

/// One thousandth, to nearest, ties away from zero.
///
/// What was cut off below a group is less than one of its units, so it cannot lift a remainder to one half.
fn thousandth(group: i32) -> i32 {
    let rest = group % 1_000;
    let away = i32::from(rest >= 500).wrapping_sub(i32::from(rest <= -500));
    (group / 1_000).wrapping_add(away)
}
