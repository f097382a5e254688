//! Settings with their limits by 1Dh.

use super::{Read, Registers, Request, SETTINGS_FIRST, check_range};
use crate::error::{BuildError, ReplyError};
use crate::frame::{Command, Frame, emit};

/// The most settings in one reply.
const MOST: usize = 100;

/// Which of its numbers the BMS tells about each setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SettingsOption {
    /// Smallest value it takes.
    Minimum,
    /// Largest value it takes.
    Maximum,
    /// Value from the factory.
    Default,
    /// Value now.
    Current,
}

impl SettingsOption {
    /// Byte in the request.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Minimum => 1,
            Self::Maximum => 2,
            Self::Default => 3,
            Self::Current => 4,
        }
    }
}

impl TryFrom<u8> for SettingsOption {
    type Error = BuildError;

    fn try_from(code: u8) -> Result<Self, BuildError> {
        match code {
            1 => Ok(Self::Minimum),
            2 => Ok(Self::Maximum),
            3 => Ok(Self::Default),
            4 => Ok(Self::Current),
            other => Err(BuildError::InvalidArgument {
                found: u16::from(other),
            }),
        }
    }
}

/// Reads one number of each setting from 300 on (TinyBMS rev D, command 1Dh).
///
/// The request has no address: that item i is register 300 + i is deduced, not documented. The request for one maximum
/// has the same bytes as a reply of 0100h, which is therefore taken for an echo: ask for two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadSettings {
    option: SettingsOption,
    count: u8,
}

impl ReadSettings {
    /// The first `count` settings, 1 to 100.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`].
    pub fn new(option: SettingsOption, count: u8) -> Result<Self, BuildError> {
        check_range(SETTINGS_FIRST, usize::from(count), MOST)?;
        Ok(Self { option, count })
    }
}

impl Request for ReadSettings {
    type Reply<'a> = Registers<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        let content = [self.option.code(), 0, self.count];
        emit(Command::SETTINGS, 3, content, out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<Registers<'a>, ReplyError> {
        let length = usize::from(self.count).saturating_mul(2);
        let bytes = reply.counted(Command::SETTINGS, length)?;
        Ok(Registers::low_first(SETTINGS_FIRST, bytes))
    }
}

impl Read for ReadSettings {}
