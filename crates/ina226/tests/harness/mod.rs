//! What the tests share: an executor, a chip in memory with faults, and one text for both clients.
#![allow(dead_code)] // each test file uses a part

pub mod chips;
pub mod facts;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_hal::i2c::{ErrorKind, ErrorType, Operation};

/// Polls to the end; the buses of the tests are always ready.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
    }
}

/// One test for both clients: module `$name` with a `blocking` and an `asynch` test.
///
/// `$setup` is what the driver knows before, `$script` every transfer it may make; `$check` gets the answer of `$call`
/// and what the driver knows afterwards.
#[macro_export]
macro_rules! both_clients {
    ($name:ident, $setup:expr, $script:expr, |$chip:ident| $call:expr, |$answer:pat_param, $after:pat_param| $check:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn blocking() {
                use ina226::blocking::Ina2xx;
                let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&$script);
                let mut client = match $setup {
                    Some(setup) => Ina2xx::resume(&mut bus, ADDRESS, setup),
                    None => Ina2xx::new(&mut bus, ADDRESS),
                };
                let $chip = &mut client;
                let $answer = $call;
                let $after = client.setup();
                $check;
                bus.done();
            }

            #[cfg(feature = "async")]
            #[test]
            fn asynch() {
                use ina226::asynch::Ina2xx;
                let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&$script);
                let mut client = match $setup {
                    Some(setup) => Ina2xx::resume(&mut bus, ADDRESS, setup),
                    None => Ina2xx::new(&mut bus, ADDRESS),
                };
                let $chip = &mut client;
                let $answer = $crate::harness::block_on($call);
                let $after = client.setup();
                $check;
                bus.done();
            }
        }
    };
}

/// The error of the bus in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusFault;

impl core::fmt::Display for BusFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no answer")
    }
}

impl embedded_hal::i2c::Error for BusFault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Bus
    }
}

/// Registers in memory, without any behaviour but a failing transfer.
#[derive(Debug, Default)]
pub struct Memory {
    pub registers: BTreeMap<u8, Vec<u8>>,
    /// Bytes on the wire, addresses included.
    pub bytes: usize,
    pub transfers: usize,
    /// The transfer that fails, from 0.
    pub failing: Option<usize>,
    /// Whether a failing write takes effect all the same.
    pub takes_effect: bool,
}

/// A bus with one such chip; clones are the same bus.
#[derive(Debug, Clone, Default)]
pub struct MemoryBus(pub Rc<RefCell<Memory>>);

impl MemoryBus {
    pub fn with(words: &[(u8, &[u8])]) -> Self {
        let bus = Self::default();
        for (register, bytes) in words {
            bus.set(*register, bytes);
        }
        bus
    }

    pub fn set(&self, register: u8, bytes: &[u8]) {
        self.0
            .borrow_mut()
            .registers
            .insert(register, bytes.to_vec());
    }

    pub fn word(&self, register: u8) -> u16 {
        let memory = self.0.borrow();
        let bytes = memory.registers.get(&register).expect("a register");
        u16::from_be_bytes([bytes[0], bytes[1]])
    }

    pub fn transfers(&self) -> usize {
        self.0.borrow().transfers
    }
}

impl ErrorType for MemoryBus {
    type Error = BusFault;
}

impl embedded_hal::i2c::I2c for MemoryBus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusFault> {
        let mut memory = self.0.borrow_mut();
        let fails = memory.failing == Some(memory.transfers);
        memory.transfers += 1;
        for operation in operations.iter() {
            memory.bytes += 1 + match operation {
                Operation::Write(bytes) => bytes.len(),
                Operation::Read(buffer) => buffer.len(),
            };
        }
        if fails && !memory.takes_effect {
            return Err(BusFault);
        }
        match operations {
            [Operation::Write([register, data @ ..])] => {
                memory.registers.insert(*register, data.to_vec());
            }
            [Operation::Write([register]), Operation::Read(buffer)] => {
                let Some(bytes) = memory.registers.get(register) else {
                    return Err(BusFault);
                };
                buffer.copy_from_slice(bytes);
            }
            [Operation::Read(buffer)] if address == 0x0C => buffer.fill(0x80),
            other => panic!("unexpected transfer {other:?}"),
        }
        if fails { Err(BusFault) } else { Ok(()) }
    }
}

#[cfg(feature = "async")]
impl embedded_hal_async::i2c::I2c for MemoryBus {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusFault> {
        embedded_hal::i2c::I2c::transaction(self, address, operations)
    }
}

/// Counts what it is asked to wait; no time passes.
#[derive(Debug, Default)]
pub struct Waits(pub Vec<u32>);

impl embedded_hal::delay::DelayNs for Waits {
    fn delay_ns(&mut self, ns: u32) {
        self.0.push(ns / 1_000);
    }

    fn delay_us(&mut self, us: u32) {
        self.0.push(us);
    }
}

#[cfg(feature = "async")]
impl embedded_hal_async::delay::DelayNs for Waits {
    async fn delay_ns(&mut self, ns: u32) {
        self.0.push(ns / 1_000);
    }

    async fn delay_us(&mut self, us: u32) {
        self.0.push(us);
    }
}
