//! Twin of the INA237 and INA238 at register level.
//!
//! Sources: SBOSA20 (INA237), SLYS025 (INA238): register map, steps, conversion times, settings of the board. Known of those
//! data sheets but not compared with their text for this model, so check before relying on it: mode and averaging codes,
//! the power-up values of limits and flags (SOVL 7FFF, SUVL 8000, BOVL 7FFF, BUVL 0000, TEMP_LIMIT 7FF0, PWR_LIMIT FFFF,
//! DIAG_ALRT 0001), SLOWALERT, CONVDLY in steps of 2 ms, PWR_LIMIT in 256 steps of POWER, the clearing of flags. The revision in the
//! device id is 0 and can be changed. The places of the bits in DIAG_ALRT agree with a published driver.
//!
//! Where the documents are silent, the twin chooses, and says so here:
//!
//! - A result is the time-weighted mean of the input over the whole cycle, rounded to the nearest step. The chip takes its
//!   inputs in turn; within a cycle the twin does not keep them apart.
//! - Current = shunt x 4096 / SHUNT_CAL (the only reading that fits the worked numbers of the data sheet), power = magnitude
//!   of current x bus / 64; fractions are dropped. SHUNT_CAL = 0 gives no current. After an overflow the current register
//!   holds the low 16 bits: a controller that ignores MATHOF sees a wrong sign, which is the dangerous reading.
//! - Without SLOWALERT the limits are compared at the end of each single conversion round with the inputs of that moment;
//!   with it, with the averages. In a cycle only the quantities that were converted are compared, strictly.
//! - ALATCH = 1: reading DIAG_ALRT clears the limit flags and CNVRF. ALATCH = 0: reading clears nothing, limit flags follow
//!   the next comparison, CNVRF stays until a triggered conversion is started: it does not say that a result is new.
//! - Changing ADCRANGE takes effect at the end of the running cycle; the results before keep the old scale.
//! - A one-shot falls back to idle and the MODE bits keep their value. RST starts the power-up cycle at once.
//! - A write with one data byte changes nothing but the pointer; data bytes behind the second are acknowledged and dropped.
//!   A read past the end of a register gives FF. Registers that do not exist read 0000. Flags are cleared when both bytes
//!   of DIAG_ALRT have been read.
//!
//! Not modelled: noise, offset and gain error (the rack adds them to the inputs), the SMBus alert response address,
//! high-speed mode, the bus timeout, the 85 V limit of the inputs (the register goes on to 102.4 V), negative bus voltage.

use core::time::Duration;

use crate::chip::{Chip, Nack};
use crate::cycle::{Cycle, Inputs, counts, nanoseconds};

const CONFIG: u8 = 0x00;
const ADC_CONFIG: u8 = 0x01;
const SHUNT_CAL: u8 = 0x02;
const VSHUNT: u8 = 0x04;
const VBUS: u8 = 0x05;
const DIETEMP: u8 = 0x06;
const CURRENT: u8 = 0x07;
const POWER: u8 = 0x08;
const DIAG_ALRT: u8 = 0x0B;
const SOVL: u8 = 0x0C;
const SUVL: u8 = 0x0D;
const BOVL: u8 = 0x0E;
const BUVL: u8 = 0x0F;
const TEMP_LIMIT: u8 = 0x10;
const PWR_LIMIT: u8 = 0x11;
const MANUFACTURER_ID: u8 = 0x3E;
const DEVICE_ID: u8 = 0x3F;

const RESET: u16 = 0x8000;
/// CONVDLY (13..6) and ADCRANGE (4); the others read 0.
const CONFIG_BITS: u16 = 0x3FD0;
const SMALL_RANGE: u16 = 0x0010;
const ADC_CONFIG_AT_POWER_UP: u16 = 0xFB68;
const SHUNT_CAL_AT_POWER_UP: u16 = 0x1000;
const FIFTEEN_BITS: u16 = 0x7FFF;
const TEMPERATURE_BITS: u16 = 0xFFF0;
const CONVDLY_STEP_NS: u64 = 2_000_000;

const LATCH: u16 = 0x8000;
const CONVERSION_READY_TO_PIN: u16 = 0x4000;
const SLOW_ALERT: u16 = 0x2000;
const ACTIVE_HIGH: u16 = 0x1000;
const MATH_OVERFLOW: u16 = 0x0200;
const TEMPERATURE_OVER: u16 = 0x0080;
const SHUNT_OVER: u16 = 0x0040;
const SHUNT_UNDER: u16 = 0x0020;
const BUS_OVER: u16 = 0x0010;
const BUS_UNDER: u16 = 0x0008;
const POWER_OVER: u16 = 0x0004;
const CONVERSION_READY: u16 = 0x0002;
/// 1 while the trim memory of the chip is intact.
const MEMORY_GOOD: u16 = 0x0001;
/// Bits of DIAG_ALRT that a write changes.
const SETTINGS: u16 = LATCH | CONVERSION_READY_TO_PIN | SLOW_ALERT | ACTIVE_HIGH;
const LIMIT_FLAGS: u16 =
    TEMPERATURE_OVER | SHUNT_OVER | SHUNT_UNDER | BUS_OVER | BUS_UNDER | POWER_OVER;

