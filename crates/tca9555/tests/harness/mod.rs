//! What the tests share: an executor, a chip in memory with faults, and one text for both clients.
#![allow(dead_code)] // each test file uses a part

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};

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
/// `$state` is what the driver knows before, `$script` every transfer it may make; `$check` gets a tuple with the answer
/// of each `$call`, and the state afterwards.
#[macro_export]
macro_rules! both_clients {
    ($name:ident, $state:expr, $script:expr, |$chip:ident| $($call:expr);+, |$answer:pat_param, $after:pat_param| $check:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn blocking() {
                let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&$script);
                let mut client = tca9555::blocking::Tca9555::resume(
                    &mut bus,
                    tca9555::Address::DEFAULT,
                    $state,
                );
                let $chip = &mut client;
                let $answer = ($($call,)+);
                let $after = client.state();
                $check;
                bus.done();
            }

            #[cfg(feature = "async")]
            #[test]
            fn asynch() {
                let mut bus = embedded_hal_mock::eh1::i2c::Mock::new(&$script);
                let mut client =
                    tca9555::asynch::Tca9555::resume(&mut bus, tca9555::Address::DEFAULT, $state);
                let $chip = &mut client;
                let $answer = ($($crate::harness::block_on($call),)+);
                let $after = client.state();
                $check;
                bus.done();
            }
        }
    };
}

/// How a transfer goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody answers.
    NoAnswer,
    /// The byte with this number (0 = command) is refused; earlier ones have taken effect.
    RefusedByte(usize),
    /// Everything takes effect, and the bus fails at the end.
    LateFailure,
    /// The chip loses its supply instead of answering, and is back for the next transfer.
    Reset,
    /// Acknowledged, no effect; the bus sees no error.
    Lost,
}

/// The error of the bus in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusFault;

impl embedded_hal::i2c::Error for BusFault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown)
    }
}

/// Eight registers as in SCPS201, a pointer that runs to and fro in its pair, and a record of every moment.
#[derive(Debug)]
pub struct Chip {
    pub registers: [u8; 8],
    pub transfers: usize,
    /// Fault of the transfer with this number, counted from 0.
    pub fault: Option<(usize, Fault)>,
    /// Pins driven high and pins driven low, after each register that was written.
    pub moments: Vec<(u16, u16)>,
    pub bytes: usize,
    pointer: u8,
}

const POWER_ON: [u8; 8] = [0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF];

impl Chip {
    fn word(&self, register: usize) -> u16 {
        u16::from(self.registers[register]) | u16::from(self.registers[register + 1]) << 8
    }

    pub fn outputs(&self) -> u16 {
        self.word(2)
    }

    pub fn polarity(&self) -> u16 {
        self.word(4)
    }

    pub fn directions(&self) -> u16 {
        self.word(6)
    }

    pub fn reset(&mut self) {
        self.registers = POWER_ON;
        self.pointer = 0;
    }

    fn note(&mut self) {
        let driven = !self.directions();
        let high = self.outputs() & driven;
        self.moments.push((high, driven & !high));
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some((command, data)) = bytes.split_first() else {
            return;
        };
        self.pointer = *command;
        for byte in data {
            if self.pointer >= 2 {
                self.registers[usize::from(self.pointer)] = *byte;
                self.note();
            }
            self.pointer ^= 1;
        }
    }

    fn read(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.registers[usize::from(self.pointer)];
            self.pointer ^= 1;
        }
    }

    fn transfer(&mut self, operations: &mut [Operation<'_>]) -> Result<(), BusFault> {
        let number = self.transfers;
        self.transfers += 1;
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, f)| f);
        let length = |operation: &Operation<'_>| match operation {
            Operation::Write(bytes) => 1 + bytes.len(),
            Operation::Read(buffer) => 1 + buffer.len(),
        };
        self.bytes += operations.iter().map(length).sum::<usize>();
        match fault {
            Some(Fault::NoAnswer) => return Err(BusFault),
            Some(Fault::Reset) => {
                self.reset();
                self.note();
                return Err(BusFault);
            }
            Some(Fault::Lost) => return Ok(()),
            _ => {}
        }
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    if let Some(Fault::RefusedByte(n)) = fault {
                        self.write(&bytes[..n.min(bytes.len())]);
                        return Err(BusFault);
                    }
                    self.write(bytes);
                }
                Operation::Read(buffer) => self.read(buffer),
            }
        }
        if fault.is_some() {
            return Err(BusFault);
        }
        Ok(())
    }
}

/// A bus with one chip in memory; clones are the same bus.
#[derive(Debug, Clone)]
pub struct MemoryBus(pub Rc<RefCell<Chip>>);

impl MemoryBus {
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(Chip {
            registers: POWER_ON,
            transfers: 0,
            fault: None,
            moments: Vec::new(),
            bytes: 0,
            pointer: 0,
        })))
    }

    pub fn set_inputs(&self, word: u16) {
        let [low, high] = word.to_le_bytes();
        let mut chip = self.0.borrow_mut();
        chip.registers[0] = low;
        chip.registers[1] = high;
    }

    /// From now on: transfers counted from 0, nothing recorded yet, this fault to come.
    pub fn plan(&self, fault: Option<(usize, Fault)>) {
        let mut chip = self.0.borrow_mut();
        chip.transfers = 0;
        chip.bytes = 0;
        chip.moments.clear();
        chip.fault = fault;
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
        assert_eq!(address, 0x20, "somebody else's address");
        self.0.borrow_mut().transfer(operations)
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
