//! Registers 300 to 399: what they hold, their limits, and which writes are taken.

use super::config::{Board, OutOfRange};

/// First settings register.
pub(super) const FIRST: u16 = 300;
/// Registers of the block; most are reserved.
pub(super) const COUNT: usize = 100;
/// What a set-point reads once it was taken over.
pub(super) const TAKEN_OVER: u16 = 0xFFFF;

pub(super) const FULLY_CHARGED: u16 = 300;
pub(super) const FULLY_DISCHARGED: u16 = 301;
pub(super) const EARLY_BALANCING: u16 = 303;
pub(super) const CHARGE_FINISHED: u16 = 304;
pub(super) const PEAK_DISCHARGE: u16 = 305;
pub(super) const CAPACITY: u16 = 306;
pub(super) const SERIES_CELLS: u16 = 307;
pub(super) const ALLOWED_DISBALANCE: u16 = 308;
const PULSES_LOW: u16 = 312;
const PULSES_HIGH: u16 = 313;
pub(super) const OVER_VOLTAGE: u16 = 315;
pub(super) const UNDER_VOLTAGE: u16 = 316;
pub(super) const DISCHARGE_OVER_CURRENT: u16 = 317;
pub(super) const CHARGE_OVER_CURRENT: u16 = 318;
pub(super) const OVER_HEAT: u16 = 319;
pub(super) const LOW_TEMPERATURE: u16 = 320;
pub(super) const RESTART_LEVEL: u16 = 321;
pub(super) const HEALTH_TO_SET: u16 = 323;
pub(super) const CHARGE_TO_SET: u16 = 328;
pub(super) const FLAGS: u16 = 329;
pub(super) const TIMEOUT: u16 = 330;
pub(super) const LOAD_SWITCH: u16 = 331;
pub(super) const RECOVERY: u16 = 332;
pub(super) const CHARGER_SWITCH: u16 = 333;
pub(super) const IGNITION: u16 = 334;
const PRECHARGE_PIN: u16 = 337;
pub(super) const OPERATION_MODE: u16 = 340;
pub(super) const SINGLE_PORT_SWITCH: u16 = 341;
pub(super) const BROADCAST_INTERVAL: u16 = 342;
pub(super) const BROADCAST_PROTOCOL: u16 = 343;

/// Bit of [`FLAGS`]: no diagnostics of the switches.
pub(super) const FLAG_NO_DIAGNOSTICS: u16 = 2;
/// Bit of [`FLAGS`]: charging starts again below [`RESTART_LEVEL`].
pub(super) const FLAG_RESTART_LEVEL: u16 = 4;

/// First firmware with the registers of the newest map.
const NEWEST_MAP: u16 = 254;
/// First firmware with register 329.
const FLAGS_SINCE: u16 = 243;
const MOST_PULSES: u32 = 100_000;
/// Least distance of neighbouring voltage limits, mV.
const WINDOW_STEP_MV: u16 = 10;
/// Largest over-current limits, A: through the FETs of the board, and through external switches.
const FET_MOST_A: [u16; 2] = [30, 150];
const EXTERNAL_MOST_A: u16 = 750;

/// Code of the text format whose interval has a lower limit, and the first interval it allows.
const SOC_BAR: u16 = 2;
const SOC_BAR_FIRST_INTERVAL: u16 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Signed,
    /// Two numbers of eight bits, each with its own range.
    Bytes,
}

struct Row {
    register: u16,
    kind: Kind,
    minimum: u16,
    maximum: u16,
    default: u16,
    since: u16,
}

const fn row(register: u16, minimum: u16, maximum: u16, default: u16) -> Row {
    Row {
        register,
        kind: Kind::Word,
        minimum,
        maximum,
        default,
        since: 0,
    }
}

const fn newer(since: u16, row: Row) -> Row {
    Row { since, ..row }
}

