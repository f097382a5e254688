//! `status`, `cells`, `events`, `statistics`, `settings list|get`, `watch`.

use std::{thread, time::Duration};

use serde_json::{Value, json as object};

use crate::bench::{Twin, Wire, json, printed, said, text, tool};

/// Longer than the twin stays awake.
const UNTIL_ASLEEP: Duration = Duration::from_secs(12);

/// Every subcommand that reads, through this twin.
fn everything(twin: &Twin) {
    let place = twin.place();
    let status = json(place, &["status"]);
    assert_eq!(status["status"], "discharging");
    assert_eq!(status["status_code"], 0x93);
    assert_eq!(status["healthy"], true);
    assert_eq!(status["voltage_mv"], 14 * 3_600);
    assert_eq!(status["current_ma"], -5_000);
    // A second passes at most: 5 A of 66 Ah take less than a thousandth of a percent from it.
    let charge = status["state_of_charge_percent"].as_f64().unwrap();
    assert!((49.5..=50.0).contains(&charge), "{charge}");
    assert_eq!(status["min_cell_mv"], 3_600);
    assert_eq!(status["internal_temperature_c"], 25.0);
    assert_eq!(status["external_temperatures_c"], object!([null, null]));
    assert_eq!(
        (&status["cells_detected"], &status["cells_set"]),
        (&object!(14), &object!(14))
    );
    assert_eq!(status["cell_fault"], Value::Null);
    assert_eq!(status["device"]["firmware"], "2.3.254");
    let table = text(place, &["status"]);
    for words in [
        "50.400 V",
        "-5.000 A",
        "25.0 °C",
        "firmware 2.3.254",
        "14 detected, 14 set",
    ] {
        assert!(table.contains(words), "{words} is not in {table}");
    }
    let statistics = json(place, &["statistics"]);
    assert_eq!(statistics["max_discharge_ma"], 5_000);
    assert_eq!(statistics["last_reset"], "power");
    assert!(text(place, &["statistics"]).contains("5.000 A"));
    let list = json(place, &["settings", "list"]);
    assert_eq!(list["settings"].as_array().unwrap().len(), 40);
    let table = text(place, &["settings", "list"]);
    assert!(table.contains("over_voltage_cutoff"), "{table}");
    let get = json(
        place,
        &["settings", "get", "battery_capacity", "load_switch_type"],
    );
    let [capacity, switch] = [&get["settings"][0], &get["settings"][1]];
    assert_eq!(
        (&capacity["value"], &capacity["unit"]),
        (&object!(66.0), &object!("Ah"))
    );
    assert_eq!(
        (&switch["value"], &switch["default"]),
        (&object!("fet"), &object!("fet"))
    );
}

#[test]
fn everything_is_read_over_tcp() {
    everything(&Twin::tcp(&["--cells", "14", "--current", "-5"]));
}

#[test]
fn everything_is_read_between_lines_of_text() {
    everything(&Twin::tcp(&["--cells", "14", "--current", "-5", "--noise"]));
}

#[cfg(unix)]
#[test]
fn everything_is_read_through_a_pseudo_terminal() {
    everything(&Twin::pty(&["--cells", "14", "--current", "-5"]));
}

