//! The twin of the TinyBMS, rule by rule: requests, registers, sleep, reset, events, text.

#![allow(dead_code, reason = "each test file uses its part of the bench")]

mod tinybms_bench;

use std::time::Duration;

use battery_sim::tinybms::CellOrder;
use battery_sim::{TinyBms, TinyBmsConfig};
use tinybms_bench::{Bench, crc, hex, ms, reply_length, sealed};

const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
const IDLE: [u8; 6] = [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB];

#[test]
fn the_bench_checks_with_the_published_value() {
    assert_eq!(crc(b"123456789"), [0x37, 0x4B]);
}

#[test]
fn cells_stand_in_the_highest_slots_whatever_their_number() {
    for cells in 4..=16 {
        let mut bench = Bench::new(TinyBmsConfig::new(cells));
        for cell in 1..=cells {
            bench.bms.set_cell(cell, 3.0 + f64::from(cell) / 100.0);
        }
        bench.bms.tick(ms(100));
        let registers = bench.registers(0, 16);
        for (register, &word) in registers.iter().enumerate() {
            let empty = 16 - usize::from(cells);
            let cell = (register + 1).saturating_sub(empty);
            let wanted = if cell == 0 { 0 } else { 30_000 + 100 * cell };
            assert_eq!(
                usize::from(word),
                wanted,
                "{cells} cells, register {register}"
            );
        }
        assert_eq!(bench.registers(53, 1), [u16::from(cells)]);
        assert_eq!(bench.registers(307, 1), [u16::from(cells)]);
        assert_eq!(
            bench.registers(40, 2),
            [3_010, 3_000 + 10 * u16::from(cells)]
        );
        let frame = bench.ask(&[0xAA, 0x1C]);
        assert_eq!(frame[2], 2 * cells);
        assert_eq!(frame[3..5], 30_100_u16.to_le_bytes());
    }
}

#[test]
fn balancing_bits_follow_the_slots() {
    let mut bench = Bench::usual();
    bench.bms.set_cell(1, 3.9);
    bench.bms.tick(ms(100));
    assert_eq!(bench.registers(51, 2), [1 << 2, 1 << 2]);
    // The same difference below the threshold of early balancing is left alone.
    bench.set(303, 4_000);
    assert_eq!(bench.registers(51, 2), [0, 0]);
}

#[test]
fn the_cell_command_can_begin_at_the_top() {
    let config = TinyBmsConfig {
        cell_order: CellOrder::TopFirst,
        ..TinyBmsConfig::new(4)
    };
    let mut bench = Bench::new(config);
    bench.bms.set_cells(&[3.1, 3.2, 3.3, 3.4]);
    bench.bms.tick(ms(100));
    let frame = bench.ask(&[0xAA, 0x1C]);
    assert_eq!(frame[3..5], 34_000_u16.to_le_bytes());
}

#[test]
fn values_change_only_with_the_next_measurement() {
    let mut bench = Bench::usual();
    bench.bms.tick(ms(10));
    bench.bms.set_current(-5.0);
    bench.bms.tick(ms(89));
    assert_eq!(bench.exchange(&STATUS), IDLE);
    assert_eq!(bench.exchange(&STATUS)[2], 0x93);
}

#[test]
fn a_reply_begins_after_a_millisecond_and_takes_its_time_on_the_wire() {
    let mut bench = Bench::usual();
    bench.bms.receive(&STATUS);
    let byte = Duration::from_nanos(86_806);
    bench.bms.tick(ms(1) + byte - Duration::from_nanos(1));
    assert_eq!(bench.bms.waiting(), 0);
    bench.bms.tick(Duration::from_nanos(1));
    assert_eq!(bench.bms.take_output(), IDLE[..1]);
    bench.bms.tick(4 * byte);
    assert_eq!(bench.bms.take_output(), IDLE[1..5]);
    assert_eq!(bench.bms.next_output(), Some(byte));
    bench.bms.tick(byte);
    assert_eq!(bench.bms.take_output(), IDLE[5..]);
    assert_eq!(bench.bms.next_output(), None);
}

