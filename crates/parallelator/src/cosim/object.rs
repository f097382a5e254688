//! Reading values out of a tree; each error says where it is and what would be right.

use std::{fmt::Display, ops::RangeInclusive};

use super::{InputError, Json, error::quoted};
use crate::rack::nearest;

/// The entries of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'j, 'a> {
    entries: &'j [(std::borrow::Cow<'a, str>, Json<'a>)],
}

/// What was found, and what is allowed.
pub(crate) fn refused(found: &Json<'_>, allowed: impl Display) -> InputError {
    InputError::new(format!("{found} is not {allowed}"))
}

/// A key or name that does not exist, with the nearest that does, or all of them.
pub(crate) fn unknown(what: &str, name: &str, known: &[&'static str]) -> InputError {
    let name = quoted(name);
    // A part of a name means that name rather than another that happens to look like it.
    let longer = known
        .iter()
        .copied()
        .find(|one| name.len() > 2 && one.starts_with(&name));
    let hint = match longer.or_else(|| nearest(&name, known.iter().copied())) {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("there are {}", known.join(", ")),
    };
    InputError::new(format!("{name:?} is no {what}; {hint}"))
}

impl<'j, 'a> Object<'j, 'a> {
    /// An object with any keys.
    pub(crate) fn any(json: &'j Json<'a>) -> Result<Self, InputError> {
        match json {
            Json::Object(entries) => Ok(Self { entries }),
            other => Err(refused(other, "an object")),
        }
    }

    /// An object that has only keys of this list, each of them once.
    pub(crate) fn of(json: &'j Json<'a>, known: &[&'static str]) -> Result<Self, InputError> {
        let object = Self::any(json)?;
        let mut seen = vec![false; known.len()];
        for (key, _) in object.entries {
            let position = known
                .iter()
                .position(|name| name == key)
                .ok_or_else(|| unknown("key here", key, known).under(key))?;
            if std::mem::replace(&mut seen[position], true) {
                let words = format!("\"{key}\" is given twice, it may stand here once");
                return Err(InputError::new(words).under(key));
            }
        }
        Ok(object)
    }

    /// The entries, in their order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'j str, &'j Json<'a>)> + use<'j, 'a> {
        self.entries.iter().map(|(key, json)| (key.as_ref(), json))
    }

    /// The value of a key, where it is given.
    pub(crate) fn get<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'j Json<'a>) -> Result<T, InputError>,
    ) -> Result<Option<T>, InputError> {
        self.entries()
            .find(|(name, _)| *name == key)
            .map(|(_, json)| read(json).map_err(|error| error.under(key)))
            .transpose()
    }

    /// The value of a key that has to be given.
    pub(crate) fn need<T>(
        &self,
        key: &str,
        what: &str,
        read: impl FnOnce(&'j Json<'a>) -> Result<T, InputError>,
    ) -> Result<T, InputError> {
        let missing = || InputError::new(format!("missing, must be {what}")).under(key);
        self.get(key, read)?.ok_or_else(missing)
    }
}

/// True or false.
pub(crate) fn flag(json: &Json<'_>) -> Result<bool, InputError> {
    match json {
        Json::Flag(flag) => Ok(*flag),
        other => Err(refused(other, "true or false")),
    }
}

/// Something that can only be asked for, not asked not to happen.
pub(crate) fn asked(json: &Json<'_>) -> Result<(), InputError> {
    match json {
        Json::Flag(true) => Ok(()),
        other => Err(refused(other, "true, the only value it can have")),
    }
}

/// A whole number of this range.
pub(crate) fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&Json<'_>) -> Result<T, InputError>
where
    T: Copy + PartialOrd + Display + TryFrom<i128>,
{
    move |json| {
        let number = match json {
            Json::Whole(number) => T::try_from(*number).ok(),
            _ => None,
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                let how = match json {
                    Json::Other(_) => ", written without fraction or exponent",
                    _ => "",
                };
                refused(
                    json,
                    format_args!("a whole number from {low} to {high}{how}"),
                )
            })
    }
}

/// The same, or `None` where the line says null: not known.
pub(crate) fn nullable<'j, 'a: 'j, T>(
    read: impl Fn(&'j Json<'a>) -> Result<T, InputError>,
) -> impl Fn(&'j Json<'a>) -> Result<Option<T>, InputError> {
    move |json| match json {
        Json::Null => Ok(None),
        other => read(other).map(Some),
    }
}

/// A text.
pub(crate) fn text<'j>(json: &'j Json<'_>) -> Result<&'j str, InputError> {
    match json {
        Json::Text(text) => Ok(text),
        other => Err(refused(other, "a text")),
    }
}

/// One of these names.
pub(crate) fn choice<T: Copy>(
    options: &[(&'static str, T)],
) -> impl Fn(&Json<'_>) -> Result<T, InputError> {
    move |json| {
        let found = match json {
            Json::Text(text) => options.iter().find(|(name, _)| name == text),
            _ => None,
        };
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = options.iter().map(|(name, _)| *name).collect();
            refused(json, one_of(&names))
        })
    }
}

/// The names of a choice as they stand in a message.
pub(crate) fn one_of(names: &[&str]) -> String {
    format!("one of \"{}\"", names.join("\", \""))
}

/// The items of a list.
pub(crate) fn list<'j, 'a>(json: &'j Json<'a>) -> Result<&'j [Json<'a>], InputError> {
    match json {
        Json::List(items) => Ok(items),
        other => Err(refused(other, "a list")),
    }
}
