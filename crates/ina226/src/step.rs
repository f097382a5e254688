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
        let refused = ConfigError::MaxCurrent {
            found: Nanoamps::new(i64::from(max.get()).saturating_mul(1_000)),
        };
        let max = u64::try_from(max.get()).map_err(|_| refused)?;
        if max == 0 {
            return Err(refused);
        }
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
    ///
    /// A long division in decimal digits: three below the microampere, three below the nanoampere, all in 32 bits.
    /// The caller has checked that the shunt is 10 µΩ to 10 Ω, so that ten times a remainder and the result fit.
    pub(crate) fn of_shunt(picovolts: u32, shunt: NonZeroU32) -> Self {
        let mut rest = picovolts % shunt;
        let mut digits = |mut value: u32| {
            for _ in 0..3 {
                rest = rest.wrapping_mul(10);
                value = value.wrapping_mul(10).wrapping_add(rest / shunt);
                rest %= shunt;
            }
            value
        };
        let nanoamps = digits(picovolts / shunt);
        let picoamps = digits(0);
        let rounded = picoamps.wrapping_add(u32::from(rest >= shunt.get().div_ceil(2)));
        Self {
            nanoamps: nanoamps.wrapping_add(rounded / Self::THOUSAND),
            picoamps: u16::try_from(rounded % Self::THOUSAND).unwrap_or(0),
        }
    }

    /// The step in picoamperes.
    #[must_use]
    pub fn as_picoamps(self) -> u64 {
        u64::from(self.nanoamps)
            .saturating_mul(Self::THOUSAND_WIDE)
            .saturating_add(u64::from(self.picoamps))
    }
}
