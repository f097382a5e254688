//! What survives a reboot (rule D13): scores, latches, counters and the operator's word, as one small checked record.
//!
//! Layout, all numbers little endian: `b"PR"`, version 1, number of packs, then per pack score (1 byte), flags (1 byte:
//! bit 0 latched, bit 1 stuck closed, bit 2 suspects the
//! bus, bit 3 disabled), fault (1 byte: position in [`Fault::ALL`] plus one, zero for none) and closings
//! (4 bytes), then the CRC-32 (ISO-HDLC) of everything before. Whoever runs the core stores it.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use crate::{
    Core, Fault,
    backoff::Backoff,
    pack::{Pack, Trouble},
};

const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);
const MAGIC: [u8; 2] = *b"PR";
const VERSION: u8 = 1;
const HEAD: usize = 4;
const ENTRY: usize = 7;
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
            Self::Field { pack } => write!(f, "the entry of pack {pack} holds an impossible value"),
        }
    }
}

impl core::error::Error for RecordError {}

/// One pack in the record.
struct Entry {
    score: u8,
    latched: bool,
    stuck: bool,
    suspects_bus: bool,
    disabled: bool,
    fault: Option<Fault>,
    closes: u32,
}

impl Entry {
    fn of(pack: &Pack) -> Self {
        let trouble = pack.trouble;
        Self {
            score: pack.backoff.score(),
            latched: trouble.is_some_and(|trouble| trouble.latched),
            stuck: pack.stuck.is_some(),
            suspects_bus: trouble.is_some_and(|trouble| trouble.suspects_bus),
            disabled: pack.disabled,
            fault: pack
                .stuck
                .or(trouble.map(|trouble| trouble.fault))
                .or(pack.last_fault),
            closes: pack.closes,
        }
    }

    fn to_bytes(&self) -> [u8; ENTRY] {
        let position = Fault::ALL.iter().position(|one| Some(*one) == self.fault);
        let fault = position.map_or(0, |position| position.saturating_add(1));
        let [c0, c1, c2, c3] = self.closes.to_le_bytes();
        let flags = [self.latched, self.stuck, self.suspects_bus, self.disabled]
            .into_iter()
            .rev()
            .fold(0, |flags, bit| (flags << 1) | u8::from(bit));
        [
            self.score,
            flags,
            u8::try_from(fault).unwrap_or(0),
            c0,
            c1,
            c2,
            c3,
        ]
    }

    fn from_bytes(bytes: [u8; ENTRY]) -> Option<Self> {
        let [score, flags, fault, c0, c1, c2, c3] = bytes;
        let fault = match usize::from(fault).checked_sub(1) {
            None => None,
            Some(position) => Some(*Fault::ALL.get(position)?),
        };
        let [latched, stuck, suspects_bus, disabled] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
        let named = fault.is_some() || !(latched || stuck);
        (flags <= 15 && named).then_some(Self {
            score,
            latched,
            stuck,
            suspects_bus,
            disabled,
            fault,
            closes: u32::from_le_bytes([c0, c1, c2, c3]),
        })
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
        let [m0, m1] = MAGIC;
        let head = [m0, m1, VERSION, u8::try_from(self.count).unwrap_or(u8::MAX)];
        let entries = self
            .packs
            .iter()
            .take(self.count)
            .flat_map(|pack| Entry::of(pack).to_bytes());
        for (slot, byte) in record.iter_mut().zip(head.into_iter().chain(entries)) {
            *slot = byte;
        }
        let (content, tail) = record
            .split_at_mut_checked(body)
            .ok_or(RecordError::NotARecord)?;
        tail.copy_from_slice(&CRC.checksum(content).to_le_bytes());
        Ok(record)
    }

    /// Takes scores, latches and counters from a record, before the first step.
    ///
    /// A pack with a score starts in its full cool-down: a reboot is no way round it. Closings never fall.
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
        let [m0, m1, version, packs] = *head;
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
        let mut restored = self.packs;
        let entries = entries.chunks_exact(ENTRY).map(|bytes| {
            <[u8; ENTRY]>::try_from(bytes)
                .ok()
                .and_then(Entry::from_bytes)
        });
        for (index, (pack, entry)) in restored.iter_mut().zip(entries).enumerate() {
            let entry = entry.ok_or(RecordError::Field { pack: index })?;
            self.restore_pack(pack, &entry);
        }
        self.packs = restored;
        Ok(())
    }

    fn restore_pack(&self, pack: &mut Pack, entry: &Entry) {
        pack.backoff = Backoff::with_score(entry.score);
        pack.closes = pack.closes.max(entry.closes);
        pack.disabled = entry.disabled;
        pack.last_fault = entry.fault;
        pack.stuck = entry.fault.filter(|_| entry.stuck);
        let holds = entry.latched || entry.score > 0;
        pack.trouble = entry
            .fault
            .filter(|_| holds && !entry.stuck)
            .map(|fault| Trouble {
                fault,
                latched: entry.latched,
                until_ms: pack.backoff.wait_ms(&self.params),
                value: 0,
                limit: 0,
                suspects_bus: entry.suspects_bus,
            });
    }
}
