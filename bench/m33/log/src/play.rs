//! Plays entries on a core and writes what it answers.

use parallelator_core::{CONFIG_MAX, Core, Decision, Inputs, Params, RECORD_MAX, RecordError};

use crate::{Damage, Entry, Get, Place, Put, Reader, Sink};

/// What makes the step: the core alone, or with a clock beside it.
pub trait Stepper {
    /// Gives the core its step.
    fn step<const N: usize>(
        &mut self,
        core: &mut Core<N>,
        now_ms: u64,
        inputs: &Inputs<N>,
    ) -> Decision<N>;
}

/// A core of each capacity that a log may ask for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Players {
    four: Player<4>,
    sixteen: Player<16>,
    thirty_two: Player<32>,
}

impl Players {
    /// No core yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            four: Player::new(),
            sixteen: Player::new(),
            thirty_two: Player::new(),
        }
    }

    /// Plays the entry with these bytes; `None` when they are no entry for such a core.
    #[must_use]
    pub fn play(
        &mut self,
        capacity: u8,
        bytes: &[u8],
        stepper: &mut impl Stepper,
        sink: &mut impl Sink,
    ) -> Option<()> {
        match capacity {
            4 => self.four.play_bytes(bytes, stepper, sink),
            16 => self.sixteen.play_bytes(bytes, stepper, sink),
            32 => self.thirty_two.play_bytes(bytes, stepper, sink),
            _ => None,
        }
    }
}

/// A core, once an entry has made one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Player<const N: usize> {
    core: Option<Core<N>>,
}

impl<const N: usize> Player<N> {
    /// No core yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { core: None }
    }

    fn play_bytes(
        &mut self,
        bytes: &[u8],
        stepper: &mut impl Stepper,
        sink: &mut impl Sink,
    ) -> Option<()> {
        let mut reader = Reader::new(bytes);
        let entry = Entry::get(&mut reader).filter(|_| reader.is_empty())?;
        self.play(
            &entry,
            |core, now_ms, inputs| stepper.step(core, now_ms, inputs),
            sink,
        );
        Some(())
    }

    /// Does what the entry says and writes the whole answer; `step` makes the step, so that a caller can time it or look.
    ///
    /// The first byte says whether there was a core, or could be made.
    pub fn play(
        &mut self,
        entry: &Entry<N>,
        step: impl FnOnce(&mut Core<N>, u64, &Inputs<N>) -> Decision<N>,
        sink: &mut impl Sink,
    ) {
        if let Entry::Start { packs, params } = entry {
            return self.start(*packs, params, sink);
        }
        self.core.is_some().put(sink);
        let Some(core) = &mut self.core else {
            return;
        };
        match entry {
            // Done above.
            Entry::Start { .. } => {}
            Entry::Step { now_ms, inputs } => {
                let decision = step(core, *now_ms, inputs);
                decision.put(sink);
                sink.enter(Place::Field("explained"));
                for pack in 0..core.packs() {
                    sink.enter(Place::Item(pack));
                    decision.explain(pack).put(sink);
                    sink.leave();
                }
                sink.leave();
            }
            Entry::Save => save(core, sink),
            Entry::Reboot { damage } => reboot(core, *damage, sink),
        }
    }

    fn start(&mut self, packs: u8, params: &Params, sink: &mut impl Sink) {
        let made = Core::new(packs.into(), *params);
        self.core = made.ok();
        self.core.is_some().put(sink);
        if let Err(error) = made {
            error.put(sink);
        }
        let mut faults = 0u32;
        params.for_each_fault(|fault| {
            fault.put(sink);
            faults = faults.saturating_add(1);
        });
        faults.put(sink);
        params.closes_per_hour_of_fleet(packs.into()).put(sink);
        params.hard_discharge().put(sink);
        params.hard_charge().put(sink);
    }
}

fn save<const N: usize>(core: &Core<N>, sink: &mut impl Sink) {
    let mut buffer = [0; RECORD_MAX];
    let written = core.write_record(&mut buffer).map(<[u8]>::len);
    put_outcome(written.map(|_| ()), sink);
    let size = written.unwrap_or(0);
    sink.enter(Place::Field("record"));
    buffer.get(..size).unwrap_or_default().put(sink);
    sink.leave();
    // One byte less is refused.
    let short = buffer.get_mut(..size.saturating_sub(1)).unwrap_or_default();
    put_outcome(core.write_record(short).map(|_| ()), sink);
    sink.enter(Place::Field("params"));
    core.params().put(sink);
    sink.leave();
    core.packs().put(sink);
    save_config(core.params(), sink);
}

/// The parameters as their own record, what reads back from it, and what a changed byte makes of it.
fn save_config(params: &Params, sink: &mut impl Sink) {
    let mut buffer = [0; CONFIG_MAX];
    let size = params.write_config(&mut buffer).map_or(0, <[u8]>::len);
    let record = buffer.get_mut(..size).unwrap_or_default();
    sink.enter(Place::Field("config"));
    record.put(sink);
    sink.leave();
    (Params::from_config(record) == Ok(*params)).put(sink);
    let checksum = record.last().copied().unwrap_or(0);
    let changed = usize::from(checksum).checked_rem(size).unwrap_or(0);
    if let Some(byte) = record.get_mut(changed) {
        *byte ^= 1;
    }
    sink.enter(Place::Field("changed_config"));
    Params::from_config(record).err().put(sink);
    sink.leave();
    let short = record.get(..changed).unwrap_or_default();
    Params::from_config(short).err().put(sink);
}

fn reboot<const N: usize>(core: &mut Core<N>, damage: Option<Damage>, sink: &mut impl Sink) {
    let mut buffer = [0; RECORD_MAX];
    let mut size = core.write_record(&mut buffer).map_or(0, <[u8]>::len);
    if let Some(damage) = damage {
        size = size.min(damage.length.into());
        if let Some(byte) = buffer.get_mut(usize::from(damage.at)) {
            *byte ^= damage.flip;
        }
    }
    match Core::new(core.packs(), *core.params()) {
        Ok(new) => *core = new,
        Err(error) => return error.put(sink),
    }
    let restored = core.restore(buffer.get(..size).unwrap_or_default());
    put_outcome(restored, sink);
    if restored.is_err() {
        core.hold_for_lost_record();
    }
}

fn put_outcome(outcome: Result<(), RecordError>, sink: &mut impl Sink) {
    outcome.is_ok().put(sink);
    if let Err(error) = outcome {
        error.put(sink);
    }
}
