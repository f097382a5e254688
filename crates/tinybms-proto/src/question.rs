//! What a reply has to be, told by the request itself.

use crate::error::ReplyError;
use crate::frame::{Command, Frame, Kind, LENGTH_BITS, MORE, PACKET_BYTES};

/// An open request: the bytes that were sent tell what the reply has to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'r> {
    sent: &'r [u8],
    packets: bool,
}

/// Numbers of bytes that a reply may announce.
#[derive(Clone, Copy)]
enum Content {
    Exactly(usize),
    /// A first part, then any number of equal parts up to a limit.
    Parts {
        first: usize,
        part: usize,
        most: usize,
    },
}

impl<'r> Question<'r> {
    /// Everything that is a sound reply to anything: for listening.
    pub const ANY: Self = Self {
        sent: &[],
        packets: false,
    };

    /// The request with these bytes, its checksum included.
    #[must_use]
    pub const fn new(sent: &'r [u8]) -> Self {
        Self {
            sent,
            packets: false,
        }
    }

    /// The same, with a reply in several packets. That form is deduced from a log, not documented.
    #[must_use]
    pub const fn in_packets(sent: &'r [u8]) -> Self {
        Self {
            sent,
            packets: true,
        }
    }

    /// The bytes that were sent.
    #[must_use]
    pub const fn sent(&self) -> &'r [u8] {
        self.sent
    }

    /// Whether the reply comes in packets.
    #[must_use]
    pub const fn is_in_packets(&self) -> bool {
        self.packets
    }

    /// Command of the request; none when listening.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        self.sent.get(1).copied().map(Command::new)
    }

    /// Whether the request changes something in the BMS.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(
            self.command(),
            Some(
                Command::ACTION
                    | Command::WRITE_BLOCK
                    | Command::WRITE_EACH
                    | Command::WRITE_MODBUS
            )
        )
    }

    /// Whether a reply to this request may have this second byte.
    #[must_use]
    pub fn may_begin_with(&self, second: Command) -> bool {
        let Some(command) = self.command() else {
            return true;
        };
        match second {
            Command::NACK => true,
            Command::ACK => self.is_acknowledged(),
            _ if second == command => !self.is_acknowledged(),
            _ => match command {
                Command::READ_MODBUS => second.code() == 0x83,
                Command::WRITE_MODBUS => second.code() == 0x90,
                _ => false,
            },
        }
    }

    /// The most bytes that a good reply can have: for the time that it takes on the wire.
    #[must_use]
    pub fn longest_reply(&self) -> usize {
        match self.content() {
            Some(Content::Exactly(bytes)) if self.packets => wire_bytes(bytes),
            Some(Content::Exactly(bytes)) => bytes.saturating_add(5),
            Some(Content::Parts { most, .. }) => most.saturating_add(5),
            None => 16,
        }
    }

    /// Whether a sound frame is the reply.
    ///
    /// # Errors
    ///
    /// A refusal, or what is wrong with it.
    pub fn judge(&self, frame: Frame<'_>) -> Result<(), ReplyError> {
        let Some(command) = self.command() else {
            return Ok(());
        };
        // A reply of one value, 0100h, looks like its request: taken for an echo.
        if self.sent.starts_with(frame.bytes()) {
            return Err(ReplyError::Echo);
        }
        match frame.kind() {
            Kind::Ack { command: named } if named == command && self.is_acknowledged() => Ok(()),
            Kind::Answer { command: named } if named == command => self.check_content(frame),
            _ => Err(frame.refusal(command)),
        }
    }

    fn is_acknowledged(&self) -> bool {
        matches!(
            self.command(),
            Some(Command::ACTION | Command::WRITE_BLOCK | Command::WRITE_EACH)
        )
    }

    /// What the length byte of the reply may say; nothing when the reply has none.
    fn content(&self) -> Option<Content> {
        let at = |place: usize| usize::from(self.sent.get(place).copied().unwrap_or_default());
        Some(match self.command()? {
            Command::READ_MODBUS => Content::Exactly(at(5).saturating_mul(2)),
            Command::READ_BLOCK | Command::READ_EACH => Content::Exactly(at(2).saturating_mul(2)),
            Command::SETTINGS => Content::Exactly(at(4).saturating_mul(2)),
            Command::NEWEST_EVENTS | Command::ALL_EVENTS => Content::Parts {
                first: 4,
                part: 4,
                most: 200,
            },
            Command::TEMPERATURES => Content::Exactly(6),
            Command::CELL_VOLTAGES => Content::Parts {
                first: 0,
                part: 2,
                most: 32,
            },
            Command::VERSION => Content::Exactly(5),
            Command::EXTENDED_VERSION => Content::Exactly(7),
            _ => return None,
        })
    }

    fn check_content(&self, frame: Frame<'_>) -> Result<(), ReplyError> {
        if self.packets {
            return Ok(());
        }
        if frame.command() == Command::WRITE_MODBUS {
            return self.check_confirmation(frame);
        }
        let (Some(content), [length, values @ ..]) = (self.content(), frame.content()) else {
            return Ok(());
        };
        let found = usize::from(*length);
        let expected = match content {
            Content::Exactly(bytes) => bytes,
            Content::Parts { first, part, most } => {
                let parts = found.saturating_sub(first).checked_div(part).unwrap_or(0);
                let fitting = parts.saturating_mul(part).saturating_add(first);
                fitting.min(most)
            }
        };
        if found != expected {
            return Err(ReplyError::LengthMismatch { expected, found });
        }
        if frame.command() == Command::READ_EACH {
            return self.check_addresses(values);
        }
        Ok(())
    }

    /// Each value of 09h comes with its address.
    fn check_addresses(&self, values: &[u8]) -> Result<(), ReplyError> {
        let asked = self.sent.get(3..).unwrap_or_default();
        for (pair, asked) in values.chunks_exact(4).zip(asked.chunks_exact(2)) {
            if !pair.starts_with(asked) {
                return Err(ReplyError::AddressMismatch {
                    expected: word(asked, u16::from_le_bytes),
                    found: word(pair, u16::from_le_bytes),
                });
            }
        }
        Ok(())
    }

    /// The confirmation of 10h repeats address and count.
    fn check_confirmation(&self, frame: Frame<'_>) -> Result<(), ReplyError> {
        let asked = self.sent.get(2..6).unwrap_or_default();
        let found = frame.content();
        let (asked_address, asked_count) = asked.split_at_checked(2).unwrap_or_default();
        let (found_address, found_count) = found.split_at_checked(2).unwrap_or_default();
        if asked_address != found_address {
            return Err(ReplyError::AddressMismatch {
                expected: word(asked_address, u16::from_be_bytes),
                found: word(found_address, u16::from_be_bytes),
            });
        }
        if asked_count != found_count {
            return Err(ReplyError::LengthMismatch {
                expected: usize::from(word(asked_count, u16::from_be_bytes)),
                found: usize::from(word(found_count, u16::from_be_bytes)),
            });
        }
        Ok(())
    }
}

