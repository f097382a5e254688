//! The register map as a reader meets it.

use super::measure::millivolts;
use super::protection::to_balance;
use super::settings as set;
use super::{Board, SECONDS_PER_HOUR, SET_POINT_STEPS, TinyBms};

/// What an address outside the map reads.
const FILLER: u16 = 0xFFFF;
/// What the time left assumes at rest, A.
const REST_CURRENT_A: f64 = 0.004_75;
/// 100 % in 1e-6 %.
const FULL: f64 = 100_000_000.0;

const HARDWARE: u8 = 2;
const HARDWARE_CHANGES: u8 = 1;
const PUBLIC_FIRMWARE: u8 = 1;
const BOOTLOADER: u8 = 24;
const REGISTER_MAP: u8 = 4;
/// Bits 15 to 8 of register 501: low power with a resistor, high power with a Hall sensor.
const POWER_AND_SENSOR: [u8; 2] = [0, 3];
const SERIAL_NUMBER: [u8; 12] = [
    0x2A, 0x00, 0x35, 0x00, 0x0C, 0x51, 0x37, 0x35, 0x36, 0x39, 0x33, 0x38,
];

impl TinyBms {
    pub(super) fn word(&self, address: u16) -> u16 {
        match address {
            0..=99 => self.live_word(address),
            114 => u16::from_le_bytes([self.last_reset, self.last_wake as u8]),
            100..=199 => self.statistics.word(address - 100),
            200..=299 => self.ring.word(usize::from(address - 200)).unwrap_or(0),
            300..=399 => self.settings.get(address),
            500..=599 => self.version_word(address),
            _ => FILLER,
        }
    }

    fn live_word(&self, address: u16) -> u16 {
        let live = &self.live;
        match address {
            0..=15 => live.slots[usize::from(address)],
            32 | 33 => half(self.lifetime_s(), address),
            34 | 35 => half(self.time_left_s(), address),
            36 | 37 => half(live.pack_v.to_bits(), address),
            38 | 39 => half(live.current_a.to_bits(), address),
            40 => millivolts(live.lowest()),
            41 => millivolts(live.highest()),
            42 => live.external[0].cast_unsigned(),
            43 => live.external[1].cast_unsigned(),
            45 if self.settings.has_newest_map() => (self.health * SET_POINT_STEPS).round() as u16,
            46 | 47 => half(self.charge_millionths(), address),
            48 => live.internal.cast_unsigned(),
            50 => u16::from(self.protection.status),
            51 => to_balance(live, &self.settings),
            52 => self.protection.balancing,
            53 => u16::from(self.inputs.detected),
            54 | 55 => half(live.speed_kmh.to_bits(), address),
            _ => 0,
        }
    }

    fn version_word(&self, address: u16) -> u16 {
        let [hardware, changes, public, ..] = self.version();
        match address {
            500 => u16::from_le_bytes([hardware, changes]),
            501 => {
                let high = POWER_AND_SENSOR[usize::from(self.config.board == Board::High)];
                u16::from_le_bytes([public, high])
            }
            502 => self.config.firmware,
            503 => u16::from_le_bytes([BOOTLOADER, REGISTER_MAP]),
            504..=509 => {
                let at = usize::from(address - 504) * 2;
                u16::from_le_bytes([SERIAL_NUMBER[at], SERIAL_NUMBER[at + 1]])
            }
            _ => 0,
        }
    }

    /// Answer of command 1F; command 1E gives the first five bytes.
    pub(super) fn version(&self) -> [u8; 7] {
        let [low, high] = self.config.firmware.to_le_bytes();
        [
            HARDWARE,
            HARDWARE_CHANGES,
            PUBLIC_FIRMWARE,
            low,
            high,
            BOOTLOADER,
            REGISTER_MAP,
        ]
    }

    pub(super) fn charge_millionths(&self) -> u32 {
        (self.charge * FULL).round() as u32
    }

    pub(super) fn time_left_s(&self) -> u32 {
        let capacity_as = f64::from(self.settings.get(set::CAPACITY)) / 100.0 * SECONDS_PER_HOUR;
        let current = f64::from(self.live.current_a);
        let seconds = if self.live.current_a.abs() <= self.idle_band_a() {
            capacity_as * self.charge / REST_CURRENT_A
        } else if current < 0.0 {
            capacity_as * self.charge / -current
        } else {
            capacity_as * (1.0 - self.charge) / current
        };
        seconds as u32
    }
}

/// Values of 32 bits have their low word at the lower address, which is even.
fn half(value: u32, address: u16) -> u16 {
    if address.is_multiple_of(2) {
        value as u16
    } else {
        (value >> 16) as u16
    }
}
