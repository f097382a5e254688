//! Frames of the BMS: where one ends, whether it is sound, what kind it is.

use core::fmt;

use crate::crc::checksum;
use crate::error::{BuildError, NackCode, ReplyError};

/// First byte of every frame; also the Modbus slave number 170.
pub const HEADER: u8 = 0xAA;
/// The longest reply: head, length, 254 bytes, checksum.
pub const FRAME_MAX: usize = 259;
/// What every frame has around its content: head, command, checksum.
const AROUND: usize = 4;
/// The same and a length byte.
const AROUND_WITH_LENGTH: usize = 5;
/// Bytes in a packet that is not the last of its reply. Deduced from a log, not documented.
pub const PACKET_BYTES: usize = 63;
/// More packets follow.
pub(crate) const MORE: u8 = 0x80;
/// Length, or number of the packet.
pub(crate) const LENGTH_BITS: u8 = 0x3F;

/// A command, the second byte of a frame (TinyBMS rev D, chapter 1; codes in the fact sheet of `docs/wire/tinybms.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Command(u8);

impl Command {
    /// Refusal; only in replies.
    pub const NACK: Self = Self(0x00);
    /// Confirmation; only in replies.
    pub const ACK: Self = Self(0x01);
    /// Clear events, clear statistics, reset.
    pub const ACTION: Self = Self(0x02);
    /// Modbus read of registers.
    pub const READ_MODBUS: Self = Self(0x03);
    /// Read of a block of registers.
    pub const READ_BLOCK: Self = Self(0x07);
    /// Read of single registers.
    pub const READ_EACH: Self = Self(0x09);
    /// Write of a block of settings.
    pub const WRITE_BLOCK: Self = Self(0x0B);
    /// Write of single settings.
    pub const WRITE_EACH: Self = Self(0x0D);
    /// Modbus write of settings.
    pub const WRITE_MODBUS: Self = Self(0x10);
    /// Newest events.
    pub const NEWEST_EVENTS: Self = Self(0x11);
    /// All events.
    pub const ALL_EVENTS: Self = Self(0x12);
    /// Pack voltage.
    pub const PACK_VOLTAGE: Self = Self(0x14);
    /// Pack current.
    pub const PACK_CURRENT: Self = Self(0x15);
    /// Highest cell voltage.
    pub const MAX_CELL: Self = Self(0x16);
    /// Lowest cell voltage.
    pub const MIN_CELL: Self = Self(0x17);
    /// Online status.
    pub const STATUS: Self = Self(0x18);
    /// Lifetime counter.
    pub const LIFETIME: Self = Self(0x19);
    /// State of charge.
    pub const STATE_OF_CHARGE: Self = Self(0x1A);
    /// Temperatures.
    pub const TEMPERATURES: Self = Self(0x1B);
    /// Cell voltages.
    pub const CELL_VOLTAGES: Self = Self(0x1C);
    /// Settings with their minimum, maximum and default.
    pub const SETTINGS: Self = Self(0x1D);
    /// Version.
    pub const VERSION: Self = Self(0x1E);
    /// Version with boot loader and register map.
    pub const EXTENDED_VERSION: Self = Self(0x1F);
    /// Speed, distance left, time left.
    pub const TRAVEL: Self = Self(0x20);

    /// The command with this code; codes that no document names are commands too.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// Its code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}h", self.0)
    }
}

/// What the first bytes of a reply tell about its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ReplyLength {
    /// More bytes are needed to tell.
    Unknown,
    /// The whole reply has so many bytes.
    Bytes(usize),
    /// No reply begins like this.
    NotAReply,
}

/// Length of the reply that begins with `head`; the third byte is a length in some replies only.
#[must_use]
pub fn reply_length(head: &[u8]) -> ReplyLength {
    match *head {
        [] | [HEADER] => ReplyLength::Unknown,
        [HEADER, command, ref rest @ ..] => match command {
            0x01 | 0x83 | 0x90 => ReplyLength::Bytes(5),
            0x00 | 0x16..=0x18 => ReplyLength::Bytes(6),
            0x10 | 0x14 | 0x15 | 0x19 | 0x1A => ReplyLength::Bytes(8),
            0x20 => ReplyLength::Bytes(16),
            0x03 | 0x11 | 0x12 | 0x1B..=0x1F => match rest.first() {
                None => ReplyLength::Unknown,
                Some(0xFF) => ReplyLength::NotAReply,
                Some(length) => with_content(usize::from(*length)),
            },
            0x07 | 0x09 => match rest.first() {
                None => ReplyLength::Unknown,
                Some(flags) if flags & MORE != 0 => with_content(PACKET_BYTES),
                Some(length) => with_content(usize::from(length & LENGTH_BITS)),
            },
            _ => ReplyLength::NotAReply,
        },
        _ => ReplyLength::NotAReply,
    }
}

const fn with_content(bytes: usize) -> ReplyLength {
    ReplyLength::Bytes(bytes.saturating_add(AROUND_WITH_LENGTH))
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// The BMS refuses a command.
    Nack {
        /// Which one.
        command: Command,
        /// Why.
        code: NackCode,
    },
    /// The BMS confirms a command.
    Ack {
        /// Which one.
        command: Command,
    },
    /// A refusal in the form of Modbus.
    Exception {
        /// Which command.
        command: Command,
        /// Why, in the codes of Modbus.
        code: u8,
    },
    /// A reply with content.
    Answer {
        /// To which command.
        command: Command,
    },
}

