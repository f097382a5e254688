//! The INA237 twin against SBOSA20 and SLYS025, without a bus.

use std::time::Duration;

use battery_sim::{Chip, Ina237, Model237, Nack};

/// Power-up settings: three inputs, 1052 us each, one sample.
const CYCLE: Duration = Duration::from_micros(3 * 1_052);
const NANOSECOND: Duration = Duration::from_nanos(1);

fn write(chip: &mut Ina237, register: u8, word: u16) {
    let [high, low] = word.to_be_bytes();
    chip.write(&[register, high, low]).unwrap();
}

fn read(chip: &mut Ina237, register: u8) -> u16 {
    let mut raw = [0; 2];
    chip.write(&[register]).unwrap();
    chip.read(&mut raw).unwrap();
    u16::from_be_bytes(raw)
}

fn power(chip: &mut Ina237) -> u32 {
    let mut raw = [0; 3];
    chip.write(&[0x08]).unwrap();
    chip.read(&mut raw).unwrap();
    u32::from_be_bytes([0, raw[0], raw[1], raw[2]])
}

fn measuring(shunt_mv: f64, bus_v: f64) -> Ina237 {
    let mut chip = Ina237::new(Model237::Ina237);
    chip.set_shunt_voltage(shunt_mv / 1_000.0);
    chip.set_bus_voltage(bus_v);
    chip
}

#[test]
fn registers_hold_the_reset_values_of_the_document() {
    let mut chip = Ina237::new(Model237::Ina237);
    let table = [
        (0x00, 0x0000),
        (0x01, 0xFB68),
        (0x02, 0x1000),
        (0x04, 0),
        (0x05, 0),
        (0x06, 0),
        (0x07, 0),
        (0x0B, 0x0001),
        (0x0C, 0x7FFF),
        (0x0D, 0x8000),
        (0x0E, 0x7FFF),
        (0x0F, 0x0000),
        (0x10, 0x7FF0),
        (0x11, 0xFFFF),
        (0x3E, 0x5449),
    ];
    for (register, word) in table {
        assert_eq!(read(&mut chip, register), word, "register {register:02x}");
    }
    assert_eq!(power(&mut chip), 0);
    assert_eq!(read(&mut chip, 0x3F) >> 4, 0x237);
    assert_eq!(read(&mut Ina237::new(Model237::Ina238), 0x3F) >> 4, 0x238);
    for missing in [0x03, 0x09, 0x0A, 0x12, 0xFE] {
        assert_eq!(chip.register(missing), None);
    }
}

#[test]
fn results_and_identity_cannot_be_written() {
    let mut chip = measuring(20.0, 24.0);
    chip.tick(CYCLE);
    for register in [0x04, 0x05, 0x06, 0x07, 0x08, 0x3E, 0x3F, 0x03] {
        let before = chip.register(register);
        write(&mut chip, register, 0xA5A5);
        assert_eq!(chip.register(register), before);
    }
}

#[test]
fn reserved_bits_keep_their_value() {
    let mut chip = Ina237::new(Model237::Ina237);
    for (register, kept) in [
        (0x00, 0x3FD0),
        (0x02, 0x7FFF),
        (0x0B, 0xF001),
        (0x0E, 0x7FFF),
        (0x0F, 0x7FFF),
        (0x10, 0xFFF0),
        (0x11, 0xFFFF),
    ] {
        let word = if register == 0x00 { 0x7FFF } else { 0xFFFF };
        write(&mut chip, register, word);
        assert_eq!(read(&mut chip, register), kept, "register {register:02x}");
    }
}

