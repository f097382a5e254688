//! The main job on measured rack hours: each hour is a start with no load until all packs have joined.
//!
//! The measured file is not part of the project. The test takes it from the folder named by `BATTERY_DATA`, or from the data
//! folder beside the workspace, and prints a line when neither is there.

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
};

use parallelator::{
    demo::{measured, run_headless},
    hub::queue,
    rack::{
        Description,
        start::{StartHour, read_all},
    },
    report::Report,
};
use parallelator_core::Chemistry;

const SECONDS: u32 = 120;
const SET_POINT_MA: i64 = 5_000;

fn measured_file() -> Option<PathBuf> {
    let named = env::var_os("BATTERY_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .map(|parent| parent.join("shared").join("data"));
    named
        .into_iter()
        .chain(beside)
        .map(|folder| folder.join("racks").join("real-hours.csv"))
        .find(|file| file.is_file())
}

fn run(hour: &StartHour) -> Report {
    let description = Description::kxkm(hour.packs.len(), Chemistry::Nmc);
    let setup = measured(&description, hour, 1);
    let (_orders, inbox) = queue();
    run_headless(description, setup, SECONDS, None, inbox).unwrap()
}

#[test]
fn every_pack_of_every_measured_hour_ends_connected_without_a_dangerous_current() {
    let Some(file) = measured_file() else {
        // Past the test harness, which hides what a passing test prints.
        let _ = writeln!(
            io::stderr(),
            "SKIP measured rack hours: no racks/real-hours.csv in BATTERY_DATA or beside the workspace"
        );
        return;
    };
    let hours = read_all(&file).unwrap();
    assert_eq!(hours.len(), 24);
    for hour in &hours {
        let name = format!("{} {}", hour.rack, hour.time);
        let report = run(hour);
        let present = hour.packs.iter().flatten().count();
        assert_eq!(report.packs, present, "{name}: {report:?}");
        assert_eq!(report.connected, present, "{name}: {report:?}");
        assert!(
            report.seconds_to_all_connected.is_some(),
            "{name}: {report:?}"
        );
        assert!(
            report.max_circulating_ma <= SET_POINT_MA,
            "{name}: {report:?}"
        );
        assert_eq!(report.closings, present as u64, "{name}: {report:?}");
    }
}
