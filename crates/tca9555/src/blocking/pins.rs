// Derived from ../asynch/pins.rs by `cargo xtask twins`: change that file, never this one.
//! Single pins of one expander, for drivers that want a pin and know of no bus.

use core::cell::{RefCell, RefMut};

use embedded_hal::i2c::I2c;

use super::Expander;
use crate::error::{Error, PinError};
use crate::registers::{Pair, Pin, Word};

/// An expander whose pins are used one by one.
///
/// The pins share the expander through a cell that is asked, never forced: a pin that is used while another is in the
/// middle of a transfer answers [`PinError::Busy`] and sends nothing.
#[derive(Debug)]
pub struct Shared<I2C, W> {
    expander: RefCell<Expander<I2C, W>>,
}

impl<I2C, W: Word> Shared<I2C, W> {
    /// Wraps an expander, best after its start.
    #[must_use]
    pub fn new(expander: Expander<I2C, W>) -> Self {
        Self {
            expander: RefCell::new(expander),
        }
    }

    /// The expander, for calls on whole words between calls on pins.
    ///
    /// # Errors
    ///
    /// [`PinError::Busy`] while a pin is in the middle of a transfer.
    pub fn lock<E>(&self) -> Result<RefMut<'_, Expander<I2C, W>>, PinError<E>> {
        self.expander.try_borrow_mut().map_err(|_| PinError::Busy)
    }

    /// Gives the expander back.
    #[must_use]
    pub fn into_inner(self) -> Expander<I2C, W> {
        self.expander.into_inner()
    }

    fn pin(&self, number: u8) -> UnusedPin<'_, I2C, W> {
        UnusedPin {
            shared: self,
            pin: Pin::numbered(number),
        }
    }
}

/// The pins of a chip with two ports.
#[derive(Debug)]
pub struct Pins16<'a, I2C> {
    /// The expander itself, for calls on whole words.
    pub shared: &'a Shared<I2C, u16>,
    /// Pin 0 of port 0.
    pub p00: UnusedPin<'a, I2C, u16>,
    /// Pin 1 of port 0.
    pub p01: UnusedPin<'a, I2C, u16>,
    /// Pin 2 of port 0.
    pub p02: UnusedPin<'a, I2C, u16>,
    /// Pin 3 of port 0.
    pub p03: UnusedPin<'a, I2C, u16>,
    /// Pin 4 of port 0.
    pub p04: UnusedPin<'a, I2C, u16>,
    /// Pin 5 of port 0.
    pub p05: UnusedPin<'a, I2C, u16>,
    /// Pin 6 of port 0.
    pub p06: UnusedPin<'a, I2C, u16>,
    /// Pin 7 of port 0.
    pub p07: UnusedPin<'a, I2C, u16>,
    /// Pin 0 of port 1.
    pub p10: UnusedPin<'a, I2C, u16>,
    /// Pin 1 of port 1.
    pub p11: UnusedPin<'a, I2C, u16>,
    /// Pin 2 of port 1.
    pub p12: UnusedPin<'a, I2C, u16>,
    /// Pin 3 of port 1.
    pub p13: UnusedPin<'a, I2C, u16>,
    /// Pin 4 of port 1.
    pub p14: UnusedPin<'a, I2C, u16>,
    /// Pin 5 of port 1.
    pub p15: UnusedPin<'a, I2C, u16>,
    /// Pin 6 of port 1.
    pub p16: UnusedPin<'a, I2C, u16>,
    /// Pin 7 of port 1.
    pub p17: UnusedPin<'a, I2C, u16>,
}

impl<I2C> Shared<I2C, u16> {
    /// All pins, each once for as long as the loan lasts; sends nothing.
    #[must_use]
    pub fn split(&mut self) -> Pins16<'_, I2C> {
        let shared = &*self;
        Pins16 {
            shared,
            p00: shared.pin(0),
            p01: shared.pin(1),
            p02: shared.pin(2),
            p03: shared.pin(3),
            p04: shared.pin(4),
            p05: shared.pin(5),
            p06: shared.pin(6),
            p07: shared.pin(7),
            p10: shared.pin(8),
            p11: shared.pin(9),
            p12: shared.pin(10),
            p13: shared.pin(11),
            p14: shared.pin(12),
            p15: shared.pin(13),
            p16: shared.pin(14),
            p17: shared.pin(15),
        }
    }
}

/// The pins of a chip with one port.
#[derive(Debug)]
pub struct Pins8<'a, I2C> {
    /// The expander itself, for calls on whole words.
    pub shared: &'a Shared<I2C, u8>,
    /// Pin 0.
    pub p0: UnusedPin<'a, I2C, u8>,
    /// Pin 1.
    pub p1: UnusedPin<'a, I2C, u8>,
    /// Pin 2.
    pub p2: UnusedPin<'a, I2C, u8>,
    /// Pin 3.
    pub p3: UnusedPin<'a, I2C, u8>,
    /// Pin 4.
    pub p4: UnusedPin<'a, I2C, u8>,
    /// Pin 5.
    pub p5: UnusedPin<'a, I2C, u8>,
    /// Pin 6.
    pub p6: UnusedPin<'a, I2C, u8>,
    /// Pin 7.
    pub p7: UnusedPin<'a, I2C, u8>,
}

