//! Files of the host by semihosting, each with a buffer of its own, so that few calls leave the emulator.

use core::{arch::asm, ffi::CStr, fmt};

use m33_log::Sink;

const OPEN: u32 = 0x01;
const CLOSE: u32 = 0x02;
const PRINT: u32 = 0x04;
const WRITE: u32 = 0x05;
const READ: u32 = 0x06;
const EXIT: u32 = 0x18;

const READ_BINARY: u32 = 1;
const WRITE_BINARY: u32 = 5;
const BUFFER: usize = 32 * 1024;

/// How the run ended.
#[derive(Clone, Copy)]
pub enum Exit {
    /// As it should.
    Done,
    /// The emulator ends with an error.
    Failed,
}

/// One call to the host; what the parameter means is up to the call.
fn call(number: u32, parameter: usize) -> u32 {
    let mut result = number;
    // SAFETY: the emulator answers; the parameter block it reads or the buffer it fills lives in the caller.
    unsafe { asm!("bkpt 0xab", inout("r0") result, in("r1") parameter) }
    result
}

/// Ends the run.
pub fn exit(how: Exit) -> ! {
    let reason = match how {
        Exit::Done => 0x2_0026,
        Exit::Failed => 0x2_0023,
    };
    call(EXIT, reason);
    loop {
        core::hint::spin_loop();
    }
}

/// A line for who looks on.
pub fn print(line: &CStr) {
    call(PRINT, line.as_ptr() as usize);
}

fn open(name: &CStr, mode: u32) -> Option<u32> {
    let block = [
        name.as_ptr() as usize as u32,
        mode,
        name.to_bytes().len() as u32,
    ];
    let handle = call(OPEN, block.as_ptr() as usize);
    (handle != u32::MAX).then_some(handle)
}

/// A file that is read from its beginning.
pub struct Source {
    handle: u32,
    buffer: [u8; BUFFER],
    start: usize,
    end: usize,
}

impl Source {
    /// Opens it.
    pub fn open(name: &CStr) -> Option<Self> {
        Some(Self {
            handle: open(name, READ_BINARY)?,
            buffer: [0; BUFFER],
            start: 0,
            end: 0,
        })
    }

    /// The next `length` bytes; none at the end of the file, fewer where it is cut off.
    pub fn next(&mut self, length: usize) -> &[u8] {
        if self.end - self.start < length {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.fill();
        }
        let from = self.start;
        self.start = self.end.min(from + length);
        &self.buffer[from..self.start]
    }

    fn fill(&mut self) {
        while self.end < BUFFER {
            let room = &mut self.buffer[self.end..];
            let block = [
                self.handle,
                room.as_mut_ptr() as usize as u32,
                room.len() as u32,
            ];
            // The answer is how many bytes were not read.
            let missing = call(READ, block.as_ptr() as usize) as usize;
            let read = room.len().saturating_sub(missing);
            if read == 0 {
                return;
            }
            self.end += read;
        }
    }
}

/// A file that is written anew.
pub struct Target {
    handle: u32,
    buffer: [u8; BUFFER],
    end: usize,
    failed: bool,
}

impl Target {
    /// Opens it.
    pub fn open(name: &CStr) -> Option<Self> {
        Some(Self {
            handle: open(name, WRITE_BINARY)?,
            buffer: [0; BUFFER],
            end: 0,
            failed: false,
        })
    }

    fn flush(&mut self) {
        let block = [
            self.handle,
            self.buffer.as_ptr() as usize as u32,
            self.end as u32,
        ];
        // The answer is how many bytes were not written.
        self.failed |= self.end > 0 && call(WRITE, block.as_ptr() as usize) != 0;
        self.end = 0;
    }

    /// Writes what is left; whether everything arrived.
    pub fn close(mut self) -> bool {
        self.flush();
        let block = [self.handle];
        !self.failed && call(CLOSE, block.as_ptr() as usize) == 0
    }
}

impl Sink for Target {
    fn put(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(BUFFER) {
            if BUFFER - self.end < chunk.len() {
                self.flush();
            }
            self.buffer[self.end..self.end + chunk.len()].copy_from_slice(chunk);
            self.end += chunk.len();
        }
    }
}

impl fmt::Write for Target {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}
