//! The reboot record of the core: any bytes, and bytes whose head, length and checksum were repaired.

use crc::{CRC_32_ISO_HDLC, Crc};
use parallelator_core::{Core, Params, RECORD_MAX};

use crate::bytes::Bytes;

const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
const CAPACITY: usize = 32;
/// Magic, version, number of packs and flags of the rack.
const HEAD: usize = 5;
/// Bytes of one pack: score, flags, fault, fault of a stuck switch, closings, closings of the last hour.
const ENTRY: usize = 10;
const FLAGS: usize = 1;
/// Flags that each keep a pack open until a person acts: latched, stuck closed, disabled.
const HOLDING: u8 = 0b1011;
const TAIL: usize = 4;

/// A record is taken whole or refused without a trace; what was taken is written again with nothing lost.
pub fn core_record(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let packs = usize::from(bytes.u8()) % CAPACITY + 1;
    judge(packs, data);
    judge(packs, &repaired(packs, &mut bytes));
}

/// What a reboot has to keep of a record: everything but the checksum and the flags that hold nothing open.
pub(crate) fn kept(record: &[u8]) -> (&[u8], Vec<[u8; ENTRY]>) {
    let (head, rest) = record.split_at(HEAD);
    let mut entries = rest[..rest.len() - TAIL].as_chunks().0.to_vec();
    for entry in &mut entries {
        let entry: &mut [u8; ENTRY] = entry;
        entry[FLAGS] &= HOLDING;
    }
    (head, entries)
}

/// A record of the right form with the fuzzer's entries.
fn repaired(packs: usize, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let rack = bytes.u8() & 1;
    let mut record = vec![b'P', b'R', 2, u8::try_from(packs).unwrap(), rack];
    record.extend((0..packs * ENTRY).map(|_| bytes.u8()));
    let checksum = CHECKSUM.checksum(&record);
    record.extend(checksum.to_le_bytes());
    record
}

fn judge(packs: usize, record: &[u8]) {
    let mut core = Core::<CAPACITY>::new(packs, Params::default()).unwrap();
    let before = written(&core);
    let taken = core.restore(record).is_ok();
    let after = written(&core);
    if !taken {
        assert_eq!(before, after, "a refused record left something behind");
        return;
    }
    assert_eq!(kept(&after), kept(record));
    let mut again = Core::<CAPACITY>::new(packs, Params::default()).unwrap();
    again.restore(&after).unwrap();
    assert_eq!(written(&again), after);
}

fn written(core: &Core<CAPACITY>) -> Vec<u8> {
    core.write_record(&mut [0; RECORD_MAX]).unwrap().to_vec()
}
