//! Twin of the TCA9555, TCA9535, PCA9555 and PCA9535 at register level.
//!
//! Sources: SCPS200 (TCA9555), SCPS201 (TCA9535), SCPS131 (PCA9555, section 8.4.1.1 for the interrupt erratum), SCPS129
//! (PCA9535). Where the documents are silent, the twin chooses, and says so here:
//!
//! - A floating input of the parts without pull-ups reads what [`Tca9555::set_floating`] says, low at first. On the boards
//!   this is made for, alert lines are low when active: with low, a missing pull-up shows itself at once as an alert
//!   that never ends, while high would be kinder than the board. A test changes the word at any time to play noise.
//! - Interrupts compare against the pins as they were when their port was last read; at power-up, as they are then. A chip
//!   whose pins are set first and whose power comes later ([`Tca9555::with_pins`]) starts quiet.
//! - After a read the pointer is the register of the last byte read (SCPS131: of the one being read at the repeated
//!   start); after a write, the register the next byte would have gone to.
//! - Commands above 07 are acknowledged; data for them is dropped and reads give FF.
//! - An output drives its pin whatever is outside; only [`Tca9555::set_stuck`] is stronger.
//!
//! Outputs change byte by byte in the order on the wire, but within one transfer no time passes: the nine clocks between
//! port 0 and port 1 are not visible outside. [`Tca9555::rises`] counts what happened in between.
//!
//! Not modelled: currents and voltages of pins, edges lost during the acknowledge clock, bus timeouts.

use core::time::Duration;

use crate::chip::{Chip, Nack};

const INPUT_0: u8 = 0;
const INPUT_1: u8 = 1;
const OUTPUT_0: u8 = 2;
const OUTPUT_1: u8 = 3;
const POLARITY_0: u8 = 4;
const POLARITY_1: u8 = 5;
const CONFIGURATION_0: u8 = 6;
const CONFIGURATION_1: u8 = 7;
/// Number of pins; pins 0 to 7 are port 0, pins 8 to 15 port 1.
pub const PINS: u8 = 16;

/// Which of the four parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Pull-ups of about 100 kohm.
    Tca9555,
    /// No pull-ups.
    Tca9535,
    /// Pull-ups, and the interrupt erratum of SCPS131, section 8.4.1.1.
    Pca9555,
    /// No pull-ups.
    Pca9535,
}

/// What is connected to a pin outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something holds it low.
    Low,
    /// Something holds it high.
    High,
    /// Nothing.
    Float,
}

/// A simulated 16-bit port expander. In each word, bit 0 is P00 and bit 15 is P17.
#[derive(Debug, Clone)]
pub struct Tca9555 {
    variant: Variant,
    powered: bool,
    command: u8,
    pointer: u8,
    output: u16,
    direction: u16,
    polarity: u16,
    held: u16,
    held_level: u16,
    floating: u16,
    stuck: u16,
    stuck_level: u16,
    /// Pin levels of the last read of each port: what an interrupt is compared with.
    reference: u16,
    driven_before: u16,
    rises: [u32; PINS as usize],
}

impl Tca9555 {
    /// A chip that has just been switched on, with nothing connected to its pins.
    #[must_use]
    pub fn new(variant: Variant) -> Self {
        let mut chip = Self {
            variant,
            powered: true,
            command: 0,
            pointer: 0,
            output: 0,
            direction: 0,
            polarity: 0,
            held: 0,
            held_level: 0,
            floating: 0,
            stuck: 0,
            stuck_level: 0,
            reference: 0,
            driven_before: 0,
            rises: [0; PINS as usize],
        };
        chip.power_up();
        chip
    }

    /// A chip whose pins were all held at these levels when its power came.
    #[must_use]
    pub fn with_pins(variant: Variant, levels: u16) -> Self {
        let mut chip = Self::new(variant);
        chip.set_pins(levels);
        chip.power_up();
        chip
    }

    /// Connects one pin outside, 0..=15.
    ///
    /// # Panics
    ///
    /// When the chip has no such pin; so do the other functions that take one.
    pub fn set_pin(&mut self, pin: u8, level: Level) {
        let mask = mask(pin);
        self.held &= !mask;
        self.held_level &= !mask;
        match level {
            Level::Low => self.held |= mask,
            Level::High => {
                self.held |= mask;
                self.held_level |= mask;
            }
            Level::Float => {}
        }
    }

    /// Holds all pins at the levels of this word.
    pub fn set_pins(&mut self, levels: u16) {
        self.held = u16::MAX;
        self.held_level = levels;
    }

    /// Levels that floating inputs read where no pull-up holds them; 0000 at first.
    pub fn set_floating(&mut self, levels: u16) {
        self.floating = levels;
    }

    /// Ties a pin to a level no output can change, or frees it: a short on the board.
    pub fn set_stuck(&mut self, pin: u8, level: Option<bool>) {
        let mask = mask(pin);
        self.stuck &= !mask;
        self.stuck_level &= !mask;
        if let Some(level) = level {
            self.stuck |= mask;
            if level {
                self.stuck_level |= mask;
            }
        }
    }

    /// Level of a pin, 0..=15: driven by the chip, held outside, pulled up or floating.
    #[must_use]
    pub fn pin_level(&self, pin: u8) -> bool {
        self.pin_levels() & mask(pin) != 0
    }

