//! The published vectors against the twin: each request is answered, and where a twin can be brought into the state of a reply,
//! it gives exactly its bytes. What decodes these bytes is not in this crate.

#![allow(dead_code, reason = "each test file uses its part of the bench")]

mod tinybms_bench;

use battery_sim::tinybms::CanFrame;
use battery_sim::{TinyBms, TinyBmsConfig};
use serde_json::Value;
use tinybms_bench::{Bench, crc, hex, ms, reply_length};

const FILE: &str = include_str!("vectors/tinybms.json");

fn file() -> Value {
    serde_json::from_str(FILE).unwrap()
}

fn list<'a>(file: &'a Value, key: &str) -> &'a Vec<Value> {
    file[key].as_array().unwrap()
}

fn find<'a>(list: &'a [Value], id: &str) -> &'a Value {
    list.iter()
        .find(|vector| vector["id"] == id)
        .unwrap_or_else(|| panic!("no vector {id}"))
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap()
}

#[test]
fn every_published_request_is_understood() {
    let file = file();
    let mut seen = 0;
    for vector in list(&file, "vectors") {
        if vector["direction"] != "request" {
            continue;
        }
        let id = text(vector, "id");
        let request = hex(text(vector, "hex"));
        let mut bench = Bench::usual();
        let answer = bench.exchange(&request);
        assert!(!answer.is_empty(), "{id}: no answer");
        let (frame, rest) = answer.split_at(reply_length(&answer));
        assert_eq!(
            frame[frame.len() - 2..],
            crc(&frame[..frame.len() - 2]),
            "{id}"
        );
        let wanted = match request[1] {
            0x02 | 0x0B | 0x0D => 0x01,
            other => other,
        };
        assert_eq!(frame[1], wanted, "{id}: {answer:02X?}");
        let more = matches!(request[1], 0x07 | 0x09) && frame[2] & 0x80 != 0;
        assert_eq!(rest.is_empty(), !more, "{id}");
        seen += 1;
    }
    assert!(seen >= 40, "{seen} requests");
}

/// Brings a device of 14 cells into the state of the register dump.
fn dump(firmware: u16) -> TinyBms {
    let mut bms = TinyBms::new(TinyBmsConfig {
        firmware,
        ..TinyBmsConfig::new(14)
    });
    let tenths = [
        39_810, 39_830, 39_830, 39_830, 39_830, 39_850, 39_900, 39_900, 39_840, 39_840, 39_850,
        39_840, 39_880, 39_890,
    ];
    let volts: Vec<f64> = tenths.iter().map(|&word| f64::from(word) / 1e4).collect();
    let sum: f64 = volts.iter().sum();
    bms.set_cells(&volts);
    bms.set_pack_voltage_error(55.785 - sum);
    bms.set_internal_temperature(8.4);
    bms.set_charge(0.835_559_48);
    bms
}

type Prepare = fn(&mut TinyBms);