#[test]
fn a_pack_of_14_cells_is_shown_from_cell_1_to_cell_14() {
    let twin = Twin::tcp(&["--cells", "14", "--seed", "5", "--current", "-5"]);
    // The registers themselves, by a client that knows no cells: registers 0 to 15.
    let mut raw = std::net::TcpStream::connect(&twin.name).unwrap();
    std::io::Write::write_all(&mut raw, &crate::bench::sealed(&[0xAA, 3, 0, 0, 0, 16])).unwrap();
    let mut reply = [0; 37];
    std::io::Read::read_exact(&mut raw, &mut reply).unwrap();
    drop(raw);
    let words: Vec<u16> = reply[3..35]
        .chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(words[..2], [0, 0]);
    let found = json(twin.place(), &["cells"]);
    let cells = found["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 14);
    for (index, cell) in cells.iter().enumerate() {
        assert_eq!(cell["cell"], index + 1);
        assert_eq!(cell["slot"], index + 2);
        let millivolts = cell["voltage_mv"].as_f64().unwrap();
        assert_eq!((millivolts * 10.0).round(), f64::from(words[index + 2]));
    }
    let table = text(twin.place(), &["cells"]);
    let numbers: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let wanted: Vec<String> = (1..=14).map(|cell| cell.to_string()).collect();
    assert_eq!(numbers, wanted);
}

#[test]
fn cells_that_are_not_as_many_as_set_are_shown_as_slots_with_the_reason() {
    let twin = Twin::tcp(&["--cells", "12", "--current", "-5"]);
    text(
        twin.place(),
        &["settings", "set", "series_cells=14", "--yes"],
    );
    let output = tool(twin.place(), &["cells", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(found["cells"], Value::Null);
    assert_eq!(found["slots_mv"].as_array().unwrap().len(), 16);
    assert_eq!(found["slots_mv"][3], 0.0);
    assert_eq!(found["slots_mv"][4], 3_600.0);
    let words = said(&output);
    assert!(
        words.contains("14 cells are set, 12 are detected"),
        "{words}"
    );
    assert!(words.contains("series_cells"), "{words}");
}

#[test]
fn events_come_newest_first_and_new_ones_only_once() {
    let twin = Twin::tcp(&["--current", "-5"]);
    // A second start, some seconds after the first one.
    text(twin.place(), &["reset", "--yes"]);
    let wire = Wire::to(&twin, |_| false);
    let log = json(wire.place(), &["events"]);
    let names: Vec<&str> = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    let starts = names.iter().filter(|name| **name == "system_started");
    assert_eq!(starts.count(), 2, "{names:?}");
    let now = log["lifetime_s"].as_u64().unwrap();
    let mut last = 0;
    for event in log["events"].as_array().unwrap() {
        let (age, time) = (
            event["age_s"].as_u64().unwrap(),
            event["time_s"].as_u64().unwrap(),
        );
        assert_eq!(age + time, now);
        assert!(age >= last, "{log}");
        last = age;
    }
    assert!(text(wire.place(), &["events"]).contains("information"));
    let head = |code: u8| {
        let sent = wire.sent();
        sent.windows(2).filter(|pair| *pair == [0xAA, code]).count()
    };
    assert_eq!((head(0x12), head(0x11)), (2, 0));
    let new = json(wire.place(), &["events", "--new"]);
    assert_eq!(new["events"].as_array().unwrap().len(), names.len());
    let none = json(wire.place(), &["events", "--new"]);
    assert_eq!(none["events"], object!([]));
    assert_eq!((head(0x12), head(0x11)), (2, 2));
}

#[test]
fn a_device_that_sleeps_is_woken_by_the_first_question() {
    let twin = Twin::tcp(&["--cells", "8"]);
    let wire = Wire::to(&twin, |_| false);
    assert_eq!(json(wire.place(), &["status"])["status"], "idle");
    let before = wire.sent().len();
    thread::sleep(UNTIL_ASLEEP);
    assert_eq!(json(wire.place(), &["status"])["status"], "idle");
    // The first request was sent twice; without sleep both runs would send the same.
    assert_eq!(wire.sent().len() - before, before + 8);
}

#[test]
fn watch_prints_one_line_a_reading_and_warns_that_the_device_stays_awake() {
    let twin = Twin::tcp(&["--current", "-5", "--noise"]);
    let output = tool(
        twin.place(),
        &["watch", "--count", "3", "--interval", "0.2", "--json"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("never goes to sleep"),
        "{}",
        said(&output)
    );
    let lines: Vec<Value> = printed(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(
            (&line["status"], &line["current_ma"]),
            (&object!("discharging"), &object!(-5_000))
        );
    }
    let times: Vec<f64> = lines
        .iter()
        .map(|line| line["time_s"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted());
    // As a table: a line of heads before them.
    let table = text(
        twin.place(),
        &["watch", "--count", "2", "--interval", "0.1"],
    );
    assert_eq!(table.lines().count(), 3);
    let slow = tool(twin.place(), &["watch", "--count", "1", "--interval", "11"]);
    assert!(!said(&slow).contains("sleep"), "{}", said(&slow));
}
