//! The INA226 twin against SBOS547, without a bus.

use std::time::Duration;

use battery_sim::{Chip, Ina226, Nack};

/// Power-up settings: one sample, 1100 us for each input.
const CYCLE: Duration = Duration::from_micros(2_200);
const NANOSECOND: Duration = Duration::from_nanos(1);

fn write(chip: &mut Ina226, register: u8, word: u16) {
    let [high, low] = word.to_be_bytes();
    chip.write(&[register, high, low]).unwrap();
}

fn read(chip: &mut Ina226, register: u8) -> u16 {
    let mut raw = [0; 2];
    chip.write(&[register]).unwrap();
    chip.read(&mut raw).unwrap();
    u16::from_be_bytes(raw)
}

fn measuring(shunt_mv: f64, bus_v: f64) -> Ina226 {
    let mut chip = Ina226::new();
    chip.set_shunt_voltage(shunt_mv / 1_000.0);
    chip.set_bus_voltage(bus_v);
    chip
}

#[test]
fn registers_hold_the_reset_values_of_the_document() {
    let mut chip = Ina226::new();
    let table = [
        (0x00, 0x4127),
        (0x01, 0),
        (0x02, 0),
        (0x03, 0),
        (0x04, 0),
        (0x05, 0),
        (0x06, 0),
        (0x07, 0),
        (0xFE, 0x5449),
        (0xFF, 0x2260),
    ];
    for (register, word) in table {
        assert_eq!(read(&mut chip, register), word, "register {register:02x}");
        assert_eq!(chip.register(register), Some(u32::from(word)));
    }
    assert_eq!(chip.register(0x08), None);
}

#[test]
fn results_and_identity_cannot_be_written() {
    let mut chip = measuring(20.0, 11.98);
    write(&mut chip, 5, 2_560);
    chip.tick(CYCLE);
    for register in [1, 2, 3, 4, 0xFE, 0xFF, 0x08, 0x40] {
        let before = read(&mut chip, register);
        write(&mut chip, register, !before);
        assert_eq!(read(&mut chip, register), before);
    }
}

#[test]
fn reserved_bits_keep_their_value() {
    let mut chip = Ina226::new();
    write(&mut chip, 0, 0x3000);
    assert_eq!(read(&mut chip, 0), 0x4000);
    write(&mut chip, 5, 0xFFFF);
    assert_eq!(read(&mut chip, 5), 0x7FFF);
    write(&mut chip, 6, 0xFFFF);
    assert_eq!(read(&mut chip, 6), 0xFC03);
}

#[test]
fn the_pointer_stays_between_transfers() {
    let mut chip = measuring(0.0, 11.98);
    chip.tick(CYCLE);
    chip.write(&[2]).unwrap();
    for _ in 0..3 {
        let mut raw = [0; 2];
        chip.read(&mut raw).unwrap();
        assert_eq!(raw, [0x25, 0x70]);
    }
    // An address without data moves nothing.
    chip.write(&[]).unwrap();
    let mut raw = [0; 4];
    chip.read(&mut raw).unwrap();
    assert_eq!(raw, [0x25, 0x70, 0xFF, 0xFF]);
}

#[test]
fn half_a_write_changes_only_the_pointer() {
    let mut chip = Ina226::new();
    write(&mut chip, 5, 0x0A00);
    chip.write(&[5, 0x08]).unwrap();
    let mut raw = [0; 2];
    chip.read(&mut raw).unwrap();
    assert_eq!(raw, [0x0A, 0x00]);
    chip.write(&[5, 0x08, 0x01, 0x77]).unwrap();
    assert_eq!(read(&mut chip, 5), 0x0801);
}

#[test]
fn nothing_is_loaded_before_the_cycle_ends_and_then_all_of_it() {
    let mut chip = measuring(20.0, 11.98);
    write(&mut chip, 5, 2_560);
    write(&mut chip, 0, 0x4527);
    let cycle = Duration::from_micros(35_200);
    chip.tick(cycle - NANOSECOND);
    assert_eq!((1..=4).map(|r| read(&mut chip, r)).sum::<u16>(), 0);
    assert_eq!(read(&mut chip, 6) & 8, 0);
    chip.tick(NANOSECOND);
    assert_eq!(read(&mut chip, 1), 0x1F40);
    assert_eq!(read(&mut chip, 2), 0x2570);
    assert_eq!(read(&mut chip, 3), 0x12B8);
    assert_eq!(read(&mut chip, 4), 0x2710);
    assert_eq!(read(&mut chip, 6), 8);
}

