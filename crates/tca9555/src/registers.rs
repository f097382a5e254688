//! Registers, their words and the bytes on the wire. No bus in here.
//!
//! A chip has four groups of registers, one register for each port of eight pins. Inside a group the register pointer
//! runs to and fro (SCPS201, section "Bus transactions"), so one transfer moves the whole group, and no transfer
//! reaches the next one.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{BitAnd, BitOr, BitXor, Not};

use crate::error::ConfigError;

/// A group of registers, moved in one transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Pair {
    /// Levels at the pins, inverted where the polarity says so; 00h and 01h, read only.
    Inputs,
    /// Levels that output pins drive; 02h and 03h, FFh at power-on. Reading gives the register, not the pin.
    Outputs,
    /// 1 = the input register shows the opposite of the pin; 04h and 05h, 00h at power-on.
    Polarity,
    /// 1 = input, 0 = output; 06h and 07h, FFh at power-on.
    Directions,
}

impl Pair {
    /// Place among the groups; times the number of ports it is the first register.
    const fn index(self) -> u8 {
        match self {
            Self::Inputs => 0,
            Self::Outputs => 1,
            Self::Polarity => 2,
            Self::Directions => 3,
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inputs => "input",
            Self::Outputs => "output",
            Self::Polarity => "polarity",
            Self::Directions => "direction",
        })
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for u16 {}
}

/// One bit a pin: `u16` for a chip with two ports, `u8` for a chip with one.
///
/// Bit 0 is P00 (P0), bit 7 P07 (P7), bit 8 P10 and bit 15 P17.
pub trait Word:
    sealed::Sealed
    + Copy
    + PartialEq
    + fmt::Debug
    + Into<u16>
    + Not<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
{
    /// No bit set: all outputs low, nothing inverted.
    const ZERO: Self;
    /// All bits set: the power-on value of outputs and directions.
    const ONES: Self;
    /// Number of pins.
    const PINS: u8;
    /// Number of ports, and of registers in a group.
    const PORTS: u8;
    /// Register number and all bytes of a group, as written.
    type Frame: AsRef<[u8]>;
    /// All bytes of a group, as read.
    type Raw: AsMut<[u8]> + Default;

    /// Bytes that write this word to a group, port 0 first.
    fn to_frame(self, pair: Pair) -> Self::Frame;
    /// The word that these bytes mean.
    fn from_raw(raw: Self::Raw) -> Self;
    /// The byte of one port; 0 for a port that the chip does not have.
    fn port(self, port: u8) -> u8;
    /// The word with this bit set; zero for a pin that the chip does not have.
    fn bit(number: u8) -> Self;
    /// First register of a group.
    #[must_use]
    fn register(pair: Pair) -> u8 {
        pair.index().saturating_mul(Self::PORTS)
    }
    /// Register of one port in a group.
    #[must_use]
    fn register_of(pair: Pair, port: u8) -> u8 {
        Self::register(pair).saturating_add(port)
    }
}

/// Register number and two bytes, as written to a chip with two ports.
///
/// Kept as one 32-bit number, the last byte unused: that costs a 32-bit controller half the instructions of three bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame([u8; 4]);

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self.0.split_last().map_or(&[], |(_, sent)| sent)
    }
}

impl Word for u16 {
    const ZERO: Self = 0;
    const ONES: Self = 0xFFFF;
    const PINS: u8 = 16;
    const PORTS: u8 = 2;
    type Frame = Frame;
    type Raw = [u8; 2];

    fn to_frame(self, pair: Pair) -> Frame {
        let bytes = u32::from(self) << 8 | u32::from(Self::register(pair));
        Frame(bytes.to_le_bytes())
    }

    fn from_raw(raw: [u8; 2]) -> Self {
        Self::from_le_bytes(raw)
    }

    fn port(self, port: u8) -> u8 {
        let [low, high] = self.to_le_bytes();
        match port {
            0 => low,
            1 => high,
            _ => 0,
        }
    }

    fn bit(number: u8) -> Self {
        1_u16.checked_shl(u32::from(number)).unwrap_or(0)
    }
}

impl Word for u8 {
    const ZERO: Self = 0;
    const ONES: Self = 0xFF;
    const PINS: u8 = 8;
    const PORTS: u8 = 1;
    type Frame = [u8; 2];
    type Raw = [u8; 1];

    fn to_frame(self, pair: Pair) -> [u8; 2] {
        [Self::register(pair), self]
    }

    fn from_raw([byte]: [u8; 1]) -> Self {
        byte
    }

    fn port(self, port: u8) -> u8 {
        if port == 0 { self } else { 0 }
    }

