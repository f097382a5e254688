//! The expander twin against SCPS200, SCPS201, SCPS131 and SCPS129, without a bus.

use battery_sim::{Chip, Level, Nack, Tca9555, Variant};

const PULLED_UP: [Variant; 2] = [Variant::Tca9555, Variant::Pca9555];
const BARE: [Variant; 2] = [Variant::Tca9535, Variant::Pca9535];

fn read(chip: &mut Tca9555, command: u8, length: usize) -> Vec<u8> {
    let mut answer = vec![0; length];
    chip.write(&[command]).unwrap();
    chip.read(&mut answer).unwrap();
    answer
}

#[test]
fn power_up_is_all_inputs_with_outputs_set() {
    for variant in PULLED_UP.into_iter().chain(BARE) {
        let mut chip = Tca9555::new(variant);
        assert_eq!(read(&mut chip, 2, 2), [0xFF, 0xFF]);
        assert_eq!(read(&mut chip, 4, 2), [0x00, 0x00]);
        assert_eq!(read(&mut chip, 6, 2), [0xFF, 0xFF]);
        assert!((0..16).all(|pin| !chip.driven_high(pin)));
        assert!(!chip.int_asserted());
        assert_eq!(chip.register(8), None);
    }
}

#[test]
fn a_floating_input_is_high_with_a_pull_up_and_anything_without() {
    for variant in PULLED_UP {
        let mut chip = Tca9555::new(variant);
        assert_eq!(read(&mut chip, 0, 2), [0xFF, 0xFF]);
        chip.set_pin(3, Level::Low);
        assert_eq!(read(&mut chip, 0, 2), [0xF7, 0xFF]);
        chip.set_pin(3, Level::Float);
        assert_eq!(read(&mut chip, 0, 2), [0xFF, 0xFF]);
    }
    for variant in BARE {
        let mut chip = Tca9555::new(variant);
        assert_eq!(read(&mut chip, 0, 2), [0x00, 0x00]);
        chip.set_pin(9, Level::High);
        assert_eq!(read(&mut chip, 0, 2), [0x00, 0x02]);
        chip.set_floating(0xA55A);
        assert_eq!(read(&mut chip, 0, 2), [0x5A, 0xA7]);
        assert!(chip.pin_level(9));
    }
}

#[test]
fn writing_the_input_registers_does_nothing() {
    let mut chip = Tca9555::with_pins(Variant::Tca9555, 0x1234);
    chip.write(&[0, 0xFF, 0xFF, 0x00]).unwrap();
    assert_eq!(read(&mut chip, 0, 2), [0x34, 0x12]);
    assert_eq!(chip.outputs(), 0xFFFF);
    assert_eq!(chip.directions(), 0xFFFF);
}