/// Limits of TinyBMS rev D; the defaults are those of a unit that was read on 2020-02-27 (firmware 242), where it showed them.
const ROWS: [Row; 38] = [
    row(FULLY_CHARGED, 1_200, 4_500, 4_150),
    row(FULLY_DISCHARGED, 1_000, 3_500, 3_000),
    row(EARLY_BALANCING, 1_000, 4_500, 3_200),
    row(CHARGE_FINISHED, 100, 5_000, 1_000),
    newer(NEWEST_MAP, row(PEAK_DISCHARGE, 2, 750, 80)),
    row(CAPACITY, 10, 65_500, 6_600),
    row(SERIES_CELLS, 4, 16, 16),
    row(ALLOWED_DISBALANCE, 15, 100, 15),
    newer(NEWEST_MAP, row(310, 5, 60, 20)),
    newer(NEWEST_MAP, row(311, 0, 60, 5)),
    row(PULSES_LOW, 0, 0xFFFF, 1_000),
    row(PULSES_HIGH, 0, 1, 0),
    row(314, 1, 5, 2),
    row(OVER_VOLTAGE, 1_200, 4_500, 4_200),
    row(UNDER_VOLTAGE, 800, 3_500, 2_900),
    row(DISCHARGE_OVER_CURRENT, 1, EXTERNAL_MOST_A, 60),
    row(CHARGE_OVER_CURRENT, 1, EXTERNAL_MOST_A, 20),
    row(OVER_HEAT, 20, 90, 60),
    Row {
        kind: Kind::Signed,
        ..row(LOW_TEMPERATURE, 0xFFD8, 10, 1)
    },
    newer(NEWEST_MAP, row(RESTART_LEVEL, 60, 95, 90)),
    newer(NEWEST_MAP, row(322, 10, 65_000, 1_000)),
    newer(NEWEST_MAP, row(HEALTH_TO_SET, 0, 50_000, TAKEN_OVER)),
    row(CHARGE_TO_SET, 0, 50_000, TAKEN_OVER),
    newer(FLAGS_SINCE, row(FLAGS, 0, 7, FLAG_RESTART_LEVEL)),
    Row {
        kind: Kind::Bytes,
        ..row(TIMEOUT, 0, 0x1E02, 0x0501)
    },
    row(LOAD_SWITCH, 0, 8, 0),
    row(RECOVERY, 0, 30, 5),
    row(CHARGER_SWITCH, 1, 9, 1),
    row(IGNITION, 0, 6, 0),
    row(335, 1, 7, 1),
    row(336, 0, 2, 0),
    row(PRECHARGE_PIN, 0, 10, 0),
    row(338, 0, 7, 7),
    row(339, 0, 1, 0),
    row(OPERATION_MODE, 0, 1, 0),
    row(SINGLE_PORT_SWITCH, 0, 8, 0),
    row(BROADCAST_INTERVAL, 0, 7, 0),
    row(BROADCAST_PROTOCOL, 0, 2, 0),
];

/// What command 1D asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Minimum,
    Maximum,
    Default,
    Current,
}

/// A write that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

#[derive(Debug, Clone)]
pub(super) struct Settings {
    words: [u16; COUNT],
    board: Board,
    firmware: u16,
    cells: u8,
}

impl Settings {
    pub(super) fn new(board: Board, firmware: u16, cells: u8) -> Self {
        let mut settings = Self {
            words: [0; COUNT],
            board,
            firmware,
            cells,
        };
        for index in 0..COUNT {
            settings.words[index] = settings.answer(Ask::Default, index);
        }
        settings
    }

    /// Content of a settings register, 300..=399.
    pub(super) fn get(&self, register: u16) -> u16 {
        self.words[usize::from(register - FIRST)]
    }

    /// Changes a register past all rules.
    pub(super) fn put(&mut self, register: u16, word: u16) {
        self.words[usize::from(register - FIRST)] = word;
    }

    pub(super) fn signed(&self, register: u16) -> i32 {
        i32::from(self.get(register).cast_signed())
    }

    /// Whether this firmware has the registers of the newest map.
    pub(super) fn has_newest_map(&self) -> bool {
        self.firmware >= NEWEST_MAP
    }

