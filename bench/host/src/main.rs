//! What each operation sends over the wire, and whether its result is right, on simulated chips at 400 kHz, or with a
//! reply of a serial line.
//!
//! One line an operation, fields between tabs: name, transactions and bytes of the preparation, transactions, bytes and
//! microseconds of the operation. Address bytes count.

use std::process::ExitCode;
use std::time::Duration;

use battery_sim::{BusError, Ina226, LogEntry, SimBus, Tca9555, Variant, shared};
use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use ours_ina226::Part;
use ours_tca9555::Words;

const BUS_HZ: u32 = 400_000;
const VOLTS: f64 = 12.0;
/// 10 A through 2 milliohms.
const SHUNT_VOLTS: f64 = 0.020;
/// What is outside the pins of the expander.
const LEVELS: u16 = 0x1234;
const OUTPUTS: u16 = 0xA55A;
/// Register pair with the directions: with its write the pins are as ordered.
const DIRECTIONS: u8 = 6;

/// What an operation has to answer.
enum Expected {
    Integers(&'static [u32]),
    /// Within a thousandth.
    Floats(&'static [f64]),
}

struct Operation {
    name: &'static str,
    run: fn(SimBus, u32, &mut Results),
    expected: Expected,
}

#[derive(Default)]
struct Results(Vec<u32>);

impl ops::Sink for Results {
    fn put(&mut self, value: u32) {
        self.0.push(value);
    }
}

const OPERATIONS: [Operation; 14] = [
    Operation {
        name: "ours-ina226",
        run: |bus, rounds, sink| ops::ours::ina226(bus, 2_000, 40_000, rounds, sink),
        expected: Expected::Integers(&[12_000, 10_000]),
    },
    Operation {
        name: "ours-ina226-all",
        run: |bus, rounds, sink| {
            ops::ours::ina226_all(bus, Part::Ina226, 2_000, 40_000, rounds, sink);
        },
        expected: Expected::Integers(&[12_000, 10_000]),
    },
    Operation {
        name: "ina226",
        run: |bus, rounds, sink| ops::monitors::ina226(bus, 0.002, 50.0, rounds, sink),
        expected: Expected::Floats(&[12_000.0, 10.0]),
    },
    Operation {
        name: "ina226-folded",
        run: |bus, rounds, sink| ops::monitors::ina226(bus, 0.002, 50.0, rounds, sink),
        expected: Expected::Floats(&[12_000.0, 10.0]),
    },
    Operation {
        name: "ina226-tp",
        run: |bus, rounds, sink| ops::monitors::ina226_tp(bus, rounds, sink),
        expected: Expected::Floats(&[12.0, 10.0]),
    },
    Operation {
        name: "embedded-devices",
        run: |bus, rounds, sink| ops::monitors::embedded_devices(bus, NoDelay, rounds, sink),
        expected: Expected::Floats(&[12.0, 10.0]),
    },
    Operation {
        name: "floor-ina226",
        run: |bus, rounds, sink| ops::floor::ina226(bus, 2_000, 1_250, rounds, sink),
        expected: Expected::Integers(&[12_000, 10_000_000]),
    },
    Operation {
        name: "ours-tca9555",
        run: |bus, rounds, sink| ops::ours::tca9555(bus, OUTPUTS, rounds, sink),
        expected: Expected::Integers(&[LEVELS as u32]),
    },
    Operation {
        name: "ours-tca9555-start",
        run: |bus, rounds, sink| {
            let orders = Words {
                outputs: OUTPUTS,
                directions: 0x00F0,
                polarity: 0,
            };
            ops::ours::tca9555_start(bus, orders, rounds, sink);
        },
        expected: Expected::Integers(&[1]),
    },
    Operation {
        name: "tca9555",
        run: |bus, rounds, sink| ops::expanders::tca9555(Old(bus), OUTPUTS, rounds, sink),
        expected: Expected::Integers(&[LEVELS as u32]),
    },
    Operation {
        name: "tca9535",
        run: |bus, rounds, sink| ops::expanders::tca9535(Old(bus), OUTPUTS, rounds, sink),
        expected: Expected::Integers(&[LEVELS as u32]),
    },
    Operation {
        name: "port-expander",
        run: |bus, rounds, sink| {
            ops::expanders::port_expander(bus.clone(), bus, OUTPUTS, rounds, sink);
        },
        expected: Expected::Integers(&[LEVELS as u32]),
    },
    Operation {
        name: "pca9555",
        run: |bus, rounds, sink| ops::expanders::pca9555(bus, OUTPUTS, rounds, sink),
        expected: Expected::Integers(&[LEVELS as u32 & 1]),
    },
    Operation {
        name: "floor-tca9555",
        run: |bus, rounds, sink| ops::floor::tca9555(bus, OUTPUTS, rounds, sink),
        expected: Expected::Integers(&[LEVELS as u32]),
    },
];

/// The bus for drivers that still use the traits of embedded-hal 0.2.
struct Old(SimBus);

impl embedded_hal_02::blocking::i2c::Write for Old {
    type Error = BusError;

    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        I2c::write(&mut self.0, address, bytes)
    }
}

impl embedded_hal_02::blocking::i2c::WriteRead for Old {
    type Error = BusError;

