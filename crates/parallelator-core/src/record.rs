//! What survives a reboot (rule D13): scores, latches, counters and the operator's word, as one small checked record.
//!
//! Layout, all numbers little endian: `b"PR"`, version 2, number of packs, flags of the rack (1 byte: bit 0 emergency
//! stop, bit 1 an earlier record was lost and nobody has armed the rack since); then per pack score (1 byte), flags (1 byte: bit 0 latched, bit 1 stuck closed, bit 2 suspects the bus, bit 3
//! disabled, bit 4 was closed, or was opened not long enough ago for its cells to have come to rest), fault (1 byte: position in [`Fault::ALL`] plus one, zero for none), fault of a stuck switch
//! (1 byte, the same), closings (4 bytes) and those of them that may lie within the last hour (2 bytes); then the CRC-32
//! (ISO-HDLC) of everything before. Whoever runs the core stores it.
//!
//! How long a reboot took nobody knows: the closings of the hour before it count as just made. Version 1 did not hold them;
//! a record of it is one of another version.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use crate::{
    Core, Fault, Params,
    backoff::Backoff,
    pack::{Pack, Trouble},
    source::Source,
};

const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);
const MAGIC: [u8; 2] = *b"PR";
const VERSION: u8 = 2;
const HEAD: usize = 5;
const ENTRY: usize = 10;
const TAIL: usize = 4;

/// Length of the record of the largest rack.
pub const RECORD_MAX: usize = HEAD + 32 * ENTRY + TAIL;

/// Why a record cannot be used. The core it was meant for is then as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordError {
    /// The buffer is too small for the record, or the record is cut off.
    Length {
        /// What was given.
        found: usize,
        /// What is needed.
        needed: usize,
    },
    /// The bytes are not such a record.
    NotARecord,
    /// Written by another version.
    Version {
        /// The version found.
        found: u8,
    },
    /// The checksum does not fit: a torn write.
    Checksum,
    /// It belongs to a rack with another number of packs.
    PackCount {
        /// Packs in the record.
        found: usize,
        /// Packs of this core.
        expected: usize,
    },
    /// The flags of the rack hold a value that was never written.
    Rack,
    /// A field holds a value that was never written.
    Field {
        /// The pack.
        pack: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, needed } => write!(f, "{found} bytes given, {needed} needed"),
            Self::NotARecord => f.write_str("not a reboot record"),
            Self::Version { found } => write!(
                f,
                "version {found} of the record, this is version {VERSION}"
            ),
            Self::Checksum => f.write_str("the checksum does not fit, the record was torn"),
            Self::PackCount { found, expected } => {
                write!(f, "a record of {found} packs, the rack has {expected}")
            }
            Self::Rack => f.write_str("the flags of the rack hold an impossible value"),
            Self::Field { pack } => write!(f, "the entry of pack {pack} holds an impossible value"),
        }
    }
}

impl core::error::Error for RecordError {}

/// Bits of a pack.
const LATCHED: u8 = 1;
const STUCK: u8 = 1 << 1;
const SUSPECTS_BUS: u8 = 1 << 2;
const DISABLED: u8 = 1 << 3;
const CLOSED: u8 = 1 << 4;

/// An error of the open-circuit voltage that is none any more, in microvolts.
const AT_REST_UV: i32 = 1_000;

/// Bits of the rack.
const ESTOP: u8 = 1;
const RECORD_LOST: u8 = 1 << 1;

/// One pack in the record.
struct Entry {
    score: u8,
    flags: u8,
    fault: Option<Fault>,
    stuck: Option<Fault>,
    closes: u32,
    /// Closings that may lie within the last hour.
    recent: u16,
}

fn bit(bit: u8, set: bool) -> u8 {
    if set { bit } else { 0 }
}

fn fault_to_byte(fault: Option<Fault>) -> u8 {
    let position = Fault::ALL.iter().position(|one| Some(*one) == fault);
    position
        .and_then(|position| u8::try_from(position.saturating_add(1)).ok())
        .unwrap_or(0)
}

