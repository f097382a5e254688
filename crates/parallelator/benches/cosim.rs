//! Cost of one line of the co-simulation: `cargo bench -p parallelator`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use parallelator::cosim::{LONGEST_LINE, Line, Session};

/// A step of a rack whose packs stand 10 mV apart, with every measured value.
fn step(packs: usize) -> String {
    let packs: Vec<String> = (0..packs)
        .map(|index| {
            let voltage = 26_400 + 10 * index;
            format!("{{\"voltage_mv\": {voltage}, \"current_ma\": 0, \"temperature_dc\": 215, \"age_ms\": 0, \"capacity_mah\": 10000}}")
        })
        .collect();
    let packs = packs.join(", ");
    format!(
        "{{\"now_ms\": 100, \"packs\": [{packs}], \"bus\": {{\"voltage_mv\": 26400}}, \"load_controllable\": true}}"
    )
}

fn session(packs: usize) -> Session {
    let first = format!("{{\"packs\": {packs}}}");
    Session::start(Line::Whole(first.as_bytes())).expect("valid")
}

fn lines(c: &mut Criterion) {
    let mut group = c.benchmark_group("line");
    for packs in [4, 16, 32] {
        let (line, mut session) = (step(packs), session(packs));
        group.bench_with_input(BenchmarkId::new("step", packs), &line, |b, line| {
            b.iter(|| session.reply(2, Line::Whole(black_box(line.as_bytes()))));
        });
    }
    let key = "k".repeat(LONGEST_LINE - 20);
    let bad = [
        ("unknown key of 1 MiB", format!("{{\"{key}\": 1}}")),
        ("1 MiB of spaces", " ".repeat(LONGEST_LINE)),
        ("1 MiB of brackets", "[".repeat(LONGEST_LINE)),
        (
            "1 MiB of numbers",
            String::from("[") + &"0,".repeat(LONGEST_LINE / 2 - 4),
        ),
        (
            "1 MiB of escapes",
            format!("{{\"{}\": 1}}", "\\u00e9".repeat(LONGEST_LINE / 6 - 4)),
        ),
    ];
    for (name, line) in bad {
        let mut session = session(32);
        group.bench_with_input(BenchmarkId::new("refused", name), &line, |b, line| {
            b.iter(|| session.reply(2, Line::Whole(black_box(line.as_bytes()))));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    lines(&mut criterion);
    criterion.final_summary();
}
