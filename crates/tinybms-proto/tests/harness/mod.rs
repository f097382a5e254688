//! What the tests share: an executor, a serial port that follows a script in simulated time, and one text for both clients.
#![allow(dead_code)] // each test file uses a part

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crc::{CRC_16_MODBUS, Crc};

/// Polls to the end; the ports of the tests wait in simulated time only.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
    }
}

/// The checksum by the crate of that name, bit by bit.
pub fn checksum(bytes: &[u8]) -> [u8; 2] {
    Crc::<u16, crc::NoTable>::new(&CRC_16_MODBUS)
        .checksum(bytes)
        .to_le_bytes()
}

/// A frame from everything but its checksum.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = body.to_vec();
    frame.extend(checksum(body));
    frame
}

/// What a simulated device does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The bytes that have to come.
    pub request: Vec<u8>,
    /// What is sent back, each byte with its time after the request in microseconds.
    pub reply: Vec<(u64, u8)>,
}

/// Time of a byte on the wire.
const BYTE_US: u64 = 87;
/// The device thinks so long.
const THINKS_US: u64 = 1_000;

/// A request that is answered by these bytes, one after the other.
pub fn turn(request: &[u8], reply: &[u8]) -> Turn {
    let times = (1..).map(|place| THINKS_US + place * BYTE_US);
    Turn {
        request: request.to_vec(),
        reply: times.zip(reply.iter().copied()).collect(),
    }
}

/// A request that nobody answers.
pub fn silence(request: &[u8]) -> Turn {
    turn(request, &[])
}

#[derive(Debug, Default)]
pub struct Device {
    pub script: VecDeque<Turn>,
    pub now_us: u64,
    pub coming: VecDeque<(u64, u8)>,
    pub sent: Vec<Vec<u8>>,
    /// Times at which requests came.
    pub times: Vec<u64>,
    /// The serial port itself fails.
    pub is_broken: bool,
}

/// The serial port, and the clock it lives by; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct SimLine(pub Rc<RefCell<Device>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("unplugged")
    }
}

impl core::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

impl SimLine {
    pub fn new(script: Vec<Turn>) -> Self {
        let line = Self::default();
        line.0.borrow_mut().script = script.into();
        line
    }

    /// Bytes that come on their own, from now on.
    pub fn babble(&self, bytes: &[u8]) {
        let mut device = self.0.borrow_mut();
        let start = device.now_us;
        let times = (1..).map(|place| start + place * BYTE_US);
        device.coming.extend(times.zip(bytes.iter().copied()));
    }

    pub fn sent(&self) -> Vec<Vec<u8>> {
        self.0.borrow().sent.clone()
    }

    pub fn now_us(&self) -> u64 {
        self.0.borrow().now_us
    }

    /// Every request of the script came.
    pub fn done(&self) {
        let left = &self.0.borrow().script;
        assert!(left.is_empty(), "never asked: {left:02X?}");
    }

    fn check(&self) -> Result<(), Broken> {
        if self.0.borrow().is_broken {
            Err(Broken)
        } else {
            Ok(())
        }
    }

    fn is_ready(&self) -> bool {
        let device = self.0.borrow();
        device
            .coming
            .front()
            .is_some_and(|(time, _)| *time <= device.now_us)
    }

    fn take(&self, buffer: &mut [u8]) -> usize {
        let mut count = 0;
        while count < buffer.len() && self.is_ready() {
            buffer[count] = self.0.borrow_mut().coming.pop_front().unwrap().1;
            count += 1;
        }
        count
    }

    fn hear(&self, bytes: &[u8]) {
        let mut device = self.0.borrow_mut();
        let now = device.now_us;
        device.sent.push(bytes.to_vec());
        device.times.push(now);
        let turn = device.script.pop_front();
        let turn = turn.unwrap_or_else(|| panic!("nobody expects {bytes:02X?}"));
        assert_eq!(
            bytes, turn.request,
            "another request than {:02X?}",
            turn.request
        );
        let start = now + bytes.len() as u64 * BYTE_US;
        device
            .coming
            .extend(turn.reply.iter().map(|(time, byte)| (start + time, *byte)));
    }

    fn wait(&self, microseconds: u64) {
        self.0.borrow_mut().now_us += microseconds;
    }
}