/// A reply of the right length with a good checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes exactly one frame.
    ///
    /// # Errors
    ///
    /// [`ReplyError::Timeout`] for nothing, [`ReplyError::NoFrame`] for what no reply begins with,
    /// [`ReplyError::Truncated`], [`ReplyError::LengthMismatch`] for bytes after the end, [`ReplyError::BadCrc`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ReplyError> {
        let found = bytes.len();
        let expected = match reply_length(bytes) {
            ReplyLength::Bytes(length) => length,
            _ if bytes.is_empty() => return Err(ReplyError::Timeout),
            ReplyLength::Unknown => {
                return Err(ReplyError::Truncated {
                    expected: AROUND_WITH_LENGTH,
                    found,
                });
            }
            ReplyLength::NotAReply => {
                let skipped = u32::try_from(found).unwrap_or(u32::MAX);
                return Err(ReplyError::NoFrame { skipped });
            }
        };
        if found < expected {
            return Err(ReplyError::Truncated { expected, found });
        }
        if found > expected {
            return Err(ReplyError::LengthMismatch { expected, found });
        }
        checked(bytes)?;
        Ok(Self { bytes })
    }

    /// For what the receiver has cut and checked.
    pub(crate) const fn cut(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// All bytes, from AAh to the checksum.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The second byte.
    #[must_use]
    pub fn command(self) -> Command {
        Command(self.bytes.get(1).copied().unwrap_or_default())
    }

    /// What stands between the second byte and the checksum, a length byte included.
    #[must_use]
    pub fn content(self) -> &'a [u8] {
        match self.bytes {
            [_, _, content @ .., _, _] => content,
            _ => &[],
        }
    }

    /// What kind of frame it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match (self.command(), self.content()) {
            (Command::NACK, &[command, code, ..]) => Kind::Nack {
                command: Command(command),
                code: code.into(),
            },
            (Command::ACK, &[command, ..]) => Kind::Ack {
                command: Command(command),
            },
            (Command(0x83), &[code, ..]) => Kind::Exception {
                command: Command::READ_MODBUS,
                code,
            },
            (Command(0x90), &[code, ..]) => Kind::Exception {
                command: Command::WRITE_MODBUS,
                code,
            },
            (command, _) => Kind::Answer { command },
        }
    }

    /// Content of a reply to `command` after its length byte, which has to be `length`.
    pub(crate) fn counted(self, command: Command, length: usize) -> Result<&'a [u8], ReplyError> {
        let (found, content) = self.listed(command)?;
        if usize::from(found) == length {
            Ok(content)
        } else {
            Err(ReplyError::LengthMismatch {
                expected: length,
                found: usize::from(found),
            })
        }
    }

    /// Length byte of a reply to `command`, and what follows it.
    pub(crate) fn listed(self, command: Command) -> Result<(u8, &'a [u8]), ReplyError> {
        match self.answer(command)? {
            [length, content @ ..] => Ok((*length, content)),
            [] => Err(self.too_short(1)),
        }
    }

    /// Content of a reply to `command` that has no length byte.
    pub(crate) fn fixed<const N: usize>(self, command: Command) -> Result<[u8; N], ReplyError> {
        let content = self.answer(command)?;
        content.try_into().map_err(|_| self.too_short(N))
    }

    /// Content, when this is an answer to `command`.
    pub(crate) fn answer(self, command: Command) -> Result<&'a [u8], ReplyError> {
        if self.command() == command {
            return Ok(self.content());
        }
        Err(self.refusal(command))
    }

    /// What a frame that is no answer to `command` means for it.
    pub(crate) fn refusal(self, expected: Command) -> ReplyError {
        match self.kind() {
            Kind::Nack { command, code } if command == expected => ReplyError::Nack(code),
            Kind::Exception { command, code } if command == expected => {
                ReplyError::ModbusException { code }
            }
            Kind::Nack { command, .. } | Kind::Ack { command } if command != expected => {
                ReplyError::AckMismatch {
                    expected,
                    found: command,
                }
            }
            _ => ReplyError::UnexpectedCommand {
                found: self.command(),
            },
        }
    }

    fn too_short(self, expected: usize) -> ReplyError {
        ReplyError::LengthMismatch {
            expected,
            found: self.content().len(),
        }
    }
}

/// Whether `bytes` end with their checksum.
pub(crate) fn checked(bytes: &[u8]) -> Result<(), ReplyError> {
    if checksum(bytes) == 0 {
        return Ok(());
    }
    let (body, found) = bytes.split_last_chunk().unwrap_or((&[], &[0, 0]));
    Err(ReplyError::BadCrc {
        expected: checksum(body),
        found: u16::from_le_bytes(*found),
    })
}

/// Writes a frame: head, command, `length` bytes of `content`, checksum.
pub(crate) fn emit(
    command: Command,
    length: usize,
    content: impl IntoIterator<Item = u8>,
    out: &mut [u8],
) -> Result<&[u8], BuildError> {
    let needed = length.saturating_add(AROUND);
    let too_small = BuildError::BufferTooSmall { needed };
    let frame = out.get_mut(..needed).ok_or(too_small)?;
    let (body, end) = frame.split_last_chunk_mut::<2>().ok_or(too_small)?;
    let (head, rest) = body.split_first_chunk_mut::<2>().ok_or(too_small)?;
    *head = [HEADER, command.0];
    for (place, byte) in rest.iter_mut().zip(content) {
        *place = byte;
    }
    *end = checksum(body).to_le_bytes();
    Ok(frame)
}
