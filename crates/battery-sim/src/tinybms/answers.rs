//! Requests and replies on the serial line.

use super::TinyBms;
use super::commands::Refused;
use super::crc::sealed;

const START: u8 = 0xAA;
const REFUSED: u8 = 0x00;
const TAKEN: u8 = 0x01;
/// Registers that command 03 can ask for.
const MOST_REGISTERS: u8 = 127;
/// Payload of a packet that is not the last.
const PACKET: usize = 63;
/// In a length with flags: more packets follow, and the other bits are the number of this one.
const MORE_PACKETS: u8 = 0x80;

impl TinyBms {
    /// The reply to a whole request with a good check value.
    pub(super) fn answer(&mut self, frame: &[u8]) -> Vec<u8> {
        let command = frame[1];
        let arguments = &frame[2..frame.len() - 2];
        self.reply(command, arguments)
            .unwrap_or_else(|Refused| sealed(vec![START, REFUSED, command, 0x00]))
    }

    fn reply(&mut self, command: u8, arguments: &[u8]) -> Result<Vec<u8>, Refused> {
        match (command, arguments) {
            (0x02, &[option]) => {
                self.control(option)?;
                Ok(taken(command))
            }
            (0x03, &[high, low, 0, count]) if count <= MOST_REGISTERS => {
                let words = self.block(u16::from_be_bytes([high, low]), count)?;
                Ok(counted(command, flat(&words, u16::to_be_bytes)))
            }
            (0x07, &[count, low, high]) => {
                let words = self.block(u16::from_le_bytes([low, high]), count)?;
                Ok(self.packets(command, &flat(&words, u16::to_le_bytes)))
            }
            (0x09, [_, addresses @ ..]) => {
                let pairs: Vec<u16> = little_endian(addresses)
                    .flat_map(|address| [address, self.word(address)])
                    .collect();
                Ok(self.packets(command, &flat(&pairs, u16::to_le_bytes)))
            }
            (0x0B, [_, low, high, data @ ..]) => {
                let address = u16::from_le_bytes([*low, *high]);
                self.write(&numbered(address, little_endian(data))?)?;
                Ok(taken(command))
            }
            (0x0D, [_, data @ ..]) => {
                let words: Vec<u16> = little_endian(data).collect();
                let pairs: Vec<(u16, u16)> =
                    words.chunks(2).map(|pair| (pair[0], pair[1])).collect();
                self.write(&pairs)?;
                Ok(taken(command))
            }
            (0x10, [high, low, 0, count, _, data @ ..]) => {
                let address = u16::from_be_bytes([*high, *low]);
                let words = data
                    .chunks_exact(2)
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                self.write(&numbered(address, words)?)?;
                Ok(sealed(vec![START, command, *high, *low, 0, *count]))
            }
            (0x11 | 0x12, []) => {
                let mut payload = self.lifetime_s().to_le_bytes().to_vec();
                for event in self.events_answer(command == 0x12) {
                    payload.extend(event.bytes());
                }
                Ok(counted(command, payload))
            }
            (0x1B, []) => {
                let words = self.temperatures();
                Ok(counted(command, flat(&words, u16::to_le_bytes)))
            }
            (0x1C, []) => {
                let words = self.cell_voltages();
                Ok(counted(command, flat(&words, u16::to_le_bytes)))
            }
            (0x1D, &[option, 0, count]) => {
                let words = self.settings_answer(option, count)?;
                Ok(counted(command, flat(&words, u16::to_le_bytes)))
            }
            (0x1E, []) => Ok(counted(command, self.version()[..5].to_vec())),
            (0x1F, []) => Ok(counted(command, self.version().to_vec())),
            (0x20, []) => {
                let mut reply = vec![START, command];
                reply.extend(self.journey().concat());
                Ok(sealed(reply))
            }
            (_, []) => {
                let mut reply = vec![START, command];
                reply.extend(self.value(command).ok_or(Refused)?);
                Ok(sealed(reply))
            }
            _ => Err(Refused),
        }
    }

    /// One packet, or several that follow each other.
    fn packets(&self, command: u8, payload: &[u8]) -> Vec<u8> {
        let mut reply = Vec::new();
        let mut number = self.config.first_packet;
        let mut rest = payload;
        while let Some((packet, behind)) = rest.split_at_checked(PACKET) {
            if behind.is_empty() {
                break;
            }
            let mut bytes = vec![START, command, MORE_PACKETS | number];
            bytes.extend(packet);
            reply.extend(sealed(bytes));
            number += 1;
            rest = behind;
        }
        reply.extend(counted(command, rest.to_vec()));
        reply
    }
}

fn taken(command: u8) -> Vec<u8> {
    sealed(vec![START, TAKEN, command])
}

/// With its length before it; no payload here has more than 254 bytes.
fn counted(command: u8, payload: Vec<u8>) -> Vec<u8> {
    let mut bytes = vec![START, command, payload.len() as u8];
    bytes.extend(payload);
    sealed(bytes)
}

fn flat(words: &[u16], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    words.iter().copied().flat_map(order).collect()
}

fn little_endian(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

/// Values for the registers from `address` on.
fn numbered(address: u16, words: impl Iterator<Item = u16>) -> Result<Vec<(u16, u16)>, Refused> {
    words
        .zip(0..)
        .map(|(word, index)| Ok((address.checked_add(index).ok_or(Refused)?, word)))
        .collect()
}
