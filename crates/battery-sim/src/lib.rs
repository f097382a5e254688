//! Register-level twins of chips and of a battery management unit on the embedded traits, and an electrical model of a rack of
//! battery packs.
//!
//! The twins are written from the data sheets and know no driver; a driver that is tested against them meets what the chip
//! does, with absent power, lost writes, refused bytes and hung buses on request. Each model says in its head what it does
//! not model and where it had to choose.
//!
//! | module | what |
//! | --- | --- |
//! | [`chip`] | the trait of a chip: bytes, time, power |
//! | [`bus`] | chips at addresses, blocking and async I2C, time on the wire |
//! | [`fault`] | which transfer fails how, as data |
//! | [`ina226`] | INA226, address 0x40 to 0x4F |
//! | [`ina237`] | INA237 and INA238, address 0x40 to 0x4F |
//! | [`tca9555`] | TCA9555, TCA9535, PCA9555, PCA9535, address 0x20 to 0x27 |
//! | [`tinybms`] | TinyBMS s516 on its serial line and on CAN |
//! | [`serial`] | a serial port to it with simulated time, blocking and async |
//! | [`plant`] | packs, switches, fuses, load and charger on one bus, as an electrical network |
//! | [`rack`] | plant, chips, buses, hardware watchdog and clock in one |
//!
//! Blocking:
//!
//! ```
//! use battery_sim::{Ina226, SimBus, shared};
//! use embedded_hal::i2c::I2c;
//! use std::time::Duration;
//!
//! let sensor = shared(Ina226::new());
//! let mut bus = SimBus::new(400_000);
//! bus.place(0x40, sensor.clone());
//! sensor.borrow_mut().set_bus_voltage(11.98);
//! bus.tick(Duration::from_millis(10));
//!
//! let mut word = [0; 2];
//! bus.write_read(0x40, &[0x02], &mut word)?;
//! assert_eq!(word, [0x25, 0x70]);
//! # Ok::<(), battery_sim::BusError>(())
//! ```
//!
//! Async; the futures are ready at the first poll, so any executor will do:
//!
//! ```
//! use battery_sim::{BusError, SimBus, Tca9555, Variant, shared};
//! use embedded_hal_async::i2c::I2c;
//!
//! async fn all_off(bus: &mut SimBus) -> Result<(), BusError> {
//!     bus.write(0x20, &[0x02, 0x00, 0x00]).await
//! }
//!
//! let expander = shared(Tca9555::new(Variant::Tca9535));
//! let mut bus = SimBus::new(100_000);
//! bus.place(0x20, expander.clone());
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # let future = std::pin::pin!(all_off(&mut bus));
//! # assert_eq!(future.poll(&mut context), std::task::Poll::Ready(Ok(())));
//! assert_eq!(expander.borrow().outputs(), 0x0000);
//! ```
//!
//! Sources: SBOS547 and SBOS743 (INA226), SBOSA20 (INA237), SLYS025 (INA238), SCPS200 (TCA9555), SCPS201 (TCA9535), SCPS131
//! (PCA9555), SCPS129 (PCA9535), TinyBMS Communication Protocols rev D and user manual rev D.

pub mod bus;
pub mod chip;
pub mod fault;
pub mod ina226;
pub mod ina237;
pub mod plant;
pub mod rack;
pub mod serial;
pub mod tca9555;
pub mod tinybms;

mod cycle;

pub use bus::{BusError, LogEntry, SimBus};
pub use chip::{Chip, Nack, Shared, shared};
pub use fault::{Effect, Fault, FaultPlan, Target, When};
pub use ina226::Ina226;
pub use ina237::{Ina237, Model237};
pub use serial::{PortError, SimClock, SimPort};
pub use tca9555::{Level, Tca9555, Variant};
pub use tinybms::{TinyBms, TinyBmsConfig};
