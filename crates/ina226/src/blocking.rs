// Derived from asynch.rs by `cargo xtask twins`: change that file, never this one.
//! The client: bus transfers, and calls into what is pure. The blocking and the async one are the same text.

use battery_units::MilliCelsius;
use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{Error as _, I2c};

use crate::address::is_nobody;
use crate::registers::{Readable, Writable, ina228, ina237};
use crate::settings::Entry;
use crate::setup::accepts;
use crate::{
    ALERT_RESPONSE, Address, AlertPin, Calibration, ConfigError, Current, Error, Flags, Identity,
    IdentityPolicy, Inputs, Limits, Mode, Part, Power, Reading, Settings, Setup, ShuntVoltage,
    Voltage, alert_source,
};

/// A chip of the family on a bus.
///
/// The part is told by the settings, so one type serves a rack with different chips.
#[derive(Debug)]
pub struct Ina2xx<I2C> {
    link: Link<I2C>,
    /// Unknown until `init`, and after anything that may have left the chip half set.
    setup: Option<Setup>,
}

/// Bus and address, apart from what is known of the chip.
#[derive(Debug)]
struct Link<I2C> {
    i2c: I2C,
    address: Address,
}

impl<I2C: I2c> Link<I2C> {
    fn read_bytes(&mut self, register: u8, bytes: &mut [u8]) -> Result<(), Error<I2C::Error>> {
        self.i2c
            .write_read(self.address.get(), &[register], bytes)
            .map_err(Error::Bus)
    }

    fn read_word(&mut self, register: u8) -> Result<u16, Error<I2C::Error>> {
        let mut bytes = [0; 2];
        self.read_bytes(register, &mut bytes)?;
        Ok(u16::from_be_bytes(bytes))
    }

    fn write_word(&mut self, register: u8, word: u16) -> Result<(), Error<I2C::Error>> {
        let [high, low] = word.to_be_bytes();
        self.i2c
            .write(self.address.get(), &[register, high, low])
            .map_err(Error::Bus)
    }

    fn read<R: Readable>(&mut self) -> Result<R, Error<I2C::Error>> {
        let mut bytes = R::Bytes::default();
        self.read_bytes(R::ADDRESS, bytes.as_mut())?;
        Ok(R::decode(bytes))
    }

    /// A signed result register of this part, 16 bits or 20 in 24.
    #[inline(always)]
    fn read_counts(&mut self, setup: &Setup, register: u8) -> Result<i32, Error<I2C::Error>> {
        if setup.is_wide() {
            let mut bytes = [0; 3];
            self.read_bytes(register, &mut bytes)?;
            Ok(ina228::upper_twenty(bytes))
        } else {
            let word = self.read_word(register)?;
            Ok(i32::from(word.cast_signed()))
        }
    }

    fn check(&mut self, entries: &[Entry]) -> Result<(), Error<I2C::Error>> {
        for entry in entries {
            let found = self.read_word(entry.register)?;
            entry.check(found)?;
        }
        Ok(())
    }

    fn guarded_flags(&mut self, setup: &Setup) -> Result<u16, Error<I2C::Error>> {
        if let Some(guard) = setup.mode_guard() {
            let found = self.read_word(guard.register)?;
            guard.check(found)?;
        }
        self.read_word(setup.flags_register())
    }
}

#[inline(always)]
fn known<E>(setup: &Option<Setup>) -> Result<&Setup, Error<E>> {
    setup.as_ref().ok_or(Error::NotInitialised)
}

fn known_ina228<E>(setup: &Option<Setup>) -> Result<(), Error<E>> {
    if known(setup)?.is_wide() {
        Ok(())
    } else {
        Err(Error::Config(ConfigError::NotOnPart))
    }
}

impl<I2C: I2c> Ina2xx<I2C> {
    /// A client for the chip at `address`; nothing is sent.
    #[inline(always)]
    pub const fn new(i2c: I2C, address: Address) -> Self {
        Self {
            link: Link { i2c, address },
            setup: None,
        }
    }

    /// A client for a chip that was initialised through another client; nothing is sent.
    pub const fn resume(i2c: I2C, address: Address, setup: Setup) -> Self {
        Self {
            link: Link { i2c, address },
            setup: Some(setup),
        }
    }

    /// Gives the bus back.
    pub fn release(self) -> I2C {
        self.link.i2c
    }

    /// What is known to be in the chip: what [`Ina2xx::resume`] takes. `None` before `init`, and after a write that
    /// failed or was abandoned.
    pub const fn setup(&self) -> Option<Setup> {
        self.setup
    }

    /// Reads any register that can be read.
    pub fn read<R: Readable>(&mut self) -> Result<R, Error<I2C::Error>> {
        self.link.read()
    }

    /// Writes any register that can be written.
    ///
    /// The client then no longer knows what is in the chip, so readings are refused until `init`.
    pub fn write<W: Writable>(&mut self, register: W) -> Result<(), Error<I2C::Error>> {
        self.setup = None;
        self.link
            .write_word(W::ADDRESS, u16::from_be_bytes(register.encode()))
    }