/// Reply, firmware, what else the device needs for it, and the request where the file has none.
const REPLIES: [(&str, u16, Prepare, &str); 38] = [
    ("rsp-03-cells-14s", 254, |_| {}, ""),
    ("rsp-03-46x8", 254, |_| {}, ""),
    ("rsp-03-296x2-empty", 254, |_| {}, ""),
    ("rsp-03-300x9", 242, |_| {}, ""),
    ("rsp-03-315x6", 254, |_| {}, ""),
    ("rsp-03-328", 254, |_| {}, ""),
    ("rsp-03-500x4", 242, |_| {}, ""),
    ("rsp-03-38x2-neg", 254, |bms| bms.set_current(-12.5), ""),
    (
        "rsp-03-42x2-neg",
        254,
        |bms| {
            bms.set_external_temperature(0, Some(-12.3));
            bms.set_external_temperature(1, Some(-40.0));
        },
        "",
    ),
    ("rsp-07-36x2", 254, |_| {}, ""),
    ("rsp-07-300x31", 254, |_| {}, ""),
    (
        "rsp-07-300x45-multi",
        254,
        |bms| bms.set_setting(343, 1),
        "",
    ),
    ("rsp-09-306", 254, |bms| bms.set_setting(306, 320), ""),
    ("rsp-10-315x2", 254, |_| {}, ""),
    ("rsp-ack-02", 254, |_| {}, "AA 02 01 91 40"),
    (
        "rsp-ack-0B",
        254,
        |_| {},
        "AA 0B 06 2C 01 42 0E B2 0C 90 96",
    ),
    ("rsp-ack-0D", 254, |_| {}, "AA 0D 04 2C 01 42 0E 09 E3"),
    (
        "rsp-nack-10-1",
        254,
        |_| {},
        "AA 10 01 2C 00 01 02 10 04 36 09",
    ),
    ("rsp-nack-02-1", 254, |_| {}, "AA 02 01 91 41"),
    (
        "rsp-11-none",
        254,
        |bms| lived(bms, 12_487_300, &[]),
        "AA 11 BF 1C",
    ),
    (
        "rsp-11-two",
        254,
        |bms| lived(bms, 3_877_376, &[(3_876_880, 0x62), (3_877_200, 0x63)]),
        "AA 11 BF 1C",
    ),
    (
        "rsp-11-fault",
        254,
        |bms| lived(bms, 900_000, &[(899_990, 0x05), (899_995, 0x77)]),
        "AA 11 BF 1C",
    ),
    (
        "rsp-12-wrap",
        254,
        |bms| lived(bms, 16_777_232, &[(16_777_200, 0x61), (16_777_220, 0x64)]),
        "AA 12 FF 1D",
    ),
    ("rsp-14", 254, |_| {}, "AA 14 7F 1F"),
    (
        "rsp-15-discharge",
        254,
        |bms| bms.set_current(-3.013),
        "AA 15 BE DF",
    ),
    (
        "rsp-15-charge",
        254,
        |bms| bms.set_current(12.25),
        "AA 15 BE DF",
    ),
    ("rsp-15-zero", 254, |_| {}, "AA 15 BE DF"),
    ("rsp-16", 254, |bms| bms.set_cell(7, 3.991), "AA 16 FE DE"),
    ("rsp-17", 254, |_| {}, "AA 17 3F 1E"),
    ("rsp-18-91", 254, |bms| charging(bms, 5.0), "AA 18 7F 1A"),
    ("rsp-18-93", 254, |bms| bms.set_current(-5.0), "AA 18 7F 1A"),
    ("rsp-18-96", 254, |bms| bms.set_current(5.0), "AA 18 7F 1A"),
    ("rsp-18-97", 254, |_| {}, "AA 18 7F 1A"),
    ("rsp-18-9B", 254, |bms| bms.set_cell(1, 4.3), "AA 18 7F 1A"),
    ("rsp-1A", 254, |_| {}, "AA 1A FE DB"),
    ("rsp-1B-none", 254, |_| {}, "AA 1B 3F 1B"),
    ("rsp-1C-14", 254, |_| {}, "AA 1C 7E D9"),
    ("rsp-1F", 242, |_| {}, "AA 1F 3E D8"),
];

/// Empties the ring and fills it with these; then this is the time.
fn lived(bms: &mut TinyBms, now_s: u32, events: &[(u32, u8)]) {
    bms.receive(&hex("AA 02 01 91 40"));
    bms.tick(ms(20));
    bms.take_output();
    for &(seconds, id) in events {
        bms.set_lifetime(seconds);
        bms.record_event(id);
    }
    bms.set_lifetime(now_s);
}

fn charging(bms: &mut TinyBms, amps: f64) {
    bms.set_charger(true);
    bms.set_current(amps);
}

#[test]
fn a_device_in_the_published_state_gives_the_published_bytes() {
    let file = file();
    let vectors = list(&file, "vectors");
    for (id, firmware, prepare, request) in REPLIES {
        let vector = find(vectors, id);
        let mut bms = dump(firmware);
        prepare(&mut bms);
        // Inputs that were prepared are measured; charge counts on meanwhile, and the dump was at rest.
        bms.tick(ms(100));
        let request = vector["request_hex"].as_str().unwrap_or(request);
        bms.take_output();
        bms.receive(&hex(request));
        bms.tick(ms(60));
        let wanted = match vector["frames_hex"].as_array() {
            Some(frames) => frames
                .iter()
                .flat_map(|frame| hex(frame.as_str().unwrap()))
                .collect(),
            None => hex(text(vector, "hex")),
        };
        assert_eq!(bms.take_output(), wanted, "{id}");
    }
}

#[test]
fn the_published_settings_and_limits_are_those_of_the_device() {
    let file = file();
    for id in ["rsp-1D-cur10", "rsp-1D-max10"] {
        let vector = find(list(&file, "vectors"), id);
        let mut bench = Bench::usual();
        let answer = bench.exchange(&hex(text(vector, "request_hex")));
        assert_eq!(answer, hex(text(vector, "hex")), "{id}");
    }
}

