//! The settings of the TinyBMS twin: ranges, order, set-points, and the silence behind a write.

#![allow(dead_code, reason = "each test file uses its part of the bench")]

mod tinybms_bench;

use battery_sim::TinyBmsConfig;
use battery_sim::tinybms::{Board, OutOfRange};
use tinybms_bench::{Bench, ms, sealed};

const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
const IDLE: [u8; 6] = [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB];

/// Register, smallest and largest value it takes, with the usual other settings.
const RANGES: [(u16, u16, u16); 25] = [
    (303, 1_000, 4_500),
    (304, 100, 5_000),
    (306, 10, 65_500),
    (307, 4, 16),
    (308, 15, 100),
    (310, 5, 60),
    (311, 0, 60),
    (314, 1, 5),
    (318, 1, 150),
    (319, 20, 90),
    (321, 60, 95),
    (322, 10, 65_000),
    (329, 0, 7),
    (331, 0, 8),
    (332, 0, 30),
    (333, 1, 9),
    (335, 1, 7),
    (336, 0, 2),
    (338, 0, 7),
    (339, 0, 1),
    (341, 0, 8),
    (342, 0, 7),
    (343, 0, 2),
    (334, 0, 6),
    (337, 0, 10),
];

#[test]
fn a_setting_takes_its_range_and_nothing_else() {
    for (register, least, most) in RANGES {
        let mut bench = Bench::usual();
        // Kept awake, also with an ignition input.
        bench.bms.set_ignition(true);
        bench.set(register, least);
        assert_eq!(bench.bms.register(register), least);
        bench.set(register, most);
        assert_eq!(bench.bms.register(register), most);
        if least > 0 {
            bench.refused(register, least - 1);
        }
        bench.refused(register, most + 1);
    }
}

#[test]
fn signed_packed_and_long_settings_have_ranges_of_their_own() {
    let mut bench = Bench::usual();
    for good in [0xFFD8, 0xFFFF, 0, 10] {
        bench.set(320, good);
    }
    for bad in [0xFFD7, 0x8000, 11, 0x7FFF] {
        bench.refused(320, bad);
    }
    for good in [0x0000, 0x1E02, 0x1E00, 0x0002] {
        bench.set(330, good);
    }
    for bad in [0x0003, 0x1F00, 0x1F02, 0x00FF] {
        bench.refused(330, bad);
    }
    let answer = bench.write(312, &[0x86A0, 1]);
    assert_eq!(answer[1], 0x10);
    assert_eq!(bench.write(312, &[0x86A1, 1])[1], 0x00);
    assert_eq!(bench.write(312, &[0, 0])[1], 0x00);
    bench.refused(337, 1);
    bench.refused(337, 0x10);
}

#[test]
fn reserved_settings_are_not_written() {
    for reserved in [302, 309, 324, 325, 326, 327, 344, 399] {
        Bench::usual().refused(reserved, 1);
    }
}

#[test]
fn voltage_limits_keep_ten_millivolts_between_each_other() {
    let mut bench = Bench::usual();
    // 316 = 2900, 301 = 3000, 300 = 4150, 315 = 4200.
    bench.set(316, 2_990);
    bench.refused(316, 2_991);
    bench.refused(301, 2_999);
    bench.set(300, 4_190);
    bench.refused(300, 4_191);
    bench.refused(315, 4_199);
    // A peak limit stays above the lasting one.
    bench.refused(305, 60);
    bench.set(305, 61);
}

#[test]
fn one_bad_value_keeps_the_whole_request_out() {
    let mut bench = Bench::usual();
    let pairs = |second: u16| {
        let mut request = vec![0xAA, 0x0D, 8];
        for word in [319, 55, 308, second] {
            request.extend(u16::to_le_bytes(word));
        }
        request
    };
    assert_eq!(bench.ask(&pairs(101)), [0xAA, 0x00, 0x0D, 0x00]);
    assert_eq!(bench.bms.register(319), 60);
    assert_eq!(bench.ask(&pairs(100)), [0xAA, 0x01, 0x0D]);
    assert_eq!(
        (bench.bms.register(319), bench.bms.register(308)),
        (55, 100)
    );
}

