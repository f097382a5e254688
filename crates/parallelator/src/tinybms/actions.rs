//! `reset`, `clear-events` and `clear-statistics`: sent once, then looked at whether it happened.

use serde_json::json;
use tinybms_proto::{Action, Error, Event, Seconds, blocking::TinyBms};

use super::{Options, answer::Answer, consent, device::Device, events, trouble::Trouble};
use crate::failure::Failure;

/// Event of a start of the BMS.
const SYSTEM_STARTED: u8 = 0x61;

/// Asks if need be, sends, looks.
pub(super) fn run(action: Action, yes: bool, options: &Options) -> Result<(), Failure> {
    consent::check(yes, what(action))?;
    let mut device = Device::open(options.place.as_ref(), options.timeout)?;
    consent::ask(yes, &format!("This {}. Go on?", what(action)))?;
    let answer = match action {
        Action::Reset => reset(&mut device)?,
        Action::ClearEvents => clear_events(&mut device)?,
        Action::ClearStatistics => clear_statistics(&mut device)?,
    };
    answer.print(options.json)
}

fn what(action: Action) -> &'static str {
    match action {
        Action::Reset => "restarts the BMS, which opens its switches",
        Action::ClearEvents => "empties the event log of the BMS",
        Action::ClearStatistics => "empties the statistics of the BMS",
    }
}

fn starts(events: &[Event], since: Seconds) -> usize {
    events
        .iter()
        .filter(|event| event.id.number() == SYSTEM_STARTED && event.time >= since)
        .count()
}

/// The confirmation of a reset may not arrive; the event log tells whether the BMS has started again.
fn reset(device: &mut Device) -> Result<Answer, Trouble> {
    let (before, events) = events::read(device, false)?;
    let known = starts(&events, before);
    let sent = device.ask(|bms| Ok(bms.allow_writes().reset()))?;
    let is_confirmed = match sent {
        Ok(()) => true,
        Err(Error::Unconfirmed(_)) => false,
        Err(error) => return Err(device.trouble(error)),
    };
    let (now, events) = events::read(device, false)?;
    match (starts(&events, before) > known, sent) {
        (true, _) => Ok(Answer {
            lines: vec![format!(
                "restarted{}: its event log shows the start",
                if is_confirmed { "" } else { ", not confirmed" }
            )],
            json: json!({ "restarted": true, "confirmed": is_confirmed, "lifetime_s": now.get() }),
        }),
        (false, Err(error)) => Err(device.trouble(error)),
        (false, Ok(())) => Err(Trouble::NotSo(
            "the reset was confirmed, but the event log shows no start since".to_owned(),
        )),
    }
}

fn clear_events(device: &mut Device) -> Result<Answer, Trouble> {
    let (start, before) = events::read(device, false)?;
    device.ask(|bms| bms.allow_writes().clear_events())?;
    let (_, after) = events::read(device, false)?;
    let old = after.iter().filter(|event| event.time < start).count();
    if old > 0 {
        return Err(Trouble::NotSo(format!(
            "the clearing was confirmed, but {old} old events are still there"
        )));
    }
    Ok(Answer {
        lines: vec![format!("cleared {} events", before.len())],
        json: json!({ "cleared": before.len(), "left": after.len() }),
    })
}

fn clear_statistics(device: &mut Device) -> Result<Answer, Trouble> {
    let before = device.ask(|bms| Ok(bms.live()?.lifetime))?;
    device.ask(|bms| bms.allow_writes().clear_statistics())?;
    let cleared_at = device.ask(TinyBms::statistics)?.cleared_at;
    if cleared_at < before {
        return Err(Trouble::NotSo(format!(
            "the clearing was confirmed, but the statistics say they were cleared at {cleared_at}, and it was sent at {before}"
        )));
    }
    Ok(Answer {
        lines: vec![format!("cleared at lifetime {cleared_at}")],
        json: json!({ "cleared_at_s": cleared_at.get() }),
    })
}
