//! `m33-host record FOLDER` writes the log; `m33-host judge FOLDER` compares what the emulated core made of it.

use std::{fs, path::Path, process::ExitCode};

use m33_host::{Recording, Returned, STORIES, judge, record};
use m33_log::{ANSWERS, FACTS, INPUTS, TICKS};

/// Kinds of events that the log must have, whatever else the core can do: each stands for a way through it.
const WANTED: [&str; 25] = [
    "closed",
    "opened",
    "fault",
    "latched",
    "recovered",
    "stuck_closed",
    "cleared",
    "enabled",
    "disabled",
    "estop",
    "armed",
    "command_refused",
    "config_applied",
    "config_rejected",
    "safe_off",
    "safe_off_left",
    "ready",
    "load_permitted",
    "clock_jump",
    "clock_backwards",
    "load_withdrawn",
    "shedding",
    "alarm",
    "sample_dropped",
    "service_entered",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [task, folder] if task == "record" => write(Path::new(folder)),
        [task, folder] if task == "judge" => compare(Path::new(folder)),
        _ => Err("m33-host record FOLDER, or m33-host judge FOLDER".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("m33: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<(), String> {
    let recording = record(STORIES)?;
    let seen = &recording.seen;
    println!("steps by capacity of the core: {:?}", seen.steps);
    println!("steps with a join: {:?}", seen.closed_steps);
    println!("most packs closed at once: {}", seen.most_closed);
    let (reboots, damaged) = seen.reboots;
    println!(
        "records saved: {}, reboots: {reboots}, of these with a damaged record: {damaged}",
        seen.saves
    );
    for (kind, count) in &seen.events {
        println!("event {kind}: {count}");
    }
    let missing = seen.missing();
    println!("events that never happened: {missing:?}");
    println!(
        "reasons that were never given: {:?}",
        seen.missing_reasons()
    );
    if let Some(kind) = WANTED.iter().find(|kind| missing.contains(kind)) {
        return Err(format!("the log has no event {kind}"));
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    put(folder, INPUTS, &recording.inputs)?;
    // What an earlier run left must not be taken for an answer.
    for name in [ANSWERS, TICKS, FACTS] {
        let old = folder.join(name);
        if old.exists() {
            fs::remove_file(&old).map_err(|error| format!("{}: {error}", old.display()))?;
        }
    }
    Ok(())
}

fn compare(folder: &Path) -> Result<(), String> {
    let recording: Recording = record(STORIES)?;
    if get(folder, INPUTS)? != recording.inputs {
        return Err("this is not the log that was played: record it again".to_owned());
    }
    let returned = Returned {
        answers: get(folder, ANSWERS)?,
        ticks: get(folder, TICKS)?,
        facts: String::from_utf8_lossy(&get(folder, FACTS)?).into_owned(),
    };
    let report = judge(STORIES, &recording, &returned)?;
    println!("entries={}", report.entries);
    println!("steps={}", report.steps);
    println!("bytes={}", recording.answers.len());
    for (name, value) in &report.facts {
        println!("{name}={value}");
    }
    for ((packs, kind), counted) in &report.instructions {
        let mean = counted.sum / counted.steps.max(1);
        println!("{kind}_{packs}_mean={mean}");
        println!("{kind}_{packs}_worst={}", counted.worst);
    }
    Ok(())
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn get(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}
