//! Plays the log of the host, writes the answers, and times each step.

use core::{ffi::CStr, fmt::Write, hint::black_box};

use m33_log::{ENTRY_MAX, Get, HEAD, Head, Players, Put, Reader, Sink, Stepper};
use parallelator_core::{Core, Decision, Inputs};

use crate::{
    board::{now, seven_a_round, since, two_a_round},
    files::{Source, Target},
};

const CALIBRATION_ROUNDS: u32 = 1_000_000;
const CHECK_ROUNDS: u32 = 100_000;

/// Bytes of an answer, collected before their length is written.
struct Answer {
    bytes: [u8; ANSWER_MAX],
    length: usize,
}

/// More than 32 packs and a full list of events.
const ANSWER_MAX: usize = 16 * 1024;

impl Sink for Answer {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        // An answer that does not fit panics, and the run fails.
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }
}

/// Times each step.
struct Clock {
    ticks: Option<u32>,
}

impl Stepper for Clock {
    #[inline(never)]
    fn step<const N: usize>(
        &mut self,
        core: &mut Core<N>,
        now_ms: u64,
        inputs: &Inputs<N>,
    ) -> Decision<N> {
        let start = now();
        let decision = black_box(core.step(now_ms, black_box(inputs)));
        self.ticks = Some(since(start));
        decision
    }
}

/// Plays everything; an error is a sentence for who looks on.
pub fn play() -> Result<(), &'static CStr> {
    let mut log = Source::open(c"inputs.bin").ok_or(c"no inputs.bin\n")?;
    let mut answers = Target::open(c"answers.bin").ok_or(c"no answers.bin\n")?;
    let mut ticks = Target::open(c"ticks.bin").ok_or(c"no ticks.bin\n")?;
    let mut players = Players::new();
    let mut clock = Clock { ticks: None };
    let mut entry = [0; ENTRY_MAX];
    loop {
        let head = log.next(HEAD);
        if head.is_empty() {
            break;
        }
        let head = Head::get(&mut Reader::new(head)).ok_or(c"the log is cut off in a head\n")?;
        let length = head.length as usize;
        let entry = entry.get_mut(..length).ok_or(c"an entry is too long\n")?;
        let bytes = log.next(length);
        if bytes.len() != length {
            return Err(c"the log is cut off in an entry\n");
        }
        entry.copy_from_slice(bytes);
        let mut answer = Answer {
            bytes: [0; ANSWER_MAX],
            length: 0,
        };
        clock.ticks = None;
        players
            .play(head.capacity, entry, &mut clock, &mut answer)
            .ok_or(c"an entry cannot be read\n")?;
        (answer.length as u32).put(&mut answers);
        Sink::put(&mut answers, &answer.bytes[..answer.length]);
        if let Some(taken) = clock.ticks {
            taken.put(&mut ticks);
        }
    }
    facts()?;
    if answers.close() && ticks.close() {
        Ok(())
    } else {
        Err(c"the host did not take the answers\n")
    }
}

/// How long known loops take, and how much room the core needs here.
fn facts() -> Result<(), &'static CStr> {
    let mut file = Target::open(c"facts.txt").ok_or(c"no facts.txt\n")?;
    let start = now();
    let overhead = since(black_box(start));
    let start = now();
    two_a_round(CALIBRATION_ROUNDS);
    let calibration = since(start);
    let start = now();
    seven_a_round(CHECK_ROUNDS);
    let check = since(start);
    let mut fact = |name: &str, value: u32| writeln!(file, "{name}={value}").is_ok();
    let told = fact("overhead_ticks", overhead)
        && fact("calibration_ticks", calibration)
        && fact("calibration_instructions", 2 * CALIBRATION_ROUNDS)
        && fact("check_ticks", check)
        && fact("check_instructions", 7 * CHECK_ROUNDS)
        && fact("core_bytes_4", size_of::<Core<4>>() as u32)
        && fact("core_bytes_16", size_of::<Core<16>>() as u32)
        && fact("core_bytes_32", size_of::<Core<32>>() as u32)
        && fact("inputs_bytes_16", size_of::<Inputs<16>>() as u32)
        && fact("decision_bytes_16", size_of::<Decision<16>>() as u32);
    if told && file.close() {
        Ok(())
    } else {
        Err(c"the host did not take the facts\n")
    }
}
