//! Twin of the INA226 at register level.
//!
//! Sources: SBOS547 (register tables, alert and averaging sections), SBOS743. Where the documents are silent, the twin
//! chooses, and says so here:
//!
//! - A result is the time-weighted mean of the input over the whole cycle, rounded to the nearest step. The chip takes bus
//!   and shunt in turn; within a cycle the twin does not keep them apart.
//! - Current and power drop fractions towards zero. After an overflow the current register holds the low 16 bits of the
//!   product: a controller that ignores OVF sees a wrong sign, which is the dangerous reading.
//! - A one-shot falls back to idle and the MODE bits keep their value. RST starts the power-up cycle at once.
//! - A write with one data byte changes nothing but the pointer; data bytes behind the second are acknowledged and dropped.
//!   A read past the second byte gives FF. Registers that do not exist read 0000.
//! - Flags of register 06 are cleared when both of its bytes have been read, not after one.
//! - Power is the magnitude of current times bus. An alert is compared only when its quantity was converted in the cycle,
//!   and the comparison is strict; writing 06 does not clear a latched alert.
//!
//! Not modelled: noise, offset and gain error (the rack adds them to the inputs), the SMBus alert response address,
//! high-speed mode, the 28 ms bus timeout, the 36 V limit of the inputs (the register goes on to 40.96 V).

use core::time::Duration;

use crate::chip::{Chip, Nack};
use crate::cycle::{Cycle, Inputs, counts, nanoseconds};

const CONFIGURATION: u8 = 0x00;
const SHUNT_VOLTAGE: u8 = 0x01;
const BUS_VOLTAGE: u8 = 0x02;
const POWER: u8 = 0x03;
const CURRENT: u8 = 0x04;
const CALIBRATION: u8 = 0x05;
const MASK_ENABLE: u8 = 0x06;
const ALERT_LIMIT: u8 = 0x07;
const MANUFACTURER_ID: u8 = 0xFE;
const DIE_ID: u8 = 0xFF;

const RESET: u16 = 0x8000;
/// Bits of the configuration that keep what was written; bit 14 reads 1, bits 13 and 12 read 0.
const CONFIGURATION_BITS: u16 = 0x0FFF;
const CONFIGURATION_ONE: u16 = 0x4000;
const CONFIGURATION_AT_POWER_UP: u16 = 0x4127;
const CALIBRATION_BITS: u16 = 0x7FFF;

const SHUNT_OVER: u16 = 0x8000;
const SHUNT_UNDER: u16 = 0x4000;
const BUS_OVER: u16 = 0x2000;
const BUS_UNDER: u16 = 0x1000;
const POWER_OVER: u16 = 0x0800;
const CONVERSION_READY_TO_PIN: u16 = 0x0400;
const ALERT_FLAG: u16 = 0x0010;
const CONVERSION_READY: u16 = 0x0008;
const OVERFLOW: u16 = 0x0004;
const ACTIVE_HIGH: u16 = 0x0002;
const LATCH: u16 = 0x0001;
/// Bits of register 06 that a write changes.
const MASK_BITS: u16 = SHUNT_OVER
    | SHUNT_UNDER
    | BUS_OVER
    | BUS_UNDER
    | POWER_OVER
    | CONVERSION_READY_TO_PIN
    | ACTIVE_HIGH
    | LATCH;

/// Microseconds of one conversion by code, typical values.
const CONVERSION_TIME_US: [u64; 8] = [140, 204, 332, 588, 1_100, 2_116, 4_156, 8_244];
/// Samples of an average by code.
const SAMPLES: [u64; 8] = [1, 4, 16, 64, 128, 256, 512, 1_024];

/// Volts across the shunt a step.
const SHUNT_STEP: f64 = 2.5e-6;
/// Volts at the VBUS pin a step.
const BUS_STEP: f64 = 1.25e-3;

const SHUNT: usize = 0;
const BUS: usize = 1;
const DIE: usize = 2;

/// "TI".
const TEXAS_INSTRUMENTS: u16 = 0x5449;
/// Die 226h, revision 0.
const DIE_226: u16 = 0x2260;

/// A simulated INA226.
#[derive(Debug, Clone)]
pub struct Ina226 {
    powered: bool,
    frozen: bool,
    slowness_permille: u32,
    identity: (u16, u16),
    cycle: Cycle,
    conversions: u64,
    pointer: u8,
    configuration: u16,
    shunt: i16,
    bus: u16,
    power: u16,
    current: i16,
    calibration: u16,
    mask_enable: u16,
    alert_limit: u16,
}

impl Default for Ina226 {
    fn default() -> Self {
        Self::new()
    }
}

