//! A bus made of volatile memory: every byte comes from it and goes into it, so nothing of a driver can be left out.
//!
//! Its functions are never inlined and are in every image, so the difference between two images is the drivers.

use core::ptr::{read_volatile, write_volatile};

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, Operation};

/// What the chip answers.
pub const REPLY_BYTES: usize = 64;
/// A bit no byte sets: the compiler cannot know that the bus never fails.
const FAILED: u32 = 0x100;

static mut REPLY: [u8; REPLY_BYTES] = [0; REPLY_BYTES];
static mut SENT: u32 = 0;
static mut REGISTER: u32 = 0;
static mut RESULT: u32 = 0;
static mut SEED: u32 = 0;

/// The bus of every operation.
#[derive(Clone, Copy)]
pub struct Bus;

/// The bus failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed;

impl embedded_hal::i2c::Error for Failed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Zero, and only the programmer knows it.
pub fn seed() -> u32 {
    // SAFETY: one thread and no interrupts; the same for every access below.
    unsafe { read_volatile(&raw const SEED) }
}

#[cfg(feature = "count")]
pub fn set_reply(bytes: &[u8; REPLY_BYTES]) {
    for (index, byte) in bytes.iter().enumerate() {
        unsafe { write_volatile((&raw mut REPLY).cast::<u8>().add(index), *byte) }
    }
}

/// What came over a serial line.
pub fn reply() -> [u8; ops::serial::REPLY_BYTES] {
    let mut bytes = [0; ops::serial::REPLY_BYTES];
    // It cannot fail in a way that matters: the bytes are there.
    let _ = receive(&mut bytes);
    bytes
}

#[inline(never)]
pub fn put(value: u32) {
    unsafe { write_volatile(&raw mut RESULT, value) }
}

/// Results go to one word of memory.
pub struct Results;

impl ops::Sink for Results {
    fn put(&mut self, value: u32) {
        put(value);
    }
}

fn outcome() -> Result<(), Failed> {
    if unsafe { read_volatile(&raw const SENT) } & FAILED == 0 {
        Ok(())
    } else {
        Err(Failed)
    }
}

#[inline(never)]
fn send(bytes: &[u8]) -> Result<(), Failed> {
    for byte in bytes {
        unsafe { write_volatile(&raw mut SENT, u32::from(*byte)) }
    }
    outcome()
}

/// Two bytes for each register, modulo the size of the reply.
#[inline(never)]
fn receive(bytes: &mut [u8]) -> Result<(), Failed> {
    let from = unsafe { read_volatile(&raw const REGISTER) } as usize * 2;
    for (index, byte) in bytes.iter_mut().enumerate() {
        let place = (from + index) % REPLY_BYTES;
        *byte = unsafe { read_volatile((&raw const REPLY).cast::<u8>().add(place)) };
    }
    outcome()
}

fn point(bytes: &[u8]) {
    if let [register, ..] = bytes {
        unsafe { write_volatile(&raw mut REGISTER, u32::from(*register)) }
    }
}

#[inline(never)]
fn read(address: u8, bytes: &mut [u8]) -> Result<(), Failed> {
    send(&[address])?;
    receive(bytes)
}

#[inline(never)]
fn write(address: u8, bytes: &[u8]) -> Result<(), Failed> {
    send(&[address])?;
    point(bytes);
    send(bytes)
}

#[inline(never)]
fn write_read(address: u8, bytes: &[u8], answer: &mut [u8]) -> Result<(), Failed> {
    send(&[address])?;
    point(bytes);
    send(bytes)?;
    receive(answer)
}

#[inline(never)]
fn transaction(address: u8, operations: &mut [Operation<'_>]) -> Result<(), Failed> {
    send(&[address])?;
    for operation in operations {
        match operation {
            Operation::Read(bytes) => receive(bytes)?,
            Operation::Write(bytes) => {
                point(bytes);
                send(bytes)?;
            }
        }
    }
    Ok(())
}

type Outcome = Result<(), Failed>;

/// Keeps all of them in every image.
struct Kept(
    #[expect(dead_code)] fn(u8, &mut [u8]) -> Outcome,
    #[expect(dead_code)] fn(u8, &[u8]) -> Outcome,
    #[expect(dead_code)] fn(u8, &[u8], &mut [u8]) -> Outcome,
    #[expect(dead_code)] fn(u8, &mut [Operation<'_>]) -> Outcome,
    #[expect(dead_code)] fn(u32),
);

#[used]
static KEPT: Kept = Kept(read, write, write_read, transaction, put);

impl ErrorType for Bus {
    type Error = Failed;
}

impl I2c for Bus {
    fn read(&mut self, address: u8, bytes: &mut [u8]) -> Result<(), Failed> {
        read(address, bytes)
    }

    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), Failed> {
        write(address, bytes)
    }

    fn write_read(&mut self, address: u8, bytes: &[u8], answer: &mut [u8]) -> Result<(), Failed> {
        write_read(address, bytes, answer)
    }

    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Failed> {
        transaction(address, operations)
    }
}

impl embedded_hal_async::i2c::I2c for Bus {
    async fn read(&mut self, address: u8, bytes: &mut [u8]) -> Result<(), Failed> {
        read(address, bytes)
    }

    async fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), Failed> {
        write(address, bytes)
    }

    async fn write_read(
        &mut self,
        address: u8,
        bytes: &[u8],
        answer: &mut [u8],
    ) -> Result<(), Failed> {
        write_read(address, bytes, answer)
    }

    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Failed> {
        transaction(address, operations)
    }
}

impl embedded_hal_02::blocking::i2c::Write for Bus {
    type Error = Failed;

    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), Failed> {
        write(address, bytes)
    }
}

impl embedded_hal_02::blocking::i2c::WriteRead for Bus {
    type Error = Failed;

    fn write_read(&mut self, address: u8, bytes: &[u8], answer: &mut [u8]) -> Result<(), Failed> {
        write_read(address, bytes, answer)
    }
}

/// A clock for which no time passes.
pub struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

/// One thread and no interrupts: every section is critical already.
struct Alone;
critical_section::set_impl!(Alone);

unsafe impl critical_section::Impl for Alone {
    unsafe fn acquire() -> bool {
        true
    }

    unsafe fn release(_: bool) {}
}
