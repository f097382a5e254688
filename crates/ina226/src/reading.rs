//! What was measured, kept in counts and turned into the unit asked for with one rounding, to nearest, ties away from
//! zero. In 32 bits wherever the result has 32 bits.

use core::fmt;
use core::num::NonZeroU32;

use battery_units::{
    Microamps, Microvolts, Microwatts, Milliamps, Millivolts, Milliwatts, Nanoamps, Nanovolts,
    Nanowatts,
};
use bitflags::bitflags;

use crate::rounding::nearest_signed;
use crate::{CurrentStep, Part, ShuntRange};

/// Voltage at the VBUS pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Voltage {
    /// At most 20 bits.
    counts: u32,
    /// Sixteenths of a microvolt; counts times step is below 2^31 for every part.
    step: u16,
}

impl Voltage {
    const SIXTEENTHS: u32 = 16;
    const SIXTEENTHS_OF_A_MILLIVOLT: u32 = 16_000;

    /// From counts of the bus voltage register.
    #[must_use]
    pub fn new(part: Part, counts: u32) -> Self {
        Self {
            counts: counts & 0x7_FFFF,
            step: part.constants().bus_step,
        }
    }

    /// Counts of the register, reserved bits cut off.
    #[must_use]
    pub const fn counts(self) -> u32 {
        self.counts
    }

    fn sixteenths(self) -> u32 {
        self.counts.wrapping_mul(u32::from(self.step))
    }

    fn rounded(self, divisor: u32) -> i32 {
        let half = divisor / 2;
        let sum = self.sixteenths().wrapping_add(half);
        i32::try_from(sum.checked_div(divisor).unwrap_or(0)).unwrap_or(i32::MAX)
    }

    /// In millivolts, to nearest.
    #[must_use]
    pub fn to_millivolts(self) -> Millivolts {
        Millivolts::new(self.rounded(Self::SIXTEENTHS_OF_A_MILLIVOLT))
    }

    /// In microvolts, to nearest; exact except on the INA228.
    #[must_use]
    pub fn to_microvolts(self) -> Microvolts {
        Microvolts::new(self.rounded(Self::SIXTEENTHS))
    }

    /// In nanovolts; exact except for half a nanovolt on the INA228.
    #[must_use]
    pub fn to_nanovolts(self) -> Nanovolts {
        // A sixteenth of a microvolt is 62.5 nV.
        let halves = i64::from(self.sixteenths()).saturating_mul(125);
        Nanovolts::new(halves.saturating_add(1) >> 1)
    }
}

/// Voltage between IN+ and IN-, positive when IN+ is above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ShuntVoltage {
    counts: i32,
    picovolts: u32,
}

impl ShuntVoltage {
    /// From counts of the shunt voltage register. A range that the part does not have counts as its wide one.
    #[must_use]
    pub fn new(part: Part, range: ShuntRange, counts: i32) -> Self {
        let wide = part.constants().shunt_step;
        Self {
            counts,
            picovolts: part.shunt_step(range).unwrap_or(wide),
        }
    }

    /// In picovolts, exact.
    #[must_use]
    pub fn as_picovolts(self) -> i64 {
        i64::from(self.counts).saturating_mul(i64::from(self.picovolts))
    }

    /// In nanovolts, to nearest; exact except on the INA228.
    #[must_use]
    pub fn to_nanovolts(self) -> Nanovolts {
        Nanovolts::new(nearest_signed(self.as_picovolts(), 1_000))
    }

    /// In microvolts, to nearest.
    #[must_use]
    pub fn to_microvolts(self) -> Microvolts {
        let rounded = nearest_signed(self.as_picovolts(), 1_000_000);
        Microvolts::new(i32::try_from(rounded).unwrap_or(i32::MAX))
    }
}

/// Current, positive when it charges the pack (by the wiring given in the settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Current {
    /// At most 20 bits and a sign.
    counts: i32,
    scale: Scale,
}

/// What one count of a current means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Scale {
    /// So many eighths of a nanovolt across a shunt in microohms; a nanovolt across a microohm is a milliampere.
    Shunt {
        /// At most 40 000 for 16 bits and 2 500 for 20: times the counts it stays below 2^31.
        eighths: u16,
        shunt: NonZeroU32,
    },
    Step(CurrentStep),
}

