//! Reads of registers by 03h, 07h and 09h.

use super::{Read, Request, check_range};
use crate::error::{BuildError, ReplyError};
use crate::frame::{Command, Frame, emit};
use crate::question::{Packets, Question};

/// The most registers in one reply of 03h.
const MODBUS_MOST: usize = 127;
/// The most registers that fit into one packet of 07h.
const BLOCK_MOST: usize = 31;
/// The most registers that fit into one packet of 09h.
const EACH_MOST: usize = 15;

/// Values of registers that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers<'a> {
    start: u16,
    bytes: &'a [u8],
    order: Order,
}

/// Which byte of a register comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    HighFirst,
    LowFirst,
}

impl<'a> Registers<'a> {
    /// Of a Modbus reply: high byte first.
    pub(crate) const fn high_first(start: u16, bytes: &'a [u8]) -> Self {
        Self {
            start,
            bytes,
            order: Order::HighFirst,
        }
    }

    /// Of any other reply, or bytes that were put together from packets: low byte first.
    #[must_use]
    pub const fn low_first(start: u16, bytes: &'a [u8]) -> Self {
        Self {
            start,
            bytes,
            order: Order::LowFirst,
        }
    }

    /// Address of the first one.
    #[must_use]
    pub const fn start(self) -> u16 {
        self.start
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        self.bytes.len() / 2
    }

    /// All of them, in order.
    #[must_use]
    pub fn words(self) -> Words<'a> {
        Words {
            pairs: self.bytes.chunks_exact(2),
            order: self.order,
        }
    }

    /// The register with this address, when it is among them.
    #[must_use]
    pub fn get(self, address: u16) -> Option<u16> {
        let place = usize::from(address.checked_sub(self.start)?);
        self.words().nth(place)
    }

    /// A register as a signed number.
    #[must_use]
    pub fn signed(self, address: u16) -> Option<i16> {
        self.get(address).map(u16::cast_signed)
    }

    /// Two registers as one number, low word at the lower address.
    #[must_use]
    pub fn double(self, address: u16) -> Option<u32> {
        let low = u32::from(self.get(address)?);
        let high = u32::from(self.get(address.checked_add(1)?)?);
        Some(high << 16 | low)
    }
}

/// Registers one after the other.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    pairs: core::slice::ChunksExact<'a, u8>,
    order: Order,
}

impl Iterator for Words<'_> {
    type Item = u16;

    #[inline(always)]
    fn next(&mut self) -> Option<u16> {
        let pair = *self.pairs.next()?.first_chunk()?;
        Some(match self.order {
            Order::HighFirst => u16::from_be_bytes(pair),
            Order::LowFirst => u16::from_le_bytes(pair),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pairs.size_hint()
    }
}

impl ExactSizeIterator for Words<'_> {}

/// Reads registers in one frame of any length (TinyBMS rev D, command 03h; Modbus function 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadRegisters {
    start: u16,
    count: u8,
}

impl ReadRegisters {
    /// `count` registers from `start`, 1 to 127. An answer does not prove that a register exists: far outside the map a
    /// device was seen to answer with filler words.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    #[inline]
    pub fn new(start: u16, count: u8) -> Result<Self, BuildError> {
        check_range(start, usize::from(count), MODBUS_MOST)?;
        Ok(Self { start, count })
    }
}

impl Request for ReadRegisters {
    type Reply<'a> = Registers<'a>;

    #[inline]
    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let [high, low] = self.start.to_be_bytes();
        emit(Command::READ_MODBUS, 4, [high, low, 0, self.count], out)
    }

    #[inline]
    fn decode<'a>(&self, reply: Frame<'a>) -> Result<Registers<'a>, ReplyError> {
        let length = usize::from(self.count).saturating_mul(2);
        let bytes = reply.counted(Command::READ_MODBUS, length)?;
        Ok(Registers::high_first(self.start, bytes))
    }
}

impl Read for ReadRegisters {}

