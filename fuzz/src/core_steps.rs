//! Any story told to the decision core, step by step, judged by sentences of the safety rules.
//!
//! The rack starts healthy; the fuzzer changes one thing after the other and lets time pass. What the judge knows comes
//! from the inputs alone, never from the core.

mod judge;
mod story;

use parallelator_core::{Core, Inputs, PackInput, Params, RECORD_MAX};

use crate::{bytes::Bytes, core_record::kept};
use judge::Judge;
use story::Story;

/// Capacities that have to decide alike.
const SMALL: usize = 8;
const LARGE: usize = 32;
/// Steps in one story, so that a run stays short.
const LONGEST: u32 = 600;

/// No panic for any input; a core with a larger capacity decides the same; every decision keeps the rules that
/// [`judge`] names; what the core would store for a reboot can be read again and holds the same packs open.
pub fn core_steps(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let packs = usize::from(bytes.u8()) % SMALL + 1;
    let params = Params::default();
    let mut small = Core::<SMALL>::new(packs, params).unwrap();
    let mut large = Core::<LARGE>::new(packs, params).unwrap();
    let mut story = Story::new();
    let mut judge = Judge::new(packs);
    let mut steps = 0;
    while !bytes.is_empty() && steps < LONGEST {
        let repeats = story.change(&mut bytes, packs, small.params());
        for _ in 0..repeats {
            story.pass_time();
            judge.hear(story.now_ms, &story.inputs, small.params());
            let decision = small.step(story.now_ms, &story.inputs);
            let same = large.step(story.now_ms, &widened(&story.inputs));
            assert_eq!(decision.packs[..], same.packs[..SMALL]);
            assert_eq!(decision.system, same.system);
            assert_eq!(decision.dcl, same.dcl);
            assert_eq!(decision.ccl, same.ccl);
            assert_eq!(decision.events, same.events);
            judge.judge(&story.inputs, small.params(), &decision);
            story.forget_orders();
            steps += 1;
        }
    }
    let mut buffer = [0; RECORD_MAX];
    let record = small.write_record(&mut buffer).unwrap();
    let mut rebooted = Core::<SMALL>::new(packs, params).unwrap();
    rebooted.restore(record).unwrap();
    let mut buffer = [0; RECORD_MAX];
    let again = rebooted.write_record(&mut buffer).unwrap();
    assert_eq!(kept(again), kept(record));
}

fn widened(inputs: &Inputs<SMALL>) -> Inputs<LARGE> {
    let mut packs = [PackInput::default(); LARGE];
    packs[..SMALL].copy_from_slice(&inputs.packs);
    Inputs {
        packs,
        bus: inputs.bus,
        io: inputs.io,
        commands: inputs.commands,
        new_params: inputs.new_params,
        unreadable_params: inputs.unreadable_params,
    }
}
