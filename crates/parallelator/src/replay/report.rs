//! What a replay found: lines for people, or one JSON object.

use serde::Serialize;
use serde_json::Value;

use super::compare::{Compared, Fleet, Pack};
use crate::cosim::quoted;

/// Every decision was as recorded.
pub(super) fn identical(steps: u64, json: bool) -> String {
    if json {
        json_text(&Verified {
            steps,
            identical: true,
            difference: None,
        })
    } else {
        format!("{steps} steps, identical")
    }
}

#[derive(Serialize)]
struct Verified {
    steps: u64,
    identical: bool,
    difference: Option<Difference>,
}

/// The first decision that is not as recorded.
#[derive(Serialize)]
pub(super) struct Difference {
    line: u64,
    now_ms: u64,
    field: String,
    /// Left out where the log has no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Value>,
    /// Left out where the core says nothing of it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Value>,
}

fn json_text(value: &impl Serialize) -> String {
    // Numbers, texts and lists of them: there is nothing in them that could not be written.
    serde_json::to_string(value).unwrap_or_default()
}

fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| quoted(&value.to_string()))
}

impl Difference {
    pub(super) fn new(line: u64, now_ms: u64, compared: Compared) -> Self {
        let Compared {
            field,
            recorded,
            now,
        } = compared;
        Self {
            line,
            now_ms,
            field: format!("decision.{field}"),
            recorded,
            now,
        }
    }

    pub(super) fn into_text(self, steps: u64, json: bool) -> String {
        if json {
            return json_text(&Verified {
                steps,
                identical: false,
                difference: Some(self),
            });
        }
        let (recorded, now) = (shown(self.recorded.as_ref()), shown(self.now.as_ref()));
        let Self {
            line,
            now_ms,
            field,
            ..
        } = self;
        format!("line {line}, {now_ms} ms, {field}: recorded {recorded}, now {now}")
    }
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Side {
    Pack(Pack),
    Rack { system: String },
}

/// A moment from which on something is decided in another way than recorded, or as recorded again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Change {
    line: u64,
    now_ms: u64,
    /// `None` is the rack.
    pack: Option<usize>,
    recorded: Side,
    now: Side,
}

#[derive(Debug, Default, Serialize)]
struct Totals {
    closings: u64,
    load_permit_steps: u64,
    charge_permit_steps: u64,
}

#[derive(Serialize)]
struct Asked<'a> {
    steps: u64,
    set: &'a [String],
    steps_that_differ: u64,
    packs_that_differ: &'a [usize],
    recorded: &'a Totals,
    now: &'a Totals,
    changes: &'a [Change],
}

/// Everything that would have differed with other parameters.
pub(super) struct Changes {
    steps: u64,
    steps_that_differ: u64,
    packs_that_differ: Vec<usize>,
    changes: Vec<Change>,
    /// What the rack (first) and each pack differed in at the step before.
    before: Vec<Option<(Side, Side)>>,
    recorded: Total,
    now: Total,
}

#[derive(Default)]
struct Total {
    totals: Totals,
    closed: Vec<bool>,
}

impl Total {
    fn add(&mut self, fleet: &Fleet) {
        let closed: Vec<bool> = fleet
            .packs
            .iter()
            .map(|pack| pack.command == "closed")
            .collect();
        let was = |index: usize| self.closed.get(index).copied().unwrap_or(false);
        let joined = closed
            .iter()
            .enumerate()
            .filter(|&(index, &closed)| closed && !was(index));
        self.totals.closings += joined.count() as u64;
        self.totals.load_permit_steps += u64::from(fleet.load_permit);
        self.totals.charge_permit_steps += u64::from(fleet.charge_permit);
        self.closed = closed;
    }
}

/// The rack, then each pack.
fn sides(fleet: &Fleet) -> impl Iterator<Item = Side> + '_ {
    let rack = Side::Rack {
        system: fleet.system.clone(),
    };
    std::iter::once(rack).chain(fleet.packs.iter().cloned().map(Side::Pack))
}

