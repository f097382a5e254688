//! An I2C bus in memory: chips at addresses, time on the wire, faults by plan.
//!
//! [`SimBus`] is a handle: clones reach the same bus, so that two drivers can share it. It implements the blocking and the
//! async I2C traits of embedded-hal through the same code; futures are ready at once.
//!
//! Time on the wire is nine bits a byte (address bytes included), one for each start and one for the stop: a register read
//! of two bytes takes 48 bit times, a write of a register and two bytes 38. Time passes first, then the transfer
//! takes effect as a whole: the plant sees no state between the first and the last byte of a transfer.
//!
//! Not modelled: 10-bit addresses, clock stretching, general call, SMBus alert response, high-speed mode, several controllers.

use core::fmt;
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};

use crate::chip::{Chip, Nack, Shared};
use crate::fault::{Effect, FaultPlan, Shape};

/// Addresses of seven bits.
const ADDRESSES: usize = 128;
/// Eight data bits and the acknowledge.
const BITS_PER_BYTE: u64 = 9;
/// Start, address byte, stop: what a transfer costs that nobody answers.
const REFUSED_ADDRESS_BITS: u64 = 1 + BITS_PER_BYTE + 1;
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// Why a transfer failed, as the controller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusError {
    /// Nobody acknowledged the address.
    AddressNack,
    /// Written byte n, counted from 0, was not acknowledged.
    DataNack(usize),
    /// The controller lost the arbitration.
    ArbitrationLoss,
    /// A start or stop out of place.
    Bus,
    /// The bus did not move until the controller gave up.
    Hung,
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressNack => write!(f, "address was not acknowledged"),
            Self::DataNack(byte) => write!(f, "byte {byte} was not acknowledged"),
            Self::ArbitrationLoss => write!(f, "arbitration was lost"),
            Self::Bus => write!(f, "bus error"),
            Self::Hung => write!(f, "bus hangs"),
        }
    }
}

impl core::error::Error for BusError {}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AddressNack => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::DataNack(_) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            Self::ArbitrationLoss => ErrorKind::ArbitrationLoss,
            Self::Bus => ErrorKind::Bus,
            Self::Hung => ErrorKind::Other,
        }
    }
}

impl From<Nack> for BusError {
    fn from(nack: Nack) -> Self {
        match nack {
            Nack::Address => Self::AddressNack,
            Nack::Data(byte) => Self::DataNack(byte),
        }
    }
}

/// One transfer from start to stop, as the controller saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// 7-bit address.
    pub address: u8,
    /// Bytes the controller wanted to write.
    pub written: Vec<u8>,
    /// Bytes the controller got; empty after an error.
    pub read: Vec<u8>,
    /// How it ended.
    pub result: Result<(), BusError>,
}

type Hook = Rc<dyn Fn(Duration)>;

struct Inner {
    frequency_hz: u64,
    chips: [Option<Shared<dyn Chip>>; ADDRESSES],
    listeners: Vec<u8>,
    clock: Option<Hook>,
    plan: Rc<FaultPlan>,
    counts: Vec<u64>,
    transfers: u64,
    wire_time: Duration,
    log: Option<Vec<LogEntry>>,
    scratch: Vec<u8>,
}

/// A handle to a simulated I2C bus.
#[derive(Clone)]
pub struct SimBus {
    inner: Rc<RefCell<Inner>>,
}

impl fmt::Debug for SimBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.borrow();
        f.debug_struct("SimBus")
            .field("frequency_hz", &inner.frequency_hz)
            .field("chips", &inner.chips.iter().flatten().count())
            .field("transfers", &inner.transfers)
            .field("plan", &inner.plan)
            .finish_non_exhaustive()
    }
}

impl SimBus {
    /// An empty bus. `frequency_hz` is the clock of the bus, at least 1.
    #[must_use]
    pub fn new(frequency_hz: u32) -> Self {
        Self {
            inner: Rc::new(RefCell::new(Inner {
                frequency_hz: u64::from(frequency_hz.max(1)),
                chips: [const { None }; ADDRESSES],
                listeners: Vec::new(),
                clock: None,
                plan: Rc::new(FaultPlan::new()),
                counts: Vec::new(),
                transfers: 0,
                wire_time: Duration::ZERO,
                log: None,
                scratch: Vec::new(),
            })),
        }
    }

    /// Solders a chip to a 7-bit address.
    ///
    /// # Panics
    ///
    /// When the address is taken or longer than seven bits: a mistake in the test.
    pub fn place(&self, address: u8, chip: Shared<impl Chip + 'static>) {
        let mut inner = self.inner.borrow_mut();
        assert!(
            usize::from(address) < ADDRESSES,
            "address {address:#04x} has more than seven bits"
        );
        if chip.borrow().overhears() {
            inner.listeners.push(address);
        }
        let place = &mut inner.chips[usize::from(address)];
        assert!(place.is_none(), "address {address:#04x} is taken");
        *place = Some(chip);
    }

