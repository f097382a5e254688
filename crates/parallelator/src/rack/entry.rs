//! The keys a rack file may have, with the range of each, and what can be wrong with one.

use std::fmt;

use parallelator_node::Label;

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// A whole number.
    Number {
        min: i64,
        max: i64,
    },
    /// An address of a chip, shown in hexadecimal.
    Address {
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
    Flag,
    Text {
        max_bytes: usize,
    },
    Table,
    Tables,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Address { min, max } => write!(f, "an address from 0x{min:02X} to 0x{max:02X}"),
            Self::OneOf(options) => {
                f.write_str("one of ")?;
                for (index, option) in options.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}\"{option}\"")?;
                }
                Ok(())
            }
            Self::Flag => f.write_str("true or false"),
            Self::Text { max_bytes } => write!(f, "a text of at most {max_bytes} bytes"),
            Self::Table => f.write_str("a table in [brackets]"),
            Self::Tables => f.write_str("tables in [[double brackets]], one a pack"),
        }
    }
}

/// A key of a rack file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) allowed: Allowed,
    pub(super) required: bool,
}

const fn required(name: &'static str, allowed: Allowed) -> Key {
    Key {
        name,
        allowed,
        required: true,
    }
}

const fn optional(name: &'static str, allowed: Allowed) -> Key {
    Key {
        name,
        allowed,
        required: false,
    }
}

const PIN: Allowed = Allowed::Number { min: 0, max: 15 };
const CURRENT_MA: Allowed = Allowed::Number {
    min: 100,
    max: 500_000,
};

pub(super) const TITLE: Key = optional("title", Allowed::Text { max_bytes: 60 });
pub(super) const CHEMISTRY: Key = optional(
    "chemistry",
    Allowed::OneOf(&["nmc", "lfp", "lto", "lead-acid"]),
);
pub(super) const PARAMS: Key = optional("params", Allowed::Table);
pub(super) const PACK: Key = required("pack", Allowed::Tables);

/// The keys of the file itself.
pub(super) const RACK_KEYS: [Key; 4] = [TITLE, CHEMISTRY, PARAMS, PACK];

pub(super) const LABEL: Key = optional(
    "label",
    Allowed::Text {
        max_bytes: Label::MAX,
    },
);
pub(super) const BUS: Key = required("bus", Allowed::Number { min: 0, max: 1 });
pub(super) const SENSOR: Key = required(
    "sensor",
    Allowed::Address {
        min: 0x40,
        max: 0x4F,
    },
);
pub(super) const SENSOR_KIND: Key = optional("sensor_kind", Allowed::OneOf(&["ina226", "ina237"]));
pub(super) const EXPANDER: Key = required(
    "expander",
    Allowed::Address {
        min: 0x20,
        max: 0x27,
    },
);
pub(super) const SWITCH_PIN: Key = required("switch_pin", PIN);
pub(super) const ALERT_PIN: Key = optional("alert_pin", PIN);
pub(super) const RED_PIN: Key = optional("red_pin", PIN);
pub(super) const GREEN_PIN: Key = optional("green_pin", PIN);
pub(super) const SHUNT: Key = required(
    "shunt_uohm",
    Allowed::Number {
        min: 10,
        max: 10_000_000,
    },
);
pub(super) const REVERSED: Key = optional("reversed", Allowed::Flag);
pub(super) const CAPACITY: Key = optional(
    "capacity_mah",
    Allowed::Number {
        min: 1,
        max: 10_000_000,
    },
);
pub(super) const I_DIS_MAX: Key = optional("i_dis_max_ma", CURRENT_MA);
pub(super) const I_CHG_MAX: Key = optional("i_chg_max_ma", CURRENT_MA);

/// The keys of one pack.
pub(super) const PACK_KEYS: [Key; 14] = [
    LABEL,
    BUS,
    SENSOR,
    SENSOR_KIND,
    EXPANDER,
    SWITCH_PIN,
    ALERT_PIN,
    RED_PIN,
    GREEN_PIN,
    SHUNT,
    REVERSED,
    CAPACITY,
    I_DIS_MAX,
    I_CHG_MAX,
];

/// What is wrong with one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// Not TOML at all; the words of the parser.
    Syntax(String),
    UnknownKey {
        nearest: Option<&'static str>,
    },
    Missing(Allowed),
    /// What was found, and what is allowed.
    Refused {
        found: String,
        allowed: Allowed,
    },
    /// Entries that do not fit together.
    Contradiction(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(words) => write!(f, "not valid TOML: {words}"),
            Self::UnknownKey {
                nearest: Some(nearest),
            } => write!(f, "unknown key, did you mean \"{nearest}\"?"),
            Self::UnknownKey { nearest: None } => f.write_str("unknown key"),
            Self::Missing(allowed) => write!(f, "missing, must be {allowed}"),
            Self::Refused { found, allowed } => write!(f, "{found} is not {allowed}"),
            Self::Contradiction(words) => f.write_str(words),
        }
    }
}

/// The known key that looks most like this one, when one looks like it at all.
pub(crate) fn nearest(
    unknown: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    known
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|&(distance, name)| distance <= name.len().div_ceil(2))
        .min()
        .map(|(_, name)| name)
}
