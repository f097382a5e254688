//! Finds replies in a stream of bytes that comes in any pieces, with text and noise around them.
//!
//! The rules: search AAh; a second byte that cannot start a reply to the open request drops one byte; a wrong checksum
//! drops one byte, and the search goes on inside the same bytes. A sound frame that is not the reply is dropped whole and
//! remembered: when nothing better comes, it tells what went wrong.

use crate::crc::Running;
use crate::error::ReplyError;
use crate::frame::{Command, Frame, HEADER, ReplyLength, checked, reply_length};
use crate::question::Question;

/// Room for the longest reply.
const BUFFER: usize = 260;
/// A reply has at least so many bytes.
const SHORTEST: usize = 5;

/// What bytes have led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<'a> {
    /// Nothing yet; all bytes were taken.
    NeedMore,
    /// The reply.
    Frame(Frame<'a>),
    /// The BMS refuses this request.
    Refused(ReplyError),
}

/// The same without the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Frame,
    Refusal(ReplyError),
}

/// Finds the reply to one request, or any replies when listening.
///
/// The same bytes give the same result however they are cut into pieces.
#[derive(Debug, Clone)]
pub struct Receiver<'r> {
    question: Question<'r>,
    buffer: [u8; BUFFER],
    filled: usize,
    /// Bytes at the front that were handed out and are not needed any more.
    used: usize,
    /// Bytes in the buffer from which on there is something to look at.
    wanted: usize,
    skipped: u32,
    heard: bool,
    evidence: ReplyError,
    foreign: Foreign,
}

impl<'r> Receiver<'r> {
    /// Waits for the reply to a request.
    #[must_use]
    pub const fn new(question: Question<'r>) -> Self {
        Self {
            question,
            buffer: [0; BUFFER],
            filled: 0,
            used: 0,
            wanted: 2,
            skipped: 0,
            heard: false,
            evidence: ReplyError::Timeout,
            foreign: Foreign::IDLE,
        }
    }

    /// Takes bytes until a reply or a refusal is complete; tells how many it took.
    ///
    /// The rest is for the next call. Calls go on, if need be with no bytes, until the answer is
    /// [`Received::NeedMore`]: after a false start a second frame may be in the buffer already.
    pub fn push(&mut self, bytes: &[u8]) -> (usize, Received<'_>) {
        self.release();
        let mut rest = bytes;
        let mut found = self.search();
        while found == Found::Nothing && !rest.is_empty() {
            rest = self.take(rest);
            if self.filled >= self.wanted {
                found = self.search();
            }
        }
        let taken = bytes.len().saturating_sub(rest.len());
        self.heard |= taken > 0;
        (taken, self.hand_out(found))
    }

