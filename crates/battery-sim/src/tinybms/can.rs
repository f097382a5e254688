//! The device behind the maker's UART-CAN adapter: messages in, messages out, at once. 11-bit identifiers, eight bytes.

use super::commands::Refused;
use super::{After, TinyBms};

const REQUEST: u16 = 0x200;
const REPLY: u16 = 0x240;
const GOOD: u8 = 1;
const BAD: u8 = 0;
const READ_NODE: u8 = 0x28;
const WRITE_NODE: u8 = 0x29;
const MOST_REGISTERS: u8 = 127;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanFrame {
    /// Identifier, 11 bits.
    pub id: u16,
    /// At most eight bytes.
    pub data: Vec<u8>,
}

impl TinyBms {
    /// A message on the bus, and what the adapter answers. Asleep there is no answer, since the adapter has no supply; bytes
    /// left out count as 0. Messages of one answer are in their order; the time they take is not modelled.
    ///
    /// A write of several registers is a message each; every one is stored by itself and confirmed by itself.
    pub fn receive_can(&mut self, id: u16, data: &[u8]) -> Vec<CanFrame> {
        let mut bytes = [0; 8];
        for (place, byte) in bytes.iter_mut().zip(data) {
            *place = *byte;
        }
        let [command, arguments @ ..] = bytes;
        let for_all = id == REQUEST && command == READ_NODE;
        let addressed = id == REQUEST + u16::from(self.can_node);
        let deaf = !self.awake || self.restarting || self.is_silent();
        if deaf || data.is_empty() || !(addressed || for_all) {
            return Vec::new();
        }
        self.active_at = self.now;
        self.after = After::Nothing;
        let messages = self
            .can_reply(command, arguments)
            .unwrap_or_else(|Refused| vec![vec![BAD, command, 0]]);
        match self.after {
            After::Nothing => {}
            After::FlashWrite => self.silent_until = self.now + self.config.flash_silence,
            After::Restart => {
                self.silent_until = self.now + self.config.reset_silence;
                self.restarting = true;
            }
        }
        let id = REPLY + u16::from(self.can_node);
        messages
            .into_iter()
            .map(|data| CanFrame { id, data })
            .collect()
    }

    fn can_reply(&mut self, command: u8, arguments: [u8; 7]) -> Result<Vec<Vec<u8>>, Refused> {
        let single = |data: &[u8]| {
            let mut message = vec![GOOD, command];
            message.extend(data);
            vec![message]
        };
        let [a, b, c, d, e, f, _] = arguments;
        Ok(match command {
            0x02 => {
                self.control(a)?;
                single(&[])
            }
            0x03 => {
                if c != 0 || d > MOST_REGISTERS {
                    return Err(Refused);
                }
                let words = self.block(u16::from_be_bytes([a, b]), d)?;
                indexed(command, words.into_iter().map(u16::to_be_bytes), 0)
            }
            0x10 => {
                let register = u16::from_be_bytes([a, b]);
                self.write(&[(register, u16::from_be_bytes([e, f]))])?;
                single(&[a, b, c, d])
            }
            0x11 | 0x12 => {
                let time = self.lifetime_s().to_le_bytes();
                let events = self.events_answer(command == 0x12);
                let mut messages = single(&[4, time[0], time[1], time[2], time[3], 0]);
                let events = events.into_iter().map(super::StoredEvent::bytes);
                messages.extend(indexed(command, events, 1));
                messages
            }
            0x1B => values(command, &self.temperatures()),
            0x1C => values(command, &self.cell_voltages()),
            0x1D => values(command, &self.settings_answer(a, c)?),
            0x1E => {
                let [one, two, three, four, five, ..] = self.version();
                single(&[5, one, two, three, four, five])
            }
            0x20 => indexed(command, self.journey().into_iter(), 0),
            READ_NODE => single(&[self.can_node]),
            WRITE_NODE => {
                if !(1..64).contains(&a) {
                    return Err(Refused);
                }
                self.can_node = a;
                single(&[a])
            }
            _ => single(&self.value(command).ok_or(Refused)?),
        })
    }
}

/// A message for each item, with its length before it and its number behind it.
fn indexed<const N: usize>(
    command: u8,
    items: impl Iterator<Item = [u8; N]>,
    first: u8,
) -> Vec<Vec<u8>> {
    items
        .zip(first..)
        .map(|(item, index)| {
            let mut message = vec![GOOD, command, N as u8];
            message.extend(item);
            message.push(index);
            message
        })
        .collect()
}

fn values(command: u8, words: &[u16]) -> Vec<Vec<u8>> {
    let words = words.iter().copied().map(u16::to_le_bytes);
    indexed(command, words, 0)
}