#[test]
fn the_settings_of_the_board_give_its_numbers() {
    // 2 mohm, 50 A full scale; 40 A and 26.4 V.
    let mut chip = measuring(80.0, 26.4);
    write(&mut chip, 0x02, 2_500);
    write(&mut chip, 0x01, 0xB903);
    let cycle = Duration::from_micros(64 * 1_080);
    chip.tick(cycle - NANOSECOND);
    assert_eq!(read(&mut chip, 0x05), 0);
    chip.tick(NANOSECOND);
    assert_eq!(read(&mut chip, 0x04), 16_000);
    assert_eq!(read(&mut chip, 0x05), 8_448);
    // 40 A in steps of 50 A / 32768, fraction dropped; power in steps of a fifth of that.
    assert_eq!(read(&mut chip, 0x07), 26_214);
    assert_eq!(power(&mut chip), 26_214 * 8_448 / 64);
    let watts = f64::from(26_214 * 8_448 / 64) * 0.2 * 50.0 / 32_768.0;
    assert!((watts - 40.0 * 26.4).abs() < 0.05);
    // Temperature was not switched on.
    assert_eq!(read(&mut chip, 0x06), 0);
}

#[test]
fn power_has_three_bytes_and_no_sign() {
    let mut chip = measuring(-80.0, 26.4);
    write(&mut chip, 0x02, 2_500);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x07).cast_signed(), -26_214);
    assert_eq!(power(&mut chip), 26_214 * 8_448 / 64);
    let mut long = [0; 5];
    chip.read(&mut long).unwrap();
    assert_eq!(long[3..], [0xFF, 0xFF]);
}

#[test]
fn calibration_4096_shows_the_shunt_and_0_shows_nothing() {
    let mut chip = measuring(-12.345, 10.0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x07), read(&mut chip, 0x04));
    assert_eq!(read(&mut chip, 0x04).cast_signed(), -2_469);
    write(&mut chip, 0x02, 0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x07), 0);
    assert_eq!(power(&mut chip), 0);
}

#[test]
fn the_small_range_has_steps_of_a_quarter() {
    let mut chip = measuring(10.0, 10.0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x04), 2_000);
    write(&mut chip, 0x00, 0x0010);
    assert_eq!(read(&mut chip, 0x04), 2_000);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x04), 8_000);
}

#[test]
fn results_clip_at_the_ends_of_their_scale() {
    for (config, shunt_mv, bus_v, celsius, shunt, bus, die) in [
        (0, 170.0, 120.0, 300.0, 0x7FFF, 0x7FFF, 0x7FF0),
        (0, -170.0, -1.0, -300.0, 0x8000, 0x0000, 0x8000),
        (0x0010, 41.0, 85.0, -0.125, 0x7FFF, 0x6A40, 0xFFF0),
        (0x0010, -41.0, 85.0, 0.125, 0x8000, 0x6A40, 0x0010),
    ] {
        let mut chip = measuring(shunt_mv, bus_v);
        chip.set_die_temperature(celsius);
        write(&mut chip, 0x00, config);
        chip.tick(CYCLE);
        assert_eq!(read(&mut chip, 0x04), shunt);
        assert_eq!(read(&mut chip, 0x05), bus);
        assert_eq!(read(&mut chip, 0x06), die);
    }
}

#[test]
fn an_overflow_of_the_current_is_flagged_for_its_cycle() {
    let mut chip = measuring(160.0, 10.0);
    write(&mut chip, 0x02, 1_000);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x0B) & 0x0200, 0x0200);
    chip.set_shunt_voltage(0.001);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x0B) & 0x0200, 0);
}

#[test]
fn every_mode_code_converts_its_inputs_and_takes_their_time() {
    for mode in 0_u16..16 {
        let mut chip = measuring(20.0, 24.0);
        // Bus 50 us, shunt 84 us, temperature 150 us, one sample.
        let times = (1_u16 << 6) | (2 << 3);
        write(&mut chip, 0x01, (mode << 12) | times);
        let (bus, shunt, die) = (mode & 1, (mode >> 1) & 1, (mode >> 2) & 1);
        let cycle = Duration::from_micros(u64::from(50 * bus + 84 * shunt + 150 * die));
        if cycle.is_zero() {
            chip.tick(Duration::from_secs(1));
            assert_eq!(chip.conversions(), 0, "mode {mode:x}");
            continue;
        }
        chip.tick(cycle - NANOSECOND);
        assert_eq!(chip.conversions(), 0, "mode {mode:x}");
        chip.tick(NANOSECOND);
        assert_eq!(chip.conversions(), 1, "mode {mode:x}");
        assert_eq!(read(&mut chip, 0x05), 7_680 * bus);
        assert_eq!(read(&mut chip, 0x04), 4_000 * shunt);
        assert_eq!(read(&mut chip, 0x06), 0x0C80 * die);
        chip.tick(cycle * 3);
        let continuous = mode >= 8;
        assert_eq!(chip.conversions(), if continuous { 4 } else { 1 });
    }
}

