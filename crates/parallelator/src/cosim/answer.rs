//! What goes out: the decision of a step and the greeting, with their keys in a fixed order.

use parallelator_core::{Decision, Event, PackDecision, Params};
use serde::Serialize;

use super::config::Whole;
use crate::PACKS;

#[derive(Serialize)]
struct ReadyLine<'a> {
    ready: Ready<'a>,
}

#[derive(Serialize)]
struct Ready<'a> {
    version: &'static str,
    packs: usize,
    config: Whole<'a>,
}

#[derive(Serialize)]
struct StartLine<'a> {
    packs: usize,
    config: Whole<'a>,
}

#[derive(Serialize)]
struct Answer {
    now_ms: u64,
    system: &'static str,
    packs: Vec<PackAnswer>,
    load_permit: bool,
    charge_permit: bool,
    dcl_ma: i32,
    ccl_ma: i32,
    cvl_mv: i32,
    events: Vec<EventAnswer>,
}

#[derive(Serialize)]
struct PackAnswer {
    command: &'static str,
    state: &'static str,
    reason: &'static str,
    predicted_ma: Option<i32>,
    eligible_in_ms: Option<u32>,
}

#[derive(Serialize)]
struct EventAnswer {
    seq: u32,
    now_ms: u64,
    pack: Option<u8>,
    kind: &'static str,
    value: i32,
    limit: i32,
}

impl From<&PackDecision> for PackAnswer {
    fn from(pack: &PackDecision) -> Self {
        Self {
            command: pack.command.code(),
            state: pack.state.code(),
            reason: pack.reason.code(),
            predicted_ma: pack.predicted.map(Into::into),
            eligible_in_ms: pack.eligible_in_ms,
        }
    }
}

impl From<Event> for EventAnswer {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq,
            now_ms: event.now_ms,
            pack: event.pack,
            kind: event.kind.code(),
            value: event.value,
            limit: event.limit,
        }
    }
}

/// JSON on one line.
pub(super) fn to_text(value: &impl Serialize) -> String {
    // Numbers, texts and lists of them: there is nothing in them that could not be written.
    serde_json::to_string(value).unwrap_or_default()
}

/// The decision of a step at `now_ms` for a rack of `packs` packs.
pub(super) fn decision(now_ms: u64, packs: usize, decision: &Decision<PACKS>) -> String {
    to_text(&Answer {
        now_ms,
        system: decision.system.code(),
        packs: decision.packs.iter().take(packs).map(Into::into).collect(),
        load_permit: decision.load_permit,
        charge_permit: decision.charge_permit,
        dcl_ma: decision.dcl.get(),
        ccl_ma: decision.ccl.get(),
        cvl_mv: decision.cvl.get(),
        events: decision.events.iter().map(Into::into).collect(),
    })
}

/// The answer to a good first line.
pub(super) fn ready(packs: usize, params: &Params) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let config = Whole(params);
    to_text(&ReadyLine {
        ready: Ready {
            version,
            packs,
            config,
        },
    })
}

/// A first line that starts the same session under any other defaults.
pub(super) fn start(packs: usize, params: &Params) -> String {
    let config = Whole(params);
    to_text(&StartLine { packs, config })
}