#[test]
fn registers_come_big_endian_by_03_and_little_endian_by_07_and_09() {
    let mut bench = Bench::usual();
    assert_eq!(bench.registers(300, 2), [4_150, 3_000]);
    let block = bench.ask(&[0xAA, 0x07, 2, 0x2C, 0x01]);
    assert_eq!(block, hex("AA 07 04 36 10 B8 0B"));
    let single = bench.ask(&[0xAA, 0x09, 4, 0x2D, 0x01, 0x2C, 0x01]);
    assert_eq!(single, hex("AA 09 08 2D 01 B8 0B 2C 01 36 10"));
}

#[test]
fn a_block_of_125_registers_comes_in_one_frame_by_03() {
    let mut bench = Bench::usual();
    assert_eq!(bench.registers(0, 125).len(), 125);
    assert_eq!(bench.registers(0, 127).len(), 127);
}

/// Cuts a reply of several packets: number of each (or `None` for the last) and payload.
fn packets(mut bytes: &[u8]) -> Vec<(Option<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = bytes.split_at(reply_length(bytes));
        let (body, check) = frame.split_at(frame.len() - 2);
        assert_eq!(check, crc(body));
        let more = body[2] & 0x80 != 0;
        found.push((more.then_some(body[2] & 0x3F), body[3..].to_vec()));
        bytes = rest;
    }
    found
}

#[test]
fn one_packet_carries_31_registers_by_07_and_15_by_09() {
    let mut bench = Bench::usual();
    assert_eq!(bench.ask(&[0xAA, 0x07, 31, 0x2C, 0x01])[2], 62);
    let addresses = |count: u16| -> Vec<u8> {
        let mut request = vec![0xAA, 0x09, u8::try_from(2 * count).unwrap()];
        request.extend((300..300 + count).flat_map(u16::to_le_bytes));
        sealed(&request)
    };
    let one = bench.exchange(&addresses(15));
    assert_eq!(packets(&one).len(), 1);
    assert_eq!(one[2], 60);
    let two = bench.exchange(&addresses(16));
    let found = packets(&two);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].0, found[0].1.len()), (Some(0), 63));
    assert_eq!((found[1].0, found[1].1.len()), (None, 1));
}