    /// Called with the time on the wire before each transfer takes effect; it lets time pass for the plant and the chips.
    /// Without it the bus ticks its own chips.
    pub fn set_clock(&self, advance: impl Fn(Duration) + 'static) {
        self.inner.borrow_mut().clock = Some(Rc::new(advance));
    }

    /// Replaces the faults; rules count from here on.
    pub fn set_faults(&self, plan: FaultPlan) {
        let mut inner = self.inner.borrow_mut();
        inner.counts = vec![0; plan.faults().len()];
        inner.plan = Rc::new(plan);
    }

    /// Transfers so far, failed ones included. One is everything from a start to its stop.
    #[must_use]
    pub fn transfers(&self) -> u64 {
        self.inner.borrow().transfers
    }

    /// Time the bus was busy so far.
    #[must_use]
    pub fn wire_time(&self) -> Duration {
        self.inner.borrow().wire_time
    }

    /// Starts (or empties) the log of transfers; off at first, it allocates.
    pub fn start_log(&self) {
        self.inner.borrow_mut().log = Some(Vec::new());
    }

    /// Takes what was logged; the log goes on if it was started.
    #[must_use]
    pub fn take_log(&self) -> Vec<LogEntry> {
        self.inner
            .borrow_mut()
            .log
            .as_mut()
            .map(core::mem::take)
            .unwrap_or_default()
    }

    /// Lets time pass for the chips on this bus; for tests without a rack.
    pub fn tick(&self, elapsed: Duration) {
        let inner = self.inner.borrow();
        for chip in inner.chips.iter().flatten() {
            chip.borrow_mut().tick(elapsed);
        }
    }

    fn transfer(&self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let Some(shape) = Shape::of(address, operations) else {
            return Ok(());
        };
        let plan = Rc::clone(&self.inner.borrow().plan);
        let (effect, chip, clock, time) = {
            let inner = &mut *self.inner.borrow_mut();
            inner.transfers += 1;
            let effect = plan.decide(&shape, &mut inner.counts);
            let chip = inner.chips.get(usize::from(address)).cloned().flatten();
            let answered = chip
                .as_ref()
                .is_some_and(|chip| chip.borrow().acknowledges());
            let time = match effect {
                Some(Effect::Hung) => plan.hang_time(),
                effect => inner.bit_times(shape.bit_times(effect, answered)),
            };
            inner.wire_time += time;
            (effect, chip, inner.clock.clone(), time)
        };
        // Nothing of the bus is borrowed here: the clock may do anything, also with this bus.
        match clock {
            Some(advance) => advance(time),
            None => self.tick(time),
        }
        let result = self.act(effect, chip.as_ref(), operations);
        if result.is_ok() && shape.read > 0 {
            self.tell_listeners(address);
        }
        self.note(address, operations, result);
        result
    }

    /// The part of a transfer that chips notice.
    fn act(
        &self,
        effect: Option<&Effect>,
        chip: Option<&Shared<dyn Chip>>,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        match effect {
            Some(Effect::AddressNack) => return Err(BusError::AddressNack),
            Some(Effect::BusError) => return Err(BusError::Bus),
            Some(Effect::ArbitrationLoss) => return Err(BusError::ArbitrationLoss),
            Some(Effect::Hung) => return Err(BusError::Hung),
            _ => {}
        }
        let Some(chip) = chip else {
            return Err(BusError::AddressNack);
        };
        let mut chip = chip.borrow_mut();
        let mut first_write = true;
        let mut read_before = 0;
        for group in operations.chunk_by_mut(same_kind) {
            if let [Operation::Read(buffer)] = group {
                chip.read(buffer)?;
                spoil(effect, read_before, buffer);
                read_before += buffer.len();
            } else if let [Operation::Write(bytes)] = group {
                write(&mut *chip, effect.filter(|_| first_write), bytes)?;
                first_write = false;
            } else {
                let mut scratch = core::mem::take(&mut self.inner.borrow_mut().scratch);
                scratch.clear();
                let result = if let [Operation::Read(_), ..] = group {
                    scratch.resize(group.iter().map(length).sum(), 0);
                    let result = chip.read(&mut scratch);
                    spoil(effect, read_before, &mut scratch);
                    read_before += scratch.len();
                    scatter(&scratch, group);
                    result.map_err(BusError::from)
                } else {
                    for operation in &*group {
                        if let Operation::Write(bytes) = operation {
                            scratch.extend_from_slice(bytes);
                        }
                    }
                    let result = write(&mut *chip, effect.filter(|_| first_write), &scratch);
                    first_write = false;
                    result
                };
                self.inner.borrow_mut().scratch = scratch;
                result?;
            }
        }
        match effect {
            Some(Effect::LateBusError) => Err(BusError::Bus),
            _ => Ok(()),
        }
    }

