//! What a tick looks like on the bus: one read pass, one decision, one complete write, one read-back.

use std::{cell::Cell, rc::Rc, time::Duration};

use battery_sim::{
    LogEntry, SimBus,
    plant::{Chemistry, PackConfig},
    rack::{Rack, RackConfig},
};
use parallelator_core::{BusInput, LedPattern, ModeHint, Params};
use parallelator_node::{Board, Node, Request, Snapshot, kxkm_wiring};

struct Bench {
    rack: Rack,
    bus: SimBus,
    fed: Rc<Cell<u32>>,
    record: Vec<u8>,
}

impl Board<8> for Bench {
    type I2c = SimBus;

    fn now_ms(&mut self) -> u64 {
        self.rack.now().as_millis() as u64
    }

    async fn wait_until(&mut self, at_ms: u64) {
        self.rack.advance_to(Duration::from_millis(at_ms));
    }

    fn bus(&mut self, number: u8) -> Option<&mut SimBus> {
        (number == 0).then_some(&mut self.bus)
    }

    fn estop(&mut self) -> bool {
        false
    }

    fn common_bus(&mut self) -> BusInput {
        BusInput {
            mode_hint: ModeHint::Idle,
            load_controllable: true,
            ..BusInput::default()
        }
    }

    fn show(&mut self, _: LedPattern) {}

    fn feed_watchdog(&mut self) {
        self.fed.set(self.fed.get() + 1);
        self.rack.feed_watchdog();
    }

    fn load_record(&mut self, buffer: &mut [u8]) -> usize {
        buffer[..self.record.len()].copy_from_slice(&self.record);
        self.record.len()
    }

    fn save_record(&mut self, record: &[u8]) {
        self.record = record.to_vec();
    }

    fn next_request(&mut self) -> Option<Request> {
        None
    }

    fn publish(&mut self, _: &Snapshot<8>) {}
}

/// Polls a future that is ready at once, as every future over the simulated bus is.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("nothing on the simulated bus waits"),
    }
}

/// A started controller of six packs on two expanders.
fn node() -> (Node<Bench, 8>, Rc<Cell<u32>>) {
    let packs = (0..6)
        .map(|_| PackConfig::from_start(27.0, 0.06, Chemistry::Nmc))
        .collect();
    let rack = Rack::new(RackConfig::new(packs)).unwrap();
    let fed = Rc::new(Cell::new(0));
    let bench = Bench {
        bus: rack.bus(0).unwrap(),
        rack,
        fed: Rc::clone(&fed),
        record: Vec::new(),
    };
    let wiring: Vec<_> = (0..6).map(kxkm_wiring).collect();
    let mut node = Node::new(bench, &wiring, Params::default()).unwrap();
    now(node.start());
    (node, fed)
}

fn ticks(node: &mut Node<Bench, 8>, count: u64) {
    for _ in 0..count {
        now(node.tick());
        let at = node.board_mut().now_ms().div_ceil(100) * 100;
        now(node.board_mut().wait_until(at));
    }
}

fn log_of_a_tick(node: &mut Node<Bench, 8>) -> Vec<LogEntry> {
    node.board_mut().bus.start_log();
    now(node.tick());
    node.board_mut().bus.take_log()
}

#[test]
fn the_start_writes_open_switches_before_any_direction() {
    let packs = (0..6)
        .map(|_| PackConfig::from_start(27.0, 0.06, Chemistry::Nmc))
        .collect();
    let rack = Rack::new(RackConfig::new(packs)).unwrap();
    let bus = rack.bus(0).unwrap();
    bus.start_log();
    let fed = Rc::new(Cell::new(0));
    let bench = Bench {
        bus: bus.clone(),
        rack: rack.clone(),
        fed,
        record: Vec::new(),
    };
    let wiring: Vec<_> = (0..6).map(kxkm_wiring).collect();
    now(Node::new(bench, &wiring, Params::default())
        .unwrap()
        .start());
    let log = bus.take_log();
    for address in [0x20, 0x21] {
        let writes: Vec<_> = log
            .iter()
            .filter(|entry| entry.address == address && entry.written.len() == 3)
            .map(|entry| entry.written.clone())
            .collect();
        // Switches and green lamps low, red lamps high; then switches and lamps become outputs.
        let red = if address == 0x20 { 0x55 } else { 0x05 };
        let directions = if address == 0x20 {
            [0x06, 0xF0, 0x00]
        } else {
            [0x06, 0xF3, 0xF0]
        };
        assert_eq!(writes[0], [0x02, 0x00, red], "outputs of {address:#x}");
        assert_eq!(writes[1], directions, "directions of {address:#x}");
        let expander = rack.expander(usize::from(address - 0x20));
        assert!(
            (0..16).all(|pin| !(0..4).contains(&pin) || expander.borrow().rises(pin) == 0),
            "no pulse"
        );
    }
}

#[test]
fn a_tick_reads_everything_decides_writes_everything_and_reads_it_back() {
    let (mut node, fed) = node();
    ticks(&mut node, 60);
    let before = fed.get();
    let log = log_of_a_tick(&mut node);
    assert!(log.iter().all(|entry| entry.result.is_ok()));
    let order: Vec<(u8, u8, bool)> = log
        .iter()
        .map(|entry| (entry.address, entry.written[0], entry.read.is_empty()))
        .collect();
    let mut expected = vec![(0x20, 0x00, false), (0x21, 0x00, false)];
    for sensor in 0x40..=0x45 {
        // Bus voltage, shunt voltage, flags.
        expected.extend([
            (sensor, 0x05, false),
            (sensor, 0x04, false),
            (sensor, 0x0B, false),
        ]);
    }
    expected.extend([(0x20, 0x02, true), (0x21, 0x02, true)]);
    for expander in [0x20, 0x21] {
        expected.extend([(expander, 0x02, false), (expander, 0x06, false)]);
    }
    assert_eq!(order, expected);
    assert_eq!(fed.get(), before + 1, "fed once, after the read-back");
    // All six switches: P00 to P03 of one expander, P02 and P03 of the other; green lamps.
    let writes: Vec<_> = log
        .iter()
        .filter(|entry| entry.read.is_empty())
        .map(|entry| entry.written.clone())
        .collect();
    assert_eq!(writes, [vec![0x02, 0x0F, 0xAA], vec![0x02, 0x0C, 0x0A]]);
}

