//! Cells of a device from a pack of the electrical model.

use crate::plant::{Plant, Random};

use super::{MOST_CELLS, TinyBms};

/// Largest voltage of a cell input, V.
const MOST_CELL_V: f64 = 6.5535;

/// Connects one pack of a plant to a device.
///
/// The plant knows a pack as a whole: every cell gets its part, and a constant difference of its own. What is lost on the way to the
/// point where the pack is tapped counts as lost in the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct PackFeed {
    pack: usize,
    /// V by cell, cell 1 first.
    differences_v: Vec<f64>,
}

impl PackFeed {
    /// Pack number `pack` with this many equal cells.
    ///
    /// # Panics
    ///
    /// Without a cell, or with more than 16.
    #[must_use]
    pub fn new(pack: usize, cells: u8) -> Self {
        assert!((1..=MOST_CELLS).contains(&cells), "{cells} cells");
        Self {
            pack,
            differences_v: vec![0.0; usize::from(cells)],
        }
    }

    /// Draws a difference of at most this much for every cell; together they are 0.
    #[must_use]
    pub fn with_spread(mut self, seed: u64, volts: f64) -> Self {
        let mut random = Random::new(seed);
        for difference in &mut self.differences_v {
            *difference = random.within(volts / 2.0);
        }
        let mean = self.differences_v.iter().sum::<f64>() / self.differences_v.len() as f64;
        for difference in &mut self.differences_v {
            *difference -= mean;
        }
        self
    }

    /// Gives the device what the pack is doing now: cells, current, temperatures, charger. The device counts charge by itself;
    /// [`PackFeed::start`] begins with what is in the pack.
    ///
    /// # Panics
    ///
    /// When plant or device has other packs or cells.
    pub fn feed(&self, plant: &Plant, bms: &mut TinyBms) {
        let pack = plant.pack(self.pack);
        let inside = pack.internal_v + pack.current_a * pack.path_ohm;
        let each = inside / self.differences_v.len() as f64;
        let volts: Vec<f64> = self
            .differences_v
            .iter()
            .map(|difference| (each + difference).clamp(0.0, MOST_CELL_V))
            .collect();
        bms.set_cells(&volts);
        bms.set_current(pack.current_a);
        bms.set_internal_temperature(pack.switch_temperature_c);
        bms.set_external_temperature(0, Some(pack.temperature_c));
        bms.set_charger(plant.charger().is_some());
    }

    /// The same, and the device learns the state of charge.
    ///
    /// # Panics
    ///
    /// As [`PackFeed::feed`].
    pub fn start(&self, plant: &Plant, bms: &mut TinyBms) {
        self.feed(plant, bms);
        bms.set_charge(plant.pack(self.pack).soc);
    }

    /// Lets the switches of the device command the one of the pack: closed while either conducts. Which way current may flow
    /// through only one of them is not modelled.
    pub fn switch(&self, plant: &mut Plant, bms: &TinyBms) {
        plant.set_switch(self.pack, bms.load_switch_on() || bms.charger_switch_on());
    }
}
