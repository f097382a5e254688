//! Text that the BMS sends unasked (user manual, revision D, "Broadcast"; registers 342 and 343).
//!
//! The states of the switches exist nowhere else: no register and no command tells them. How a line ends is not
//! documented; both CR and LF are taken for an end. The SOC BAR form is not documented and not text.

use core::{fmt, str};

use battery_units::{MilliCelsius, MilliampHours, Milliamps, Millivolts, Permille};

use crate::reading::Status;

/// The longest line that is collected; the longest documented one has about 150 bytes.
const LINE: usize = 256;
/// Fields of the CA V3 form.
const CA_FIELDS: usize = 13;
/// Fields of them that carry something.
const CA_USED: usize = 6;

/// A line that is none of the documented forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TextError {
    /// Bytes that are no text.
    NotText,
    /// Another number of fields than any form has.
    Fields {
        /// How many.
        found: usize,
    },
    /// A field that is missing or is not what stands in its place.
    Field {
        /// Which one, from 0.
        place: usize,
    },
    /// A number that is none, or beyond its unit.
    Number {
        /// Which field, from 0.
        place: usize,
    },
}

/// A line of either form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Line {
    /// Thirteen numbers.
    CaV3(CaV3),
    /// Names and numbers.
    Ascii(Ascii),
}

/// What the CA V3 form tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CaV3 {
    /// Charge left.
    pub remaining: MilliampHours,
    /// Voltage of the pack.
    pub voltage: Millivolts,
    /// Current, positive when charging.
    pub current: Milliamps,
    /// Speed in metres an hour.
    pub speed_metres_per_hour: i32,
    /// Distance in metres.
    pub distance_metres: i32,
    /// Highest temperature.
    pub max_temperature: MilliCelsius,
}

/// What the ASCII form tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ascii {
    /// BPV: voltage of the pack.
    pub voltage: Millivolts,
    /// MINCV: lowest cell.
    pub min_cell: Millivolts,
    /// MAXCV: highest cell.
    pub max_cell: Millivolts,
    /// BPC: current, positive when charging.
    pub current: Milliamps,
    /// SOC.
    pub state_of_charge: Permille,
    /// BMST: inside the BMS.
    pub internal_temperature: MilliCelsius,
    /// EXT1 and EXT2.
    pub external_temperatures: [MilliCelsius; 2],
    /// OS.
    pub status: Status,
    /// CB: slots that are being balanced now, as in register 52.
    pub balancing: u16,
    /// The switches.
    pub switches: Switches,
}

/// The switches of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Switches {
    /// Dual port: LST and LSS, CST and CSS.
    Dual {
        /// Towards the load.
        load: Switch,
        /// Towards the charger.
        charger: Switch,
    },
    /// Single port: ST and SS.
    Single(Switch),
}

/// A switch and its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Switch {
    /// A relay or the like outside the board; else transistors on it.
    pub is_external: bool,
    /// Whether it is on, as the BMS wants it.
    pub is_on: bool,
}

impl Line {
    /// From one line without its end.
    ///
    /// # Errors
    ///
    /// [`TextError`]; a line that was cut is one too.
    pub fn parse(line: &[u8]) -> Result<Self, TextError> {
        let text = str::from_utf8(line).map_err(|_| TextError::NotText)?;
        if !text.is_ascii() {
            return Err(TextError::NotText);
        }
        let text = text.trim_end_matches(['\r', '\n']);
        match text.split('\t').count() {
            CA_FIELDS => ca_v3(text).map(Self::CaV3),
            14 | 12 => ascii(text).map(Self::Ascii),
            found => Err(TextError::Fields { found }),
        }
    }
}

fn ca_v3(text: &str) -> Result<CaV3, TextError> {
    let mut fields = Fields::new(text);
    let remaining = fields.thousandths()?;
    let found = CaV3 {
        remaining: MilliampHours::new(
            u32::try_from(remaining).map_err(|_| TextError::Number { place: 0 })?,
        ),
        voltage: Millivolts::new(fields.thousandths()?),
        current: Milliamps::new(fields.thousandths()?),
        speed_metres_per_hour: fields.thousandths()?,
        distance_metres: fields.thousandths()?,
        max_temperature: MilliCelsius::new(fields.thousandths()?),
    };
    // The rest is always zero.
    for _ in CA_USED..CA_FIELDS {
        let place = fields.place;
        if fields.thousandths()? != 0 {
            return Err(TextError::Field { place });
        }
    }
    Ok(found)
}

fn ascii(text: &str) -> Result<Ascii, TextError> {
    let mut fields = Fields::new(text);
    let voltage = Millivolts::new(fields.named("BPV")?);
    let min_cell = Millivolts::new(fields.named("MINCV")?);
    let max_cell = Millivolts::new(fields.named("MAXCV")?);
    let current = Milliamps::new(fields.named("BPC")?);
    let state_of_charge = fields.permille("SOC")?;
    let internal_temperature = MilliCelsius::new(fields.named("BMST")?);
    let external_temperatures = [
        MilliCelsius::new(fields.named("EXT1")?),
        MilliCelsius::new(fields.named("EXT2")?),
    ];
    let status = fields.parsed("OS", str::parse::<u16>)?.into();
    let balancing = fields.parsed("CB", |bits| {
        let is_whole = bits.len() == 16 && bits.bytes().all(|bit| matches!(bit, b'0' | b'1'));
        u16::from_str_radix(if is_whole { bits } else { "" }, 2)
    })?;
    let switches = if fields.is_next("ST") {
        Switches::Single(fields.switch("ST", "SS")?)
    } else {
        Switches::Dual {
            load: fields.switch("LST", "LSS")?,
            charger: fields.switch("CST", "CSS")?,
        }
    };
    fields.end()?;
    Ok(Ascii {
        voltage,
        min_cell,
        max_cell,
        current,
        state_of_charge,
        internal_temperature,
        external_temperatures,
        status,
        balancing,
        switches,
    })
}

