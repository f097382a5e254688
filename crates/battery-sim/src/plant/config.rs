//! What a plant is made of: packs, paths, switches, fuses, bus.

use core::fmt;

use super::chemistry::{Chemistry, OcvCurve};
use super::switch::SwitchKind;

/// Part of the path resistance of a measured pack that is taken for wiring and fuse rather than cells.
const WIRING_SHARE: f64 = 1.0 / 6.0;
const WIRING_LEAST_OHM: f64 = 0.002;
const WIRING_MOST_OHM: f64 = 0.020;

/// Where the voltage is tapped, seen from the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FusePlace {
    /// Cells, fuse, tap, switch: with the fuse blown the tap follows the bus, or nothing when the switch is open.
    BeforeTap,
    /// Cells, tap, fuse, switch: with the fuse blown the tap goes on showing the pack.
    BehindTap,
}

/// A fuse in the path of a pack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FuseConfig {
    /// Resistance, ohm.
    pub ohm: f64,
    /// Current it carries for ever, A.
    pub rating_a: f64,
    /// What it takes above the rating until it melts, A²s.
    pub melting_a2s: f64,
    /// Before or behind the point where the voltage is taken.
    pub place: FusePlace,
}

/// The switch of a pack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwitchConfig {
    /// Resistance when closed, ohm; 1 to 10 mΩ are usual.
    pub ohm: f64,
    /// What flows through it when it is open.
    pub kind: SwitchKind,
    /// Time from a command to the contact, s.
    pub operate_s: f64,
    /// Largest peak it closes on without welding, A.
    pub make_rating_a: f64,
    /// Largest current it breaks without welding, A.
    pub break_rating_a: f64,
    /// Resistor of the precharge path, where one is fitted, ohm; 1 to 50 Ω are usual.
    pub precharge_ohm: Option<f64>,
}

/// One pack and everything between its cells and the bus.
#[derive(Debug, Clone, PartialEq)]
pub struct PackConfig {
    /// Cells.
    pub chemistry: Chemistry,
    /// Number of cells in series.
    pub cells_in_series: u32,
    /// Capacity when new, Ah.
    pub capacity_ah: f64,
    /// State of charge at the start, `0.0..=1.0`.
    pub soc: f64,
    /// Temperature at the start, degrees Celsius.
    pub temperature_c: f64,
    /// Holds the temperature: an acceptance run that needs R inside its band would else leave it by warming up.
    pub isothermal: bool,
    /// 0.0 is new, 1.0 worn out: R times 2.5, capacity times 0.6.
    pub age: f64,
    /// R0 of the whole pack at 25 degrees Celsius as it is now, ohm; it replaces the value from chemistry and age.
    pub r0_ohm: Option<f64>,
    /// Open-circuit volts of a cell at equally spaced points from empty to full, instead of the generic table.
    pub ocv_table: Option<Vec<f64>>,
    /// Added to the open-circuit voltage of the pack at every state of charge, V.
    pub ocv_shift_v: f64,
    /// Whether the two RC pairs are there; without them the pack is a source behind R0.
    pub relaxing: bool,
    /// Wiring between the cells and the point where the voltage is taken, without the fuse, ohm.
    pub wiring_ohm: f64,
    /// Fuse.
    pub fuse: FuseConfig,
    /// Shunt, behind the point where the voltage is taken, ohm.
    pub shunt_ohm: f64,
    /// Switch, behind the shunt.
    pub switch: SwitchConfig,
    /// Lead from the switch to the common node, ohm.
    pub lead_ohm: f64,
}