impl<I2C> Shared<I2C, u8> {
    /// All pins, each once for as long as the loan lasts; sends nothing.
    #[must_use]
    pub fn split(&mut self) -> Pins8<'_, I2C> {
        let shared = &*self;
        Pins8 {
            shared,
            p0: shared.pin(0),
            p1: shared.pin(1),
            p2: shared.pin(2),
            p3: shared.pin(3),
            p4: shared.pin(4),
            p5: shared.pin(5),
            p6: shared.pin(6),
            p7: shared.pin(7),
        }
    }
}

/// A pin nobody has given a direction through this crate's pins. Making it sends nothing.
#[derive(Debug)]
pub struct UnusedPin<'a, I2C, W> {
    shared: &'a Shared<I2C, W>,
    pin: Pin<W>,
}

impl<'a, I2C: I2c, W: Word> UnusedPin<'a, I2C, W> {
    /// Drives the pin: level first, direction second.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with the cause, [`PinError::Busy`].
    #[allow(clippy::await_holding_refcell_ref)] // the borrow is the lock; whoever comes second gets an error
    pub fn into_output(self, high: bool) -> Result<OutputPin<'a, I2C, W>, PinError<I2C::Error>> {
        let mut expander = self.shared.lock()?;
        expander
            .make_output(self.pin, high)
            .map_err(PinError::Expander)?;
        Ok(OutputPin {
            shared: self.shared,
            pin: self.pin,
        })
    }

    /// Stops driving the pin.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with the cause, [`PinError::Busy`].
    #[allow(clippy::await_holding_refcell_ref)] // as above
    pub fn into_input(self) -> Result<InputPin<'a, I2C, W>, PinError<I2C::Error>> {
        let mut expander = self.shared.lock()?;
        expander.make_input(self.pin).map_err(PinError::Expander)?;
        Ok(InputPin {
            shared: self.shared,
            pin: self.pin,
        })
    }

    /// The pin as an output, as the start has made it; sends nothing.
    ///
    /// # Errors
    ///
    /// [`PinError::Direction`] if the chip is not known to drive the pin, [`PinError::Busy`].
    pub fn claim_output(self) -> Result<OutputPin<'a, I2C, W>, PinError<I2C::Error>> {
        self.check_direction(W::ZERO)?;
        Ok(OutputPin {
            shared: self.shared,
            pin: self.pin,
        })
    }

    /// The pin as an input, as the start has made it; sends nothing.
    ///
    /// # Errors
    ///
    /// [`PinError::Direction`] if the chip is not known to leave the pin alone, [`PinError::Busy`].
    pub fn claim_input(self) -> Result<InputPin<'a, I2C, W>, PinError<I2C::Error>> {
        self.check_direction(self.pin.mask())?;
        Ok(InputPin {
            shared: self.shared,
            pin: self.pin,
        })
    }

    fn check_direction(&self, wanted: W) -> Result<(), PinError<I2C::Error>> {
        match self.shared.lock()?.state().directions() {
            Some(directions) if directions & self.pin.mask() == wanted => Ok(()),
            _ => Err(PinError::Direction),
        }
    }
}

/// A pin that the expander drives.
#[derive(Debug)]
pub struct OutputPin<'a, I2C, W> {
    shared: &'a Shared<I2C, W>,
    pin: Pin<W>,
}

impl<I2C: I2c, W: Word> OutputPin<'_, I2C, W> {
    /// Drives the pin high or low.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with the cause, [`PinError::Busy`].
    #[allow(clippy::await_holding_refcell_ref)] // as above
    pub fn set(&mut self, high: bool) -> Result<(), PinError<I2C::Error>> {
        let mut expander = self.shared.lock()?;
        expander.set_pin(self.pin, high).map_err(PinError::Expander)
    }

    /// Inverts the ordered level.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with the cause, [`PinError::Busy`].
    #[allow(clippy::await_holding_refcell_ref)] // as above
    pub fn invert(&mut self) -> Result<(), PinError<I2C::Error>> {
        let mut expander = self.shared.lock()?;
        expander.toggle_pin(self.pin).map_err(PinError::Expander)
    }

    /// Whether the pin was last ordered high; sends nothing.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with [`Error::NoOutputs`] if nothing was ordered, [`PinError::Busy`].
    pub fn is_ordered_high(&mut self) -> Result<bool, PinError<I2C::Error>> {
        let expander = self.shared.lock()?;
        let word = expander
            .state()
            .order(Pair::Outputs)
            .ok_or(PinError::Expander(Error::NoOutputs))?;
        Ok(word & self.pin.mask() != W::ZERO)
    }
}

/// A pin that the expander leaves alone.
#[derive(Debug)]
pub struct InputPin<'a, I2C, W> {
    shared: &'a Shared<I2C, W>,
    pin: Pin<W>,
}

impl<I2C: I2c, W: Word> InputPin<'_, I2C, W> {
    /// Reads the level, inverted if the polarity says so.
    ///
    /// # Errors
    ///
    /// [`PinError::Expander`] with the cause, [`PinError::Busy`].
    #[allow(clippy::await_holding_refcell_ref)] // as above
    pub fn level(&mut self) -> Result<bool, PinError<I2C::Error>> {
        let mut expander = self.shared.lock()?;
        expander.read_pin(self.pin).map_err(PinError::Expander)
    }
}
