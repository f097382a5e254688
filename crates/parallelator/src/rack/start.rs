//! Start values from a file of measured rack hours: voltage and path resistance of each pack.
//!
//! The layout is one line a channel and hour, with the columns
//! `rack,hour_start,channel,voltage_mean_mv,voltage_std_mv,current_mean_ma,current_std_ma,path_resistance_uohm`.
//! A file may hold several hours; one is chosen.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::PACKS;

/// A channel that reads less than this has no pack: real ones without read 0 to 20 mV.
const NO_PACK_BELOW_MV: i64 = 500;

const COLUMNS: [&str; 8] = [
    "rack",
    "hour_start",
    "channel",
    "voltage_mean_mv",
    "voltage_std_mv",
    "current_mean_ma",
    "current_std_ma",
    "path_resistance_uohm",
];

/// Start values of one pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartPack {
    /// Voltage at rest, in millivolts.
    pub voltage_mv: i32,
    /// Whole path resistance up to the point where the voltage is measured, in microohms.
    pub path_uohm: u32,
}

/// One hour of one rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartHour {
    /// Name of the rack in the file.
    pub rack: String,
    /// Start of the hour, as the file writes it.
    pub time: String,
    /// The packs by channel, the first channel first; `None` where the channel has no pack.
    pub packs: Vec<Option<StartPack>>,
}

/// Why a start file cannot be used.
#[derive(Debug)]
pub struct StartError {
    file: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Unreadable(csv::Error),
    NoColumn(&'static str),
    Field {
        line: u64,
        column: &'static str,
        found: String,
        allowed: &'static str,
    },
    ChannelTwice {
        line: u64,
        channel: usize,
    },
    Empty,
    NoSuchHour {
        wanted: String,
        there: Vec<String>,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.cause {
            Cause::Unreadable(error) => write!(f, "the start file {file} cannot be read: {error}"),
            Cause::NoColumn(column) => {
                write!(
                    f,
                    "{file}:1: the column \"{column}\" is missing; the columns are {}",
                    COLUMNS.join(",")
                )
            }
            Cause::Field {
                line,
                column,
                found,
                allowed,
            } => write!(f, "{file}:{line}: {column}: \"{found}\" is not {allowed}"),
            Cause::ChannelTwice { line, channel } => {
                write!(
                    f,
                    "{file}:{line}: channel: {channel} is given twice for this hour"
                )
            }
            Cause::Empty => write!(f, "the start file {file} has no line of values"),
            Cause::NoSuchHour { wanted, there } => write!(
                f,
                "the start file {file} has no hour \"{wanted}\"; it has {}",
                there.join(" and ")
            ),
        }
    }
}

impl std::error::Error for StartError {}

/// Reads every hour of a file, in its order.
///
/// # Errors
/// The first line that cannot be used, with its field.
pub fn read_all(path: &Path) -> Result<Vec<StartHour>, StartError> {
    read_hours(path).map_err(|cause| StartError {
        file: path.to_owned(),
        cause,
    })
}

/// Reads one hour of a file: the one called `RACK,TIME`, or the first.
///
/// # Errors
/// The first line that cannot be used, or the hours there are when the wanted one is not among them.
pub fn read(path: &Path, wanted: Option<&str>) -> Result<StartHour, StartError> {
    let hours = read_all(path)?;
    let name = |hour: &StartHour| format!("{},{}", hour.rack, hour.time);
    let found = match wanted {
        None => hours.first(),
        Some(wanted) => hours.iter().find(|hour| name(hour) == wanted),
    };
    found.cloned().ok_or_else(|| StartError {
        file: path.to_owned(),
        cause: Cause::NoSuchHour {
            wanted: wanted.unwrap_or_default().to_owned(),
            there: hours.iter().map(name).collect(),
        },
    })
}

fn read_hours(path: &Path) -> Result<Vec<StartHour>, Cause> {
    let mut file = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(Cause::Unreadable)?;
    let header = file.headers().map_err(Cause::Unreadable)?.clone();
    let mut at = [0; COLUMNS.len()];
    for (slot, column) in at.iter_mut().zip(COLUMNS) {
        *slot = header
            .iter()
            .position(|name| name.trim() == column)
            .ok_or(Cause::NoColumn(column))?;
    }
    let mut hours: Vec<StartHour> = Vec::new();
    for record in file.records() {
        let record = record.map_err(Cause::Unreadable)?;
        let row = Row {
            line: record.position().map_or(0, csv::Position::line),
            fields: at.map(|column| record.get(column).unwrap_or_default().trim()),
        };
        row.add_to(&mut hours)?;
    }
    if hours.is_empty() {
        return Err(Cause::Empty);
    }
    Ok(hours)
}

/// One line of the file, its fields in the order of [`COLUMNS`].
struct Row<'a> {
    line: u64,
    fields: [&'a str; COLUMNS.len()],
}

impl Row<'_> {
    fn number(
        &self,
        column: usize,
        range: std::ops::RangeInclusive<i64>,
        allowed: &'static str,
    ) -> Result<i64, Cause> {
        let text = self.fields[column];
        text.parse()
            .ok()
            .filter(|value| range.contains(value))
            .ok_or_else(|| self.refused(column, allowed))
    }

    fn refused(&self, column: usize, allowed: &'static str) -> Cause {
        Cause::Field {
            line: self.line,
            column: COLUMNS[column],
            found: self.fields[column].to_owned(),
            allowed,
        }
    }

    fn add_to(&self, hours: &mut Vec<StartHour>) -> Result<(), Cause> {
        let [rack, time, ..] = self.fields;
        for (column, name) in [(0, rack), (1, time)] {
            if name.is_empty() {
                return Err(self.refused(column, "a name"));
            }
        }
        let channel = self.number(2, 1..=PACKS as i64, "a channel from 1 to 32")? as usize;
        let voltage = self.number(3, 0..=450_000, "a voltage from 0 to 450000 mV")?;
        for column in 4..=6 {
            self.number(column, -1_000_000..=1_000_000, "a whole number")?;
        }
        let path = self.number(
            7,
            1_000..=2_000_000,
            "a resistance from 1000 to 2000000 microohms",
        )?;
        let position = hours
            .iter()
            .position(|hour| (hour.rack.as_str(), hour.time.as_str()) == (rack, time));
        let position = position.unwrap_or_else(|| {
            hours.push(StartHour {
                rack: rack.to_owned(),
                time: time.to_owned(),
                packs: Vec::new(),
            });
            hours.len() - 1
        });
        let packs = &mut hours[position].packs;
        if packs.len() < channel {
            packs.resize(channel, None);
        } else if packs[channel - 1].is_some() {
            let line = self.line;
            return Err(Cause::ChannelTwice { line, channel });
        }
        packs[channel - 1] = (voltage >= NO_PACK_BELOW_MV).then_some(StartPack {
            voltage_mv: voltage as i32,
            path_uohm: path as u32,
        });
        Ok(())
    }
}
