//! Validation of a whole set of parameters: every fault is reported, each with its field.

use core::fmt;

use crate::{arith::ceil_div, precharge::TIME_OUT_MS};

use super::Params;

/// What is wrong with one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Problem {
    /// The value lies outside its own range.
    OutsideRange {
        /// Smallest value allowed.
        min: i64,
        /// Largest value allowed.
        max: i64,
    },
    /// The value must lie below another parameter.
    NotBelow {
        /// The other parameter.
        other: &'static str,
        /// Its value.
        limit: i64,
    },
    /// The value must not exceed another parameter or what follows from others.
    Above {
        /// The other parameter, or the rule.
        other: &'static str,
        /// Its value.
        limit: i64,
    },
    /// The value must reach what follows from others.
    TooSmall {
        /// The rule.
        rule: &'static str,
        /// The smallest value that fits the others.
        limit: i64,
    },
}

/// One parameter that cannot be used, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ParamError {
    /// Public name of the parameter.
    pub field: &'static str,
    /// The value that was refused.
    pub value: i64,
    /// Why.
    pub problem: Problem,
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, .. } = self;
        match self.problem {
            Problem::OutsideRange { min, max } => {
                write!(f, "{field}: {value} is outside {min} to {max}")
            }
            Problem::NotBelow { other, limit } => {
                write!(f, "{field}: {value} is not below {other} {limit}")
            }
            Problem::Above { other, limit } => {
                write!(f, "{field}: {value} is above {other} {limit}")
            }
            Problem::TooSmall { rule, limit } => {
                write!(f, "{field}: {value} is too small, {rule} asks for {limit}")
            }
        }
    }
}

impl core::error::Error for ParamError {}

impl Params {
    /// Whether the parameters can be used: each inside its range, all of them in agreement.
    ///
    /// # Errors
    /// The first fault; [`Params::for_each_fault`] shows all of them. Nothing of a set with a fault may be used.
    pub fn check(&self) -> Result<(), ParamError> {
        let mut first = None;
        self.for_each_fault(|fault| {
            first.get_or_insert(fault);
        });
        first.map_or(Ok(()), Err)
    }

    /// Shows every fault of the parameters, each with its field.
    pub fn for_each_fault(&self, mut show: impl FnMut(ParamError)) {
        self.show_faults(&mut show);
    }

    /// The same, once for all who ask.
    fn show_faults(&self, show: &mut dyn FnMut(ParamError)) {
        for field in Self::fields() {
            if let Err(error) = field.check_value(field.get(self)) {
                show(error);
            }
        }
        self.check_order(show);
        self.check_relations(show);
    }

    fn check_order(&self, show: &mut dyn FnMut(ParamError)) {
        let voltages = [
            ("v_uv_abs_mv", self.v_uv_abs),
            ("v_uv_mv", self.v_uv),
            ("v_uv_rec_mv", self.v_uv_rec),
            ("v_ov_rec_mv", self.v_ov_rec),
            ("v_ov_mv", self.v_ov),
            ("v_ov_abs_mv", self.v_ov_abs),
        ];
        let temperatures = [
            [
                ("t_chg_min_dc", self.t_chg_min),
                ("t_chg_max_dc", self.t_chg_max),
            ],
            [
                ("t_dis_min_dc", self.t_dis_min),
                ("t_dis_max_dc", self.t_dis_max),
            ],
        ];
        let mut below = |field, value: i64, other, limit: i64| {
            if value >= limit {
                let problem = Problem::NotBelow { other, limit };
                show(ParamError {
                    field,
                    value,
                    problem,
                });
            }
        };
        for ((field, low), (other, high)) in voltages.iter().zip(voltages.iter().skip(1)) {
            below(field, low.get().into(), other, high.get().into());
        }
        for [(field, low), (other, high)] in temperatures {
            below(field, low.get().into(), other, high.get().into());
        }
        below(
            "age_soft_ms",
            self.age_soft_ms.into(),
            "age_hard_ms",
            self.age_hard_ms.into(),
        );
        // It is judged when its switches have settled, and given up at its time-out.
        if self.r_pre.get() > 0 {
            below(
                "t_settle_ms",
                self.t_settle_ms.into(),
                "the time-out of a pre-charge (r_pre_mohm)",
                TIME_OUT_MS.into(),
            );
        }
    }

    fn check_relations(&self, show: &mut dyn FnMut(ParamError)) {
        let mut above = |field, value: i64, other, limit: i64| {
            if value > limit {
                let problem = Problem::Above { other, limit };
                show(ParamError {
                    field,
                    value,
                    problem,
                });
            }
        };
        let i_circ_max = i64::from(self.i_circ_max.get());
        above(
            "i_circ_max_ma",
            i_circ_max,
            "i_dis_max_ma",
            self.i_dis_max.get().into(),
        );
        above(
            "i_circ_max_ma",
            i_circ_max,
            "i_chg_max_ma",
            self.i_chg_max.get().into(),
        );
        above(
            "t_backoff0_ms",
            self.t_backoff0_ms.into(),
            "t_backoff_max_ms",
            self.t_backoff_max_ms.into(),
        );
        let two_ticks = i64::from(self.tick_ms).saturating_mul(2);
        let mut reach = |field, value: i64, rule, limit: i64| {
            if value < limit {
                let problem = Problem::TooSmall { rule, limit };
                show(ParamError {
                    field,
                    value,
                    problem,
                });
            }
        };
        reach(
            "age_soft_ms",
            self.age_soft_ms.into(),
            "two ticks",
            two_ticks,
        );
        reach(
            "t_settle_ms",
            self.t_settle_ms.into(),
            "two ticks",
            two_ticks,
        );
        // A pack that tripped under load rebounds by I (R0 + R1); that must not re-arm it.
        let rebound_uv = i64::from(self.i_dis_max.get())
            .saturating_mul(self.r_nom.get().into())
            .saturating_mul(16);
        reach(
            "v_uv_rec_mv",
            self.v_uv_rec.get().into(),
            "v_uv_mv + 1.6 × i_dis_max_ma × r_nom_mohm",
            i64::from(self.v_uv.get()).saturating_add(ceil_div(rebound_uv, 10_000)),
        );
    }
}
