//! Stories: the whole way from the chips' bytes to the switches, on a simulated rack.

#[path = "stories/board.rs"]
mod board;

use std::time::Duration;

use battery_sim::{
    Chip, Effect, FaultPlan, Target,
    plant::{Chemistry, PackConfig},
    rack::{Rack, RackConfig, RackFault},
};
use board::{N, StoryBoard};
use parallelator::block_on::block_on;
use parallelator_core::{Command, Params};
use parallelator_node::{Node, PackWiring, kxkm_wiring};
use proptest::prelude::*;

/// A rack of the KXKM kind whose packs rest at these voltages.
fn rack(volts: &[f64]) -> Rack {
    let packs = volts
        .iter()
        .map(|&v| PackConfig::from_start(v, 0.060, Chemistry::Nmc))
        .collect();
    Rack::new(RackConfig::new(packs)).unwrap()
}

fn wiring(packs: usize) -> Vec<PackWiring> {
    (0..packs).map(kxkm_wiring).collect()
}

/// Runs the loop to the end of the story and hands the board back.
fn play(board: StoryBoard, packs: usize) -> Node<StoryBoard, N> {
    let mut node = Node::new(board, &wiring(packs), Params::default()).unwrap();
    block_on(node.run());
    node
}

fn conducting(rack: &Rack) -> Vec<usize> {
    rack.plant(|plant| {
        (0..plant.len())
            .filter(|&pack| plant.pack(pack).switch_conducts)
            .collect()
    })
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_accident_of_the_original_firmware_does_not_happen() {
    // 25.0 V and 29.5 V present at start (defects D-1 and D-2): the original closed both in one cycle.
    let mut board = StoryBoard::new(rack(&[25.0, 29.5]), 600 * SECOND);
    board.judge_by(|rack, _, _| {
        let packs = conducting(rack);
        assert!(packs.len() <= 1, "{packs:?} at {:?}", rack.now());
    });
    let mut node = play(board, 2);
    let last = node.board_mut().last.unwrap();
    let refused = last
        .decision
        .packs
        .iter()
        .take(2)
        .find(|pack| pack.reason.code() != "connected")
        .unwrap();
    assert_eq!(refused.reason.code(), "difference_too_large");
    assert!(
        (4_400..=4_600).contains(&refused.value),
        "{} mV",
        refused.value
    );
    assert_eq!(refused.limit, 1_000);
}

#[test]
fn an_orderly_stop_opens_every_switch() {
    let mut node = play(
        StoryBoard::new(rack(&[27.0, 27.0, 27.0, 27.0]), 10 * SECOND),
        4,
    );
    let board = node.board_mut();
    assert_eq!(
        board.last.unwrap().decision.packs[3].reason.code(),
        "connected"
    );
    board.rack.advance(SECOND);
    assert_eq!(conducting(&board.rack), [0; 0]);
}

#[test]
fn a_missing_sensor_darkens_its_own_pack_only() {
    // Sensors by address: with sensor 1 missing, packs 3 and 4 keep their own switches (defect D-12).
    let board = StoryBoard::new(rack(&[27.0, 27.0, 25.2, 27.0]), 10 * SECOND);
    board.rack.sensor(1).set_powered(false);
    let mut node = play(board, 4);
    let last = node.board_mut().last.unwrap();
    let reasons: Vec<_> = last
        .decision
        .packs
        .iter()
        .take(4)
        .map(|pack| pack.reason.code())
        .collect();
    assert_eq!(
        reasons,
        [
            "connected",
            "no_sensor",
            "difference_too_large",
            "connected"
        ]
    );
}

#[test]
fn a_sensor_that_comes_back_brings_its_pack_back() {
    let mut board = StoryBoard::new(rack(&[27.0, 27.0]), 60 * SECOND);
    board.at(10 * SECOND, |rack| rack.sensor(1).set_powered(false));
    board.at(20 * SECOND, |rack| rack.sensor(1).set_powered(true));
    let mut node = play(board, 2);
    let board = node.board_mut();
    assert!(
        board
            .events
            .contains(&"pack 2 opened stale_data".to_owned())
    );
    assert_eq!(
        board.last.unwrap().decision.packs[1].reason.code(),
        "connected"
    );
}

#[test]
fn a_frozen_converter_grows_old_like_a_dead_one() {
    let mut board = StoryBoard::new(rack(&[27.0, 27.0]), 20 * SECOND);
    board.at(10 * SECOND, |rack| rack.sensor(0).set_frozen(true));
    let mut node = play(board, 2);
    assert!(
        node.board_mut()
            .events
            .contains(&"pack 1 opened stale_data".to_owned())
    );
}

#[test]
fn an_expander_that_lost_its_supply_is_noticed_and_started_again_with_open_switches() {
    let mut board = StoryBoard::new(rack(&[27.0, 27.0]), 40 * SECOND);
    board.at(10 * SECOND, |rack| {
        let expander = rack.expander(0);
        expander.borrow_mut().set_powered(false);
        expander.borrow_mut().set_powered(true);
    });
    let mut node = play(board, 2);
    let board = node.board_mut();
    assert!(
        board
            .events
            .iter()
            .any(|event| event == "rack safe_off brown_out"),
        "{:?}",
        board.events
    );
    assert_eq!(
        board.last.unwrap().decision.packs[1].reason.code(),
        "connected",
        "after the back-off"
    );
}

#[test]
fn a_lost_write_is_found_by_the_read_back_and_the_watchdog_opens_the_switch() {
    let mut board = StoryBoard::new(rack(&[27.0, 27.0]), 20 * SECOND);
    board.at(10 * SECOND, |rack| rack.inject(0, RackFault::LostWrite));
    board
        .commands
        .push((11 * SECOND, Command::Disable { pack: 0 }));
    board.judge_by(|rack, _, _| {
        if rack.now() > 13_500 * SECOND / 1_000 {
            assert_eq!(conducting(rack), [0; 0], "at {:?}", rack.now());
        }
    });
    let mut node = play(board, 2);
    assert!(
        node.board_mut()
            .events
            .iter()
            .any(|event| event == "rack safe_off read_back")
    );
}

#[test]
fn a_short_opens_every_pack_that_feeds_it() {
    let mut board = StoryBoard::new(rack(&[27.0, 27.0, 27.0]), 20 * SECOND);
    board.at(10 * SECOND, |rack| rack.inject(0, RackFault::Short));
    board.judge_by(|rack, _, _| {
        if rack.now() > 10_500 * SECOND / 1_000 {
            assert_eq!(conducting(rack), [0; 0], "at {:?}", rack.now());
        }
    });
    let mut node = play(board, 3);
    for pack in &node.board_mut().last.unwrap().decision.packs[..3] {
        assert_eq!(pack.state.code(), "latched");
    }
}

/// One thing that breaks for good.
#[derive(Debug, Clone, Copy)]
enum Broken {
    Sensor(usize),
    Expander(usize),
    BusHung,
    BusNoise,
    WritesLost(usize),
    WritesCut(usize),
    ReadsOnes(usize),
}

impl Broken {
    fn break_it(self, rack: &Rack) {
        let switches = |pack: usize| Target::Address(0x20 + (pack / 4) as u8);
        match self {
            Self::Sensor(pack) => rack.sensor(pack).set_powered(false),
            Self::Expander(pack) => rack
                .expander(rack.expander_of(pack))
                .borrow_mut()
                .set_powered(false),
            Self::BusHung => rack.set_fault_plan(0, FaultPlan::hung()),
            Self::BusNoise => {
                rack.set_fault_plan(0, FaultPlan::always(Target::Any, Effect::ArbitrationLoss));
            }
            Self::WritesLost(pack) => {
                rack.set_fault_plan(0, FaultPlan::always(switches(pack), Effect::WriteLost));
            }
            Self::WritesCut(pack) => {
                rack.set_fault_plan(0, FaultPlan::always(switches(pack), Effect::WriteCut(1)));
            }
            Self::ReadsOnes(pack) => {
                let sensor = Target::Address(0x40 + pack as u8);
                rack.set_fault_plan(0, FaultPlan::always(sensor, Effect::ReadOnes));
            }
        }
    }

    /// Whether the way to the switches is broken, so that only the starved watchdog can open them.
    fn hits_switches(self) -> bool {
        !matches!(self, Self::Sensor(_) | Self::ReadsOnes(_))
    }
}

fn broken() -> impl Strategy<Value = Broken> {
    let pack = 0..8usize;
    prop_oneof![
        pack.clone().prop_map(Broken::Sensor),
        pack.clone().prop_map(Broken::Expander),
        Just(Broken::BusHung),
        Just(Broken::BusNoise),
        pack.clone().prop_map(Broken::WritesLost),
        pack.clone().prop_map(Broken::WritesCut),
        pack.prop_map(Broken::ReadsOnes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever breaks, and whenever: no pack stays connected on a sample older than `age_hard`, and where the way to
    /// the switches is gone the starved watchdog opens them within 2 s more.
    #[test]
    fn no_pack_stays_connected_on_an_old_sample(what in broken(), when_ms in 0..12_000u64, load_a in 0.0..40.0f64) {
        let volts: Vec<f64> = (0..8).map(|pack| 27.0 + 0.01 * f64::from(pack)).collect();
        let mut board = StoryBoard::new(rack(&volts), 18 * SECOND);
        board.load_a = load_a;
        board.at(Duration::from_millis(when_ms), move |rack| what.break_it(rack));
        // age_hard is judged at each step: a tick and the transfers before the write come on top.
        let step = Duration::from_millis(150);
        let allowed = SECOND + step + if what.hits_switches() { 2 * SECOND } else { Duration::ZERO };
        board.judge_by(move |rack, _, ages| {
            for pack in conducting(rack) {
                assert!(ages.of(pack) <= allowed, "pack {pack}: {:?} old at {:?}", ages.of(pack), rack.now());
            }
        });
        play(board, 8);
    }

    /// The same for two things at once, one of them the sensor of a connected pack.
    #[test]
    fn two_broken_parts_are_no_worse(one in broken(), other in broken(), when_ms in 3_000..8_000u64, later_ms in 0..3_000u64) {
        let volts: Vec<f64> = (0..8).map(|pack| 27.0 + 0.01 * f64::from(pack)).collect();
        let mut board = StoryBoard::new(rack(&volts), 16 * SECOND);
        board.load_a = 10.0;
        board.at(Duration::from_millis(when_ms), move |rack| one.break_it(rack));
        board.at(Duration::from_millis(when_ms + later_ms), move |rack| other.break_it(rack));
        let allowed = 3 * SECOND + Duration::from_millis(150);
        board.judge_by(move |rack, _, ages| {
            for pack in conducting(rack) {
                assert!(ages.of(pack) <= allowed, "pack {pack}: {:?} old at {:?}", ages.of(pack), rack.now());
            }
        });
        play(board, 8);
    }
}