#[test]
fn the_watchdog_is_not_fed_when_a_single_expander_does_not_read_back() {
    use battery_sim::{Effect, FaultPlan, Target};
    let (mut node, fed) = node();
    ticks(&mut node, 20);
    let bus = node.board_mut().bus.clone();
    for effect in [Effect::AddressNack, Effect::ReadBitFlipped(0)] {
        bus.set_faults(FaultPlan::always(Target::Address(0x21), effect.clone()));
        let before = fed.get();
        ticks(&mut node, 5);
        assert_eq!(fed.get(), before, "{effect:?}");
        bus.set_faults(FaultPlan::new());
        ticks(&mut node, 150);
    }
}

#[test]
fn the_record_is_stored_when_it_changes_and_taken_at_the_next_start() {
    let (mut node, _) = node();
    ticks(&mut node, 60);
    let record = node.board_mut().record.clone();
    // Six packs, each closed once.
    assert_eq!(record[..4], *b"PR\x02\x06");
    assert!(
        record[5..65]
            .chunks(10)
            .all(|entry| entry == [0, 16, 0, 0, 1, 0, 0, 0, 1, 0]),
        "{record:?}"
    );
    let rack = node.board_mut().rack.clone();
    let bench = Bench {
        bus: rack.bus(0).unwrap(),
        rack,
        fed: Rc::default(),
        record,
    };
    let wiring: Vec<_> = (0..6).map(kxkm_wiring).collect();
    let mut reborn = Node::new(bench, &wiring, Params::default()).unwrap();
    now(reborn.start());
    assert_eq!(reborn.restored(), Ok(()));
    // What the packs carried when the reboot opened them is not known: they have to rest first.
    ticks(&mut reborn, 4_000);
    assert!(
        reborn.board_mut().record[5..65]
            .chunks(10)
            .all(|entry| entry == [0, 16, 0, 0, 2, 0, 0, 0, 2, 0])
    );
}

/// Whether any switch of six packs has been driven high a second time without being opened by the core in between.
fn switch_rises(node: &mut Node<Bench, 8>) -> u64 {
    let rack = node.board_mut().rack.clone();
    (0..2)
        .flat_map(|chip| (0..4).map(move |pin| (chip, pin)))
        .map(|(chip, pin)| u64::from(rack.expander(chip).borrow().rises(pin)))
        .sum()
}

#[test]
fn an_expander_that_reset_while_its_inputs_were_read_is_never_closed_again_by_itself() {
    use battery_sim::{Chip, Effect, FaultPlan, Target};
    let (mut node, _) = node();
    ticks(&mut node, 60);
    assert_eq!(switch_rises(&mut node), 6, "each pack was closed once");
    // The chip loses its supply, and the alert read of the next tick is not acknowledged.
    let expander = node.board_mut().rack.expander(0);
    expander.borrow_mut().set_powered(false);
    expander.borrow_mut().set_powered(true);
    let bus = node.board_mut().bus.clone();
    bus.set_faults(FaultPlan::once(
        Target::Address(0x20),
        0,
        Effect::AddressNack,
    ));
    now(node.tick());
    bus.set_faults(FaultPlan::new());
    assert_eq!(
        switch_rises(&mut node),
        6,
        "nothing was closed behind the core's back"
    );
    ticks(&mut node, 2);
    assert_eq!(switch_rises(&mut node), 6);
    ticks(&mut node, 150);
    assert_eq!(
        switch_rises(&mut node),
        12,
        "after the back-off the core has closed all six again"
    );
}

#[test]
fn a_read_that_failed_once_costs_no_switching() {
    use battery_sim::{Effect, FaultPlan, Target};
    let (mut node, fed) = node();
    ticks(&mut node, 60);
    let bus = node.board_mut().bus.clone();
    bus.set_faults(FaultPlan::once(
        Target::Address(0x20),
        0,
        Effect::AddressNack,
    ));
    let before = fed.get();
    ticks(&mut node, 20);
    assert_eq!(switch_rises(&mut node), 6);
    assert_eq!(
        fed.get(),
        before + 20,
        "the registers were read and found as they should be"
    );
}

#[test]
fn a_damaged_record_shuts_the_rack_off_until_it_is_armed() {
    let (mut node, _) = node();
    ticks(&mut node, 60);
    let mut record = node.board_mut().record.clone();
    record[7] ^= 1;
    let rack = node.board_mut().rack.clone();
    let bench = Bench {
        bus: rack.bus(0).unwrap(),
        rack,
        fed: Rc::default(),
        record,
    };
    let wiring: Vec<_> = (0..6).map(kxkm_wiring).collect();
    let mut reborn = Node::new(bench, &wiring, Params::default()).unwrap();
    now(reborn.start());
    assert!(reborn.restored().is_err());
    ticks(&mut reborn, 600);
    assert_eq!(
        switch_rises(&mut reborn),
        6,
        "only the closings before the reboot"
    );
}