#[test]
fn a_result_is_the_mean_over_its_cycle() {
    let mut chip = measuring(0.0, 10.0);
    chip.tick(CYCLE / 4);
    chip.set_bus_voltage(20.0);
    chip.tick(CYCLE - CYCLE / 4);
    // A quarter of 10 V and three quarters of 20 V: 17.5 V.
    assert_eq!(read(&mut chip, 2), 14_000);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 2), 16_000);
}

#[test]
fn long_ticks_count_every_cycle_and_many_short_ones_as_well() {
    let mut long = measuring(1.0, 1.0);
    let mut short = measuring(1.0, 1.0);
    long.tick(Duration::from_millis(100));
    for _ in 0..100 {
        short.tick(Duration::from_millis(1));
    }
    // 100 ms hold 45 cycles of 2.2 ms, and 1 ms is left.
    assert_eq!(long.conversions(), 45);
    assert_eq!(short.conversions(), 45);
    long.tick(Duration::from_micros(1_199));
    assert_eq!(long.conversions(), 45);
    long.tick(Duration::from_micros(1));
    assert_eq!(long.conversions(), 46);
}

#[test]
fn a_slow_oscillator_makes_the_cycle_longer() {
    let mut chip = measuring(0.0, 5.0);
    chip.set_slowness(100);
    write(&mut chip, 0, 0x4127);
    chip.tick(Duration::from_micros(2_419));
    assert_eq!(chip.conversions(), 0);
    chip.tick(Duration::from_micros(1));
    assert_eq!(chip.conversions(), 1);
}

#[test]
fn writing_the_configuration_starts_over_and_clears_ready() {
    let mut chip = measuring(0.0, 5.0);
    chip.tick(CYCLE);
    chip.tick(CYCLE / 2);
    assert_eq!(chip.register(6).unwrap() & 8, 8);
    write(&mut chip, 0, 0x4127);
    assert_eq!(chip.register(6).unwrap() & 8, 0);
    chip.tick(CYCLE - NANOSECOND);
    assert_eq!(chip.conversions(), 1);
    chip.tick(NANOSECOND);
    assert_eq!(chip.conversions(), 2);
}

#[test]
fn power_down_keeps_results_and_ready() {
    for mode in [0x4120, 0x4124] {
        let mut chip = measuring(0.0, 5.0);
        chip.tick(CYCLE);
        write(&mut chip, 0, mode);
        chip.set_bus_voltage(9.0);
        chip.tick(Duration::from_secs(1));
        assert_eq!(chip.conversions(), 1);
        assert_eq!(read(&mut chip, 2), 4_000);
        assert_eq!(read(&mut chip, 6), 8);
    }
}

#[test]
fn a_one_shot_measures_once_and_keeps_its_mode() {
    let mut chip = measuring(20.0, 5.0);
    write(&mut chip, 0, 0x4123);
    chip.tick(Duration::from_secs(1));
    assert_eq!(chip.conversions(), 1);
    assert_eq!(read(&mut chip, 0), 0x4123);
    chip.set_bus_voltage(6.0);
    chip.tick(Duration::from_secs(1));
    assert_eq!(read(&mut chip, 2), 4_000);
    write(&mut chip, 0, 0x4123);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 2), 4_800);
}

#[test]
fn an_input_that_is_switched_off_keeps_its_result_and_costs_no_time() {
    let mut chip = measuring(20.0, 5.0);
    chip.tick(CYCLE);
    chip.set_shunt_voltage(0.0);
    chip.set_bus_voltage(6.0);
    write(&mut chip, 0, 0x4126);
    chip.tick(CYCLE / 2);
    assert_eq!(read(&mut chip, 1), 8_000);
    assert_eq!(read(&mut chip, 2), 4_800);
    write(&mut chip, 0, 0x4125);
    chip.set_bus_voltage(7.0);
    chip.tick(CYCLE / 2);
    assert_eq!(read(&mut chip, 1), 0);
    assert_eq!(read(&mut chip, 2), 4_800);
}