fn word(bytes: &[u8], order: fn([u8; 2]) -> u16) -> u16 {
    bytes.first_chunk().copied().map_or(0, order)
}

/// Puts the packets of a long reply together. The form is deduced from a log, not documented: packets that are not the
/// last carry 63 bytes, so a register can straddle two; they are numbered in steps of 1 from 0 or from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packets {
    expected: usize,
    filled: usize,
    next: Option<u8>,
}

impl Packets {
    /// For a reply of `bytes` in all, at most 254.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self {
            expected: bytes,
            filled: 0,
            next: None,
        }
    }

    /// Takes a packet; true when it was the last one, and all bytes are in `out`.
    ///
    /// # Errors
    ///
    /// [`ReplyError::PacketSequence`] for a number that does not follow, [`ReplyError::LengthMismatch`] when the last
    /// packet came and the sum is not what was asked for, or is more than `out` holds.
    pub fn push(&mut self, frame: Frame<'_>, out: &mut [u8]) -> Result<bool, ReplyError> {
        let (flags, bytes) = match frame.content() {
            [flags, bytes @ ..] => (*flags, bytes),
            [] => (0, [].as_slice()),
        };
        let is_last = flags & MORE == 0;
        if !is_last {
            self.follow(flags & LENGTH_BITS)?;
        }
        let end = self.filled.saturating_add(bytes.len());
        let mismatch = ReplyError::LengthMismatch {
            expected: self.expected,
            found: end,
        };
        let fits = if is_last {
            end == self.expected
        } else {
            end < self.expected
        };
        let place = out.get_mut(self.filled..end).filter(|_| fits);
        place.ok_or(mismatch)?.copy_from_slice(bytes);
        self.filled = end;
        Ok(is_last)
    }

    /// Every packet but the last is full, so their number is known beforehand too.
    fn follow(&mut self, found: u8) -> Result<(), ReplyError> {
        let follows = match self.next {
            None => found <= 1,
            Some(expected) => found == expected,
        };
        if follows {
            self.next = Some(found.saturating_add(1));
            Ok(())
        } else {
            Err(ReplyError::PacketSequence {
                expected: self.next.unwrap_or(0),
                found,
            })
        }
    }
}

/// Bytes on the wire of a reply in packets.
const fn wire_bytes(content: usize) -> usize {
    let packets = content.div_ceil(PACKET_BYTES);
    content.saturating_add(packets.saturating_mul(5))
}
