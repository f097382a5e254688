//! The bus: traits, order of bytes, time on the wire, who ticks the chips.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use battery_sim::{BusError, Chip, Ina226, Nack, SimBus, Tca9555, Variant, shared};
use embedded_hal::i2c::{Error, ErrorKind, I2c, NoAcknowledgeSource, Operation};

const BIT: Duration = Duration::from_micros(10);

/// Writes down what a chip is asked; answers 0, 1, 2, ... within one read.
#[derive(Default)]
struct Recorder {
    writes: Vec<Vec<u8>>,
    reads: Vec<usize>,
    time: Duration,
    refuse: Option<usize>,
    off: bool,
}

impl Chip for Recorder {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Nack> {
        if self.off {
            return Err(Nack::Address);
        }
        if let Some(byte) = self.refuse {
            return Err(Nack::Data(byte));
        }
        self.writes.push(bytes.to_vec());
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Nack> {
        if self.off {
            return Err(Nack::Address);
        }
        self.reads.push(buffer.len());
        for (byte, value) in buffer.iter_mut().zip(0..) {
            *byte = value;
        }
        Ok(())
    }

    fn tick(&mut self, elapsed: Duration) {
        self.time += elapsed;
    }

    fn set_powered(&mut self, on: bool) {
        self.off = !on;
    }

    fn acknowledges(&self) -> bool {
        !self.off
    }
}

/// A bus of 100 kHz: ten microseconds a bit.
fn recorded() -> (SimBus, battery_sim::Shared<Recorder>) {
    let bus = SimBus::new(100_000);
    let chip = shared(Recorder::default());
    bus.place(0x11, chip.clone());
    (bus, chip)
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a simulated transfer never waits"),
    }
}

#[test]
fn a_transfer_costs_its_bits() {
    let (mut bus, chip) = recorded();
    let mut spent = Duration::ZERO;
    let mut costs = |bits: u32| {
        spent += BIT * bits;
        assert_eq!(chip.borrow().time, spent);
    };
    bus.write_read(0x11, &[2], &mut [0; 2]).unwrap();
    costs(48);
    bus.write(0x11, &[2, 0, 0]).unwrap();
    costs(38);
    bus.read(0x11, &mut [0; 2]).unwrap();
    costs(29);
    bus.write(0x11, &[]).unwrap();
    costs(11);
    bus.write(0x12, &[2, 0, 0]).unwrap_err();
    costs(11);
    chip.borrow_mut().set_powered(false);
    bus.write_read(0x11, &[2], &mut [0; 2]).unwrap_err();
    costs(11);
    assert_eq!(bus.wire_time(), BIT * (48 + 38 + 29 + 3 * 11));
    assert_eq!(bus.transfers(), 6);
}

#[test]
fn sixteen_sensors_at_100_khz_take_the_time_of_the_document() {
    let mut bus = SimBus::new(100_000);
    for address in 0x40..0x50 {
        bus.place(address, shared(Ina226::new()));
    }
    for address in 0x40..0x50 {
        for register in [1, 2] {
            bus.write_read(address, &[register], &mut [0; 2]).unwrap();
        }
    }
    assert_eq!(bus.wire_time(), Duration::from_micros(15_360));
}

#[test]
fn nobody_home_is_an_address_nack() {
    let mut bus = SimBus::new(400_000);
    let error = bus.write(0x40, &[0]).unwrap_err();
    assert_eq!(error, BusError::AddressNack);
    assert_eq!(
        error.kind(),
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address)
    );
    assert_eq!(bus.read(0xFF, &mut [0; 1]), Err(BusError::AddressNack));
}

#[test]
fn a_refused_byte_is_a_data_nack() {
    let (mut bus, chip) = recorded();
    chip.borrow_mut().refuse = Some(2);
    let error = bus.write(0x11, &[1, 2, 3]).unwrap_err();
    assert_eq!(error, BusError::DataNack(2));
    assert_eq!(
        error.kind(),
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data)
    );
}

#[test]
fn neighbours_of_one_kind_are_one_stream_of_bytes() {
    let (mut bus, chip) = recorded();
    let (mut a, mut b, mut c) = ([9; 2], [9; 0], [9; 3]);
    bus.transaction(
        0x11,
        &mut [
            Operation::Write(&[1]),
            Operation::Write(&[2, 3]),
            Operation::Write(&[]),
            Operation::Read(&mut a),
            Operation::Read(&mut b),
            Operation::Read(&mut c),
            Operation::Write(&[4]),
        ],
    )
    .unwrap();
    assert_eq!(chip.borrow().writes, [vec![1, 2, 3], vec![4]]);
    assert_eq!(chip.borrow().reads, [5]);
    assert_eq!((a, c), ([0, 1], [2, 3, 4]));
    // Three starts with their address bytes, nine bytes, one stop.
    assert_eq!(bus.wire_time(), BIT * (3 * 10 + 9 * 9 + 1));
    assert_eq!(bus.transfers(), 1);
}

#[test]
fn a_transaction_of_nothing_is_nothing() {
    let (mut bus, chip) = recorded();
    bus.transaction(0x11, &mut []).unwrap();
    assert_eq!(bus.transfers(), 0);
    assert_eq!(chip.borrow().time, Duration::ZERO);
}

#[test]
fn a_split_write_over_two_operations_reaches_both_ports() {
    let expander = shared(Tca9555::new(Variant::Tca9535));
    let mut bus = SimBus::new(400_000);
    bus.place(0x20, expander.clone());
    bus.transaction(
        0x20,
        &mut [Operation::Write(&[3]), Operation::Write(&[0xAA, 0x55])],
    )
    .unwrap();
    assert_eq!(expander.borrow().outputs(), 0xAA55);
}