/// Microseconds of one conversion by code, typical values.
const CONVERSION_TIME_US: [u64; 8] = [50, 84, 150, 280, 540, 1_052, 2_074, 4_120];
/// Samples of an average by code.
const SAMPLES: [u64; 8] = [1, 4, 16, 64, 128, 256, 512, 1_024];

/// Volts across the shunt a step, +-163.84 mV and +-40.96 mV full scale.
const SHUNT_STEP: f64 = 5.0e-6;
const SMALL_RANGE_SHUNT_STEP: f64 = 1.25e-6;
/// Volts at the VBUS pin a step.
const BUS_STEP: f64 = 3.125e-3;
/// Degrees Celsius a step; the value sits in bits 15..4.
const TEMPERATURE_STEP: f64 = 0.125;
const TEMPERATURE_HIGHEST: i32 = 2_047;
const TEMPERATURE_SHIFT: u32 = 4;
const ROOM_TEMPERATURE: f64 = 25.0;

const SHUNT: usize = 0;
const BUS: usize = 1;
const DIE: usize = 2;

/// "TI".
const TEXAS_INSTRUMENTS: u16 = 0x5449;

/// Which of the two parts: they differ in precision, and to a program in the device id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model237 {
    /// Device id 237xh.
    Ina237,
    /// Device id 238xh.
    Ina238,
}

/// A simulated INA237 or INA238.
#[derive(Debug, Clone)]
pub struct Ina237 {
    powered: bool,
    frozen: bool,
    memory_good: bool,
    slowness_permille: u32,
    identity: (u16, u16),
    cycle: Cycle,
    /// Nanoseconds of one conversion of each input that is switched on.
    round: u64,
    conversions: u64,
    pointer: u8,
    config: u16,
    adc_config: u16,
    shunt_cal: u16,
    results: Results,
    diag_alrt: u16,
    shunt_over: u16,
    shunt_under: u16,
    bus_over: u16,
    bus_under: u16,
    temperature_limit: u16,
    power_limit: u16,
}

/// The result registers, which are loaded together.
#[derive(Debug, Clone, Copy, Default)]
struct Results {
    shunt: i16,
    bus: u16,
    /// As in the register, shifted by four.
    temperature: i16,
    current: i16,
    power: u32,
}

impl Ina237 {
    /// A chip that has just been switched on, with 0 V at its inputs and a die at 25 degrees Celsius.
    #[must_use]
    pub fn new(model: Model237) -> Self {
        let device = match model {
            Model237::Ina237 => 0x2370,
            Model237::Ina238 => 0x2380,
        };
        let mut chip = Self {
            powered: true,
            frozen: false,
            memory_good: true,
            slowness_permille: 0,
            identity: (TEXAS_INSTRUMENTS, device),
            cycle: Cycle::new(),
            round: 0,
            conversions: 0,
            pointer: 0,
            config: 0,
            adc_config: 0,
            shunt_cal: 0,
            results: Results::default(),
            diag_alrt: 0,
            shunt_over: 0,
            shunt_under: 0,
            bus_over: 0,
            bus_under: 0,
            temperature_limit: 0,
            power_limit: 0,
        };
        chip.cycle.set_input(DIE, ROOM_TEMPERATURE);
        chip.power_up();
        chip
    }

    /// Volts between VBUS and GND; the register clips to 0..=102.396875 V.
    ///
    /// # Panics
    ///
    /// When the value is not a finite number; so do the other inputs.
    pub fn set_bus_voltage(&mut self, volts: f64) {
        self.cycle.set_input(BUS, volts);
    }

    /// Volts from IN+ to IN-; the register clips to +-163.84 mV, with ADCRANGE = 1 to +-40.96 mV.
    pub fn set_shunt_voltage(&mut self, volts: f64) {
        self.cycle.set_input(SHUNT, volts);
    }

    /// Degrees Celsius of the die; the register clips to -256..=255.875.
    pub fn set_die_temperature(&mut self, celsius: f64) {
        self.cycle.set_input(DIE, celsius);
    }

    /// Makes the oscillator slow: every cycle takes this many parts in a thousand longer.
    pub fn set_slowness(&mut self, permille: u32) {
        self.slowness_permille = permille;
    }

