//! A line as a tree in which nothing is lost that has to be judged: double keys, and whether a number is whole.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{InputError, error::quoted};

/// More values than any line needs; it bounds the work on a line that means harm.
const MOST_VALUES: u32 = 4_096;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Flag(bool),
    Whole(i128),
    /// A number with a fraction or an exponent, or one beyond 64 bits.
    Other(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    /// The entries in their order; a key may stand there twice.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl fmt::Display for Json<'_> {
    /// A plain value as it stands in a line, a shortened one when it is long; of the others only what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Other(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{:?}", quoted(text)),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Object(entries) => write!(f, "an object of {}", entries.len()),
        }
    }
}

impl<'a> Json<'a> {
    /// Reads one line.
    pub(crate) fn read(line: &'a [u8]) -> Result<Self, InputError> {
        let text = std::str::from_utf8(line).map_err(|error| {
            let column = error.valid_up_to() + 1;
            InputError::new(format!(
                "not UTF-8 text at byte {column}; a line is one JSON object in UTF-8"
            ))
        })?;
        if text.starts_with('\u{feff}') {
            return Err(InputError::new(
                "a byte order mark; a line begins with its JSON object",
            ));
        }
        if text.trim_ascii().is_empty() {
            return Err(InputError::new("an empty line; a line is one JSON object"));
        }
        let mut parser = serde_json::Deserializer::from_str(text);
        let left = Cell::new(MOST_VALUES);
        Tree { left: &left }
            .deserialize(&mut parser)
            .and_then(|json| parser.end().map(|()| json))
            .map_err(|error| {
                let (row, column) = (error.line(), error.column());
                let words = error.to_string();
                let place = format!(" at line {row} column {column}");
                let words = words.strip_suffix(&place).unwrap_or(&words);
                InputError::new(format!("not one JSON object: {words} at column {column}"))
            })
    }
}

impl Json<'_> {
    /// The same value, for writing.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Whole(number) => match i64::try_from(*number) {
                Ok(number) => number.into(),
                Err(_) => u64::try_from(*number).map_or(Value::Null, Into::into),
            },
            Self::Other(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, value)| (key.as_ref(), value.to_value()))
                .collect(),
        }
    }
}

/// Builds the tree, and counts its values.
struct Tree<'c> {
    left: &'c Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Json<'de>, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| {
            D::Error::custom(format_args!("more than {MOST_VALUES} values in one line"))
        })?;
        self.left.set(left);
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json<'de>, E> {
        // The parser has no whole number for -0, which some programs write for zero.
        let minus_zero = number == 0.0 && number.is_sign_negative();
        Ok(if minus_zero {
            Json::Whole(0)
        } else {
            Json::Other(number)
        })
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Tree { left: self.left })? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            entries.push((key, map.next_value_seed(Tree { left: self.left })?));
        }
        Ok(Json::Object(entries))
    }
}

/// A key of an object, borrowed from the line where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