    /// Item of command 1D; 0 for a reserved register.
    pub(super) fn answer(&self, ask: Ask, index: usize) -> u16 {
        let Some(row) = self.row(index) else {
            return 0;
        };
        match ask {
            Ask::Minimum => row.minimum,
            Ask::Maximum => self.maximum(row),
            Ask::Default if row.register == SERIES_CELLS => u16::from(self.cells),
            Ask::Default if row.register == TIMEOUT && !self.has_newest_map() => {
                row.default & 0x00FF
            }
            Ask::Default if row.register == FLAGS && !self.has_newest_map() => 0,
            Ask::Default => row.default,
            Ask::Current => self.words[index],
        }
    }

    fn row(&self, index: usize) -> Option<&'static Row> {
        let register = FIRST + u16::try_from(index).ok()?;
        ROWS.iter()
            .find(|row| row.register == register && self.firmware >= row.since)
    }

    fn maximum(&self, row: &Row) -> u16 {
        let fet_most = FET_MOST_A[usize::from(self.board == Board::High)];
        match row.register {
            DISCHARGE_OVER_CURRENT if self.words[31] == 0 => fet_most,
            CHARGE_OVER_CURRENT if self.words[33] == 1 => fet_most,
            PRECHARGE_PIN if self.board == Board::Low => 0,
            FLAGS if !self.has_newest_map() => 3,
            TIMEOUT if !self.has_newest_map() => row.maximum & 0x00FF,
            _ => row.maximum,
        }
    }

    /// Takes all of these pairs of register and value, or none.
    pub(super) fn write(&mut self, pairs: &[(u16, u16)], rule: OutOfRange) -> Result<(), Refused> {
        let mut changed = self.clone();
        for &(register, word) in pairs {
            let index = usize::from(register.checked_sub(FIRST).ok_or(Refused)?);
            let row = self.row(index).ok_or(Refused)?;
            let clamped = clamp(row.kind, word, row.minimum, self.maximum(row));
            changed.words[index] = match rule {
                _ if clamped == word => word,
                OutOfRange::Refuse => return Err(Refused),
                OutOfRange::Clamp => clamped,
                OutOfRange::Store => word,
            };
        }
        if rule == OutOfRange::Refuse && !changed.is_sound() {
            return Err(Refused);
        }
        *self = changed;
        Ok(())
    }

    /// Rules between registers, as the user manual states them.
    fn is_sound(&self) -> bool {
        let window = [UNDER_VOLTAGE, FULLY_DISCHARGED, FULLY_CHARGED, OVER_VOLTAGE];
        let ordered = window
            .windows(2)
            .all(|pair| self.get(pair[0]) + WINDOW_STEP_MV <= self.get(pair[1]));
        let pulses = u32::from(self.get(PULSES_HIGH)) << 16 | u32::from(self.get(PULSES_LOW));
        let peak =
            !self.has_newest_map() || self.get(PEAK_DISCHARGE) > self.get(DISCHARGE_OVER_CURRENT);
        let slow_enough = self.get(BROADCAST_PROTOCOL) != SOC_BAR
            || self.get(BROADCAST_INTERVAL) == 0
            || self.get(BROADCAST_INTERVAL) >= SOC_BAR_FIRST_INTERVAL;
        ordered
            && peak
            && slow_enough
            && (1..=MOST_PULSES).contains(&pulses)
            && self.get(PRECHARGE_PIN) != 1
    }
}

fn clamp(kind: Kind, word: u16, minimum: u16, maximum: u16) -> u16 {
    match kind {
        Kind::Word => word.clamp(minimum, maximum),
        Kind::Signed => word
            .cast_signed()
            .clamp(minimum.cast_signed(), maximum.cast_signed())
            .cast_unsigned(),
        Kind::Bytes => {
            let (low, high) = (word.to_le_bytes(), maximum.to_le_bytes());
            let least = minimum.to_le_bytes();
            u16::from_le_bytes([
                low[0].clamp(least[0], high[0]),
                low[1].clamp(least[1], high[1]),
            ])
        }
    }
}