impl embedded_io::ErrorType for SimLine {
    type Error = Broken;
}

impl embedded_io::Read for SimLine {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        self.check()?;
        assert!(self.is_ready(), "this read would block for ever");
        Ok(self.take(buffer))
    }
}

impl embedded_io::ReadReady for SimLine {
    fn read_ready(&mut self) -> Result<bool, Broken> {
        self.check()?;
        Ok(self.is_ready())
    }
}

impl embedded_io::Write for SimLine {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.check()?;
        self.hear(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

/// The clock as a delay.
#[derive(Debug, Clone)]
pub struct SimDelay(pub SimLine);

impl embedded_hal::delay::DelayNs for SimDelay {
    fn delay_ns(&mut self, nanoseconds: u32) {
        self.0.wait(u64::from(nanoseconds.div_ceil(1_000)));
    }

    fn delay_us(&mut self, microseconds: u32) {
        self.0.wait(u64::from(microseconds));
    }
}

#[cfg(feature = "async")]
mod asynch {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::{Broken, SimDelay, SimLine};

    impl embedded_io_async::Read for SimLine {
        async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
            poll_fn(|_| {
                self.check()?;
                match self.take(buffer) {
                    0 => Poll::Pending,
                    count => Poll::Ready(Ok(count)),
                }
            })
            .await
        }
    }

    impl embedded_io_async::Write for SimLine {
        async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
            self.check()?;
            self.hear(bytes);
            Ok(bytes.len())
        }

        async fn flush(&mut self) -> Result<(), Broken> {
            Ok(())
        }
    }

    impl embedded_hal_async::delay::DelayNs for SimDelay {
        async fn delay_ns(&mut self, nanoseconds: u32) {
            self.delay_us(nanoseconds.div_ceil(1_000)).await;
        }

        /// Each look at it lets a tenth of a millisecond pass.
        async fn delay_us(&mut self, microseconds: u32) {
            let end = self.0.now_us() + u64::from(microseconds);
            poll_fn(|_| {
                let now = self.0.now_us();
                if now >= end {
                    return Poll::Ready(());
                }
                self.0.wait((end - now).min(100));
                Poll::Pending
            })
            .await;
        }
    }
}

pub type BlockingClient =
    tinybms_proto::blocking::TinyBms<tinybms_proto::port::blocking::Polled<SimLine, SimDelay>>;

pub fn blocking_client(line: &SimLine, waits: tinybms_proto::Waits) -> BlockingClient {
    let port =
        tinybms_proto::port::blocking::Polled::new(line.clone(), SimDelay(line.clone()), 100);
    tinybms_proto::blocking::TinyBms::new(port, waits)
}

#[cfg(feature = "async")]
pub type AsynchClient =
    tinybms_proto::asynch::TinyBms<tinybms_proto::port::asynch::Timed<SimLine, SimDelay>>;

#[cfg(feature = "async")]
pub fn asynch_client(line: &SimLine, waits: tinybms_proto::Waits) -> AsynchClient {
    let port = tinybms_proto::port::asynch::Timed::new(line.clone(), SimDelay(line.clone()));
    tinybms_proto::asynch::TinyBms::new(port, waits)
}

/// One test for both clients: module `$name` with a `blocking` and an `asynch` test.
///
/// `$script` is every request that may come and what it is answered with; in `$body`, `wait!` ends a call.
#[macro_export]
macro_rules! both_clients {
    ($name:ident, $script:expr, |$client:ident, $line:ident, $wait:ident| $body:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn blocking() {
                fn $wait<T>(answer: T) -> T {
                    answer
                }
                let $line = $crate::harness::SimLine::new($script);
                #[allow(unused_mut)]
                let mut $client =
                    $crate::harness::blocking_client(&$line, tinybms_proto::Waits::WIRE);
                $body;
                $line.done();
            }

            #[cfg(feature = "async")]
            #[test]
            fn asynch() {
                use $crate::harness::block_on as $wait;
                let $line = $crate::harness::SimLine::new($script);
                #[allow(unused_mut)]
                let mut $client =
                    $crate::harness::asynch_client(&$line, tinybms_proto::Waits::WIRE);
                $body;
                $line.done();
            }
        }
    };
}