impl Current {
    const MAX_COUNTS: i32 = 0x8_0000;
    const EIGHT: NonZeroU32 = NonZeroU32::MIN.saturating_add(7);

    /// From counts of the Current register and the step that one count stands for; counts beyond 20 bits are held at
    /// the end.
    #[must_use]
    pub fn new(counts: i32, step: CurrentStep) -> Self {
        Self {
            counts: counts.clamp(-Self::MAX_COUNTS, Self::MAX_COUNTS),
            scale: Scale::Step(step),
        }
    }

    /// From counts of the shunt voltage register.
    #[inline(always)]
    pub(crate) const fn across(counts: i32, eighths: u16, shunt: NonZeroU32) -> Self {
        Self {
            counts,
            scale: Scale::Shunt { eighths, shunt },
        }
    }

    /// Counts of the register, the sign turned where the shunt is reversed.
    #[must_use]
    pub const fn counts(self) -> i32 {
        self.counts
    }

    /// In milliamperes, to nearest.
    #[must_use]
    #[inline(always)]
    pub fn to_milliamps(self) -> Milliamps {
        Milliamps::new(match self.scale {
            Scale::Shunt { eighths, shunt } => {
                let (dividend, divisor) = self.ratio(eighths, shunt);
                self.signed(dividend.wrapping_add(divisor.get() / 2) / divisor)
            }
            Scale::Step(step) => step.milliamps(self.counts),
        })
    }

    /// In microamperes, to nearest, held at 2147 A.
    #[must_use]
    pub fn to_microamps(self) -> Microamps {
        Microamps::new(match self.scale {
            Scale::Shunt { eighths, shunt } => {
                let (dividend, divisor) = self.ratio(eighths, shunt);
                let (digits, rest) = three_digits(dividend % divisor, divisor);
                let whole = (dividend / divisor).saturating_mul(1_000);
                let up = u32::from(rest >= divisor.get() / 2);
                self.signed(whole.saturating_add(digits).saturating_add(up))
            }
            Scale::Step(step) => step.microamps(self.counts),
        })
    }

    /// In nanoamperes, to nearest.
    #[must_use]
    pub fn to_nanoamps(self) -> Nanoamps {
        Nanoamps::new(match self.scale {
            Scale::Shunt { eighths, shunt } => {
                let (dividend, divisor) = self.ratio(eighths, shunt);
                let (micro, rest) = three_digits(dividend % divisor, divisor);
                let (nano, rest) = three_digits(rest, divisor);
                // Three digits each: below a million together.
                let digits = micro.wrapping_mul(1_000).wrapping_add(nano);
                let up = i64::from(rest >= divisor.get() / 2);
                let size = i64::from(dividend / divisor)
                    .saturating_mul(1_000_000)
                    .saturating_add(i64::from(digits))
                    .saturating_add(up);
                if self.counts < 0 {
                    size.saturating_neg()
                } else {
                    size
                }
            }
            Scale::Step(step) => step.nanoamps(self.counts),
        })
    }

    /// The size of the current in milliamperes, as a fraction of two numbers below 2^31. The divisor is even.
    #[inline(always)]
    fn ratio(self, eighths: u16, shunt: NonZeroU32) -> (u32, NonZeroU32) {
        let dividend = self.counts.unsigned_abs().wrapping_mul(u32::from(eighths));
        (dividend, shunt.saturating_mul(Self::EIGHT))
    }

    /// The sign of the counts; held at the end of 31 bits.
    #[inline(always)]
    fn signed(self, size: u32) -> i32 {
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        if self.counts < 0 {
            size.wrapping_neg()
        } else {
            size
        }
    }
}

/// The next three decimal digits of a fraction and what is left; ten times a remainder fits, because the divisor is at
/// most 80 million.
fn three_digits(mut rest: u32, divisor: NonZeroU32) -> (u32, u32) {
    let mut digits: u32 = 0;
    for _ in 0..3 {
        rest = rest.wrapping_mul(10);
        digits = digits.wrapping_mul(10).wrapping_add(rest / divisor);
        rest %= divisor;
    }
    (digits, rest)
}