impl Ina226 {
    /// A chip that has just been switched on, with 0 V at its inputs.
    #[must_use]
    pub fn new() -> Self {
        let mut chip = Self {
            powered: true,
            frozen: false,
            slowness_permille: 0,
            identity: (TEXAS_INSTRUMENTS, DIE_226),
            cycle: Cycle::new(),
            conversions: 0,
            pointer: 0,
            configuration: 0,
            shunt: 0,
            bus: 0,
            power: 0,
            current: 0,
            calibration: 0,
            mask_enable: 0,
            alert_limit: 0,
        };
        chip.power_up();
        chip
    }

    /// Volts between VBUS and GND; the register clips to 0..=40.95875 V.
    ///
    /// # Panics
    ///
    /// When the value is not a finite number; so do the other inputs.
    pub fn set_bus_voltage(&mut self, volts: f64) {
        self.cycle.set_input(BUS, volts);
    }

    /// Volts from IN+ to IN-; the register clips to -81.92..=81.9175 mV.
    pub fn set_shunt_voltage(&mut self, volts: f64) {
        self.cycle.set_input(SHUNT, volts);
    }

    /// Degrees Celsius of the die. Accepted so that both twins can be treated alike; the INA226 does not measure it.
    pub fn set_die_temperature(&mut self, celsius: f64) {
        self.cycle.set_input(DIE, celsius);
    }

    /// Makes the oscillator slow: every cycle takes this many parts in a thousand longer. 100 is the worst chip.
    pub fn set_slowness(&mut self, permille: u32) {
        self.slowness_permille = permille;
    }

    /// Stops the converter while the bus goes on answering with the last results: a fault.
    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Answers of registers FE and FF, for a chip of another maker.
    pub fn set_identity(&mut self, manufacturer: u16, die: u16) {
        self.identity = (manufacturer, die);
    }

    /// Whether the open-drain ALERT output pulls its line low.
    ///
    /// With APOL = 0 that is an alert. With APOL = 1 it is the quiet state, and the line goes high (by its pull-up) on an
    /// alert. Without power it never pulls.
    #[must_use]
    pub fn alert_pin(&self) -> bool {
        self.powered && self.alert_asserted() == (self.mask_enable & ACTIVE_HIGH == 0)
    }

    /// Whether the chip signals an alert (or conversion ready, if that drives the pin), whatever the polarity.
    #[must_use]
    pub fn alert_asserted(&self) -> bool {
        let ready_to_pin = self.mask_enable & CONVERSION_READY_TO_PIN != 0;
        self.mask_enable & ALERT_FLAG != 0
            || (ready_to_pin && self.mask_enable & CONVERSION_READY != 0)
    }

    /// Cycles (averages included) finished since the twin was made.
    #[must_use]
    pub fn conversions(&self) -> u64 {
        self.conversions
    }

    /// Content of a register, without the side effects of a read; `None` where the chip has none.
    #[must_use]
    pub fn register(&self, address: u8) -> Option<u32> {
        let word = match address {
            CONFIGURATION => self.configuration,
            SHUNT_VOLTAGE => self.shunt.cast_unsigned(),
            BUS_VOLTAGE => self.bus,
            POWER => self.power,
            CURRENT => self.current.cast_unsigned(),
            CALIBRATION => self.calibration,
            MASK_ENABLE => self.mask_enable,
            ALERT_LIMIT => self.alert_limit,
            MANUFACTURER_ID => self.identity.0,
            DIE_ID => self.identity.1,
            _ => return None,
        };
        Some(u32::from(word))
    }

    fn power_up(&mut self) {
        self.pointer = CONFIGURATION;
        self.shunt = 0;
        self.bus = 0;
        self.power = 0;
        self.current = 0;
        self.calibration = 0;
        self.mask_enable = 0;
        self.alert_limit = 0;
        self.configuration = CONFIGURATION_AT_POWER_UP;
        self.start_cycle();
    }

    fn shunt_enabled(&self) -> bool {
        self.configuration & 1 != 0
    }

    fn bus_enabled(&self) -> bool {
        self.configuration & 2 != 0
    }

    fn continuous(&self) -> bool {
        self.configuration & 4 != 0
    }

    /// Both power-down codes, 0 and 4, enable neither input.
    fn converts(&self) -> bool {
        self.shunt_enabled() || self.bus_enabled()
    }

