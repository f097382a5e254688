//! Validation of a whole set of parameters: every fault is reported, each with its field.

use core::fmt;

use battery_units::DeciCelsius;

use crate::{arith::ceil_div, precharge::TIME_OUT_MS, windows::HYSTERESIS};

use super::{Params, fields::Place};

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

/// How two parameters of [`ORDER`] stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Below,
    /// Or equal to it.
    UpTo,
}

/// Parameters and those that end them.
const ORDER: [(Place, Order, Place); 9] = [
    (Place::v_uv_abs, Order::Below, Place::v_uv),
    (Place::v_uv, Order::Below, Place::v_uv_rec),
    (Place::v_uv_rec, Order::Below, Place::v_ov_rec),
    (Place::v_ov_rec, Order::Below, Place::v_ov),
    (Place::v_ov, Order::Below, Place::v_ov_abs),
    (Place::age_soft_ms, Order::Below, Place::age_hard_ms),
    (Place::i_circ_max, Order::UpTo, Place::i_dis_max),
    (Place::i_circ_max, Order::UpTo, Place::i_chg_max),
    (Place::t_backoff0_ms, Order::UpTo, Place::t_backoff_max_ms),
];

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

    /// Compares those that have an order.
    fn check_order(&self, show: &mut dyn FnMut(ParamError)) {
        for (field, order, other) in ORDER {
            let (value, limit) = (self.number(field), self.number(other));
            let fits = match order {
                Order::Below => value < limit,
                Order::UpTo => value <= limit,
            };
            if fits {
                continue;
            }
            let name = |place| Self::at(place).map_or("", |field| field.name);
            let (field, other) = (name(field), name(other));
            let problem = match order {
                Order::Below => Problem::NotBelow { other, limit },
                Order::UpTo => Problem::Above { other, limit },
            };
            show(ParamError {
                field,
                value,
                problem,
            });
        }
    }

    fn check_relations(&self, show: &mut dyn FnMut(ParamError)) {
        let settle = ("t_settle_ms", i64::from(self.t_settle_ms));
        // It is judged when its switches have settled, and given up at its time-out.
        let limit = i64::from(TIME_OUT_MS);
        if self.r_pre.get() > 0 && settle.1 >= limit {
            let other = "the time-out of a pre-charge (r_pre_mohm)";
            show(ParamError {
                field: settle.0,
                value: settle.1,
                problem: Problem::NotBelow { other, limit },
            });
        }
        // Below these nobody looks at temperature and over-current, and nobody misses a current.
        let quarter = i64::from(self.i_dis_max.min(self.i_chg_max).get()).div_euclid(4);
        for (field, value) in [("i_leak_ma", self.i_leak), ("i_open_ma", self.i_open)] {
            let value = i64::from(value.get());
            if value > quarter {
                let other = "a quarter of i_dis_max_ma and of i_chg_max_ma";
                show(ParamError {
                    field,
                    value,
                    problem: Problem::Above {
                        other,
                        limit: quarter,
                    },
                });
            }
        }
        let two_ticks = i64::from(self.tick_ms).saturating_mul(2);
        // A pack that tripped under load rebounds by I (R0 + R1); that must not re-arm it.
        let rebound_uv = i64::from(self.i_dis_max.get())
            .saturating_mul(self.r_nom.get().into())
            .saturating_mul(16);
        let recovered = i64::from(self.v_uv.get()).saturating_add(ceil_div(rebound_uv, 10_000));
        // None leaves it to the rule, which allows some.
        let budget = self.closes_per_hour_fleet.map_or(1, i64::from);
        // What a window of temperatures leaves inside its hysteresis.
        let width = i64::from(HYSTERESIS.get()).saturating_mul(2);
        let warmer = |low: DeciCelsius| i64::from(low.get()).saturating_add(width);
        for ((field, value), rule, limit) in [
            (
                ("age_soft_ms", self.age_soft_ms.into()),
                "two ticks",
                two_ticks,
            ),
            (settle, "two ticks", two_ticks),
            (
                ("v_uv_rec_mv", self.v_uv_rec.get().into()),
                "v_uv_mv + 1.6 × i_dis_max_ma × r_nom_mohm",
                recovered,
            ),
            (
                ("t_chg_max_dc", self.t_chg_max.get().into()),
                "t_chg_min_dc + 10 °C",
                warmer(self.t_chg_min),
            ),
            (
                ("t_dis_max_dc", self.t_dis_max.get().into()),
                "t_dis_min_dc + 10 °C",
                warmer(self.t_dis_min),
            ),
            (
                ("closes_per_hour_fleet", budget),
                "a rack that may close anything",
                1,
            ),
        ] {
            if value < limit {
                let problem = Problem::TooSmall { rule, limit };
                show(ParamError {
                    field,
                    value,
                    problem,
                });
            }
        }
    }
}