/// Power; the register has no sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Power {
    counts: u32,
    step: CurrentStep,
    fifths: u16,
}

impl Power {
    /// From counts of the Power register and the step of the Current register.
    #[must_use]
    pub fn new(part: Part, counts: u32, step: CurrentStep) -> Self {
        Self {
            counts: counts & 0x00FF_FFFF,
            step,
            fifths: part.constants().power_fifths,
        }
    }

    /// In nanowatts, to nearest; 5.8e17 at most, so nothing overflows.
    #[must_use]
    pub fn to_nanowatts(self) -> Nanowatts {
        let factor = i64::from(self.counts).saturating_mul(i64::from(self.fifths));
        let whole = factor.saturating_mul(i64::from(self.step.nanoamps));
        let rest = (whole % 5)
            .saturating_mul(1_000)
            .saturating_add(factor.saturating_mul(i64::from(self.step.picoamps)));
        Nanowatts::new((whole / 5).saturating_add(nearest_signed(rest, 5_000)))
    }

    /// In microwatts.
    #[must_use]
    pub fn to_microwatts(self) -> Microwatts {
        self.to_nanowatts().to_microwatts()
    }

    /// In milliwatts, held at 2.1 MW.
    #[must_use]
    pub fn to_milliwatts(self) -> Milliwatts {
        self.to_nanowatts().to_milliwatts()
    }
}

/// Everything the flag register says, in words that fit both families, and what the counts themselves say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Flags(u16);

bitflags! {
    impl Flags: u16 {
        /// A cycle has finished since the flags were last read: the values are new.
        const CONVERSION_READY = 1;
        /// The arithmetic of the chip overflowed; its Current and Power registers are not valid.
        const OVERFLOW = 1 << 1;
        /// A limit was passed, now or, with the latch on, since the flags were last read.
        const ALERT = 1 << 2;
        /// The voltage was above its limit.
        const OVER_VOLTAGE = 1 << 3;
        /// The voltage was below its limit.
        const UNDER_VOLTAGE = 1 << 4;
        /// The current was above its upper limit (charging is positive).
        const CURRENT_ABOVE = 1 << 5;
        /// The current was below its lower limit.
        const CURRENT_BELOW = 1 << 6;
        /// The die was hotter than its limit.
        const OVER_TEMPERATURE = 1 << 7;
        /// The power was above its limit.
        const OVER_POWER = 1 << 8;
        /// The factory trim of the chip is damaged.
        const TRIM_DAMAGED = 1 << 9;
        /// The energy register has overflowed (INA228).
        const ENERGY_OVERFLOW = 1 << 10;
        /// The charge register has overflowed (INA228).
        const CHARGE_OVERFLOW = 1 << 11;
        /// The bus voltage stands at the end of its range.
        const VOLTAGE_SATURATED = 1 << 12;
        /// The shunt voltage stands at one of the ends of its range.
        const CURRENT_SATURATED = 1 << 13;
    }
}

impl Flags {
    /// With one of these the numbers are not measurements.
    pub const OVER_RANGE: Self = Self::OVERFLOW
        .union(Self::VOLTAGE_SATURATED)
        .union(Self::CURRENT_SATURATED);

    /// Whether a cycle has finished since the flags were last read.
    #[must_use]
    pub const fn conversion_ready(self) -> bool {
        self.contains(Self::CONVERSION_READY)
    }

    /// Whether a limit was passed.
    #[must_use]
    pub const fn alert(self) -> bool {
        self.contains(Self::ALERT)
    }
}

/// One look at the chip.
///
/// Until the first reading with [`Flags::CONVERSION_READY`] after `init`, the registers hold what was in them before, or
/// zeros: not yet measurements. A reading of voltage and current alone has no flag word behind it; of its flags only
/// the saturation bits can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reading {
    /// Voltage at the VBUS pin.
    pub voltage: Voltage,
    /// Current through the shunt, positive when it charges the pack.
    pub current: Current,
    /// Flags of the chip and of the counts.
    pub flags: Flags,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}",
            self.voltage.to_millivolts(),
            self.current.to_milliamps()
        )
    }
}
