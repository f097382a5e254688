//! Objects of a vector file, of which every key has to be used.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde_json::{Map, Value};

/// Why a vector failed.
pub type Fault = String;

/// An object whose keys must all be asked for.
pub struct Keys<'a> {
    place: &'static str,
    object: &'a Map<String, Value>,
    asked: BTreeSet<String>,
}

impl<'a> Keys<'a> {
    pub fn new(place: &'static str, value: &'a Value) -> Result<Self, Fault> {
        Ok(Self {
            place,
            object: value
                .as_object()
                .ok_or_else(|| format!("{place} is not an object"))?,
            asked: BTreeSet::new(),
        })
    }

    pub fn optional(&mut self, key: &str) -> Option<&'a Value> {
        self.asked.insert(key.to_string());
        self.object.get(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    pub fn value(&mut self, key: &str) -> Result<&'a Value, Fault> {
        self.optional(key)
            .ok_or_else(|| format!("{} lacks {key}", self.place))
    }

    pub fn text(&mut self, key: &str) -> Result<&'a str, Fault> {
        let place = self.place;
        self.value(key)?
            .as_str()
            .ok_or_else(|| format!("{place}: {key} is not a text"))
    }

    pub fn number<T: TryFrom<i64>>(&mut self, key: &str) -> Result<T, Fault> {
        let value = integer(self.value(key)?)?;
        T::try_from(value).map_err(|_| format!("{key}: {value} is out of range"))
    }

    pub fn numbers<T: TryFrom<i64>>(&mut self, key: &str) -> Result<Vec<T>, Fault> {
        self.list(key)?
            .iter()
            .map(|value| {
                T::try_from(integer(value)?).map_err(|_| format!("{key}: {value} is out of range"))
            })
            .collect()
    }

    pub fn list(&mut self, key: &str) -> Result<&'a Vec<Value>, Fault> {
        let place = self.place;
        self.value(key)?
            .as_array()
            .ok_or_else(|| format!("{place}: {key} is not a list"))
    }

    /// Compares a number where the key is present.
    pub fn compare(&mut self, key: &str, found: impl Into<i128>) -> Result<(), Fault> {
        match self.optional(key) {
            Some(value) => same(key, &found.into(), &i128::from(integer(value)?)),
            None => Ok(()),
        }
    }

    /// Compares a decimal number with whole counts of a smaller unit, where the key is present.
    pub fn compare_scaled(
        &mut self,
        key: &str,
        factor: f64,
        found: impl Into<i64>,
    ) -> Result<(), Fault> {
        match self.optional(key) {
            Some(value) => same(key, &found.into(), &scaled(value, factor)?),
            None => Ok(()),
        }
    }

    /// Compares a number or null where the key is present.
    pub fn compare_option(
        &mut self,
        key: &str,
        found: Option<impl Into<i64>>,
    ) -> Result<(), Fault> {
        let found = found.map(Into::into);
        match self.optional(key) {
            Some(Value::Null) => same(key, &found, &None),
            Some(value) => same(key, &found, &Some(integer(value)?)),
            None => Ok(()),
        }
    }

    /// Compares a text where the key is present.
    pub fn compare_text(&mut self, key: &str, found: &str) -> Result<(), Fault> {
        match self.optional(key) {
            Some(value) => same(key, &Some(found), &value.as_str()),
            None => Ok(()),
        }
    }

    /// Compares a truth where the key is present.
    pub fn compare_truth(&mut self, key: &str, found: bool) -> Result<(), Fault> {
        match self.optional(key) {
            Some(value) => same(key, &Some(found), &value.as_bool()),
            None => Ok(()),
        }
    }

    /// To be called when everything was asked for.
    pub fn done(&self) -> Result<(), Fault> {
        match self.object.keys().find(|key| !self.asked.contains(*key)) {
            Some(key) => Err(format!("unknown key {key} in {}", self.place)),
            None => Ok(()),
        }
    }
}

pub fn integer(value: &Value) -> Result<i64, Fault> {
    value
        .as_i64()
        .ok_or_else(|| format!("{value} is not a whole number"))
}

/// A decimal number in a smaller unit; the file gives few decimals, so this is exact enough.
pub fn scaled(value: &Value, factor: f64) -> Result<i64, Fault> {
    let number = value
        .as_f64()
        .ok_or_else(|| format!("{value} is not a number"))?;
    Ok((number * factor).round() as i64)
}

/// Compares, and says what with which.
pub fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<(), Fault> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:?}, expected {expected:?}"))
    }
}
