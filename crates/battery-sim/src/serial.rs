//! A serial port to a simulated device, on the blocking and async traits of embedded-io. Nothing ever really waits.
//!
//! [`line()`] gives both ends of the same simulated time: [`SimPort`] goes into a client, [`SimClock`] is its clock and timer. A
//! written byte takes its time on the wire. A blocking read jumps to the next byte, or to its time limit. An async read that
//! finds nothing lets [`POLL_STEP`] pass and asks to be polled again, as does a delay, so any executor that polls what was
//! woken will do and a read can be raced against a delay. [`embedded_io::ReadReady`] lets as much time pass when there is
//! nothing, so that a client which polls it against a clock comes to an end.
//!
//! ```
//! use battery_sim::{TinyBms, TinyBmsConfig, serial, shared};
//! use embedded_io::{Read, Write};
//!
//! let bms = shared(TinyBms::new(TinyBmsConfig::new(14)));
//! let (mut port, clock) = serial::line(bms.clone());
//! port.write_all(&[0xAA, 0x18, 0x7F, 0x1A])?;
//! let mut reply = [0; 6];
//! port.read_exact(&mut reply).unwrap();
//! assert_eq!(reply, [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB]);
//! assert_eq!(clock.now().as_micros(), 1_868);
//! # Ok::<(), battery_sim::PortError>(())
//! ```
//!
//! Not modelled: parity, framing and overrun errors, another speed at the other end, flow control, a buffer that is too small.

use core::fmt;
use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use crate::chip::Shared;
use crate::tinybms::{BYTE_TIME, REFRESH, TinyBms};

/// Time that a look without a result takes: less than a byte.
pub const POLL_STEP: Duration = Duration::from_micros(50);
/// How long a blocking read waits that has no limit: for ever, but a test is to end.
pub const LONGEST_READ: Duration = Duration::from_secs(3_600);

type Hook = Rc<dyn Fn(Duration)>;

struct Inner {
    bms: Shared<TinyBms>,
    now: Duration,
    next_hook: Duration,
    hook: Option<Hook>,
    read_limit: Option<Duration>,
    piece: usize,
    written: Vec<u8>,
}

/// Why a transfer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortError {
    /// Nothing came within the time limit of the port, or within an hour.
    TimedOut,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("nothing came in time"),
        }
    }
}

impl core::error::Error for PortError {}

impl embedded_io::Error for PortError {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::TimedOut => embedded_io::ErrorKind::TimedOut,
        }
    }
}

/// A serial port whose other end is this device, and the clock of the simulation.
#[must_use]
pub fn line(bms: Shared<TinyBms>) -> (SimPort, SimClock) {
    let inner = Rc::new(RefCell::new(Inner {
        bms,
        now: Duration::ZERO,
        next_hook: REFRESH,
        hook: None,
        read_limit: None,
        piece: usize::MAX,
        written: Vec::new(),
    }));
    let clock = SimClock { inner };
    let port = SimPort {
        clock: clock.clone(),
    };
    (port, clock)
}

/// The clock of a line. Clones show the same time.
#[derive(Clone)]
pub struct SimClock {
    inner: Rc<RefCell<Inner>>,
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimClock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl SimClock {
    /// Time since the line was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.inner.borrow().now
    }

    /// Whole milliseconds of it.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets time pass, in the device as well.
    pub fn advance(&self, elapsed: Duration) {
        let end = self.now() + elapsed;
        while self.now() < end {
            let (bms, step, hook) = {
                let inner = self.inner.borrow();
                let step = end.min(inner.next_hook) - inner.now;
                let due = inner.now + step == inner.next_hook;
                (inner.bms.clone(), step, inner.hook.clone().filter(|_| due))
            };
            // What the plant does counts before the device measures, which it does at the same instant.
            if let Some(hook) = hook {
                hook(REFRESH);
            }
            bms.borrow_mut().tick(step);
            let mut inner = self.inner.borrow_mut();
            inner.now += step;
            if inner.now == inner.next_hook {
                inner.next_hook += REFRESH;
            }
        }
    }

