//! Random fleets for A2 and A3: every pack anywhere inside the bands that the core is told.

use battery_sim::plant::{Chemistry as Cells, PackConfig, Random};
use parallelator_core::{Anchor, Chemistry, Params};

/// The parameters' own limit of a pack, A.
pub const LARGEST_LIMIT_A: f64 = 10.0;
/// No pack of a fleet with limits of its own carries less, A: `i_circ_max` may not be above it.
const LEAST_LIMIT_A: f64 = 5.0;

/// How the path resistances of a fleet are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// Evenly over the band.
    Anywhere,
    /// One end of the band or the other: no draw is harder on a predictor that knows the middle only.
    Ends,
}

/// What the packs of a fleet are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Seed of everything about the fleet.
    pub seed: u64,
    /// Number of packs.
    pub packs: usize,
    /// Kind of cell.
    pub cells: Cells,
    /// State of charge, from and to.
    pub soc: (f64, f64),
    /// Path resistances.
    pub paths: Paths,
    /// No ohm behind the point where the voltage is taken: nothing but R limits a current between two packs.
    pub bare: bool,
    /// Packs have limits of their own, by capacity.
    pub own_limits: bool,
    /// Capacities, Ah, from and to.
    pub capacity_ah: (f64, f64),
    /// First pack on a dead bus.
    pub anchor: Anchor,
}

/// Largest currents of a pack, A.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Out of the pack.
    pub discharge_a: f64,
    /// Into it.
    pub charge_a: f64,
}

/// A drawn fleet.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The packs of the plant.
    pub packs: Vec<PackConfig>,
    /// Their limits.
    pub limits: Vec<Limits>,
    /// What the core is told.
    pub params: Params,
}

/// The parameters of this kind of cell.
pub fn params_of(cells: Cells) -> Params {
    Params::for_chemistry(match cells {
        Cells::Nmc => Chemistry::Nmc,
        Cells::Lfp => Chemistry::Lfp,
        Cells::Lto => Chemistry::Lto,
        Cells::LeadAcid => Chemistry::LeadAcid,
    })
}

impl Draw {
    /// A fleet as A3 describes it.
    pub fn new(seed: u64, packs: usize, cells: Cells, soc: (f64, f64)) -> Self {
        Self {
            seed,
            packs,
            cells,
            soc,
            paths: Paths::Anywhere,
            bare: false,
            own_limits: false,
            capacity_ah: (15.0, 30.0),
            anchor: Anchor::ByMode,
        }
    }

    /// Draws the packs. Their temperature is held: R stays where it was drawn.
    pub fn fleet(&self) -> Fleet {
        let mut random = Random::new(self.seed);
        let mut params = params_of(self.cells);
        params.anchor = self.anchor;
        let nominal = f64::from(params.r_nom.get()) / 1_000.0;
        let band = f64::from(params.r_err.get()) / 1_000.0;
        let mut limits = Vec::new();
        let packs = (0..self.packs)
            .map(|_| {
                let mut pack = PackConfig::new(self.cells);
                pack.isothermal = true;
                pack.capacity_ah = random.between(self.capacity_ah.0, self.capacity_ah.1);
                pack.soc = random.between(self.soc.0, self.soc.1);
                let deviation = match self.paths {
                    Paths::Anywhere => random.within(band),
                    Paths::Ends => band.copysign(random.unit() - 0.5),
                };
                let path = nominal * (1.0 + deviation);
                pack.set_path_ohm(path, random.between(0.002, 0.020).min(0.5 * path));
                if self.bare {
                    pack.shunt_ohm = 0.0;
                    pack.lead_ohm = 0.0;
                    pack.switch.ohm = 0.0;
                } else {
                    pack.switch.ohm = random.between(0.001, 0.010);
                }
                let own = if self.own_limits {
                    (pack.capacity_ah / 3.0).clamp(LEAST_LIMIT_A, LARGEST_LIMIT_A)
                } else {
                    LARGEST_LIMIT_A
                };
                limits.push(Limits {
                    discharge_a: own,
                    charge_a: own,
                });
                pack
            })
            .collect();
        Fleet {
            packs,
            limits,
            params,
        }
    }
}
