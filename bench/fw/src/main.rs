//! Firmware image of one operation: weighed, or with the feature `count` run to count its instructions.
#![no_std]
#![no_main]
#![allow(
    dead_code,
    unused_imports,
    reason = "an image carries one operation of many"
)]

mod bus;
#[cfg(feature = "count")]
mod count;
mod operations;

use core::panic::PanicInfo;

/// Texts of panics are not what is compared; the checks that lead here stay.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(feature = "count"))]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    operations::run(1);
    loop {}
}