    /// The identity words of the chip, read where `part` has them; a word it does not have is given as 0.
    pub fn identity(&mut self, part: Part) -> Result<Identity, Error<I2C::Error>> {
        let (manufacturer, device) = part.identity_registers();
        Ok(Identity {
            manufacturer: match manufacturer {
                Some(register) => self.link.read_word(register)?,
                None => 0,
            },
            device: match device {
                Some(register) => self.link.read_word(register)?,
                None => 0,
            },
        })
    }

    /// Which part answers at this address; `None` when something answers that is none of them, or cannot tell.
    ///
    /// For scanning. It only reads, but a chip of another kind may take even that amiss: use it on boards one knows.
    pub fn probe(&mut self) -> Result<Option<Part>, Error<I2C::Error>> {
        for layout in [Part::Ina237, Part::Ina226] {
            let identity = self.identity(layout)?;
            if let Some(part) = Part::from_identity(identity) {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    /// Checks the identity, writes all settings, and reads back what was written.
    ///
    /// Ends in a known state without a reset of the chip: every register that has a meaning is written. Refused
    /// settings cause no bus traffic. Readings are measurements from the first one with
    /// [`Flags::CONVERSION_READY`] on.
    pub fn init(&mut self, settings: &Settings) -> Result<Setup, Error<I2C::Error>> {
        let program = settings.program().map_err(Error::Config)?;
        self.setup = None;
        self.check_identity(settings.part, settings.identity)?;
        for entry in program.entries.as_slice() {
            self.link.write_word(entry.register, entry.word)?;
        }
        self.link.check(program.entries.as_slice())?;
        self.setup = Some(program.setup);
        Ok(program.setup)
    }

    /// The shortest start: writes calibration and alert latch and takes the rest of the chip as it is after power-on.
    ///
    /// No identity check and no read-back: for a board where one knows the chip, and where each byte of program counts.
    /// Readings see a chip reset as after [`Ina2xx::init`].
    #[inline(always)]
    pub fn calibrate(&mut self, calibration: Calibration) -> Result<Setup, Error<I2C::Error>> {
        let setup = Setup::after_power_on(calibration);
        self.setup = None;
        self.link
            .write_word(setup.calibration_register(), calibration.register_value())?;
        self.link
            .write_word(setup.flags_register(), setup.flags_word())?;
        self.setup = Some(setup);
        Ok(setup)
    }

    fn check_identity(
        &mut self,
        part: Part,
        policy: IdentityPolicy,
    ) -> Result<(), Error<I2C::Error>> {
        if policy == IdentityPolicy::Skip {
            return Ok(());
        }
        let found = self.identity(part)?;
        if accepts(policy, part, found) {
            Ok(())
        } else {
            Err(Error::WrongDevice { found })
        }
    }

    /// Reads all settings back and compares them with `settings`, the first that differs is the error.
    ///
    /// Reads the flag register too, and so takes its flags away.
    pub fn verify(&mut self, settings: &Settings) -> Result<(), Error<I2C::Error>> {
        let program = settings.program().map_err(Error::Config)?;
        self.link.check(program.entries.as_slice())
    }

    /// Puts every register of the chip to its power-on value. Other drivers wait 1 ms afterwards; call `init` then.
    pub fn reset(&mut self, part: Part) -> Result<(), Error<I2C::Error>> {
        self.setup = None;
        self.link.write_word(0x00, part.reset_word())
    }

    /// Voltage and current in two transfers.
    ///
    /// The flags of the chip are not read: whether the values are new, and whether the chip was reset since `init`,
    /// shows only in [`Ina2xx::reading`].
    #[inline(always)]
    pub fn voltage_and_current(&mut self) -> Result<Reading, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let bus = self.link.read_counts(setup, setup.bus_register())?;
        let shunt = self.link.read_counts(setup, setup.reading_register())?;
        setup.pair(bus, shunt)
    }

    /// Voltage, current and all flags, in three transfers; four when the alert is not latched.
    ///
    /// The flags come last: `Ok` means that the chip had not been reset when the values were read. Reading the flags
    /// takes conversion-ready and a latched alert away, so they are in this reading and in no other.
    pub fn reading(&mut self) -> Result<Reading, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let bus = self.link.read_counts(setup, setup.bus_register())?;
        let shunt = self.link.read_counts(setup, setup.reading_register())?;
        let flags = self.link.guarded_flags(setup)?;
        setup.reading(bus, shunt, flags)
    }

    /// The flags alone; they are taken away from the next reading.
    pub fn flags(&mut self) -> Result<Flags, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let word = self.link.guarded_flags(setup)?;
        setup.flags(word)
    }

