//! What can go wrong.

use core::fmt;

use crate::frame::Command;

/// A request that must not be sent, found before any byte of it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BuildError {
    /// No registers, or more than one request can carry.
    InvalidCount {
        /// What was asked for.
        found: usize,
        /// The most that fits.
        largest: usize,
    },
    /// Beyond the last address, or a write outside the settings (300 to 399).
    InvalidAddress {
        /// First address of the request.
        start: u16,
        /// How many registers from there.
        count: usize,
    },
    /// An option that the command does not have.
    InvalidArgument {
        /// What was asked for.
        found: u16,
    },
    /// The frame does not fit into the buffer.
    BufferTooSmall {
        /// Bytes that are needed.
        needed: usize,
    },
}

/// Code of a refusal (TinyBMS rev D, section "Error codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NackCode {
    /// 00h: the command is not known or not possible. The same request must not be repeated.
    Command,
    /// 01h: the BMS received a wrong checksum. The same request may be repeated.
    Crc,
    /// A code that is not documented.
    Other(u8),
}

impl From<u8> for NackCode {
    fn from(code: u8) -> Self {
        match code {
            0x00 => Self::Command,
            0x01 => Self::Crc,
            other => Self::Other(other),
        }
    }
}

/// Why there is no usable reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReplyError {
    /// Not a single byte came.
    Timeout,
    /// Bytes came, none of them the head of a reply to this request.
    NoFrame {
        /// How many.
        skipped: u32,
    },
    /// A reply began and did not end.
    Truncated {
        /// Bytes that belong to the reply.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// A reply with a wrong checksum.
    BadCrc {
        /// Checksum of the bytes that came.
        expected: u16,
        /// Checksum that came with them.
        found: u16,
    },
    /// A sound reply to another command.
    UnexpectedCommand {
        /// Second byte of that reply.
        found: Command,
    },
    /// A confirmation or refusal that names another command.
    AckMismatch {
        /// Command of the request.
        expected: Command,
        /// Command that was named.
        found: Command,
    },
    /// The BMS refuses.
    Nack(NackCode),
    /// A refusal in the form of Modbus; not documented for this device, taken as a refusal all the same.
    ModbusException {
        /// Its code.
        code: u8,
    },
    /// A sound reply with another number of bytes than this request asks for.
    LengthMismatch {
        /// Bytes between length and checksum that were expected.
        expected: usize,
        /// Bytes that were announced.
        found: usize,
    },
    /// A sound reply about other registers.
    AddressMismatch {
        /// Address that was asked for.
        expected: u16,
        /// Address in the reply.
        found: u16,
    },
    /// Packets of a long reply that do not follow each other.
    PacketSequence {
        /// Number of the packet that was due.
        expected: u8,
        /// Number that came.
        found: u8,
    },
    /// The request itself came back over the wiring, and no reply.
    Echo,
}

impl ReplyError {
    /// Whether the BMS has said no: there is nothing to wait for.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Nack(_) | Self::ModbusException { .. })
    }

    /// How much an observation tells; the most telling one becomes the error.
    pub(crate) const fn weight(self) -> u8 {
        match self {
            Self::Timeout => 0,
            Self::NoFrame { .. } => 1,
            Self::Truncated { .. } => 2,
            Self::Echo => 3,
            Self::BadCrc { .. } => 4,
            Self::UnexpectedCommand { .. } => 5,
            Self::AckMismatch { .. }
            | Self::LengthMismatch { .. }
            | Self::AddressMismatch { .. }
            | Self::PacketSequence { .. } => 6,
            Self::Nack(_) | Self::ModbusException { .. } => 7,
        }
    }
}

/// A number of a sound frame that is none: "not a number", infinite, or beyond what the unit can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NotAvailable {
    /// The bits of an IEEE 754 number that is NaN.
    NotANumber {
        /// All 32 bits.
        bits: u32,
    },
    /// The bits of an infinite number.
    Infinite {
        /// All 32 bits.
        bits: u32,
    },
    /// A finite number beyond 32 bits in the unit asked for.
    OutOfRange {
        /// All 32 bits.
        bits: u32,
    },
}

