//! What can go wrong.

use core::fmt;

use crate::registers::Pair;

/// What can go wrong when talking to the chip.
///
/// After every one of these but [`Error::NoOutputs`] the driver's copy of the chip's registers is unknown, and the
/// next write brings the whole chip to the ordered state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The bus failed. The chip may have taken none, one or both bytes of a word.
    Bus(E),
    /// The chip answers, and holds something else than what was acknowledged: a lost write, a second controller on the
    /// bus, or a disturbed register.
    Mismatch {
        /// Registers that were compared.
        pair: Pair,
        /// What was written.
        expected: u16,
        /// What was read back.
        found: u16,
    },
    /// The chip holds its power-on values: it lost its supply and drives nothing any more.
    Reset,
    /// A pin was to be driven, or changed alone, before any level was ordered for the outputs. Nothing was sent.
    NoOutputs,
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "the bus failed: {error:?}"),
            Self::Mismatch {
                pair,
                expected,
                found,
            } => write!(
                f,
                "the {pair} registers hold {found:04x}, written was {expected:04x}"
            ),
            Self::Reset => f.write_str("the expander lost its supply and is in its power-on state"),
            Self::NoOutputs => f.write_str("no output levels were ordered yet"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}

/// What can go wrong with a single pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PinError<E> {
    /// The call to the chip failed.
    Expander(Error<E>),
    /// Another pin is in the middle of a transfer, for example because this call interrupted it. Nothing was sent.
    Busy,
    /// The pin has the other direction. Nothing was sent.
    Direction,
}

impl<E: fmt::Debug> fmt::Display for PinError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expander(error) => error.fmt(f),
            Self::Busy => f.write_str("the expander is in use by another pin"),
            Self::Direction => f.write_str("the pin has the other direction"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for PinError<E> {}

impl<E: fmt::Debug> embedded_hal::digital::Error for PinError<E> {
    fn kind(&self) -> embedded_hal::digital::ErrorKind {
        embedded_hal::digital::ErrorKind::Other
    }
}

/// A setting that no chip has. Appears before any bus traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// No chip of the family listens there.
    InvalidAddress {
        /// The address that was given, 7 bits.
        address: u8,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidAddress { address } => {
                write!(f, "no chip of this family has the address {address:#04x}")
            }
        }
    }
}

impl core::error::Error for ConfigError {}
