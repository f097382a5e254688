//! The parameters by name: what files, tools and messages call them, and the range of each.

use core::ops::RangeInclusive;

use battery_units::{DeciCelsius, Milliamps, Milliohms, Millivolts, Percent, Permille};

use crate::arith::narrow;

use super::{Anchor, LastPackPolicy, ParamError, Params, Problem, SwitchKind};

/// One numeric parameter: its public name, which ends in its unit, and its range.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Stable name, for example `i_circ_max_ma`.
    pub name: &'static str,
    /// Smallest value allowed.
    min: i32,
    /// Largest value allowed.
    max: i32,
    /// Which way it becomes tighter.
    pub(super) tighter: Tighter,
    place: Place,
}

/// Which way a parameter becomes tighter: fewer joins, smaller limits, earlier trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tighter {
    /// A smaller value is tighter.
    Less,
    /// A larger value is tighter.
    More,
    /// Any change may loosen something: a larger error also makes less of what contradicts, and keeps longer what was
    /// remembered; a higher floor makes a bus dead that was not.
    Neither,
    /// By the closings that follow from it for the rack.
    ByBudget,
}

impl Field {
    /// The values allowed.
    #[must_use]
    pub fn range(&self) -> RangeInclusive<i64> {
        self.min.into()..=self.max.into()
    }

    /// The value in force.
    #[must_use]
    pub fn get(&self, params: &Params) -> i64 {
        params.number(self.place)
    }

    /// Sets the value after comparing it with the range; relations between parameters are [`Params::check`]'s work.
    ///
    /// # Errors
    /// The range, when the value lies outside it; the parameters are then as before.
    pub fn set(&self, params: &mut Params, value: i64) -> Result<(), ParamError> {
        self.check_value(value)?;
        params.set_number(self.place, value);
        Ok(())
    }

    /// Stores the value without comparing it with the range: [`Params::check`] finds it then.
    ///
    /// A value that the type cannot hold becomes the nearest one it can, and never one inside the range.
    pub fn put(&self, params: &mut Params, value: i64) {
        params.set_number(self.place, value);
        if self.check_value(value).is_err() && self.check_value(self.get(params)).is_ok() {
            params.set_number(self.place, i64::from(self.max).saturating_add(1));
        }
    }

    pub(super) fn check_value(&self, value: i64) -> Result<(), ParamError> {
        let (min, max) = self.range().into_inner();
        if value < min || value > max {
            return Err(ParamError {
                field: self.name,
                value,
                problem: Problem::OutsideRange { min, max },
            });
        }
        Ok(())
    }
}

/// One parameter that is a choice between names.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// Stable name, for example `anchor`.
    pub name: &'static str,
    /// What may be chosen.
    pub options: &'static [&'static str],
    get: fn(&Params) -> &'static str,
    set: fn(&mut Params, &str) -> bool,
}

impl Choice {
    /// The name of the choice in force.
    #[must_use]
    pub fn get(&self, params: &Params) -> &'static str {
        (self.get)(params)
    }

    /// Takes the option with this name; false, and nothing changed, when there is none.
    #[must_use]
    pub fn set(&self, params: &mut Params, option: &str) -> bool {
        (self.set)(params, option)
    }
}

/// How a parameter's type becomes a plain number and comes back from a number already known to be in range.
trait Plain {
    fn plain(self) -> i64;
    fn from_plain(value: i64) -> Self;
}

macro_rules! plain {
    ($($unit:ident($repr:ty)),*) => { $(
        impl Plain for $unit {
            fn plain(self) -> i64 {
                self.get().plain()
            }
            fn from_plain(value: i64) -> Self {
                Self::new(<$repr>::from_plain(value))
            }
        }
    )* };
}

macro_rules! plain_integer {
    ($($repr:ty),*) => { $(
        impl Plain for $repr {
            fn plain(self) -> i64 {
                self.into()
            }
            fn from_plain(value: i64) -> Self {
                Self::try_from(unsigned(value)).unwrap_or(Self::MAX)
            }
        }
    )* };
}

