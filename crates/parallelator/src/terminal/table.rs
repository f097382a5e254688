//! The live table.

use std::io::{self, Write};

use crossterm::{
    QueueableCommand,
    cursor::{Hide, MoveToColumn, MoveUp, Show},
    style::Print,
    terminal::{self, Clear, ClearType},
};
use parallelator_core::PackState;

use super::clock;
use crate::{
    hub::{Hub, View},
    reading::measured,
    texts::{event_text, pack_text, state_text, system_text},
};

/// Events under the table.
const EVENTS: usize = 5;

/// Where the size of the terminal is not to be had.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// A table that replaces itself.
#[derive(Default)]
pub struct LiveTable {
    drawn: u16,
    hidden: bool,
}

impl LiveTable {
    pub(super) fn draw(&mut self, hub: &Hub, view: &View) -> io::Result<()> {
        let (width, height) = terminal::size().unwrap_or(USUAL_SIZE);
        let mut lines = rows(hub, view, usize::from(width));
        lines.truncate(usize::from(height.saturating_sub(1)));
        let mut out = io::stdout().lock();
        if !self.hidden {
            out.queue(Hide)?;
            self.hidden = true;
        }
        if self.drawn > 0 {
            out.queue(MoveUp(self.drawn))?;
        }
        out.queue(MoveToColumn(0))?
            .queue(Clear(ClearType::FromCursorDown))?;
        for line in &lines {
            let cut: String = line.chars().take(usize::from(width)).collect();
            out.queue(Print(cut))?.queue(Print("\r\n"))?;
        }
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        out.flush()
    }
}

impl Drop for LiveTable {
    fn drop(&mut self) {
        if self.hidden {
            // A terminal that is gone needs no cursor.
            let _ = io::stdout().queue(Show).and_then(Write::flush);
        }
    }
}

fn figure(value: Option<i32>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| format!("{:.2}", f64::from(value) / 1_000.0),
    )
}

/// The mark of a switch, readable without colour.
fn mark(state: PackState) -> &'static str {
    match state {
        PackState::Closed => "[=]",
        PackState::StuckClosed => "[!]",
        _ if state.is_commanded_closed() => "[-]",
        _ => "[ ]",
    }
}

fn permit(permitted: bool, limit: i32) -> String {
    if permitted {
        format!("up to {} A", figure(Some(limit)))
    } else {
        "not permitted".to_owned()
    }
}

/// A sentence in lines of this width; a word that is longer has a line of its own.
fn wrapped(sentence: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn rows(hub: &Hub, view: &View, width: usize) -> Vec<String> {
    let snapshot = &view.snapshot;
    let decision = &snapshot.decision;
    let description = hub.description();
    let params = &description.params;
    let system = system_text(decision.system, decision.system_reason);
    let mut rows = vec![format!(
        "{}  {}  {system}",
        clock(snapshot.now_ms),
        description.title
    )];
    rows.push(format!(
        "Bus {} V {} A, load {}, charging {}",
        figure(decision.bus_voltage.map(Into::into)),
        figure(decision.bus_current.map(Into::into)),
        permit(decision.load_permit, decision.dcl.get()),
        permit(decision.charge_permit, decision.ccl.get()),
    ));
    if let Some(sim) = &view.sim {
        let pace = if sim.paused {
            "paused".to_owned()
        } else {
            format!("{} times real time", sim.speed)
        };
        rows.push(format!(
            "Simulated: load {} of {} A, charger {} of {} A, {pace}",
            figure(Some(sim.load_served_ma)),
            figure(Some(sim.load_ma)),
            figure(Some(sim.charger_served_ma)),
            figure(Some(sim.charger_ma)),
        ));
    }
    rows.push(String::new());
    rows.push(format!(
        "     {:<8} {:>6} {:>7}  {:<12}  Why",
        "Pack", "V", "A", "State"
    ));
    for index in 0..snapshot.packs {
        let (input, pack) = (&snapshot.inputs.packs[index], &decision.packs[index]);
        let head = format!(
            " {} {:<8} {:>6} {:>7}  {:<12}  ",
            mark(pack.state),
            description.label(index),
            figure(measured(&input.voltage, params).map(Into::into)),
            figure(measured(&input.current, params).map(Into::into)),
            state_text(pack.state),
        );
        let indent = head.chars().count();
        let mut text = wrapped(&pack_text(pack), width.saturating_sub(indent)).into_iter();
        rows.push(head + &text.next().unwrap_or_default());
        rows.extend(text.map(|line| " ".repeat(indent) + &line));
    }
    rows.push(String::new());
    let newest = view
        .events
        .iter()
        .skip(view.events.len().saturating_sub(EVENTS));
    rows.extend(newest.map(|event| {
        let text = event_text(event, |index| description.label(index));
        format!("{} {text}", clock(event.now_ms))
    }));
    rows.push("Ctrl-C opens every switch and ends the program.".to_owned());
    rows
}