    fn write_read(&mut self, address: u8, bytes: &[u8], answer: &mut [u8]) -> Result<(), BusError> {
        I2c::write_read(&mut self.0, address, bytes, answer)
    }
}

struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

/// A monitor and two expanders; results are there, and nothing was sent yet.
fn board() -> SimBus {
    let bus = SimBus::new(BUS_HZ);
    let monitor = shared(Ina226::new());
    monitor.borrow_mut().set_bus_voltage(VOLTS);
    monitor.borrow_mut().set_shunt_voltage(SHUNT_VOLTS);
    bus.place(0x40, monitor);
    for address in [0x20, 0x21] {
        bus.place(
            address,
            shared(Tca9555::with_pins(Variant::Tca9555, LEVELS)),
        );
    }
    bus.tick(Duration::from_millis(10));
    bus
}

/// Transfers of a preparation and so many rounds, their time, and what came out.
fn record(operation: &Operation, rounds: u32) -> (Vec<LogEntry>, Duration, Results) {
    let bus = board();
    bus.start_log();
    let mut results = Results::default();
    (operation.run)(bus.clone(), rounds, &mut results);
    (bus.take_log(), bus.wire_time(), results)
}

fn bytes(transfers: &[LogEntry]) -> usize {
    transfers
        .iter()
        .map(|transfer| {
            let starts = [&transfer.written, &transfer.read]
                .into_iter()
                .filter(|part| !part.is_empty())
                .count();
            starts + transfer.written.len() + transfer.read.len()
        })
        .sum()
}

fn is_right(expected: &Expected, found: &[u32]) -> bool {
    match expected {
        Expected::Integers(integers) => found == *integers,
        Expected::Floats(floats) => {
            let halves = found.as_chunks().0;
            halves.len() == floats.len()
                && halves.iter().zip(*floats).all(|(&[low, high], expected)| {
                    let value = f64::from_bits(u64::from(high) << 32 | u64::from(low));
                    (value - expected).abs() <= expected / 1_000.0
                })
        }
    }
}

fn line(name: &str, prepared: &[LogEntry], transfers: &[LogEntry], time: Duration) {
    println!(
        "{name}\t{}\t{}\t{}\t{}\t{}",
        prepared.len(),
        bytes(prepared),
        transfers.len(),
        bytes(transfers),
        time.as_micros()
    );
}

/// Prints the line of an operation; false when its result is wrong.
fn measure(operation: &Operation) -> bool {
    let (prepared, preparation_time, _) = record(operation, 0);
    let (all, time, _) = record(operation, 1);
    let transfers = all.get(prepared.len()..).unwrap_or_default();
    line(
        operation.name,
        &prepared,
        transfers,
        time - preparation_time,
    );
    if operation.name == "ours-tca9555-start" {
        let is_last = |transfer: &LogEntry| matches!(transfer.written[..], [DIRECTIONS, _, _]);
        let until_pins = transfers.iter().position(is_last).map_or(0, |at| at + 1);
        let pins = transfers.get(..until_pins).unwrap_or_default();
        line("ours-tca9555-pins", &prepared, pins, Duration::ZERO);
    }
    // The Current register follows a calibration with the next conversion only: prepared, paused, prepared again.
    let bus = board();
    let mut first = Results::default();
    (operation.run)(bus.clone(), 0, &mut first);
    bus.tick(Duration::from_millis(100));
    let mut results = Results::default();
    (operation.run)(bus, 1, &mut results);
    let right = is_right(&operation.expected, &results.0);
    if !right {
        eprintln!("{}: wrong result {:?}", operation.name, results.0);
    }
    right
}

/// One operation over a serial line: name, and what it does with a reply.
type Serial = (&'static str, fn(&[u8], u32, &mut Results));

const SERIAL: [Serial; 4] = [
    ("ours-tinybms", |reply, rounds, sink| {
        ops::serial::tinybms(reply, rounds, sink)
    }),
    ("ours-tinybms-table", |reply, rounds, sink| {
        ops::serial::tinybms(reply, rounds, sink)
    }),
    ("rmodbus", |reply, rounds, sink| {
        ops::serial::rmodbus(reply, rounds, sink)
    }),
    ("floor-modbus", |reply, rounds, sink| {
        ops::serial::floor(reply, rounds, sink)
    }),
];
/// Four registers from 36 on: the request, and the reply with 3700 to 3703.
const REQUEST: [u32; 8] = [0xAA, 0x03, 0x00, 0x24, 0x00, 0x04, 0x1D, 0xD9];
const REPLY: [u8; ops::serial::REPLY_BYTES] = [
    0xAA, 0x03, 0x08, 0x0E, 0x74, 0x0E, 0x75, 0x0E, 0x76, 0x0E, 0x77, 0x2C, 0xEB,
];
/// Start bit, eight bits, stop bit at 115 200 bit/s.
const BYTE_NS: usize = 86_806;

/// Prints the line of a serial operation; false when its result is wrong.
fn measure_serial((name, run): &Serial) -> bool {
    let bytes = ops::serial::WIRE_BYTES;
    println!("{name}\t0\t0\t1\t{bytes}\t{}", bytes * BYTE_NS / 1_000);
    let mut results = Results::default();
    run(&REPLY, 1, &mut results);
    let (sent, words) = results.0.split_at_checked(8).unwrap_or_default();
    // A damaged reply must not be taken for a good one.
    let mut damaged = REPLY;
    damaged[5] ^= 0x10;
    let mut after = Results::default();
    run(&damaged, 1, &mut after);
    let right = sent == REQUEST && words == [3_700, 3_701, 3_702, 3_703] && after.0 == REQUEST;
    if !right {
        eprintln!("{name}: wrong result {:?}, {:?}", results.0, after.0);
    }
    right
}

fn main() -> ExitCode {
    let wrong = OPERATIONS.iter().filter(|one| !measure(one)).count()
        + SERIAL.iter().filter(|one| !measure_serial(one)).count();
    if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("{wrong} operations gave a wrong result");
        ExitCode::FAILURE
    }
}
