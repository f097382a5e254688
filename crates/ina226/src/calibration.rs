//! From a shunt to a calibration, with integers only and every request checked.

use core::num::NonZeroU32;

use battery_units::{Microamps, Microohms, Milliamps, Nanoamps};

use crate::rounding::nearest;
use crate::{ConfigError, Current, CurrentStep, Family, Part, ShuntRange};

/// How the shunt is wired, so that a positive current charges the pack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Wiring {
    /// IN+ is above IN- while the pack is charged.
    #[default]
    Direct,
    /// IN+ is above IN- while the pack is discharged.
    Reversed,
}

/// A checked calibration: what goes into the register, what a count means then, and how far the input really reaches.
///
/// ```
/// use battery_units::{Microohms, Nanoamps};
/// use ina226::{Calibration, Part, ShuntRange, Wiring};
///
/// let shunt = Microohms::new(2_000);
/// let plain = Calibration::new(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct).unwrap();
/// assert_eq!(plain.register_value(), 2_048);
/// assert_eq!(plain.full_scale(), Nanoamps::new(40_958_750_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Calibration {
    part: Part,
    range: ShuntRange,
    wiring: Wiring,
    value: u16,
    shunt: NonZeroU32,
    /// Of the Current register, where it is not that of the shunt voltage register.
    own_step: Option<CurrentStep>,
}

impl Calibration {
    /// Smallest shunt, 10 µΩ.
    pub const MIN_SHUNT: Microohms = Microohms::new(10);
    /// Largest shunt, 10 Ω.
    pub const MAX_SHUNT: Microohms = Microohms::new(10_000_000);
    /// Largest value of the register: 15 bits.
    const MAX_VALUE: u16 = 0x7FFF;

    /// The calibration with which the Current register equals the shunt voltage register count by count.
    ///
    /// 2048 in the INA226 family, 4096 in the INA237 family. It loses nothing, and it is what to take when nothing else
    /// is asked for.
    #[inline(always)]
    pub fn new(
        part: Part,
        range: ShuntRange,
        shunt: Microohms,
        wiring: Wiring,
    ) -> Result<Self, ConfigError> {
        let refused = ConfigError::Shunt { found: shunt };
        if shunt < Self::MIN_SHUNT || Self::MAX_SHUNT < shunt {
            return Err(refused);
        }
        let shunt = NonZeroU32::new(shunt.get()).ok_or(refused)?;
        if part.shunt_step(range).is_none() {
            return Err(ConfigError::NoNarrowRange);
        }
        Ok(Self {
            part,
            range,
            wiring,
            value: Self::identity(part.family()),
            shunt,
            own_step: None,
        })
    }

    /// As [`Calibration::new`], with a wished-for step of the Current register (and so of the Power register).
    ///
    /// The register is rounded to nearest; [`Calibration::register_step`] is the step that comes of it.
    pub fn with_step(
        part: Part,
        range: ShuntRange,
        shunt: Microohms,
        wiring: Wiring,
        step: CurrentStep,
    ) -> Result<Self, ConfigError> {
        let plain = Self::new(part, range, shunt, wiring)?;
        let picovolts = u64::from(plain.shunt_picovolts());
        let shunt = u64::from(plain.shunt.get());
        let identity = u64::from(plain.value);
        // Saturates only for steps so large that the value is far outside the register, where it is refused.
        let product = step.as_picoamps().saturating_mul(shunt);
        let value = match part.family() {
            Family::Ina226 => nearest(picovolts.saturating_mul(identity * 1_000_000), product),
            Family::Ina237 => {
                let unit = picovolts.saturating_mul(1_000_000);
                // Both sides divided by 64, which every shunt step allows: the product stays inside 64 bits.
                nearest(product.saturating_mul(identity / 64), (unit / 64).max(1))
            }
        };
        plain.with_value(value)
    }

    /// As [`Calibration::new`], with the finest Current register that still reaches `max`.
    ///
    /// Refused when the shunt input ends before `max`, whatever the register says.
    pub fn for_max_current(
        part: Part,
        range: ShuntRange,
        shunt: Microohms,
        wiring: Wiring,
        max: Microamps,
    ) -> Result<Self, ConfigError> {
        let step = CurrentStep::smallest_for(part, max)?;
        let plain = Self::new(part, range, shunt, wiring)?;
        if plain.full_scale().get() < i64::from(max.get()).saturating_mul(1_000) {
            let full_scale = plain.full_scale_milliamps();
            return Err(ConfigError::BeyondFullScale { full_scale });
        }
        if part.family() == Family::Ina226 {
            return Self::with_step(part, range, shunt, wiring, step);
        }
        // SHUNT_CAL in one division, without rounding the step first: step x shunt x 4096 / shunt step.
        let counts_per_unit = if part.constants().is_wide { 128 } else { 8 };
        plain.with_value(nearest(
            u64::from(max.get().unsigned_abs()).saturating_mul(u64::from(plain.shunt.get())),
            u64::from(plain.shunt_picovolts()).saturating_mul(counts_per_unit),
        ))
    }

