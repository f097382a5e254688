//! One pack: source, R0, two RC pairs, temperature, path.

use super::chemistry::OcvCurve;
use super::config::{FusePlace, PackConfig, PlantError};
use super::fuse::Fuse;
use super::switch::{BODY_DIODE_V, Switch, SwitchKind};
use super::thermal::Body;

/// Share of the charge that a charging current stores.
pub const COULOMB_EFFICIENCY: f64 = 0.99;
const SECONDS_PER_HOUR: f64 = 3_600.0;
const KELVIN_AT_0_C: f64 = 273.15;
const REFERENCE_K: f64 = 298.15;
/// Activation energy over the gas constant, K.
const ACTIVATION_K: f64 = 20_000.0 / 8.314;
/// The resistances follow the temperature in steps of this many kelvin.
const TEMPERATURE_STEP_K: f64 = 0.02;
const CAPACITY_LOST_WHEN_WORN: f64 = 0.4;

/// R1 and R2 as parts of R0, and their time constants, s.
const PARTS_OF_R0: [f64; 2] = [0.6, 0.5];
/// Time constants of the two RC pairs, s.
pub(crate) const TIME_CONSTANTS_S: [f64; 2] = [30.0, 900.0];

/// How current gets past the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It does not.
    None,
    /// Through contact or precharge resistor.
    Contact,
    /// Through the body diode.
    Diode,
}

/// State of a pack.
#[derive(Debug, Clone)]
pub(crate) struct Pack {
    curve: OcvCurve,
    cells: f64,
    capacity_as: f64,
    pub(crate) soc: f64,
    open_circuit_v: f64,
    r0_reference_ohm: f64,
    r0_ohm: f64,
    relaxing: bool,
    pairs_ohm: [f64; 2],
    pairs_v: [f64; 2],
    factor_at_c: f64,
    /// Ohm between R0 and the tap, and from the tap to the bus without the switch.
    wiring_ohm: f64,
    behind_ohm: f64,
    pub(crate) body: Body,
    pub(crate) switch_body: Body,
    pub(crate) switch: Switch,
    pub(crate) fuse: Fuse,
    pub(crate) way: Way,
    /// Siemens from source to bus on the way taken, and the source it shows the bus.
    pub(crate) path_s: f64,
    pub(crate) seen_v: f64,
    pub(crate) current_a: f64,
    pub(crate) charged_as: f64,
    pub(crate) discharged_as: f64,
    pub(crate) cell_shorted: bool,
    pub(crate) extra_source_v: f64,
    pub(crate) extra_ohm: f64,
    pub(crate) sense_broken: bool,
    pub(crate) sense_shift_v: f64,
}

/// Where the energy of a step went, J.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) heat_j: f64,
    /// Taken by the source of an over-voltage fault.
    pub(crate) absorbed_j: f64,
}

impl Pack {
    pub(crate) fn new(
        index: usize,
        config: &PackConfig,
        ambient_c: f64,
    ) -> Result<Self, PlantError> {
        let curve = config.curve().ok_or(PlantError::OcvTable { pack: index })?;
        let mass = config
            .chemistry
            .pack_mass_kg(config.cells_in_series, config.capacity_ah);
        let fuse_before = config.fuse.place == FusePlace::BeforeTap;
        let (before, behind) = if fuse_before {
            (config.fuse.ohm, 0.0)
        } else {
            (0.0, config.fuse.ohm)
        };
        let health = 1.0 - CAPACITY_LOST_WHEN_WORN * config.age;
        let mut pack = Self {
            curve,
            cells: f64::from(config.cells_in_series),
            capacity_as: config.capacity_ah * health * SECONDS_PER_HOUR,
            soc: config.soc,
            open_circuit_v: 0.0,
            r0_reference_ohm: config.r0_at_25_c(),
            r0_ohm: 0.0,
            relaxing: config.relaxing,
            pairs_ohm: [0.0; 2],
            pairs_v: [0.0; 2],
            factor_at_c: 0.0,
            wiring_ohm: config.wiring_ohm + before,
            behind_ohm: behind + config.shunt_ohm + config.lead_ohm,
            body: Body::pack(config.temperature_c, ambient_c, mass, config.isothermal),
            switch_body: Body::switch(ambient_c),
            switch: Switch::new(config.switch),
            fuse: Fuse::new(config.fuse),
            way: Way::None,
            path_s: 0.0,
            seen_v: 0.0,
            current_a: 0.0,
            charged_as: 0.0,
            discharged_as: 0.0,
            cell_shorted: false,
            extra_source_v: 0.0,
            extra_ohm: 0.0,
            sense_broken: false,
            sense_shift_v: 0.0,
        };
        pack.refresh();
        Ok(pack)
    }

    /// Part of the cells that still work.
    fn working(&self) -> f64 {
        if self.cell_shorted {
            (self.cells - 1.0) / self.cells
        } else {
            1.0
        }
    }

    /// Everything that follows from state of charge, temperature and faults.
    pub(crate) fn refresh(&mut self) {
        self.factor_at_c = self.body.celsius;
        let kelvin = self.body.celsius + KELVIN_AT_0_C;
        let factor = libm::exp(ACTIVATION_K * (1.0 / kelvin - 1.0 / REFERENCE_K));
        self.r0_ohm = self.r0_reference_ohm * factor * self.working();
        self.pairs_ohm = PARTS_OF_R0.map(|part| part * self.r0_ohm);
        self.open_circuit_v = self.curve.volts(self.soc) * self.working();
    }

    /// Open-circuit volts, without relaxation.
    pub(crate) fn open_circuit_v(&self) -> f64 {
        self.open_circuit_v + self.extra_source_v
    }

