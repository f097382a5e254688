//! IEEE 754 single numbers, turned into whole numbers without a floating point operation.

use core::fmt;

use battery_units::{Microamps, Microvolts, Milliamps, Millivolts};

use crate::error::NotAvailable;

const SIGN: u32 = 0x8000_0000;
const EXPONENT_BITS: u32 = 0x7F80_0000;
const FRACTION_BITS: u32 = 0x007F_FFFF;
/// The bit above the fraction, which is not on the wire.
const HIDDEN: u32 = 0x0080_0000;
/// An exponent field of this value means that the fraction is a whole number.
const WHOLE: u32 = 150;

/// A number as the BMS sends it.
///
/// A sound frame can hold bits that are no number; they come out as a named error, never as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Single(u32);

impl Single {
    /// From its 32 bits.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Its 32 bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// `factor` times the number, to nearest, ties away from zero; minus zero is zero.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`] for what is no number, or a result beyond 32 bits.
    pub fn scaled(self, factor: u32) -> Result<i32, NotAvailable> {
        let bits = self.0;
        let fraction = bits & FRACTION_BITS;
        let exponent = (bits & EXPONENT_BITS) >> 23;
        let (significand, exponent) = match exponent {
            0xFF if fraction != 0 => return Err(NotAvailable::NotANumber { bits }),
            0xFF => return Err(NotAvailable::Infinite { bits }),
            0 => (fraction, 1),
            _ => (fraction | HIDDEN, exponent),
        };
        // Below 2^56.
        let product = u64::from(significand).saturating_mul(u64::from(factor));
        let magnitude = if exponent >= WHOLE {
            let shift = exponent.saturating_sub(WHOLE);
            // Above 2^32 already at a shift of 9, whatever the significand, unless it is zero.
            product.saturating_mul(1_u64.checked_shl(shift).unwrap_or(u64::MAX))
        } else {
            let shift = WHOLE.saturating_sub(exponent);
            let half = 1_u64
                .checked_shl(shift.saturating_sub(1))
                .unwrap_or(u64::MAX);
            product.saturating_add(half).checked_shr(shift).unwrap_or(0)
        };
        let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
        let signed = if bits & SIGN == 0 {
            magnitude
        } else {
            magnitude.saturating_neg()
        };
        i32::try_from(signed).map_err(|_| NotAvailable::OutOfRange { bits })
    }
}

/// Voltage of the pack, an IEEE 754 number in volts (TinyBMS rev D, command 14h, register 36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackVoltage(pub Single);

impl PackVoltage {
    /// In millivolts, to nearest, ties away from zero.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`].
    pub fn to_millivolts(self) -> Result<Millivolts, NotAvailable> {
        self.0.scaled(1_000).map(Millivolts::new)
    }

    /// In microvolts, to nearest, ties away from zero; at most 2147 V.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`].
    pub fn to_microvolts(self) -> Result<Microvolts, NotAvailable> {
        self.0.scaled(1_000_000).map(Microvolts::new)
    }
}

/// Current of the pack, an IEEE 754 number in amperes; positive charges (TinyBMS rev D, command 15h, register 38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackCurrent(pub Single);

impl PackCurrent {
    /// In milliamperes, to nearest, ties away from zero.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`].
    pub fn to_milliamps(self) -> Result<Milliamps, NotAvailable> {
        self.0.scaled(1_000).map(Milliamps::new)
    }

    /// In microamperes, to nearest, ties away from zero; at most 2147 A.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`].
    pub fn to_microamps(self) -> Result<Microamps, NotAvailable> {
        self.0.scaled(1_000_000).map(Microamps::new)
    }
}

/// Speed, an IEEE 754 number in km/h (TinyBMS rev D, command 20h, register 54).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Speed(pub Single);

impl Speed {
    /// In metres an hour, to nearest, ties away from zero.
    ///
    /// # Errors
    ///
    /// [`NotAvailable`].
    pub fn to_metres_per_hour(self) -> Result<i32, NotAvailable> {
        self.0.scaled(1_000)
    }
}

/// The value, or why there is none.
fn show<T: fmt::Display>(
    value: Result<T, NotAvailable>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match value {
        Ok(value) => value.fmt(f),
        Err(error) => fmt::Display::fmt(&error, f),
    }
}

impl fmt::Display for PackVoltage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.to_millivolts(), f)
    }
}

impl fmt::Display for PackCurrent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.to_milliamps(), f)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.to_metres_per_hour(), f)?;
        f.write_str(" m/h")
    }
}
