//! Single pins: embedded-hal traits, one pin at a time, and an error instead of a panic.

mod harness;

use embedded_hal::digital::{InputPin as _, OutputPin as _, StatefulOutputPin as _};
use harness::{Fault, MemoryBus};
use tca9555::blocking::{Shared, Tca9555};
use tca9555::{Address, Error, Pin, PinError, Words};

const BEFORE: Words = Words {
    outputs: 0x0000,
    directions: 0xFFF0,
    polarity: 0x0000,
};

fn running() -> (MemoryBus, Shared<MemoryBus, u16>) {
    let bus = MemoryBus::new();
    let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
    chip.start_with(BEFORE).unwrap();
    bus.plan(None);
    (bus, Shared::new(chip))
}

#[test]
fn a_pin_serves_a_driver_that_knows_no_bus() {
    fn blink(mut lamp: impl embedded_hal::digital::StatefulOutputPin) {
        lamp.set_high().unwrap();
        assert!(lamp.is_set_high().unwrap() && !lamp.is_set_low().unwrap());
        lamp.toggle().unwrap();
        assert!(lamp.is_set_low().unwrap() && !lamp.is_set_high().unwrap());
        lamp.set_high().unwrap();
    }
    let (bus, mut shared) = running();
    let pins = shared.split();
    blink(pins.p10.into_output(false).unwrap());
    assert_eq!(bus.0.borrow().outputs(), 0x0100);
    assert_eq!(bus.0.borrow().directions(), 0xFEF0);
}

#[test]
fn every_pin_moves_its_own_bit() {
    let (bus, mut shared) = running();
    let pins = shared.split();
    let all = [
        pins.p00, pins.p01, pins.p02, pins.p03, pins.p04, pins.p05, pins.p06, pins.p07, pins.p10,
        pins.p11, pins.p12, pins.p13, pins.p14, pins.p15, pins.p16, pins.p17,
    ];
    for (bit, pin) in all.into_iter().enumerate() {
        let mut pin = pin.into_output(true).unwrap();
        assert_eq!(bus.0.borrow().outputs(), 1 << bit);
        pin.set_low().unwrap();
        assert_eq!(bus.0.borrow().outputs(), 0);
    }
    assert_eq!(bus.0.borrow().directions(), 0);
}

#[test]
fn inputs_are_read_from_the_chip_each_time() {
    let (bus, mut shared) = running();
    let pins = shared.split();
    let mut low = pins.p07.into_input().unwrap();
    let mut high = pins.p17.into_input().unwrap();
    bus.set_inputs(0x8000);
    assert_eq!(low.is_high(), Ok(false));
    assert_eq!(low.is_low(), Ok(true));
    assert_eq!(high.is_high(), Ok(true));
    assert_eq!(high.is_low(), Ok(false));
    bus.set_inputs(0x0080);
    assert_eq!(low.is_high(), Ok(true));
    assert_eq!(low.is_low(), Ok(false));
    assert_eq!(high.is_high(), Ok(false));
}

#[test]
fn a_pin_the_start_has_made_needs_no_transfer() {
    let (bus, mut shared) = running();
    let pins = shared.split();
    let mut lamp = pins.p00.claim_output().unwrap();
    pins.p04.claim_input().unwrap();
    assert_eq!(bus.0.borrow().transfers, 0);
    lamp.set_high().unwrap();
    assert_eq!(bus.0.borrow().transfers, 1);
    assert_eq!(pins.p05.claim_output().err(), Some(PinError::Direction));
    assert_eq!(pins.p01.claim_input().err(), Some(PinError::Direction));
}

#[test]
fn a_pin_of_a_chip_in_an_unknown_state_is_not_taken_for_anything() {
    let (bus, mut shared) = running();
    bus.plan(Some((0, Fault::NoAnswer)));
    let _ = shared.lock::<()>().unwrap().read_inputs(); // its error is what the test wants
    let pins = shared.split();
    assert_eq!(pins.p00.claim_output().err(), Some(PinError::Direction));
}

