//! Objects of a vector file, of which every key has to be used.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Why a vector failed.
pub type Fault = String;

/// An object whose keys must all be asked for.
pub struct Keys<'a> {
    place: &'static str,
    object: &'a Map<String, Value>,
    asked: BTreeSet<String>,
    /// How many values were compared.
    compared: usize,
}

impl<'a> Keys<'a> {
    pub fn new(place: &'static str, value: &'a Value) -> Result<Self, Fault> {
        Ok(Self {
            place,
            object: value
                .as_object()
                .ok_or_else(|| format!("{place} is not an object"))?,
            asked: BTreeSet::new(),
            compared: 0,
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

    pub fn integer(&mut self, key: &str) -> Result<i64, Fault> {
        let place = self.place;
        self.value(key)?
            .as_i64()
            .ok_or_else(|| format!("{place}: {key} is not a whole number"))
    }

    pub fn number<T: TryFrom<i64>>(&mut self, key: &str) -> Result<T, Fault> {
        let value = self.integer(key)?;
        T::try_from(value).map_err(|_| format!("{key}: {value} is out of range"))
    }

    pub fn list(&mut self, key: &str) -> Result<&'a Vec<Value>, Fault> {
        let place = self.place;
        self.value(key)?
            .as_array()
            .ok_or_else(|| format!("{place}: {key} is not a list"))
    }

    pub fn texts(&mut self, key: &str) -> Result<Vec<&'a str>, Fault> {
        self.list(key)?
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .ok_or_else(|| format!("{key}: {value} is not a text"))
            })
            .collect()
    }

    /// Compares a number where the key is present.
    pub fn compare(&mut self, key: &str, found: impl Into<i128>) -> Result<(), Fault> {
        if self.has(key) {
            let expected = i128::from(self.integer(key)?);
            self.compared += 1;
            same(key, &found.into(), &expected)?;
        }
        Ok(())
    }

    /// Compares a text where the key is present.
    pub fn compare_text(&mut self, key: &str, found: &str) -> Result<(), Fault> {
        if self.has(key) {
            let expected = self.text(key)?;
            self.compared += 1;
            same(key, &found, &expected)?;
        }
        Ok(())
    }

    /// Compares a truth where the key is present.
    pub fn compare_truth(&mut self, key: &str, found: bool) -> Result<(), Fault> {
        if self.has(key) {
            let place = self.place;
            let expected = self
                .value(key)?
                .as_bool()
                .ok_or_else(|| format!("{place}: {key} is neither true nor false"))?;
            self.compared += 1;
            same(key, &found, &expected)?;
        }
        Ok(())
    }

    /// Something was compared that `compare` does not count.
    pub fn count(&mut self) {
        self.compared += 1;
    }

    /// To be called when everything was asked for; an output in which nothing was compared is a fault too.
    pub fn done(&self) -> Result<(), Fault> {
        if let Some(key) = self.object.keys().find(|key| !self.asked.contains(*key)) {
            return Err(format!("unknown key {key} in {}", self.place));
        }
        if self.place == "out" && self.compared == 0 {
            return Err("nothing was compared".into());
        }
        Ok(())
    }
}

/// A 16-bit word, four hexadecimal digits, most significant first.
pub fn word(text: &str) -> Result<u16, Fault> {
    if text.len() != 4 {
        return Err(format!("{text} is no word"));
    }
    u16::from_str_radix(text, 16).map_err(|e| format!("{text}: {e}"))
}

/// Bytes in wire order.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(format!("{text} is no whole number of bytes"));
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| {
            let digits = String::from_utf8_lossy(pair);
            u8::from_str_radix(&digits, 16).map_err(|e| format!("{text}: {e}"))
        })
        .collect()
}

/// Bytes of which the number is fixed.
pub fn exactly<const N: usize>(text: &str) -> Result<[u8; N], Fault> {
    bytes(text)?
        .try_into()
        .map_err(|_| format!("{text} is not {N} bytes"))
}

/// Compares, and says what with which.
pub fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Fault> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:?}, expected {expected:?}"))
    }
}
