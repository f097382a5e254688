//! The parameters as one checked record, for whoever stores them where there is no file system.
//!
//! Layout, all numbers little endian: `b"PC"`, version 1, number of numeric parameters, number of choices (1 byte each); then
//! each numeric parameter as 4 bytes, signed, in the order of [`Params::fields`]; then each choice as 1 byte, its position in
//! [`Choice::options`](super::Choice), in the order of [`Params::choices`]; then the CRC-32 (ISO-HDLC) of everything before.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use super::{ParamError, Params};

const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);
const MAGIC: [u8; 2] = *b"PC";
const VERSION: u8 = 1;
const HEAD: usize = 5;
const NUMBER: usize = 4;
const TAIL: usize = 4;

/// A buffer of this length takes the record.
pub const CONFIG_MAX: usize = 256;

/// Why parameters cannot be taken from a record; nothing is taken then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// The buffer is too small for the record, or the record is cut off or too long.
    Length {
        /// What was given.
        found: usize,
        /// What is needed.
        needed: usize,
    },
    /// The bytes are not such a record.
    NotAConfig,
    /// Written by another version, with other parameters.
    Version {
        /// The version found.
        found: u8,
        /// The version that can be read.
        expected: u8,
    },
    /// The checksum does not fit: a torn write.
    Checksum,
    /// A choice holds a number that names nothing.
    Choice {
        /// Public name of the parameter.
        field: &'static str,
        /// What was found.
        found: u8,
    },
    /// The parameters can be read, but not used: not valid as a whole, or not for the rack they came to; the first fault.
    Invalid(ParamError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, needed } => write!(f, "{found} bytes given, {needed} needed"),
            Self::NotAConfig => f.write_str("not a record of parameters"),
            Self::Version { found, expected } => {
                write!(
                    f,
                    "version {found} of the parameters, this is version {expected}"
                )
            }
            Self::Checksum => f.write_str("the checksum does not fit, the parameters were torn"),
            Self::Choice { field, found } => write!(f, "{field}: there is no option {found}"),
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConfigError {}

impl ConfigError {
    /// What was found and what would have been right, for the event of a refusal.
    pub(crate) fn evidence(&self) -> (i32, i32) {
        match self {
            Self::Version { found, expected } => ((*found).into(), (*expected).into()),
            Self::Length { found, needed } => {
                let held = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
                (held(*found), held(*needed))
            }
            Self::Choice { found, .. } => ((*found).into(), 0),
            Self::Invalid(_) => (1, 0),
            Self::NotAConfig | Self::Checksum => (0, 0),
        }
    }
}

/// Length of the record without its checksum.
fn body() -> usize {
    let numbers = Params::fields().len().saturating_mul(NUMBER);
    HEAD.saturating_add(numbers)
        .saturating_add(Params::choices().len())
}

fn head() -> [u8; HEAD] {
    let [m0, m1] = MAGIC;
    let held = |value: usize| u8::try_from(value).unwrap_or(u8::MAX);
    let (numbers, choices) = (held(Params::fields().len()), held(Params::choices().len()));
    [m0, m1, VERSION, numbers, choices]
}

impl Params {
    /// Writes the record into `buffer` and returns the part that was written.
    ///
    /// # Errors
    /// When the buffer is shorter than the record; [`CONFIG_MAX`] bytes are always enough.
    pub fn write_config<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a [u8], ConfigError> {
        let body = body();
        let needed = body.saturating_add(TAIL);
        let found = buffer.len();
        let record = buffer
            .get_mut(..needed)
            .ok_or(ConfigError::Length { found, needed })?;
        let numbers = Self::fields()
            .iter()
            .flat_map(|field| crate::arith::narrow(field.get(self)).to_le_bytes());
        let choices = Self::choices().iter().map(|choice| {
            let chosen = choice.get(self);
            let position = choice.options.iter().position(|option| *option == chosen);
            position
                .and_then(|position| u8::try_from(position).ok())
                .unwrap_or(u8::MAX)
        });
        let content = head().into_iter().chain(numbers).chain(choices);
        for (slot, byte) in record.iter_mut().zip(content) {
            *slot = byte;
        }
        let checksum = CRC.checksum(record.get(..body).unwrap_or(&[]));
        for (slot, byte) in record.iter_mut().skip(body).zip(checksum.to_le_bytes()) {
            *slot = byte;
        }
        Ok(record)
    }

    /// Reads parameters from a record and checks them as a whole.
    ///
    /// # Errors
    /// When the record or the parameters in it cannot be used.
    pub fn from_config(record: &[u8]) -> Result<Self, ConfigError> {
        let needed = body().saturating_add(TAIL);
        let found = record.len();
        let wrong_length = ConfigError::Length { found, needed };
        let (content, tail) = record.split_last_chunk::<TAIL>().ok_or(wrong_length)?;
        let (&found_head, rest) = content.split_first_chunk::<HEAD>().ok_or(wrong_length)?;
        let [m0, m1, version, numbers, choices] = found_head;
        if [m0, m1] != MAGIC {
            return Err(ConfigError::NotAConfig);
        }
        let [.., expected_numbers, expected_choices] = head();
        if version != VERSION || (numbers, choices) != (expected_numbers, expected_choices) {
            let (found, expected) = (version, VERSION);
            return Err(ConfigError::Version { found, expected });
        }
        if CRC.checksum(content) != u32::from_le_bytes(*tail) {
            return Err(ConfigError::Checksum);
        }
        if found != needed {
            return Err(wrong_length);
        }
        let mut params = Self::default();
        let numbers = rest.chunks_exact(NUMBER);
        for (field, bytes) in Self::fields().iter().zip(numbers) {
            let value = <[u8; NUMBER]>::try_from(bytes).map_or(0, i32::from_le_bytes);
            field.put(&mut params, value.into());
        }
        let after_numbers = Self::fields().len().saturating_mul(NUMBER);
        for (choice, &found) in Self::choices().iter().zip(rest.iter().skip(after_numbers)) {
            let field = choice.name;
            let option = choice.options.get(usize::from(found));
            let taken = option.is_some_and(|option| choice.set(&mut params, option));
            if !taken {
                return Err(ConfigError::Choice { field, found });
            }
        }
        // What does not fit the type of a parameter was held inside it, and so lies outside the range or means what it says.
        params.check().map_err(ConfigError::Invalid)?;
        Ok(params)
    }
}