#[test]
fn bytes_never_cross_to_the_next_pair() {
    let mut chip = Tca9555::new(Variant::Tca9555);
    chip.write(&[2, 1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(chip.outputs(), 0x0605);
    assert_eq!(chip.polarity(), 0);
    assert_eq!(chip.directions(), 0xFFFF);
    assert_eq!(read(&mut chip, 3, 3), [6, 5, 6]);
}

#[test]
fn a_write_that_stops_after_one_byte_has_changed_port_0_only() {
    let mut chip = Tca9555::new(Variant::Tca9535);
    chip.write(&[2, 0, 0]).unwrap();
    chip.write(&[6, 0xF0, 0]).unwrap();
    chip.write(&[2, 0x0F]).unwrap();
    assert_eq!(chip.outputs(), 0x000F);
    for pin in 0..16 {
        assert_eq!(chip.driven_high(pin), pin < 4);
    }
}

#[test]
fn the_pointer_is_kept_for_a_bare_read() {
    let mut chip = Tca9555::with_pins(Variant::Tca9555, 0xBBAA);
    let mut byte = [0; 1];
    chip.write(&[0]).unwrap();
    chip.read(&mut byte).unwrap();
    assert_eq!(byte, [0xAA]);
    // The register of the last byte read is the one a repeated start begins with.
    chip.read(&mut byte).unwrap();
    assert_eq!(byte, [0xAA]);
    let mut both = [0; 2];
    chip.read(&mut both).unwrap();
    assert_eq!(both, [0xAA, 0xBB]);
    chip.read(&mut byte).unwrap();
    assert_eq!(byte, [0xBB]);
}

#[test]
fn commands_that_do_not_exist_change_nothing() {
    let mut chip = Tca9555::new(Variant::Tca9555);
    for command in 8..=255 {
        chip.write(&[command, 0, 0]).unwrap();
        assert_eq!(read(&mut chip, command, 2), [0xFF, 0xFF]);
    }
    assert_eq!(chip.outputs(), 0xFFFF);
    assert_eq!(chip.directions(), 0xFFFF);
    assert_eq!(chip.polarity(), 0);
}

#[test]
fn direction_before_outputs_drives_every_pin_for_a_moment() {
    let mut hasty = Tca9555::new(Variant::Tca9535);
    hasty.write(&[6, 0xF0, 0x00]).unwrap();
    assert!(hasty.driven_high(0));
    hasty.write(&[2, 0, 0]).unwrap();
    assert!(!hasty.driven_high(0));
    assert_eq!(hasty.rises(0), 1);
    assert_eq!(hasty.rises(7), 0);

    let mut careful = Tca9555::new(Variant::Tca9535);
    careful.write(&[2, 0, 0]).unwrap();
    careful.write(&[6, 0xF0, 0x00]).unwrap();
    assert!((0..16).all(|pin| careful.rises(pin) == 0));
    // A pulse inside one transfer counts too.
    careful.write(&[2, 0x01, 0, 0, 0]).unwrap();
    assert!(!careful.driven_high(0));
    assert_eq!(careful.rises(0), 1);
}

#[test]
fn polarity_inverts_what_is_read_and_nothing_else() {
    let mut chip = Tca9555::with_pins(Variant::Tca9555, 0x0F0F);
    chip.write(&[4, 0xFF, 0x00]).unwrap();
    assert_eq!(read(&mut chip, 0, 2), [0xF0, 0x0F]);
    assert_eq!(chip.pin_levels(), 0x0F0F);
    assert!(!chip.int_asserted());
    chip.write(&[2, 0x55, 0x55]).unwrap();
    chip.write(&[6, 0x00, 0x00]).unwrap();
    assert_eq!(chip.pin_levels(), 0x5555);
    assert_eq!(read(&mut chip, 0, 2), [0xAA, 0x55]);
}

#[test]
fn an_output_pin_reads_its_real_level() {
    let mut chip = Tca9555::new(Variant::Tca9555);
    chip.write(&[2, 0x0F, 0]).unwrap();
    chip.write(&[6, 0xF0, 0]).unwrap();
    chip.set_pin(0, Level::Low);
    assert!(chip.pin_level(0));
    chip.set_stuck(0, Some(false));
    assert!(!chip.pin_level(0));
    assert!(chip.driven_high(0));
    assert_eq!(read(&mut chip, 0, 1), [0xFE]);
    assert_eq!(read(&mut chip, 2, 1), [0x0F]);
    chip.set_stuck(0, None);
    assert!(chip.pin_level(0));
    chip.set_stuck(8, Some(true));
    assert!(chip.pin_level(8));
    assert!(!chip.driven_high(8));
}

#[test]
fn each_port_clears_its_own_interrupt() {
    let mut chip = Tca9555::with_pins(Variant::Tca9535, 0x0000);
    chip.set_pins(0x0101);
    assert!(chip.int_asserted());
    read(&mut chip, 0, 1);
    assert!(chip.int_asserted());
    read(&mut chip, 1, 1);
    assert!(!chip.int_asserted());
    // Reading outputs is not reading pins.
    chip.set_pins(0x0001);
    read(&mut chip, 2, 2);
    assert!(chip.int_asserted());
}

#[test]
fn a_pulse_nobody_read_is_lost() {
    let mut chip = Tca9555::with_pins(Variant::Tca9555, 0xFFFF);
    chip.set_pin(4, Level::Low);
    assert!(chip.int_asserted());
    chip.set_pin(4, Level::High);
    assert!(!chip.int_asserted());
}

#[test]
fn outputs_never_raise_an_interrupt_but_their_return_to_input_can() {
    let mut chip = Tca9555::with_pins(Variant::Tca9555, 0xFFFF);
    chip.write(&[6, 0xFE, 0xFF]).unwrap();
    chip.write(&[2, 0x00, 0xFF]).unwrap();
    assert!(!chip.int_asserted());
    assert_eq!(read(&mut chip, 0, 1), [0xFE]);
    chip.write(&[6, 0xFF, 0xFF]).unwrap();
    assert!(chip.int_asserted());
}

#[test]
fn only_the_pca9555_loses_interrupts_to_other_chips() {
    for variant in PULLED_UP.into_iter().chain(BARE) {
        let mut chip = Tca9555::with_pins(variant, 0xFFFF);
        read(&mut chip, 0, 2);
        chip.set_pin(0, Level::Low);
        chip.overhear_read();
        assert_eq!(chip.int_asserted(), variant != Variant::Pca9555);
        // Parked at another command, it keeps them.
        read(&mut chip, 0, 2);
        chip.write(&[2]).unwrap();
        chip.set_pin(1, Level::Low);
        chip.overhear_read();
        assert!(chip.int_asserted());
    }
}

#[test]
fn a_brown_out_lets_go_of_every_pin_and_forgets() {
    let mut chip = Tca9555::new(Variant::Tca9555);
    chip.write(&[2, 0x01, 0x00]).unwrap();
    chip.write(&[6, 0x00, 0x00]).unwrap();
    chip.write(&[4, 0x12, 0x34]).unwrap();
    assert!(chip.driven_high(0));
    chip.set_powered(false);
    assert!(!chip.driven_high(0));
    assert!(!chip.pin_level(0));
    assert!(!chip.int_asserted());
    assert_eq!(chip.write(&[2, 0, 0]), Err(Nack::Address));
    assert_eq!(chip.read(&mut [0; 1]), Err(Nack::Address));
    chip.set_powered(true);
    assert_eq!(chip.outputs(), 0xFFFF);
    assert_eq!(chip.directions(), 0xFFFF);
    assert_eq!(chip.polarity(), 0);
    assert!(!chip.driven_high(0));
    assert!(!chip.int_asserted());
    assert_eq!(chip.rises(0), 1);
}

#[test]
#[should_panic(expected = "pin 16")]
fn a_pin_that_does_not_exist_is_a_mistake_of_the_test() {
    let _ = Tca9555::new(Variant::Tca9555).pin_level(16);
}
