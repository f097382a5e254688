//! The digital traits of embedded-hal for the pins of the blocking client.
//!
//! Written by hand: embedded-hal-async has no digital traits for outputs and inputs yet, so the asynchronous pins have
//! the same calls as inherent methods and no traits.

use embedded_hal::digital::{self, ErrorType, StatefulOutputPin};
use embedded_hal::i2c::I2c;

use crate::blocking::{InputPin, OutputPin};
use crate::error::PinError;
use crate::registers::Word;

impl<I2C: I2c, W: Word> ErrorType for OutputPin<'_, I2C, W> {
    type Error = PinError<I2C::Error>;
}

impl<I2C: I2c, W: Word> digital::OutputPin for OutputPin<'_, I2C, W> {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.set(true)
    }
}

impl<I2C: I2c, W: Word> StatefulOutputPin for OutputPin<'_, I2C, W> {
    fn is_set_high(&mut self) -> Result<bool, Self::Error> {
        self.is_ordered_high()
    }

    fn is_set_low(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.is_ordered_high()?)
    }

    fn toggle(&mut self) -> Result<(), Self::Error> {
        self.invert()
    }
}

impl<I2C: I2c, W: Word> ErrorType for InputPin<'_, I2C, W> {
    type Error = PinError<I2C::Error>;
}

impl<I2C: I2c, W: Word> digital::InputPin for InputPin<'_, I2C, W> {
    fn is_high(&mut self) -> Result<bool, Self::Error> {
        self.level()
    }

    fn is_low(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.level()?)
    }
}
