//! Ports that block.

use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadReady, Write};

use super::PortError;
use crate::exchange::{Limits, Progress};

/// Time of one byte on the wire at 115 200 bit/s.
const BYTE_US: u32 = 87;
/// Bytes taken at once.
const PIECE: usize = 64;

/// A serial line that can wait with a limit.
pub trait Port {
    /// What can go wrong.
    type Error;

    /// Sends all bytes, up to the last one on the wire as far as the port can tell.
    ///
    /// # Errors
    ///
    /// The port failed; some bytes may be out.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Hands over what arrives, in any pieces, until `take` says complete or one of the limits has passed.
    ///
    /// # Errors
    ///
    /// The port failed.
    fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Self::Error>;

    /// Waits so many microseconds.
    fn pause(&mut self, microseconds: u32);
}

/// A port made of a serial port that can tell whether it has bytes, and a delay: it looks, and waits a step.
#[derive(Debug)]
pub struct Polled<S, D> {
    serial: S,
    delay: D,
    step_us: u32,
}

impl<S, D> Polled<S, D> {
    /// With steps of so many microseconds, at least 1: shorter than the port's buffer takes to fill.
    pub const fn new(serial: S, delay: D, step_us: u32) -> Self {
        let step_us = if step_us == 0 { 1 } else { step_us };
        Self {
            serial,
            delay,
            step_us,
        }
    }

    /// Gives serial port and delay back.
    pub fn release(self) -> (S, D) {
        (self.serial, self.delay)
    }
}

impl<S: Read + ReadReady + Write, D: DelayNs> Port for Polled<S, D> {
    type Error = PortError<S::Error>;

    fn send(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = self.serial.write(rest).map_err(PortError::Serial)?;
            if sent == 0 {
                return Err(PortError::Closed);
            }
            rest = rest.get(sent..).unwrap_or_default();
        }
        self.serial.flush().map_err(PortError::Serial)
    }

    /// Time is counted in steps, and each byte as its time on the wire, so that it ends on a line that never falls
    /// silent too.
    fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Self::Error> {
        let mut piece = [0; PIECE];
        let mut progress = Progress::Searching;
        let mut elapsed = 0_u32;
        let mut silence = 0_u32;
        loop {
            while elapsed <= limits.whole_us
                && self.serial.read_ready().map_err(PortError::Serial)?
            {
                let count = self.serial.read(&mut piece).map_err(PortError::Serial)?;
                if count == 0 {
                    return Err(PortError::Closed);
                }
                progress = take(piece.get(..count).unwrap_or_default());
                if progress == Progress::Complete {
                    return Ok(());
                }
                let bytes = u32::try_from(count).unwrap_or(u32::MAX);
                elapsed = elapsed.saturating_add(bytes.saturating_mul(BYTE_US));
                silence = 0;
            }
            let is_over = match progress {
                Progress::Complete => true,
                Progress::Searching => elapsed >= limits.first_us,
                Progress::InFrame => silence >= limits.silence_us,
            };
            if is_over || elapsed >= limits.whole_us {
                return Ok(());
            }
            self.delay.delay_us(self.step_us);
            elapsed = elapsed.saturating_add(self.step_us);
            silence = silence.saturating_add(self.step_us);
        }
    }

    fn pause(&mut self, microseconds: u32) {
        self.delay.delay_us(microseconds);
    }
}