/// The nearest number without a sign.
fn unsigned(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

impl Plain for i32 {
    fn plain(self) -> i64 {
        self.into()
    }
    fn from_plain(value: i64) -> Self {
        narrow(value)
    }
}

impl Plain for u32 {
    fn plain(self) -> i64 {
        self.into()
    }
    fn from_plain(value: i64) -> Self {
        unsigned(value)
    }
}

plain_integer!(u16, u8);
plain!(
    Millivolts(i32),
    Milliamps(i32),
    DeciCelsius(i32),
    Milliohms(u32),
    Permille(u16),
    Percent(u8)
);

macro_rules! fields {
    ($($name:literal $field:ident $min:literal ..= $max:literal $tighter:ident),* $(,)?) => {
        /// Where a numeric parameter stands in [`Params`]: the name of its field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(non_camel_case_types)]
        pub(super) enum Place {
            $($field,)*
            closes_per_hour_fleet,
        }

        /// Every numeric parameter.
        const FIELDS: &[Field] = &[
            $(Field {
                name: $name,
                min: $min,
                max: $max,
                tighter: Tighter::$tighter,
                place: Place::$field,
            },)*
            Field {
                name: "closes_per_hour_fleet",
                min: 0,
                max: 600,
                tighter: Tighter::ByBudget,
                place: Place::closes_per_hour_fleet,
            },
        ];

        impl Params {
            /// A numeric parameter as a plain number; zero for a budget of the fleet that is left to the rule.
            pub(super) fn number(&self, place: Place) -> i64 {
                match place {
                    $(Place::$field => self.$field.plain(),)*
                    Place::closes_per_hour_fleet => self.closes_per_hour_fleet.map_or(0, i64::from),
                }
            }

            /// Stores a plain number; what the type cannot hold becomes the nearest that it can.
            fn set_number(&mut self, place: Place, value: i64) {
                match place {
                    $(Place::$field => self.$field = Plain::from_plain(value),)*
                    Place::closes_per_hour_fleet => {
                        self.closes_per_hour_fleet = (value > 0).then(|| u16::from_plain(value));
                    }
                }
            }
        }
    };
}

fields! {
    "tick_ms" tick_ms 20..=1_000 Neither,
    "v_uv_abs_mv" v_uv_abs 500..=450_000 Neither,
    "v_uv_mv" v_uv 500..=450_000 More,
    "v_uv_rec_mv" v_uv_rec 500..=450_000 More,
    "v_ov_rec_mv" v_ov_rec 500..=450_000 Less,
    "v_ov_mv" v_ov 500..=450_000 Less,
    "v_ov_abs_mv" v_ov_abs 500..=450_000 Less,
    "i_dis_max_ma" i_dis_max 100..=500_000 Less,
    "i_chg_max_ma" i_chg_max 100..=500_000 Less,
    "k_oc_permille" k_oc 1_050..=3_000 Less,
    "t_oc_soft_ms" t_oc_soft_ms 0..=60_000 Less,
    "i_circ_max_ma" i_circ_max 1..=500_000 Less,
    "dv_max_mv" dv_max 50..=5_000 Less,
    "r_nom_mohm" r_nom 1..=2_000 Neither,
    "r_err_permille" r_err 50..=500 Neither,
    "r_pre_mohm" r_pre 0..=1_000_000 Neither,
    "dv_err_mv" dv_err 1..=200 Neither,
    "t_rest_ms" t_rest_ms 0..=3_600_000 Neither,
    "t_settle_ms" t_settle_ms 40..=10_000 Neither,
    "t_form_ms" t_form_ms 0..=60_000 Neither,
    "t_backoff0_ms" t_backoff0_ms 1_000..=3_600_000 Neither,
    "t_backoff_max_ms" t_backoff_max_ms 1_000..=3_600_000 Neither,
    "n_lock" n_lock 1..=20 Neither,
    "t_decay_ms" t_decay_ms 1_000..=86_400_000 Neither,
    "closes_per_hour_pack" closes_per_hour_pack 1..=600 Less,
    "i_break_max_ma" i_break_max 100..=1_500_000 Neither,
    "t_shed_ms" t_shed_ms 0..=30_000 Neither,
    "age_soft_ms" age_soft_ms 40..=10_000 Less,
    "age_hard_ms" age_hard_ms 40..=10_000 Less,
    "k_reject" k_reject 1..=10 Neither,
    "dv_jump_percent" dv_jump 5..=100 Neither,
    "i_leak_ma" i_leak 1..=100_000 Neither,
    "t_leak_samples" t_leak_samples 1..=100 Neither,
    "i_open_ma" i_open 1..=100_000 Neither,
    "t_open_samples" t_open_samples 1..=100 Neither,
    "t_chg_min_dc" t_chg_min -400..=850 More,
    "t_chg_max_dc" t_chg_max -400..=850 Less,
    "t_dis_min_dc" t_dis_min -400..=850 More,
    "t_dis_max_dc" t_dis_max -400..=850 Less,
    "i_load_expect_ma" i_load_expect 0..=16_000_000 Neither,
    "mode_hyst_ma" mode_hyst 1..=100_000 Neither,
    "mode_hyst_ms" mode_hyst_ms 0..=60_000 Neither,
}

macro_rules! choice {
    ($name:literal $field:ident: $kind:ident { $($option:literal => $variant:ident),* }) => {
        Choice {
            name: $name,
            options: &[$($option),*],
            get: |params| match params.$field { $($kind::$variant => $option),* },
            set: |params, option| {
                params.$field = match option {
                    $($option => $kind::$variant,)*
                    _ => return false,
                };
                true
            },
        }
    };
}

const CHOICES: &[Choice] = &[
    choice!("switch_kind" switch_kind: SwitchKind {
        "bidirectional" => Bidirectional, "diode_charge" => DiodeCharge, "diode_discharge" => DiodeDischarge
    }),
    choice!("last_pack_policy" last_pack_policy: LastPackPolicy {
        "safety" => Safety, "ride_through" => RideThrough
    }),
    choice!("anchor" anchor: Anchor { "by_mode" => ByMode, "largest_set" => LargestSet }),
];

impl Params {
    /// Every numeric parameter, in the order of the documentation.
    ///
    /// `closes_per_hour_fleet` reads 0 where it is left to the rule.
    #[must_use]
    pub fn fields() -> &'static [Field] {
        FIELDS
    }

    /// Every parameter that is a choice.
    #[must_use]
    pub fn choices() -> &'static [Choice] {
        CHOICES
    }

    /// Whether every parameter is the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        FIELDS
            .iter()
            .all(|field| field.get(self) == field.get(other))
            && self.closes_per_hour_fleet == other.closes_per_hour_fleet
            && self.same_choices(other)
    }

    fn same_choices(&self, other: &Self) -> bool {
        self.switch_kind == other.switch_kind
            && self.last_pack_policy == other.last_pack_policy
            && self.anchor == other.anchor
    }

    /// Whether nothing in these parameters is looser than in others, for a rack of `packs` packs.
    pub(crate) fn only_tightens(&self, former: &Self, packs: usize) -> bool {
        let budget = |params: &Self| i64::from(params.closes_per_hour_of_fleet(packs));
        let tightens = |field: &Field| {
            let (now, before) = (field.get(self), field.get(former));
            match field.tighter {
                Tighter::Less => now <= before,
                Tighter::More => now >= before,
                Tighter::Neither => now == before,
                Tighter::ByBudget => budget(self) <= budget(former),
            }
        };
        FIELDS.iter().all(tightens) && self.same_choices(former)
    }

    /// The numeric parameter that stands there.
    pub(super) fn at(place: Place) -> Option<&'static Field> {
        FIELDS.iter().find(|field| field.place == place)
    }

    /// The numeric parameter with this public name.
    #[must_use]
    pub fn field(name: &str) -> Option<&'static Field> {
        FIELDS.iter().find(|field| field.name == name)
    }
}
