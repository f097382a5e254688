//! Parameters: every limit and time of the decision, one validated struct (`docs/parameters.md`).
//!
//! The defaults fit a 24 V class NMC pack of 10 A. A set of parameters is used only when it is valid as a whole; see
//! [`Params::check`].

mod check;
mod fields;
mod record;

use battery_units::{DeciCelsius, Milliamps, Milliohms, Millivolts, Percent, Permille};

pub use check::{ParamError, Problem};
pub use fields::{Choice, Field};
pub use record::{CONFIG_MAX, ConfigError};

/// Which cells the packs are made of; sets the six voltages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Chemistry {
    /// Seven NMC cells in series.
    Nmc,
    /// Eight LFP cells in series.
    Lfp,
    /// Eleven LTO cells in series.
    Lto,
    /// Twelve lead-acid cells in series.
    LeadAcid,
}

/// Which way an open switch still conducts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SwitchKind {
    /// Blocks both ways when open: a relay, or two transistors back to back.
    #[default]
    Bidirectional,
    /// A body diode lets the pack be charged through the open switch.
    DiodeCharge,
    /// A body diode lets the pack be discharged through the open switch.
    DiodeDischarge,
}

/// What happens to the last pack on the bus when it has a soft fault (rule D12).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LastPackPolicy {
    /// Any fault opens it.
    Safety,
    /// Soft under-voltage, imbalance and wear do not; hard faults always do.
    #[default]
    RideThrough,
}

/// Which pack is the first on a dead bus (rule D4).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Anchor {
    /// The fullest when discharging, the emptiest when charging, a member of the largest set when idle.
    #[default]
    ByMode,
    /// A member of the largest set of packs that fit together, by capacity.
    LargestSet,
}

/// All limits and times of the decision. Field names carry no unit where the type does; times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Params {
    /// Nominal step period, 20 to 1000 ms.
    pub tick_ms: u32,
    /// A pack below this never joins; a connected one is opened.
    pub v_uv_abs: Millivolts,
    /// Soft under-voltage: no discharge below.
    pub v_uv: Millivolts,
    /// A pack that tripped on under-voltage joins again above this.
    pub v_uv_rec: Millivolts,
    /// A pack that tripped on over-voltage joins again below this; charging, no pack joins above it.
    pub v_ov_rec: Millivolts,
    /// Soft over-voltage: no charge above.
    pub v_ov: Millivolts,
    /// Absolute over-voltage: opens at once and latches.
    pub v_ov_abs: Millivolts,
    /// Largest continuous discharge current of one pack, a magnitude.
    pub i_dis_max: Milliamps,
    /// Largest continuous charge current of one pack.
    pub i_chg_max: Milliamps,
    /// Hard over-current is this share of the largest current.
    pub k_oc: Permille,
    /// Time allowed between the largest and the hard current.
    pub t_oc_soft_ms: u32,
    /// Largest circulating current at no load that a join may cause.
    pub i_circ_max: Milliamps,
    /// Absolute cap on the voltage difference of a join: a second barrier.
    pub dv_max: Millivolts,
    /// Path resistance of a pack until it was measured.
    pub r_nom: Milliohms,
    /// The true resistance lies inside `r_nom` × (1 ± this).
    pub r_err: Permille,
    /// Resistor of the pre-charge path; zero where none is fitted.
    pub r_pre: Milliohms,
    /// Uncertainty of a voltage difference between two packs.
    pub dv_err: Millivolts,
    /// Time constant with which a pack relaxes after it was opened.
    pub t_rest_ms: u32,
    /// Wait after each join before judging it or making another.
    pub t_settle_ms: u32,
    /// Time to gather packs before the load is permitted.
    pub t_form_ms: u32,
    /// First back-off after a fault; doubles with each further one.
    pub t_backoff0_ms: u32,
    /// Longest back-off.
    pub t_backoff_max_ms: u32,
    /// Fault score that latches a pack.
    pub n_lock: u8,
    /// Healthy time that forgives one fault.
    pub t_decay_ms: u32,
    /// Closings allowed to one pack in any hour.
    pub closes_per_hour_pack: u16,
    /// Closings allowed to the whole rack in any hour; `None` is the larger of 60 and four a pack.
    pub closes_per_hour_fleet: Option<u16>,
    /// Opening above this current may damage the switch.
    pub i_break_max: Milliamps,
    /// Wait for the load to be shed before opening anyway.
    pub t_shed_ms: u32,
    /// A sample older than this justifies no join.
    pub age_soft_ms: u32,
    /// A pack whose sample is older than this is opened.
    pub age_hard_ms: u32,
    /// Consecutive implausible samples that may be dropped.
    pub k_reject: u8,
    /// Change from sample to sample that is called implausible.
    pub dv_jump: Percent,
    /// Current on an open switch above which it is called stuck closed.
    pub i_leak: Milliamps,
    /// New samples that must show the leak.
    pub t_leak_samples: u8,
    /// Current on a closed switch below which it may be stuck open.
    pub i_open: Milliamps,
    /// New samples that must show the missing current.
    pub t_open_samples: u8,
    /// What an open switch still lets through.
    pub switch_kind: SwitchKind,
    /// Lowest temperature for charging.
    pub t_chg_min: DeciCelsius,
    /// Highest temperature for charging.
    pub t_chg_max: DeciCelsius,
    /// Lowest temperature for discharging.
    pub t_dis_min: DeciCelsius,
    /// Highest temperature for discharging.
    pub t_dis_max: DeciCelsius,
    /// What a soft fault does to the last pack on the bus.
    pub last_pack_policy: LastPackPolicy,
    /// First pack on a dead bus.
    pub anchor: Anchor,
    /// Load to expect on a dead bus, a magnitude; zero is unknown.
    pub i_load_expect: Milliamps,
    /// Bus current that separates charging, idle and discharging.
    pub mode_hyst: Milliamps,
    /// How long the bus current must speak for another mode.
    pub mode_hyst_ms: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            tick_ms: 100,
            v_uv_abs: Millivolts::new(21_000),
            v_uv: Millivolts::new(24_000),
            v_uv_rec: Millivolts::new(25_000),
            v_ov_rec: Millivolts::new(29_000),
            v_ov: Millivolts::new(29_600),
            v_ov_abs: Millivolts::new(30_000),
            i_dis_max: Milliamps::new(10_000),
            i_chg_max: Milliamps::new(10_000),
            k_oc: Permille::new(1_400),
            t_oc_soft_ms: 2_000,
            i_circ_max: Milliamps::new(5_000),
            dv_max: Millivolts::new(1_000),
            r_nom: Milliohms::new(60),
            r_err: Permille::new(400),
            r_pre: Milliohms::new(0),
            dv_err: Millivolts::new(20),
            t_rest_ms: 300_000,
            t_settle_ms: 500,
            t_form_ms: 5_000,
            t_backoff0_ms: 10_000,
            t_backoff_max_ms: 900_000,
            n_lock: 5,
            t_decay_ms: 3_600_000,
            closes_per_hour_pack: 12,
            closes_per_hour_fleet: None,
            i_break_max: Milliamps::new(20_000),
            t_shed_ms: 3_000,
            age_soft_ms: 300,
            age_hard_ms: 1_000,
            k_reject: 3,
            dv_jump: Percent::new(30),
            i_leak: Milliamps::new(200),
            t_leak_samples: 3,
            i_open: Milliamps::new(50),
            t_open_samples: 5,
            switch_kind: SwitchKind::Bidirectional,
            t_chg_min: DeciCelsius::new(0),
            t_chg_max: DeciCelsius::new(450),
            t_dis_min: DeciCelsius::new(-200),
            t_dis_max: DeciCelsius::new(550),
            last_pack_policy: LastPackPolicy::RideThrough,
            anchor: Anchor::ByMode,
            i_load_expect: Milliamps::ZERO,
            mode_hyst: Milliamps::new(500),
            mode_hyst_ms: 2_000,
        }
    }
}

