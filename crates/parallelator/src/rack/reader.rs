//! Walking through a rack file: what can be read is read, what cannot be is noted with its place.

use battery_units::{Microohms, MilliampHours, Milliamps};
use parallelator_core::{Chemistry, ParamError, Params, Problem as ParamProblem};
use parallelator_node::{Label, PackWiring, RackError, Sensor, check_wiring};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    entry::{self, Allowed, Key, Problem, nearest},
    file::FileError,
    position::Lines,
};
use crate::PACKS;

type Table<'i> = DeTable<'i>;

/// One pack of the file, with what is needed to point at it later.
struct ReadPack<'a, 'i> {
    wiring: PackWiring,
    table: &'a Table<'i>,
    at: usize,
    broken: bool,
}

pub(super) struct Reader {
    pub(super) lines: Lines,
    pub(super) faults: Vec<FileError>,
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// How a refused value is shown.
fn shown(value: &DeValue<'_>, allowed: Allowed) -> String {
    match (value, integer(value)) {
        (_, Some(number)) if matches!(allowed, Allowed::Address { .. }) && number >= 0 => {
            format!("0x{number:02X}")
        }
        (_, Some(number)) => number.to_string(),
        (DeValue::String(text), _) => format!("\"{text}\""),
        (DeValue::Integer(number), _) => number.as_str().to_owned(),
        (DeValue::Float(number), _) => number.as_str().to_owned(),
        (DeValue::Boolean(flag), _) => flag.to_string(),
        (other, _) => format!("this {}", other.type_str()),
    }
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}: {name}")
    }
}

impl Reader {
    pub(super) fn fault(&mut self, at: usize, field: &str, problem: Problem) {
        self.faults.push(FileError {
            line: self.lines.line(at),
            field: field.to_owned(),
            problem,
        });
    }

    fn refuse(&mut self, value: &Spanned<DeValue<'_>>, place: &str, key: Key) {
        let problem = Problem::Refused {
            found: shown(value.get_ref(), key.allowed),
            allowed: key.allowed,
        };
        self.fault(value.span().start, &joined(place, key.name), problem);
    }

