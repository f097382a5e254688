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
    world.packs[1].offset = -8.0;
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
        record[5 + 8 + 1],
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
fn an_emergency_stop_survives_a_reboot() {
    let mut world = World::at(&[28.0, 28.02]);
    world.command(Command::EStop);
    world.run_ms(1_000);
    let mut buffer = [0; RECORD_MAX];
    let record = world.core.write_record(&mut buffer).unwrap().to_vec();
    let mut reborn = World::at(&[28.0, 28.02]);
    reborn.core.restore(&record).unwrap();
    reborn.run_ms(600_000);
    assert!(!reborn.saw(EventKind::Closed));
    assert_eq!(reborn.decision.system_reason, Some(Fault::EStop.into()));
    reborn.command(Command::Arm);
    reborn.run_ms(3_000);
    assert_eq!(reborn.closed(), [0, 1]);
}

#[test]
fn a_stuck_switch_does_not_hide_a_latch_from_the_record() {
    let mut world = World::at(&[28.0, 28.02, 28.04]);
    world.load_a = 9.0;
    world.run_ms(10_000);
    world.packs[2].welded = true;
    world.inputs.io.alerts = PackSet::EMPTY.with(2);
    world.step();
    world.inputs.io.alerts = PackSet::EMPTY;
    world.run_ms(2_000);
    assert_eq!(world.state(2), "stuck_closed");
    let mut buffer = [0; RECORD_MAX];
    let record = world.core.write_record(&mut buffer).unwrap().to_vec();
    let mut reborn = World::at(&[28.0, 28.02, 28.04]);
    reborn.core.restore(&record).unwrap();
    reborn.command(Command::Clear {
        pack: 2,
        fault: Fault::StuckClosed,
    });
    reborn.run_ms(1_000);
    reborn.command(Command::Clear {
        pack: 2,
        fault: Fault::StuckClosed,
    });
    reborn.run_ms(600_000);
    assert_eq!(
        (reborn.state(2), reborn.reason(2)),
        ("latched", "hardware_alert")
    );
}

#[test]
fn a_record_that_is_lost_shuts_the_rack_off_until_it_is_armed() {
    let mut world = World::at(&[28.0, 28.02]);
    world.core.hold_for_lost_record();
    world.run_ms(600_000);
    assert!(!world.saw(EventKind::Closed));
    assert_eq!(world.decision.system_reason, Some(Fault::Config.into()));
    world.command(Command::Arm);
    world.run_ms(3_000);
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn a_pack_that_a_reboot_opened_is_not_taken_for_rested() {
    // They read nearly the same, but pack 0 carried up to 10 A when the reboot opened it: half of 0.6 V may be missing.
    let mut world = World::at(&[28.0]);
    world.run_ms(2_000);
    let mut buffer = [0; RECORD_MAX];
    let mut record = world.core.write_record(&mut buffer).unwrap().to_vec();
    record[3] = 2;
    record.truncate(13);
    record.extend([0; 8]);
    let crc = !record.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    record.extend(crc.to_le_bytes());
    let mut reborn = World::at(&[27.96, 28.0]);
    reborn.core.restore(&record).unwrap();
    reborn.run_ms(700);
    let waiting = usize::from(reborn.closed() == [0]);
    // (40 + 300 + 20) mV over 72 mΩ, less the little that has decayed.
    assert!(reborn.decision.packs[waiting].predicted.unwrap().get() > 4_300);
}

#[test]
fn the_layout_is_the_one_that_is_documented() {
    let (_, record) = after_faults();
    assert_eq!(record.len(), 5 + 3 * 8 + 4);
    assert_eq!(record[..5], *b"PR\x01\x03\x00");
    let over_voltage = Fault::ALL
        .iter()
        .position(|fault| *fault == Fault::OverVoltageAbs)
        .unwrap() as u8
        + 1;
    assert_eq!(record[5..13], [1, 1, over_voltage, 0, 1, 0, 0, 0]);
    assert_eq!(record[22], 16, "the healthy pack was closed");
    // CRC-32/ISO-HDLC bit by bit.
    let crc = !record[..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    assert_eq!(record[29..], crc.to_le_bytes());
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
            needed: 33
        })
    );
}

proptest! {
    #[test]
    fn a_torn_record_is_never_taken(position in 0..33usize, flip in 1..=255u8) {
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
