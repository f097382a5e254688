//! The CSV log: whole rows, a new file each day and before one grows too large, units in the header, nothing invented.

use std::{fs, path::Path};

use jiff::Timestamp;
use parallelator::{
    hub::{Row, RowPack},
    log::{LogFolder, header, record},
    rack::Description,
};
use parallelator_core::{Chemistry, Fault, PackState, SystemState, Waiting};
use tempfile::TempDir;

const NOON: &str = "2026-03-01T12:00:00Z";
const NEXT_DAY: &str = "2026-03-02T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn row() -> Row {
    Row {
        now_ms: 61_250,
        system: SystemState::Running,
        bus_mv: Some(26_400),
        bus_ma: None,
        load_permit: true,
        charge_permit: false,
        dcl_ma: 12_000,
        ccl_ma: 0,
        cvl_mv: 29_600,
        packs: vec![
            RowPack {
                voltage_mv: Some(26_480),
                current_ma: Some(-2_500),
                temperature_dc: Some(-5),
                state: PackState::Closed,
                reason: Waiting::Connected.into(),
            },
            RowPack {
                voltage_mv: None,
                current_ma: None,
                temperature_dc: None,
                state: PackState::Cooldown { until_ms: 70_000 },
                reason: Fault::StaleData.into(),
            },
        ],
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_row_has_a_cell_for_each_column_and_nothing_where_nothing_was_measured() {
    let header = String::from_utf8(header(&Description::kxkm(2, Chemistry::Nmc))).unwrap();
    let record = String::from_utf8(record(&row(), time(NOON))).unwrap();
    assert!(header.ends_with("\r\n") && record.ends_with("\r\n"));
    let cells: Vec<(&str, &str)> = header
        .trim_end()
        .split(',')
        .zip(record.trim_end().split(','))
        .collect();
    assert_eq!(header.matches(',').count(), record.matches(',').count());
    assert_eq!(
        cells,
        [
            ("time_utc", "2026-03-01T12:00:00.000Z"),
            ("uptime_s", "61.250"),
            ("system", "running"),
            ("bus_voltage_mv", "26400"),
            ("bus_current_ma", ""),
            ("load_permit", "1"),
            ("charge_permit", "0"),
            ("discharge_limit_ma", "12000"),
            ("charge_limit_ma", "0"),
            ("charge_voltage_limit_mv", "29600"),
            ("pack1_voltage_mv", "26480"),
            ("pack1_current_ma", "-2500"),
            ("pack1_temperature_c", "-0.5"),
            ("pack1_state", "closed"),
            ("pack1_reason", "connected"),
            ("pack2_voltage_mv", ""),
            ("pack2_current_ma", ""),
            ("pack2_temperature_c", ""),
            ("pack2_state", "cooldown"),
            ("pack2_reason", "stale_data"),
        ]
    );
}

#[test]
fn a_new_day_starts_a_new_file_with_the_header() {
    let folder = TempDir::new().unwrap();
    let mut log = LogFolder::open(folder.path(), b"head\r\n".to_vec(), 1_000, time(NOON)).unwrap();
    log.append(time(NOON), b"one\r\n").unwrap();
    log.append(time(NEXT_DAY), b"two\r\n").unwrap();
    assert_eq!(
        names(folder.path()),
        ["rack-2026-03-01-001.csv", "rack-2026-03-02-001.csv"]
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("rack-2026-03-01-001.csv"), "head\r\none\r\n");
    assert_eq!(read("rack-2026-03-02-001.csv"), "head\r\ntwo\r\n");
}

#[test]
fn no_file_grows_beyond_its_limit_and_no_row_is_lost() {
    let folder = TempDir::new().unwrap();
    let mut log = LogFolder::open(folder.path(), b"head\r\n".to_vec(), 40, time(NOON)).unwrap();
    let rows: Vec<String> = (0..20)
        .map(|number| format!("row {number:02}\r\n"))
        .collect();
    for row in &rows {
        log.append(time(NOON), row.as_bytes()).unwrap();
    }
    let mut all = String::new();
    for name in names(folder.path()) {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.len() <= 40 && text.ends_with("\r\n"));
        all.push_str(text.strip_prefix("head\r\n").unwrap());
    }
    assert_eq!(all, rows.concat());
}

#[test]
fn a_file_that_is_there_already_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let there = folder.path().join("rack-2026-03-01-001.csv");
    fs::write(&there, "somebody else's").unwrap();
    let mut log = LogFolder::open(folder.path(), b"head\r\n".to_vec(), 1_000, time(NOON)).unwrap();
    log.append(time(NOON), b"one\r\n").unwrap();
    assert_eq!(fs::read_to_string(there).unwrap(), "somebody else's");
    assert_eq!(log.name(), "rack-2026-03-01-002.csv");
}

/// A file system of a few blocks, where one may be mounted; else the test says that it was skipped.
#[cfg(target_os = "linux")]
mod full_disk {
    use std::process::Command;

    use super::*;

    struct Mounted(TempDir);

    impl Mounted {
        fn new() -> Option<Self> {
            let folder = TempDir::new().unwrap();
            let mounted = Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=8k", "tmpfs"])
                .arg(folder.path())
                .output()
                .is_ok_and(|output| output.status.success());
            mounted.then(|| Self(folder))
        }
    }

    impl Drop for Mounted {
        fn drop(&mut self) {
            // Where this fails the folder stays, and says so when it cannot be removed.
            let _ = Command::new("umount").arg(self.0.path()).output();
        }
    }

    #[test]
    fn a_full_disk_tears_no_row_and_writing_goes_on_when_there_is_room_again() {
        let Some(disk) = Mounted::new() else {
            eprintln!("skipped: no file system may be mounted here");
            return;
        };
        let folder = disk.0.path();
        let mut log = LogFolder::open(folder, b"head\r\n".to_vec(), 1 << 20, time(NOON)).unwrap();
        fs::write(folder.join("other"), vec![0; 3_900]).unwrap();
        let row = format!("{}\r\n", "x".repeat(898));
        let written = (0..20)
            .filter(|_| log.append(time(NOON), row.as_bytes()).is_ok())
            .count();
        assert!((1..20).contains(&written), "{written} of 20 rows fitted");
        let read = || fs::read_to_string(folder.join("rack-2026-03-01-001.csv")).unwrap();
        assert_eq!(read(), format!("head\r\n{}", row.repeat(written)));
        fs::remove_file(folder.join("other")).unwrap();
        log.append(time(NOON), row.as_bytes()).unwrap();
        assert_eq!(read(), format!("head\r\n{}", row.repeat(written + 1)));
    }
}