impl Changes {
    pub(super) fn new(packs: usize) -> Self {
        Self {
            steps: 0,
            steps_that_differ: 0,
            packs_that_differ: Vec::new(),
            changes: Vec::new(),
            before: vec![None; packs + 1],
            recorded: Total::default(),
            now: Total::default(),
        }
    }

    /// Takes what was decided in one step, and what would have been.
    pub(super) fn add(&mut self, line: u64, now_ms: u64, recorded: &Fleet, now: &Fleet) {
        self.steps += 1;
        self.recorded.add(recorded);
        self.now.add(now);
        let both = sides(recorded).zip(sides(now));
        for (index, (pair, before)) in both.zip(&mut self.before).enumerate() {
            let differs = pair.0 != pair.1;
            let pack = index.checked_sub(1);
            if let Some(pack) =
                pack.filter(|pack| differs && !self.packs_that_differ.contains(pack))
            {
                self.packs_that_differ.push(pack);
            }
            let pair = differs.then_some(pair);
            let over = pair.is_none() && before.is_some();
            if pair.is_some() && pair != *before || over {
                let (recorded, now) = match &pair {
                    Some((recorded, now)) => (recorded.clone(), now.clone()),
                    None => {
                        let same = sides_at(recorded, index);
                        (same.clone(), same)
                    }
                };
                self.changes.push(Change {
                    line,
                    now_ms,
                    pack,
                    recorded,
                    now,
                });
            }
            *before = pair;
        }
        self.steps_that_differ += u64::from(self.before.iter().any(Option::is_some));
        self.packs_that_differ.sort_unstable();
    }

    pub(super) fn to_text(&self, set: &[String], json: bool) -> String {
        if json {
            return json_text(&Asked {
                steps: self.steps,
                set,
                steps_that_differ: self.steps_that_differ,
                packs_that_differ: &self.packs_that_differ,
                recorded: &self.recorded.totals,
                now: &self.now.totals,
                changes: &self.changes,
            });
        }
        let mut lines: Vec<String> = self.changes.iter().map(Change::to_text).collect();
        let (then, now) = (&self.recorded.totals, &self.now.totals);
        let packs: Vec<String> = self
            .packs_that_differ
            .iter()
            .map(usize::to_string)
            .collect();
        let packs = if packs.is_empty() {
            "none".to_owned()
        } else {
            packs.join(", ")
        };
        lines.push(format!(
            "{} steps, {} with another command, state or reason; packs: {packs}; closings {} -> {}; steps with load permit {} -> {}, with charge permit {} -> {}",
            self.steps,
            self.steps_that_differ,
            then.closings,
            now.closings,
            then.load_permit_steps,
            now.load_permit_steps,
            then.charge_permit_steps,
            now.charge_permit_steps,
        ));
        lines.join("\n")
    }
}

fn sides_at(fleet: &Fleet, index: usize) -> Side {
    match index.checked_sub(1).and_then(|pack| fleet.packs.get(pack)) {
        Some(pack) => Side::Pack(pack.clone()),
        None => Side::Rack {
            system: fleet.system.clone(),
        },
    }
}

impl Change {
    fn to_text(&self) -> String {
        let who = match self.pack {
            Some(pack) => format!("pack {pack}"),
            None => "rack".to_owned(),
        };
        let fields: Vec<(&str, &str, &str)> = match (&self.recorded, &self.now) {
            (Side::Pack(then), Side::Pack(now)) => vec![
                ("command", &then.command, &now.command),
                ("state", &then.state, &now.state),
                ("reason", &then.reason, &now.reason),
            ],
            (Side::Rack { system: then }, Side::Rack { system: now }) => {
                vec![("system", then, now)]
            }
            (Side::Pack(_), Side::Rack { .. }) | (Side::Rack { .. }, Side::Pack(_)) => Vec::new(),
        };
        let changed: Vec<String> = fields
            .into_iter()
            .filter(|(_, then, now)| then != now)
            .map(|(what, then, now)| format!("{what} {} -> {}", quoted(then), quoted(now)))
            .collect();
        let what = if changed.is_empty() {
            "as recorded again".to_owned()
        } else {
            changed.join(", ")
        };
        format!("line {}, {} ms, {who}: {what}", self.line, self.now_ms)
    }
}
