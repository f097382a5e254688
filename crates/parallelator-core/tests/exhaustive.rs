//! Every combination of a coarse grid: racks of one to three packs, four steps after the boot, one event before each step.
//!
//! The exact integer code is run, not a model of it. After every step the decision is held against rules that need nothing
//! but the inputs and, in floating point, the true rack: voltages behind the nominal resistance.

use std::collections::HashSet;

use battery_units::{Milliamps, Millivolts};
use parallelator_core::*;

/// Capacity of the core.
const N: usize = 3;

/// Steps that are enumerated.
const DEPTH: usize = 4;

/// Voltages of the grid in millivolts: below the floor, three that fit together or not, above the absolute limit.
const VOLTS: [i32; 5] = [20_900, 26_900, 27_100, 27_900, 30_000];

/// Nominal path in ohms.
const R: f64 = 0.060;

/// What happens before a step; each concerns the first pack, another one, or the rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Nothing,
    Volts(usize, i32),
    Current(usize, i32),
    Age(usize, u32),
    Feedback(usize, SwitchFeedback),
    Disable(usize),
    EStop,
    /// Both commands in one step.
    EStopAndArm,
    Arm,
    NoReadBack,
    Alert(usize),
    Jump,
    Hint(ModeHint),
}

fn happenings(packs: usize, full: bool) -> Vec<Happening> {
    use Happening as H;
    let mut all = vec![
        H::Nothing,
        H::EStop,
        H::EStopAndArm,
        H::Arm,
        H::NoReadBack,
        H::Jump,
    ];
    for pack in 0..packs {
        all.extend([
            H::Volts(pack, 30_000),
            H::Current(pack, -14_000),
            H::Age(pack, 301),
        ]);
        all.extend([H::Alert(pack), H::Disable(pack)]);
        if full {
            all.extend([
                H::Volts(pack, 27_900),
                H::Volts(pack, 20_900),
                H::Current(pack, 6_000),
            ]);
            all.extend([H::Current(pack, -300), H::Age(pack, 1_001)]);
            all.extend([
                H::Feedback(pack, SwitchFeedback::Closed),
                H::Feedback(pack, SwitchFeedback::Open),
            ]);
        }
    }
    if full {
        all.extend([H::Hint(ModeHint::Charge), H::Hint(ModeHint::Discharge)]);
    }
    all
}

/// What was counted.
#[derive(Debug, Default)]
struct Count {
    racks: u64,
    steps: u64,
    joins: u64,
    seen: HashSet<String>,
}

/// One state of the enumeration.
#[derive(Clone)]
struct Node {
    core: Core<N>,
    decision: Decision<N>,
    now_ms: u64,
    estopped: bool,
    /// Core time of the last join.
    joined_ms: Option<u64>,
    core_ms: u64,
}

/// The true currents in milliamps of the closed packs without a load.
fn circulation(volts: &[i32], closed: &[bool]) -> Vec<f64> {
    let held: Vec<f64> = (0..volts.len())
        .filter(|&index| closed[index])
        .map(|index| f64::from(volts[index]))
        .collect();
    let mean = held.iter().sum::<f64>() / held.len().max(1) as f64;
    (0..volts.len())
        .map(|index| {
            if closed[index] {
                (mean - f64::from(volts[index])) / R
            } else {
                0.0
            }
        })
        .collect()
}

fn closed(decision: &Decision<N>, packs: usize) -> Vec<bool> {
    decision.packs[..packs]
        .iter()
        .map(|pack| pack.command == SwitchCommand::Closed)
        .collect()
}

/// The inputs of a rack in which the packs that are closed exchange their currents.
fn measured(volts: &[i32], before: &[bool]) -> Inputs<N> {
    let mut inputs = Inputs::<N>::default();
    for (index, current) in circulation(volts, before).into_iter().enumerate() {
        let terminal = f64::from(volts[index]) + current * R;
        inputs.packs[index].voltage = Sample::good(Millivolts::new(terminal.round() as i32), 0);
        inputs.packs[index].current = Sample::good(Milliamps::new(current.round() as i32), 0);
    }
    inputs.bus.mode_hint = ModeHint::Idle;
    inputs.bus.load_controllable = true;
    inputs
}

