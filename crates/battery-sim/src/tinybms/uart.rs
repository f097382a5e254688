//! The sending half of the serial line: replies, text between them, and the time of each byte.

use core::time::Duration;
use std::collections::VecDeque;

/// Ten bits at 115200 bit/s.
pub const BYTE_TIME: Duration = Duration::from_nanos(86_806);

#[derive(Debug, Clone, Copy)]
struct Flying {
    ends: Duration,
    byte: u8,
    of_reply: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Uart {
    /// When the line is free for the next byte.
    free_at: Duration,
    /// No byte of the reply starts before.
    reply_due: Duration,
    /// Bytes with the pause before each.
    reply: VecDeque<(Duration, u8)>,
    text: VecDeque<u8>,
    flying: Option<Flying>,
    sent: VecDeque<u8>,
}

impl Uart {
    /// Whether an answer is being prepared or sent.
    pub(super) fn answers(&self) -> bool {
        !self.reply.is_empty() || self.flying.is_some_and(|flying| flying.of_reply)
    }

    /// Takes an answer; the text waits until it is out. The result is when its last byte has ended.
    pub(super) fn answer(&mut self, due: Duration, bytes: Vec<(Duration, u8)>) -> Duration {
        self.reply_due = due;
        let pauses: Duration = bytes.iter().map(|(pause, _)| *pause).sum();
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let busy_until = self.flying.map_or(self.free_at, |flying| flying.ends);
        self.reply = bytes.into();
        due.max(busy_until) + pauses + BYTE_TIME * count
    }

    /// Takes a line of text, unless the last one is still going out.
    pub(super) fn say(&mut self, text: &str) {
        if self.text.is_empty() {
            self.text.extend(text.bytes());
        }
    }

    /// Forgets text that has not begun.
    pub(super) fn hush(&mut self) {
        self.text.clear();
    }

    /// A byte that the wiring returns at once.
    pub(super) fn echo(&mut self, byte: u8) {
        self.sent.push_back(byte);
    }

    /// Where the next byte comes from: its start, itself, and whether it is one of a reply.
    fn next(&self) -> Option<(Duration, u8, bool)> {
        if let Some(&(pause, byte)) = self.reply.front() {
            return Some((self.free_at.max(self.reply_due) + pause, byte, true));
        }
        let byte = *self.text.front()?;
        Some((self.free_at, byte, false))
    }

    /// Everything that has ended by now is there to be read.
    pub(super) fn run(&mut self, now: Duration) {
        loop {
            if let Some(flying) = self.flying {
                if flying.ends > now {
                    return;
                }
                self.sent.push_back(flying.byte);
                self.free_at = flying.ends;
                self.flying = None;
            }
            let Some((start, byte, of_reply)) = self.next() else {
                self.free_at = self.free_at.max(now);
                return;
            };
            if start > now {
                return;
            }
            if of_reply {
                self.reply.pop_front();
            } else {
                self.text.pop_front();
            }
            self.flying = Some(Flying {
                ends: start + BYTE_TIME,
                byte,
                of_reply,
            });
        }
    }

    /// When the next byte has ended, if nothing else happens before.
    pub(super) fn next_end(&self) -> Option<Duration> {
        match self.flying {
            Some(flying) => Some(flying.ends),
            None => self.next().map(|(start, ..)| start + BYTE_TIME),
        }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.sent.drain(..).collect()
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.sent.len());
        for (place, byte) in buffer.iter_mut().zip(self.sent.drain(..count)) {
            *place = byte;
        }
        count
    }

    pub(super) fn waiting(&self) -> usize {
        self.sent.len()
    }
}