/// The fault of a byte; `None` when no fault has this number.
fn fault_from_byte(byte: u8) -> Option<Option<Fault>> {
    match usize::from(byte).checked_sub(1) {
        None => Some(None),
        Some(position) => Fault::ALL.get(position).copied().map(Some),
    }
}

/// Whether the voltage of an open pack still tells of the current that it carried.
fn is_relaxing(pack: &Pack, params: &Params, core_ms: u64) -> bool {
    let since_ms = core_ms.saturating_sub(pack.changed_at_ms);
    let source = Source::open(params, pack.voltage(), pack.opened_with, since_ms);
    source.high().saturating_sub(source.u()) >= AT_REST_UV
}

impl Entry {
    fn of(pack: &Pack, params: &Params, core_ms: u64) -> Self {
        let trouble = pack.trouble;
        let latched = trouble.is_some_and(|trouble| trouble.latched);
        let suspects_bus = trouble.is_some_and(|trouble| trouble.suspects_bus);
        let flags = bit(LATCHED, latched)
            | bit(STUCK, pack.stuck.is_some())
            | bit(SUSPECTS_BUS, suspects_bus)
            | bit(DISABLED, pack.disabled)
            | bit(CLOSED, pack.closed || is_relaxing(pack, params, core_ms));
        Self {
            score: pack.backoff.score(),
            flags,
            fault: trouble.map(|trouble| trouble.fault).or(pack.last_fault),
            stuck: pack.stuck,
            closes: pack.closes,
            recent: u16::try_from(pack.wear.closings(core_ms)).unwrap_or(u16::MAX),
        }
    }

    fn has(&self, bit: u8) -> bool {
        self.flags & bit != 0
    }

    fn to_bytes(&self) -> [u8; ENTRY] {
        let [c0, c1, c2, c3] = self.closes.to_le_bytes();
        let (fault, stuck) = (fault_to_byte(self.fault), fault_to_byte(self.stuck));
        let [r0, r1] = self.recent.to_le_bytes();
        [self.score, self.flags, fault, stuck, c0, c1, c2, c3, r0, r1]
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let &[score, flags, fault, stuck, c0, c1, c2, c3, r0, r1] = bytes else {
            return None;
        };
        let entry = Self {
            score,
            flags,
            fault: fault_from_byte(fault)?,
            stuck: fault_from_byte(stuck)?,
            closes: u32::from_le_bytes([c0, c1, c2, c3]),
            recent: u16::from_le_bytes([r0, r1]),
        };
        let known_bits = LATCHED | STUCK | SUSPECTS_BUS | DISABLED | CLOSED;
        let named = entry.fault.is_some() || !entry.has(LATCHED);
        let agrees = entry.has(STUCK) == entry.stuck.is_some();
        (flags & !known_bits == 0 && named && agrees).then_some(entry)
    }

    /// Puts into a pack what is known of it.
    fn restore(&self, pack: &mut Pack, params: &Params) {
        pack.backoff = Backoff::with_score(self.score);
        pack.closes = pack.closes.max(self.closes);
        pack.wear.restore(self.recent);
        pack.disabled = self.has(DISABLED);
        pack.last_fault = self.fault;
        pack.stuck = self.stuck;
        if self.has(CLOSED) {
            // Nobody knows what it carried when the reboot opened it: as much as it may.
            pack.opened_with = params.hard_discharge().max(params.hard_charge());
        }
        let holds = self.has(LATCHED) || (self.score > 0 && self.stuck.is_none());
        pack.trouble = self.fault.filter(|_| holds).map(|fault| Trouble {
            fault,
            latched: self.has(LATCHED),
            until_ms: pack.backoff.wait_ms(params),
            value: 0,
            limit: 0,
            suspects_bus: self.has(SUSPECTS_BUS),
        });
    }
}

