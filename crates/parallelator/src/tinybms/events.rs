//! `events`: what happened, the newest first.

use serde_json::json;
use tinybms_proto::{Class, Event, ReadAllEvents, ReadNewestEvents, Seconds};

use super::{
    answer::{Answer, table},
    device::Device,
    quantity::span,
    trouble::Trouble,
};

pub(super) fn run(device: &mut Device, new: bool) -> Result<Answer, Trouble> {
    let (now, mut events) = read(device, new)?;
    // The ring is not sorted. Of the same second the order is not known: the larger place is taken for the newer one.
    events.reverse();
    events.sort_by_key(|event| event.age);
    Ok(answer(now, &events))
}

/// The counter of the BMS, and the events in its order.
pub(super) fn read(device: &mut Device, new: bool) -> Result<(Seconds, Vec<Event>), Trouble> {
    device.ask(|bms| {
        let log = if new {
            bms.ask(&ReadNewestEvents)?
        } else {
            bms.ask(&ReadAllEvents)?
        };
        Ok((log.now(), log.events().collect()))
    })
}

fn class(event: &Event) -> &'static str {
    match event.id.class() {
        Class::Fault => "fault",
        Class::Warning => "warning",
        Class::Information => "information",
        Class::Unknown => "unknown",
    }
}

fn answer(now: Seconds, events: &[Event]) -> Answer {
    let mut lines = vec![format!(
        "lifetime {}, {} event{}",
        span(now),
        events.len(),
        if events.len() == 1 { "" } else { "s" }
    )];
    let rows: Vec<Vec<String>> = events
        .iter()
        .map(|event| {
            vec![
                format!("{} ago", span(event.age)),
                class(event).to_owned(),
                event.id.to_string().replace('_', " "),
            ]
        })
        .collect();
    lines.extend(table(&rows, &[0]));
    let list: Vec<_> = events
        .iter()
        .map(|event| {
            json!({
                "id": event.id.number(),
                "name": event.id.name(),
                "class": class(event),
                "switch_error": event.id.is_switch_error(),
                "age_s": event.age.get(),
                "time_s": event.time.get(),
            })
        })
        .collect();
    Answer {
        lines,
        json: json!({ "lifetime_s": now.get(), "events": list }),
    }
}