/// Reads registers in one packet (TinyBMS rev D, command 07h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadBlock {
    start: u16,
    count: u8,
}

impl ReadBlock {
    /// `count` registers from `start`, 1 to 31; more would need several packets.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn new(start: u16, count: u8) -> Result<Self, BuildError> {
        check_range(start, usize::from(count), BLOCK_MOST)?;
        Ok(Self { start, count })
    }
}

impl Request for ReadBlock {
    type Reply<'a> = Registers<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let [low, high] = self.start.to_le_bytes();
        emit(Command::READ_BLOCK, 3, [self.count, low, high], out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<Registers<'a>, ReplyError> {
        let length = usize::from(self.count).saturating_mul(2);
        let bytes = reply.counted(Command::READ_BLOCK, length)?;
        Ok(Registers::low_first(self.start, bytes))
    }
}

impl Read for ReadBlock {}

/// Reads a block whose reply comes in several packets of 63 bytes.
///
/// This form of 07h is deduced from a log of a real device, not documented: [`ReadRegisters`] reads as much without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadBlockInPackets {
    start: u16,
    count: u8,
}

impl ReadBlockInPackets {
    /// `count` registers from `start`, 1 to 127.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn new(start: u16, count: u8) -> Result<Self, BuildError> {
        check_range(start, usize::from(count), MODBUS_MOST)?;
        Ok(Self { start, count })
    }

    /// Writes the frame into `out`.
    ///
    /// # Errors
    ///
    /// [`BuildError::BufferTooSmall`].
    pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let [low, high] = self.start.to_le_bytes();
        emit(Command::READ_BLOCK, 3, [self.count, low, high], out)
    }

    /// Bytes of the registers: what the buffer for [`Packets::push`] has to hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        usize::from(self.count).saturating_mul(2)
    }

    /// What puts the packets together.
    #[must_use]
    pub fn packets(&self) -> Packets {
        Packets::new(self.bytes())
    }

    /// What the receiver has to look for.
    #[must_use]
    pub const fn question(sent: &[u8]) -> Question<'_> {
        Question::in_packets(sent)
    }

    /// The registers in the bytes that were put together.
    #[must_use]
    pub const fn registers<'a>(&self, bytes: &'a [u8]) -> Registers<'a> {
        Registers::low_first(self.start, bytes)
    }
}

/// Reads single registers; each comes back with its address (TinyBMS rev D, command 09h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadEach<'r> {
    addresses: &'r [u16],
}

impl<'r> ReadEach<'r> {
    /// 1 to 15 addresses in any order; more would need several packets.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`].
    pub fn new(addresses: &'r [u16]) -> Result<Self, BuildError> {
        check_range(0, addresses.len(), EACH_MOST)?;
        Ok(Self { addresses })
    }
}

impl Request for ReadEach<'_> {
    /// The values, in the order of the request.
    type Reply<'a> = Values<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let length = self.addresses.len().saturating_mul(2);
        let first = u8::try_from(length).unwrap_or(u8::MAX);
        let addresses = self.addresses.iter().flat_map(|word| word.to_le_bytes());
        let content = core::iter::once(first).chain(addresses);
        emit(Command::READ_EACH, length.saturating_add(1), content, out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<Values<'a>, ReplyError> {
        let length = self.addresses.len().saturating_mul(4);
        let values = Values {
            pairs: reply.counted(Command::READ_EACH, length)?.chunks_exact(4),
        };
        for (&expected, (found, _)) in self.addresses.iter().zip(values.clone()) {
            if found != expected {
                return Err(ReplyError::AddressMismatch { expected, found });
            }
        }
        Ok(values)
    }
}

impl Read for ReadEach<'_> {}

/// Addresses and values of single registers.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    pairs: core::slice::ChunksExact<'a, u8>,
}

impl Iterator for Values<'_> {
    type Item = (u16, u16);

    fn next(&mut self) -> Option<(u16, u16)> {
        match *self.pairs.next()? {
            [a, b, c, d] => Some((u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))),
            _ => None,
        }
    }
}