#[test]
fn the_broadcast_lines_are_the_published_ones() {
    let file = file();
    let lines = list(&file, "broadcast");
    let mut bms = dump(254);
    bms.set_current(-3.5);
    bms.set_external_temperature(0, Some(23.4));
    bms.set_internal_temperature(23.0);
    bms.set_charge(55.14 / 66.0);
    bms.tick(ms(100));
    bms.set_charge(55.14 / 66.0);
    let wanted = text(find(lines, "cav3-line"), "text");
    assert_eq!(bms.broadcast_line(), format!("{wanted}\r\n"));

    let mut bms = dump(254);
    bms.set_setting(343, 1);
    bms.set_cell(14, 3.991);
    bms.set_current(-3.5);
    bms.set_pack_voltage_error(0.0);
    bms.set_external_temperature(0, Some(24.3));
    bms.set_external_temperature(1, Some(24.6));
    bms.tick(ms(100));
    let line = bms.broadcast_line();
    let published = text(find(lines, "ascii-dual-line"), "text");
    let keys = |line: &str| -> Vec<String> {
        line.trim_end()
            .split('\t')
            .map(|field| field.split_once(':').unwrap().0.to_owned())
            .collect()
    };
    assert_eq!(keys(&line), keys(published));
    let same = |key: &str| {
        let value = |line: &str| {
            let fields = line.trim_end().split('\t');
            let found = fields.map(|field| field.split_once(':').unwrap());
            let mut found = found.filter(|(name, _)| *name == key);
            found.next().unwrap().1.to_owned()
        };
        assert_eq!(value(&line), value(published), "{key}");
    };
    for key in [
        "BPV", "MINCV", "MAXCV", "BPC", "SOC", "BMST", "CB", "LST", "LSS", "CST", "CSS",
    ] {
        same(key);
    }
    bms.set_setting(340, 1);
    let single = text(find(lines, "ascii-single-line"), "text");
    assert_eq!(keys(&bms.broadcast_line()), keys(single));
}

fn messages(vector: &Value) -> Vec<Vec<u8>> {
    match vector["data_frames"].as_array() {
        Some(frames) => frames
            .iter()
            .map(|frame| hex(frame.as_str().unwrap()))
            .collect(),
        None => vec![hex(text(vector, "data"))],
    }
}

#[test]
fn messages_on_can_are_the_published_ones() {
    let file = file();
    let can = list(&file, "can");
    let mut bms = dump(254);
    bms.tick(ms(100));
    let data = |frames: Vec<CanFrame>| -> Vec<Vec<u8>> {
        frames
            .into_iter()
            .map(|frame| {
                assert_eq!(frame.id, 0x241);
                frame.data
            })
            .collect()
    };
    for (id, request) in [
        ("can-rsp-14", "14"),
        ("can-rsp-18", "18"),
        ("can-rsp-1B", "1B"),
        ("can-rsp-03", "03 00 24 00 02"),
    ] {
        let answer = data(bms.receive_can(0x201, &hex(request)));
        assert_eq!(answer, messages(find(can, id)), "{id}");
    }
    let request = find(can, "can-req-28");
    assert_eq!(
        data(bms.receive_can(0x200, &messages(request)[0])),
        [[1, 0x28, 1]]
    );
    // Commands that the adapter does not have, other nodes, and a node that moves.
    for command in [0x07, 0x09, 0x0B, 0x0D, 0x1F] {
        assert_eq!(data(bms.receive_can(0x201, &[command])), [[0, command, 0]]);
    }
    assert_eq!(bms.receive_can(0x202, &[0x14]), []);
    assert_eq!(bms.receive_can(0x200, &[0x14]), []);
    let moved = bms.receive_can(0x201, &[0x29, 5]);
    assert_eq!(
        (moved[0].id, &moved[0].data[..]),
        (0x245, &[1, 0x29, 5][..])
    );
    assert_eq!(bms.receive_can(0x201, &[0x14]), []);
    // One message a register; each is stored by itself.
    let written = bms.receive_can(0x205, &[0x10, 0x01, 0x3F, 0, 1, 0, 55, 0]);
    assert_eq!(written[0].data, [1, 0x10, 0x01, 0x3F, 0, 1]);
    assert_eq!(bms.register(319), 55);
    assert_eq!(bms.receive_can(0x205, &[0x14]), []);
    bms.tick(ms(500));
    assert_eq!(bms.receive_can(0x205, &[0x11])[0].data.len(), 8);
    assert_eq!(bms.receive_can(0x205, &[0x20]).len(), 3);
    bms.tick(ms(11_000));
    assert_eq!(bms.receive_can(0x205, &[0x14]), []);
    assert!(!bms.is_awake());
}
