//! I22 and I23: equal inputs, equal answers, whatever the capacity of the core, and for any numbers at all.

use parallelator_core::*;

use crate::{draw, rack::N, random::Random, tally::Tally};

/// The smaller capacity.
const SMALL: usize = 6;

/// One record of inputs with arbitrary numbers.
fn inputs(random: &mut Random, last: &Inputs<SMALL>) -> Inputs<SMALL> {
    let mut inputs = *last;
    inputs.commands = [None; MAX_COMMANDS];
    inputs.new_params = None;
    for input in &mut inputs.packs {
        if random.once_in(10) {
            let volts = random.one_of(&[27_000, 27_100, 27_000, 21_000, i32::MAX, i32::MIN, -1]);
            let amps = random.one_of(&[0, 0, 5_000, -5_000, 30_000, i32::MAX, i32::MIN]);
            let age = random.one_of(&[0, 0, 0, 400, u32::MAX]);
            input.voltage = Sample::good(battery_units::Millivolts::new(volts), age);
            input.current = Sample::good(battery_units::Milliamps::new(amps), 0);
        } else {
            input.voltage.age_ms = 0;
            input.current.age_ms = 0;
        }
    }
    if random.once_in(40) {
        let pack = random.any() as u8 % 8;
        let fault = random.one_of(Fault::ALL);
        inputs.commands[random.index(MAX_COMMANDS)] = Some(random.one_of(&[
            Command::Arm,
            Command::EStop,
            Command::Enable { pack },
            Command::Disable { pack },
            Command::Clear { pack, fault },
            Command::Service { enter: true },
            Command::Test { pack },
        ]));
    }
    if random.once_in(60) {
        inputs.new_params = Some(draw::params(random));
    }
    inputs.bus.voltage = random
        .once_in(3)
        .then(|| battery_units::Millivolts::new(random.any() as i32));
    inputs
}

fn widened(inputs: &Inputs<SMALL>) -> Inputs<N> {
    let mut packs = [PackInput::default(); N];
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

/// Two cores of different capacity hear the same; then a third one hears the record again.
pub fn compare(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let params = draw::params(&mut random);
    let packs = 1 + random.index(SMALL);
    let mut small = Core::<SMALL>::new(packs, params).unwrap();
    let mut large = Core::<N>::new(packs, params).unwrap();
    let mut record = Vec::new();
    let mut told = Vec::new();
    let mut last = Inputs::default();
    let mut now_ms = random.below(1_000);
    for _ in 0..200 {
        last = inputs(&mut random, &last);
        now_ms = match random.below(200) {
            0 => random.one_of(&[0, u64::MAX, random.clone().any()]),
            1 => now_ms.saturating_add(random.below(100_000)),
            _ => now_ms.saturating_add(u64::from(params.tick_ms)),
        };
        let one = small.step(now_ms, &last);
        let other = large.step(now_ms, &widened(&last));
        let same = one.packs[..] == other.packs[..SMALL]
            && one.events == other.events
            && (one.dcl, one.ccl, one.cvl, one.system)
                == (other.dcl, other.ccl, other.cvl, other.system)
            && (one.load_permit, one.charge_permit) == (other.load_permit, other.charge_permit)
            && (one.bus_voltage, one.bus_current) == (other.bus_voltage, other.bus_current);
        tally.case(22, same, || {
            format!("PROOF_SEED=alike:{seed}: capacities differ at {now_ms}")
        });
        // It was answered: a panic or an overflow would have ended the story.
        tally.case(23, one.packs.len() == SMALL, String::new);
        tally.steps += 1;
        record.push((now_ms, last));
        told.push(one.events);
    }
    let mut again = Core::<SMALL>::new(packs, params).unwrap();
    let replayed = record.iter().all(|(now_ms, inputs)| {
        let events = again.step(*now_ms, inputs).events;
        told.remove(0) == events
    });
    tally.case(22, replayed, || {
        format!("PROOF_SEED=alike:{seed}: the replay differs")
    });
    tally.stories += 1;
}
