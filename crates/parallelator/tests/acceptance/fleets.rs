//! A2: random fleets whose load and charger follow the limits, judged on the true plant.

use std::time::Instant;

use battery_sim::plant::{Chemistry, Random};
use parallelator_core::{Anchor, EventKind};

use super::{
    demand::Demand,
    field::{Field, Fitting, TICK_MS},
    fleet::{Draw, LARGEST_LIMIT_A, Paths},
    judge::Worst,
};

/// Largest circulating current without a load after a join, A: `i_circ_max`.
const AT_JOIN_A: f64 = 5.0;
/// Largest at any later time, A.
const LATER_A: f64 = 1.1 * AT_JOIN_A;
/// Largest current of a pack as a part of its limit, the error of the sensors apart.
const SHARE: f64 = 1.0;
/// The demand of a fleet is drawn for so long, ms.
const LONGEST_MS: u64 = 3_600_000;
/// What floating point may add.
const ROUNDING: f64 = 1e-6;

/// What one fleet or many have shown.
#[derive(Default)]
struct Shown {
    fleets: u32,
    joins: u64,
    openings: usize,
    at_join: f64,
    later: f64,
    share: f64,
    broken: Vec<String>,
}

impl Shown {
    fn add(&mut self, name: &str, field: &Field) {
        let judge = &field.judge;
        self.fleets += 1;
        self.joins += judge.joins;
        let opened = field.count(EventKind::Opened);
        self.openings += opened;
        if opened > 0 {
            // No bar, but nothing was broken in this fleet: somebody should look.
            println!("{name}: openings: {}", field.openings());
        }
        let mut hold = |what: &str, seen: &Worst, bar: f64, worst: &mut f64| {
            *worst = worst.max(seen.value);
            let kept = seen.value <= bar + ROUNDING;
            if !kept {
                let openings = field.openings();
                self.broken
                    .push(format!("{name}: {what} {seen}; openings: {openings}"));
            }
        };
        hold(
            "circulating at a join",
            &judge.at_join,
            AT_JOIN_A,
            &mut self.at_join,
        );
        hold("circulating later", &judge.later, LATER_A, &mut self.later);
        hold(
            "share of its limit",
            &judge.share_of_limit,
            SHARE,
            &mut self.share,
        );
        let checks = field.plant.checks();
        if !checks.pass() {
            self.broken
                .push(format!("{name}: the plant breaks its own laws: {checks:?}"));
        }
    }

    fn merge(&mut self, other: Self) {
        self.fleets += other.fleets;
        self.joins += other.joins;
        self.openings += other.openings;
        self.at_join = self.at_join.max(other.at_join);
        self.later = self.later.max(other.later);
        self.share = self.share.max(other.share);
        self.broken.extend(other.broken);
    }

    fn figure(&self, name: &str) {
        println!(
            "figure: A2 {name} | fleets {} | joins {} | openings {} | circulating at a join {:.3} A (bar {AT_JOIN_A:.1}) | \
             later {:.3} A (bar {LATER_A:.1}) | worst pack {:.4} of its limit (bar {SHARE:.1}) | broken {}",
            self.fleets,
            self.joins,
            self.openings,
            self.at_join,
            self.later,
            self.share,
            self.broken.len()
        );
    }
}

/// The number of a fleet: a draw, how many packs, of which cells.
fn number(draw: u64, packs: usize, cells: Chemistry) -> u64 {
    let kind = Chemistry::ALL.iter().position(|kind| *kind == cells);
    draw * 1_000 + packs as u64 * 10 + kind.unwrap_or_default() as u64
}

/// The fleet with this number, in a field; everything else about it is drawn. And its name.
pub fn field(number: u64) -> (String, Field) {
    let seed = number;
    let packs = (number % 1_000 / 10) as usize;
    let cells = Chemistry::ALL[(number % 10) as usize];
    let mut random = Random::new(seed ^ 0xA2);
    let mut one_in = |n: u64| random.bits().is_multiple_of(n);
    let middle = one_in(2);
    let draw = Draw {
        seed,
        packs,
        cells,
        // A wide fleet joins few packs at a time, a narrow one all of them.
        soc: if middle { (0.40, 0.70) } else { (0.10, 0.95) },
        paths: if one_in(2) {
            Paths::Ends
        } else {
            Paths::Anywhere
        },
        bare: one_in(2),
        own_limits: one_in(2),
        capacity_ah: (10.0, 30.0),
        anchor: if one_in(4) {
            Anchor::LargestSet
        } else {
            Anchor::ByMode
        },
    };
    let fitting = Fitting {
        seed,
        bus_measured: one_in(2),
        hinted: one_in(2),
        gauged: false,
        load_controllable: !one_in(4),
        charger_controllable: !one_in(4),
    };
    let demand = Demand::drawn(seed, packs as f64 * LARGEST_LIMIT_A, LONGEST_MS);
    let name = format!("fleet {number}: {draw:?} {fitting:?}");
    (name, Field::new(draw.fleet(), demand, fitting))
}

/// Runs these draws of every size; the bars that were broken.
fn run(draws: std::ops::Range<u64>, chemistries: &[Chemistry], minutes: u64) -> Vec<String> {
    let mut broken = Vec::new();
    for &cells in chemistries {
        for packs in [2, 4, 8, 16] {
            let mut shown = Shown::default();
            for draw in draws.clone() {
                let (name, mut field) = field(number(draw, packs, cells));
                field.run_ms(minutes * 60_000);
                let mut one = Shown::default();
                one.add(&name, &field);
                shown.merge(one);
            }
            shown.figure(&format!("{cells:?} N={packs}, {minutes} min"));
            broken.extend(shown.broken);
        }
    }
    broken
}

fn judge(broken: &[String]) {
    assert!(
        broken.is_empty(),
        "{} bars broken:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn no_drawn_fleet_circulates_more_than_its_limit_or_overloads_a_pack() {
    judge(&run(0..3, &[Chemistry::Nmc, Chemistry::Lfp], 5));
}

#[test]
#[ignore = "long: minutes in a release build"]
fn long_no_drawn_fleet_circulates_more_than_its_limit_or_overloads_a_pack() {
    let started = Instant::now();
    const DRAWS: u64 = 60;
    const MINUTES: u64 = 45;
    let broken = run(0..DRAWS, &Chemistry::ALL, MINUTES);
    let simulated_s = (DRAWS * 4 * 4 * MINUTES * 60) as f64;
    println!(
        "figure: A2 speed | {:.0} simulated seconds a second at ticks of {TICK_MS} ms",
        simulated_s / started.elapsed().as_secs_f64()
    );
    judge(&broken);
}
