//! A stream of bytes, cut into frames, lines of text and what is neither.

use tinybms_proto::{Lines, Question, Received, Receiver, TextError};

/// Noise of this length is shown at once.
const LONGEST_NOISE: usize = 64;

/// Something that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A sound reply frame.
    Frame(Vec<u8>),
    /// A line of text with its bytes.
    Text(Result<tinybms_proto::Line, TextError>, Vec<u8>),
    /// Bytes that belong to neither.
    Noise(Vec<u8>),
}

impl Item {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Frame(bytes) | Self::Text(_, bytes) | Self::Noise(bytes) => bytes,
        }
    }
}

pub(super) struct Splitter {
    receiver: Receiver<'static>,
    /// Bytes of which the receiver has not decided yet what they are.
    open: Vec<u8>,
    lines: Lines,
    line: Vec<u8>,
    noise: Vec<u8>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            receiver: Receiver::new(Question::ANY),
            open: Vec::new(),
            lines: Lines::new(),
            line: Vec::new(),
            noise: Vec::new(),
        }
    }
}

/// A character of a line, or its end.
fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}

impl Splitter {
    /// Takes bytes; gives what they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        for &byte in bytes {
            self.open.push(byte);
            let mut next: &[u8] = &[byte];
            while self.look(next, &mut items) {
                next = &[];
            }
        }
        items
    }

    /// Nothing came for a while: an unfinished frame was none, and noise is over. A line of text may go on.
    pub(super) fn silence(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            let found = self.receiver.finish().map(|frame| frame.bytes().len());
            let decided = self.open.len().saturating_sub(self.receiver.pending());
            match found {
                Ok(length) => self.settle(decided, length, &mut items),
                Err(_) => {
                    self.settle(self.open.len(), 0, &mut items);
                    self.receiver = Receiver::new(Question::ANY);
                    break;
                }
            }
        }
        self.end_noise(&mut items);
        items
    }

    /// Nothing will come any more.
    pub(super) fn finish(&mut self) -> Vec<Item> {
        let mut items = self.silence();
        let text = self.lines.end();
        self.end_line(text, &mut items);
        items
    }

    /// Asks the receiver; true when it may have more to say about the same bytes.
    fn look(&mut self, bytes: &[u8], items: &mut Vec<Item>) -> bool {
        let (_, received) = self.receiver.push(bytes);
        let length = match received {
            Received::Frame(frame) => frame.bytes().len(),
            _ => 0,
        };
        let decided = self.open.len().saturating_sub(self.receiver.pending());
        self.settle(decided, length, items);
        length > 0
    }

    /// The first `decided` open bytes are known now; the last `frame` of them are a frame.
    fn settle(&mut self, decided: usize, frame: usize, items: &mut Vec<Item>) {
        let known: Vec<u8> = self.open.drain(..decided).collect();
        let (between, frame) = known.split_at(known.len().saturating_sub(frame));
        for &byte in between {
            self.pass(byte, items);
        }
        if !frame.is_empty() {
            self.end_noise(items);
            items.push(Item::Frame(frame.to_vec()));
        }
    }

    /// A byte that is in no frame.
    fn pass(&mut self, byte: u8, items: &mut Vec<Item>) {
        if !is_text(byte) {
            self.noise.push(byte);
            if self.noise.len() >= LONGEST_NOISE {
                self.end_noise(items);
            }
            return;
        }
        self.end_noise(items);
        if !matches!(byte, b'\r' | b'\n') {
            self.line.push(byte);
        }
        let text = self.lines.push(byte);
        self.end_line(text, items);
    }

    fn end_line(
        &mut self,
        text: Option<Result<tinybms_proto::Line, TextError>>,
        items: &mut Vec<Item>,
    ) {
        if let Some(text) = text {
            items.push(Item::Text(text, std::mem::take(&mut self.line)));
        }
    }

    fn end_noise(&mut self, items: &mut Vec<Item>) {
        if !self.noise.is_empty() {
            items.push(Item::Noise(std::mem::take(&mut self.noise)));
        }
    }
}
