//! What was decided then against what is decided now.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::cosim::{InputError, Json, Object};

/// The first field in which two decisions differ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    /// Its path, for example `packs[2].state`.
    pub(super) field: String,
    /// What the log says; `None` where it says nothing.
    pub(super) recorded: Option<Value>,
    /// What the core says now; `None` where it says nothing.
    pub(super) now: Option<Value>,
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The first difference, in the order in which the decision is written now; the order of the keys means nothing.
pub(super) fn first_difference(recorded: &Json<'_>, now: &Json<'_>) -> Option<Compared> {
    compare(String::new(), Some(recorded), Some(now))
}

fn compare(path: String, recorded: Option<&Json<'_>>, now: Option<&Json<'_>>) -> Option<Compared> {
    match (recorded, now) {
        (Some(Json::Object(then)), Some(Json::Object(today))) => {
            let gone = then.iter().filter(|(key, _)| value(today, key).is_none());
            let mut keys = today.iter().chain(gone).map(|(key, _)| key);
            keys.find_map(|key| compare(joined(&path, key), value(then, key), value(today, key)))
        }
        (Some(Json::List(then)), Some(Json::List(today))) => {
            let mut places = 0..then.len().max(today.len());
            places.find_map(|index| {
                compare(
                    format!("{path}[{index}]"),
                    then.get(index),
                    today.get(index),
                )
            })
        }
        (then, today) if then == today => None,
        (then, today) => Some(Compared {
            field: path,
            recorded: then.map(Json::to_value),
            now: today.map(Json::to_value),
        }),
    }
}

fn value<'j, 'a>(entries: &'j [(Cow<'a, str>, Json<'a>)], key: &str) -> Option<&'j Json<'a>> {
    let mut found = entries.iter().filter(|(name, _)| name == key);
    found.next().map(|(_, value)| value)
}

/// What a decision says of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Pack {
    pub(super) command: String,
    pub(super) state: String,
    pub(super) reason: String,
}

/// What a decision says of the rack and each pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fleet {
    pub(super) system: String,
    pub(super) load_permit: bool,
    pub(super) charge_permit: bool,
    pub(super) packs: Vec<Pack>,
}

fn name(json: &Json<'_>) -> Result<String, InputError> {
    match json {
        Json::Text(text) => Ok(text.clone().into_owned()),
        other => Err(InputError::new(format!("{other} is not a name"))),
    }
}

fn flag(json: &Json<'_>) -> Result<bool, InputError> {
    match json {
        Json::Flag(flag) => Ok(*flag),
        other => Err(InputError::new(format!("{other} is not true or false"))),
    }
}

impl Fleet {
    /// Reads a decision; fields that are not compared may be there or not.
    pub(super) fn read(json: &Json<'_>, count: usize) -> Result<Self, InputError> {
        let object = Object::any(json)?;
        let system = object.need("system", "the name of a state", name)?;
        let load_permit = object.need("load_permit", "true or false", flag)?;
        let charge_permit = object.need("charge_permit", "true or false", flag)?;
        let packs = object.need("packs", "a list", |json| packs(json, count))?;
        Ok(Self {
            system,
            load_permit,
            charge_permit,
            packs,
        })
    }
}

fn packs(json: &Json<'_>, count: usize) -> Result<Vec<Pack>, InputError> {
    let Json::List(items) = json else {
        return Err(InputError::new(format!("{json} is not a list")));
    };
    if items.len() != count {
        let words = format!("{} packs, the first line says {count}", items.len());
        return Err(InputError::new(words));
    }
    let each = items.iter().enumerate();
    each.map(|(index, item)| pack(item).map_err(|error| error.at(index)))
        .collect()
}

fn pack(json: &Json<'_>) -> Result<Pack, InputError> {
    let object = Object::any(json)?;
    Ok(Pack {
        command: object.need("command", "the name of a command", name)?,
        state: object.need("state", "the name of a state", name)?,
        reason: object.need("reason", "the name of a reason", name)?,
    })
}
