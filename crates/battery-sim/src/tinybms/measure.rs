//! Physical inputs, and what the device makes of them every 100 ms.

use super::config::MOST_CELLS;

/// Reading of a temperature sensor that is not connected.
const NO_SENSOR: i16 = i16::MIN;
const SLOTS: usize = MOST_CELLS as usize;

/// What is connected to the device.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    /// V by slot.
    pub(super) slots_v: [f64; SLOTS],
    /// Added to the sum of the cells where the pack voltage is measured.
    pub(super) pack_error_v: f64,
    pub(super) current_a: f64,
    pub(super) internal_c: f64,
    pub(super) external_c: [Option<f64>; 2],
    pub(super) charger: bool,
    pub(super) ignition: bool,
    pub(super) speed_kmh: f64,
    pub(super) detected: u8,
}

impl Inputs {
    pub(super) fn new(cells: u8) -> Self {
        let mut inputs = Self {
            slots_v: [0.0; SLOTS],
            pack_error_v: 0.0,
            current_a: 0.0,
            internal_c: 25.0,
            external_c: [None; 2],
            charger: false,
            ignition: false,
            speed_kmh: 0.0,
            detected: cells,
        };
        inputs.slots_v[first_slot(cells)..].fill(3.7);
        inputs
    }
}

/// Slot of cell 1: the lowest pins stay empty.
pub(super) fn first_slot(cells: u8) -> usize {
    SLOTS - usize::from(cells)
}

/// The last measurement.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    /// 0.1 mV by slot; empty slots are 0.
    pub(super) slots: [u16; SLOTS],
    pub(super) first_slot: usize,
    pub(super) pack_v: f32,
    pub(super) current_a: f32,
    /// 0.1 degC.
    pub(super) internal: i16,
    pub(super) external: [i16; 2],
    pub(super) speed_kmh: f32,
}

impl Live {
    pub(super) fn measure(inputs: &Inputs, cells: u8) -> Self {
        let first_slot = first_slot(cells);
        let mut slots = [0; SLOTS];
        for (word, volts) in slots.iter_mut().zip(inputs.slots_v).skip(first_slot) {
            *word = (volts * 1e4).round() as u16;
        }
        let sum: f64 = inputs.slots_v[first_slot..].iter().sum();
        Self {
            slots,
            first_slot,
            pack_v: (sum + inputs.pack_error_v) as f32,
            current_a: inputs.current_a as f32,
            internal: tenths(inputs.internal_c),
            external: inputs
                .external_c
                .map(|celsius| celsius.map_or(NO_SENSOR, tenths)),
            speed_kmh: inputs.speed_kmh as f32,
        }
    }

    /// Cells, cell 1 first.
    pub(super) fn cells(&self) -> &[u16] {
        &self.slots[self.first_slot..]
    }

    pub(super) fn lowest(&self) -> u16 {
        self.cells().iter().copied().min().unwrap_or(0)
    }

    pub(super) fn highest(&self) -> u16 {
        self.cells().iter().copied().max().unwrap_or(0)
    }

    /// All sensors that are connected.
    fn temperatures(&self) -> impl Iterator<Item = i16> {
        [self.internal, self.external[0], self.external[1]]
            .into_iter()
            .filter(|&tenths| tenths != NO_SENSOR)
    }

    pub(super) fn hottest(&self) -> i16 {
        self.temperatures().max().unwrap_or(0)
    }

    pub(super) fn coldest(&self) -> i16 {
        self.temperatures().min().unwrap_or(0)
    }

    /// Slots whose cell stands higher than allowed above the lowest one, and above the threshold.
    pub(super) fn to_balance(&self, allowed_mv: u16, threshold_mv: u16) -> u16 {
        let lowest = u32::from(self.lowest());
        let (allowed, threshold) = (u32::from(allowed_mv) * 10, u32::from(threshold_mv) * 10);
        let high = |&(slot, &word): &(usize, &u16)| {
            let word = u32::from(word);
            slot >= self.first_slot && word > lowest + allowed && word > threshold
        };
        self.slots
            .iter()
            .enumerate()
            .filter(high)
            .fold(0, |bits, (slot, _)| bits | 1 << slot)
    }
}

/// 0.1 mV as mV, to the nearest.
pub(super) fn millivolts(tenths: u16) -> u16 {
    tenths / 10 + u16::from(tenths % 10 >= 5)
}

fn tenths(celsius: f64) -> i16 {
    (celsius * 10.0).round().max(f64::from(NO_SENSOR + 1)) as i16
}
