//! What the client must remember of a chip, and how a reading is made of its words.

use crate::registers::ina226::{Configuration, MaskEnable};
use crate::registers::ina237::{AdcConfig, DiagAlert};
use crate::settings::{AlertProgram, Entries};
use crate::{
    AlertPin, Calibration, ConfigError, Current, Error, Family, Flags, Identity, IdentityPolicy,
    Limits, Mode, Part, Power, Reading, ShuntVoltage, Voltage, Wiring,
};

/// What `init` left in a chip: small, `Copy`, and enough to go on with that chip through another client.
///
/// A controller that borrows its bus for each chip keeps one of these a chip and makes a client with `resume` each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Setup {
    calibration: Calibration,
    /// Flag register as written.
    flags_word: u16,
    /// Register that holds the mode, as written.
    pub(crate) mode_word: u16,
    /// The chip corrects the current for the temperature of the shunt.
    pub(crate) is_compensated: bool,
}

/// Word of a register that must still be there, or the chip was reset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    pub(crate) register: u8,
    expected: u16,
    checked: u16,
}

impl Guard {
    pub(crate) fn check<E>(self, found: u16) -> Result<(), Error<E>> {
        if found & self.checked == self.expected & self.checked {
            Ok(())
        } else {
            Err(Error::ChipReset {
                register: self.register,
                expected: self.expected & self.checked,
                found: found & self.checked,
            })
        }
    }
}

impl Setup {
    pub(crate) const fn new(calibration: Calibration, flags_word: u16) -> Self {
        Self {
            calibration,
            flags_word,
            mode_word: 0,
            is_compensated: false,
        }
    }

    /// A chip in its power-on configuration with this calibration and the latch.
    #[inline(always)]
    pub(crate) const fn after_power_on(calibration: Calibration) -> Self {
        let (flags_word, mode_word) = match calibration.part().family() {
            Family::Ina226 => (MaskEnable::LATCH.bits(), Configuration::POWER_ON.bits()),
            Family::Ina237 => (
                DiagAlert::LATCH.union(DiagAlert::MEMORY_GOOD).bits(),
                AdcConfig::POWER_ON.bits(),
            ),
        };
        Self {
            calibration,
            flags_word,
            mode_word,
            is_compensated: false,
        }
    }

    #[inline(always)]
    pub(crate) const fn flags_word(&self) -> u16 {
        self.flags_word
    }