/// Fields between tabs, one after the other.
struct Fields<'a> {
    rest: str::Split<'a, char>,
    place: usize,
}

impl<'a> Fields<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.split('\t'),
            place: 0,
        }
    }

    fn next(&mut self) -> Result<&'a str, TextError> {
        let place = self.place;
        self.place = place.saturating_add(1);
        self.rest.next().ok_or(TextError::Field { place })
    }

    fn end(&mut self) -> Result<(), TextError> {
        match self.rest.next() {
            None => Ok(()),
            Some(_) => Err(TextError::Field { place: self.place }),
        }
    }

    fn is_next(&self, name: &str) -> bool {
        self.rest
            .clone()
            .next()
            .and_then(|field| field.split_once(':'))
            .is_some_and(|(key, _)| key == name)
    }

    fn value(&mut self, name: &str) -> Result<&'a str, TextError> {
        let place = self.place;
        let (key, value) = self
            .next()?
            .split_once(':')
            .ok_or(TextError::Field { place })?;
        if key == name {
            Ok(value)
        } else {
            Err(TextError::Field { place })
        }
    }

    fn parsed<T, E>(
        &mut self,
        name: &str,
        parse: impl Fn(&'a str) -> Result<T, E>,
    ) -> Result<T, TextError> {
        let place = self.place;
        parse(self.value(name)?).map_err(|_| TextError::Number { place })
    }

    fn thousandths(&mut self) -> Result<i32, TextError> {
        let place = self.place;
        thousandths(self.next()?).ok_or(TextError::Number { place })
    }

    fn named(&mut self, name: &str) -> Result<i32, TextError> {
        let place = self.place;
        thousandths(self.value(name)?).ok_or(TextError::Number { place })
    }

    /// From percent, rounded down.
    fn permille(&mut self, name: &str) -> Result<Permille, TextError> {
        let place = self.place;
        let thousandths_of_percent = self.named(name)?;
        u16::try_from(thousandths_of_percent / 100)
            .map(Permille::new)
            .map_err(|_| TextError::Number { place })
    }

    fn switch(&mut self, kind: &str, state: &str) -> Result<Switch, TextError> {
        let bit = |text: &str| match text {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err(()),
        };
        Ok(Switch {
            is_external: self.parsed(kind, bit)?,
            is_on: self.parsed(state, bit)?,
        })
    }
}

/// A decimal number in thousandths, to nearest, ties away from zero.
fn thousandths(text: &str) -> Option<i32> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let mut value: i64 = whole.parse().ok()?;
    let mut decimals = fraction.bytes().map(|digit| i64::from(digit & 0x0F));
    for _ in 0..3 {
        value = value
            .checked_mul(10)?
            .checked_add(decimals.next().unwrap_or(0))?;
    }
    if decimals.next().is_some_and(|digit| digit >= 5) {
        value = value.checked_add(1)?;
    }
    i32::try_from(if is_negative {
        value.checked_neg()?
    } else {
        value
    })
    .ok()
}

/// Collects lines from bytes that come in any pieces.
///
/// The first line is given only from its beginning on when the bytes begin with one; a line that was cut by a reply is
/// an error of [`Line::parse`].
#[derive(Debug, Clone)]
pub struct Lines {
    buffer: [u8; LINE],
    filled: usize,
    /// The line is longer than any line, or holds bytes that are no text: it is dropped up to its end.
    spoilt: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// Nothing collected yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; LINE],
            filled: 0,
            spoilt: false,
        }
    }

    /// Takes a byte; gives the line that it ends, if any.
    pub fn push(&mut self, byte: u8) -> Option<Result<Line, TextError>> {
        if matches!(byte, b'\r' | b'\n') {
            return self.end();
        }
        match self.buffer.get_mut(self.filled) {
            Some(place) if byte.is_ascii() => {
                *place = byte;
                self.filled = self.filled.saturating_add(1);
            }
            _ => self.spoilt = true,
        }
        None
    }

    /// The line is over, because nothing more comes.
    pub fn end(&mut self) -> Option<Result<Line, TextError>> {
        let line = self.buffer.get(..self.filled).unwrap_or_default();
        let answer = match (self.spoilt, line) {
            (true, _) => Some(Err(TextError::NotText)),
            (false, []) => None,
            (false, line) => Some(Line::parse(line)),
        };
        self.filled = 0;
        self.spoilt = false;
        answer
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("not a line of text"),
            Self::Fields { found } => write!(f, "{found} fields are none of the forms"),
            Self::Field { place } => write!(f, "field {place} is missing or another one"),
            Self::Number { place } => write!(f, "field {place} holds no number that fits"),
        }
    }
}

impl core::error::Error for TextError {}
