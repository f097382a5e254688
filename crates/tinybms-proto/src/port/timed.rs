//! Ports for an executor.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};

use super::PortError;
use crate::exchange::{Limits, Progress};

/// Bytes taken at once.
const PIECE: usize = 64;

/// A serial line that can wait with a limit.
///
/// The futures may be dropped: bytes that were on their way are lost, and the client begins with silence the next time.
#[allow(async_fn_in_trait)] // as embedded-io-async: the caller's executor decides about threads
pub trait Port {
    /// What can go wrong.
    type Error;

    /// Sends all bytes, up to the last one on the wire as far as the port can tell.
    ///
    /// # Errors
    ///
    /// The port failed; some bytes may be out.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Hands over what arrives, in any pieces, until `take` says complete or one of the limits has passed.
    ///
    /// # Errors
    ///
    /// The port failed.
    async fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Self::Error>;

    /// Waits so many microseconds.
    async fn pause(&mut self, microseconds: u32);
}

/// A port made of a serial port and a delay: the read runs against the delay.
///
/// A read that loses is dropped. Limits are counted in steps of the silence limit, so silence is noticed after one to
/// two of them, and every reception ends at most one step after its limit.
#[derive(Debug)]
pub struct Timed<S, D> {
    serial: S,
    delay: D,
}

impl<S, D> Timed<S, D> {
    /// Sends nothing.
    pub const fn new(serial: S, delay: D) -> Self {
        Self { serial, delay }
    }

    /// Gives serial port and delay back.
    pub fn release(self) -> (S, D) {
        (self.serial, self.delay)
    }
}

impl<S: Read + Write, D: DelayNs> Port for Timed<S, D> {
    type Error = PortError<S::Error>;

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = self.serial.write(rest).await.map_err(PortError::Serial)?;
            if sent == 0 {
                return Err(PortError::Closed);
            }
            rest = rest.get(sent..).unwrap_or_default();
        }
        self.serial.flush().await.map_err(PortError::Serial)
    }

    async fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Self::Error> {
        let mut piece = [0; PIECE];
        let mut progress = Progress::Searching;
        let mut elapsed = 0_u32;
        let step = limits.silence_us.max(1);
        loop {
            let mut timer = pin!(self.delay.delay_us(step));
            let mut heard = false;
            loop {
                let count = match before(self.serial.read(&mut piece), timer.as_mut()).await {
                    None => break,
                    Some(count) => count.map_err(PortError::Serial)?,
                };
                if count == 0 {
                    return Err(PortError::Closed);
                }
                heard = true;
                progress = take(piece.get(..count).unwrap_or_default());
                if progress == Progress::Complete {
                    return Ok(());
                }
            }
            elapsed = elapsed.saturating_add(step);
            let is_over = match progress {
                Progress::Complete => true,
                Progress::Searching => elapsed >= limits.first_us,
                Progress::InFrame => !heard,
            };
            if is_over || elapsed >= limits.whole_us {
                return Ok(());
            }
        }
    }

    async fn pause(&mut self, microseconds: u32) {
        self.delay.delay_us(microseconds).await;
    }
}

/// What `wanted` gives, unless `timer` is over first. A timer that is over wins, so a line that never falls silent does
/// not hold it up; but bytes that are there already when it starts are still taken.
async fn before<T>(
    wanted: impl Future<Output = T>,
    mut timer: Pin<&mut impl Future<Output = ()>>,
) -> Option<T> {
    let mut wanted = pin!(wanted);
    poll_fn(move |context: &mut Context<'_>| {
        if let Poll::Ready(value) = wanted.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}