/// What can go wrong when talking to the BMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The serial port failed; the BMS may or may not have seen the bytes.
    Port(E),
    /// The request was refused before anything was sent.
    Build(BuildError),
    /// No usable reply, or a refusal.
    ///
    /// After a read nothing has changed. After a write only refusals come here: it was not carried out. Of a plan the writes
    /// before it stand.
    Reply(ReplyError),
    /// This write was not sent, because the BMS did not answer the harmless read before it. Of a plan the writes before it
    /// stand.
    NotAwake(ReplyError),
    /// A write was sent once, and no confirmation came: it may have been carried out. It is not repeated.
    Unconfirmed(ReplyError),
    /// A setting was changed by somebody else since the plan was made. This write was not sent, earlier ones were.
    Changed(Mismatch),
    /// A setting does not hold what was written and confirmed.
    NotWritten(Mismatch),
    /// A setting was written and confirmed, and could not be read back: it was carried out as far as the BMS says.
    NotReadBack(ReplyError),
}

/// A register that holds something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mismatch {
    /// Register.
    pub register: u16,
    /// Word that should stand there.
    pub expected: u16,
    /// Word that was read.
    pub found: u16,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidCount { found, largest } => {
                write!(f, "a count of {found} is not 1 to {largest}")
            }
            Self::InvalidAddress { start, count } => {
                write!(f, "{count} registers from {start} are not all there")
            }
            Self::InvalidArgument { found } => write!(f, "the command has no option {found}"),
            Self::BufferTooSmall { needed } => write!(f, "the frame needs {needed} bytes"),
        }
    }
}

impl fmt::Display for NackCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command => f.write_str("command error"),
            Self::Crc => f.write_str("checksum error on the way to the BMS"),
            Self::Other(code) => write!(f, "unknown error {code:02X}h"),
        }
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no answer"),
            Self::NoFrame { skipped } => write!(f, "{skipped} bytes, none of them a reply"),
            Self::Truncated { expected, found } => {
                write!(f, "the reply ended after {found} of {expected} bytes")
            }
            Self::BadCrc { expected, found } => {
                write!(f, "checksum {found:04X}h instead of {expected:04X}h")
            }
            Self::UnexpectedCommand { found } => write!(f, "a reply to command {found}"),
            Self::AckMismatch { expected, found } => {
                write!(f, "an answer about command {found} instead of {expected}")
            }
            Self::Nack(code) => write!(f, "the BMS refuses: {code}"),
            Self::ModbusException { code } => write!(f, "the BMS refuses: exception {code}"),
            Self::LengthMismatch { expected, found } => {
                write!(f, "a reply of {found} bytes instead of {expected}")
            }
            Self::AddressMismatch { expected, found } => {
                write!(f, "a reply about register {found} instead of {expected}")
            }
            Self::PacketSequence { expected, found } => {
                write!(f, "packet {found} instead of {expected}")
            }
            Self::Echo => f.write_str("only the request came back"),
        }
    }
}

impl fmt::Display for NotAvailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { bits } => write!(f, "{bits:08X}h is no number"),
            Self::Infinite { bits } => write!(f, "{bits:08X}h is infinite"),
            Self::OutOfRange { bits } => write!(f, "{bits:08X}h is beyond the range of the unit"),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => write!(f, "the serial port failed: {error}"),
            Self::Build(error) => error.fmt(f),
            Self::Reply(error) => error.fmt(f),
            Self::NotAwake(error) => {
                write!(
                    f,
                    "this write was not sent, the BMS does not answer: {error}"
                )
            }
            Self::Unconfirmed(error) => write!(
                f,
                "written once and not confirmed, it may have been carried out: {error}"
            ),
            Self::Changed(mismatch) => {
                write!(
                    f,
                    "changed by somebody else, this write was not sent: {mismatch}"
                )
            }
            Self::NotWritten(mismatch) => write!(f, "confirmed and not written: {mismatch}"),
            Self::NotReadBack(error) => {
                write!(f, "written and confirmed, but not read back: {error}")
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "register {} holds {} instead of {}",
            self.register, self.found, self.expected
        )
    }
}

impl core::error::Error for BuildError {}
impl core::error::Error for ReplyError {}
impl core::error::Error for NotAvailable {}
impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}