    /// Levels of all pins.
    #[must_use]
    pub fn pin_levels(&self) -> u16 {
        let pulled_up = matches!(self.variant, Variant::Tca9555 | Variant::Pca9555);
        let loose = if pulled_up && self.powered {
            u16::MAX
        } else {
            self.floating
        };
        let outside = (self.held_level & self.held) | (loose & !self.held);
        let driven = self.driven();
        let levels = (self.output & driven) | (outside & !driven);
        (levels & !self.stuck) | (self.stuck_level & self.stuck)
    }

    /// Whether the chip itself drives this pin high: powered, configured as output, output bit set. It says nothing about
    /// a stuck line; [`Tca9555::pin_level`] does.
    #[must_use]
    pub fn driven_high(&self, pin: u8) -> bool {
        self.driven() & self.output & mask(pin) != 0
    }

    /// How often the chip began to drive this pin high, also for the length of a single byte. Counted since the twin was made.
    #[must_use]
    pub fn rises(&self, pin: u8) -> u32 {
        assert!(pin < PINS, "pin {pin} of a chip with {PINS}");
        self.rises[usize::from(pin)]
    }

    /// Output registers, port 0 in the low byte.
    #[must_use]
    pub fn outputs(&self) -> u16 {
        self.output
    }

    /// Configuration registers: 1 is an input.
    #[must_use]
    pub fn directions(&self) -> u16 {
        self.direction
    }

    /// Polarity inversion registers.
    #[must_use]
    pub fn polarity(&self) -> u16 {
        self.polarity
    }

    /// Whether the open-drain INT output pulls its line low.
    #[must_use]
    pub fn int_asserted(&self) -> bool {
        self.powered && (self.pin_levels() ^ self.reference) & self.direction != 0
    }

    /// Content of a register, without the side effects of a read; `None` where the chip has none.
    #[must_use]
    pub fn register(&self, address: u8) -> Option<u32> {
        let word = match address {
            INPUT_0 | INPUT_1 => self.pin_levels() ^ self.polarity,
            OUTPUT_0 | OUTPUT_1 => self.output,
            POLARITY_0 | POLARITY_1 => self.polarity,
            CONFIGURATION_0 | CONFIGURATION_1 => self.direction,
            _ => return None,
        };
        Some(u32::from(word.to_le_bytes()[usize::from(address & 1)]))
    }

    /// Pins the chip drives, high or low.
    fn driven(&self) -> u16 {
        if self.powered { !self.direction } else { 0 }
    }

    fn power_up(&mut self) {
        self.command = INPUT_0;
        self.pointer = INPUT_0;
        self.output = u16::MAX;
        self.direction = u16::MAX;
        self.polarity = 0;
        self.reference = self.pin_levels();
        self.count_rises();
    }

    fn store(&mut self, byte: u8) {
        let word = match self.pointer {
            OUTPUT_0 | OUTPUT_1 => &mut self.output,
            POLARITY_0 | POLARITY_1 => &mut self.polarity,
            CONFIGURATION_0 | CONFIGURATION_1 => &mut self.direction,
            _ => return,
        };
        let mut ports = word.to_le_bytes();
        ports[usize::from(self.pointer & 1)] = byte;
        *word = u16::from_le_bytes(ports);
        self.count_rises();
    }

    fn fetch(&mut self) -> u8 {
        if let INPUT_0 | INPUT_1 = self.pointer {
            let port = if self.pointer == INPUT_0 {
                0x00FF
            } else {
                0xFF00
            };
            self.reference = (self.reference & !port) | (self.pin_levels() & port);
        }
        self.register(self.pointer)
            .map_or(0xFF, |value| value as u8)
    }

    fn count_rises(&mut self) {
        let driven_high = self.driven() & self.output;
        let mut risen = driven_high & !self.driven_before;
        self.driven_before = driven_high;
        while risen != 0 {
            self.rises[risen.trailing_zeros() as usize] += 1;
            risen &= risen - 1;
        }
    }
}

fn mask(pin: u8) -> u16 {
    assert!(pin < PINS, "pin {pin} of a chip with {PINS}");
    1 << pin
}

/// The other register of the same pair.
fn partner(register: u8) -> u8 {
    register ^ 1
}

impl Chip for Tca9555 {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Nack> {
        if !self.powered {
            return Err(Nack::Address);
        }
        let Some((&command, data)) = bytes.split_first() else {
            return Ok(());
        };
        self.command = command;
        self.pointer = command;
        for &byte in data {
            self.store(byte);
            self.pointer = partner(self.pointer);
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Nack> {
        if !self.powered {
            return Err(Nack::Address);
        }
        let mut first = true;
        for byte in buffer {
            if !first {
                self.pointer = partner(self.pointer);
            }
            first = false;
            *byte = self.fetch();
        }
        Ok(())
    }

    fn tick(&mut self, _elapsed: Duration) {}

    fn set_powered(&mut self, on: bool) {
        let came_back = on && !self.powered;
        self.powered = on;
        if came_back {
            self.power_up();
        }
        self.count_rises();
    }

    fn acknowledges(&self) -> bool {
        self.powered
    }

    fn overhears(&self) -> bool {
        self.variant == Variant::Pca9555
    }

    /// The erratum: with 00 as last command, INT goes off although nobody has read the pins.
    fn overhear_read(&mut self) {
        if self.variant == Variant::Pca9555 && self.powered && self.command == INPUT_0 {
            self.reference = self.pin_levels();
        }
    }
}