    fn start_cycle(&mut self) {
        let code = |shift: u32| usize::from((self.configuration >> shift) & 7);
        let mut microseconds = 0;
        if self.bus_enabled() {
            microseconds += CONVERSION_TIME_US[code(6)];
        }
        if self.shunt_enabled() {
            microseconds += CONVERSION_TIME_US[code(3)];
        }
        let nominal = microseconds * SAMPLES[code(9)];
        // Microseconds times (1000 + permille) are nanoseconds.
        let length = nominal * (1_000 + u64::from(self.slowness_permille));
        self.cycle.start(length, 0);
    }

    fn store(&mut self, word: u16) {
        match self.pointer {
            CONFIGURATION if word & RESET != 0 => self.power_up(),
            CONFIGURATION => {
                self.configuration = (word & CONFIGURATION_BITS) | CONFIGURATION_ONE;
                if self.converts() {
                    self.mask_enable &= !CONVERSION_READY;
                }
                self.start_cycle();
            }
            CALIBRATION => self.calibration = word & CALIBRATION_BITS,
            MASK_ENABLE => {
                self.mask_enable = (self.mask_enable & !MASK_BITS) | (word & MASK_BITS);
            }
            ALERT_LIMIT => self.alert_limit = word,
            _ => {}
        }
    }

    fn finish_cycle(&mut self, means: Inputs) {
        self.conversions += 1;
        if self.shunt_enabled() {
            let lowest = i32::from(i16::MIN);
            let highest = i32::from(i16::MAX);
            self.shunt = counts(means[SHUNT], SHUNT_STEP, lowest, highest) as i16;
        }
        if self.bus_enabled() {
            self.bus = counts(means[BUS], BUS_STEP, 0, i32::from(i16::MAX)) as u16;
        }
        let current = i32::from(self.shunt) * i32::from(self.calibration) / 2_048;
        self.current = current as i16;
        let power = u32::from(self.current.unsigned_abs()) * u32::from(self.bus) / 20_000;
        self.power = power as u16;
        let overflow = i16::try_from(current).is_err() || u16::try_from(power).is_err();
        self.set_flag(OVERFLOW, overflow);
        self.set_flag(CONVERSION_READY, true);
        let alert = self.limit_passed();
        let kept = self.mask_enable & LATCH != 0 && self.mask_enable & ALERT_FLAG != 0;
        self.set_flag(ALERT_FLAG, alert || kept);
    }

    /// One alert function at a time: of several bits the highest counts.
    fn limit_passed(&self) -> bool {
        let chosen = |bit: u16| self.mask_enable & bit != 0;
        let signed_limit = self.alert_limit.cast_signed();
        if chosen(SHUNT_OVER) {
            self.shunt_enabled() && self.shunt > signed_limit
        } else if chosen(SHUNT_UNDER) {
            self.shunt_enabled() && self.shunt < signed_limit
        } else if chosen(BUS_OVER) {
            self.bus_enabled() && self.bus > self.alert_limit
        } else if chosen(BUS_UNDER) {
            self.bus_enabled() && self.bus < self.alert_limit
        } else {
            chosen(POWER_OVER) && self.power > self.alert_limit
        }
    }

    fn set_flag(&mut self, flag: u16, set: bool) {
        if set {
            self.mask_enable |= flag;
        } else {
            self.mask_enable &= !flag;
        }
    }
}

impl Chip for Ina226 {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Nack> {
        if !self.powered {
            return Err(Nack::Address);
        }
        if let Some(&pointer) = bytes.first() {
            self.pointer = pointer;
        }
        if let [_, high, low, ..] = *bytes {
            self.store(u16::from_be_bytes([high, low]));
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Nack> {
        if !self.powered {
            return Err(Nack::Address);
        }
        let word = self.register(self.pointer).unwrap_or(0) as u16;
        buffer.fill(0xFF);
        for (byte, value) in buffer.iter_mut().zip(word.to_be_bytes()) {
            *byte = value;
        }
        if self.pointer == MASK_ENABLE && buffer.len() >= 2 {
            self.set_flag(CONVERSION_READY, false);
            if self.mask_enable & LATCH != 0 {
                self.set_flag(ALERT_FLAG, false);
            }
        }
        Ok(())
    }

    fn tick(&mut self, elapsed: Duration) {
        if !self.powered || self.frozen {
            return;
        }
        let mut left = nanoseconds(elapsed);
        while let Some(means) = self.cycle.advance(&mut left) {
            self.finish_cycle(means);
            if !self.continuous() {
                self.cycle.stop();
            }
            self.conversions += self.cycle.skip(&mut left);
        }
    }

    fn set_powered(&mut self, on: bool) {
        if on && !self.powered {
            self.power_up();
        }
        self.powered = on;
    }

    fn acknowledges(&self) -> bool {
        self.powered
    }
}
