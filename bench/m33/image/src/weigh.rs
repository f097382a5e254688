//! The image that is weighed: all that a firmware calls of the core, and with `empty` nothing of it.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    stay()
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    #[cfg(feature = "core")]
    live();
    stay()
}

fn stay() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// A life with a record before and after; nothing of it is known to the compiler.
#[cfg(feature = "core")]
#[inline(never)]
fn live() {
    use core::hint::black_box;
    use parallelator_core::{Core, Inputs, Params, RECORD_MAX};

    let mut record = [0; RECORD_MAX];
    black_box(&mut record);
    let made = Core::<16>::new(black_box(16), black_box(Params::default()));
    let Ok(mut core) = made else {
        return;
    };
    if core.restore(black_box(&record)).is_err() {
        core.hold_for_lost_record();
    }
    let mut inputs = Inputs::default();
    for now_ms in 0..black_box(u64::MAX) {
        black_box(&mut inputs);
        black_box(core.step(now_ms, &inputs));
        black_box(core.write_record(&mut record)).ok();
    }
}
