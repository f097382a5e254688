//! Counts the instructions of the operation on the emulated board.
//!
//! With a fixed time an instruction the emulator makes SysTick a counter of instructions. A loop of known length tells
//! how many instructions a tick is.

use core::arch::{asm, global_asm};
use core::ptr::{read_volatile, write_volatile};

use crate::bus::{REPLY_BYTES, set_reply};
use crate::operations::run;

const ROUNDS: u32 = 1_000;
const CALIBRATION_ROUNDS: u32 = 200_000;

const COPROCESSORS: *mut u32 = 0xE000_ED88 as *mut u32;
const FLOATING_POINT: u32 = 0xF << 20;
const SYSTICK_CONTROL: *mut u32 = 0xE000_E010 as *mut u32;
const SYSTICK_RELOAD: *mut u32 = 0xE000_E014 as *mut u32;
const SYSTICK_VALUE: *mut u32 = 0xE000_E018 as *mut u32;
/// Processor clock, no interrupt, on.
const SYSTICK_ON: u32 = 0b101;
const TICKS: u32 = 0x00FF_FFFF;

const SEMIHOSTING_WRITE: u32 = 0x04;
const SEMIHOSTING_EXIT: u32 = 0x18;
const APPLICATION_EXIT: usize = 0x2_0026;

/// What makes every operation on a bus run to its end: two bytes a register, registers FEh and FFh on the last four.
#[cfg(not(feature = "serial"))]
const REPLY: [u8; REPLY_BYTES] = {
    let mut bytes = [0; REPLY_BYTES];
    // Shunt voltage 01h; for the expander that is 02h read as a pair, at the same place as bus voltage.
    (bytes[2], bytes[3]) = (0x1F, 0x40);
    // Bus voltage, or outputs.
    (bytes[4], bytes[5]) = (0x25, 0x72);
    if !cfg!(feature = "op-ours-tca9555-start") {
        // Current; as polarity of the expander it stays zero.
        (bytes[8], bytes[9]) = (0x27, 0x10);
    }
    // Directions of the expander.
    bytes[12] = 0xF0;
    (bytes[60], bytes[61]) = (0x54, 0x49);
    (bytes[62], bytes[63]) = (0x22, 0x60);
    bytes
};

/// A reply over a serial line: four registers and their checksum.
#[cfg(feature = "serial")]
const REPLY: [u8; REPLY_BYTES] = {
    let frame = [
        0xAA, 3, 8, 0x0E, 0x74, 0x0E, 0x75, 0x0E, 0x76, 0x0E, 0x77, 0x2C, 0xEB,
    ];
    let mut bytes = [0; REPLY_BYTES];
    let mut place = 0;
    while place < frame.len() {
        bytes[place] = frame[place];
        place += 1;
    }
    bytes
};

// The vector table: after the stack pointer from the linker script comes where to begin.
global_asm!(".section .vectors, \"a\"", ".word reset", ".section .text");

#[unsafe(no_mangle)]
extern "C" fn reset() -> ! {
    // SAFETY: registers of every Cortex-M33; nothing else runs.
    unsafe {
        write_volatile(COPROCESSORS, read_volatile(COPROCESSORS) | FLOATING_POINT);
        asm!("dsb", "isb");
        write_volatile(SYSTICK_RELOAD, TICKS);
        write_volatile(SYSTICK_VALUE, 0);
        write_volatile(SYSTICK_CONTROL, SYSTICK_ON);
    }
    set_reply(&REPLY);
    let start = now();
    run(0);
    let prepared = now();
    run(ROUNDS);
    let done = now();
    count_down(CALIBRATION_ROUNDS);
    let calibrated = now();
    print("preparation_ticks=", since(start, prepared));
    print("all_ticks=", since(prepared, done));
    print("rounds=", ROUNDS);
    print("calibration_ticks=", since(done, calibrated));
    // Two instructions a round.
    print("calibration_instructions=", 2 * CALIBRATION_ROUNDS);
    semihosting(SEMIHOSTING_EXIT, APPLICATION_EXIT);
    loop {
        core::hint::spin_loop();
    }
}

fn now() -> u32 {
    TICKS - unsafe { read_volatile(SYSTICK_VALUE) }
}

fn since(start: u32, end: u32) -> u32 {
    end.wrapping_sub(start) & TICKS
}

fn count_down(rounds: u32) {
    unsafe { asm!("2: subs {0}, #1", "bne 2b", inout(reg) rounds => _) }
}

fn semihosting(call: u32, argument: usize) {
    unsafe { asm!("bkpt 0xab", inout("r0") call => _, in("r1") argument) }
}

fn print(label: &str, mut value: u32) {
    let mut line = [0; 48];
    let mut end = line.len() - 2;
    line[end] = b'\n';
    loop {
        end -= 1;
        line[end] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let start = end - label.len();
    line[start..end].copy_from_slice(label.as_bytes());
    semihosting(SEMIHOSTING_WRITE, line[start..].as_ptr() as usize);
}
