//! The reboot record (rule D13, invariants I9 and I11).

mod world;

use battery_units::Milliamps;
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
        record[5 + 10 + 1],
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
fn a_loss_that_nobody_armed_survives_a_reboot_and_one_that_was_armed_does_not() {
    let written = |world: &World| {
        let mut buffer = [0; RECORD_MAX];
        world.core.write_record(&mut buffer).unwrap().to_vec()
    };
    let mut world = World::at(&[28.0, 28.02]);
    world.core.hold_for_lost_record();
    world.run_ms(1_000);
    let lost = written(&world);
    assert_eq!(lost[4], 2, "bit 1 of the rack alone");
    world.command(Command::Arm);
    world.run_ms(1_000);
    assert_eq!(written(&world)[4], 0);
    let mut reborn = World::at(&[28.0, 28.02]);
    reborn.core.restore(&lost).unwrap();
    reborn.run_ms(60_000);
    assert_eq!(reborn.decision.system_reason, Some(Fault::Config.into()));
    reborn.command(Command::EStop);
    reborn.step();
    assert_eq!(written(&reborn)[4], 3, "both");
}

#[test]
fn a_fault_that_was_forgiven_keeps_nobody_open_after_a_reboot() {
    // The second pack had a score of one and has the default wait of 10 s before it; without the score nothing is left.
    for (score, stuck, recovers) in [(1, false, true), (0, false, false), (1, true, false)] {
        let record = forged(|bytes| {
            bytes[15] = score;
            let flags = bytes[16];
            assert_eq!(flags, 0);
            if stuck {
                bytes[16] = 2;
                bytes[18] = bytes[17];
            }
        });
        let mut reborn = World::at(&[28.0, 28.02, 28.04]);
        reborn.core.restore(&record).unwrap();
        reborn.run_ms(20_000);
        let recovered = reborn.of_kind(EventKind::Recovered);
        assert_eq!(
            recovered.iter().any(|event| event.0 == Some(1)),
            recovers,
            "score {score}, stuck {stuck}"
        );
    }
}

#[test]
fn a_pack_that_a_reboot_opened_is_not_taken_for_rested() {
    // They read nearly the same, but pack 0 carried up to 10 A when the reboot opened it: half of 0.6 V may be missing.
    let mut world = World::at(&[28.0]);
    world.run_ms(2_000);
    let mut buffer = [0; RECORD_MAX];
    let mut record = world.core.write_record(&mut buffer).unwrap().to_vec();
    record[3] = 2;
    record.truncate(15);
    record.extend([0; 10]);
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
    assert_eq!(record.len(), 5 + 3 * 10 + 4);
    assert_eq!(record[..5], *b"PR\x02\x03\x00");
    let over_voltage = Fault::ALL
        .iter()
        .position(|fault| *fault == Fault::OverVoltageAbs)
        .unwrap() as u8
        + 1;
    // Latched, and not at rest yet from the current that it was opened with.
    assert_eq!(record[5..15], [1, 17, over_voltage, 0, 1, 0, 0, 0, 1, 0]);
    assert_eq!(record[26], 16, "the healthy pack was closed");
    // CRC-32/ISO-HDLC bit by bit.
    let crc = !record[..35].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    assert_eq!(record[35..], crc.to_le_bytes());
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
            needed: 39
        })
    );
}