#[test]
fn longer_blocks_come_in_packets_that_put_together_are_the_registers() {
    for first in [0, 1] {
        let config = TinyBmsConfig {
            first_packet: first,
            ..TinyBmsConfig::new(16)
        };
        for count in [32_u8, 63, 64, 100, 126, 127, 255] {
            let mut bench = Bench::new(config.clone());
            let bytes = bench.exchange(&sealed(&[0xAA, 0x07, count, 0x2C, 0x01]));
            let found = packets(&bytes);
            let numbers: Vec<_> = found.iter().filter_map(|(number, _)| *number).collect();
            let wanted: Vec<u8> = (first..).take(numbers.len()).collect();
            assert_eq!(numbers, wanted);
            assert_eq!(found.last().unwrap().0, None);
            let joined: Vec<u8> = found.into_iter().flat_map(|(_, bytes)| bytes).collect();
            let registers: Vec<u8> = (300..300 + u16::from(count))
                .flat_map(|address| bench.bms.register(address).to_le_bytes())
                .collect();
            assert_eq!(joined, registers, "{count} registers");
        }
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_a_command_error() {
    let refused: &[&[u8]] = &[
        &[0xAA, 0x02, 0],
        &[0xAA, 0x02, 3],
        &[0xAA, 0x02, 4],
        &[0xAA, 0x03, 0, 0, 0, 0],
        &[0xAA, 0x03, 0, 0, 0, 128],
        &[0xAA, 0x03, 0, 0, 1, 1],
        &[0xAA, 0x03, 0xFF, 0xFF, 0, 2],
        &[0xAA, 0x07, 0, 0, 0],
        &[0xAA, 0x07, 2, 0xFF, 0xFF],
        &[0xAA, 0x0B, 4, 0x00, 0x00, 1, 0],
        &[0xAA, 0x0B, 4, 0x90, 0x01, 1, 0],
        &[0xAA, 0x0D, 4, 0x32, 0x00, 1, 0],
        &[0xAA, 0x10, 0x01, 0x2B, 0, 1, 2, 0, 1],
        &[0xAA, 0x1D, 0, 0, 1],
        &[0xAA, 0x1D, 5, 0, 1],
        &[0xAA, 0x1D, 4, 0, 0],
        &[0xAA, 0x1D, 4, 0, 101],
        &[0xAA, 0x1D, 4, 1, 1],
        &[0xAA, 0x04, 0, 0, 0, 1],
        &[0xAA, 0x13],
        &[0xAA, 0x21],
    ];
    for request in refused {
        let mut bench = Bench::usual();
        let answer = bench.ask(request);
        assert_eq!(answer, [0xAA, 0x00, request[1], 0x00], "{request:02X?}");
        assert_eq!(bench.exchange(&STATUS), IDLE, "after {request:02X?}");
    }
}

#[test]
fn a_length_that_cannot_be_right_is_refused_before_the_rest_arrives() {
    for start in [
        hex("AA 09 00"),
        hex("AA 09 03"),
        hex("AA 09 40"),
        hex("AA 09 82"),
        hex("AA 0B 03"),
        hex("AA 0D 06"),
        hex("AA 10 01 2C 00 02 02"),
        hex("AA 10 01 2C 00 00 00"),
        hex("AA 10 01 2C 01 01 02"),
    ] {
        let mut bench = Bench::usual();
        let answer = bench.exchange(&start);
        assert_eq!(
            answer,
            sealed(&[0xAA, 0x00, start[1], 0x00]),
            "{start:02X?}"
        );
        assert_eq!(bench.exchange(&STATUS), IDLE);
    }
}

#[test]
fn a_request_with_a_flipped_bit_is_never_carried_out() {
    let requests = [
        sealed(&[0xAA, 0x10, 0x01, 0x3B, 0, 1, 2, 0x10, 0x7C]),
        sealed(&[0xAA, 0x0D, 4, 0x3B, 0x01, 0x7C, 0x10]),
        sealed(&[0xAA, 0x0B, 4, 0x3B, 0x01, 0x7C, 0x10]),
        sealed(&[0xAA, 0x02, 0x05]),
    ];
    for request in requests {
        for bit in 0..request.len() * 8 {
            let mut bench = Bench::usual();
            let events = bench.event_ids();
            let mut broken = request.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            let answer = bench.exchange(&broken);
            let good = answer.get(1).is_none_or(|&kind| kind == 0x00);
            assert!(good, "bit {bit} of {request:02X?}: {answer:02X?}");
            bench.bms.tick(ms(4_000));
            assert_eq!(bench.bms.register(315), 4_200);
            assert_eq!(bench.event_ids(), events);
        }
    }
}

#[test]
fn a_bad_check_value_is_named_as_such() {
    for command in (0x14..=0x1C).chain([0x11, 0x12, 0x1E, 0x1F, 0x20]) {
        let mut bench = Bench::usual();
        let mut request = sealed(&[0xAA, command]);
        request[3] ^= 0x10;
        assert_eq!(
            bench.exchange(&request),
            sealed(&[0xAA, 0x00, command, 0x01])
        );
        assert_eq!(bench.exchange(&STATUS), IDLE);
    }
}

#[test]
fn noise_before_a_request_is_skipped() {
    let mut bench = Bench::usual();
    let noise = [&[0x00, 0x55, 0xFF, 0x03][..], &STATUS].concat();
    assert_eq!(bench.exchange(&noise), IDLE);
    // What looks like a start takes a silence to be recognised.
    let noise = [&[0xAA, 0x55][..], &STATUS].concat();
    assert_eq!(bench.exchange(&noise), IDLE);
}

#[test]
fn an_unfinished_request_is_forgotten_after_three_seconds() {
    let request = sealed(&[0xAA, 0x03, 0, 50, 0, 1]);
    let mut bench = Bench::usual();
    bench.bms.receive(&request[..5]);
    bench.bms.tick(ms(2_999));
    bench.bms.receive(&request[5..]);
    bench.bms.tick(ms(10));
    assert_eq!(bench.bms.take_output()[..2], [0xAA, 0x03]);
    bench.bms.receive(&request[..5]);
    bench.bms.tick(ms(3_000));
    bench.bms.receive(&request[5..]);
    assert_eq!(bench.exchange(&[]), []);
    assert_eq!(bench.exchange(&STATUS), IDLE);
}

#[test]
fn a_second_request_before_the_reply_is_lost() {
    let mut bench = Bench::usual();
    bench.bms.receive(&STATUS);
    bench.bms.receive(&[0xAA, 0x16, 0xFE, 0xDE]);
    assert_eq!(bench.exchange(&[]), IDLE);
    assert_eq!(bench.bms.lost_bytes(), 4);
}

#[test]
fn reserved_registers_read_nothing_and_foreign_ones_filler() {
    let mut bench = Bench::usual();
    assert_eq!(bench.registers(16, 16), [0; 16]);
    for reserved in [49, 60, 110, 115, 150, 298, 302, 309, 324, 350, 520] {
        assert_eq!(bench.registers(reserved, 1), [0], "{reserved}");
    }
    for foreign in [400, 499, 600, 999, 11_265, 65_535] {
        assert_eq!(bench.registers(foreign, 1), [0xFFFF], "{foreign}");
    }
}

#[test]
fn asleep_it_needs_a_first_command_to_wake_up() {
    let mut bench = Bench::usual();
    bench.exchange(&STATUS);
    bench.bms.tick(ms(9_800));
    assert!(bench.bms.is_awake());
    bench.bms.tick(ms(300));
    assert!(!bench.bms.is_awake());
    assert_eq!(bench.exchange(&STATUS), []);
    assert!(bench.bms.is_awake());
    assert_eq!(bench.exchange(&STATUS), IDLE);
    assert_eq!(bench.registers(114, 1)[0] >> 8, 3);
}

#[test]
fn the_whole_first_command_is_lost_and_not_only_its_first_byte() {
    let mut bench = Bench::usual();
    bench.bms.tick(ms(11_000));
    // Byte by byte, as it comes over the wire: the second request stands right behind the first.
    for byte in [STATUS, STATUS].concat() {
        bench.bms.tick(Duration::from_micros(87));
        bench.bms.receive(&[byte]);
    }
    assert_eq!(bench.exchange(&[]), []);
    assert_eq!(bench.exchange(&STATUS), IDLE);
}

#[test]
fn a_write_to_a_sleeping_device_changes_nothing() {
    let mut bench = Bench::usual();
    bench.bms.tick(ms(11_000));
    assert_eq!(
        bench.exchange(&sealed(&[0xAA, 0x0D, 4, 0x3F, 0x01, 55, 0])),
        []
    );
    assert_eq!(bench.bms.register(319), 60);
}

#[test]
fn traffic_charger_current_and_ignition_keep_it_awake() {
    let awake_after = |prepare: fn(&mut TinyBms)| {
        let mut bench = Bench::usual();
        prepare(&mut bench.bms);
        bench.bms.tick(ms(12_000));
        bench.bms.is_awake()
    };
    assert!(!awake_after(|_| {}));
    assert!(awake_after(|bms| bms.set_charger(true)));
    assert!(awake_after(|bms| bms.set_current(-0.9)));
    assert!(!awake_after(|bms| bms.set_current(-0.7)));
    // With an ignition input it alone counts.
    assert!(!awake_after(|bms| {
        bms.set_setting(334, 1);
        bms.set_current(-0.9);
    }));
    assert!(awake_after(|bms| {
        bms.set_setting(334, 1);
        bms.set_ignition(true);
    }));
    let mut bench = Bench::usual();
    for _ in 0..20 {
        assert_eq!(bench.exchange(&STATUS), IDLE);
        bench.bms.tick(ms(9_000));
    }
}

#[test]
fn charger_and_current_wake_it_and_leave_their_cause() {
    for (cause, wake) in [
        (
            0,
            (|bms: &mut TinyBms| bms.set_charger(true)) as fn(&mut TinyBms),
        ),
        (2, |bms: &mut TinyBms| bms.set_current(-5.0)),
    ] {
        let mut bench = Bench::usual();
        bench.bms.tick(ms(11_000));
        bench.exchange(&STATUS);
        bench.bms.tick(ms(11_000));
        assert!(!bench.bms.is_awake());
        wake(&mut bench.bms);
        bench.bms.tick(ms(100));
        assert!(bench.bms.is_awake());
        assert_eq!(bench.registers(114, 1)[0] >> 8, cause);
    }
}

#[test]
fn a_reset_is_silent_for_two_seconds_and_then_tells_its_cause() {
    let mut bench = Bench::usual();
    bench.set(319, 55);
    assert_eq!(bench.registers(114, 1)[0] & 0xFF, 5);
    let before = bench.times(0x61);
    assert_eq!(
        bench.exchange(&sealed(&[0xAA, 0x02, 0x05])),
        sealed(&[0xAA, 0x01, 0x02])
    );
    assert!(!bench.bms.load_switch_on());
    for _ in 0..30 {
        assert_eq!(bench.exchange(&STATUS), []);
    }
    bench.bms.tick(ms(200));
    assert_eq!(bench.exchange(&STATUS), IDLE);
    assert_eq!(bench.times(0x61), before + 1);
    assert_eq!(bench.registers(114, 1)[0] & 0xFF, 4);
    assert_eq!(bench.registers(319, 1), [55]);
    assert!(bench.bms.load_switch_on());
}

#[test]
fn the_acknowledgement_of_a_reset_may_be_missing() {
    let mut bench = Bench::new(TinyBmsConfig {
        acknowledges_reset: false,
        ..TinyBmsConfig::new(14)
    });
    assert_eq!(bench.exchange(&sealed(&[0xAA, 0x02, 0x05])), []);
    bench.bms.tick(ms(2_000));
    assert_eq!(bench.registers(114, 1)[0] & 0xFF, 4);
}

#[test]
fn a_new_operation_mode_restarts_the_device() {
    let mut bench = Bench::usual();
    assert_eq!(bench.times(0x67), 0);
    bench.set(340, 1);
    assert_eq!(bench.exchange(&STATUS), []);
    bench.bms.tick(ms(1_500));
    assert_eq!(bench.exchange(&STATUS), IDLE);
    assert_eq!(bench.times(0x67), 1);
}

#[test]
fn new_events_are_given_once_and_the_ring_keeps_them() {
    let mut bench = Bench::usual();
    bench.bms.set_lifetime(0x0201_0305);
    bench.ask(&[0xAA, 0x11]);
    bench.bms.record_event(0x64);
    let frame = bench.ask(&[0xAA, 0x11]);
    assert_eq!(frame, hex("AA 11 08 05 03 01 02 05 03 01 64"));
    assert_eq!(bench.ask(&[0xAA, 0x11])[2], 4);
    assert_eq!(bench.ask(&[0xAA, 0x12])[2], 4 + 4 * 3);
    assert_eq!(bench.registers(204, 2), [0x0305, 0x6401]);
    assert_eq!(bench.ask(&[0xAA, 0x02, 0x01]), [0xAA, 0x01, 0x02]);
    assert_eq!(bench.ask(&[0xAA, 0x12])[2], 4);
    assert_eq!(bench.registers(200, 98), [0; 98]);
}

#[test]
fn the_ring_holds_49_events_and_overwrites_the_oldest() {
    let mut bench = Bench::new(TinyBmsConfig {
        first_event_slot: 47,
        ..TinyBmsConfig::new(14)
    });
    for number in 0..60_u32 {
        bench.bms.set_lifetime(1_000 + number);
        bench.bms.record_event(0x64);
    }
    let frame = bench.ask(&[0xAA, 0x12]);
    assert_eq!(frame[2], 200);
    let mut times: Vec<u32> = frame[7..]
        .chunks(4)
        .map(|event| u32::from_le_bytes([event[0], event[1], event[2], 0]))
        .collect();
    assert_ne!(times[0], 1_059, "the ring is not sorted");
    times.sort_unstable();
    assert_eq!(times, (1_011..1_060).collect::<Vec<_>>());
}

#[test]
fn statistics_count_and_can_be_cleared() {
    let mut bench = Bench::usual();
    bench.bms.set_lifetime(0x0003_0201);
    bench.bms.set_current(-12.34);
    bench.bms.set_speed(36.0);
    bench.bms.set_cell(3, 3.95);
    bench.bms.set_internal_temperature(-7.0);
    bench.bms.tick(ms(1_000));
    bench.bms.set_internal_temperature(41.0);
    bench.bms.set_current(5.0);
    bench.bms.tick(ms(1_000));
    let words = bench.registers(100, 18);
    // 36 km/h for two seconds are 20 m.
    assert_eq!(words[..5], [2, 0, 123, 50, 2_500]);
    assert_eq!(words[13], 0x29F9);
    assert_eq!(bench.ask(&[0xAA, 0x02, 0x02]), [0xAA, 0x01, 0x02]);
    bench.bms.set_speed(0.0);
    bench.bms.set_current(0.0);
    bench.bms.tick(ms(200));
    let words = bench.registers(100, 18);
    assert_eq!(words[2], 0);
    assert_eq!(words[16..], [0x0203, 3]);
}

#[test]
fn charge_is_counted_from_the_current() {
    let mut bench = Bench::usual();
    bench.bms.set_charge(0.5);
    bench.bms.set_current(-33.0);
    bench.bms.tick(Duration::from_secs(360));
    // A tenth of an hour at half the capacity of 66 Ah.
    assert!((bench.bms.charge() - 0.45).abs() < 1e-9);
    assert_eq!(bench.ask(&[0xAA, 0x1A]), hex("AA 1A 40 A5 AE 02"));
}

#[test]
fn text_comes_at_its_interval_and_goes_round_a_reply() {
    let mut bench = Bench::usual();
    bench.set(343, 1);
    bench.set(342, 4);
    bench.bms.take_output();
    bench.exchange(&STATUS);
    bench.bms.tick(ms(1_000));
    let text = String::from_utf8(bench.bms.take_output()).unwrap();
    assert_eq!(
        text.matches("BPV:51.80\tMINCV:3.700\t").count(),
        1,
        "{text:?}"
    );
    assert!(text.is_ascii() && text.ends_with("\r\n"));
    // The next line is under way when a request comes.
    while bench.bms.waiting() < 20 {
        bench.bms.tick(Duration::from_micros(50));
    }
    let around = bench.exchange(&STATUS);
    let at = around.iter().position(|&byte| byte == 0xAA).unwrap();
    assert_eq!(around[at..at + 6], IDLE);
    // At most one byte was under way; the rest of the line waits for the reply.
    assert!((20..=22).contains(&at), "{at} bytes before the reply");
    assert!(around.len() > at + 6 + 100);
    let rest = [&around[..at], &around[at + 6..]].concat();
    let text = String::from_utf8(rest).unwrap();
    assert!(
        text.starts_with("BPV:") && text.ends_with("\r\n"),
        "{text:?}"
    );
}

#[test]
fn no_text_comes_asleep_during_a_flash_write_or_in_the_undocumented_format() {
    let mut bench = Bench::usual();
    bench.set(342, 4);
    bench.bms.tick(ms(20_000));
    bench.bms.take_output();
    assert!(!bench.bms.is_awake());
    bench.bms.tick(ms(5_000));
    assert_eq!(bench.bms.take_output(), []);
    bench.exchange(&STATUS);
    bench.set(343, 2);
    bench.bms.take_output();
    bench.bms.tick(ms(5_000));
    assert_eq!(bench.bms.take_output(), []);
    // Short intervals are not allowed in that format.
    bench.refused(342, 3);
}

#[test]
fn the_journey_has_three_values_and_no_length() {
    let mut bench = Bench::usual();
    bench.bms.set_speed(25.5);
    bench.bms.set_charge(0.5);
    bench.bms.set_current(-33.0);
    bench.bms.tick(ms(100));
    let frame = bench.ask(&[0xAA, 0x20]);
    assert_eq!(frame[2..10], hex("00 00 CC 41 00 00 00 00"));
    let left = u32::from_le_bytes(frame[10..].try_into().unwrap());
    assert!((3_598..=3_600).contains(&left), "{left} s");
}

#[test]
fn what_is_not_a_number_goes_through_as_it_is() {
    let mut bench = Bench::usual();
    bench.bms.set_current(f64::NAN);
    bench.bms.tick(ms(100));
    let frame = bench.ask(&[0xAA, 0x15]);
    assert!(f32::from_le_bytes(frame[2..].try_into().unwrap()).is_nan());
    assert_eq!(bench.bms.charge(), 0.5);
}
