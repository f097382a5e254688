//! Why parameters are refused, as bytes and back.

use parallelator_core::{ConfigError, ParamError, Params, Problem};

use crate::{Get, Put, Reader, Sink, code::code_struct};

code_struct!(ParamError {
    field,
    value,
    problem
});

/// The name of a parameter; no other text can be read back.
impl Get for &'static str {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        let length = usize::get(reader)?;
        let name = reader.take_slice(length)?;
        let numbers = Params::fields().iter().map(|field| field.name);
        let choices = Params::choices().iter().map(|choice| choice.name);
        numbers.chain(choices).find(|one| one.as_bytes() == name)
    }
}

impl Put for &'static str {
    fn put(&self, sink: &mut impl Sink) {
        self.as_bytes().put(sink);
    }
}

impl Put for Problem {
    fn put(&self, sink: &mut impl Sink) {
        let (kind, text, limit) = match self {
            Self::OutsideRange { min, max } => {
                0u8.put(sink);
                min.put(sink);
                return max.put(sink);
            }
            Self::NotBelow { other, limit } => (1u8, other, limit),
            Self::Above { other, limit } => (2, other, limit),
            Self::TooSmall { rule, limit } => (3, rule, limit),
        };
        kind.put(sink);
        text.put(sink);
        limit.put(sink);
    }
}

impl Get for Problem {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = u8::get(reader)?;
        if kind == 0 {
            return Some(Self::OutsideRange {
                min: i64::get(reader)?,
                max: i64::get(reader)?,
            });
        }
        let (other, limit) = (Get::get(reader)?, i64::get(reader)?);
        match kind {
            1 => Some(Self::NotBelow { other, limit }),
            2 => Some(Self::Above { other, limit }),
            3 => Some(Self::TooSmall { rule: other, limit }),
            _ => None,
        }
    }
}

/// May grow: one that is not known here has a byte that does not read back.
impl Put for ConfigError {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::Length { found, needed } => {
                0u8.put(sink);
                found.put(sink);
                needed.put(sink);
            }
            Self::NotAConfig => 1u8.put(sink),
            Self::Version { found, expected } => sink.put(&[2, *found, *expected]),
            Self::Checksum => 3u8.put(sink),
            Self::Choice { field, found } => {
                4u8.put(sink);
                field.put(sink);
                found.put(sink);
            }
            Self::Invalid(error) => {
                5u8.put(sink);
                error.put(sink);
            }
            _ => u8::MAX.put(sink),
        }
    }
}

impl Get for ConfigError {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(reader)? {
            0 => Self::Length {
                found: usize::get(reader)?,
                needed: usize::get(reader)?,
            },
            1 => Self::NotAConfig,
            2 => Self::Version {
                found: u8::get(reader)?,
                expected: u8::get(reader)?,
            },
            3 => Self::Checksum,
            4 => Self::Choice {
                field: Get::get(reader)?,
                found: u8::get(reader)?,
            },
            5 => Self::Invalid(ParamError::get(reader)?),
            _ => return None,
        })
    }
}
