//! A TinyBMS that was found at the other end.

use std::time::Duration;

use tinybms_proto::{
    Error, Firmware, ReplyError, Waits, blocking::TinyBms, port::blocking::Port,
    registers::VersionRegisters,
};

use super::{
    answer::remark,
    port::{Line, LineError, Place},
    trouble::Trouble,
};

/// A harmless read: the status.
const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];

/// Whether what comes back is the request and nothing else: wires that are joined, and nobody there.
fn echoes(mut line: Line, timeout: Duration) -> bool {
    let everything = |line: &mut Line| {
        let mut bytes = Vec::new();
        let mut piece = [0; 64];
        // A line that never falls silent is no echo.
        while bytes.len() <= piece.len() {
            match line.read(timeout, &mut piece) {
                Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
                _ => break,
            }
        }
        bytes
    };
    everything(&mut line);
    line.send(&STATUS).is_ok() && everything(&mut line) == STATUS
}

/// The client with what it talks to.
pub(super) struct Device {
    bms: TinyBms<Line>,
    pub(super) versions: VersionRegisters,
    place: Place,
}

/// Waits of the client, from the one that a person may have to change: how long the first byte may take.
fn waits(timeout: Duration) -> Waits {
    let first_us = u32::try_from(timeout.as_micros()).unwrap_or(u32::MAX);
    Waits {
        first_us,
        silence_us: first_us / 2,
        whole_us: first_us.saturating_mul(2),
        ..Waits::WIRE
    }
}

impl Device {
    /// Opens the line and asks who is there, which also wakes a BMS that sleeps.
    pub(super) fn open(place: Option<&Place>, timeout: Duration) -> Result<Self, Trouble> {
        let place = place.ok_or(Trouble::NoPlace)?.clone();
        let line = match Line::open(&place) {
            Ok(line) => line,
            Err(error) => return Err(Trouble::Open { place, error }),
        };
        let mut bms = TinyBms::new(line, waits(timeout));
        let versions = match bms.versions() {
            Ok(versions) => versions,
            Err(error) => {
                let error = match error {
                    Error::Reply(reply) if !reply.is_refusal() && reply != ReplyError::Timeout => {
                        Error::Reply(if echoes(bms.release(), timeout) {
                            ReplyError::Echo
                        } else {
                            reply
                        })
                    }
                    other => other,
                };
                return Err(Trouble::Bms { place, error });
            }
        };
        let firmware = versions.version.firmware;
        if matches!(firmware.number(), 0 | u16::MAX) {
            return Err(Trouble::Foreign { place, firmware });
        }
        if !firmware.is_supported() {
            remark(&format!(
                "parallelator: firmware {firmware} is older than {}: its registers are others, so values may be wrong",
                Firmware::OLDEST
            ));
        }
        Ok(Self {
            bms,
            versions,
            place,
        })
    }

    pub(super) fn firmware(&self) -> Firmware {
        self.versions.version.firmware
    }

    /// A call of the client; its error with the place where it happened.
    pub(super) fn ask<T>(
        &mut self,
        call: impl FnOnce(&mut TinyBms<Line>) -> Result<T, Error<LineError>>,
    ) -> Result<T, Trouble> {
        call(&mut self.bms).map_err(|error| self.trouble(error))
    }

    pub(super) fn trouble(&self, error: Error<LineError>) -> Trouble {
        Trouble::Bms {
            place: self.place.clone(),
            error,
        }
    }

    /// How many cells it is set to.
    pub(super) fn configured_cells(&mut self) -> Result<u16, Trouble> {
        let register = tinybms_proto::Setting::SeriesCells.entry().address;
        self.ask(|bms| {
            Ok(bms
                .registers(register, 1)?
                .get(register)
                .unwrap_or_default())
        })
    }
}
