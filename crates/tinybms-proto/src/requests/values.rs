//! Reads of single values, 11h to 20h.

use core::iter::empty;

use battery_units::Millivolts;

use super::{Read, Request};
use crate::cells::CellValues;
use crate::error::{BuildError, ReplyError};
use crate::events::EventLog;
use crate::frame::{Command, Frame, emit};
use crate::reading::{
    ExtendedVersion, Firmware, Seconds, StateOfCharge, Status, Temperatures, Travel, Version,
    temperature,
};
use crate::single::{PackCurrent, PackVoltage, Single, Speed};

/// A request that is nothing but its command.
fn bare(command: Command, out: &mut [u8]) -> Result<&[u8], BuildError> {
    emit(command, 0, empty(), out)
}

const fn single(bytes: [u8; 4]) -> Single {
    Single::from_bits(u32::from_le_bytes(bytes))
}

fn millivolts(bytes: [u8; 2]) -> Millivolts {
    Millivolts::new(i32::from(u16::from_le_bytes(bytes)))
}

/// Reads the pack voltage (TinyBMS rev D, command 14h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadPackVoltage;

impl Request for ReadPackVoltage {
    type Reply<'a> = PackVoltage;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::PACK_VOLTAGE, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<PackVoltage, ReplyError> {
        Ok(PackVoltage(single(reply.fixed(Command::PACK_VOLTAGE)?)))
    }
}

impl Read for ReadPackVoltage {}

/// Reads the pack current, positive when charging (TinyBMS rev D, command 15h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadPackCurrent;

impl Request for ReadPackCurrent {
    type Reply<'a> = PackCurrent;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::PACK_CURRENT, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<PackCurrent, ReplyError> {
        Ok(PackCurrent(single(reply.fixed(Command::PACK_CURRENT)?)))
    }
}

impl Read for ReadPackCurrent {}

/// Reads the highest cell voltage, in whole millivolts (TinyBMS rev D, command 16h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadMaxCell;

impl Request for ReadMaxCell {
    type Reply<'a> = Millivolts;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::MAX_CELL, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Millivolts, ReplyError> {
        Ok(millivolts(reply.fixed(Command::MAX_CELL)?))
    }
}

impl Read for ReadMaxCell {}

/// Reads the lowest cell voltage, in whole millivolts (TinyBMS rev D, command 17h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadMinCell;

impl Request for ReadMinCell {
    type Reply<'a> = Millivolts;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::MIN_CELL, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Millivolts, ReplyError> {
        Ok(millivolts(reply.fixed(Command::MIN_CELL)?))
    }
}

impl Read for ReadMinCell {}

/// Reads the status; harmless, and so the request that wakes the BMS (TinyBMS rev D, command 18h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadStatus;

impl Request for ReadStatus {
    type Reply<'a> = Status;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::STATUS, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Status, ReplyError> {
        Ok(u16::from_le_bytes(reply.fixed(Command::STATUS)?).into())
    }
}

impl Read for ReadStatus {}

/// Reads the lifetime counter (TinyBMS rev D, command 19h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadLifetime;

impl Request for ReadLifetime {
    type Reply<'a> = Seconds;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::LIFETIME, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Seconds, ReplyError> {
        Ok(Seconds::new(u32::from_le_bytes(
            reply.fixed(Command::LIFETIME)?,
        )))
    }
}

impl Read for ReadLifetime {}

/// Reads the state of charge (TinyBMS rev D, command 1Ah).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadStateOfCharge;

impl Request for ReadStateOfCharge {
    type Reply<'a> = StateOfCharge;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::STATE_OF_CHARGE, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<StateOfCharge, ReplyError> {
        Ok(StateOfCharge::new(u32::from_le_bytes(
            reply.fixed(Command::STATE_OF_CHARGE)?,
        )))
    }
}

impl Read for ReadStateOfCharge {}

/// Reads the newest events; what makes an event new is not documented (TinyBMS rev D, command 11h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadNewestEvents;