#[test]
fn results_clip_at_the_ends_of_their_scale() {
    let ends = [
        (100.0, 50.0, 0x7FFF, 0x7FFF),
        (-100.0, -1.0, 0x8000, 0x0000),
        (81.92, 40.96, 0x7FFF, 0x7FFF),
        (-81.92, 40.957_5, 0x8000, 0x7FFE),
        (-0.0025, 0.00125, 0xFFFF, 0x0001),
    ];
    for (shunt_mv, bus_v, shunt, bus) in ends {
        let mut chip = measuring(shunt_mv, bus_v);
        chip.tick(CYCLE);
        assert_eq!(read(&mut chip, 1), shunt);
        assert_eq!(read(&mut chip, 2), bus);
    }
}

#[test]
fn current_needs_a_calibration_and_takes_the_one_at_the_end_of_the_cycle() {
    let mut chip = measuring(-20.0, 11.98);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 4), 0);
    assert_eq!(read(&mut chip, 3), 0);
    chip.tick(CYCLE / 2);
    write(&mut chip, 5, 2_560);
    assert_eq!(read(&mut chip, 4), 0);
    chip.tick(CYCLE / 2);
    assert_eq!(read(&mut chip, 4), 0xD8F0);
    assert_eq!(read(&mut chip, 3), 0x12B8);
}

#[test]
fn an_overflow_is_flagged_for_its_cycle() {
    let mut chip = measuring(40.96, 10.0);
    write(&mut chip, 5, 0x7FFF);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 6) & 4, 4);
    // Reading does not take it away, a good cycle does.
    assert_eq!(read(&mut chip, 6) & 4, 4);
    chip.set_shunt_voltage(0.001);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 6) & 4, 0);
}

#[test]
fn each_alert_function_compares_its_own_quantity_strictly() {
    // Shunt 8000 steps, bus 9584 steps, power 4792 steps.
    let functions = [
        (0x8000, 7_999, 8_000),
        (0x4000, 8_001, 8_000),
        (0x2000, 9_583, 9_584),
        (0x1000, 9_585, 9_584),
        (0x0800, 4_791, 4_792),
    ];
    for (function, passed, met) in functions {
        for (limit, alert) in [(passed, true), (met, false)] {
            let mut chip = measuring(20.0, 11.98);
            write(&mut chip, 5, 2_560);
            write(&mut chip, 7, limit);
            write(&mut chip, 6, function);
            assert!(!chip.alert_asserted());
            chip.tick(CYCLE);
            assert_eq!(chip.alert_asserted(), alert, "{function:04x} {limit}");
            assert_eq!(chip.alert_pin(), alert);
            assert_eq!(read(&mut chip, 6) & 0x10 != 0, alert);
        }
    }
}

#[test]
fn a_shunt_limit_is_signed() {
    let mut chip = measuring(-20.0, 5.0);
    write(&mut chip, 7, 0xE0C1);
    write(&mut chip, 6, 0x4000);
    chip.tick(CYCLE);
    assert!(chip.alert_asserted());
    write(&mut chip, 7, 0xE0C0);
    chip.tick(CYCLE);
    assert!(!chip.alert_asserted());
    // The same number as a bus limit is far above everything.
    write(&mut chip, 6, 0x2000);
    chip.tick(CYCLE);
    assert!(!chip.alert_asserted());
}

#[test]
fn of_several_alert_functions_the_highest_counts() {
    let mut chip = measuring(0.0, 11.98);
    write(&mut chip, 7, 1);
    // Bus over limit alone would fire; shunt over limit beside it does not.
    write(&mut chip, 6, 0xA000);
    chip.tick(CYCLE);
    assert!(!chip.alert_asserted());
    write(&mut chip, 6, 0x2000);
    chip.tick(CYCLE);
    assert!(chip.alert_asserted());
}

