//! Pins, clock, watchdog and flash of the board.

use embassy_rp::{
    flash::{Blocking, ERASE_SIZE, Flash},
    gpio::{Input, Output},
    i2c::{Async, I2c},
    peripherals::{FLASH, I2C0},
    watchdog::Watchdog,
};
use embassy_time::{Duration, Instant, Timer};
use parallelator_core::{BusInput, LedPattern, RECORD_MAX};
use parallelator_node::{Board, Request, Snapshot};

use crate::PACKS;

const FLASH_SIZE: usize = 4 * 1024 * 1024;

/// The record is written alternately into the last two sectors, so that one whole record survives a cut at any moment.
const SLOTS: [u32; 2] = [
    (FLASH_SIZE - 2 * ERASE_SIZE) as u32,
    (FLASH_SIZE - ERASE_SIZE) as u32,
];

/// Pages of a record with its head: length (2 bytes) and sequence number (4 bytes).
const STORED: usize = 512;
const HEAD: usize = 6;

/// The page behind it is written last; zeros in it say that the record before it is whole.
const SEAL_AT: u32 = STORED as u32;

/// Where the newest record lies, and its sequence number.
#[derive(Clone, Copy, Default)]
pub struct Newest {
    slot: usize,
    sequence: u32,
}

/// One slot as read.
struct Slot {
    page: [u8; STORED],
    sealed: bool,
}

impl Slot {
    fn sequence(&self) -> u32 {
        u32::from_le_bytes([self.page[2], self.page[3], self.page[4], self.page[5]])
    }

    /// The record; `None` in an erased sector.
    fn record(&self) -> Option<&[u8]> {
        let len = usize::from(u16::from_le_bytes([self.page[0], self.page[1]]));
        self.page.get(HEAD..HEAD + len)
    }
}

pub struct Rp2350 {
    pub bus: I2c<'static, I2C0, Async>,
    pub estop: Input<'static>,
    pub lamp: Output<'static>,
    pub watchdog: Watchdog,
    pub flash: Flash<'static, FLASH, Blocking, FLASH_SIZE>,
    pub newest: Newest,
}

impl Rp2350 {
    fn slot(&mut self, slot: usize) -> Slot {
        let mut read = Slot {
            page: [0xFF; STORED],
            sealed: false,
        };
        let mut seal = [0xFF];
        // What cannot be read counts as erased.
        let _ = self.flash.blocking_read(SLOTS[slot], &mut read.page);
        let _ = self.flash.blocking_read(SLOTS[slot] + SEAL_AT, &mut seal);
        read.sealed = seal == [0];
        read
    }
}

impl Board<PACKS> for Rp2350 {
    type I2c = I2c<'static, I2C0, Async>;

    fn now_ms(&mut self) -> u64 {
        Instant::now().as_millis()
    }

    async fn wait_until(&mut self, at_ms: u64) {
        Timer::at(Instant::from_millis(at_ms)).await;
    }

    fn bus(&mut self, number: u8) -> Option<&mut Self::I2c> {
        (number == 0).then_some(&mut self.bus)
    }

    fn estop(&mut self) -> bool {
        self.estop.is_high()
    }

    fn common_bus(&mut self) -> BusInput {
        BusInput::default()
    }

    fn show(&mut self, pattern: LedPattern) {
        self.lamp
            .set_level(matches!(pattern, LedPattern::Running | LedPattern::Degraded).into());
    }

    fn feed_watchdog(&mut self) {
        self.watchdog.start(Duration::from_secs(2));
    }

    fn load_record(&mut self, buffer: &mut [u8]) -> usize {
        let slots = [self.slot(0), self.slot(1)];
        let newest = (0..2)
            .filter(|&slot| slots[slot].record().is_some())
            .max_by_key(|&slot| (slots[slot].sealed, slots[slot].sequence()));
        let Some(newest) = newest else {
            return 0;
        };
        self.newest = Newest {
            slot: newest,
            sequence: slots[newest].sequence(),
        };
        // With no sealed record at all the torn one is handed on: the core refuses it and keeps the rack shut off.
        match slots[newest].record().zip(buffer.get_mut(..)) {
            Some((record, buffer)) if record.len() <= buffer.len() => {
                buffer[..record.len()].copy_from_slice(record);
                record.len()
            }
            _ => 0,
        }
    }

    fn save_record(&mut self, record: &[u8]) {
        let slot = 1 - self.newest.slot;
        let sequence = self.newest.sequence.wrapping_add(1);
        let mut page = [0xFF; STORED];
        let (Ok(len), Some(target)) = (
            u16::try_from(record.len()),
            page.get_mut(HEAD..HEAD + record.len()),
        ) else {
            return;
        };
        target.copy_from_slice(record);
        page[..2].copy_from_slice(&len.to_le_bytes());
        page[2..HEAD].copy_from_slice(&sequence.to_le_bytes());
        let at = SLOTS[slot];
        let written = self
            .flash
            .blocking_erase(at, at + ERASE_SIZE as u32)
            .and_then(|()| self.flash.blocking_write(at, &page))
            .and_then(|()| self.flash.blocking_write(at + SEAL_AT, &[0; 256]));
        // A record that could not be written leaves the one before it in force.
        if written.is_ok() {
            self.newest = Newest { slot, sequence };
        }
    }

    fn next_request(&mut self) -> Option<Request> {
        None
    }

    fn publish(&mut self, _snapshot: &Snapshot<PACKS>) {}
}

const _: () = assert!(
    HEAD + RECORD_MAX <= STORED,
    "the record and its head fit into two pages"
);