impl Request for ReadNewestEvents {
    type Reply<'a> = EventLog<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::NEWEST_EVENTS, out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<EventLog<'a>, ReplyError> {
        EventLog::decode(reply, Command::NEWEST_EVENTS)
    }
}

impl Read for ReadNewestEvents {}

/// Reads all events, at most 49, in one frame (TinyBMS rev D, command 12h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadAllEvents;

impl Request for ReadAllEvents {
    type Reply<'a> = EventLog<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::ALL_EVENTS, out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<EventLog<'a>, ReplyError> {
        EventLog::decode(reply, Command::ALL_EVENTS)
    }
}

impl Read for ReadAllEvents {}

/// Reads the temperatures (TinyBMS rev D, command 1Bh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadTemperatures;

impl Request for ReadTemperatures {
    type Reply<'a> = Temperatures;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::TEMPERATURES, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Temperatures, ReplyError> {
        let bytes = reply.counted(Command::TEMPERATURES, 6)?;
        let at = |place: usize| {
            let pair = bytes.chunks_exact(2).nth(place);
            let raw = pair.and_then(|pair| pair.first_chunk().copied());
            raw.map(i16::from_le_bytes).and_then(temperature)
        };
        Ok(Temperatures {
            internal: at(0),
            external: [at(1), at(2)],
        })
    }
}

impl Read for ReadTemperatures {}

/// Reads the voltages of the cells that are used (TinyBMS rev D, command 1Ch). Their order is not verified: to name cells, read the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadCellVoltages;

impl Request for ReadCellVoltages {
    type Reply<'a> = CellValues<'a>;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::CELL_VOLTAGES, out)
    }

    fn decode<'a>(&self, reply: Frame<'a>) -> Result<CellValues<'a>, ReplyError> {
        CellValues::decode(reply)
    }
}

impl Read for ReadCellVoltages {}

/// Reads the version (TinyBMS rev D, command 1Eh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadVersion;

impl Request for ReadVersion {
    type Reply<'a> = Version;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::VERSION, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Version, ReplyError> {
        match reply.counted(Command::VERSION, 5)?.first_chunk() {
            Some(bytes) => Ok(version(bytes)),
            None => Err(too_short(5, reply)),
        }
    }
}

impl Read for ReadVersion {}

/// Reads the version with boot loader and register map (TinyBMS rev D, command 1Fh).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadExtendedVersion;

impl Request for ReadExtendedVersion {
    type Reply<'a> = ExtendedVersion;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::EXTENDED_VERSION, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<ExtendedVersion, ReplyError> {
        match *reply.counted(Command::EXTENDED_VERSION, 7)? {
            [a, b, c, d, e, bootloader, register_map] => Ok(ExtendedVersion {
                version: version(&[a, b, c, d, e]),
                bootloader,
                register_map,
            }),
            _ => Err(too_short(7, reply)),
        }
    }
}

impl Read for ReadExtendedVersion {}

/// Reads speed, distance left and time left (TinyBMS rev D, command 20h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadTravel;

impl Request for ReadTravel {
    type Reply<'a> = Travel;

    fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        bare(Command::TRAVEL, out)
    }

    fn decode(&self, reply: Frame<'_>) -> Result<Travel, ReplyError> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = reply.fixed(Command::TRAVEL)?;
        Ok(Travel {
            speed: Speed(single([a, b, c, d])),
            distance_left_km: u32::from_le_bytes([e, f, g, h]),
            time_left: Seconds::new(u32::from_le_bytes([i, j, k, l])),
        })
    }
}

impl Read for ReadTravel {}

const fn version(bytes: &[u8; 5]) -> Version {
    let [hardware, hardware_changes, firmware_public, low, high] = *bytes;
    Version {
        hardware,
        hardware_changes,
        firmware_public,
        firmware: Firmware::new(u16::from_le_bytes([low, high])),
    }
}

fn too_short(expected: usize, reply: Frame<'_>) -> ReplyError {
    ReplyError::LengthMismatch {
        expected,
        found: reply.content().len(),
    }
}
