//! Is the log long, varied, readable and the same each time?

use m33_host::{Kind, STORIES, Story, record, to_bytes};
use m33_log::{Entry, Get, Reader};
use parallelator_core::{Command, Fault, Inputs, PackSet, Params, Quality, Sample, SwitchFeedback};

fn stories(wanted: impl Fn(&Story) -> bool) -> Vec<Story> {
    STORIES
        .iter()
        .copied()
        .filter(|story| wanted(story))
        .collect()
}

#[test]
fn the_log_has_twenty_thousand_steps_of_racks_of_one_four_and_sixteen_packs() {
    let recording = record(STORIES).unwrap();
    let seen = &recording.seen;
    assert!(seen.steps[&16] >= 20_000, "{:?}", seen.steps);
    for packs in [1, 4, 16] {
        let steps: u32 = stories(|story| story.capacity == 16 && story.packs == packs)
            .iter()
            .map(|story| story.steps)
            .sum();
        assert!(steps >= 3_000, "{packs} packs: {steps} steps");
    }
    assert!(seen.closed_steps[&16] >= 200, "{:?}", seen.closed_steps);
    assert_eq!(seen.most_closed, 32);
    assert!(seen.saves >= 100);
    assert!(seen.reboots.0 >= 20 && seen.reboots.1 >= 5);
    assert!(seen.reboots.1 < seen.reboots.0);
    let missing = seen.missing();
    assert!(missing.len() <= 2, "{missing:?}");
    assert_eq!(
        recording
            .told
            .iter()
            .filter(|told| told.now_ms.is_some())
            .count(),
        seen.steps.values().map(|steps| *steps as usize).sum()
    );
}

#[test]
fn the_log_is_the_same_each_time_and_another_seed_makes_another() {
    let mut rough = stories(|story| story.kind == Kind::Rough && story.packs == 4);
    let (first, second) = (record(&rough).unwrap(), record(&rough).unwrap());
    assert_eq!(first.inputs, second.inputs);
    assert_eq!(first.answers, second.answers);
    rough[0].seed += 1;
    assert_ne!(record(&rough).unwrap().inputs, first.inputs);
}

#[test]
fn a_log_for_counting_connects_every_pack_or_refuses_half_of_them() {
    let running = record(&stories(|story| {
        story.kind == Kind::Running && story.packs == 16
    }))
    .unwrap();
    assert_eq!(running.seen.most_closed, 16);
    let joining = record(&stories(|story| {
        story.kind == Kind::Joining && story.packs == 16
    }))
    .unwrap();
    // It starts anew again and again.
    assert!(joining.seen.events["armed"] >= 10);
    assert!(joining.seen.closed_steps[&16] >= 50);
    assert!((8..=12).contains(&joining.seen.most_closed));
}

/// A step in which nothing is at its default.
fn full_step() -> Entry<4> {
    let mut inputs = Inputs::<4>::default();
    for (index, pack) in inputs.packs.iter_mut().enumerate() {
        let index = index as i32;
        pack.voltage = Sample {
            value: battery_units::Millivolts::new(-1 - index),
            age_ms: u32::MAX - 1,
            quality: Quality::OverRange,
        };
        pack.current = Sample::good(battery_units::Milliamps::new(i32::MIN), 7);
        pack.temperature = Some(Sample::good(battery_units::DeciCelsius::new(-2_731), 8));
        pack.switch_feedback = Some(SwitchFeedback::Open);
        pack.gauge.capacity = Some(battery_units::MilliampHours::new(u32::MAX));
        pack.gauge.soc = Some(battery_units::Permille::new(u16::MAX));
        pack.gauge.soh = Some(battery_units::Permille::new(1));
        pack.gauge.i_dis_max = Some(battery_units::Milliamps::new(-5));
        pack.gauge.i_chg_max = Some(battery_units::Milliamps::new(5));
        pack.gauge.alarm_bits = 0x8000_0001;
    }
    inputs.io.alerts = PackSet::from_bits(0xA5A5_5A5A);
    inputs.commands[0] = Some(Command::Clear {
        pack: 255,
        fault: *Fault::ALL.last().unwrap(),
    });
    inputs.commands[7] = Some(Command::Service { enter: true });
    inputs.new_params = Some(Params {
        closes_per_hour_fleet: Some(9),
        ..Params::default()
    });
    Entry::Step {
        now_ms: u64::MAX - 2,
        inputs,
    }
}

#[test]
fn an_entry_reads_back_as_it_was_and_no_part_of_it_is_taken_for_one() {
    let entry = full_step();
    let bytes = to_bytes(&entry);
    assert_eq!(Entry::get(&mut Reader::new(&bytes)), Some(entry));
    for length in 0..bytes.len() {
        let part = &bytes[..length];
        assert_eq!(Entry::<4>::get(&mut Reader::new(part)), None, "{length}");
    }
}

#[test]
fn bytes_that_no_value_has_are_refused() {
    for first in 4..=u8::MAX {
        let bytes = [&[first], &[0; 4_096][..]].concat();
        assert_eq!(Entry::<4>::get(&mut Reader::new(&bytes)), None);
    }
    assert_eq!(bool::get(&mut Reader::new(&[2])), None);
    assert_eq!(Quality::get(&mut Reader::new(&[3])), None);
    assert_eq!(Fault::get(&mut Reader::new(&[u8::MAX])), None);
}
