//! What changes something in the BMS: sent once, never repeated by itself.

use core::iter::once;

use super::{Request, Write, check_range, check_settings};
use crate::error::{BuildError, ReplyError};
use crate::frame::{Command, Frame, Kind, emit};

/// The most registers in one write of 10h.
const MODBUS_MOST: usize = 100;
/// The most values in one packet of 0Bh.
const BLOCK_MOST: usize = 30;
/// The most pairs in one packet of 0Dh.
const EACH_MOST: usize = 15;

/// What 02h can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Empties the event log. Does not clear a fault.
    ClearEvents,
    /// Empties the statistics.
    ClearStatistics,
    /// Restarts the BMS. Its confirmation may not arrive.
    Reset,
}

impl Action {
    /// Byte in the request.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ClearEvents => 1,
            Self::ClearStatistics => 2,
            Self::Reset => 5,
        }
    }
}

/// Clears events or statistics, or restarts the BMS (TinyBMS rev D, command 02h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Act(pub Action);

impl Request for Act {
    type Reply<'a> = ();

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        emit(Command::ACTION, 1, once(self.0.code()), out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<(), ReplyError> {
        acknowledged(reply, Command::ACTION)
    }
}

impl Write for Act {}

/// Writes settings that follow each other (TinyBMS rev D, command 10h; Modbus function 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteRegisters<'r> {
    start: u16,
    values: &'r [u16],
}

impl<'r> WriteRegisters<'r> {
    /// 1 to 100 values from `start`, all between 300 and 399.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn new(start: u16, values: &'r [u16]) -> Result<Self, BuildError> {
        check_settings(start, values.len(), MODBUS_MOST)?;
        Ok(Self { start, values })
    }

    fn count(&self) -> u8 {
        u8::try_from(self.values.len()).unwrap_or(u8::MAX)
    }
}

impl Request for WriteRegisters<'_> {
    type Reply<'a> = ();

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let [high, low] = self.start.to_be_bytes();
        let count = self.count();
        let head = [high, low, 0, count, count.saturating_mul(2)];
        let values = self.values.iter().flat_map(|word| word.to_be_bytes());
        let length = self.values.len().saturating_mul(2).saturating_add(5);
        let content = head.into_iter().chain(values);
        emit(Command::WRITE_MODBUS, length, content, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<(), ReplyError> {
        let [a, b, _, count] = reply.fixed(Command::WRITE_MODBUS)?;
        let found = u16::from_be_bytes([a, b]);
        if found != self.start {
            return Err(ReplyError::AddressMismatch {
                expected: self.start,
                found,
            });
        }
        if count != self.count() {
            return Err(ReplyError::LengthMismatch {
                expected: self.values.len(),
                found: usize::from(count),
            });
        }
        Ok(())
    }
}

impl Write for WriteRegisters<'_> {}

/// Writes settings that follow each other in the proprietary form (TinyBMS rev D, command 0Bh).
///
/// The meaning of its length byte is disputed and was not seen on hardware: here it counts address and values, as in
/// every other command. Prefer [`WriteRegisters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteBlock<'r> {
    start: u16,
    values: &'r [u16],
}

impl<'r> WriteBlock<'r> {
    /// 1 to 30 values from `start`, all between 300 and 399.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn new(start: u16, values: &'r [u16]) -> Result<Self, BuildError> {
        check_settings(start, values.len(), BLOCK_MOST)?;
        Ok(Self { start, values })
    }
}

impl Request for WriteBlock<'_> {
    type Reply<'a> = ();

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let length = self.values.len().saturating_mul(2).saturating_add(2);
        let first = u8::try_from(length).unwrap_or(u8::MAX);
        let words = once(self.start).chain(self.values.iter().copied());
        let content = once(first).chain(words.flat_map(u16::to_le_bytes));
        emit(Command::WRITE_BLOCK, length.saturating_add(1), content, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<(), ReplyError> {
        acknowledged(reply, Command::WRITE_BLOCK)
    }
}

impl Write for WriteBlock<'_> {}

/// Writes single settings (TinyBMS rev D, command 0Dh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteEach<'r> {
    pairs: &'r [(u16, u16)],
}

impl<'r> WriteEach<'r> {
    /// 1 to 15 pairs of address, 300 to 399, and value.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn new(pairs: &'r [(u16, u16)]) -> Result<Self, BuildError> {
        check_range(0, pairs.len(), EACH_MOST)?;
        for (address, _) in pairs {
            check_settings(*address, 1, 1)?;
        }
        Ok(Self { pairs })
    }
}

impl Request for WriteEach<'_> {
    type Reply<'a> = ();

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let length = self.pairs.len().saturating_mul(4);
        let first = u8::try_from(length).unwrap_or(u8::MAX);
        let words = self.pairs.iter().flat_map(|(a, v)| [*a, *v]);
        let content = once(first).chain(words.flat_map(u16::to_le_bytes));
        emit(Command::WRITE_EACH, length.saturating_add(1), content, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<(), ReplyError> {
        acknowledged(reply, Command::WRITE_EACH)
    }
}

impl Write for WriteEach<'_> {}

fn acknowledged(reply: Frame<'_>, command: Command) -> Result<(), ReplyError> {
    match reply.kind() {
        Kind::Ack { command: named } if named == command => Ok(()),
        _ => Err(reply.refusal(command)),
    }
}
