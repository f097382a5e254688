//! Tells the stories to the core on the host: the log, and what has to be answered.

use std::{collections::BTreeMap, ops::Range};

use m33_log::{ENTRY_MAX, Entry, Get, HEAD, Head, Player, Players, Reader, Stepper};
use parallelator_core::{Core, Decision, EventKind, Fault, Inputs, SwitchCommand, Waiting};

use crate::{
    Named, Story,
    bytes::Plain,
    happenings::{After, World},
    to_bytes,
};

/// One entry of the log, for who has to speak about it.
#[derive(Debug, Clone)]
pub struct Told {
    /// Position of its story.
    pub story: usize,
    /// The time it gave, when it is a step.
    pub now_ms: Option<u64>,
    /// Where its answer stands, without the length before it.
    pub answer: Range<usize>,
}

/// How much happened in the log: a log in which nothing does would show nothing.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Steps by the capacity of the core.
    pub steps: BTreeMap<u8, u32>,
    /// Events by kind.
    pub events: BTreeMap<&'static str, u32>,
    /// Steps of packs and events by the reason they gave.
    pub reasons: BTreeMap<&'static str, u32>,
    /// Steps in which at least one pack was told to close, by the capacity of the core.
    pub closed_steps: BTreeMap<u8, u32>,
    /// Records that were saved.
    pub saves: u32,
    /// Reboots, of these with a damaged record.
    pub reboots: (u32, u32),
    /// The largest number of packs closed at once.
    pub most_closed: usize,
}

impl Seen {
    fn step<const N: usize>(&mut self, capacity: u8, decision: &Decision<N>) {
        *self.steps.entry(capacity).or_default() += 1;
        let mut joined = false;
        for event in decision.events.iter() {
            *self.events.entry(event.kind.code()).or_default() += 1;
            if let Some(reason) = event.reason {
                *self.reasons.entry(reason.code()).or_default() += 1;
            }
            joined |= event.kind == EventKind::Closed;
        }
        for pack in &decision.packs {
            *self.reasons.entry(pack.reason.code()).or_default() += 1;
        }
        *self.closed_steps.entry(capacity).or_default() += u32::from(joined);
        let closed = |pack: &&_| matches!(pack, SwitchCommand::Closed);
        let commands = decision.packs.map(|pack| pack.command);
        self.most_closed = self.most_closed.max(commands.iter().filter(closed).count());
    }

    /// Faults and waitings that no step of the log had.
    #[must_use]
    pub fn missing_reasons(&self) -> Vec<&'static str> {
        let faults = Fault::ALL.iter().map(|fault| fault.code());
        let waitings = Waiting::ALL.iter().map(|waiting| waiting.code());
        faults
            .chain(waitings)
            .filter(|code| !self.reasons.contains_key(code))
            .collect()
    }

    /// Kinds of events that no step of the log had.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        EventKind::ALL
            .iter()
            .map(|kind| kind.code())
            .filter(|code| !self.events.contains_key(code))
            .collect()
    }
}

/// The log and the answers of the host.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// The log as it is played.
    pub inputs: Vec<u8>,
    /// What the core answers.
    pub answers: Vec<u8>,
    /// The entries in order.
    pub told: Vec<Told>,
    /// How much happened.
    pub seen: Seen,
}

/// Tells these stories.
///
/// # Errors
/// When an entry does not survive being written and read, or a capacity has no core.
pub fn record(stories: &[Story]) -> Result<Recording, String> {
    let mut recording = Recording::default();
    for (position, story) in stories.iter().enumerate() {
        match story.capacity {
            4 => recording.tell::<4>(position, story)?,
            16 => recording.tell::<16>(position, story)?,
            32 => recording.tell::<32>(position, story)?,
            other => return Err(format!("no core of capacity {other}")),
        }
    }
    Ok(recording)
}