#[test]
fn the_first_conversion_can_be_delayed() {
    let mut chip = measuring(0.0, 24.0);
    // Three steps of 2 ms.
    write(&mut chip, 0x00, 3 << 6);
    write(&mut chip, 0x01, 0xFB68);
    chip.tick(Duration::from_millis(6) + CYCLE - NANOSECOND);
    assert_eq!(chip.conversions(), 0);
    chip.tick(NANOSECOND);
    assert_eq!(chip.conversions(), 1);
    chip.tick(CYCLE);
    assert_eq!(chip.conversions(), 2);
}

#[test]
fn all_limits_count_at_once() {
    // Shunt 4000, bus 7680, die 200 << 4, power 4000 x 7680 / 64 = 480000.
    let limits: [(u8, u16, u16, u16); 6] = [
        (0x0C, 3_999, 4_000, 0x0040),
        (0x0D, 4_001, 4_000, 0x0020),
        (0x0E, 7_679, 7_680, 0x0010),
        (0x0F, 7_681, 7_680, 0x0008),
        (0x10, 199 << 4, 200 << 4, 0x0080),
        (0x11, 1_874, 1_875, 0x0004),
    ];
    for slow in [0, 0x2000] {
        let mut all = measuring(20.0, 24.0);
        write(&mut all, 0x0B, slow);
        for (register, passed, met, flag) in limits {
            let mut one = measuring(20.0, 24.0);
            write(&mut one, 0x0B, slow);
            write(&mut one, register, met);
            one.tick(CYCLE);
            assert_eq!(read(&mut one, 0x0B) & 0x00FC, 0, "{register:02x} is met");
            write(&mut one, register, passed);
            one.tick(CYCLE);
            assert_eq!(read(&mut one, 0x0B) & 0x00FC, flag);
            assert!(one.alert_pin());
            write(&mut all, register, passed);
        }
        all.tick(CYCLE);
        assert_eq!(read(&mut all, 0x0B) & 0x00FC, 0x00FC);
    }
}

#[test]
fn a_fast_alert_comes_within_one_round_and_a_slow_one_with_the_average() {
    for (slow, early) in [(0, true), (0x2000, false)] {
        let mut chip = measuring(0.0, 24.0);
        write(&mut chip, 0x0E, 9_600);
        write(&mut chip, 0x0B, slow);
        write(&mut chip, 0x01, 0xB903);
        let round = Duration::from_micros(1_080);
        chip.tick(round * 10);
        chip.set_bus_voltage(31.0);
        chip.tick(round);
        assert_eq!(chip.alert_asserted(), early);
        assert_eq!(chip.conversions(), 0);
        chip.tick(round * 53);
        assert_eq!(chip.conversions(), 1);
        // The mean is 24 V x 10/64 + 31 V x 54/64 = 29.9 V: below the limit of 30 V.
        assert_eq!(chip.alert_asserted(), early);
        chip.tick(round * 64);
        assert!(chip.alert_asserted());
    }
}

