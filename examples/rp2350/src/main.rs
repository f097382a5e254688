//! The controller of one KXKM rack of up to sixteen packs on an RP2350, without std and without an allocator.
//!
//! | pin | use |
//! | --- | --- |
//! | GPIO 4, 5 | I2C0 SDA and SCL: the sensors and expanders |
//! | GPIO 22 | emergency stop, closed to ground while released: a broken wire stops the rack |
//! | GPIO 25 | lamp: on while packs are connected |
//!
//! The load and the charger of this rack obey nobody, so the core starts a dead bus with a whole set of packs. The chip's
//! watchdog resets the controller 2 s after the last confirmed write; on a real board a second one, in hardware, cuts
//! the supply of the switch drivers. The reboot record lies in the last two sectors of the flash.
#![no_std]
#![no_main]

mod board;

use embassy_executor::Spawner;
use embassy_rp::{
    bind_interrupts,
    flash::Flash,
    gpio::{Input, Level, Output, Pull},
    i2c::{self, I2c},
    peripherals::I2C0,
    watchdog::Watchdog,
};
use panic_halt as _;
use parallelator_core::Params;
use parallelator_node::{Board, Node, kxkm_wiring};
use static_cell::StaticCell;

use crate::board::{Newest, Rp2350};

/// Packs of this rack, and the capacity the core is built for.
const PACKS: usize = 16;

bind_interrupts!(struct Irqs {
    I2C0_IRQ => i2c::InterruptHandler<I2C0>;
});

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    static NODE: StaticCell<Node<Rp2350, PACKS>> = StaticCell::new();

    let p = embassy_rp::init(Default::default());
    let mut config = i2c::Config::default();
    config.frequency = 100_000;
    let mut board = Rp2350 {
        bus: I2c::new_async(p.I2C0, p.PIN_5, p.PIN_4, Irqs, config),
        estop: Input::new(p.PIN_22, Pull::Up),
        lamp: Output::new(p.PIN_25, Level::Low),
        watchdog: Watchdog::new(p.WATCHDOG),
        flash: Flash::new_blocking(p.FLASH),
        newest: Newest::default(),
    };
    // From here on: a bus that hangs at the start must not hang the controller for ever.
    board.feed_watchdog();
    let packs: [_; PACKS] = core::array::from_fn(kxkm_wiring);
    match Node::new(board, &packs, Params::default()) {
        Ok(node) => NODE.init(node).run().await,
        // The wiring above is checked by a test of the library; without it nothing is ever switched on.
        Err(_) => cortex_m::asm::udf(),
    }
}
