//! Cells: which register and which balancing bit belongs to which one.
//!
//! With N cells the lowest 16 - N pins of the connector stay empty, and registers follow the pins: cell n, counted from
//! the negative end of the battery, is register 15 - N + n, and so is its balancing bit. Register 0 is cell 1 in packs of
//! 16 cells only. Seen in three dumps of a 14-cell unit with firmware 2.3.242 (register map and user manual, TinyBMS rev
//! D); newer firmware was not seen, so the raw slots stay available.

use core::fmt;

use battery_units::Microvolts;

use crate::error::ReplyError;
use crate::frame::{Command, Frame};
use crate::reading::cell_voltage;
use crate::requests::Registers;

/// Slots of the BMS, one a connector pin.
pub const SLOTS: usize = 16;

/// Number of cells in series, 4 to 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CellCount(u8);

/// Numbers of cells that do not fit together, or are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CellFault {
    /// Not 4 to 16 cells.
    Count {
        /// What was found.
        found: u16,
    },
    /// The BMS detects another number of cells (register 53) than it is set to (register 307).
    CountMismatch {
        /// What is set.
        configured: u16,
        /// What is detected.
        detected: u16,
    },
    /// A slot that no cell uses does not read zero: the slots are laid out in another way.
    UnusedSlotNotZero {
        /// Which slot, 0 to 15.
        slot: u8,
        /// Its voltage.
        found: Microvolts,
    },
    /// A slot of a cell reads zero: the wire is off, or there are fewer cells than configured.
    CellMissing {
        /// Which cell, 1 at the negative end.
        cell: u8,
    },
}

impl CellCount {
    /// From the number.
    ///
    /// # Errors
    ///
    /// [`CellFault::Count`] for less than 4 or more than 16.
    pub fn new(cells: u16) -> Result<Self, CellFault> {
        u8::try_from(cells)
            .ok()
            .filter(|cells| (4..=16).contains(cells))
            .map(Self)
            .ok_or(CellFault::Count { found: cells })
    }

    /// From what is detected (register 53) and what is set (register 307).
    ///
    /// # Errors
    ///
    /// [`CellFault::CountMismatch`] when they differ, [`CellFault::Count`].
    pub fn agreed(detected: u16, configured: u16) -> Result<Self, CellFault> {
        if detected != configured {
            return Err(CellFault::CountMismatch {
                configured,
                detected,
            });
        }
        Self::new(detected)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Slot of a cell, which is its register and its balancing bit; cells count from 1 at the negative end.
    #[must_use]
    pub fn slot(self, cell: u8) -> Option<u8> {
        if cell == 0 || cell > self.0 {
            return None;
        }
        self.first_slot().checked_add(cell)?.checked_sub(1)
    }

    /// Cell in a slot; `None` for slots that are not used.
    #[must_use]
    pub fn cell(self, slot: u8) -> Option<u8> {
        if slot > 15 {
            return None;
        }
        slot.checked_sub(self.first_slot())?.checked_add(1)
    }

    /// Balancing bits by cell: bit 0 is cell 1.
    #[must_use]
    pub fn by_cell(self, slot_bits: u16) -> u16 {
        slot_bits
            .checked_shr(u32::from(self.first_slot()))
            .unwrap_or(0)
    }

    /// Slot of cell 1.
    const fn first_slot(self) -> u8 {
        16_u8.saturating_sub(self.0)
    }
}

/// The sixteen slots as they stand in registers 0 to 15, in steps of 0.1 mV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CellSlots(pub [u16; SLOTS]);

impl CellSlots {
    /// From a reading that holds registers 0 to 15.
    #[must_use]
    pub fn from_registers(registers: Registers<'_>) -> Option<Self> {
        registers.get(15)?;
        let mut slots = [0; SLOTS];
        for (slot, address) in slots.iter_mut().zip(0..) {
            *slot = registers.get(address)?;
        }
        Some(Self(slots))
    }

