//! What differs between a chip, a Linux controller and a simulation: pins, clocks, buses. No rule lives here.

use embedded_hal_async::i2c::I2c;
use parallelator_core::{BusInput, Command, LedPattern, Params};

use crate::Snapshot;

/// What somebody outside asks of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A command to the core; it decides.
    Command(Command),
    /// New parameters, all or nothing.
    Params(Params),
    /// Opens every switch and ends the loop.
    Stop,
}

/// The board under the loop.
pub trait Board<const N: usize> {
    /// The I2C buses; all of one type.
    type I2c: I2c;

    /// Milliseconds since boot.
    fn now_ms(&mut self) -> u64;

    /// Waits until that time; returns at once when it has passed.
    fn wait_until(&mut self, at_ms: u64) -> impl Future<Output = ()>;

    /// The bus with this number, when the board has it.
    fn bus(&mut self, number: u8) -> Option<&mut Self::I2c>;

    /// Whether the emergency stop input is active. A board that cannot tell says yes.
    fn estop(&mut self) -> bool;

    /// What is known of the common bus, its load and its charger.
    fn common_bus(&mut self) -> BusInput;

    /// Shows the state of the rack on a lamp.
    fn show(&mut self, pattern: LedPattern);

    /// Feeds the hardware watchdog that cuts every switch when it starves. Called after a confirmed write and
    /// read-back, at no other time.
    fn feed_watchdog(&mut self);

    /// The reboot record as it was stored last; its length, zero when there is none.
    fn load_record(&mut self, buffer: &mut [u8]) -> usize;

    /// Stores the reboot record. Called only when it has changed.
    fn save_record(&mut self, record: &[u8]);

    /// The next request, when there is one. Never waits.
    fn next_request(&mut self) -> Option<Request>;

    /// Takes the result of a tick, for pages and logs. Never waits.
    fn publish(&mut self, snapshot: &Snapshot<N>);
}
