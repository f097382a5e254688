//! The reboot record (rule D13, invariants I9 and I11).

mod world;

use parallelator_core::*;
use proptest::prelude::*;
use world::{N, World};

/// A rack with one pack latched, one cooling down and one healthy; and its record.
fn after_faults() -> (World, Vec<u8>) {
    let mut world = World::at(&[28.0, 28.02, 28.04]);
    world.run_ms(10_000);
    world.packs[0].offset = 2.5;
    world.packs[1].offset = -9.0;
    world.run_ms(300);
    let mut buffer = [0; RECORD_MAX];
    let record = world.core.write_record(&mut buffer).unwrap().to_vec();
    (world, record)
}

#[test]
fn latches_scores_and_counters_survive_a_reboot() {
    let (_, record) = after_faults();
    let mut reborn = World::at(&[28.0, 28.02, 28.04]);
    reborn.core.restore(&record).unwrap();
    reborn.run_ms(9_900);
    assert_eq!(
        (reborn.state(0), reborn.reason(0)),
        ("latched", "over_voltage_abs")
    );
    assert_eq!(
        (reborn.state(1), reborn.reason(1)),
        ("cooldown", "under_voltage_abs"),
        "the full back-off again"
    );
    assert_eq!(
        reborn.decision.packs[2].closes, 2,
        "one before the reboot and one after"
    );
    reborn.run_ms(2_000);
    assert!(reborn.closed().contains(&1));
    reborn.run_ms(3_600_000);
    assert_eq!(reborn.state(0), "latched");
}

#[test]
fn the_word_of_the_operator_survives_a_reboot() {
    let mut world = World::at(&[28.0, 28.02]);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(5_000);
    let mut buffer = [0; RECORD_MAX];
    let record = world.core.write_record(&mut buffer).unwrap().to_vec();
    assert_eq!(
        record[4 + 7 + 1],
        8,
        "bit 3 of the flags of the second pack"
    );
    let mut reborn = World::at(&[28.0, 28.02]);
    reborn.core.restore(&record).unwrap();
    reborn.run_ms(20_000);
    assert_eq!((reborn.closed(), reborn.state(1)), (vec![0], "disabled"));
    reborn.command(Command::Enable { pack: 1 });
    reborn.run_ms(2_000);
    assert_eq!(reborn.closed(), [0, 1]);
}

#[test]
fn the_layout_is_the_one_that_is_documented() {
    let (_, record) = after_faults();
    assert_eq!(record.len(), 4 + 3 * 7 + 4);
    assert_eq!(record[..4], *b"PR\x01\x03");
    let over_voltage = Fault::ALL
        .iter()
        .position(|fault| *fault == Fault::OverVoltageAbs)
        .unwrap() as u8
        + 1;
    assert_eq!(record[4..11], [1, 1, over_voltage, 1, 0, 0, 0]);
    // CRC-32/ISO-HDLC bit by bit.
    let crc = !record[..25].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    assert_eq!(record[25..], crc.to_le_bytes());
}

#[test]
fn records_that_do_not_fit_are_refused_and_nothing_is_taken() {
    let (world, record) = after_faults();
    let refused = |bytes: &[u8]| {
        World::at(&[28.0, 28.02, 28.04])
            .core
            .restore(bytes)
            .unwrap_err()
    };
    assert!(matches!(refused(&[]), RecordError::Length { found: 0, .. }));
    assert_eq!(refused(&record[..record.len() - 1]), RecordError::Checksum);
    let mut other = World::at(&[28.0, 28.0]);
    assert_eq!(
        other.core.restore(&record),
        Err(RecordError::PackCount {
            found: 3,
            expected: 2
        })
    );
    let mut newer = record.clone();
    newer[2] = 9;
    assert_eq!(refused(&newer), RecordError::Version { found: 9 });
    let mut small = [0; 10];
    assert_eq!(
        world.core.write_record(&mut small),
        Err(RecordError::Length {
            found: 10,
            needed: 29
        })
    );
}

proptest! {
    #[test]
    fn a_torn_record_is_never_taken(position in 0..29usize, flip in 1..=255u8) {
        let (_, mut record) = after_faults();
        record[position] ^= flip;
        let mut core = Core::<N>::new(3, Params::default()).unwrap();
        let mut before = [0; RECORD_MAX];
        let before = core.write_record(&mut before).unwrap().to_vec();
        prop_assert!(core.restore(&record).is_err());
        let mut after = [0; RECORD_MAX];
        prop_assert_eq!(core.write_record(&mut after).unwrap(), &before[..]);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Core::<N>::new(3, Params::default()).unwrap().restore(&bytes);
    }
}