    /// Volts behind R0: open circuit and relaxation.
    pub(crate) fn source_v(&self) -> f64 {
        self.open_circuit_v() + self.pairs_v[0] + self.pairs_v[1]
    }

    /// Ohm up to the point where the voltage is taken.
    pub(crate) fn path_ohm(&self) -> f64 {
        self.r0_ohm + self.wiring_ohm + self.extra_ohm
    }

    /// Ohm from there to the bus, with a closed switch (or the precharge resistor while that is what conducts).
    pub(crate) fn behind_ohm(&self) -> f64 {
        self.behind_ohm + self.switch.ohm().unwrap_or(self.switch.config.ohm)
    }

    /// Chooses the way for current, and what the bus sees through it. The diode conducts only when it would both where the
    /// bus is and where it is going, so no transient ever pulls current through it the wrong way.
    pub(crate) fn choose_way(&mut self, held_v: f64, settled_v: f64, may_begin: bool) -> bool {
        let may_conduct = may_begin || self.way == Way::Diode;
        let source = self.source_v();
        let contact = self.switch.ohm().is_some();
        let (way, seen) = if self.fuse.blown {
            (Way::None, source)
        } else if contact {
            (Way::Contact, source)
        } else {
            match self.switch.config.kind {
                _ if !may_conduct => (Way::None, source),
                SwitchKind::DiodeCharge if held_v.min(settled_v) > source + BODY_DIODE_V => {
                    (Way::Diode, source + BODY_DIODE_V)
                }
                SwitchKind::DiodeDischarge if held_v.max(settled_v) < source - BODY_DIODE_V => {
                    (Way::Diode, source - BODY_DIODE_V)
                }
                _ => (Way::None, source),
            }
        };
        let changed = way != self.way;
        self.way = way;
        self.seen_v = seen;
        self.path_s = match way {
            Way::None => 0.0,
            Way::Contact | Way::Diode => 1.0 / (self.path_ohm() + self.behind_ohm()),
        };
        changed
    }

    /// Ohm the pack would have towards the bus if its contact closed now.
    pub(crate) fn closing_ohm(&self) -> f64 {
        self.path_ohm() + self.behind_ohm + self.switch.config.ohm
    }

    /// Volts at the tap, with this bus.
    pub(crate) fn tap_v(&self, bus_v: f64) -> f64 {
        let before_tap = self.fuse.config.place == FusePlace::BeforeTap;
        match (self.fuse.blown && before_tap, self.switch.ohm().is_some()) {
            (true, true) => bus_v,
            (true, false) => 0.0,
            (false, _) => self.source_v() + self.current_a * self.path_ohm(),
        }
    }

    /// Volts at the sense pin of the sensor.
    pub(crate) fn sensed_v(&self, bus_v: f64) -> f64 {
        if self.sense_broken {
            0.0
        } else {
            self.tap_v(bus_v) + self.sense_shift_v
        }
    }

    /// Energy in cells and RC pairs, J, counted from empty.
    pub(crate) fn stored_j(&self) -> f64 {
        let cells = self.capacity_as * self.curve.integral(self.soc) * self.working();
        let pair = |k: usize| {
            let volts: f64 = self.pairs_v[k];
            0.5 * TIME_CONSTANTS_S[k] * volts * volts / self.pairs_ohm[k]
        };
        cells + pair(0) + pair(1)
    }

    /// One step with these means of current and current squared; `kept` is what an RC pair keeps of its voltage.
    /// The answer says whether the fuse melted.
    pub(crate) fn carry(
        &mut self,
        seconds: f64,
        mean_a: f64,
        mean_square: f64,
        kept: [f64; 2],
    ) -> (Spent, bool) {
        let charge = mean_a * seconds;
        let mut cell_heat = self.r0_ohm * mean_square * seconds;
        let stored = if charge > 0.0 {
            self.charged_as += charge;
            cell_heat += (1.0 - COULOMB_EFFICIENCY) * charge * self.open_circuit_v;
            charge * COULOMB_EFFICIENCY
        } else {
            self.discharged_as -= charge;
            charge
        };
        self.soc += stored / self.capacity_as;
        if self.relaxing {
            for ((volts, ohm), kept) in self.pairs_v.iter_mut().zip(self.pairs_ohm).zip(kept) {
                let before = *volts;
                *volts = before * kept + (1.0 - kept) * ohm * mean_a;
                let middle = 0.5 * (before + *volts);
                cell_heat += middle * middle / ohm * seconds;
            }
        }
        let mut spent = Spent {
            heat_j: cell_heat,
            absorbed_j: self.extra_source_v * charge,
        };
        let mut switch_heat = 0.0;
        let mut melted = false;
        if self.way != Way::None {
            let path = self.wiring_ohm + self.extra_ohm + self.behind_ohm();
            spent.heat_j += path * mean_square * seconds;
            let switch_ohm = self.switch.ohm().unwrap_or(self.switch.config.ohm);
            switch_heat = switch_ohm * mean_square * seconds;
            if self.way == Way::Diode {
                let drop = BODY_DIODE_V * charge.abs();
                spent.heat_j += drop;
                switch_heat += drop;
            }
            melted = self.fuse.carry(mean_square, seconds);
        } else {
            self.fuse.carry(0.0, seconds);
        }
        self.body.heat(cell_heat, seconds);
        self.switch_body.heat(switch_heat, seconds);
        if (self.body.celsius - self.factor_at_c).abs() > TEMPERATURE_STEP_K {
            self.refresh();
        } else {
            self.open_circuit_v = self.curve.volts(self.soc) * self.working();
        }
        (spent, melted)
    }
}
