//! What comes from the adapter.

use core::fmt;

use embedded_can::{Frame, Id};

use super::Node;
use crate::error::NackCode;
use crate::events::Event;
use crate::frame::Command;
use crate::reading::Seconds;

const BAD: u8 = 0;
const GOOD: u8 = 1;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CanError {
    /// Not a data frame with an identifier of this node's replies.
    OtherSender,
    /// Neither a good reply nor an error.
    Form,
    /// Another number of bytes than this reply has.
    Length {
        /// Bytes that came.
        found: usize,
    },
    /// A message of a series that does not follow the one before.
    Index {
        /// Number that was due.
        expected: u8,
        /// Number that came.
        found: u8,
    },
    /// A reply to another command.
    Command {
        /// Its command.
        found: Command,
    },
    /// The node refuses.
    Refused(NackCode),
}

/// One message of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    command: Command,
    code: Option<NackCode>,
    bytes: [u8; 6],
    length: usize,
}

impl Reply {
    /// From a frame of the bus.
    ///
    /// # Errors
    ///
    /// [`CanError::OtherSender`], [`CanError::Form`], [`CanError::Length`].
    pub fn from_frame<F: Frame>(frame: &F, node: Node) -> Result<Self, CanError> {
        match frame.id() {
            Id::Standard(id) if id == node.reply_id() && frame.is_data_frame() => {
                Self::parse(frame.data())
            }
            _ => Err(CanError::OtherSender),
        }
    }

    /// From the bytes of a message.
    ///
    /// # Errors
    ///
    /// [`CanError::Form`], [`CanError::Length`].
    pub fn parse(data: &[u8]) -> Result<Self, CanError> {
        let found = data.len();
        let (state, command, content) = match *data {
            [state, command, ref content @ ..] if content.len() <= 6 => (state, command, content),
            _ => return Err(CanError::Length { found }),
        };
        let code = match (state, content) {
            (GOOD, _) => None,
            (BAD, [code, ..]) => Some(NackCode::from(*code)),
            (BAD, []) => return Err(CanError::Length { found }),
            _ => return Err(CanError::Form),
        };
        let mut bytes = [0; 6];
        for (place, byte) in bytes.iter_mut().zip(content) {
            *place = *byte;
        }
        Ok(Self {
            command: Command::new(command),
            code,
            bytes,
            length: content.len(),
        })
    }

    /// The command that it answers.
    #[must_use]
    pub const fn command(&self) -> Command {
        self.command
    }

    /// Why the node refuses, if it does.
    #[must_use]
    pub const fn refusal(&self) -> Option<NackCode> {
        self.code
    }

    /// Bytes after the command.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }

    /// A good reply to this command.
    ///
    /// # Errors
    ///
    /// [`CanError::Refused`], [`CanError::Command`].
    pub fn expect(&self, command: Command) -> Result<&Self, CanError> {
        match self.code {
            _ if self.command != command => Err(CanError::Command {
                found: self.command,
            }),
            Some(code) => Err(CanError::Refused(code)),
            None => Ok(self),
        }
    }

    /// Two bytes, low one first: 16h, 17h, 18h.
    ///
    /// # Errors
    ///
    /// [`CanError::Length`].
    pub fn word(&self) -> Result<u16, CanError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, low one first: 14h, 15h, 19h, 1Ah. The first two are the bits of an IEEE 754 number.
    ///
    /// # Errors
    ///
    /// [`CanError::Length`].
    pub fn double(&self) -> Result<u32, CanError> {
        self.array().map(u32::from_le_bytes)
    }

    /// The number of a node: 28h and 29h.
    ///
    /// # Errors
    ///
    /// [`CanError::Length`] also for a number that no node can have.
    pub fn node(&self) -> Result<Node, CanError> {
        let [number] = self.array()?;
        Node::new(number).ok_or(CanError::Length { found: self.length })
    }

    /// Start and count that 10h confirms.
    ///
    /// # Errors
    ///
    /// [`CanError::Length`].
    pub fn confirmation(&self) -> Result<(u16, u8), CanError> {
        let [high, low, _, count] = self.array()?;
        Ok((u16::from_be_bytes([high, low]), count))
    }

    /// Trailing zeros may come or not.
    fn array<const N: usize>(&self) -> Result<[u8; N], CanError> {
        self.content()
            .first_chunk()
            .copied()
            .ok_or(CanError::Length { found: self.length })
    }
}

/// One value of a reply that has several messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Content {
    /// A register of 03h, or a value of 1Bh, 1Ch, 1Dh.
    Word(u16),
    /// A value of 20h.
    Double(u32),
    /// The lifetime counter, first message of 11h and 12h.
    Now(Seconds),
    /// An event; `None` for an empty place.
    Event(Option<Event>),
}

/// Takes the messages of one reply in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    command: Command,
    next: u8,
    now: Seconds,
}

impl Series {
    /// For the reply to this command.
    #[must_use]
    pub const fn new(command: Command) -> Self {
        Self {
            command,
            next: 0,
            now: Seconds::new(0),
        }
    }

    /// How many messages came so far.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.next
    }

    /// Takes the next message.
    ///
    /// # Errors
    ///
    /// A refusal, another command, a wrong length, or [`CanError::Index`] when a message is missing or came twice.
    pub fn push(&mut self, reply: &Reply) -> Result<Content, CanError> {
        let content = reply.expect(self.command)?.content();
        let length = CanError::Length {
            found: content.len(),
        };
        let (content, index) = match (self.command, content) {
            (Command::READ_MODBUS, &[_, high, low, index, ..]) => {
                (Content::Word(u16::from_be_bytes([high, low])), index)
            }
            (
                Command::TEMPERATURES | Command::CELL_VOLTAGES | Command::SETTINGS,
                &[_, low, high, index, ..],
            ) => (Content::Word(u16::from_le_bytes([low, high])), index),
            (Command::TRAVEL, &[_, a, b, c, d, index]) => {
                (Content::Double(u32::from_le_bytes([a, b, c, d])), index)
            }
            (Command::NEWEST_EVENTS | Command::ALL_EVENTS, &[_, a, b, c, d, index]) => {
                let bytes = [a, b, c, d];
                if self.next == 0 {
                    self.now = Seconds::new(u32::from_le_bytes(bytes));
                    (Content::Now(self.now), index)
                } else {
                    (Content::Event(Event::from_bytes(bytes, self.now)), index)
                }
            }
            _ => return Err(length),
        };
        if index != self.next {
            return Err(CanError::Index {
                expected: self.next,
                found: index,
            });
        }
        self.next = index.saturating_add(1);
        Ok(content)
    }
}

impl fmt::Display for CanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherSender => f.write_str("not a reply of this node"),
            Self::Form => f.write_str("neither a good reply nor an error"),
            Self::Length { found } => write!(f, "{found} bytes do not fit"),
            Self::Index { expected, found } => write!(f, "message {found} instead of {expected}"),
            Self::Command { found } => write!(f, "a reply to command {found}"),
            Self::Refused(code) => write!(f, "the node refuses: {code}"),
        }
    }
}

impl core::error::Error for CanError {}