    /// Called every 100 ms, right before the device measures, with the time that has passed: for a plant that feeds it.
    pub fn on_refresh(&self, hook: impl Fn(Duration) + 'static) {
        self.inner.borrow_mut().hook = Some(Rc::new(hook));
    }

    /// How long a read waits before it ends with [`PortError::TimedOut`], as the ports of a PC have it; async reads then are ready
    /// at the first poll. `None`, as at first, is no limit.
    pub fn set_read_limit(&self, limit: Option<Duration>) {
        self.inner.borrow_mut().read_limit = limit;
    }

    /// Most bytes that one read hands over, at least 1.
    pub fn set_piece(&self, bytes: usize) {
        self.inner.borrow_mut().piece = bytes.max(1);
    }

    /// All bytes written since this was last asked, also those that were lost on the line.
    #[must_use]
    pub fn take_written(&self) -> Vec<u8> {
        core::mem::take(&mut self.inner.borrow_mut().written)
    }

    /// Lets one step pass, but not beyond this instant.
    fn step_towards(&self, instant: Duration) {
        self.advance(POLL_STEP.min(instant.saturating_sub(self.now())));
    }
}

impl embedded_hal::delay::DelayNs for SimClock {
    fn delay_ns(&mut self, ns: u32) {
        self.advance(Duration::from_nanos(u64::from(ns)));
    }
}

impl embedded_hal_async::delay::DelayNs for SimClock {
    async fn delay_ns(&mut self, ns: u32) {
        let end = self.now() + Duration::from_nanos(u64::from(ns));
        poll_fn(|context| {
            if self.now() >= end {
                return Poll::Ready(());
            }
            self.step_towards(end);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// The host's end of the line. Clones are the same port.
#[derive(Debug, Clone)]
pub struct SimPort {
    clock: SimClock,
}

impl SimPort {
    fn bms(&self) -> Shared<TinyBms> {
        self.clock.inner.borrow().bms.clone()
    }

    fn waiting(&self) -> usize {
        self.bms().borrow().waiting()
    }

    fn take(&self, buffer: &mut [u8]) -> usize {
        let piece = self.clock.inner.borrow().piece.min(buffer.len());
        self.bms().borrow_mut().read(&mut buffer[..piece])
    }

    fn read_blocking(&self, buffer: &mut [u8]) -> Result<usize, PortError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let limit = self.clock.inner.borrow().read_limit;
        let end = self.clock.now() + limit.unwrap_or(LONGEST_READ);
        loop {
            let count = self.take(buffer);
            if count > 0 {
                return Ok(count);
            }
            let left = end.saturating_sub(self.clock.now());
            if left.is_zero() {
                return Err(PortError::TimedOut);
            }
            let next = self.bms().borrow().next_output().unwrap_or(REFRESH);
            self.clock
                .advance(next.max(Duration::from_nanos(1)).min(left));
        }
    }

    fn write_now(&self, bytes: &[u8]) -> usize {
        for &byte in bytes {
            self.clock.advance(BYTE_TIME);
            self.clock.inner.borrow_mut().written.push(byte);
            self.bms().borrow_mut().receive(&[byte]);
        }
        bytes.len()
    }
}

impl embedded_io::ErrorType for SimPort {
    type Error = PortError;
}

impl embedded_io::Read for SimPort {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        self.read_blocking(buffer)
    }
}

impl embedded_io::Write for SimPort {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        Ok(self.write_now(bytes))
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}

impl embedded_io::ReadReady for SimPort {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        if self.waiting() == 0 {
            self.clock.advance(POLL_STEP);
        }
        Ok(self.waiting() > 0)
    }
}

impl embedded_io::WriteReady for SimPort {
    fn write_ready(&mut self) -> Result<bool, PortError> {
        Ok(true)
    }
}

impl embedded_io_async::Read for SimPort {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        if self.clock.inner.borrow().read_limit.is_some() {
            return self.read_blocking(buffer);
        }
        poll_fn(|context| {
            let count = self.take(buffer);
            if count > 0 || buffer.is_empty() {
                return Poll::Ready(Ok(count));
            }
            self.clock.advance(POLL_STEP);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
}

impl embedded_io_async::Write for SimPort {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        Ok(self.write_now(bytes))
    }

    async fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}
