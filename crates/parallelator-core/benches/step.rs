//! Cost of one decision: `cargo bench -p parallelator-core`.

use std::hint::black_box;

use battery_units::{Milliamps, Millivolts};
use criterion::{BenchmarkId, Criterion};
use parallelator_core::{Core, Inputs, Params, Sample};

const N: usize = 32;

/// Inputs of a rack at these voltages.
fn inputs(millivolts: impl Iterator<Item = i32>) -> Inputs<N> {
    let mut inputs = Inputs::default();
    inputs.bus.load_controllable = true;
    for (pack, mv) in inputs.packs.iter_mut().zip(millivolts) {
        pack.voltage = Sample::good(Millivolts::new(mv), 0);
        pack.current = Sample::good(Milliamps::ZERO, 0);
    }
    inputs
}

/// A core that has run for a minute with these inputs.
fn settled(packs: usize, inputs: &Inputs<N>) -> Core<N> {
    let mut core = Core::new(packs, Params::default()).expect("valid");
    for tick in 0..600 {
        core.step(tick * 100, inputs);
    }
    core
}

fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    for packs in [4, 8, 16, 32] {
        let near = inputs((0..32).map(|index| 28_000 + index));
        let connected = settled(packs, &near);
        group.bench_with_input(
            BenchmarkId::new("all connected", packs),
            &near,
            |b, inputs| {
                b.iter(|| black_box(connected).step(60_100, black_box(inputs)));
            },
        );
        // Every second pack fits and is connected, the others are judged and refused in every step.
        let mixed = inputs((0..32).map(|index| {
            if index % 2 == 0 {
                28_000 + index
            } else {
                27_500 - index
            }
        }));
        let half = settled(packs, &mixed);
        group.bench_with_input(
            BenchmarkId::new("half refused", packs),
            &mixed,
            |b, inputs| {
                b.iter(|| black_box(half).step(60_100, black_box(inputs)));
            },
        );
        let mut dead = Core::<N>::new(packs, Params::default()).expect("valid");
        for tick in 0..4 {
            dead.step(tick * 100, &near);
        }
        group.bench_with_input(
            BenchmarkId::new("start of a dead bus", packs),
            &near,
            |b, inputs| {
                b.iter(|| black_box(dead).step(400, black_box(inputs)));
            },
        );
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    step(&mut criterion);
    criterion.final_summary();
}