    /// Time is up: looks for a frame behind a false start.
    ///
    /// # Errors
    ///
    /// What went wrong, named after the most telling observation.
    pub fn finish(&mut self) -> Result<Frame<'_>, ReplyError> {
        self.release();
        loop {
            match self.search() {
                Found::Frame => break,
                Found::Refusal(error) => return Err(error),
                Found::Nothing if self.filled == 0 => return Err(self.verdict()),
                Found::Nothing => {
                    let expected = match reply_length(self.pending_bytes()) {
                        ReplyLength::Bytes(total) => total,
                        _ => SHORTEST,
                    };
                    let found = self.filled;
                    self.note(ReplyError::Truncated { expected, found });
                    self.skip(1);
                }
            }
        }
        Ok(self.handed_out())
    }

    /// Bytes that belonged to no reply so far.
    #[must_use]
    pub const fn skipped(&self) -> u32 {
        self.skipped
    }

    /// Bytes that are kept and belong to no complete frame yet.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.filled.saturating_sub(self.used)
    }

    /// Whether a reply has begun: silence now means that its rest will not come.
    #[must_use]
    pub const fn is_in_frame(&self) -> bool {
        self.pending() > 0
    }

    /// What is known to have gone wrong so far.
    fn verdict(&self) -> ReplyError {
        match self.evidence {
            ReplyError::Timeout if self.heard => ReplyError::NoFrame {
                skipped: self.skipped,
            },
            other => other,
        }
    }

    fn pending_bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// The frame that was handed out last.
    pub(crate) fn handed_out(&self) -> Frame<'_> {
        Frame::cut(self.buffer.get(..self.used).unwrap_or_default())
    }

    fn hand_out(&self, found: Found) -> Received<'_> {
        match found {
            Found::Nothing => Received::NeedMore,
            Found::Frame => Received::Frame(self.handed_out()),
            Found::Refusal(error) => Received::Refused(error),
        }
    }

    /// Forgets what was handed out.
    fn release(&mut self) {
        self.drop_front(self.used);
        self.used = 0;
    }

    fn drop_front(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let bytes = bytes.min(self.filled);
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled = self.filled.saturating_sub(bytes);
    }

    /// Text before a frame is not even kept.
    fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let mut rest = bytes;
        if self.filled == 0 {
            let text = rest
                .iter()
                .position(|byte| *byte == HEADER)
                .unwrap_or(rest.len());
            let (text, frame) = rest.split_at_checked(text).unwrap_or_default();
            self.pass(text);
            rest = frame;
        }
        let room = self.wanted.saturating_sub(self.filled);
        let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        let end = self.filled.saturating_add(now.len());
        if let Some(place) = self.buffer.get_mut(self.filled..end) {
            place.copy_from_slice(now);
            self.filled = end;
        }
        later
    }

    /// Looks at the buffer until it has a reply at its front, or needs more bytes.
    fn search(&mut self) -> Found {
        loop {
            let bytes = self.pending_bytes();
            let total = match *bytes {
                [] | [HEADER] => {
                    self.wanted = 2;
                    return Found::Nothing;
                }
                [HEADER, second, ..] if self.question.may_begin_with(Command::new(second)) => {
                    match reply_length(bytes) {
                        ReplyLength::Bytes(total) => total,
                        ReplyLength::Unknown => {
                            self.wanted = 3;
                            return Found::Nothing;
                        }
                        ReplyLength::NotAReply => {
                            self.skip(1);
                            continue;
                        }
                    }
                }
                _ => {
                    self.skip(1);
                    continue;
                }
            };
            let Some(bytes) = bytes.get(..total) else {
                self.wanted = total;
                return Found::Nothing;
            };
            if let Err(error) = checked(bytes) {
                self.note(error);
                self.skip(1);
                continue;
            }
            match self.question.judge(Frame::cut(bytes)) {
                Ok(()) => {
                    self.foreign = Foreign::IDLE;
                    self.used = total;
                    return Found::Frame;
                }
                Err(error) if error.is_refusal() => {
                    self.foreign = Foreign::IDLE;
                    self.used = total;
                    return Found::Refusal(error);
                }
                Err(error) => {
                    self.note(error);
                    self.skip(total);
                }
            }
        }
    }

    /// Drops bytes at the front, and what follows up to the next head.
    fn skip(&mut self, at_least: usize) {
        let bytes = self.pending_bytes();
        let next = bytes
            .iter()
            .skip(at_least)
            .position(|byte| *byte == HEADER)
            .map_or(bytes.len(), |place| place.saturating_add(at_least));
        let (dropped, _) = self.buffer.split_at_checked(next).unwrap_or_default();
        let seen = self.foreign.pass(dropped);
        self.note_foreign(seen);
        self.count(next);
        self.drop_front(next);
    }

    /// Bytes that are dropped without having been in the buffer.
    fn pass(&mut self, text: &[u8]) {
        if !self.foreign.is_idle() {
            let seen = self.foreign.pass(text);
            self.note_foreign(seen);
        }
        self.count(text.len());
    }

    fn count(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.skipped = self.skipped.saturating_add(bytes);
    }

    fn note(&mut self, error: ReplyError) {
        if error.weight() > self.evidence.weight() {
            self.evidence = error;
        }
    }

    fn note_foreign(&mut self, seen: Option<Command>) {
        if let Some(found) = seen.filter(|command| !self.question.may_begin_with(*command)) {
            self.note(ReplyError::UnexpectedCommand { found });
        }
    }
}

/// Watches dropped bytes for a sound reply to another command, only to name it.
#[derive(Debug, Clone, Copy)]
struct Foreign {
    head: [u8; 3],
    seen: usize,
    total: usize,
    sum: Running,
}

impl Foreign {
    const IDLE: Self = Self {
        head: [0; 3],
        seen: 0,
        total: 0,
        sum: Running::new(),
    };

    const fn is_idle(&self) -> bool {
        self.seen == 0
    }

    /// The last sound frame among the bytes that went by.
    fn pass(&mut self, bytes: &[u8]) -> Option<Command> {
        let mut found = None;
        for byte in bytes {
            found = self.take(*byte).or(found);
        }
        found
    }

    fn take(&mut self, byte: u8) -> Option<Command> {
        if let Some(place) = self.head.get_mut(self.seen) {
            *place = byte;
        }
        self.sum.take(byte);
        self.seen = self.seen.saturating_add(1);
        if self.total == 0 {
            let head = self.head.get(..self.seen).unwrap_or(&self.head);
            match reply_length(head) {
                ReplyLength::Unknown => return None,
                ReplyLength::NotAReply => {
                    *self = Self::IDLE;
                    // The byte that ends a false start may begin a frame.
                    return (byte == HEADER).then(|| self.take(byte)).flatten();
                }
                ReplyLength::Bytes(total) => self.total = total,
            }
        }
        if self.seen < self.total {
            return None;
        }
        let command = Command::new(self.head[1]);
        let is_sound = self.sum.is_good();
        *self = Self::IDLE;
        is_sound.then_some(command)
    }
}
