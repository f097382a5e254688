//! From wanted values to writes, in an order in which every step in between is allowed too.

use super::image::{COUNT, DeviceLimits, Settings};
use super::pins::PRECHARGE_AS_PRINTED;
use super::{BroadcastProtocol, Changes, PrechargePin, Setting, SettingError};
use crate::error::{BuildError, Mismatch};
use crate::reading::Firmware;
use crate::registers::Format;
use crate::requests::{Registers, Request, SETTINGS_FIRST, WriteRegisters};

/// Voltages from the lowest to the highest: 10 mV apart (user manual, revision D).
const VOLTAGES: [Setting; 4] = [
    Setting::UnderVoltageCutoff,
    Setting::FullyDischargedVoltage,
    Setting::FullyChargedVoltage,
    Setting::OverVoltageCutoff,
];
const VOLTAGE_GAP: i32 = 10;
/// Register 305 has to be above 317 (TinyBMS rev D, register 305).
const CURRENTS: [Setting; 2] = [
    Setting::DischargeOverCurrentCutoff,
    Setting::PeakDischargeCurrent,
];
const CURRENT_GAP: i32 = 1;
/// Places in an order that hold no register.
const NOTHING: u8 = u8::MAX;

/// One write of one setting register, or of the two of a long one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PlannedWrite {
    address: u16,
    before: [u16; 2],
    words: [u16; 2],
    long: bool,
    readable: bool,
}

impl PlannedWrite {
    /// Its register.
    #[must_use]
    pub const fn address(&self) -> u16 {
        self.address
    }

    /// Words that are to stand there.
    #[must_use]
    pub fn words(&self) -> &[u16] {
        self.part(&self.words)
    }

    /// Words that stood there when the plan was made.
    #[must_use]
    pub fn before(&self) -> &[u16] {
        self.part(&self.before)
    }

    /// Whether the register reads what was written; 323 and 328 read FFFFh once their value was taken over.
    #[must_use]
    pub const fn reads_back(&self) -> bool {
        self.readable
    }

    /// Whether the BMS restarts itself after it (user manual, revision D, operation mode).
    #[must_use]
    pub const fn restarts(&self) -> bool {
        self.address == Setting::OperationMode.entry().address
    }

    /// The frame, for a dry run or to be sent.
    ///
    /// # Errors
    ///
    /// [`BuildError::BufferTooSmall`]; at most 13 bytes are needed.
    pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        self.request()?.emit(out)
    }

    pub(crate) fn request(&self) -> Result<WriteRegisters<'_>, BuildError> {
        WriteRegisters::new(self.address, self.words())
    }

    /// How many registers it takes.
    #[must_use]
    pub const fn count(&self) -> u8 {
        if self.long { 2 } else { 1 }
    }

    /// Whether registers still hold what the plan started from.
    pub(crate) fn check_before(&self, found: Registers<'_>) -> Result<(), Mismatch> {
        self.compare(found, self.before())
    }

    /// Whether registers hold what was written.
    pub(crate) fn check_after(&self, found: Registers<'_>) -> Result<(), Mismatch> {
        self.compare(found, self.words())
    }

    fn compare(&self, found: Registers<'_>, words: &[u16]) -> Result<(), Mismatch> {
        for ((register, &expected), found) in (self.address..).zip(words).zip(found.words()) {
            if found != expected {
                return Err(Mismatch {
                    register,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }

    fn part<'a>(&self, words: &'a [u16; 2]) -> &'a [u16] {
        let (first, _) = words.split_at(1);
        if self.long { words } else { first }
    }
}

/// Checked changes in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    present: Settings,
    target: Settings,
    /// Places of registers from 300 on.
    order: [u8; COUNT],
    count: usize,
}

impl Plan {
    /// Checks `changes` against the document, against this device and against each other, and orders what differs from
    /// `present`. Nothing is sent.
    ///
    /// The largest currents that a device takes (registers 317 and 318) depend on the types of its switches (331 and 333), and
    /// `limits` are those of the present types: change the types in a plan of their own, and read the limits anew after it.
    ///
    /// # Errors
    ///
    /// The first reason not to write anything.
    pub fn new(
        present: &Settings,
        changes: &Changes,
        firmware: Firmware,
        limits: &DeviceLimits,
    ) -> Result<Self, SettingError> {
        if !firmware.is_supported() {
            return Err(SettingError::UnsupportedFirmware(firmware));
        }
        let mut plan = Self {
            present: *present,
            target: *present,
            order: [NOTHING; COUNT],
            count: 0,
        };
        for (setting, value) in changes.iter() {
            if !setting.entry().exists_on(firmware) {
                return Err(SettingError::NotOnFirmware { setting, firmware });
            }
            let value = Changes::check(setting, value)?;
            let value = as_device_knows_it(setting, value, limits);
            limits.check(setting, value)?;
            plan.target.put(setting, value);
        }
        plan.check_order(changes, &VOLTAGES, VOLTAGE_GAP)?;
        if Setting::PeakDischargeCurrent.entry().exists_on(firmware) {
            plan.check_order(changes, &CURRENTS, CURRENT_GAP)?;
        }
        plan.check_broadcast(changes)?;
        plan.put_in_order(changes);
        Ok(plan)
    }

