//! Sentences for events.

use parallelator_core::{Event, EventKind, Fault, Reason};

use super::{
    number::{amps, magnitude, time, volts},
    reason,
};

/// What happened; `pack` is what people call the pack, `None` for the rack.
pub(in crate::texts) fn sentence(event: &Event, pack: Option<String>) -> String {
    let who = pack.unwrap_or_else(|| "The rack".to_owned());
    let (value, limit) = (event.value, event.limit);
    let because = words(event.reason, value, limit);
    let bare = || words(event.reason, 0, 0);
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
        EventKind::Latched => {
            format!("{who} latched with fault score {value}: {}", bare())
        }
        EventKind::Recovered => format!("{who} is healthy again"),
        EventKind::StuckClosed => format!("{who}: {because}"),
        EventKind::Cleared => format!("{who} was cleared by the operator: {}", bare()),
        EventKind::Enabled => format!("{who} was enabled by the operator"),
        EventKind::Disabled => format!("{who} was disabled by the operator"),
        EventKind::EStop => "Emergency stop: every switch opens".to_owned(),
        EventKind::Armed => format!("{who} was armed again"),
        EventKind::SafeOff => format!("{who} shut itself off: {because}"),
        EventKind::SafeOffLeft => format!("{who} left the safe state"),
        EventKind::Ready => format!("{who} is ready: every switch is confirmed open"),
        EventKind::LoadPermitted => format!("The load is permitted, up to {}", amps(value)),
        EventKind::LoadWithdrawn => "The load is not permitted any more".to_owned(),
        EventKind::BreakingCurrent => format!(
            "{who} opened with {}, its switch is made for {}",
            magnitude(value),
            amps(limit)
        ),
        EventKind::OpeningDelayed => format!(
            "{who} waits with opening: {} flow, its switch is made for {}: {}",
            magnitude(value),
            amps(limit),
            bare()
        ),
        EventKind::Shedding => format!(
            "Load and charger are asked for less before a pack opens, within {}: {}",
            time(limit),
            bare()
        ),
        EventKind::SheddingOver => "Load and charger are not asked for less any more".to_owned(),
        EventKind::Alarm => format!("{who} gives an alarm: {because}"),
        EventKind::AlarmOver => format!("{who}: the alarm is over ({})", bare()),
        EventKind::SampleDropped => format!(
            "{who}: the reading of {} was dropped as impossible or as a jump, held against {}",
            volts(value),
            volts(limit)
        ),
        EventKind::Precharging => format!(
            "{who} charges the bus through its resistor: at most {} predicted, the limit is {}",
            amps(value),
            amps(limit)
        ),
        EventKind::ServiceEntered => {
            "The service mode is on: tests of single packs are allowed".to_owned()
        }
        EventKind::ServiceLeft => "The service mode is off".to_owned(),
        _ => of_program(event, &who),
    }
}

/// The kind alone.
pub(in crate::texts) fn kind(kind: EventKind) -> String {
    kind.code().replace('_', " ")
}

/// Commands, configuration, clock.
fn of_program(event: &Event, who: &str) -> String {
    let (value, limit) = (event.value, event.limit);
    match event.kind {
        EventKind::CommandRefused => {
            "A command was refused: it does not fit the present state".to_owned()
        }
        EventKind::ConfigApplied => "New parameters are in force".to_owned(),
        EventKind::ConfigRejected if event.reason == Some(Reason::Fault(Fault::Config)) => format!(
            "New parameters were refused: they cannot be read, version or length is {value} instead of {limit}"
        ),
        EventKind::ConfigRejected if value > 0 => {
            format!("New parameters were refused as a whole: {value} of them cannot be used")
        }
        EventKind::ConfigRejected => {
            "New parameters were refused: they would loosen a limit while a pack is connected"
                .to_owned()
        }
        EventKind::ClockJump => format!(
            "The clock jumped by {}, more than the {} of three ticks",
            time(value),
            time(limit)
        ),
        EventKind::ClockBackwards => format!("The clock went back by {}", time(value)),
        EventKind::EventsLost => format!("{value} events did not fit and are lost"),
        // A code that this program does not know yet is better shown bare than hidden.
        other => format!("{who}: {}", other.code()),
    }
}

fn words(reason: Option<Reason>, value: i32, limit: i32) -> String {
    reason.map_or_else(
        || "no reason given".to_owned(),
        |reason| reason::words(reason, value, limit),
    )
}