proptest! {
    #[test]
    fn a_torn_record_is_never_taken(position in 0..39usize, flip in 1..=255u8) {
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

/// The record with some bytes changed and a checksum that fits.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (_, mut bytes) = after_faults();
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    bytes.extend(crc.to_le_bytes());
    bytes
}

#[test]
fn values_that_were_never_written_are_refused_though_the_checksum_fits() {
    let refused = |bytes: &[u8]| {
        World::at(&[28.0, 28.02, 28.04])
            .core
            .restore(bytes)
            .unwrap_err()
    };
    assert!(
        World::at(&[28.0, 28.02, 28.04])
            .core
            .restore(&forged(|_| {}))
            .is_ok()
    );
    assert_eq!(
        refused(&forged(|bytes| bytes[0] = b'X')),
        RecordError::NotARecord
    );
    assert_eq!(refused(&forged(|bytes| bytes[4] = 4)), RecordError::Rack);
    let length = RecordError::Length {
        found: 40,
        needed: 39,
    };
    assert_eq!(refused(&forged(|bytes| bytes.push(0))), length);
    // Pack 1: an unknown flag; a latch without a fault; a stuck switch without its fault, and the fault without the flag;
    // faults beyond the last.
    let beyond = Fault::ALL.len() as u8 + 1;
    let changes: [fn(&mut [u8], u8); 6] = [
        |entry, _| entry[1] |= 32,
        |entry, _| (entry[1], entry[2]) = (1, 0),
        |entry, _| entry[1] |= 2,
        |entry, _| entry[3] = 1,
        |entry, beyond| entry[2] = beyond,
        |entry, beyond| entry[3] = beyond,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(
            refused(&forged(|bytes| change(&mut bytes[15..25], beyond))),
            RecordError::Field { pack: 1 },
            "change {number}"
        );
    }
    let last = forged(|bytes| bytes[17] = beyond - 1);
    assert!(World::at(&[28.0, 28.02, 28.04]).core.restore(&last).is_ok());
}

#[test]
fn closings_never_fall_by_a_record() {
    let mut world = World::at(&[28.0, 28.02, 28.04]);
    world.core.restore(&forged(|bytes| bytes[9] = 200)).unwrap();
    world.core.restore(&forged(|bytes| bytes[9] = 3)).unwrap();
    world.step();
    assert_eq!(world.decision.packs[0].closes, 200);
}

#[test]
fn every_refusal_of_a_record_is_a_sentence() {
    for (error, text) in [
        (
            RecordError::Length {
                found: 3,
                needed: 33,
            },
            "3 bytes given, 33 needed",
        ),
        (RecordError::NotARecord, "not a reboot record"),
        (
            RecordError::Version { found: 7 },
            "version 7 of the record, this is version 2",
        ),
        (
            RecordError::Checksum,
            "the checksum does not fit, the record was torn",
        ),
        (
            RecordError::PackCount {
                found: 3,
                expected: 2,
            },
            "a record of 3 packs, the rack has 2",
        ),
        (
            RecordError::Rack,
            "the flags of the rack hold an impossible value",
        ),
        (
            RecordError::Field { pack: 4 },
            "the entry of pack 4 holds an impossible value",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

/// One pack closed and opened this often by the operator, `ms` in all; then its record.
fn closed_often(times: usize, then_ms: u64) -> Vec<u8> {
    let mut world = World::at(&[28.0, 28.02]);
    world.command(Command::Disable { pack: 1 });
    for _ in 0..times {
        world.run_ms(2_000);
        world.command(Command::Disable { pack: 0 });
        world.run_ms(1_000);
        world.command(Command::Enable { pack: 0 });
    }
    world.command(Command::Disable { pack: 0 });
    world.run_ms(then_ms);
    assert_eq!(world.decision.packs[0].closes as usize, times);
    let mut buffer = [0; RECORD_MAX];
    world.core.write_record(&mut buffer).unwrap().to_vec()
}

/// How often the pack closes within `ms` after a reboot when the operator goes on.
fn closes_after(record: &[u8], ms: u64) -> usize {
    let mut reborn = World::at(&[28.0, 28.02]);
    reborn.core.restore(record).unwrap();
    for _ in 0..ms / 3_000 {
        reborn.command(Command::Enable { pack: 0 });
        reborn.run_ms(2_000);
        reborn.command(Command::Disable { pack: 0 });
        reborn.run_ms(1_000);
    }
    reborn.of_kind(EventKind::Closed).len()
}

#[test]
fn the_closings_of_the_last_hour_survive_a_reboot() {
    // Twelve in an hour are allowed; how long the reboot took nobody knows.
    let record = closed_often(9, 1_000);
    assert_eq!(record[13..15], 9u16.to_le_bytes());
    assert_eq!(record[23..25], [0, 0], "pack 1 never closed");
    assert_eq!(closes_after(&record, 3_590_000), 3);
    assert!(closes_after(&record, 4_200_000) > 3, "an hour later");
}

#[test]
fn closings_of_more_than_an_hour_ago_are_not_recorded() {
    let record = closed_often(9, 3_900_000);
    assert_eq!(
        record[9..15],
        [9, 0, 0, 0, 0, 0],
        "in its life, in the hour"
    );
    assert_eq!(closes_after(&record, 120_000), 12);
}

#[test]
fn the_closings_of_the_rack_survive_a_reboot_too() {
    let params = Params {
        closes_per_hour_fleet: Some(10),
        ..Params::default()
    };
    let mut reborn = World::of(vec![world::IdealPack::new(28.0, 0.06); 2], params);
    reborn.core.restore(&closed_often(9, 1_000)).unwrap();
    reborn.run_ms(20_000);
    assert_eq!(reborn.of_kind(EventKind::Closed).len(), 0, "both disabled");
    for pack in [0, 1] {
        reborn.command(Command::Enable { pack });
    }
    reborn.run_ms(20_000);
    assert_eq!(reborn.closed().len(), 1);
    let waiting = usize::from(reborn.closed() == [0]);
    assert_eq!(reborn.reason(waiting), "wear_budget");
}

#[test]
fn a_record_of_the_first_version_is_one_of_another_version() {
    let mut record = closed_often(1, 1_000);
    record[2] = 1;
    let mut core = Core::<N>::new(2, Params::default()).unwrap();
    assert_eq!(
        core.restore(&record),
        Err(RecordError::Version { found: 1 })
    );
}

#[test]
fn the_record_of_the_largest_rack_has_room_for_nothing_more() {
    let core = Core::<32>::new(32, Params::default()).unwrap();
    let mut buffer = [0; 400];
    let length = core.write_record(&mut buffer).unwrap().len();
    assert_eq!((length, RECORD_MAX), (329, 329), "5 + 32 × 10 + 4 bytes");
}

/// The bound that pack 0 is refused or admitted with beside pack 1, ten seconds after an emergency stop under 9 A.
fn predicted_after_stop(reboots: bool) -> Option<Milliamps> {
    let mut world = World::at(&[28.0, 27.8]);
    world.command(Command::Disable { pack: 1 });
    world.run_ms(10_000);
    world.load_a = 9.0;
    world.run_ms(20_000);
    assert_eq!(world.closed(), [0]);
    // It opens with its 9 A; nobody draws them any more.
    world.load_obeys = false;
    world.command(Command::Disable { pack: 0 });
    world.step();
    world.load_a = 0.0;
    world.run_ms(2_000);
    if reboots {
        let mut buffer = [0; RECORD_MAX];
        let record = world.core.write_record(&mut buffer).unwrap();
        let mut core = Core::<N>::new(2, Params::default()).unwrap();
        core.restore(record).unwrap();
        world.core = core;
        world.now_ms = 0;
        world.decision = Decision::default();
    }
    world.command(Command::Enable { pack: 1 });
    world.run_ms(2_000);
    assert_eq!(world.closed(), [1]);
    world.command(Command::Enable { pack: 0 });
    world.step();
    world.decision.packs[0].predicted
}

#[test]
fn a_reboot_does_not_forget_that_an_opened_pack_still_relaxes() {
    let before = predicted_after_stop(false).unwrap();
    let after = predicted_after_stop(true).unwrap();
    assert!(
        after >= before,
        "{before:?} without a reboot, {after:?} with one"
    );
}