impl Recording {
    fn tell<const N: usize>(&mut self, position: usize, story: &Story) -> Result<(), String> {
        let packs = story.packs;
        let mut player = Player::<N>::new();
        let mut world = World::new(story.kind, packs.into(), story.seed);
        let mut params = world.params();
        // The first two are refused, with the reasons.
        params.v_uv = params.v_ov_abs;
        self.entry(position, &mut player, &Entry::Start { packs, params })?;
        let nothing = Entry::Start {
            packs: 0,
            params: world.params(),
        };
        self.entry(position, &mut player, &nothing)?;
        let params = world.params();
        self.entry(position, &mut player, &Entry::Start { packs, params })?;
        let mut last = Decision::default();
        for step in 0..story.steps {
            let inputs = world.next(step, &last);
            let now_ms = world.now_ms;
            let decided = self.entry(position, &mut player, &Entry::Step { now_ms, inputs })?;
            last = decided.ok_or("a step was answered without a decision")?;
            self.seen.step(story.capacity, &last);
            match world.after() {
                After::Nothing => {}
                After::Save => {
                    self.seen.saves += 1;
                    self.entry(position, &mut player, &Entry::Save)?;
                }
                After::Reboot(damage) => {
                    self.seen.reboots.0 += 1;
                    self.seen.reboots.1 += u32::from(damage.is_some());
                    self.entry(position, &mut player, &Entry::Reboot { damage })?;
                    last = Decision::default();
                }
            }
        }
        Ok(())
    }

    /// Plays the entry as it is, not as it reads, and keeps both.
    fn entry<const N: usize>(
        &mut self,
        story: usize,
        player: &mut Player<N>,
        entry: &Entry<N>,
    ) -> Result<Option<Decision<N>>, String> {
        let bytes = to_bytes(entry);
        let mut reader = Reader::new(&bytes);
        let back = Entry::<N>::get(&mut reader).filter(|_| reader.is_empty());
        if back.as_ref() != Some(entry) || bytes.len() > ENTRY_MAX {
            return Err(format!("entry {} does not read back", self.told.len()));
        }
        let capacity = u8::try_from(N).map_err(|error| error.to_string())?;
        self.inputs
            .extend(to_bytes(&Head::of(bytes.len(), capacity)));
        self.inputs.extend(bytes);

        let mut decided = None;
        let mut answer = Plain::default();
        let step = |core: &mut Core<N>, now_ms, inputs: &Inputs<N>| {
            let decision = core.step(now_ms, inputs);
            decided = Some(decision);
            decision
        };
        player.play(entry, step, &mut answer);
        let length = u32::try_from(answer.0.len()).map_err(|error| error.to_string())?;
        self.answers.extend(length.to_le_bytes());
        let start = self.answers.len();
        self.answers.extend_from_slice(&answer.0);
        self.told.push(Told {
            story,
            now_ms: match entry {
                Entry::Step { now_ms, .. } => Some(*now_ms),
                _ => None,
            },
            answer: start..self.answers.len(),
        });
        Ok(decided)
    }
}

/// The core and nothing beside it.
struct Alone;

impl Stepper for Alone {
    fn step<const N: usize>(
        &mut self,
        core: &mut Core<N>,
        now_ms: u64,
        inputs: &Inputs<N>,
    ) -> Decision<N> {
        core.step(now_ms, inputs)
    }
}

/// Plays the bytes of a log again up to entry `wanted` and gives its answer with the name of each byte.
#[must_use]
pub fn explain(inputs: &[u8], wanted: usize) -> Option<Named> {
    let mut players = Players::new();
    let mut rest = inputs;
    for number in 0..=wanted {
        let (head, behind) = rest.split_at_checked(HEAD)?;
        let head = Head::get(&mut Reader::new(head))?;
        let (bytes, behind) = behind.split_at_checked(usize::try_from(head.length).ok()?)?;
        rest = behind;
        let mut answer = Named::default();
        players.play(head.capacity, bytes, &mut Alone, &mut answer)?;
        if number == wanted {
            return Some(answer);
        }
    }
    None
}
