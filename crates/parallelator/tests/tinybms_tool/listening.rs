//! `sniff`: what comes over the line, byte by byte, without a word of its own.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::bench::{Twin, Wire, printed, said, sealed, shown, stranger, text, tool};

const TEXT: &[u8] = b"BPV:48.52\tMINCV:4.040\tMAXCV:4.047\tBPC:-2.10\tSOC:84.3\tBMST:25.10\tEXT1:24.35\tEXT2:23.90\tOS:147\tCB:0000000000000100\tLST:0\tLSS:1\tCST:1\tCSS:0\r\n";

/// What the tool makes of these bytes, sent in pieces of this size; the other end hangs up after them.
fn heard(bytes: &[u8], piece: usize, arguments: &[&str]) -> (Vec<Value>, String) {
    let bytes = bytes.to_vec();
    let address = stranger(move |mut client: TcpStream| {
        for piece in bytes.chunks(piece) {
            client.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
    });
    let output = tool(
        ["--tcp", &address],
        &[&["sniff", "--json"], arguments].concat(),
    );
    let lines = printed(&output);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), said(&output))
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn frames_text_and_noise_are_told_apart_in_any_pieces() {
    let status = sealed(&[0xAA, 0x18, 0x93, 0x00]);
    let refusal = sealed(&[0xAA, 0x00, 0x10, 0x00]);
    let noise = [0x80, 0xFF, 0x01];
    // The reply cuts the line of text in two.
    let (first, second) = TEXT.split_at(30);
    let stream = [&status[..], first, &refusal, second, &noise, &status].concat();
    for piece in [1, 7, 1_000] {
        let (items, _) = heard(&stream, piece, &["--hex"]);
        assert_eq!(
            kinds(&items),
            ["frame", "frame", "text", "noise", "frame"],
            "{piece}"
        );
        assert_eq!(items[0]["command"], 0x18);
        assert_eq!(items[0]["hex"], shown(&status));
        assert!(
            items[0]["meaning"]
                .as_str()
                .unwrap()
                .contains("discharging")
        );
        assert!(
            items[1]["meaning"]
                .as_str()
                .unwrap()
                .contains("refusal of 10h")
        );
        let values = &items[2]["values"];
        assert_eq!(values["voltage_mv"], 48_520);
        assert_eq!(values["current_ma"], -2_100);
        assert_eq!(values["switches"]["load"]["on"], true);
        assert_eq!(values["switches"]["charger"]["external"], true);
        assert_eq!(items[3]["hex"], shown(&noise));
    }
}

#[test]
fn a_false_start_costs_no_frame_behind_it() {
    let voltage = sealed(&[0xAA, 0x14, 0x00, 0x00, 0x44, 0x42]);
    // The head of a reply of 200 bytes that never comes, and a frame with a turned bit.
    let mut damaged = voltage.clone();
    damaged[4] ^= 1;
    let stream = [&[0xAA, 0x03, 0xC3][..], &voltage, &damaged, &voltage].concat();
    let (items, _) = heard(&stream, 1_000, &[]);
    let frames: Vec<&Value> = items
        .iter()
        .filter(|item| item["kind"] == "frame")
        .collect();
    assert_eq!(frames.len(), 2, "{items:?}");
    assert!(
        frames
            .iter()
            .all(|frame| frame["meaning"] == "14h voltage 49.000 V"),
        "{frames:?}"
    );
}

#[test]
fn the_old_form_of_text_is_decoded_too() {
    let line = b"5.100000\t48.250000\t-3.250000\t0.000000\t0.000000\t31.500000\t0.000000\t0.000000\t0.000000\t0.000000\t0.000000\t0.000000\t0.000000\r\n";
    let (items, _) = heard(line, 16, &["--count", "1"]);
    assert_eq!(items[0]["values"]["form"], "ca_v3");
    assert_eq!(items[0]["values"]["remaining_mah"], 5_100);
    assert_eq!(items[0]["values"]["max_temperature_c"], 31.5);
}

#[test]
fn the_text_of_a_twin_is_heard_and_nothing_is_sent() {
    let twin = Twin::tcp(&["--cells", "14", "--noise", "--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let lines = text(wire.place(), &["sniff", "--count", "3"]);
    assert_eq!(lines.lines().count(), 3);
    // The first line may have been cut by the beginning.
    for line in lines.lines().skip(1) {
        assert!(
            line.contains("50.400 V") && line.contains("load on"),
            "{line}"
        );
    }
    assert!(wire.sent().is_empty());
}

#[test]
fn it_ends_after_its_time_and_sends_nothing() {
    let (tell, told) = mpsc::channel();
    let address = stranger(move |mut client| {
        let mut bytes = Vec::new();
        client.read_to_end(&mut bytes).unwrap();
        tell.send(bytes).unwrap();
    });
    assert_eq!(text(["--tcp", &address], &["sniff", "--for", "0.3"]), "");
    assert!(told.recv().unwrap().is_empty());
}

#[test]
fn a_line_that_is_closed_ends_it_with_what_came_before() {
    let status = sealed(&[0xAA, 0x18, 0x97, 0x00]);
    let (items, words) = heard(&status, 3, &[]);
    assert_eq!(kinds(&items), ["frame"]);
    assert!(words.contains("closed from the other end"), "{words}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_what_goes_on_for_ever_without_a_complaint() {
    let twin = Twin::tcp(&["--noise", "--current", "-5"]);
    for arguments in [&["watch", "--interval", "0.1"][..], &["sniff"]] {
        let mut child = crate::program::command()
            .arg("tinybms")
            .args(twin.place())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A line is there only when the handler is.
        let mut first = [0; 1];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut first)
            .unwrap();
        let process = child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &process]).status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
