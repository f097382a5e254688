//! Where a request ends, and what is heard at all.

use super::config::TinyBmsConfig;
use super::{After, NEW_EXCHANGE, SILENCE, TinyBms, Wake, crc};

const START: u8 = 0xAA;
/// Longest request: a write of 100 registers with command 10.
const LONGEST: usize = 9 + 200;
/// Most bytes that a length with flags announces.
const MOST_FLAGGED: u8 = 0x3F;

/// What the first bytes of a request tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Not enough of them.
    More,
    /// The request has this many bytes.
    Length(usize),
    /// Its length byte cannot be right.
    Wrong,
    /// The command does not exist.
    Unknown,
}

/// `bytes` begin with the start byte.
fn cut(bytes: &[u8]) -> Cut {
    let Some(&command) = bytes.get(1) else {
        return Cut::More;
    };
    match command {
        0x11 | 0x12 | 0x14..=0x1C | 0x1E..=0x20 => Cut::Length(4),
        0x02 => Cut::Length(5),
        0x07 | 0x1D => Cut::Length(7),
        0x03 => Cut::Length(8),
        0x09 | 0x0B | 0x0D => match bytes.get(2) {
            None => Cut::More,
            Some(&length) if is_payload(command, length) => Cut::Length(5 + usize::from(length)),
            Some(_) => Cut::Wrong,
        },
        0x10 => match bytes.get(4..7) {
            None => Cut::More,
            Some(&[0, count, length]) if count != 0 && count <= 100 && length == 2 * count => {
                Cut::Length(9 + usize::from(length))
            }
            Some(_) => Cut::Wrong,
        },
        _ => Cut::Unknown,
    }
}

fn is_payload(command: u8, length: u8) -> bool {
    let fits = length != 0 && length <= MOST_FLAGGED;
    fits && match command {
        0x09 => length.is_multiple_of(2),
        0x0D => length.is_multiple_of(4),
        _ => length.is_multiple_of(2) && length >= 4,
    }
}

impl TinyBms {
    pub(super) fn receive_byte(&mut self, sent: u8) {
        let gap = self.last_byte_at.map(|at| self.now - at);
        if gap.is_none_or(|gap| gap >= NEW_EXCHANGE) {
            self.line.begin();
        }
        self.last_byte_at = Some(self.now);
        if self.line.echoes() {
            self.uart.echo(sent);
        }
        let Some(byte) = self.line.request(sent) else {
            return;
        };
        if gap.is_none_or(|gap| gap >= SILENCE) {
            self.deaf = false;
        }
        if self.restarting {
            self.lost_bytes += 1;
            return;
        }
        self.active_at = self.now;
        if !self.awake {
            self.awake = true;
            self.last_wake = Wake::Uart;
            self.deaf = true;
        }
        if self.deaf || self.is_silent() || self.uart.answers() {
            self.lost_bytes += 1;
            return;
        }
        self.inbox.push(byte);
        self.look_for_request();
    }

    /// Time has passed without a byte.
    pub(super) fn hear_silence(&mut self) {
        let Some(at) = self.last_byte_at else {
            return;
        };
        let silence = self.now - at;
        if silence >= self.config.unfinished_request {
            self.inbox.clear();
        }
        if silence < SILENCE {
            return;
        }
        while self.inbox.len() > 1 && cut(&self.inbox) == Cut::Unknown {
            if crc::is_sealed(&self.inbox) {
                let command = self.inbox[1];
                self.inbox.clear();
                self.refuse(command, false);
            } else {
                self.inbox.remove(0);
                self.look_for_request();
            }
        }
    }

    fn look_for_request(&mut self) {
        loop {
            let noise = self.inbox.iter().take_while(|byte| **byte != START).count();
            self.inbox.drain(..noise);
            if self.inbox.is_empty() {
                return;
            }
            match cut(&self.inbox) {
                Cut::More => return,
                Cut::Unknown if self.inbox.len() <= LONGEST => return,
                Cut::Unknown => {
                    self.inbox.remove(0);
                }
                Cut::Wrong => {
                    let command = self.inbox[1];
                    self.inbox.clear();
                    self.deaf = true;
                    self.refuse(command, false);
                    return;
                }
                Cut::Length(length) => {
                    if self.inbox.len() < length {
                        return;
                    }
                    let frame: Vec<u8> = self.inbox.drain(..length).collect();
                    // What stands behind it came while the answer was being prepared.
                    self.lost_bytes += self.inbox.len() as u64;
                    self.inbox.clear();
                    if crc::is_sealed(&frame) {
                        self.take_request(&frame);
                    } else {
                        self.refuse(frame[1], true);
                    }
                    return;
                }
            }
        }
    }

    fn take_request(&mut self, frame: &[u8]) {
        self.after = After::Nothing;
        let reply = self.answer(frame);
        let TinyBmsConfig {
            acknowledges_reset,
            flash_silence,
            reset_silence,
            ..
        } = self.config;
        let after = self.after;
        let replies = if after == After::Restart && frame[1] == 0x02 && !acknowledges_reset {
            Vec::new()
        } else {
            reply
        };
        let end = self.send(replies);
        match after {
            After::Nothing => {}
            After::FlashWrite => {
                self.silent_until = end + flash_silence;
                self.uart.hush();
            }
            After::Restart => {
                self.silent_until = end + reset_silence;
                self.restarting = true;
                self.uart.hush();
            }
        }
    }

    /// `AA 00 CMD ERR`; 0 is a command error, 1 a bad check value.
    fn refuse(&mut self, command: u8, bad_crc: bool) {
        let reply = crc::sealed(vec![START, 0x00, command, u8::from(bad_crc)]);
        self.send(reply);
    }

    /// When the last byte will have been sent.
    fn send(&mut self, reply: Vec<u8>) -> core::time::Duration {
        let due = self.now + self.config.answer_time;
        let end = self.uart.answer(due, self.line.reply(reply));
        self.uart.run(self.now);
        end
    }
}