impl<const N: usize> Core<N> {
    /// Writes the record into `buffer` and returns the part that was written.
    ///
    /// # Errors
    /// When the buffer is shorter than the record; [`RECORD_MAX`] bytes are always enough.
    pub fn write_record<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a [u8], RecordError> {
        let body = self.count.saturating_mul(ENTRY).saturating_add(HEAD);
        let needed = body.saturating_add(TAIL);
        let found = buffer.len();
        let record = buffer
            .get_mut(..needed)
            .ok_or(RecordError::Length { found, needed })?;
        let core_ms = self.clock.core_ms();
        let [m0, m1] = MAGIC;
        let system = &self.system;
        let rack = bit(ESTOP, system.is_estopped()) | bit(RECORD_LOST, system.is_record_lost());
        let packs = u8::try_from(self.count).unwrap_or(u8::MAX);
        let head = [m0, m1, VERSION, packs, rack];
        let (content, tail) = record
            .split_last_chunk_mut::<TAIL>()
            .ok_or(RecordError::Length { found, needed })?;
        let (first, entries) = content
            .split_first_chunk_mut::<HEAD>()
            .ok_or(RecordError::Length { found, needed })?;
        *first = head;
        for (slot, pack) in entries.chunks_exact_mut(ENTRY).zip(&self.packs) {
            for (slot, byte) in slot
                .iter_mut()
                .zip(Entry::of(pack, &self.params, core_ms).to_bytes())
            {
                *slot = byte;
            }
        }
        *tail = CRC.checksum(content).to_le_bytes();
        Ok(record)
    }

    /// Takes scores, latches and counters from a record, before the first step.
    ///
    /// A pack with a score starts in its full cool-down: a reboot is no way round it. Closings never fall, and those of the
    /// last hour count as just made.
    ///
    /// # Errors
    /// When the record cannot be used as a whole; nothing is taken then.
    pub fn restore(&mut self, record: &[u8]) -> Result<(), RecordError> {
        let needed = self
            .count
            .saturating_mul(ENTRY)
            .saturating_add(HEAD)
            .saturating_add(TAIL);
        let found = record.len();
        let (content, tail) = record
            .split_last_chunk::<TAIL>()
            .ok_or(RecordError::Length { found, needed })?;
        let (head, entries) = content
            .split_first_chunk::<HEAD>()
            .ok_or(RecordError::Length { found, needed })?;
        let [m0, m1, version, packs, rack] = *head;
        if [m0, m1] != MAGIC {
            return Err(RecordError::NotARecord);
        }
        if version != VERSION {
            return Err(RecordError::Version { found: version });
        }
        if CRC.checksum(content) != u32::from_le_bytes(*tail) {
            return Err(RecordError::Checksum);
        }
        if usize::from(packs) != self.count {
            let expected = self.count;
            return Err(RecordError::PackCount {
                found: packs.into(),
                expected,
            });
        }
        if found != needed {
            return Err(RecordError::Length { found, needed });
        }
        if rack & !(ESTOP | RECORD_LOST) != 0 {
            return Err(RecordError::Rack);
        }
        let entries = entries.chunks_exact(ENTRY).map(Entry::from_bytes);
        // All of them or none.
        if let Some(pack) = entries.clone().position(|entry| entry.is_none()) {
            return Err(RecordError::Field { pack });
        }
        let mut recent = 0u16;
        for (pack, entry) in self.packs.iter_mut().zip(entries.flatten()) {
            entry.restore(pack, &self.params);
            recent = recent.saturating_add(entry.recent);
        }
        self.joining.fleet_wear.restore(recent);
        if rack & RECORD_LOST != 0 {
            self.system.hold_for_lost_record();
        }
        if rack & ESTOP != 0 {
            self.system.hold(Fault::EStop);
        }
        Ok(())
    }

    /// A record was there and could not be taken: nothing is known of earlier faults, so the rack stays shut off until
    /// somebody who knows it arms it.
    pub fn hold_for_lost_record(&mut self) {
        self.system.hold_for_lost_record();
    }
}