#[test]
fn latched_flags_wait_to_be_read_and_transparent_ones_follow() {
    let mut chip = measuring(0.0, 31.0);
    write(&mut chip, 0x0E, 9_600);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x0B), 0x0013);
    // Transparent: reading takes nothing away, not even conversion-ready.
    assert_eq!(read(&mut chip, 0x0B), 0x0013);
    chip.set_bus_voltage(29.0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x0B), 0x0003);

    write(&mut chip, 0x0B, 0x8000);
    chip.set_bus_voltage(31.0);
    chip.tick(CYCLE);
    chip.set_bus_voltage(29.0);
    chip.tick(CYCLE * 5);
    assert!(chip.alert_pin());
    assert_eq!(read(&mut chip, 0x0B), 0x8013);
    assert!(!chip.alert_pin());
    assert_eq!(read(&mut chip, 0x0B), 0x8001);
}

#[test]
fn a_triggered_conversion_clears_ready_in_either_mode() {
    let mut chip = measuring(0.0, 31.0);
    chip.tick(CYCLE);
    write(&mut chip, 0x01, 0x7B68);
    assert_eq!(read(&mut chip, 0x0B) & 2, 0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 0x0B) & 2, 2);
}

#[test]
fn limits_of_an_input_that_is_off_are_left_alone() {
    let mut chip = measuring(0.0, 31.0);
    write(&mut chip, 0x0E, 9_600);
    chip.tick(CYCLE);
    // Shunt alone: the bus may do what it wants.
    write(&mut chip, 0x01, 0xAB68);
    chip.set_bus_voltage(20.0);
    chip.tick(CYCLE * 4);
    assert_eq!(read(&mut chip, 0x0B) & 0x0010, 0x0010);
    assert_eq!(read(&mut chip, 0x05), 9_920);
}

#[test]
fn polarity_turns_the_pin_and_ready_can_drive_it() {
    let mut chip = measuring(0.0, 24.0);
    write(&mut chip, 0x0B, 0xD000);
    assert!(chip.alert_pin());
    chip.tick(CYCLE);
    assert!(chip.alert_asserted());
    assert!(!chip.alert_pin());
    read(&mut chip, 0x0B);
    assert!(chip.alert_pin());
}

#[test]
fn reset_and_brown_out_put_everything_back() {
    for brown_out in [false, true] {
        let mut chip = measuring(20.0, 24.0);
        for (register, word) in [
            (0x01, 0xB903),
            (0x02, 2_500),
            (0x0B, 0x8000),
            (0x0E, 1),
            (0x00, 0x0010),
        ] {
            write(&mut chip, register, word);
        }
        chip.tick(Duration::from_millis(100));
        assert!(chip.alert_pin());
        if brown_out {
            chip.set_powered(false);
            assert!(!chip.alert_pin());
            assert_eq!(chip.write(&[1]), Err(Nack::Address));
            assert_eq!(chip.read(&mut [0; 2]), Err(Nack::Address));
            chip.tick(Duration::from_secs(1));
            chip.set_powered(true);
        } else {
            write(&mut chip, 0x00, 0x8000);
        }
        for (register, word) in [(0, 0), (1, 0xFB68), (2, 0x1000), (0x0B, 1), (0x0E, 0x7FFF)] {
            assert_eq!(read(&mut chip, register), word);
        }
        assert_eq!(read(&mut chip, 5), 0);
        chip.tick(CYCLE);
        assert_eq!(read(&mut chip, 5), 7_680);
    }
}

#[test]
fn a_damaged_memory_shows_and_survives_a_reset() {
    let mut chip = Ina237::new(Model237::Ina237);
    chip.set_memory_good(false);
    write(&mut chip, 0x00, 0x8000);
    assert_eq!(read(&mut chip, 0x0B), 0);
    chip.set_memory_good(true);
    assert_eq!(read(&mut chip, 0x0B), 1);
}

#[test]
fn a_frozen_converter_goes_on_answering_with_old_results() {
    let mut chip = measuring(0.0, 24.0);
    chip.tick(CYCLE);
    chip.set_frozen(true);
    chip.set_bus_voltage(31.0);
    chip.tick(Duration::from_secs(1));
    assert_eq!(read(&mut chip, 0x05), 7_680);
}
