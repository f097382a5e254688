//! Lines of bytes; one that is too long is passed over without being kept.

use std::io::{self, BufRead};

/// Longest line that is looked at, in bytes without its end. A step of 32 packs has about ten thousand; a longer limit would
/// let one line take more than the millisecond in which every line is answered.
pub const LONGEST_LINE: usize = 128 << 10;

/// One line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The whole line.
    Whole(&'a [u8]),
    /// A line that is longer than allowed.
    TooLong,
}

/// The lines of an input, counted from 1.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    longest: usize,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of this input; those longer than `longest` bytes are refused.
    pub fn new(input: R, longest: usize) -> Self {
        Self {
            input,
            longest,
            number: 0,
            line: Vec::new(),
        }
    }

    /// The next line with its number, or `None` at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.line.clear();
        let mut too_long = false;
        let mut begun = false;
        loop {
            let bytes = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if bytes.is_empty() {
                if !begun {
                    return Ok(None);
                }
                break;
            }
            begun = true;
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            too_long |= part.len() > self.longest - self.line.len();
            if !too_long {
                self.line.extend_from_slice(part);
            }
            let used = end.map_or(bytes.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        let line = if too_long {
            Line::TooLong
        } else {
            Line::Whole(&self.line)
        };
        Ok(Some((self.number, line)))
    }
}