    /// Whether everything is already as wanted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The writes, in order.
    pub fn writes(&self) -> impl Iterator<Item = PlannedWrite> + '_ {
        self.order
            .iter()
            .take(self.count)
            .filter_map(|place| self.write_at(usize::from(*place)))
    }

    fn write_at(&self, place: usize) -> Option<PlannedWrite> {
        let address = SETTINGS_FIRST.checked_add(u16::try_from(place).ok()?)?;
        let mut here = Setting::ALL
            .iter()
            .filter(|setting| setting.entry().address == address);
        let first = here.next()?;
        let pair = |settings: &Settings| {
            let next = settings.word(address.saturating_add(1));
            Some([settings.word(address)?, next.unwrap_or_default()])
        };
        Some(PlannedWrite {
            address,
            before: pair(&self.present)?,
            words: pair(&self.target)?,
            long: first.entry().format == Format::Double,
            readable: first.is_readable(),
        })
    }

    fn check_order(
        &self,
        changes: &Changes,
        chain: &[Setting],
        gap: i32,
    ) -> Result<(), SettingError> {
        if chain.iter().all(|setting| changes.get(*setting).is_none()) {
            return Ok(());
        }
        for (&lower, &upper) in chain.iter().zip(chain.iter().skip(1)) {
            let value = |setting| self.target.raw(setting).unwrap_or_default();
            if value(lower).saturating_add(gap) > value(upper) {
                return Err(SettingError::Order { lower, upper, gap });
            }
        }
        Ok(())
    }

    /// Intervals 1 to 3 are not allowed with the SOC BAR text (user manual, revision D).
    fn check_broadcast(&self, changes: &Changes) -> Result<(), SettingError> {
        let both = [Setting::BroadcastInterval, Setting::BroadcastProtocol];
        if both.iter().all(|setting| changes.get(*setting).is_none()) {
            return Ok(());
        }
        let is_fast = matches!(self.target.raw(Setting::BroadcastInterval), Some(1..=3));
        if is_fast && self.sends_soc_bar() {
            return Err(SettingError::BroadcastTooFast);
        }
        Ok(())
    }

    fn sends_soc_bar(&self) -> bool {
        self.target.raw(Setting::BroadcastProtocol) == Some(BroadcastProtocol::SocBar.code())
    }

    /// Limits first, so that each step keeps their order; what restarts the BMS comes last.
    fn put_in_order(&mut self, changes: &Changes) {
        for chain in [VOLTAGES.as_slice(), CURRENTS.as_slice()] {
            for setting in chain.iter().rev() {
                if self.rises(*setting) {
                    self.append(changes, *setting);
                }
            }
            for setting in chain {
                self.append(changes, *setting);
            }
        }
        let (first, second) = if self.sends_soc_bar() {
            (Setting::BroadcastInterval, Setting::BroadcastProtocol)
        } else {
            (Setting::BroadcastProtocol, Setting::BroadcastInterval)
        };
        let last = [first, second, Setting::OperationMode];
        for setting in Setting::ALL {
            if !last.contains(&setting) {
                self.append(changes, setting);
            }
        }
        for setting in last {
            self.append(changes, setting);
        }
    }

    fn rises(&self, setting: Setting) -> bool {
        self.target.raw(setting) > self.present.raw(setting)
    }

    /// Adds the register of a setting, once, when it is to change.
    fn append(&mut self, changes: &Changes, setting: Setting) {
        let address = setting.entry().address;
        let Ok(place) = u8::try_from(address.saturating_sub(SETTINGS_FIRST)) else {
            return;
        };
        let is_wanted = changes.get(setting).is_some();
        let differs = self.target.raw(setting) != self.present.raw(setting);
        let is_due = is_wanted && (differs || !setting.is_readable());
        if !is_due || self.order.contains(&place) {
            return;
        }
        if let Some(slot) = self.order.get_mut(self.count) {
            *slot = place;
            self.count = self.count.saturating_add(1);
        }
    }
}

/// The last choice of the pre-charge pin is written with the number that the device names as its largest.
fn as_device_knows_it(setting: Setting, value: i32, limits: &DeviceLimits) -> i32 {
    let is_last = setting == Setting::PrechargePin && value == PrechargePin::Aiho2ActiveHigh.code();
    match limits.range(setting) {
        Some((_, PRECHARGE_AS_PRINTED)) if is_last => PRECHARGE_AS_PRINTED,
        _ => value,
    }
}
