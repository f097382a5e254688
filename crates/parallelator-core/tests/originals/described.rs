//! The figures that the description gives of the originals: the models must show them too, or they model something else.

use crate::controller::{Controller, Ms, Seen, Sensor, Setup, Switches, Version};

/// A controller that is shown fixed readings, whatever it does.
struct Bench {
    controller: Box<dyn Controller>,
    switches: Switches,
    sensors: Vec<Sensor>,
    now_ms: Ms,
}

fn reads(mv: i32, ma: i32) -> Sensor {
    Sensor::Reads {
        mv,
        ma,
        at_end: false,
    }
}

impl Bench {
    fn new(version: Version, setup: Setup, millivolts: &[i32; 8]) -> Self {
        Self {
            controller: version.build(8, setup),
            switches: Switches::new(8),
            sensors: millivolts.iter().map(|&mv| reads(mv, 0)).collect(),
            now_ms: 0,
        }
    }

    fn pass(&mut self) {
        let seen = Seen {
            now_ms: self.now_ms,
            sensors: &self.sensors,
            alerts: &[false; 8],
            requests: &[],
        };
        self.controller.pass(&seen, &mut self.switches);
        self.now_ms += 100;
    }

    fn run_to(&mut self, ms: Ms) {
        while self.now_ms < ms {
            self.pass();
        }
    }

    fn on(&self) -> Vec<usize> {
        (0..8).filter(|&slot| self.switches.drives(slot)).collect()
    }

    /// The first time at which this is so.
    fn first(&mut self, is_so: impl Fn(&Self) -> bool) -> Ms {
        while !is_so(self) {
            self.pass();
            assert!(self.now_ms < 200_000, "never");
        }
        self.now_ms - 100
    }
}

const HEALTHY: [i32; 8] = [28_000; 8];
const ALL: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn the_first_port_locks_a_healthy_pack_after_51_2_seconds() {
    let mut bench = Bench::new(Version::FirstPort, Setup::default(), &HEALTHY);
    bench.pass();
    assert_eq!(bench.on(), ALL);
    assert_eq!(bench.first(|bench| bench.on().is_empty()), 51_200);
    bench.run_to(200_000);
    assert!(bench.on().is_empty());
}

#[test]
fn the_second_port_opens_everything_for_one_tick_in_256_and_first_after_50_8_seconds() {
    let setup = Setup {
        balancing: true,
        ..Setup::default()
    };
    let mut bench = Bench::new(Version::SecondPort, setup, &HEALTHY);
    bench.pass();
    assert_eq!(bench.first(|bench| bench.on().is_empty()), 50_800);
    assert_eq!(bench.first(|bench| bench.on() == ALL), 51_000);
    assert_eq!(bench.first(|bench| bench.on().is_empty()), 50_800 + 51_200);
}

#[test]
fn production_connects_packs_far_apart_in_one_cycle_and_parts_them_after_three() {
    let mut volts = HEALTHY;
    volts[0] = 25_000;
    volts[1] = 29_500;
    let mut bench = Bench::new(Version::Production, Setup::default(), &volts);
    let closed_ms = bench.first(|bench| bench.on().contains(&0));
    assert_eq!(bench.on(), ALL);
    let opened_ms = bench.first(|bench| !bench.on().contains(&0));
    assert_eq!(opened_ms - closed_ms, 600);
}

#[test]
fn production_comes_back_200_milliseconds_after_an_over_current() {
    let mut bench = Bench::new(Version::Production, Setup::default(), &HEALTHY);
    bench.run_to(20_000);
    bench.sensors[0] = reads(28_000, -20_000);
    let off_ms = bench.first(|bench| !bench.on().contains(&0));
    bench.sensors[0] = reads(28_000, 0);
    assert_eq!(bench.first(|bench| bench.on().contains(&0)) - off_ms, 200);
}

#[test]
fn production_opens_after_four_failed_readings() {
    let mut bench = Bench::new(Version::Production, Setup::default(), &HEALTHY);
    bench.run_to(20_000);
    bench.sensors[0] = Sensor::Silent;
    let off_ms = bench.first(|bench| !bench.on().contains(&0));
    assert_eq!(off_ms, 20_000 + 3 * 200, "0.8 s with the last good one");
}

#[test]
fn production_never_opens_when_one_reading_in_five_fails() {
    let mut bench = Bench::new(Version::Production, Setup::default(), &HEALTHY);
    bench.run_to(20_000);
    for cycle in 0..500 {
        bench.sensors[0] = if cycle % 5 == 0 {
            Sensor::Silent
        } else {
            reads(28_000, 0)
        };
        bench.run_to(20_000 + cycle * 200 + 200);
        assert_eq!(bench.on(), ALL);
    }
}

#[test]
fn the_second_port_latches_at_the_fifth_fault_and_the_first_loop_at_the_sixth() {
    for (version, faults) in [(Version::SecondPort, 5), (Version::V1Loop, 6)] {
        let mut bench = Bench::new(version, Setup::default(), &HEALTHY);
        for fault in 1..=faults {
            bench.run_to(fault * 20_000);
            assert_eq!(bench.on(), ALL, "before fault {fault}");
            bench.sensors[0] = reads(23_000, 0);
            bench.run_to(fault * 20_000 + 1_000);
            bench.sensors[0] = reads(28_000, 0);
        }
        bench.run_to(199_000);
        assert_eq!(bench.on(), ALL[1..], "{}", version.name());
    }
}

#[test]
fn the_first_loop_has_its_limits_to_the_millivolt() {
    let volts = [
        24_000, 23_999, 24_001, 24_500, 25_000, 25_000, 25_000, 25_000,
    ];
    let mut bench = Bench::new(Version::V1Loop, Setup::default(), &volts);
    bench.run_to(1_000);
    assert_eq!(
        bench.on(),
        [0, 2, 3, 4, 5, 6, 7],
        "24.000 V on, 23.999 V off"
    );
    let volts = [
        30_000, 29_000, 28_999, 29_500, 30_000, 30_000, 30_000, 30_000,
    ];
    let mut bench = Bench::new(Version::V1Loop, Setup::default(), &volts);
    bench.run_to(1_000);
    assert_eq!(
        bench.on(),
        [0, 1, 3, 4, 5, 6, 7],
        "1.000 V apart on, 1.001 V off"
    );
    let mut bench = Bench::new(Version::V1Loop, Setup::default(), &[30_001; 8]);
    bench.run_to(1_000);
    assert!(bench.on().is_empty(), "30.001 V off");
}