    fn tell_listeners(&self, address: u8) {
        let inner = self.inner.borrow();
        for &listener in &inner.listeners {
            if listener != address
                && let Some(Some(chip)) = inner.chips.get(usize::from(listener))
            {
                chip.borrow_mut().overhear_read();
            }
        }
    }

    fn note(&self, address: u8, operations: &[Operation<'_>], result: Result<(), BusError>) {
        let mut inner = self.inner.borrow_mut();
        let Some(log) = inner.log.as_mut() else {
            return;
        };
        let mut written = Vec::new();
        let mut read = Vec::new();
        for operation in operations {
            match operation {
                Operation::Write(bytes) => written.extend_from_slice(bytes),
                Operation::Read(buffer) if result.is_ok() => read.extend_from_slice(buffer),
                Operation::Read(_) => {}
            }
        }
        log.push(LogEntry {
            address,
            written,
            read,
            result,
        });
    }
}

impl Inner {
    fn bit_times(&self, count: u64) -> Duration {
        Duration::from_nanos(count * NANOSECONDS_PER_SECOND / self.frequency_hz)
    }
}

impl Shape {
    /// `None` without any operation: nothing happens on the wire.
    fn of(address: u8, operations: &[Operation<'_>]) -> Option<Self> {
        operations.first()?;
        let mut shape = Self {
            address,
            register: None,
            written: 0,
            read: 0,
            starts: 0,
            bytes: 0,
        };
        let mut before: Option<&Operation<'_>> = None;
        let mut first_group = true;
        for operation in operations {
            if before.is_none_or(|before| !same_kind(before, operation)) {
                first_group = shape.starts == 0;
                shape.starts += 1;
            }
            match operation {
                Operation::Write(bytes) => {
                    if first_group {
                        shape.written += bytes.len();
                        shape.register = shape.register.or(bytes.first().copied());
                    }
                }
                Operation::Read(buffer) => shape.read += buffer.len(),
            }
            shape.bytes += length(operation) as u64;
            before = Some(operation);
        }
        Some(shape)
    }

    /// How long the transfer keeps the bus, in bit times; a hung one is not asked.
    fn bit_times(&self, effect: Option<&Effect>, answered: bool) -> u64 {
        match effect {
            Some(Effect::AddressNack | Effect::BusError | Effect::ArbitrationLoss) => {
                REFUSED_ADDRESS_BITS
            }
            _ if !answered => REFUSED_ADDRESS_BITS,
            Some(Effect::DataNack(byte)) => {
                REFUSED_ADDRESS_BITS + BITS_PER_BYTE * (*byte as u64 + 1)
            }
            _ => self.starts * (1 + BITS_PER_BYTE) + BITS_PER_BYTE * self.bytes + 1,
        }
    }
}

fn same_kind(a: &Operation<'_>, b: &Operation<'_>) -> bool {
    matches!(
        (a, b),
        (Operation::Read(_), Operation::Read(_)) | (Operation::Write(_), Operation::Write(_))
    )
}

fn length(operation: &Operation<'_>) -> usize {
    match operation {
        Operation::Read(buffer) => buffer.len(),
        Operation::Write(bytes) => bytes.len(),
    }
}

fn write(chip: &mut dyn Chip, effect: Option<&Effect>, bytes: &[u8]) -> Result<(), BusError> {
    match effect {
        Some(Effect::DataNack(byte)) => {
            chip.write(&bytes[..*byte])?;
            Err(BusError::DataNack(*byte))
        }
        // The address must still be acknowledged: a chip without power does not lose data, it refuses.
        Some(Effect::WriteLost) => Ok(chip.write(&[])?),
        Some(Effect::WriteCut(taken)) => Ok(chip.write(&bytes[..*taken])?),
        _ => Ok(chip.write(bytes)?),
    }
}

/// Alters bytes that were read; `before` of them came earlier in the same transfer.
fn spoil(effect: Option<&Effect>, before: usize, buffer: &mut [u8]) {
    match effect {
        Some(Effect::ReadOnes) => buffer.fill(0xFF),
        Some(Effect::ReadReplaced(bytes)) => {
            for (byte, given) in buffer.iter_mut().zip(bytes.iter().skip(before)) {
                *byte = *given;
            }
        }
        Some(Effect::ReadBitFlipped(bit)) if before == 0 && !buffer.is_empty() => {
            let bit = bit % (buffer.len() * 8);
            buffer[bit / 8] ^= 0x80 >> (bit % 8);
        }
        _ => {}
    }
}

fn scatter(mut bytes: &[u8], group: &mut [Operation<'_>]) {
    for operation in group {
        if let Operation::Read(buffer) = operation {
            let (now, later) = bytes.split_at(buffer.len());
            buffer.copy_from_slice(now);
            bytes = later;
        }
    }
}

impl ErrorType for SimBus {
    type Error = BusError;
}

impl embedded_hal::i2c::I2c for SimBus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        self.transfer(address, operations)
    }
}

impl embedded_hal_async::i2c::I2c for SimBus {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        self.transfer(address, operations)
    }
}
