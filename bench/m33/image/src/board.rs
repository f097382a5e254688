//! The emulated board: where it begins, its timer, and loops of known length.

use core::{
    arch::{asm, global_asm},
    panic::PanicInfo,
    ptr::{read_volatile, write_volatile},
};

use crate::files::{self, Exit};

const COPROCESSORS: *mut u32 = 0xE000_ED88 as *mut u32;
const FLOATING_POINT: u32 = 0xF << 20;
const SYSTICK_CONTROL: *mut u32 = 0xE000_E010 as *mut u32;
const SYSTICK_RELOAD: *mut u32 = 0xE000_E014 as *mut u32;
const SYSTICK_VALUE: *mut u32 = 0xE000_E018 as *mut u32;
/// Processor clock, no interrupt, on.
const SYSTICK_ON: u32 = 0b101;
const TICKS: u32 = 0x00FF_FFFF;

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
    files::exit(match crate::play::play() {
        Ok(()) => Exit::Done,
        Err(why) => {
            files::print(why);
            Exit::Failed
        }
    })
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    files::print(c"the image panicked\n");
    files::exit(Exit::Failed)
}

/// Ticks since some moment; only differences below 2^24 mean something.
pub fn now() -> u32 {
    // SAFETY: reading the counter changes nothing.
    TICKS - unsafe { read_volatile(SYSTICK_VALUE) }
}

/// Ticks between two moments.
pub fn since(start: u32) -> u32 {
    now().wrapping_sub(start) & TICKS
}

/// Two instructions a round.
pub fn two_a_round(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe { asm!("2: subs {0}, #1", "bne 2b", inout(reg) rounds => _) }
}

/// Seven instructions a round, two of them to memory.
pub fn seven_a_round(rounds: u32) {
    let mut word = 0u32;
    // SAFETY: counts a register down and changes one word that is its own.
    unsafe {
        asm!(
            "2: ldr {1}, [{2}]",
            "add {1}, {1}, #3",
            "eor {1}, {1}, {0}",
            "mul {1}, {1}, {1}",
            "str {1}, [{2}]",
            "subs {0}, #1",
            "bne 2b",
            inout(reg) rounds => _,
            out(reg) _,
            in(reg) &raw mut word,
        );
    }
}
