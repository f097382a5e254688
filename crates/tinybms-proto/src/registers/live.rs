//! Live data, registers 0 to 55.

use battery_units::{DeciCelsius, Millivolts};

use crate::cells::{CellCount, CellFault, CellSlots};
use crate::reading::{Firmware, Seconds, StateOfCharge, StateOfHealth, Status, temperature};
use crate::requests::Registers;
use crate::single::{PackCurrent, PackVoltage, Single, Speed};

/// Registers from 0 on that hold all live data: one frame of 117 bytes.
pub const LIVE_COUNT: u8 = 56;

/// Everything the BMS measures, from one reading of registers 0 to 55 (TinyBMS rev D, register map).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Live {
    /// 0 to 15: slots, not cell numbers; see [`crate::CellCount`].
    pub slots: CellSlots,
    /// 32: seconds of life.
    pub lifetime: Seconds,
    /// 34: large at rest.
    pub time_left: Seconds,
    /// 36.
    pub pack_voltage: PackVoltage,
    /// 38: positive charges.
    pub pack_current: PackCurrent,
    /// 40: lowest cell, whole millivolts.
    pub min_cell: Millivolts,
    /// 41: highest cell, whole millivolts.
    pub max_cell: Millivolts,
    /// 42 and 43: `None` where no sensor is connected.
    pub external_temperatures: [Option<DeciCelsius>; 2],
    /// 44: distance left.
    pub distance_left_km: u16,
    /// 45: only firmware 2.3.254 and later has it; see [`Live::state_of_health`].
    pub raw_state_of_health: u16,
    /// 46.
    pub state_of_charge: StateOfCharge,
    /// 48: `None` should the BMS have no sensor.
    pub internal_temperature: Option<DeciCelsius>,
    /// 50.
    pub status: Status,
    /// 51: slots whose cell needs balancing; see [`crate::CellCount::by_cell`].
    pub balancing_needed: u16,
    /// 52: slots whose cell is being balanced now.
    pub balancing: u16,
    /// 53: cells that are detected.
    pub detected_cells: u16,
    /// 54.
    pub speed: Speed,
}

impl Live {
    /// From a reading that holds registers 0 to 55; `None` when one is missing.
    #[must_use]
    pub fn decode(registers: Registers<'_>) -> Option<Self> {
        let single = |address| registers.double(address).map(Single::from_bits);
        let millivolts = |address| {
            let value = registers.get(address)?;
            Some(Millivolts::new(i32::from(value)))
        };
        Some(Self {
            slots: CellSlots::from_registers(registers)?,
            lifetime: Seconds::new(registers.double(32)?),
            time_left: Seconds::new(registers.double(34)?),
            pack_voltage: PackVoltage(single(36)?),
            pack_current: PackCurrent(single(38)?),
            min_cell: millivolts(40)?,
            max_cell: millivolts(41)?,
            external_temperatures: [
                temperature(registers.signed(42)?),
                temperature(registers.signed(43)?),
            ],
            distance_left_km: registers.get(44)?,
            raw_state_of_health: registers.get(45)?,
            state_of_charge: StateOfCharge::new(registers.double(46)?),
            internal_temperature: temperature(registers.signed(48)?),
            status: registers.get(50)?.into(),
            balancing_needed: registers.get(51)?,
            balancing: registers.get(52)?,
            detected_cells: registers.get(53)?,
            speed: Speed(single(54)?),
        })
    }

    /// State of health; `None` on firmware that does not have the register.
    #[must_use]
    pub fn state_of_health(&self, firmware: Firmware) -> Option<StateOfHealth> {
        (firmware >= Firmware::PRESENT_MAP).then(|| StateOfHealth::new(self.raw_state_of_health))
    }

    /// Number of cells, when the BMS detects as many as are configured (register 307) and the slots show them.
    ///
    /// # Errors
    ///
    /// [`CellFault`].
    pub fn check_cells(&self, configured: u16) -> Result<CellCount, CellFault> {
        let count = CellCount::agreed(self.detected_cells, configured)?;
        self.slots.check(count)?;
        Ok(count)
    }
}
