//! The register map: blocks of registers as values.

mod live;
mod map;
mod statistics;
mod version;

pub use live::{LIVE_COUNT, Live};
pub use map::{Access, Entry, Format, MAP, Unit, Value, entry};
pub use statistics::{LastReset, LastWakeUp, STATISTICS_COUNT, STATISTICS_START, Statistics};
pub use version::{CurrentSensor, VERSION_COUNT, VERSION_START, VersionRegisters};
