//! Cell chemistries: open-circuit voltage over the state of charge, resistance, mass.
//!
//! Tables and resistances are the generic ones of the safety requirements, section 8; a table of one's own replaces them.

/// Watt-hours a kilogram of whole packs holds, generic values; they decide only how fast a pack warms up.
const SPECIFIC_ENERGY: [f64; 4] = [150.0, 110.0, 65.0, 35.0];

/// Kind of cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chemistry {
    /// Lithium nickel manganese cobalt oxide; 7 cells in the 24 V class.
    Nmc,
    /// Lithium iron phosphate; 8 cells.
    Lfp,
    /// Lithium titanate; 11 cells.
    Lto,
    /// Lead-acid; 12 cells of 2 V.
    LeadAcid,
}

impl Chemistry {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nmc, Self::Lfp, Self::Lto, Self::LeadAcid];

    /// Cells in series of a 24 V class pack.
    #[must_use]
    pub fn cells_in_24_v_class(self) -> u32 {
        match self {
            Self::Nmc => 7,
            Self::Lfp => 8,
            Self::Lto => 11,
            Self::LeadAcid => 12,
        }
    }

    /// Open-circuit volts of a cell at SOC 0, 10 ... 100 %.
    #[must_use]
    pub fn cell_table(self) -> &'static [f64; 11] {
        match self {
            Self::Nmc => &[
                3.00, 3.45, 3.55, 3.60, 3.64, 3.68, 3.75, 3.84, 3.94, 4.05, 4.18,
            ],
            Self::Lfp => &[
                2.60, 3.16, 3.22, 3.25, 3.27, 3.28, 3.29, 3.31, 3.32, 3.33, 3.40,
            ],
            Self::Lto => &[
                2.00, 2.14, 2.18, 2.20, 2.23, 2.26, 2.31, 2.37, 2.45, 2.52, 2.70,
            ],
            Self::LeadAcid => &[
                1.94, 1.97, 2.00, 2.02, 2.04, 2.06, 2.07, 2.09, 2.10, 2.11, 2.13,
            ],
        }
    }

    /// Ohm times ampere-hours of a new cell at 25 degrees Celsius.
    #[must_use]
    pub fn cell_ohm_ah(self) -> f64 {
        match self {
            Self::Nmc => 0.090,
            Self::Lfp => 0.060,
            Self::Lto => 0.045,
            Self::LeadAcid => 0.120,
        }
    }

    /// Mass of a pack in kilograms, from its capacity and cell count.
    #[must_use]
    pub fn pack_mass_kg(self, cells: u32, capacity_ah: f64) -> f64 {
        let middle = self.cell_table()[5];
        middle * f64::from(cells) * capacity_ah / SPECIFIC_ENERGY[self as usize]
    }
}

/// Open-circuit voltage of a whole pack, linear between equally spaced points from empty to full.
///
/// Below empty and above full the outermost segments go on in a straight line: a cell that is emptied further goes on falling.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OcvCurve {
    volts: Vec<f64>,
    /// Integral of the curve from empty up to each point, volts.
    integral: Vec<f64>,
    intervals: f64,
}

impl OcvCurve {
    /// From volts of a cell at equally spaced points; `None` unless there are two or more, finite and rising.
    pub(crate) fn new(cell_table: &[f64], cells: f64, shift_v: f64) -> Option<Self> {
        let rising = cell_table.windows(2).all(|pair| pair[0] < pair[1]);
        let finite = cell_table.iter().all(|volts| volts.is_finite());
        if cell_table.len() < 2 || !rising || !finite {
            return None;
        }
        let volts: Vec<f64> = cell_table
            .iter()
            .map(|volts| volts * cells + shift_v)
            .collect();
        let intervals = (volts.len() - 1) as f64;
        let mut sum = 0.0;
        let mut integral = vec![0.0];
        for pair in volts.windows(2) {
            sum += 0.5 * (pair[0] + pair[1]) / intervals;
            integral.push(sum);
        }
        Some(Self {
            volts,
            integral,
            intervals,
        })
    }

    /// Index of the segment and how far into it, in lengths of a segment.
    fn locate(&self, soc: f64) -> (usize, f64) {
        let position = soc * self.intervals;
        // A cast from float saturates: what is below empty lands in the first segment.
        let segment = (position as usize).min(self.volts.len() - 2);
        (segment, position - segment as f64)
    }

    /// Volts at this state of charge.
    pub(crate) fn volts(&self, soc: f64) -> f64 {
        let (segment, part) = self.locate(soc);
        let low = self.volts[segment];
        low + (self.volts[segment + 1] - low) * part
    }

    /// Volts times state of charge between empty and here; times the capacity it is the stored energy.
    pub(crate) fn integral(&self, soc: f64) -> f64 {
        let (segment, part) = self.locate(soc);
        let low = self.volts[segment];
        let rise = self.volts[segment + 1] - low;
        self.integral[segment] + (low + 0.5 * rise * part) * part / self.intervals
    }

    /// State of charge in `0.0..=1.0` with this voltage; outside the table its nearest end.
    pub(crate) fn soc_at(&self, volts: f64) -> f64 {
        for (segment, pair) in self.volts.windows(2).enumerate() {
            if volts < pair[1] {
                let part = (volts - pair[0]) / (pair[1] - pair[0]);
                return ((segment as f64 + part) / self.intervals).max(0.0);
            }
        }
        1.0
    }
}