impl Params {
    /// The defaults with the six voltages of another chemistry in the 24 V class.
    ///
    /// These are start values; the data sheet of the cells rules.
    #[must_use]
    pub fn for_chemistry(chemistry: Chemistry) -> Self {
        let [v_uv_abs, v_uv, v_uv_rec, v_ov_rec, v_ov, v_ov_abs] = match chemistry {
            Chemistry::Nmc => [21_000, 24_000, 25_000, 29_000, 29_600, 30_000],
            Chemistry::Lfp => [20_000, 22_400, 23_400, 27_600, 28_400, 29_200],
            Chemistry::Lto => [19_800, 22_000, 23_100, 28_600, 29_700, 30_800],
            Chemistry::LeadAcid => [21_000, 22_200, 23_400, 27_600, 28_800, 30_000],
        }
        .map(Millivolts::new);
        Self {
            v_uv_abs,
            v_uv,
            v_uv_rec,
            v_ov_rec,
            v_ov,
            v_ov_abs,
            ..Self::default()
        }
    }

    /// Closings allowed to a rack of `packs` packs in any hour.
    #[must_use]
    pub fn closes_per_hour_of_fleet(&self, packs: usize) -> u32 {
        match self.closes_per_hour_fleet {
            Some(closes) => closes.into(),
            None => u32::try_from(packs)
                .unwrap_or(u32::MAX)
                .saturating_mul(4)
                .max(60),
        }
    }

    /// Below this nothing holds a bus, and no pack stands behind a sensor.
    pub(crate) fn half_floor(&self) -> Millivolts {
        Millivolts::new(self.v_uv_abs.get() >> 1)
    }

    /// Hard discharge trip: a magnitude.
    #[must_use]
    pub fn hard_discharge(&self) -> Milliamps {
        self.scaled_by_k_oc(self.i_dis_max)
    }

    /// Hard charge trip.
    #[must_use]
    pub fn hard_charge(&self) -> Milliamps {
        self.scaled_by_k_oc(self.i_chg_max)
    }

    fn scaled_by_k_oc(&self, current: Milliamps) -> Milliamps {
        let scaled = i64::from(current.get()).saturating_mul(self.k_oc.get().into());
        Milliamps::new(crate::arith::narrow(crate::arith::floor_div(scaled, 1_000)))
    }
}