impl PackConfig {
    /// A new 24 V class pack of 20 Ah, half full, at 25 degrees Celsius.
    #[must_use]
    pub fn new(chemistry: Chemistry) -> Self {
        Self {
            chemistry,
            cells_in_series: chemistry.cells_in_24_v_class(),
            capacity_ah: 20.0,
            soc: 0.5,
            temperature_c: 25.0,
            isothermal: false,
            age: 0.0,
            r0_ohm: None,
            ocv_table: None,
            ocv_shift_v: 0.0,
            relaxing: true,
            wiring_ohm: 0.006,
            fuse: FuseConfig {
                ohm: 0.002,
                rating_a: 30.0,
                melting_a2s: 5_000.0,
                place: FusePlace::BeforeTap,
            },
            shunt_ohm: 0.002,
            switch: SwitchConfig {
                ohm: 0.005,
                kind: SwitchKind::Bidirectional,
                operate_s: 0.0,
                make_rating_a: 1_000.0,
                break_rating_a: 200.0,
                precharge_ohm: None,
            },
            lead_ohm: 0.002,
        }
    }

    /// A pack that rests at exactly this voltage, with this resistance up to the point where the voltage is taken.
    ///
    /// The state of charge is where the table has this voltage. Outside the table the pack is full (or empty) and its whole
    /// table is shifted. Measured hours of a rack give the two figures: start voltage and path resistance.
    #[must_use]
    pub fn from_start(voltage_v: f64, path_resistance_ohm: f64, chemistry: Chemistry) -> Self {
        let mut pack = Self::new(chemistry);
        let wiring = (path_resistance_ohm * WIRING_SHARE).clamp(WIRING_LEAST_OHM, WIRING_MOST_OHM);
        pack.set_path_ohm(path_resistance_ohm, wiring.min(0.5 * path_resistance_ohm));
        if let Some(curve) = pack.curve() {
            pack.soc = curve.soc_at(voltage_v);
            pack.ocv_shift_v = voltage_v - curve.volts(pack.soc);
        }
        pack
    }

    /// Divides a resistance up to the tap: this much wiring and fuse, the rest is R0. A fuse behind the tap comes on top.
    pub fn set_path_ohm(&mut self, total: f64, wiring_and_fuse: f64) {
        self.r0_ohm = Some(total - wiring_and_fuse);
        match self.fuse.place {
            FusePlace::BehindTap => self.wiring_ohm = wiring_and_fuse,
            FusePlace::BeforeTap => {
                self.fuse.ohm = self.fuse.ohm.min(wiring_and_fuse);
                self.wiring_ohm = wiring_and_fuse - self.fuse.ohm;
            }
        }
    }

    /// Ohm up to the point where the voltage is taken, at 25 degrees Celsius: what the safety core calls R.
    #[must_use]
    pub fn path_ohm_at_25_c(&self) -> f64 {
        let fuse = match self.fuse.place {
            FusePlace::BeforeTap => self.fuse.ohm,
            FusePlace::BehindTap => 0.0,
        };
        self.r0_at_25_c() + self.wiring_ohm + fuse
    }

    /// Volts without any current, before the first step.
    #[must_use]
    pub fn rest_voltage_v(&self) -> f64 {
        self.curve().map_or(0.0, |curve| curve.volts(self.soc))
    }

    pub(crate) fn r0_at_25_c(&self) -> f64 {
        let new = self.chemistry.cell_ohm_ah() * f64::from(self.cells_in_series) / self.capacity_ah;
        self.r0_ohm.unwrap_or(new * (1.0 + 1.5 * self.age))
    }

    pub(crate) fn curve(&self) -> Option<OcvCurve> {
        let table = self
            .ocv_table
            .as_deref()
            .unwrap_or_else(|| self.chemistry.cell_table());
        OcvCurve::new(table, f64::from(self.cells_in_series), self.ocv_shift_v)
    }