#[test]
fn a_transparent_alert_follows_and_a_latched_one_waits_to_be_read() {
    let mut chip = measuring(0.0, 30.1);
    write(&mut chip, 7, 24_000);
    write(&mut chip, 6, 0x2000);
    chip.tick(CYCLE);
    read(&mut chip, 6);
    assert!(chip.alert_pin());
    chip.set_bus_voltage(29.9);
    chip.tick(CYCLE);
    assert!(!chip.alert_pin());

    write(&mut chip, 6, 0x2001);
    chip.set_bus_voltage(30.1);
    chip.tick(CYCLE);
    chip.set_bus_voltage(29.9);
    chip.tick(CYCLE * 10);
    assert!(chip.alert_pin());
    assert_eq!(read(&mut chip, 6) & 0x10, 0x10);
    assert!(!chip.alert_pin());
    assert_eq!(read(&mut chip, 6) & 0x10, 0);
}

#[test]
fn one_read_of_the_flags_takes_ready_and_a_latched_alert_together() {
    let mut chip = measuring(0.0, 30.1);
    write(&mut chip, 7, 24_000);
    write(&mut chip, 6, 0x2001);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 6), 0x2019);
    assert_eq!(read(&mut chip, 6), 0x2001);
    // Reading power is the rule of another chip.
    chip.tick(CYCLE);
    read(&mut chip, 3);
    assert_eq!(read(&mut chip, 6), 0x2019);
}

#[test]
fn polarity_turns_the_pin_and_ready_can_drive_it() {
    let mut chip = measuring(0.0, 5.0);
    write(&mut chip, 6, 0x0402);
    assert!(chip.alert_pin());
    chip.tick(CYCLE);
    assert!(chip.alert_asserted());
    assert!(!chip.alert_pin());
    read(&mut chip, 6);
    assert!(chip.alert_pin());
    write(&mut chip, 6, 0x0400);
    chip.tick(CYCLE);
    assert!(chip.alert_pin());
}

#[test]
fn reset_puts_everything_back_and_clears_itself() {
    let mut chip = measuring(20.0, 11.98);
    write(&mut chip, 5, 2_560);
    write(&mut chip, 6, 0x2001);
    write(&mut chip, 7, 77);
    chip.tick(CYCLE);
    write(&mut chip, 0, 0x8000);
    for (register, word) in [(0, 0x4127), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)] {
        assert_eq!(read(&mut chip, register), word);
    }
    assert_eq!(read(&mut chip, 7), 0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 2), 0x2570);
    assert_eq!(read(&mut chip, 4), 0);
}

#[test]
fn a_brown_out_refuses_the_address_and_loses_the_registers() {
    let mut chip = measuring(20.0, 11.98);
    write(&mut chip, 5, 2_560);
    write(&mut chip, 6, 0x1001);
    write(&mut chip, 7, 0x7000);
    chip.tick(CYCLE);
    assert!(chip.alert_pin());
    chip.set_powered(false);
    assert!(!chip.alert_pin());
    assert_eq!(chip.write(&[5, 1, 1]), Err(Nack::Address));
    assert_eq!(chip.read(&mut [0; 2]), Err(Nack::Address));
    let conversions = chip.conversions();
    chip.tick(Duration::from_secs(1));
    assert_eq!(chip.conversions(), conversions);
    chip.set_powered(true);
    assert_eq!(read(&mut chip, 5), 0);
    assert_eq!(read(&mut chip, 2), 0);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 2), 0x2570);
}

#[test]
fn a_frozen_converter_goes_on_answering_with_old_results() {
    let mut chip = measuring(0.0, 5.0);
    chip.tick(CYCLE);
    read(&mut chip, 6);
    chip.set_frozen(true);
    chip.set_bus_voltage(9.0);
    chip.tick(Duration::from_secs(1));
    assert_eq!(read(&mut chip, 2), 4_000);
    assert_eq!(read(&mut chip, 6), 0);
    chip.set_frozen(false);
    chip.tick(CYCLE);
    assert_eq!(read(&mut chip, 2), 7_200);
}

#[test]
fn another_maker_can_be_played() {
    let mut chip = Ina226::new();
    chip.set_identity(0x190F, 0x0000);
    assert_eq!(read(&mut chip, 0xFE), 0x190F);
    assert_eq!(read(&mut chip, 0xFF), 0x0000);
}
