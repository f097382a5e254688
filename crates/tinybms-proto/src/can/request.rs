//! What goes to the adapter.

use embedded_can::{Frame, StandardId};

use super::{Node, everybody};
use crate::error::BuildError;
use crate::frame::Command;
use crate::requests::{Action, SETTINGS_FIRST, SETTINGS_LAST, SettingsOption};

/// The most registers that one request can ask for.
const MODBUS_MOST: u8 = 127;
/// The most settings that one request can ask for or write.
const SETTINGS_MOST: usize = 100;
/// Asks for the number of the node.
const READ_NODE: u8 = 0x28;
/// Changes the number of the node.
const WRITE_NODE: u8 = 0x29;

/// A frame without its bus: identifier and up to eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    id: StandardId,
    bytes: [u8; 8],
    length: u8,
}

impl Message {
    fn new(id: StandardId, content: &[u8]) -> Self {
        let mut bytes = [0; 8];
        for (place, byte) in bytes.iter_mut().zip(content) {
            *place = *byte;
        }
        let length = content.len().min(8);
        Self {
            id,
            bytes,
            length: u8::try_from(length).unwrap_or(8),
        }
    }

    /// Where it goes.
    #[must_use]
    pub const fn id(&self) -> StandardId {
        self.id
    }

    /// Its bytes; the zeros that could follow are left out.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or(&self.bytes)
    }

    /// As a frame of a bus; `None` when that type cannot carry it.
    #[must_use]
    pub fn to_frame<F: Frame>(&self) -> Option<F> {
        F::new(self.id, self.data())
    }
}

/// A request that is one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Query {
    /// 02h: changes something, so it is not to be repeated by itself.
    Act(Action),
    /// 03h: registers from `start`, 1 to 127.
    Read {
        /// First register.
        start: u16,
        /// How many.
        count: u8,
    },
    /// 11h, 12h, 14h to 1Ch, 1Eh or 20h.
    Value(Command),
    /// 1Dh: one number of each setting from 300 on, 1 to 100.
    Settings {
        /// Which number.
        option: SettingsOption,
        /// How many settings.
        count: u8,
    },
    /// 28h: who is there, whatever its number.
    NodeNumber,
    /// 29h: gives the node another number. Changes something, so it is not to be repeated by itself.
    SetNode(Node),
}

impl Query {
    /// The message for a node.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`], and [`BuildError::InvalidArgument`] for a command
    /// that the adapter does not have.
    pub fn message(self, node: Node) -> Result<Message, BuildError> {
        let id = node.request_id();
        Ok(match self {
            Self::Act(action) => Message::new(id, &[Command::ACTION.code(), action.code()]),
            Self::Read { start, count } => {
                if count == 0 || count > MODBUS_MOST {
                    return Err(BuildError::InvalidCount {
                        found: usize::from(count),
                        largest: usize::from(MODBUS_MOST),
                    });
                }
                if start
                    .checked_add(u16::from(count).saturating_sub(1))
                    .is_none()
                {
                    let count = usize::from(count);
                    return Err(BuildError::InvalidAddress { start, count });
                }
                let [high, low] = start.to_be_bytes();
                Message::new(id, &[Command::READ_MODBUS.code(), high, low, 0, count])
            }
            Self::Value(command) => match command.code() {
                code @ (0x11 | 0x12 | 0x14..=0x1C | 0x1E | 0x20) => Message::new(id, &[code]),
                other => {
                    return Err(BuildError::InvalidArgument {
                        found: u16::from(other),
                    });
                }
            },
            Self::Settings { option, count } => {
                check_count(usize::from(count))?;
                Message::new(id, &[Command::SETTINGS.code(), option.code(), 0, count])
            }
            Self::NodeNumber => Message::new(everybody(), &[READ_NODE]),
            Self::SetNode(new) => Message::new(id, &[WRITE_NODE, new.number()]),
        })
    }
}

/// 10h: a write of settings, one message a register. Not to be repeated by itself.
#[derive(Debug, Clone)]
pub struct Messages<'r> {
    id: StandardId,
    start: u16,
    values: &'r [u16],
    next: u8,
}

impl<'r> Messages<'r> {
    /// 1 to 100 values from `start`, all between 300 and 399.
    ///
    /// # Errors
    ///
    /// [`BuildError::InvalidCount`], [`BuildError::InvalidAddress`].
    pub fn write(node: Node, start: u16, values: &'r [u16]) -> Result<Self, BuildError> {
        let count = values.len();
        check_count(count)?;
        let room = usize::from(SETTINGS_LAST.saturating_sub(start)).saturating_add(1);
        if !(SETTINGS_FIRST..=SETTINGS_LAST).contains(&start) || count > room {
            return Err(BuildError::InvalidAddress { start, count });
        }
        Ok(Self {
            id: node.request_id(),
            start,
            values,
            next: 0,
        })
    }
}

impl Iterator for Messages<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let index = self.next;
        let [value_high, value_low] = self.values.get(usize::from(index))?.to_be_bytes();
        self.next = index.saturating_add(1);
        let [high, low] = self.start.to_be_bytes();
        let count = u8::try_from(self.values.len()).unwrap_or(u8::MAX);
        let command = Command::WRITE_MODBUS.code();
        let content = [command, high, low, 0, count, value_high, value_low, index];
        Some(Message::new(self.id, &content))
    }
}

fn check_count(found: usize) -> Result<(), BuildError> {
    if found == 0 || found > SETTINGS_MOST {
        return Err(BuildError::InvalidCount {
            found,
            largest: SETTINGS_MOST,
        });
    }
    Ok(())
}