    /// The same shunt with another register value.
    fn with_value(self, value: u64) -> Result<Self, ConfigError> {
        let value = match u16::try_from(value) {
            Ok(value @ 1..=Self::MAX_VALUE) => value,
            _ => {
                return Err(ConfigError::CalibrationOutOfRange {
                    value: u32::try_from(value).unwrap_or(u32::MAX),
                });
            }
        };
        let picovolts = u64::from(self.shunt_picovolts());
        let shunt = u64::from(self.shunt.get());
        let identity = u64::from(Self::identity(self.part.family()));
        let wide = u64::from(value);
        let picoamps = match self.part.family() {
            Family::Ina226 => nearest(
                picovolts.saturating_mul(identity * 1_000_000),
                shunt.saturating_mul(wide),
            ),
            Family::Ina237 => nearest(
                picovolts.saturating_mul(1_000_000).saturating_mul(wide),
                shunt.saturating_mul(identity),
            ),
        };
        Ok(Self {
            value,
            own_step: Some(CurrentStep::from_picoamps(picoamps)?),
            ..self
        })
    }

    /// The register value that makes Current equal to the shunt voltage register (SBOS547: Current = Shunt x CAL / 2048;
    /// SLYS025 by its own worked numbers: Current = Shunt x 4096 / SHUNT_CAL).
    #[inline(always)]
    const fn identity(family: Family) -> u16 {
        match family {
            Family::Ina226 => 2_048,
            Family::Ina237 => 4_096,
        }
    }

    /// The same, or a refusal when the shunt input ends before `max`.
    ///
    /// ```
    /// # use battery_units::{Microohms, Milliamps};
    /// # use ina226::{Calibration, ConfigError, Part, ShuntRange, Wiring};
    /// let shunt = Microohms::new(2_000);
    /// let plain = Calibration::new(Part::Ina226, ShuntRange::Wide, shunt, Wiring::Direct)?;
    /// assert!(plain.reaching(Milliamps::new(40_000)).is_ok());
    /// let full_scale = Milliamps::new(40_958);
    /// let refused = plain.reaching(Milliamps::new(50_000));
    /// assert_eq!(refused, Err(ConfigError::BeyondFullScale { full_scale }));
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[inline(always)]
    pub fn reaching(self, max: Milliamps) -> Result<Self, ConfigError> {
        if max <= Milliamps::ZERO {
            return Err(ConfigError::MaxCurrent);
        }
        let full_scale = self.full_scale_milliamps();
        if full_scale < max {
            return Err(ConfigError::BeyondFullScale { full_scale });
        }
        Ok(self)
    }

    /// A nanovolt across a microohm is a milliampere; rounded down, at most 16 million.
    #[inline(always)]
    fn full_scale_milliamps(&self) -> Milliamps {
        let end = self.part.shunt_end(self.range);
        Milliamps::new(i32::try_from(end / self.shunt).unwrap_or(i32::MAX))
    }

    pub(crate) fn shunt_picovolts(&self) -> u32 {
        self.part.shunt_step(self.range).unwrap_or(0)
    }

    /// The part it was made for.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The shunt range it was made for.
    #[must_use]
    pub const fn range(&self) -> ShuntRange {
        self.range
    }

    /// The direction of the shunt.
    #[must_use]
    pub const fn wiring(&self) -> Wiring {
        self.wiring
    }

    /// The shunt.
    #[must_use]
    pub const fn shunt(&self) -> Microohms {
        Microohms::new(self.shunt.get())
    }

    /// What goes into the calibration register, 1 to 32 767.
    #[must_use]
    pub const fn register_value(&self) -> u16 {
        self.value
    }

    /// Current of one count of the shunt voltage register across the shunt, to the nearest picoampere.
    #[must_use]
    pub fn shunt_step(&self) -> CurrentStep {
        CurrentStep::of_shunt(self.shunt_picovolts(), self.shunt)
    }

    /// The current that so many counts of the shunt voltage register stand for, positive when it charges: what readings
    /// are made of. It needs no step that was rounded before. Counts beyond the register are held at its ends.
    #[must_use]
    pub fn current(&self, counts: i32) -> Current {
        self.current_of_register(
            counts.clamp(self.part.smallest_count(), self.part.largest_count()),
        )
    }

    /// The same for counts that come from the register.
    #[inline(always)]
    pub(crate) fn current_of_register(&self, counts: i32) -> Current {
        Current::across(
            self.directed(counts),
            self.part.shunt_eighths(self.range),
            self.shunt,
        )
    }

    /// Counts with the sign of the wiring.
    #[inline(always)]
    pub(crate) fn directed(&self, counts: i32) -> i32 {
        match self.wiring {
            Wiring::Direct => counts,
            Wiring::Reversed => counts.saturating_neg(),
        }
    }

    /// Current of one count of the Current register, from the rounded register value and not from the wish.
    #[must_use]
    pub fn register_step(&self) -> CurrentStep {
        match self.own_step {
            Some(step) => step,
            None => self.shunt_step(),
        }
    }

    /// The true full scale: current at which the shunt input ends, either way, to the nearest nanoampere.
    ///
    /// Readings use the shunt voltage register and reach it whatever the calibration register says.
    #[must_use]
    pub fn full_scale(&self) -> Nanoamps {
        let picovolts = u64::from(self.shunt_picovolts()).saturating_mul(1_000);
        self.reach(picovolts, u64::from(self.shunt.get()))
    }

    /// Largest current the Current register can hold; it may end before or after [`Calibration::full_scale`].
    #[must_use]
    pub fn register_full_scale(&self) -> Nanoamps {
        self.reach(self.register_step().as_picoamps(), 1_000)
    }

    /// Largest count times `step / divisor` nanoamperes.
    fn reach(&self, step: u64, divisor: u64) -> Nanoamps {
        let counts = u64::from(self.part.largest_count().unsigned_abs());
        let nanoamps = nearest(counts.saturating_mul(step), divisor);
        Nanoamps::new(i64::try_from(nanoamps).unwrap_or(i64::MAX))
    }
}