    /// Voltage at the VBUS pin alone; the end of the range is an error.
    pub fn bus_voltage(&mut self) -> Result<Voltage, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let counts = self.link.read_counts(setup, setup.bus_register())?;
        setup.single_voltage(counts)
    }

    /// Voltage between IN+ and IN- alone, in the direction of the pins; an end of the range is an error.
    pub fn shunt_voltage(&mut self) -> Result<ShuntVoltage, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let counts = self.link.read_counts(setup, setup.shunt_register())?;
        setup.single_shunt_voltage(counts)
    }

    /// The chip's own Current register, positive when charging, with the step of the calibration.
    ///
    /// An end of the range is an error. It reads zero, or in a wrong scale, after a chip reset; [`Ina2xx::reading`] does not use it.
    pub fn current(&mut self) -> Result<Current, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let counts = self.link.read_counts(setup, setup.current_register())?;
        setup.single_current(counts)
    }

    /// The chip's own Power register; it has no sign.
    pub fn power(&mut self) -> Result<Power, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        if setup.is_ina237_family() {
            Ok(setup.power(self.link.read::<ina237::Power>()?.counts()))
        } else {
            let word = self.link.read_word(setup.power_register())?;
            Ok(setup.power(u32::from(word)))
        }
    }

    /// Temperature of the die, INA237 family only.
    pub fn die_temperature(&mut self) -> Result<MilliCelsius, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        if setup.is_wide() {
            let register = self.link.read::<ina228::DieTemperature>()?;
            Ok(register.to_millicelsius())
        } else if setup.is_ina237_family() {
            let register = self.link.read::<ina237::DieTemperature>()?;
            Ok(register.to_millicelsius())
        } else {
            Err(Error::Config(ConfigError::NotOnPart))
        }
    }

    /// Energy counted since the last clearing, INA228 only; [`ina228::Energy::to_millijoules`] takes the register step
    /// of the calibration.
    pub fn energy(&mut self) -> Result<ina228::Energy, Error<I2C::Error>> {
        known_ina228(&self.setup)?;
        self.link.read()
    }

    /// Charge counted since the last clearing, INA228 only, in the direction of the pins.
    pub fn charge(&mut self) -> Result<ina228::Charge, Error<I2C::Error>> {
        known_ina228(&self.setup)?;
        self.link.read()
    }

    /// Sets energy and charge to zero, INA228 only.
    pub fn clear_accumulators(&mut self) -> Result<(), Error<I2C::Error>> {
        known_ina228(&self.setup)?;
        let config = self.link.read::<ina237::Config>()?;
        let word = config.with_cleared_accumulators().bits();
        self.link.write_word(0x00, word)
    }

    /// Changes limits and pin: the limits first, then what is watched. Not read back; see [`Ina2xx::verify`].
    pub fn set_alert(
        &mut self,
        limits: &Limits,
        pin: AlertPin,
    ) -> Result<Setup, Error<I2C::Error>> {
        let setup = known(&self.setup)?;
        let (entries, next) = setup.with_alert(limits, pin).map_err(Error::Config)?;
        self.setup = None;
        for entry in entries.as_slice() {
            self.link.write_word(entry.register, entry.word)?;
        }
        self.setup = Some(next);
        Ok(next)
    }

    /// Changes the mode; a cycle starts with this write. [`Mode::Once`] again starts another one.
    pub fn set_mode(&mut self, mode: Mode) -> Result<Setup, Error<I2C::Error>> {
        let next = known(&self.setup)?.with_mode(mode).map_err(Error::Config)?;
        self.setup = None;
        self.link.write_word(next.mode_register(), next.mode_word)?;
        self.setup = Some(next);
        Ok(next)
    }

    /// Measures voltage and current once, waits for the end and reads them; the chip is idle afterwards.
    ///
    /// Waits the cycle time and 10 %, and then at most four times an eighth of it, and gives up with
    /// [`Error::NotReady`].
    pub fn measure_once_and_wait<D: DelayNs>(
        &mut self,
        delay: &mut D,
    ) -> Result<Reading, Error<I2C::Error>> {
        let setup = self.set_mode(Mode::Once(Inputs::BOTH))?;
        let (first, more) = setup.waits_microseconds();
        delay.delay_us(first);
        let mut word = self.link.guarded_flags(&setup)?;
        for _ in 0..4 {
            if setup.flags(word)?.conversion_ready() {
                break;
            }
            delay.delay_us(more);
            word = self.link.guarded_flags(&setup)?;
        }
        if !setup.flags(word)?.conversion_ready() {
            return Err(Error::NotReady { found: word });
        }
        let bus = self.link.read_counts(&setup, setup.bus_register())?;
        let shunt = self.link.read_counts(&setup, setup.reading_register())?;
        setup.reading(bus, shunt, word)
    }

    /// Asks on the bus who pulls the alert line (SMBus alert response); `None` when nobody answers, or nobody of ours.
    pub fn alert_response(&mut self) -> Result<Option<Address>, Error<I2C::Error>> {
        let mut answer = [0];
        match self.link.i2c.read(ALERT_RESPONSE, &mut answer) {
            Ok(()) => Ok(alert_source(u8::from_be_bytes(answer))),
            Err(error) if is_nobody(error.kind()) => Ok(None),
            Err(error) => Err(Error::Bus(error)),
        }
    }
}