    /// Voltages from cell 1, at the negative end, to the last one.
    pub fn cells(&self, count: CellCount) -> impl ExactSizeIterator<Item = Microvolts> + '_ {
        let (_, used) = self
            .0
            .split_at_checked(usize::from(count.first_slot()))
            .unwrap_or((&[], &self.0));
        used.iter().copied().map(cell_voltage)
    }

    /// Voltage of a cell, 1 at the negative end.
    #[must_use]
    pub fn cell(&self, count: CellCount, cell: u8) -> Option<Microvolts> {
        let slot = usize::from(count.slot(cell)?);
        self.0.get(slot).copied().map(cell_voltage)
    }

    /// Whether exactly the slots without a cell read zero.
    ///
    /// # Errors
    ///
    /// [`CellFault::UnusedSlotNotZero`], [`CellFault::CellMissing`].
    pub fn check(&self, count: CellCount) -> Result<(), CellFault> {
        for (slot, &value) in (0..).zip(&self.0) {
            match count.cell(slot) {
                None if value != 0 => {
                    let found = cell_voltage(value);
                    return Err(CellFault::UnusedSlotNotZero { slot, found });
                }
                Some(cell) if value == 0 => return Err(CellFault::CellMissing { cell }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Which end a reply to 1Ch begins with; not documented, so it has to be found by comparing with the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CellOrder {
    /// Cell 1 first.
    NegativeEndFirst,
    /// The last cell first.
    PositiveEndFirst,
}

/// The values of a reply to 1Ch, as many as there are cells, in an order that is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellValues<'a> {
    bytes: &'a [u8],
}

impl<'a> CellValues<'a> {
    pub(crate) fn decode(reply: Frame<'a>) -> Result<Self, ReplyError> {
        let (length, bytes) = reply.listed(Command::CELL_VOLTAGES)?;
        let found = usize::from(length);
        if bytes.len() % 2 == 0 && bytes.len() <= SLOTS.saturating_mul(2) {
            return Ok(Self { bytes });
        }
        Err(ReplyError::LengthMismatch {
            expected: found.min(SLOTS.saturating_mul(2)) & !1,
            found,
        })
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        self.bytes.len() / 2
    }

    /// Steps of 0.1 mV, in the order of the BMS.
    pub fn steps(self) -> impl DoubleEndedIterator<Item = u16> + 'a {
        self.bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.first_chunk().copied())
            .map(u16::from_le_bytes)
    }

    /// Voltages in the order of the BMS.
    pub fn voltages(self) -> impl DoubleEndedIterator<Item = Microvolts> + 'a {
        self.steps().map(cell_voltage)
    }

    /// The order, found by comparing with slots that were read at the same time.
    ///
    /// `None` when both or neither fit within `tolerance`: the pack is too even to tell, or it changed in between.
    #[must_use]
    pub fn order(
        self,
        slots: &CellSlots,
        count: CellCount,
        tolerance: Microvolts,
    ) -> Option<CellOrder> {
        if self.count() != usize::from(count.get()) {
            return None;
        }
        let near = |pair: (Microvolts, Microvolts)| {
            pair.0.get().abs_diff(pair.1.get()) <= tolerance.get().unsigned_abs()
        };
        let forward = self.voltages().zip(slots.cells(count)).all(near);
        let backward = self.voltages().rev().zip(slots.cells(count)).all(near);
        match (forward, backward) {
            (true, false) => Some(CellOrder::NegativeEndFirst),
            (false, true) => Some(CellOrder::PositiveEndFirst),
            _ => None,
        }
    }
}

impl fmt::Display for CellFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "{found} cells are not 4 to 16"),
            Self::CountMismatch {
                configured,
                detected,
            } => write!(f, "{configured} cells are set, {detected} are detected"),
            Self::UnusedSlotNotZero { slot, found } => {
                write!(f, "slot {slot} has no cell and reads {found}")
            }
            Self::CellMissing { cell } => write!(f, "cell {cell} reads zero"),
        }
    }
}

impl core::error::Error for CellFault {}