#[test]
fn a_pin_used_while_the_expander_is_in_use_answers_busy_and_sends_nothing() {
    let (bus, mut shared) = running();
    let pins = shared.split();
    let mut lamp = pins.p00.claim_output().unwrap();
    let mut alert = pins.p04.claim_input().unwrap();
    let guard = pins.shared.lock::<()>().unwrap();
    assert_eq!(lamp.set_high(), Err(PinError::Busy));
    assert_eq!(lamp.toggle(), Err(PinError::Busy));
    assert_eq!(lamp.is_set_high(), Err(PinError::Busy));
    assert_eq!(alert.is_high(), Err(PinError::Busy));
    assert_eq!(pins.p01.into_output(true).err(), Some(PinError::Busy));
    assert_eq!(pins.p05.into_input().err(), Some(PinError::Busy));
    assert_eq!(bus.0.borrow().transfers, 0);
    drop(guard);
    assert_eq!(lamp.set_high(), Ok(()));
    assert_eq!(bus.0.borrow().outputs(), 0x0001);
}

#[test]
fn a_bus_error_reaches_the_user_of_the_pin_and_the_next_call_heals() {
    let (bus, mut shared) = running();
    let pins = shared.split();
    let mut first = pins.p00.claim_output().unwrap();
    let mut second = pins.p01.claim_output().unwrap();
    bus.plan(Some((0, Fault::Reset)));
    assert_eq!(
        first.set_high(),
        Err(PinError::Expander(Error::Bus(harness::BusFault)))
    );
    second.set_high().unwrap();
    assert_eq!(bus.0.borrow().outputs(), 0x0003);
    assert_eq!(bus.0.borrow().directions(), BEFORE.directions);
}

#[test]
fn the_expander_comes_back_with_what_the_pins_did() {
    let (_, mut shared) = running();
    shared
        .split()
        .p02
        .claim_output()
        .unwrap()
        .set_high()
        .unwrap();
    let chip = shared.into_inner();
    assert_eq!(chip.state().outputs(), Some(Pin::P02.mask()));
}

#[cfg(feature = "async")]
mod asynch {
    use std::cell::Cell;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    use embedded_hal::i2c::{ErrorType, Operation};
    use tca9555::asynch::{Shared, Tca9555};

    use super::*;

    /// A bus whose next transfer takes effect and then waits for ever.
    #[derive(Clone)]
    struct SlowBus {
        memory: MemoryBus,
        stuck: Rc<Cell<bool>>,
    }

    impl ErrorType for SlowBus {
        type Error = harness::BusFault;
    }

    impl embedded_hal_async::i2c::I2c for SlowBus {
        async fn transaction(
            &mut self,
            address: u8,
            operations: &mut [Operation<'_>],
        ) -> Result<(), harness::BusFault> {
            embedded_hal::i2c::I2c::transaction(&mut self.memory, address, operations)?;
            poll_fn(|_| {
                if self.stuck.get() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
            Ok(())
        }
    }

    fn slow() -> (SlowBus, Tca9555<SlowBus>) {
        let bus = SlowBus {
            memory: MemoryBus::new(),
            stuck: Rc::new(Cell::new(false)),
        };
        let mut chip = Tca9555::new(bus.clone(), Address::DEFAULT);
        harness::block_on(chip.start_with(BEFORE)).unwrap();
        bus.memory.plan(None);
        (bus, chip)
    }

    /// Polls once; the call is then in the middle of its transfer.
    fn begin<F: Future>(future: std::pin::Pin<&mut F>) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.poll(&mut context).is_pending());
    }

    #[test]
    fn a_call_that_is_dropped_half_way_leaves_the_state_unknown_and_the_next_writes_everything() {
        let (bus, mut chip) = slow();
        bus.stuck.set(true);
        {
            let mut call = pin!(chip.write_outputs(0x0005));
            begin(call.as_mut());
        }
        assert_eq!(chip.state().outputs(), None);
        assert_eq!(chip.state().directions(), None);
        bus.stuck.set(false);
        bus.memory.0.borrow_mut().reset();
        harness::block_on(chip.write_outputs(0x0001)).unwrap();
        let memory = bus.memory.0.borrow();
        assert_eq!(memory.outputs(), 0x0001);
        assert_eq!(memory.directions(), BEFORE.directions);
    }

