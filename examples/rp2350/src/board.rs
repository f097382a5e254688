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
const RECORD_AT: u32 = (FLASH_SIZE - ERASE_SIZE) as u32;

/// A page of flash: the length of the record, then the record.
const STORED: usize = 256;

pub struct Rp2350 {
    pub bus: I2c<'static, I2C0, Async>,
    pub estop: Input<'static>,
    pub lamp: Output<'static>,
    pub watchdog: Watchdog,
    pub flash: Flash<'static, FLASH, Blocking, FLASH_SIZE>,
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
        let mut stored = [0; STORED];
        if self.flash.blocking_read(RECORD_AT, &mut stored).is_err() {
            return 0;
        }
        // An erased page reads all ones: no record yet.
        let len = usize::from(stored[0]);
        match (stored.get(1..=len), buffer.get_mut(..len)) {
            (Some(record), Some(target)) if len < usize::from(u8::MAX) => {
                target.copy_from_slice(record);
                len
            }
            _ => 0,
        }
    }

    fn save_record(&mut self, record: &[u8]) {
        let mut page = [0xFF; STORED];
        let (first, rest) = page.split_at_mut(1);
        if let (Ok(len), Some(target)) = (u8::try_from(record.len()), rest.get_mut(..record.len()))
        {
            first[0] = len;
            target.copy_from_slice(record);
            let end = RECORD_AT + ERASE_SIZE as u32;
            // A record that could not be stored is stored again with the next change; nothing else depends on it.
            let _ = self.flash.blocking_erase(RECORD_AT, end);
            let _ = self.flash.blocking_write(RECORD_AT, &page);
        }
    }

    fn next_request(&mut self) -> Option<Request> {
        None
    }

    fn publish(&mut self, _snapshot: &Snapshot<PACKS>) {}
}

const _: () = assert!(
    RECORD_MAX < STORED,
    "the record and its length fit into a page"
);
