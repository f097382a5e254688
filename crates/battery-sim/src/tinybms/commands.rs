//! What each command does, whichever way it came.

use super::events::StoredEvent;
use super::settings::{self as set, Ask};
use super::statistics::Statistics;
use super::{After, CellOrder, TinyBms};

/// A request that is refused with a command error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// Settings that one command can ask for.
const MOST_SETTINGS: u8 = 100;

impl TinyBms {
    /// Command 02: clears events, clears statistics, restarts.
    pub(super) fn control(&mut self, option: u8) -> Result<(), Refused> {
        match option {
            1 => self.ring.clear(),
            2 => self.statistics = Statistics::cleared(self.lifetime_s()),
            5 => self.after = After::Restart,
            _ => return Err(Refused),
        }
        Ok(())
    }

    /// A block of registers.
    pub(super) fn block(&self, address: u16, count: u8) -> Result<Vec<u16>, Refused> {
        let last = u16::from(count).checked_sub(1).ok_or(Refused)?;
        let last = address.checked_add(last).ok_or(Refused)?;
        Ok((address..=last).map(|address| self.word(address)).collect())
    }

    /// Writes all of these, or nothing.
    pub(super) fn write(&mut self, pairs: &[(u16, u16)]) -> Result<(), Refused> {
        let mode = self.settings.get(set::OPERATION_MODE);
        self.settings
            .write(pairs, self.config.out_of_range)
            .map_err(|set::Refused| Refused)?;
        self.after = if self.settings.get(set::OPERATION_MODE) == mode {
            After::FlashWrite
        } else {
            After::Restart
        };
        if let Some(interval) = self.text_interval() {
            self.next_text = self.now + interval;
        }
        Ok(())
    }

    /// Commands 14 to 1A: the bytes of the value, little-endian.
    pub(super) fn value(&self, command: u8) -> Option<Vec<u8>> {
        let pair = |address: u16| {
            let mut bytes = self.word(address).to_le_bytes().to_vec();
            bytes.extend(self.word(address + 1).to_le_bytes());
            bytes
        };
        let single = |address: u16| self.word(address).to_le_bytes().to_vec();
        Some(match command {
            0x14 => pair(36),
            0x15 => pair(38),
            0x16 => single(41),
            0x17 => single(40),
            0x18 => single(50),
            0x19 => pair(32),
            0x1A => pair(46),
            _ => return None,
        })
    }

    /// Command 1B: internal, external 1, external 2.
    pub(super) fn temperatures(&self) -> [u16; 3] {
        [48, 42, 43].map(|address| self.word(address))
    }

    /// Command 1C: only the cells that are there.
    pub(super) fn cell_voltages(&self) -> Vec<u16> {
        let mut cells = self.live.cells().to_vec();
        if self.config.cell_order == CellOrder::TopFirst {
            cells.reverse();
        }
        cells
    }

    /// Command 1D.
    pub(super) fn settings_answer(&self, option: u8, count: u8) -> Result<Vec<u16>, Refused> {
        let ask = match option {
            1 => Ask::Minimum,
            2 => Ask::Maximum,
            3 => Ask::Default,
            4 => Ask::Current,
            _ => return Err(Refused),
        };
        if !(1..=MOST_SETTINGS).contains(&count) {
            return Err(Refused);
        }
        Ok((0..usize::from(count))
            .map(|index| self.settings.answer(ask, index))
            .collect())
    }

    /// Commands 11 and 12.
    pub(super) fn events_answer(&mut self, all: bool) -> Vec<StoredEvent> {
        if all {
            self.ring.all()
        } else {
            self.ring.take_new()
        }
    }

    /// Command 20: speed, distance left, time left.
    pub(super) fn journey(&self) -> [[u8; 4]; 3] {
        [
            self.live.speed_kmh.to_le_bytes(),
            u32::from(self.word(44)).to_le_bytes(),
            self.time_left_s().to_le_bytes(),
        ]
    }
}