    fn check(&self, index: usize) -> Result<(), PlantError> {
        let field = |name, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(PlantError::OutOfRange {
                    pack: Some(index),
                    field: name,
                    value,
                })
            }
        };
        field(
            "cells_in_series",
            f64::from(self.cells_in_series),
            1.0,
            32.0,
        )?;
        field("capacity_ah", self.capacity_ah, 0.01, 10_000.0)?;
        field("soc", self.soc, 0.0, 1.0)?;
        field("temperature_c", self.temperature_c, -50.0, 150.0)?;
        field("age", self.age, 0.0, 1.0)?;
        field("r0_ohm", self.r0_at_25_c(), 1e-5, 100.0)?;
        field("ocv_shift_v", self.ocv_shift_v, -50.0, 50.0)?;
        field("wiring_ohm", self.wiring_ohm, 0.0, 100.0)?;
        field("fuse.ohm", self.fuse.ohm, 0.0, 100.0)?;
        field("fuse.rating_a", self.fuse.rating_a, 0.0, 1e6)?;
        field("fuse.melting_a2s", self.fuse.melting_a2s, 1e-6, 1e12)?;
        field("shunt_ohm", self.shunt_ohm, 0.0, 1.0)?;
        field("switch.ohm", self.switch.ohm, 0.0, 100.0)?;
        field("switch.operate_s", self.switch.operate_s, 0.0, 60.0)?;
        field("switch.make_rating_a", self.switch.make_rating_a, 0.0, 1e6)?;
        field(
            "switch.break_rating_a",
            self.switch.break_rating_a,
            0.0,
            1e6,
        )?;
        let precharge = self.switch.precharge_ohm.unwrap_or(1.0);
        field("switch.precharge_ohm", precharge, 0.01, 1e4)?;
        field("lead_ohm", self.lead_ohm, 0.0, 100.0)?;
        match self.curve() {
            Some(_) => Ok(()),
            None => Err(PlantError::OcvTable { pack: index }),
        }
    }
}

/// A whole plant.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantConfig {
    /// Packs in the order of their indices.
    pub packs: Vec<PackConfig>,
    /// Capacitance at the common node, `0.0..=0.1` F; 0 to 20 mF are usual.
    pub bus_capacitance_f: f64,
    /// Sense dividers and leakage at the node, ohm: what lets an abandoned bus die.
    pub bleed_ohm: f64,
    /// Longest step of the calculation, 1 ms to 10 ms, s.
    pub step_s: f64,
    /// Temperature around everything, degrees Celsius.
    pub ambient_c: f64,
    /// Seed of what is drawn at random around the plant (sensor errors of a rack); the plant itself draws nothing.
    pub seed: u64,
}

impl PlantConfig {
    /// These packs on a bus of 1 mF and 10 kΩ at 25 degrees Celsius, in steps of 10 ms.
    #[must_use]
    pub fn new(packs: Vec<PackConfig>) -> Self {
        Self {
            packs,
            bus_capacitance_f: 1e-3,
            bleed_ohm: 10_000.0,
            step_s: 0.010,
            ambient_c: 25.0,
            seed: 0,
        }
    }

    pub(crate) fn check(&self) -> Result<(), PlantError> {
        let field = |name, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(PlantError::OutOfRange {
                    pack: None,
                    field: name,
                    value,
                })
            }
        };
        field("bus_capacitance_f", self.bus_capacitance_f, 0.0, 0.1)?;
        field("bleed_ohm", self.bleed_ohm, 10.0, 1e7)?;
        field("step_s", self.step_s, 0.001, 0.010)?;
        field("ambient_c", self.ambient_c, -50.0, 100.0)?;
        for (index, pack) in self.packs.iter().enumerate() {
            pack.check(index)?;
        }
        Ok(())
    }
}

/// Why a plant cannot be built.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PlantError {
    /// A value is not a number or outside its range.
    OutOfRange {
        /// Index of the pack, or the plant as a whole.
        pack: Option<usize>,
        /// Name of the field.
        field: &'static str,
        /// What was given.
        value: f64,
    },
    /// The open-circuit table has fewer than two points or does not rise from point to point.
    OcvTable {
        /// Index of the pack.
        pack: usize,
    },
}

impl fmt::Display for PlantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange {
                pack: Some(pack),
                field,
                value,
            } => write!(f, "pack {pack}: {field} is out of range: {value}"),
            Self::OutOfRange { field, value, .. } => {
                write!(f, "{field} is out of range: {value}")
            }
            Self::OcvTable { pack } => {
                write!(f, "pack {pack}: the open-circuit table does not rise")
            }
        }
    }
}

impl core::error::Error for PlantError {}
