//! Does the judge find what differs, and does it count right?

use m33_host::{Instructions, Kind, Recording, Returned, STORIES, Story, judge, record};

const FACTS: &str = "calibration_instructions=2000\ncalibration_ticks=640\noverhead_ticks=3\n\
                     check_instructions=7000\ncheck_ticks=2243\n";

fn told() -> (Vec<Story>, Recording) {
    let stories: Vec<Story> = STORIES
        .iter()
        .copied()
        .filter(|story| story.packs == 4 && matches!(story.kind, Kind::Rough | Kind::Joining))
        .map(|story| Story {
            steps: 150,
            ..story
        })
        .collect();
    let recording = record(&stories).unwrap();
    (stories, recording)
}

/// What an emulated core returns that does everything right, each step in so many ticks.
fn returned(recording: &Recording, ticks: u32) -> Returned {
    let steps = recording.told.iter().filter(|told| told.now_ms.is_some());
    Returned {
        answers: recording.answers.clone(),
        ticks: steps.flat_map(|_| ticks.to_le_bytes()).collect(),
        facts: FACTS.to_owned(),
    }
}

#[test]
fn what_is_equal_passes_and_is_counted() {
    let (stories, recording) = told();
    let report = judge(&stories, &recording, &returned(&recording, 323)).unwrap();
    assert_eq!(report.entries, recording.told.len());
    assert_eq!(report.steps, 450);
    // 320 ticks beyond the overhead, 3.125 instructions each.
    let each = |steps| Instructions {
        steps,
        sum: steps * 1_000,
        worst: 1_000,
    };
    assert_eq!(report.instructions[&(4, "joining")], each(150));
    assert_eq!(report.instructions[&(4, "others")], each(300));
}

#[test]
fn the_worst_step_and_the_mean_are_those_of_their_own_kind() {
    let (stories, recording) = told();
    let mut returned = returned(&recording, 35);
    let last = returned.ticks.len() - 4;
    returned.ticks[last..].copy_from_slice(&6_403u32.to_le_bytes());
    let report = judge(&stories, &recording, &returned).unwrap();
    let joining = report.instructions[&(4, "joining")];
    assert_eq!((joining.worst, joining.sum), (20_000, 149 * 100 + 20_000));
    assert_eq!(report.instructions[&(4, "others")].worst, 100);
}

#[test]
fn a_single_wrong_bit_is_found_with_its_entry_and_field() {
    let (stories, recording) = told();
    for at in (5..recording.answers.len()).step_by(30_011) {
        let mut returned = returned(&recording, 9);
        returned.answers[at] ^= 0x10;
        let found = judge(&stories, &recording, &returned).unwrap_err();
        let number = recording
            .told
            .iter()
            .position(|told| at < told.answer.end)
            .unwrap();
        assert!(found.starts_with(&format!("entry {number}, ")), "{found}");
    }
    let step = recording
        .told
        .iter()
        .find(|told| told.now_ms == Some(1_000))
        .unwrap();
    let mut returned = returned(&recording, 9);
    // Whether there was a core, then the command and the state of the first pack.
    returned.answers[step.answer.start + 2] ^= 1;
    let found = judge(&stories, &recording, &returned).unwrap_err();
    assert!(found.contains("the step at 1000 ms"), "{found}");
    assert!(found.contains("packs[0].state"), "{found}");
}

#[test]
fn a_wrong_length_is_found() {
    let (stories, recording) = told();
    let mut returned = returned(&recording, 9);
    returned.answers[0] ^= 1;
    let found = judge(&stories, &recording, &returned).unwrap_err();
    assert!(found.contains("the length of the answer"), "{found}");
}

#[test]
fn answers_that_stop_early_or_go_on_are_no_answers() {
    let (stories, recording) = told();
    let mut less = returned(&recording, 9);
    less.answers.pop();
    assert!(judge(&stories, &recording, &less).is_err());
    less.answers.clear();
    assert!(judge(&stories, &recording, &less).is_err());
    let mut more = returned(&recording, 9);
    more.answers.push(0);
    let found = judge(&stories, &recording, &more).unwrap_err();
    assert!(found.contains("follows the last answer"), "{found}");
}

#[test]
fn each_step_has_to_be_timed() {
    let (stories, recording) = told();
    let mut less = returned(&recording, 9);
    less.ticks.truncate(less.ticks.len() - 4);
    assert!(judge(&stories, &recording, &less).is_err());
    let mut cut = returned(&recording, 9);
    cut.ticks.pop();
    assert!(judge(&stories, &recording, &cut).is_err());
}

#[test]
fn a_clock_that_is_wrong_or_stands_still_is_not_believed() {
    let (stories, recording) = told();
    for (right, wrong) in [
        ("check_ticks=2243", "check_ticks=2250"),
        ("check_ticks=2243", "check_ticks=3"),
        ("calibration_ticks=640", "calibration_ticks=0"),
        ("overhead_ticks=3", ""),
        ("overhead_ticks=3", "overhead_ticks=x"),
    ] {
        let mut returned = returned(&recording, 9);
        returned.facts = FACTS.replace(right, wrong);
        assert!(
            judge(&stories, &recording, &returned).is_err(),
            "{right} {wrong}"
        );
    }
}
