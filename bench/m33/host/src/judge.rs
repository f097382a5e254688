//! Compares the answers of the emulated core with those of the host, byte for byte, and reads its counters.

use std::collections::BTreeMap;

use crate::{Kind, Recording, Story, explain};

/// A count may be off by this many thousandths of itself.
const TOLERANCE: u64 = 2;

/// What came back from the emulated core.
#[derive(Debug, Clone, Default)]
pub struct Returned {
    /// Its answers.
    pub answers: Vec<u8>,
    /// Ticks of each step, four bytes each.
    pub ticks: Vec<u8>,
    /// Lines `name=number`.
    pub facts: String,
}

/// Instructions of the steps of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Instructions {
    /// Steps.
    pub steps: u64,
    /// Sum over all of them.
    pub sum: u64,
    /// The most of one step.
    pub worst: u64,
}

/// What was found when nothing differed.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Entries that were answered alike.
    pub entries: usize,
    /// Steps among them.
    pub steps: usize,
    /// Instructions by number of packs and kind of story.
    pub instructions: BTreeMap<(u8, &'static str), Instructions>,
    /// What else the image measured.
    pub facts: BTreeMap<String, u64>,
}

/// Compares; the first difference, or a counter that cannot be trusted, is the error.
///
/// # Errors
/// A sentence that says what differs, and where.
pub fn judge(
    stories: &[Story],
    recording: &Recording,
    returned: &Returned,
) -> Result<Report, String> {
    compare(stories, recording, &returned.answers)?;
    let facts = facts(&returned.facts)?;
    let scale = Scale::of(&facts)?;
    let steps = recording.told.iter().filter(|told| told.now_ms.is_some());
    let ticks = returned.ticks.chunks(4);
    let (wanted, found) = (steps.clone().count(), ticks.len());
    if wanted != found {
        return Err(format!("{wanted} steps, but {found} were timed"));
    }
    let mut instructions = BTreeMap::<_, Instructions>::new();
    for (told, ticks) in steps.zip(ticks) {
        let ticks: [u8; 4] = ticks
            .try_into()
            .map_err(|_| "the last time is cut off".to_owned())?;
        let count = scale.instructions(u32::from_le_bytes(ticks).into());
        let story = stories[told.story];
        let kind = match story.kind {
            Kind::Joining => "joining",
            Kind::Running => "running",
            Kind::Calm | Kind::Rough | Kind::Wild => "others",
        };
        let sum = instructions.entry((story.packs, kind)).or_default();
        sum.steps += 1;
        sum.sum += count;
        sum.worst = sum.worst.max(count);
    }
    Ok(Report {
        entries: recording.told.len(),
        steps: found,
        instructions,
        facts,
    })
}

fn compare(stories: &[Story], recording: &Recording, answers: &[u8]) -> Result<(), String> {
    let wanted = &recording.answers;
    if wanted == answers {
        return Ok(());
    }
    let same = wanted
        .iter()
        .zip(answers)
        .take_while(|(wanted, found)| wanted == found)
        .count();
    let lengths = format!("{} bytes wanted, {} came", wanted.len(), answers.len());
    let Some((number, told)) = recording
        .told
        .iter()
        .enumerate()
        .find(|(_, told)| same < told.answer.end)
    else {
        return Err(format!("something follows the last answer: {lengths}"));
    };
    let story = stories[told.story];
    let place = match told.now_ms {
        Some(now_ms) => format!("the step at {now_ms} ms"),
        None => "an entry that is no step".to_owned(),
    };
    let at = same.saturating_sub(told.answer.start);
    let field = if same < told.answer.start {
        "the length of the answer".to_owned()
    } else {
        explain(&recording.inputs, number)
            .map_or_else(String::new, |named| named.name(at).to_owned())
    };
    let near = |bytes: &[u8]| {
        let near: Vec<String> = bytes
            .iter()
            .skip(same)
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        near.join(" ")
    };
    Err(format!(
        "entry {number}, {place} of {story:?}: byte {at} of the answer, {field}: wanted {}, got {} ({lengths})",
        near(wanted),
        near(answers)
    ))
}

fn facts(text: &str) -> Result<BTreeMap<String, u64>, String> {
    text.lines()
        .map(|line| {
            line.split_once('=')
                .and_then(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
                .ok_or_else(|| format!("the image wrote what is no fact: {line}"))
        })
        .collect()
}

/// How many instructions a tick is.
struct Scale {
    instructions: u64,
    ticks: u64,
    overhead: u64,
}

impl Scale {
    /// From a loop of known length; a second loop of another shape has to agree.
    fn of(facts: &BTreeMap<String, u64>) -> Result<Self, String> {
        let fact = |name: &str| {
            facts
                .get(name)
                .copied()
                .ok_or_else(|| format!("the image did not tell {name}"))
        };
        let scale = Self {
            instructions: fact("calibration_instructions")?,
            ticks: fact("calibration_ticks")?,
            overhead: fact("overhead_ticks")?,
        };
        if scale.ticks == 0 {
            return Err("the timer of the emulated board stands still".to_owned());
        }
        let (known, counted) = (
            fact("check_instructions")?,
            scale.instructions(fact("check_ticks")?),
        );
        if known.abs_diff(counted) * 1_000 > known * TOLERANCE {
            return Err(format!(
                "a loop of {known} instructions was counted as {counted}"
            ));
        }
        Ok(scale)
    }

    /// To nearest.
    fn instructions(&self, ticks: u64) -> u64 {
        let ticks = ticks.saturating_sub(self.overhead);
        (ticks * self.instructions + self.ticks / 2) / self.ticks
    }
}