    /// Stops the converter while the bus goes on answering with the last results: a fault.
    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Answers of registers 3E and 3F: another revision, or a chip of another maker.
    pub fn set_identity(&mut self, manufacturer: u16, device: u16) {
        self.identity = (manufacturer, device);
    }

    /// Damages the trim memory of the chip, or mends it: MEMSTAT goes to 0. It survives a reset.
    pub fn set_memory_good(&mut self, good: bool) {
        self.memory_good = good;
    }

    /// Whether the open-drain ALERT output pulls its line low.
    ///
    /// With APOL = 0 that is an alert. With APOL = 1 it is the quiet state, and the line goes high (by its pull-up) on an
    /// alert. Without power it never pulls.
    #[must_use]
    pub fn alert_pin(&self) -> bool {
        self.powered && self.alert_asserted() == (self.diag_alrt & ACTIVE_HIGH == 0)
    }

    /// Whether the chip signals an alert (or conversion ready, if that drives the pin), whatever the polarity.
    #[must_use]
    pub fn alert_asserted(&self) -> bool {
        let ready_to_pin = self.diag_alrt & CONVERSION_READY_TO_PIN != 0;
        self.diag_alrt & LIMIT_FLAGS != 0
            || (ready_to_pin && self.diag_alrt & CONVERSION_READY != 0)
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
            CONFIG => self.config,
            ADC_CONFIG => self.adc_config,
            SHUNT_CAL => self.shunt_cal,
            VSHUNT => self.results.shunt.cast_unsigned(),
            VBUS => self.results.bus,
            DIETEMP => self.results.temperature.cast_unsigned(),
            CURRENT => self.results.current.cast_unsigned(),
            POWER => return Some(self.results.power),
            DIAG_ALRT if self.memory_good => self.diag_alrt | MEMORY_GOOD,
            DIAG_ALRT => self.diag_alrt,
            SOVL => self.shunt_over,
            SUVL => self.shunt_under,
            BOVL => self.bus_over,
            BUVL => self.bus_under,
            TEMP_LIMIT => self.temperature_limit,
            PWR_LIMIT => self.power_limit,
            MANUFACTURER_ID => self.identity.0,
            DEVICE_ID => self.identity.1,
            _ => return None,
        };
        Some(u32::from(word))
    }

    fn power_up(&mut self) {
        self.pointer = CONFIG;
        self.config = 0;
        self.shunt_cal = SHUNT_CAL_AT_POWER_UP;
        self.results = Results::default();
        self.diag_alrt = 0;
        self.shunt_over = 0x7FFF;
        self.shunt_under = 0x8000;
        self.bus_over = 0x7FFF;
        self.bus_under = 0;
        self.temperature_limit = 0x7FF0;
        self.power_limit = 0xFFFF;
        self.adc_config = ADC_CONFIG_AT_POWER_UP;
        self.start_cycle();
    }

    fn bus_enabled(&self) -> bool {
        self.adc_config & 0x1000 != 0
    }

    fn shunt_enabled(&self) -> bool {
        self.adc_config & 0x2000 != 0
    }

    fn temperature_enabled(&self) -> bool {
        self.adc_config & 0x4000 != 0
    }

    fn continuous(&self) -> bool {
        self.adc_config & 0x8000 != 0
    }

    fn start_cycle(&mut self) {
        let code = |shift: u32| usize::from((self.adc_config >> shift) & 7);
        let mut microseconds = 0;
        if self.bus_enabled() {
            microseconds += CONVERSION_TIME_US[code(9)];
        }
        if self.shunt_enabled() {
            microseconds += CONVERSION_TIME_US[code(6)];
        }
        if self.temperature_enabled() {
            microseconds += CONVERSION_TIME_US[code(3)];
        }
        // Microseconds times (1000 + permille) are nanoseconds.
        self.round = microseconds * (1_000 + u64::from(self.slowness_permille));
        let delay = u64::from((self.config >> 6) & 0xFF) * CONVDLY_STEP_NS;
        self.cycle.start(self.round * SAMPLES[code(0)], delay);
    }

    fn store(&mut self, word: u16) {
        match self.pointer {
            CONFIG if word & RESET != 0 => self.power_up(),
            CONFIG => self.config = word & CONFIG_BITS,
            ADC_CONFIG => {
                self.adc_config = word;
                let triggered = !self.continuous();
                self.start_cycle();
                if triggered && self.cycle.runs() {
                    self.set_flags(CONVERSION_READY, false);
                }
            }
            SHUNT_CAL => self.shunt_cal = word & FIFTEEN_BITS,
            DIAG_ALRT => self.diag_alrt = (self.diag_alrt & !SETTINGS) | (word & SETTINGS),
            SOVL => self.shunt_over = word,
            SUVL => self.shunt_under = word,
            BOVL => self.bus_over = word & FIFTEEN_BITS,
            BUVL => self.bus_under = word & FIFTEEN_BITS,
            TEMP_LIMIT => self.temperature_limit = word & TEMPERATURE_BITS,
            PWR_LIMIT => self.power_limit = word,
            _ => {}
        }
    }

    /// What the result registers would hold for these inputs, and whether the arithmetic overflowed.
    fn results_for(&self, inputs: Inputs) -> (Results, bool) {
        let mut results = self.results;
        let highest = i32::from(i16::MAX);
        if self.shunt_enabled() {
            let step = if self.config & SMALL_RANGE != 0 {
                SMALL_RANGE_SHUNT_STEP
            } else {
                SHUNT_STEP
            };
            results.shunt = counts(inputs[SHUNT], step, i32::from(i16::MIN), highest) as i16;
        }
        if self.bus_enabled() {
            results.bus = counts(inputs[BUS], BUS_STEP, 0, highest) as u16;
        }
        if self.temperature_enabled() {
            let lowest = -TEMPERATURE_HIGHEST - 1;
            let value = counts(inputs[DIE], TEMPERATURE_STEP, lowest, TEMPERATURE_HIGHEST);
            results.temperature = (value << TEMPERATURE_SHIFT) as i16;
        }
        let current = (i32::from(results.shunt) * 4_096)
            .checked_div(i32::from(self.shunt_cal))
            .unwrap_or(0);
        results.current = current as i16;
        results.power = u32::from(results.current.unsigned_abs()) * u32::from(results.bus) / 64;
        (results, i16::try_from(current).is_err())
    }

    fn finish_cycle(&mut self, means: Inputs) {
        self.conversions += 1;
        let (results, overflow) = self.results_for(means);
        self.results = results;
        self.set_flags(MATH_OVERFLOW, overflow);
        self.set_flags(CONVERSION_READY, true);
        if self.diag_alrt & SLOW_ALERT != 0 {
            self.compare(results);
        }
    }

    /// All limits at once. A latched flag stays, a transparent one follows.
    fn compare(&mut self, results: Results) {
        let signed = u16::cast_signed;
        let bus = self.bus_enabled();
        let shunt = self.shunt_enabled();
        let die = self.temperature_enabled();
        let latched = self.diag_alrt & LATCH != 0;
        let mut judge = |enabled: bool, flag: u16, passed: bool| {
            if enabled && passed {
                self.diag_alrt |= flag;
            } else if enabled && !latched {
                self.diag_alrt &= !flag;
            }
        };
        judge(shunt, SHUNT_OVER, results.shunt > signed(self.shunt_over));
        judge(shunt, SHUNT_UNDER, results.shunt < signed(self.shunt_under));
        judge(bus, BUS_OVER, results.bus > self.bus_over);
        judge(bus, BUS_UNDER, results.bus < self.bus_under);
        let hot = results.temperature > signed(self.temperature_limit);
        judge(die, TEMPERATURE_OVER, hot);
        let strong = results.power > u32::from(self.power_limit) << 8;
        judge(bus || shunt, POWER_OVER, strong);
    }

    fn set_flags(&mut self, flags: u16, set: bool) {
        if set {
            self.diag_alrt |= flags;
        } else {
            self.diag_alrt &= !flags;
        }
    }
}