/// Makes one step and holds the answer against the rules.
fn step(node: &Node, volts: &[i32], happening: Happening, count: &mut Count) -> Node {
    use Happening as H;
    let packs = volts.len();
    let before = closed(&node.decision, packs);
    let mut inputs = measured(volts, &before);
    let mut gap = 100;
    match happening {
        H::Nothing => {}
        H::Volts(pack, millivolts) => {
            inputs.packs[pack].voltage.value = Millivolts::new(millivolts);
        }
        H::Current(pack, milliamps) => inputs.packs[pack].current.value = Milliamps::new(milliamps),
        H::Age(pack, age_ms) => {
            inputs.packs[pack].voltage = Sample::default();
            inputs.packs[pack].current = Sample::default();
            gap = u64::from(age_ms);
        }
        H::Feedback(pack, feedback) => inputs.packs[pack].switch_feedback = Some(feedback),
        H::Disable(pack) => inputs.commands[0] = Some(Command::Disable { pack: pack as u8 }),
        H::EStop => inputs.commands[0] = Some(Command::EStop),
        H::EStopAndArm => {
            inputs.commands[..2].copy_from_slice(&[Some(Command::EStop), Some(Command::Arm)]);
        }
        H::Arm => inputs.commands[0] = Some(Command::Arm),
        H::NoReadBack => inputs.io.readback_ok = false,
        H::Alert(pack) => inputs.io.alerts = PackSet::EMPTY.with(pack),
        H::Jump => gap = 900,
        H::Hint(hint) => inputs.bus.mode_hint = hint,
    }
    let mut next = node.clone();
    next.now_ms += gap;
    next.core_ms += gap.min(300);
    next.decision = next.core.step(next.now_ms, &inputs);
    match happening {
        H::EStop | H::EStopAndArm => next.estopped = true,
        H::Arm => next.estopped = false,
        _ => {}
    }
    judge(node, &mut next, volts, happening, &inputs, gap, count);
    next
}

fn judge(
    node: &Node,
    next: &mut Node,
    volts: &[i32],
    happening: Happening,
    inputs: &Inputs<N>,
    gap: u64,
    count: &mut Count,
) {
    use Happening as H;
    let packs = volts.len();
    let (before, now) = (closed(&node.decision, packs), closed(&next.decision, packs));
    let story = || format!("{volts:?} {happening:?} {:?}", next.decision.packs);
    count.steps += 1;
    let joined: Vec<usize> = (0..packs)
        .filter(|&index| now[index] && !before[index])
        .collect();
    assert!(joined.len() <= 1, "I6: {}", story());
    if let Some(&index) = joined.first() {
        count.joins += 1;
        assert!(gap <= 300, "D19: {}", story());
        if let Some(joined_ms) = node.joined_ms {
            assert!(next.core_ms - joined_ms >= 500, "I6: {}", story());
        }
        assert!(
            !matches!(happening, H::Age(pack, 301..) if pack == index),
            "I15: {}",
            story()
        );
        let sample = inputs.packs[index].voltage.value.get();
        assert!(
            (24_000..=29_600).contains(&sample) || gap > 100,
            "I1: {}",
            story()
        );
        let lying = matches!(happening, H::Volts(..) | H::Current(..));
        for current in circulation(volts, &now) {
            assert!(
                lying || current.abs() <= 5_000.0,
                "I5: {current} {}",
                story()
            );
        }
    }
    let joined_ms = (!joined.is_empty()).then_some(next.core_ms);
    assert!(!next.estopped || !now.contains(&true), "I8: {}", story());
    match happening {
        H::NoReadBack => assert!(!now.contains(&true), "I14: {}", story()),
        H::Alert(pack) | H::Volts(pack, 30_000) | H::Current(pack, -14_000) => {
            assert!(!now[pack], "I7: {}", story());
        }
        H::Age(pack, 1_001) => assert!(!now[pack], "I15: {}", story()),
        H::Disable(pack) => assert!(!now[pack], "I25: {}", story()),
        _ => {}
    }
    assert!(
        !next.decision.load_permit || (next.decision.dcl.get() > 0 && now.contains(&true)),
        "I18: {}",
        story()
    );
    for (index, decided) in next.decision.packs.iter().enumerate().take(packs) {
        let out = matches!(
            decided.state,
            PackState::Absent
                | PackState::Disabled
                | PackState::Fault
                | PackState::Latched
                | PackState::Cooldown { .. }
                | PackState::StuckClosed
        );
        assert!(!out || !now[index], "I25: {}", story());
        let told = |kind: EventKind| {
            (next.decision.events.iter())
                .filter(|event| event.kind == kind && event.pack.map(usize::from) == Some(index))
                .count()
        };
        assert_eq!(
            told(EventKind::Closed),
            usize::from(now[index] && !before[index]),
            "I24: {}",
            story()
        );
        assert_eq!(
            told(EventKind::Opened),
            usize::from(!now[index] && before[index]),
            "I24: {}",
            story()
        );
    }
    next.joined_ms = joined_ms.or(node.joined_ms);
}

