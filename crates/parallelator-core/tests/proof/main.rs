//! The invariants I1 to I28 over random racks: parameters, resistances and readings anywhere inside their bands, faults on.
//!
//! Every story comes from a seed. `PROOF_SEED=Faulty:123 cargo test -p parallelator-core --test proof -- --ignored one_story`
//! tells one again, `start:123` the start of a rack; `PROOF_STEPS` sets how far the ignored long proof goes, which `cargo xtask proof` runs.

mod alike;
mod draw;
mod gate;
mod judge;
mod liveness;
mod offers;
mod rack;
mod random;
mod story;
mod tally;

use story::Profile;
use tally::Tally;

/// Steps of one story at most.
const LONGEST: u64 = 900;

/// Tells stories until this many steps were judged.
fn tell_until(profile: Profile, steps: u64, first_seed: u64) -> Tally {
    let mut tally = Tally::default();
    let mut seed = first_seed;
    while tally.steps < steps {
        story::tell(profile, seed, LONGEST, &mut tally);
        seed += 1;
    }
    tally
}

#[test]
fn every_invariant_of_a_healthy_rack_holds() {
    tell_until(Profile::Healthy, 300_000, 0).confirm(&[
        1, 2, 5, 6, 11, 12, 13, 14, 15, 16, 18, 19, 20, 24, 25, 27, 28,
    ]);
}

#[test]
fn every_invariant_holds_with_switches_that_fail() {
    tell_until(Profile::Welded, 200_000, 0).confirm(&[1, 2, 5, 6, 12, 13, 17, 18, 20, 24, 25, 28]);
}

#[test]
fn every_invariant_holds_with_every_fault() {
    tell_until(Profile::Faulty, 400_000, 0).confirm(&[
        1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 24, 25, 28,
    ]);
}

#[test]
fn every_invariant_holds_for_any_numbers() {
    tell_until(Profile::Wild, 100_000, 0).confirm(&[1, 6, 7, 8, 9, 14, 15, 18, 24, 25]);
}

#[test]
fn the_gate_is_the_formula_of_the_rules_symmetric_and_monotone() {
    let mut tally = Tally::default();
    gate::sample(100_000, 0, &mut tally);
    tally.confirm(&[2, 3, 4, 28]);
}

#[test]
fn healthy_packs_at_rest_that_fit_together_are_joined() {
    let mut tally = Tally::default();
    (0..3_000).for_each(|seed| liveness::start(seed, &mut tally));
    tally.confirm(&[26]);
}

#[test]
fn equal_inputs_give_equal_answers_at_any_capacity_and_again() {
    let mut tally = Tally::default();
    (0..150).for_each(|seed| alike::compare(seed, &mut tally));
    tally.confirm(&[22, 23]);
}

/// One share of the long proof: every profile, by steps.
fn share_of_the_long_proof(shard: u64, steps: u64) -> Tally {
    let mut tally = Tally::default();
    let first = (shard + 1) << 40;
    for (profile, percent) in [
        (Profile::Healthy, 30),
        (Profile::Welded, 20),
        (Profile::Faulty, 40),
        (Profile::Wild, 5),
    ] {
        tally.add(tell_until(profile, steps * percent / 100, first));
    }
    let wanted = tally.steps;
    let mut seed = first;
    while tally.steps < wanted + steps * 5 / 100 {
        liveness::start(seed, &mut tally);
        alike::compare(seed, &mut tally);
        seed += 1;
    }
    gate::sample(steps / 20, first, &mut tally);
    tally
}

/// As many steps as `PROOF_STEPS` says, over all processors; prints the table of `docs/safety.md`.
#[test]
#[ignore = "takes as long as PROOF_STEPS asks for; run by cargo xtask proof"]
fn the_long_proof() {
    let steps: u64 =
        std::env::var("PROOF_STEPS").map_or(1_000_000, |text| text.parse().expect("a number"));
    let shards = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    // Small pieces, so that the progress can be seen.
    let pieces = (steps / 1_000_000).clamp(1, 100);
    let mut tally = Tally::default();
    for piece in 0..pieces {
        let handles: Vec<_> = (0..shards)
            .map(|shard| {
                let number = piece * shards + shard;
                std::thread::spawn(move || share_of_the_long_proof(number, steps / pieces / shards))
            })
            .collect();
        for handle in handles {
            tally.add(handle.join().expect("a share of the proof panicked"));
        }
        eprintln!(
            "proof: {} of {steps} steps, {} violations",
            tally.steps,
            tally.violations.iter().sum::<u64>()
        );
    }
    println!("PROOF TABLE BEGIN\n{}PROOF TABLE END", tally.table());
    tally.confirm(&(1..=28).collect::<Vec<_>>());
}

/// One story again, by its seed.
#[test]
#[ignore = "tells the story that PROOF_SEED names"]
fn one_story() {
    let name = std::env::var("PROOF_SEED").expect("PROOF_SEED=Profile:number");
    let (profile, seed) = name.split_once(':').expect("Profile:number");
    let seed = seed.parse().expect("a number");
    let mut tally = Tally::default();
    if profile == "start" {
        liveness::start(seed, &mut tally);
        return tally.confirm(&[]);
    }
    let profile = [
        Profile::Healthy,
        Profile::Welded,
        Profile::Faulty,
        Profile::Wild,
    ]
    .into_iter()
    .find(|one| format!("{one:?}") == profile)
    .expect("a profile");
    story::tell(profile, seed, LONGEST, &mut tally);
    tally.confirm(&[]);
}