    /// The calibration in use.
    #[must_use]
    pub const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The part in use.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.calibration.part()
    }

    /// The mode in use.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.part().family() {
            Family::Ina226 => Configuration::from_bits_retain(self.mode_word).mode(),
            Family::Ina237 => AdcConfig::from_bits_retain(self.mode_word).mode(),
        }
    }

    /// Typical time of one cycle in microseconds; allow 10 % more. Zero in power-down.
    #[must_use]
    pub fn cycle_microseconds(&self) -> u32 {
        match self.part().family() {
            Family::Ina226 => Configuration::from_bits_retain(self.mode_word).cycle_microseconds(),
            Family::Ina237 => AdcConfig::from_bits_retain(self.mode_word).cycle_microseconds(),
        }
    }

    /// The same with another mode.
    pub(crate) fn with_mode(self, mode: Mode) -> Result<Self, ConfigError> {
        let mode_word = match self.part().family() {
            Family::Ina226 => Configuration::from_bits_retain(self.mode_word)
                .with_mode(mode)?
                .bits(),
            Family::Ina237 => AdcConfig::from_bits_retain(self.mode_word)
                .with_mode(mode)?
                .bits(),
        };
        let next = Self { mode_word, ..self };
        if next.is_reset_hidden() {
            return Err(ConfigError::ResetNotVisible);
        }
        Ok(next)
    }

    /// What to write for other alert settings, and the state it leads to.
    pub(crate) fn with_alert(
        self,
        limits: &Limits,
        pin: AlertPin,
    ) -> Result<(Entries, Self), ConfigError> {
        let alert = AlertProgram::new(limits, pin, &self.calibration)?;
        let next = Self {
            flags_word: alert.flags_word,
            ..self
        };
        if next.is_reset_hidden() {
            return Err(ConfigError::ResetNotVisible);
        }
        Ok((alert.program, next))
    }

    /// How long to wait for a single measurement, first and then again: the cycle and 10 %, then an eighth.
    pub(crate) fn waits_microseconds(&self) -> (u32, u32) {
        let cycle = self.cycle_microseconds();
        (cycle.saturating_add(cycle.div_ceil(10)), cycle.div_ceil(8))
    }

    #[inline(always)]
    const fn in_family<T: Copy>(&self, ina226: T, ina237: T) -> T {
        match self.part().family() {
            Family::Ina226 => ina226,
            Family::Ina237 => ina237,
        }
    }

    pub(crate) const fn mode_register(&self) -> u8 {
        self.in_family(0x00, 0x01)
    }

    #[inline(always)]
    pub(crate) const fn bus_register(&self) -> u8 {
        self.in_family(0x02, 0x05)
    }

    #[inline(always)]
    pub(crate) const fn shunt_register(&self) -> u8 {
        self.in_family(0x01, 0x04)
    }

    pub(crate) const fn current_register(&self) -> u8 {
        self.in_family(0x04, 0x07)
    }

    #[inline(always)]
    pub(crate) const fn calibration_register(&self) -> u8 {
        self.in_family(0x05, 0x02)
    }

    pub(crate) const fn power_register(&self) -> u8 {
        self.in_family(0x03, 0x08)
    }

    #[inline(always)]
    pub(crate) const fn flags_register(&self) -> u8 {
        self.in_family(0x06, 0x0B)
    }

    /// Where readings take the current from.
    #[inline(always)]
    pub(crate) const fn reading_register(&self) -> u8 {
        if self.is_compensated {
            self.current_register()
        } else {
            self.shunt_register()
        }
    }

    /// Whether result registers have 24 bits.
    #[inline(always)]
    pub(crate) const fn is_wide(&self) -> bool {
        self.part().constants().is_wide
    }

    /// Whether the Power register has 24 bits and there is a die temperature.
    pub(crate) const fn is_ina237_family(&self) -> bool {
        self.in_family(false, true)
    }

    const fn settings_of_flags(&self) -> u16 {
        self.in_family(MaskEnable::SETTINGS.bits(), DiagAlert::SETTINGS.bits())
    }

    const fn is_latched(&self) -> bool {
        let latch = self.in_family(MaskEnable::LATCH.bits(), DiagAlert::LATCH.bits());
        self.flags_word & latch != 0
    }

    /// The flag register still holds its settings. With the latch on, none of its power-on values does.
    pub(crate) const fn flags_guard(&self) -> Guard {
        Guard {
            register: self.flags_register(),
            expected: self.flags_word,
            checked: self.settings_of_flags(),
        }
    }

    /// What else has to be looked at when the alert is not latched.
    pub(crate) const fn mode_guard(&self) -> Option<Guard> {
        if self.is_latched() {
            return None;
        }
        Some(Guard {
            register: self.mode_register(),
            expected: self.mode_word,
            checked: self.in_family(Configuration::CHECKED, 0xFFFF),
        })
    }

    /// Whether the guards would hold on a chip that was reset.
    pub(crate) fn is_reset_hidden(&self) -> bool {
        let power_on = self.in_family(Configuration::POWER_ON.bits(), AdcConfig::POWER_ON.bits());
        self.mode_guard()
            .is_some_and(|guard| guard.check::<()>(power_on).is_ok())
    }

    /// Counts as they are without the bits that the part leaves empty.
    #[inline(always)]
    fn counts(&self, raw: i32) -> i32 {
        raw & !i32::from(self.part().constants().empty_bits)
    }

    /// A voltage, and whether it stands at its end.
    #[inline(always)]
    pub(crate) fn voltage<E>(&self, raw: i32) -> Result<(Voltage, Flags), Error<E>> {
        let counts = self.counts(raw);
        let unsigned = u32::try_from(counts).map_err(|_| Error::Implausible {
            register: self.bus_register(),
            found: raw,
        })?;
        let mut flags = Flags::empty();
        flags.set(
            Flags::VOLTAGE_SATURATED,
            counts >= self.part().largest_count(),
        );
        Ok((Voltage::new(self.part(), unsigned), flags))
    }

    /// Whether the counts of a signed register stand at one of its ends.
    #[inline(always)]
    fn current_flags(&self, counts: i32) -> Flags {
        let part = self.part();
        let mut flags = Flags::empty();
        flags.set(
            Flags::CURRENT_SATURATED,
            counts >= part.largest_count() || counts <= part.smallest_count(),
        );
        flags
    }

    /// Makes a reading of voltage and current.
    #[inline(always)]
    pub(crate) fn pair<E>(&self, bus: i32, shunt: i32) -> Result<Reading, Error<E>> {
        let reading = self.assemble(bus, shunt, Flags::empty())?;
        self.judge(reading)
    }

    /// Makes a reading of voltage, current and flags.
    pub(crate) fn reading<E>(&self, bus: i32, shunt: i32, flags: u16) -> Result<Reading, Error<E>> {
        let flags = self.flags(flags)?;
        let reading = self.assemble(bus, shunt, flags)?;
        self.judge(reading)
    }

    #[inline(always)]
    fn assemble<E>(&self, bus: i32, shunt: i32, flags: Flags) -> Result<Reading, Error<E>> {
        let (voltage, voltage_flags) = self.voltage(bus)?;
        let counts = self.counts(shunt);
        let current = if self.is_compensated {
            self.current(shunt)
        } else {
            self.calibration.current_of_register(counts)
        };
        Ok(Reading {
            voltage,
            current,
            flags: flags | voltage_flags | self.current_flags(counts),
        })
    }

    #[inline(always)]
    fn judge<E>(&self, reading: Reading) -> Result<Reading, Error<E>> {
        if reading.flags.contains(Flags::TRIM_DAMAGED) {
            Err(Error::TrimDamaged { reading })
        } else if reading.flags.intersects(Flags::OVER_RANGE) {
            Err(Error::OverRange(reading))
        } else {
            Ok(reading)
        }
    }

    /// What the flag register says; an error when its settings are not those that were written.
    pub(crate) fn flags<E>(&self, word: u16) -> Result<Flags, Error<E>> {
        self.flags_guard().check(word)?;
        Ok(match self.part().family() {
            Family::Ina226 => self.flags_226(MaskEnable::from_bits_retain(word)),
            Family::Ina237 => self.flags_237(DiagAlert::from_bits_retain(word)),
        })
    }

    fn flags_226(&self, word: MaskEnable) -> Flags {
        let mut flags = Flags::empty();
        flags.set(
            Flags::CONVERSION_READY,
            word.contains(MaskEnable::CONVERSION_READY),
        );
        flags.set(Flags::OVERFLOW, word.contains(MaskEnable::OVERFLOW));
        // The bit exists where the narrow range exists; elsewhere it is reserved.
        let has_memory_error = self.part().constants().has_narrow;
        flags.set(
            Flags::TRIM_DAMAGED,
            has_memory_error && word.contains(MaskEnable::MEMORY_ERROR),
        );
        if word.contains(MaskEnable::ALERT) {
            flags |= Flags::ALERT;
            let (over, under) = self.shunt_flags();
            for (function, flag) in [
                (MaskEnable::SHUNT_OVER, over),
                (MaskEnable::SHUNT_UNDER, under),
                (MaskEnable::BUS_OVER, Flags::OVER_VOLTAGE),
                (MaskEnable::BUS_UNDER, Flags::UNDER_VOLTAGE),
                (MaskEnable::POWER_OVER, Flags::OVER_POWER),
            ] {
                if word.contains(function) {
                    return flags | flag;
                }
            }
        }
        flags
    }

    fn flags_237(&self, word: DiagAlert) -> Flags {
        let mut flags = Flags::empty();
        let (over, under) = self.shunt_flags();
        for (bit, flag) in [
            (DiagAlert::CONVERSION_READY, Flags::CONVERSION_READY),
            (DiagAlert::MATH_OVERFLOW, Flags::OVERFLOW),
            (DiagAlert::LIMITS, Flags::ALERT),
            (DiagAlert::OVER_TEMPERATURE, Flags::OVER_TEMPERATURE),
            (DiagAlert::SHUNT_OVER, over),
            (DiagAlert::SHUNT_UNDER, under),
            (DiagAlert::BUS_OVER, Flags::OVER_VOLTAGE),
            (DiagAlert::BUS_UNDER, Flags::UNDER_VOLTAGE),
            (DiagAlert::POWER_OVER, Flags::OVER_POWER),
        ] {
            flags.set(flag, word.intersects(bit));
        }
        if self.part() == Part::Ina228 {
            flags.set(
                Flags::ENERGY_OVERFLOW,
                word.contains(DiagAlert::ENERGY_OVERFLOW),
            );
            flags.set(
                Flags::CHARGE_OVERFLOW,
                word.contains(DiagAlert::CHARGE_OVERFLOW),
            );
        }
        flags.set(Flags::TRIM_DAMAGED, !word.contains(DiagAlert::MEMORY_GOOD));
        flags
    }

    /// Which flag a shunt voltage above and one below its limit stand for.
    const fn shunt_flags(&self) -> (Flags, Flags) {
        match self.calibration.wiring() {
            Wiring::Direct => (Flags::CURRENT_ABOVE, Flags::CURRENT_BELOW),
            Wiring::Reversed => (Flags::CURRENT_BELOW, Flags::CURRENT_ABOVE),
        }
    }

    /// Counts of a signed register read for itself; an error at one of its ends.
    fn inside<E>(&self, register: u8, raw: i32) -> Result<i32, Error<E>> {
        let found = self.counts(raw);
        if self.current_flags(found).is_empty() {
            Ok(found)
        } else {
            Err(Error::RangeEnd { register, found })
        }
    }

    /// The bus voltage read for itself.
    pub(crate) fn single_voltage<E>(&self, raw: i32) -> Result<Voltage, Error<E>> {
        let (voltage, flags) = self.voltage(raw)?;
        if flags.is_empty() {
            Ok(voltage)
        } else {
            Err(Error::RangeEnd {
                register: self.bus_register(),
                found: self.counts(raw),
            })
        }
    }

    /// The chip's own Current register, read for itself.
    pub(crate) fn single_current<E>(&self, raw: i32) -> Result<Current, Error<E>> {
        self.inside(self.current_register(), raw)?;
        Ok(self.current(raw))
    }

    /// The shunt voltage read for itself.
    pub(crate) fn single_shunt_voltage<E>(&self, raw: i32) -> Result<ShuntVoltage, Error<E>> {
        let counts = self.inside(self.shunt_register(), raw)?;
        Ok(ShuntVoltage::new(
            self.part(),
            self.calibration.range(),
            counts,
        ))
    }

    /// The chip's own Current register.
    fn current(&self, raw: i32) -> Current {
        let counts = self.calibration.directed(self.counts(raw));
        Current::new(counts, self.calibration.register_step())
    }

    /// The chip's own Power register.
    pub(crate) fn power(&self, raw: u32) -> Power {
        Power::new(self.part(), raw, self.calibration.register_step())
    }
}

/// Whether the words that were read are acceptable for the part.
pub(crate) fn accepts(policy: IdentityPolicy, part: Part, found: Identity) -> bool {
    let constants = part.constants();
    match policy {
        IdentityPolicy::Skip => true,
        IdentityPolicy::Accept(wanted) => found == wanted,
        IdentityPolicy::Exact => {
            let manufacturer = constants.manufacturer_register.is_none()
                || found.manufacturer == Identity::TEXAS_INSTRUMENTS;
            let device = constants.device_register.is_none() || found.model() == constants.model;
            manufacturer && device
        }
    }
}
