//! For a person who looks into a broken bar of A2: some seconds of one fleet, step by step.
//!
//! `FLEET=58080 AT=0.4 cargo test --release --test acceptance -- --ignored --nocapture story` prints three seconds around
//! that time, and all openings until then. The number of a fleet says everything about it.

use parallelator_core::EventKind;

use super::fleets;

const BEFORE_MS: u64 = 2_000;
const AFTER_MS: u64 = 1_000;

#[test]
#[ignore = "prints, judges nothing; takes FLEET and AT from the environment"]
fn story_of_one_fleet() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<f64>().ok();
    let (Some(fleet), Some(at_s)) = (number("FLEET"), number("AT")) else {
        println!("FLEET and AT are not given");
        return;
    };
    let (name, mut field) = fleets::field(fleet as u64);
    println!("{name}");
    for index in 0..field.plant.len() {
        let pack = field.plant.pack(index);
        println!(
            "pack {index}: {:.1} mΩ and {:.1} mΩ behind, {:.3} V, {:.1} % charged, {:?} A",
            pack.path_ohm * 1_000.0,
            pack.behind_ohm * 1_000.0,
            pack.ocv_v,
            pack.soc * 100.0,
            field.judge.limits()[index],
        );
    }
    let at_ms = (at_s * 1_000.0) as u64;
    while field.now_ms < at_ms + AFTER_MS {
        let (now_ms, told) = (field.now_ms, field.events.len());
        field.tick();
        if now_ms + BEFORE_MS < at_ms {
            continue;
        }
        let ask = field.demand.at(now_ms);
        let decision = &field.decision;
        print!(
            "{:.1} s: asked {:.1}/{:.1} A, DCL {} {} CCL {} {}, load {:.2} charger {:.2} A;",
            now_ms as f64 / 1_000.0,
            ask.load_a,
            ask.charger_a,
            decision.dcl.get(),
            if decision.load_permit { "on" } else { "off" },
            decision.ccl.get(),
            if decision.charge_permit { "on" } else { "off" },
            field.plant.load_current(),
            field.plant.charger_current(),
        );
        for index in 0..field.plant.len() {
            let pack = field.plant.pack(index);
            if pack.switch_conducts {
                let circulating = field.plant.no_load_circulation(index);
                print!(" {index}: {:.2} ({circulating:.2})", pack.current_a);
            }
        }
        println!();
        for (_, event) in &field.events[told..] {
            println!("    {event:?}");
        }
    }
    println!("openings so far: {}", field.openings());
    for (_, event) in &field.events {
        if event.kind == EventKind::Opened {
            println!("    {event:?}");
        }
    }
}
