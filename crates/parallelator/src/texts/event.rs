//! Sentences for events.

use parallelator_core::{Event, EventKind, Fault, Reason, Waiting};

use super::{
    fault,
    number::{amps, seconds},
};

/// What happened, as one sentence; `label` is what people call a pack.
#[must_use]
pub fn event_text(event: &Event, label: impl Fn(usize) -> String) -> String {
    let who = match event.pack {
        Some(pack) => label(pack.into()),
        None => "The rack".to_owned(),
    };
    let (value, limit) = (event.value, event.limit);
    let because = reason_text(event.reason, value, limit);
    let bare = || reason_text(event.reason, 0, 0);
    let time = |value: i32| seconds(value.unsigned_abs().into());
    match event.kind {
        // The bound is zero for a single pack only: with two, the measurement error alone makes it more.
        EventKind::Closed if value == 0 => format!("{who} closed: it is the first on the bus"),
        EventKind::Closed => format!(
            "{who} closed: at most {} predicted between the packs, the limit is {}",
            amps(value),
            amps(limit)
        ),
        EventKind::Opened => format!("{who} opened: {because}"),
        EventKind::Fault => format!("{who} has a fault: {because}"),
        EventKind::Latched => format!("{who} latched with fault score {value}: {}", bare()),
        EventKind::Recovered => format!("{who} is healthy again"),
        EventKind::StuckClosed => format!("{who}: {because}"),
        EventKind::Cleared => format!("{who} was cleared by the operator: {}", bare()),
        EventKind::Enabled => format!("{who} was enabled by the operator"),
        EventKind::Disabled => format!("{who} was disabled by the operator"),
        EventKind::EStop => "Emergency stop: every switch opens".to_owned(),
        EventKind::Armed => format!("{who} was armed again after the emergency stop"),
        EventKind::CommandRefused => {
            "A command was refused: it does not fit the present state".to_owned()
        }
        EventKind::ConfigApplied => "New parameters are in force".to_owned(),
        EventKind::ConfigRejected if value > 0 => {
            format!("New parameters were refused as a whole: {value} of them cannot be used")
        }
        EventKind::ConfigRejected => {
            "New parameters were refused: every pack must be open for that".to_owned()
        }
        EventKind::SafeOff => format!("{who} shut itself off: {because}"),
        EventKind::SafeOffLeft => format!("{who} left the safe state"),
        EventKind::Ready => format!("{who} is ready: every switch is confirmed open"),
        EventKind::LoadPermitted => format!("The load is permitted, up to {}", amps(value)),
        EventKind::LoadWithdrawn => "The load is not permitted any more".to_owned(),
        EventKind::ClockJump => format!(
            "The clock jumped by {}, more than the {} of three ticks",
            time(value),
            time(limit)
        ),
        EventKind::ClockBackwards => format!("The clock went back by {}", time(value)),
        EventKind::BreakingCurrent => format!(
            "{who} opened with {}, its switch is made for {}",
            amps(value.saturating_abs()),
            amps(limit)
        ),
        EventKind::EventsLost => format!("{value} events did not fit and are lost"),
        // A code that this program does not know yet is better shown bare than hidden.
        other => format!("{who}: {}", other.code()),
    }
}

/// The reason of an event, in small letters as it goes on after a colon.
fn reason_text(reason: Option<Reason>, value: i32, limit: i32) -> String {
    match reason {
        None => "no reason given".to_owned(),
        Some(Reason::Fault(Fault::EStop)) => "emergency stop".to_owned(),
        Some(Reason::Fault(reason)) => {
            let sentence = fault::sentence(reason, value, limit);
            let mut letters = sentence.chars();
            match letters.next() {
                Some(first) => first.to_lowercase().chain(letters).collect(),
                None => sentence,
            }
        }
        Some(Reason::Waiting(Waiting::Operator)) => "by the operator".to_owned(),
        Some(Reason::Waiting(Waiting::SystemOff)) => "the rack is shut off".to_owned(),
        Some(Reason::Waiting(waiting)) => waiting.code().replace('_', " "),
    }
}
