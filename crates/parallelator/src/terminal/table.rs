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
    texts::{
        Simulated, bus_line, figure, how_to_end, numbers_text, pack_text, row_titles,
        simulated_line, state_text, system_text,
    },
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

/// The mark of a switch, readable without colour.
fn mark(state: PackState) -> &'static str {
    match state {
        PackState::Closed => "[=]",
        PackState::StuckClosed => "[!]",
        _ if state.is_commanded_closed() => "[-]",
        _ => "[ ]",
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
    let language = hub.language();
    let system = system_text(language, decision.system, decision.system_reason);
    let mut rows = vec![format!(
        "{}  {}  {system}",
        clock(snapshot.now_ms),
        description.title
    )];
    rows.push(bus_line(
        language,
        decision.bus_voltage.map(Into::into),
        decision.bus_current.map(Into::into),
        decision.load_permit.then(|| decision.dcl.get()),
        decision.charge_permit.then(|| decision.ccl.get()),
    ));
    if let Some(sim) = &view.sim {
        let simulated = Simulated {
            load: (sim.load_served_ma, sim.load_ma),
            charger: (sim.charger_served_ma, sim.charger_ma),
            speed: (!sim.paused).then_some(sim.speed),
        };
        rows.push(simulated_line(language, &simulated));
    }
    rows.push(String::new());
    let [pack, state, why] = row_titles(language);
    rows.push(format!(
        "     {pack:<8} {:>6} {:>7}  {state:<12}  {why}",
        "V", "A"
    ));
    for index in 0..snapshot.packs {
        rows.extend(pack_rows(hub, view, index, width));
    }
    rows.push(String::new());
    let newest = view
        .events
        .iter()
        .skip(view.events.len().saturating_sub(EVENTS));
    rows.extend(newest.map(|noted| format!("{} {}", clock(noted.event.now_ms), noted.text(hub))));
    rows.push(how_to_end(language).to_owned());
    rows
}

/// One pack: its measurements, its sentence, and below that the numbers of the explanation.
fn pack_rows(hub: &Hub, view: &View, index: usize, width: usize) -> Vec<String> {
    let (description, language) = (hub.description(), hub.language());
    let params = &description.params;
    let decision = &view.snapshot.decision;
    let (input, pack) = (&view.snapshot.inputs.packs[index], &decision.packs[index]);
    let head = format!(
        " {} {:<8} {:>6} {:>7}  {:<12}  ",
        mark(pack.state),
        description.label(index),
        figure(language, measured(&input.voltage, params).map(Into::into)),
        figure(language, measured(&input.current, params).map(Into::into)),
        state_text(language, pack.state),
    );
    let indent = head.chars().count();
    let room = width.saturating_sub(indent);
    let why = pack_text(language, decision, index).unwrap_or_default();
    let numbers = decision
        .explain(index)
        .map(|explanation| numbers_text(language, &explanation))
        .filter(|numbers| !numbers.is_empty());
    let mut lines = wrapped(&why, room);
    lines.extend(
        numbers
            .into_iter()
            .flat_map(|numbers| wrapped(&numbers, room)),
    );
    let mut lines = lines.into_iter();
    let first = head + &lines.next().unwrap_or_default();
    std::iter::once(first)
        .chain(lines.map(|line| " ".repeat(indent) + &line))
        .collect()
}
