//! What every simulated chip offers: bytes in, bytes out, time and power. No bus in here.

use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

/// A chip that a bus, a rack and a test look at together. The simulation is single threaded.
///
/// A chip that stays borrowed during a transfer panics in the bus: take a value out of it and let it go.
pub type Shared<T> = Rc<RefCell<T>>;

/// Puts a chip (or anything else) where several owners can reach it.
pub fn shared<T>(value: T) -> Shared<T> {
    Rc::new(RefCell::new(value))
}

/// Who did not acknowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nack {
    /// The address byte: the chip is absent or has no power.
    Address,
    /// Written byte number n, counted from 0 (the register byte); the bytes before it have taken effect.
    Data(usize),
}

/// A register-level model of a chip.
pub trait Chip {
    /// Bytes after the address byte of a write; none at all is the address alone.
    ///
    /// # Errors
    ///
    /// [`Nack::Address`] without power; [`Nack::Data`] when a byte was refused, the earlier ones have taken effect.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Nack>;

    /// Bytes the controller clocks out, from the current register pointer on.
    ///
    /// # Errors
    ///
    /// [`Nack::Address`] without power. The bytes themselves are acknowledged by the controller.
    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Nack>;

    /// Lets time pass in the chip; its inputs are constant meanwhile.
    fn tick(&mut self, elapsed: Duration);

    /// Power of the chip: without it the address is not acknowledged and nothing is pulled or driven; when it comes
    /// back, the chip is in its power-up state.
    fn set_powered(&mut self, on: bool);

    /// Whether the chip acknowledges its address. It decides how long a refused transfer takes.
    fn acknowledges(&self) -> bool {
        true
    }

    /// Whether reads of other chips matter to this one (asked once, when it is placed on a bus).
    fn overhears(&self) -> bool {
        false
    }

    /// Another chip on the same bus has acknowledged a read.
    fn overhear_read(&mut self) {}
}