#[test]
fn the_async_face_does_the_same_at_the_first_poll() {
    use embedded_hal_async::i2c::I2c;
    let (mut bus, chip) = recorded();
    let mut answer = [9; 2];
    ready(I2c::write_read(&mut bus, 0x11, &[7], &mut answer)).unwrap();
    assert_eq!(answer, [0, 1]);
    ready(I2c::write(&mut bus, 0x11, &[7, 8])).unwrap();
    assert_eq!(chip.borrow().writes, [vec![7], vec![7, 8]]);
    assert_eq!(
        ready(I2c::read(&mut bus, 0x12, &mut answer)),
        Err(BusError::AddressNack)
    );
    assert_eq!(bus.wire_time(), BIT * (48 + 29 + 11));
}

#[test]
fn time_passes_before_the_transfer_takes_effect() {
    let sensor = shared(Ina226::new());
    let mut bus = SimBus::new(400_000);
    bus.place(0x40, sensor.clone());
    sensor.borrow_mut().set_bus_voltage(11.98);
    // The cycle ends while the read is on the wire (120 us).
    bus.tick(Duration::from_micros(2_200 - 120));
    let mut raw = [0; 2];
    bus.write_read(0x40, &[2], &mut raw).unwrap();
    assert_eq!(raw, [0x25, 0x70]);
}

#[test]
fn a_clock_takes_over_the_time_of_the_bus() {
    let (mut bus, chip) = recorded();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let inside = Rc::clone(&seen);
    let witness = chip.clone();
    let handle = bus.clone();
    bus.set_clock(move |elapsed| {
        // The hook may use the chips and the bus.
        let writes = witness.borrow().writes.len();
        inside
            .borrow_mut()
            .push((elapsed, writes, handle.transfers()));
    });
    bus.write(0x11, &[1, 2]).unwrap();
    bus.write(0x12, &[1, 2]).unwrap_err();
    bus.read(0x11, &mut [0; 1]).unwrap();
    assert_eq!(
        *seen.borrow(),
        [(BIT * 29, 0, 1), (BIT * 11, 1, 2), (BIT * 20, 1, 3)]
    );
    assert_eq!(chip.borrow().time, Duration::ZERO);
}

#[test]
fn power_that_fails_on_the_way_refuses_the_transfer() {
    let (mut bus, chip) = recorded();
    let victim = chip.clone();
    bus.set_clock(move |_| victim.borrow_mut().set_powered(false));
    assert_eq!(bus.write(0x11, &[1, 2]), Err(BusError::AddressNack));
    assert!(chip.borrow().writes.is_empty());
}

#[test]
fn handles_share_one_bus() {
    let (bus, chip) = recorded();
    let mut one = bus.clone();
    let mut other = bus.clone();
    one.write(0x11, &[1]).unwrap();
    other.write(0x11, &[2]).unwrap();
    assert_eq!(chip.borrow().writes, [vec![1], vec![2]]);
    assert_eq!(bus.transfers(), 2);
}

#[test]
fn the_log_tells_what_the_controller_saw() {
    let (mut bus, _chip) = recorded();
    bus.write(0x11, &[1]).unwrap();
    assert!(bus.take_log().is_empty());
    bus.start_log();
    bus.write_read(0x11, &[2], &mut [0; 2]).unwrap();
    bus.write_read(0x12, &[3], &mut [0; 2]).unwrap_err();
    let log = bus.take_log();
    assert_eq!(log.len(), 2);
    assert_eq!((log[0].address, &log[0].written[..]), (0x11, &[2][..]));
    assert_eq!((&log[0].read[..], log[0].result), (&[0, 1][..], Ok(())));
    assert_eq!(log[1].read, []);
    assert_eq!(log[1].result, Err(BusError::AddressNack));
    assert!(bus.take_log().is_empty());
}

#[test]
fn reads_of_other_chips_disturb_a_pca9555_alone() {
    for (variant, disturbed) in [(Variant::Pca9555, true), (Variant::Tca9555, false)] {
        let expander = shared(Tca9555::with_pins(variant, 0xFFFF));
        let mut bus = SimBus::new(400_000);
        bus.place(0x20, expander.clone());
        bus.place(0x40, shared(Ina226::new()));
        bus.write_read(0x20, &[0], &mut [0; 2]).unwrap();
        expander.borrow_mut().set_pins(0xFFFE);
        bus.write(0x40, &[2]).unwrap();
        bus.read(0x41, &mut [0; 2]).unwrap_err();
        assert!(expander.borrow().int_asserted());
        bus.read(0x40, &mut [0; 2]).unwrap();
        assert_eq!(expander.borrow().int_asserted(), !disturbed);
    }
}

#[test]
#[should_panic(expected = "is taken")]
fn two_chips_at_one_address_are_a_mistake_of_the_test() {
    let (bus, _chip) = recorded();
    bus.place(0x11, shared(Recorder::default()));
}

#[test]
fn a_bus_without_a_clock_ticks_each_chip_once() {
    let bus = SimBus::new(400_000);
    let counted = Rc::new(Cell::new(0));
    struct Counter(Rc<Cell<u32>>);
    impl Chip for Counter {
        fn write(&mut self, _: &[u8]) -> Result<(), Nack> {
            Ok(())
        }
        fn read(&mut self, _: &mut [u8]) -> Result<(), Nack> {
            Ok(())
        }
        fn tick(&mut self, _: Duration) {
            self.0.set(self.0.get() + 1);
        }
        fn set_powered(&mut self, _: bool) {}
    }
    for address in 0x40..0x48 {
        bus.place(address, shared(Counter(Rc::clone(&counted))));
    }
    bus.clone().write(0x40, &[0]).unwrap();
    assert_eq!(counted.get(), 8);
}