    fn bit(number: u8) -> Self {
        1_u8.checked_shl(u32::from(number)).unwrap_or(0)
    }
}

/// One pin of a chip with words `W`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pin<W = u16> {
    number: u8,
    word: PhantomData<W>,
}

impl<W: Word> Pin<W> {
    /// Pin by its bit in the word; `None` if the chip has no such pin.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number < W::PINS).then_some(Self::numbered(number))
    }

    /// Bit in the word: 0 to 15, or 0 to 7.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.number
    }

    /// Port: 0 for bits 0 to 7, 1 for bits 8 to 15.
    #[must_use]
    pub const fn port(self) -> u8 {
        self.number / 8
    }

    /// The word with only this pin set.
    #[must_use]
    pub fn mask(self) -> W {
        W::bit(self.number)
    }
}

impl Pin<u16> {
    /// Pin 0 of port 0.
    pub const P00: Self = Self::numbered(0);
    /// Pin 1 of port 0.
    pub const P01: Self = Self::numbered(1);
    /// Pin 2 of port 0.
    pub const P02: Self = Self::numbered(2);
    /// Pin 3 of port 0.
    pub const P03: Self = Self::numbered(3);
    /// Pin 4 of port 0.
    pub const P04: Self = Self::numbered(4);
    /// Pin 5 of port 0.
    pub const P05: Self = Self::numbered(5);
    /// Pin 6 of port 0.
    pub const P06: Self = Self::numbered(6);
    /// Pin 7 of port 0.
    pub const P07: Self = Self::numbered(7);
    /// Pin 0 of port 1.
    pub const P10: Self = Self::numbered(8);
    /// Pin 1 of port 1.
    pub const P11: Self = Self::numbered(9);
    /// Pin 2 of port 1.
    pub const P12: Self = Self::numbered(10);
    /// Pin 3 of port 1.
    pub const P13: Self = Self::numbered(11);
    /// Pin 4 of port 1.
    pub const P14: Self = Self::numbered(12);
    /// Pin 5 of port 1.
    pub const P15: Self = Self::numbered(13);
    /// Pin 6 of port 1.
    pub const P16: Self = Self::numbered(14);
    /// Pin 7 of port 1.
    pub const P17: Self = Self::numbered(15);
}

impl Pin<u8> {
    /// Pin 0.
    pub const P0: Self = Self::numbered(0);
    /// Pin 1.
    pub const P1: Self = Self::numbered(1);
    /// Pin 2.
    pub const P2: Self = Self::numbered(2);
    /// Pin 3.
    pub const P3: Self = Self::numbered(3);
    /// Pin 4.
    pub const P4: Self = Self::numbered(4);
    /// Pin 5.
    pub const P5: Self = Self::numbered(5);
    /// Pin 6.
    pub const P6: Self = Self::numbered(6);
    /// Pin 7.
    pub const P7: Self = Self::numbered(7);
}

impl<W> Pin<W> {
    pub(crate) const fn numbered(number: u8) -> Self {
        Self {
            number,
            word: PhantomData,
        }
    }
}

/// A 7-bit bus address at which one of the chips can be strapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Address(u8);

impl Address {
    /// All address pins low.
    pub const DEFAULT: Self = Self(BASE);

    /// Address of a TCA9555, TCA9535, PCA9555 or PCA9535, 20h to 27h; a TCA6416A or TCA6408A has 20h and 21h only.
    ///
    /// # Errors
    ///
    /// [`ConfigError::InvalidAddress`] for any other.
    pub const fn new(address: u8) -> Result<Self, ConfigError> {
        if address & !PINS == BASE {
            Ok(Self(address))
        } else {
            Err(ConfigError::InvalidAddress { address })
        }
    }

    /// Address from the levels of the pins A2, A1 and A0: 20h + 4 A2 + 2 A1 + A0 (SCPS201, address table).
    #[must_use]
    pub fn from_pins(a2: bool, a1: bool, a0: bool) -> Self {
        let high = u8::from(a2) << 2 | u8::from(a1) << 1;
        Self(BASE | high | u8::from(a0))
    }

    /// Address of a TCA9539 or PCA9539 from the levels of its pins A1 and A0: 74h to 77h.
    #[must_use]
    pub fn tca9539(a1: bool, a0: bool) -> Self {
        Self(BASE_9539 | u8::from(a1) << 1 | u8::from(a0))
    }

    /// The seven bits as a number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Address with all address pins low.
const BASE: u8 = 0x20;

/// The same for the chips with a reset pin, which have two address pins.
const BASE_9539: u8 = 0x74;

/// Bits that the address pins set.
const PINS: u8 = 0x07;