impl Chip for Ina237 {
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
        let value = self.register(self.pointer).unwrap_or(0).to_be_bytes();
        let wire = if self.pointer == POWER {
            &value[1..]
        } else {
            &value[2..]
        };
        buffer.fill(0xFF);
        for (byte, value) in buffer.iter_mut().zip(wire) {
            *byte = *value;
        }
        let latched = self.diag_alrt & LATCH != 0;
        if self.pointer == DIAG_ALRT && buffer.len() >= 2 && latched {
            self.set_flags(LIMIT_FLAGS | CONVERSION_READY, false);
        }
        Ok(())
    }

    fn tick(&mut self, elapsed: Duration) {
        if !self.powered || self.frozen || !self.cycle.runs() {
            return;
        }
        let rounds_before = self.cycle.elapsed() / self.round;
        let mut left = nanoseconds(elapsed);
        let mut finished = false;
        while let Some(means) = self.cycle.advance(&mut left) {
            finished = true;
            self.finish_cycle(means);
            if !self.continuous() {
                self.cycle.stop();
            }
            self.conversions += self.cycle.skip(&mut left);
        }
        let round_ended = finished || self.cycle.elapsed() / self.round > rounds_before;
        if round_ended && self.diag_alrt & SLOW_ALERT == 0 {
            let (results, _) = self.results_for(self.cycle.inputs());
            self.compare(results);
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
