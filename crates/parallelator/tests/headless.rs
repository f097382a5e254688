//! Headless runs: the same loop, drivers, chips and plant as in real time, and a report of what really happened.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

fn report(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_parallelator"))
        .args(["demo", "--headless"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

const FIELDS: [&str; 11] = [
    "packs",
    "connected",
    "seconds_to_all_connected",
    "max_circulating_ma",
    "max_inrush_ma",
    "max_pack_ma",
    "served_percent",
    "closings",
    "events",
    "sim_seconds",
    "wall_seconds",
];

#[test]
fn a_report_is_one_object_of_these_numbers() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, "an older report").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_parallelator"))
        .args([
            "demo",
            "--headless",
            "--packs",
            "3",
            "--for",
            "20",
            "--seed",
            "7",
            "--report",
        ])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let report: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let report = report.as_object().unwrap();
    assert_eq!(report.len(), FIELDS.len());
    for field in FIELDS {
        let value = &report[field];
        let may_be_null = field == "seconds_to_all_connected";
        assert!(
            value.is_number() || (may_be_null && value.is_null()),
            "{field}: {value}"
        );
    }
    assert_eq!(report["packs"], 3);
    assert!((report["sim_seconds"].as_f64().unwrap() - 20.0).abs() < 0.2);
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed: &str| {
        let mut report = report(&["--packs", "8", "--for", "60", "--seed", seed]);
        report.as_object_mut().unwrap().remove("wall_seconds");
        report
    };
    assert_eq!(run("3"), run("3"));
    assert_ne!(run("3"), run("4"));
}

#[test]
fn no_drawn_rack_ever_circulates_more_than_its_limit() {
    for chemistry in ["nmc", "lfp", "lto", "lead-acid"] {
        for seed in ["1", "2", "3"] {
            let report = report(&[
                "--packs",
                "8",
                "--chemistry",
                chemistry,
                "--for",
                "300",
                "--seed",
                seed,
            ]);
            let circulating = report["max_circulating_ma"].as_i64().unwrap();
            assert!(circulating <= 5_500, "{chemistry}, seed {seed}: {report:#}");
            assert!(
                report["connected"].as_u64().unwrap() >= 1,
                "{chemistry}, seed {seed}: {report:#}"
            );
            assert!(
                report["max_pack_ma"].as_i64().unwrap() <= 10_100,
                "{chemistry}, seed {seed}: {report:#}"
            );
        }
    }
}

/// Acceptance: half an hour of eight packs, twenty racks, and no join or later time above 1.1 × `i_circ_max`.
#[test]
fn half_an_hour_of_twenty_racks_stays_below_the_circulating_limit() {
    for seed in 1..=20 {
        let seed = seed.to_string();
        let report = report(&["--packs", "8", "--for", "1800", "--seed", &seed]);
        let worst = report["max_circulating_ma"].as_i64().unwrap();
        assert!(worst <= 5_500, "seed {seed}: {worst} mA");
        assert!(
            report["max_pack_ma"].as_i64().unwrap() <= 10_100,
            "seed {seed}: the sensors' error at most"
        );
        assert!(
            report["closings"].as_i64().unwrap() >= 2,
            "seed {seed}: somebody joined"
        );
    }
}

#[test]
fn thirty_two_packs_on_two_buses_run() {
    let report = report(&[
        "--packs",
        "32",
        "--for",
        "60",
        "--chemistry",
        "lfp",
        "--seed",
        "2",
    ]);
    assert_eq!(report["packs"], 32);
    assert!(report["connected"].as_u64().unwrap() >= 8, "{report:#}");
    assert_eq!(report["closings"], report["connected"], "{report:#}");
    assert!(
        report["max_circulating_ma"].as_i64().unwrap() <= 5_500,
        "{report:#}"
    );
}

#[test]
fn every_pack_of_the_example_hours_is_connected_and_the_empty_channel_is_not_counted() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/racks/start-example.csv");
    for (hour, packs) in [
        ("example-a,2026-01-10T08:00:00Z", 7),
        ("example-b,2026-01-12T19:00:00Z", 8),
    ] {
        let report = report(&["--start", file, "--start-hour", hour, "--for", "60"]);
        assert_eq!(report["packs"], packs, "{report:#}");
        assert_eq!(report["connected"], packs, "{report:#}");
        assert_eq!(report["closings"], packs, "{report:#}");
        assert!(
            report["seconds_to_all_connected"].as_f64().unwrap() < 20.0,
            "{report:#}"
        );
        assert!(
            report["max_circulating_ma"].as_i64().unwrap() <= 5_000,
            "{report:#}"
        );
    }
}

#[test]
fn a_rack_file_is_what_runs() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/racks/kxkm-16.toml");
    let report = report(&["--rack", file, "--for", "10"]);
    assert_eq!(report["packs"], 16);
}

fn rows(folder: &Path) -> Vec<String> {
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_log_of_a_headless_run_has_one_row_a_second() {
    let folder = TempDir::new().unwrap();
    report(&[
        "--packs",
        "2",
        "--for",
        "30",
        "--log",
        folder.path().to_str().unwrap(),
    ]);
    let rows = rows(folder.path());
    let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    let columns = cells(&rows[0]).len();
    assert!(rows.iter().all(|row| cells(row).len() == columns));
    let seconds: Vec<u64> = rows[1..]
        .iter()
        .map(|row| cells(row)[1].split('.').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(seconds[..30], (0..30).collect::<Vec<u64>>());
}