    #[test]
    fn a_read_that_is_dropped_half_way_leaves_the_state_unknown_too() {
        let (bus, mut chip) = slow();
        bus.stuck.set(true);
        {
            let mut call = pin!(chip.read_inputs());
            begin(call.as_mut());
        }
        assert_eq!(chip.state().outputs(), None);
    }

    #[test]
    fn a_second_pin_answers_busy_while_the_first_is_on_the_bus() {
        let (bus, chip) = slow();
        let mut shared = Shared::new(chip);
        let pins = shared.split();
        let mut first = pins.p00.claim_output().unwrap();
        let mut second = pins.p01.claim_output().unwrap();
        let mut input = pins.p04.claim_input().unwrap();
        bus.stuck.set(true);
        let mut call = pin!(first.set(true));
        begin(call.as_mut());
        assert_eq!(harness::block_on(second.set(true)), Err(PinError::Busy));
        assert_eq!(harness::block_on(second.invert()), Err(PinError::Busy));
        assert_eq!(second.is_ordered_high(), Err(PinError::Busy));
        assert_eq!(harness::block_on(input.level()), Err(PinError::Busy));
        assert_eq!(bus.memory.0.borrow().transfers, 1);
        bus.stuck.set(false);
        assert_eq!(harness::block_on(call), Ok(()));
        assert_eq!(harness::block_on(second.set(true)), Ok(()));
        assert_eq!(bus.memory.0.borrow().outputs(), 0x0003);
    }

    #[test]
    fn a_pin_tells_its_own_order_and_not_that_of_its_neighbour() {
        let (bus, chip) = slow();
        let mut shared = Shared::new(chip);
        let pins = shared.split();
        let mut first = pins.p00.claim_output().unwrap();
        let mut second = pins.p01.claim_output().unwrap();
        assert_eq!(first.is_ordered_high(), Ok(false));
        harness::block_on(first.set(true)).unwrap();
        assert_eq!(first.is_ordered_high(), Ok(true));
        assert_eq!(second.is_ordered_high(), Ok(false));
        harness::block_on(second.invert()).unwrap();
        harness::block_on(first.invert()).unwrap();
        assert_eq!(first.is_ordered_high(), Ok(false));
        assert_eq!(second.is_ordered_high(), Ok(true));
        assert_eq!(bus.memory.0.borrow().transfers, 3);
    }

    #[test]
    fn a_pin_is_claimed_only_in_the_direction_it_has() {
        let (bus, chip) = slow();
        let mut shared = Shared::new(chip);
        let pins = shared.split();
        assert!(pins.p00.claim_output().is_ok());
        assert!(pins.p04.claim_input().is_ok());
        assert_eq!(pins.p05.claim_output().err(), Some(PinError::Direction));
        assert_eq!(pins.p01.claim_input().err(), Some(PinError::Direction));
        assert_eq!(bus.memory.0.borrow().transfers, 0);
    }

    #[test]
    fn waiting_for_the_line_reads_and_reports() {
        use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};
        let (bus, mut chip) = slow();
        let mut watch = tca9555::Watch::new(100);
        bus.memory.set_inputs(0x00F0);
        harness::block_on(chip.read_changes(&mut watch, 0)).unwrap();
        bus.memory.set_inputs(0x00E0);
        let mut line = Mock::new(&[Transaction::wait_for_state(State::Low)]);
        let report = harness::block_on(chip.wait_changes(&mut line, &mut watch, || 7)).unwrap();
        assert_eq!((report.fell, report.rose), (0x0010, 0));
        assert!(!watch.is_due(false, 8));
        line.done();
    }
}