#[test]
fn out_of_range_can_also_be_clamped_or_stored() {
    let device = |rule| {
        Bench::new(TinyBmsConfig {
            out_of_range: rule,
            ..TinyBmsConfig::new(14)
        })
    };
    let mut clamps = device(OutOfRange::Clamp);
    clamps.set(308, 500);
    assert_eq!(clamps.bms.register(308), 100);
    let mut stores = device(OutOfRange::Store);
    stores.set(308, 500);
    assert_eq!(stores.bms.register(308), 500);
}

#[test]
fn the_device_tells_its_own_limits_and_they_hold() {
    let limits = |bench: &mut Bench, option: u8| -> Vec<u16> {
        bench.ask(&[0xAA, 0x1D, option, 0, 44])[3..]
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    };
    for (board, most) in [(Board::Low, 30), (Board::High, 150)] {
        let mut bench = Bench::new(TinyBmsConfig {
            board,
            ..TinyBmsConfig::new(8)
        });
        let maximum = limits(&mut bench, 2);
        assert_eq!((maximum[17], maximum[18]), (most, most));
        bench.refused(318, most + 1);
        bench.set(318, most);
        // With switches outside, the board carries no current.
        bench.set(333, 2);
        assert_eq!(limits(&mut bench, 2)[18], 750);
        bench.set(318, 750);
    }
    let mut bench = Bench::usual();
    assert_eq!(limits(&mut bench, 1)[0], 1_200);
    assert_eq!(limits(&mut bench, 3)[7], 14);
    bench.set(319, 70);
    assert_eq!(limits(&mut bench, 4)[19], 70);
    assert_eq!(limits(&mut bench, 3)[19], 60);
}

#[test]
fn old_firmware_lacks_the_new_registers() {
    let mut old = Bench::new(TinyBmsConfig {
        firmware: 242,
        ..TinyBmsConfig::new(14)
    });
    for register in [45, 305, 310, 311, 321, 322, 323, 329] {
        assert_eq!(old.registers(register, 1), [0], "{register}");
    }
    for register in [305, 310, 311, 321, 322, 323, 329] {
        old.refused(register, 10);
    }
    old.refused(330, 0x0101);
    assert_eq!(old.registers(502, 1), [242]);
    let mut middle = Bench::new(TinyBmsConfig {
        firmware: 243,
        ..TinyBmsConfig::new(14)
    });
    middle.set(329, 3);
    middle.refused(329, 4);
}

#[test]
fn set_points_read_ffff_once_they_were_taken_over() {
    let mut bench = Bench::usual();
    bench.bms.set_charge(0.9);
    assert_eq!(bench.registers(328, 1), [0xFFFF]);
    // 20.000 %
    bench.set(328, 10_000);
    assert_eq!(bench.registers(328, 1), [0xFFFF]);
    assert_eq!(bench.registers(46, 2), [0x2D00, 0x0131]);
    bench.set(323, 45_000);
    assert_eq!(bench.registers(323, 1), [0xFFFF]);
    assert_eq!(bench.registers(45, 1), [45_000]);
    bench.refused(328, 50_001);
}

#[test]
fn after_an_accepted_write_nothing_is_heard_for_a_while() {
    let write = sealed(&[0xAA, 0x0D, 4, 0x3F, 0x01, 55, 0]);
    let mut bench = Bench::usual();
    assert_eq!(bench.exchange(&write), sealed(&[0xAA, 0x01, 0x0D]));
    assert_eq!(bench.exchange(&STATUS), []);
    bench.bms.tick(ms(200));
    assert_eq!(bench.exchange(&STATUS), []);
    bench.bms.tick(ms(200));
    assert_eq!(bench.exchange(&STATUS), IDLE);
    // A refused one stores nothing.
    let refused = sealed(&[0xAA, 0x0D, 4, 0x3F, 0x01, 99, 0]);
    assert_eq!(bench.exchange(&refused)[1], 0x00);
    assert_eq!(bench.exchange(&STATUS), IDLE);
}
