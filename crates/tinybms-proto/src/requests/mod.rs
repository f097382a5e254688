//! Requests, each with what its reply means.

mod registers;
mod settings;
mod values;
mod writes;

pub use registers::{
    ReadBlock, ReadBlockInPackets, ReadEach, ReadRegisters, Registers, Values, Words,
};
pub use settings::{ReadSettings, SettingsOption};
pub use values::{
    ReadAllEvents, ReadCellVoltages, ReadExtendedVersion, ReadLifetime, ReadMaxCell, ReadMinCell,
    ReadNewestEvents, ReadPackCurrent, ReadPackVoltage, ReadStateOfCharge, ReadStatus,
    ReadTemperatures, ReadTravel, ReadVersion,
};
pub use writes::{Act, Action, WriteBlock, WriteEach, WriteRegisters};

use crate::error::{BuildError, ReplyError};
use crate::frame::Frame;

/// A request that knows its reply.
pub trait Request {
    /// What a good reply holds.
    type Reply<'a>;

    /// Writes the frame into `out`; gives the part that is to be sent.
    ///
    /// # Errors
    ///
    /// [`BuildError::BufferTooSmall`].
    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError>;

    /// What the reply says.
    ///
    /// # Errors
    ///
    /// A refusal, or what does not fit to this request.
    fn decode<'a>(&self, reply: Frame<'a>) -> Result<Self::Reply<'a>, ReplyError>;

    /// From bytes that are exactly one frame.
    ///
    /// # Errors
    ///
    /// As [`Frame::parse`] and [`Request::decode`].
    fn decode_bytes<'a>(&self, reply: &'a [u8]) -> Result<Self::Reply<'a>, ReplyError> {
        self.decode(Frame::parse(reply)?)
    }
}

/// A request that changes nothing: it may be repeated.
pub trait Read: Request {}

/// A request that changes something in the BMS: it is sent once.
pub trait Write: Request {}

/// First and last address that can be written (TinyBMS rev D, commands 0Bh, 0Dh, 10h).
pub const SETTINGS_FIRST: u16 = 300;
/// See [`SETTINGS_FIRST`].
pub const SETTINGS_LAST: u16 = 399;

/// A count of 1 to `largest`, and addresses that do not run over the end.
fn check_range(start: u16, count: usize, largest: usize) -> Result<(), BuildError> {
    if count == 0 || count > largest {
        return Err(BuildError::InvalidCount {
            found: count,
            largest,
        });
    }
    if count.saturating_sub(1) > usize::from(u16::MAX.abs_diff(start)) {
        return Err(BuildError::InvalidAddress { start, count });
    }
    Ok(())
}

/// The same inside the settings.
fn check_settings(start: u16, count: usize, largest: usize) -> Result<(), BuildError> {
    check_range(start, count, largest)?;
    let room = usize::from(SETTINGS_LAST.saturating_sub(start)).saturating_add(1);
    if !(SETTINGS_FIRST..=SETTINGS_LAST).contains(&start) || count > room {
        return Err(BuildError::InvalidAddress { start, count });
    }
    Ok(())
}