    pub(super) fn refuse_unknown(
        &mut self,
        table: &Table<'_>,
        place: &str,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.clone().any(|one| one == name) {
                let problem = Problem::UnknownKey {
                    nearest: nearest(name, known.clone()),
                };
                self.fault(key.span().start, &joined(place, name), problem);
            }
        }
    }

    /// The value of a key; a required one that is missing is a fault at `at`.
    fn entry<'a, 'i>(
        &mut self,
        table: &'a Table<'i>,
        key: Key,
        place: &str,
        at: usize,
    ) -> Option<&'a Spanned<DeValue<'i>>> {
        let found = table.get(key.name);
        if found.is_none() && key.required {
            self.fault(at, &joined(place, key.name), Problem::Missing(key.allowed));
        }
        found
    }

    fn number(&mut self, table: &Table<'_>, key: Key, place: &str, at: usize) -> Option<i64> {
        let value = self.entry(table, key, place, at)?;
        let (Allowed::Number { min, max } | Allowed::Address { min, max }) = key.allowed else {
            return None;
        };
        let number = integer(value.get_ref()).filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.refuse(value, place, key);
        }
        number
    }

    pub(super) fn text<'a>(
        &mut self,
        table: &'a Table<'_>,
        key: Key,
        place: &str,
        at: usize,
    ) -> Option<&'a str> {
        let value = self.entry(table, key, place, at)?;
        let fits = |text: &&str| match key.allowed {
            Allowed::OneOf(options) => options.contains(text),
            Allowed::Text { max_bytes } => {
                text.len() <= max_bytes && !text.chars().any(char::is_control)
            }
            _ => false,
        };
        let text = value.get_ref().as_str().filter(fits);
        if text.is_none() {
            self.refuse(value, place, key);
        }
        text
    }

    fn flag(&mut self, table: &Table<'_>, key: Key, place: &str, at: usize) -> Option<bool> {
        let value = self.entry(table, key, place, at)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.refuse(value, place, key);
        }
        flag
    }

    /// The parameters, and the names of those that could not be read.
    pub(super) fn params(
        &mut self,
        root: &Table<'_>,
        chemistry: Chemistry,
    ) -> (Params, Vec<String>) {
        let mut params = Params::for_chemistry(chemistry);
        let mut broken = Vec::new();
        let Some(value) = root.get(entry::PARAMS.name) else {
            return (params, broken);
        };
        let Some(table) = value.get_ref().as_table() else {
            self.refuse(value, "", entry::PARAMS);
            return (params, broken);
        };
        let known = Params::fields()
            .iter()
            .map(|field| field.name)
            .chain(Params::choices().iter().map(|choice| choice.name));
        self.refuse_unknown(table, "params", known);
        for field in Params::fields() {
            let Some(value) = table.get(field.name) else {
                continue;
            };
            let set = integer(value.get_ref())
                .is_some_and(|number| field.set(&mut params, number).is_ok());
            if !set {
                broken.push(field.name.to_owned());
                let (min, max) = field.range().into_inner();
                let allowed = Allowed::Number { min, max };
                self.refuse(
                    value,
                    "params",
                    Key {
                        name: field.name,
                        allowed,
                        required: false,
                    },
                );
            }
        }
        for choice in Params::choices() {
            let Some(value) = table.get(choice.name) else {
                continue;
            };
            let option = value.get_ref().as_str();
            if !option.is_some_and(|option| choice.set(&mut params, option)) {
                self.refuse(
                    value,
                    "params",
                    Key {
                        name: choice.name,
                        allowed: Allowed::OneOf(choice.options),
                        required: false,
                    },
                );
            }
        }
        params.for_each_fault(|fault| {
            if !depends_on(&fault, &broken) {
                let at = table.get(fault.field).map_or(value.span(), Spanned::span);
                let words = fault.to_string();
                let prefix = format!("{}: ", fault.field);
                let words = words.strip_prefix(&prefix).unwrap_or(&words).to_owned();
                let field = joined("params", fault.field);
                self.fault(at.start, &field, Problem::Contradiction(words));
            }
        });
        if params.r_pre.get() > 0 {
            let error = RackError::NoPrecharge {
                r_pre: params.r_pre,
            };
            let at = table.get(error.field()).map_or(value.span(), Spanned::span);
            let field = joined("params", error.field());
            let words = error.to_string();
            let prefix = format!("{} ", error.field());
            let words = words.strip_prefix(&prefix).unwrap_or(&words).to_owned();
            self.fault(at.start, &field, Problem::Contradiction(words));
        }
        (params, broken)
    }

    pub(super) fn packs(
        &mut self,
        root: &Table<'_>,
        params: &Params,
        broken_params: &[String],
    ) -> Vec<PackWiring> {
        let Some(value) = self.entry(root, entry::PACK, "", 0) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.refuse(value, "", entry::PACK);
            return Vec::new();
        };
        if array.is_empty() || array.len() > PACKS {
            let error = RackError::PackCount {
                found: array.len(),
                max: PACKS,
            };
            let at = value.span().start;
            self.fault(at, "pack", Problem::Contradiction(error.to_string()));
        }
        let mut packs = Vec::new();
        for (index, item) in array.iter().enumerate() {
            let place = format!("pack {}", index + 1);
            match item.get_ref().as_table() {
                Some(table) => {
                    let before = self.faults.len();
                    let at = item.span().start;
                    let wiring = self.pack(table, &place, at);
                    packs.push(ReadPack {
                        wiring,
                        table,
                        at,
                        broken: self.faults.len() > before,
                    });
                }
                None => self.refuse(item, &place, entry::PACK),
            }
        }
        self.check_together(&packs, params, broken_params);
        packs.into_iter().map(|pack| pack.wiring).collect()
    }

    fn pack(&mut self, table: &Table<'_>, place: &str, at: usize) -> PackWiring {
        self.refuse_unknown(table, place, entry::PACK_KEYS.iter().map(|key| key.name));
        let mut number = |key| self.number(table, key, place, at);
        let byte = |value: Option<i64>| value.and_then(|value| u8::try_from(value).ok());
        let word = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let current = |value: Option<i64>| {
            value
                .and_then(|value| i32::try_from(value).ok())
                .map(Milliamps::new)
        };
        PackWiring {
            bus: byte(number(entry::BUS)).unwrap_or_default(),
            sensor: byte(number(entry::SENSOR)).unwrap_or_default(),
            expander: byte(number(entry::EXPANDER)).unwrap_or_default(),
            switch_pin: byte(number(entry::SWITCH_PIN)).unwrap_or_default(),
            alert_pin: byte(number(entry::ALERT_PIN)),
            red_pin: byte(number(entry::RED_PIN)),
            green_pin: byte(number(entry::GREEN_PIN)),
            shunt: Microohms::new(word(number(entry::SHUNT)).unwrap_or_default()),
            capacity: word(number(entry::CAPACITY)).map(MilliampHours::new),
            i_dis_max: current(number(entry::I_DIS_MAX)),
            i_chg_max: current(number(entry::I_CHG_MAX)),
            reversed: self
                .flag(table, entry::REVERSED, place, at)
                .unwrap_or_default(),
            sensor_kind: match self.text(table, entry::SENSOR_KIND, place, at) {
                Some("ina226") => Sensor::Ina226,
                _ => Sensor::Ina237,
            },
            label: self
                .text(table, entry::LABEL, place, at)
                .and_then(Label::new)
                .unwrap_or_default(),
        }
    }

    /// What the packs contradict each other in; a pack that could not be read is left out of it.
    fn check_together(
        &mut self,
        packs: &[ReadPack<'_, '_>],
        params: &Params,
        broken_params: &[String],
    ) {
        let wiring: Vec<PackWiring> = packs.iter().map(|pack| pack.wiring).collect();
        let is_broken = |index: usize| packs.get(index).is_none_or(|pack| pack.broken);
        check_wiring(&wiring, params, |error| {
            let spoilt = match error {
                RackError::SensorTwice { other, .. } | RackError::PinTwice { other, .. } => {
                    is_broken(other)
                }
                RackError::FullScale { .. } => !broken_params.is_empty(),
                _ => false,
            };
            let Some((index, pack)) = error
                .pack()
                .filter(|&index| !spoilt && !is_broken(index))
                .and_then(|index| Some((index, packs.get(index)?)))
            else {
                return;
            };
            let at = pack
                .table
                .get(error.field())
                .map_or(pack.at, |value| value.span().start);
            let place = format!("pack {}", index + 1);
            let words = error.to_string();
            let words = words.strip_prefix(&format!("{place}: ")).unwrap_or(&words);
            let field = joined(&place, error.field());
            self.fault(at, &field, Problem::Contradiction(words.to_owned()));
        });
    }
}

/// Whether a fault of the parameters may come only from others that could not be read.
fn depends_on(fault: &ParamError, broken: &[String]) -> bool {
    let other = match fault.problem {
        ParamProblem::OutsideRange { .. } => return true,
        ParamProblem::NotBelow { other, .. } | ParamProblem::Above { other, .. } => other,
        ParamProblem::TooSmall { rule, .. } => rule,
    };
    broken.iter().any(|name| {
        name == fault.field
            || other.contains(name.as_str())
            || (other == "two ticks" && name == "tick_ms")
    })
}