/// What distinguishes two decisions for the count of states reached.
fn fingerprint(node: &Node, packs: usize) -> String {
    let states: Vec<_> = (node.decision.packs[..packs].iter())
        .map(|pack| (pack.state.code(), pack.command.code(), pack.reason.code()))
        .collect();
    format!("{:?} {states:?}", node.decision.system)
}

fn explore(node: &Node, volts: &[i32], happenings: &[Happening], depth: usize, count: &mut Count) {
    let packs = volts.len();
    for &happening in happenings {
        let next = step(node, volts, happening, count);
        count.seen.insert(fingerprint(&next, packs));
        if depth > 1 {
            explore(&next, volts, happenings, depth - 1, count);
        }
    }
}

/// Enumerates all racks of `packs` packs, from the end of the boot and again from half a second after it.
fn enumerate(packs: usize, full: bool, depth: usize, count: &mut Count) {
    let happenings = happenings(packs, full);
    let racks = VOLTS.len().pow(packs as u32);
    for rack in 0..racks {
        let volts: Vec<i32> = (0..packs)
            .map(|pack| VOLTS[rack / VOLTS.len().pow(pack as u32) % VOLTS.len()])
            .collect();
        let mut node = Node {
            core: Core::new(packs, Params::default()).unwrap(),
            decision: Decision::default(),
            now_ms: 0,
            estopped: false,
            joined_ms: None,
            core_ms: 0,
        };
        // Five samples, then the first joins: four steps begin before the first one and around the second.
        for quiet in 0..9 {
            if matches!(quiet, 3 | 8) {
                explore(&node, &volts, &happenings, depth, count);
            }
            node = step(&node, &volts, Happening::Nothing, count);
        }
        count.racks += 1;
    }
}

#[test]
fn no_combination_of_the_reduced_grid_breaks_a_rule() {
    let mut count = Count::default();
    enumerate(1, false, DEPTH, &mut count);
    enumerate(2, false, 3, &mut count);
    enumerate(3, false, 2, &mut count);
    assert!(
        count.joins > 1_000 && count.seen.len() > 100,
        "{} {}",
        count.joins,
        count.seen.len()
    );
    println!(
        "{} racks, {} steps, {} joins, {} states",
        count.racks,
        count.steps,
        count.joins,
        count.seen.len()
    );
}

/// The full grid for one and two packs at full depth, and for three with the reduced events at full depth.
#[test]
#[ignore = "many minutes; run by cargo xtask proof"]
fn the_full_grid() {
    let mut table =
        "| packs | events a step | steps deep | racks | steps | joins | states |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n".to_owned();
    let grids = [(1, true), (2, true), (3, false)].map(|(packs, full)| {
        let run = move || {
            let mut count = Count::default();
            enumerate(packs, full, DEPTH, &mut count);
            (packs, full, count)
        };
        std::thread::spawn(run)
    });
    for grid in grids {
        let (packs, full, count) = grid.join().expect("a combination breaks a rule");
        let Count {
            racks,
            steps,
            joins,
            seen,
        } = count;
        assert!(
            joins > 0 && seen.len() > 20,
            "{joins} joins, {} states",
            seen.len()
        );
        let events = happenings(packs, full).len();
        table += &format!(
            "| {packs} | {events} | {DEPTH} | {racks} | {steps} | {joins} | {} |\n",
            seen.len()
        );
    }
    println!("PROOF TABLE BEGIN\n{table}PROOF TABLE END");
}
