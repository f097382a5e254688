//! What the terminal shows while a rack runs: a live table, or plain lines where output is not a terminal.

mod lines;
mod table;

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use crate::hub::Hub;

use lines::Lines;
use table::LiveTable;

/// The face of a running rack on standard output.
pub enum Terminal {
    /// A table that is drawn again and again.
    Table(LiveTable),
    /// One line an event.
    Lines(Lines),
}

impl Terminal {
    /// The right one for where standard output goes.
    #[must_use]
    pub fn new() -> Self {
        if io::stdout().is_terminal() {
            Self::Table(LiveTable::default())
        } else {
            Self::Lines(Lines::default())
        }
    }

    /// How often it wants to be drawn.
    #[must_use]
    pub fn period(&self) -> Duration {
        match self {
            Self::Table(_) => Duration::from_millis(500),
            Self::Lines(_) => Duration::from_millis(200),
        }
    }

    /// Shows what is new.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn draw(&mut self, hub: &Hub) -> io::Result<()> {
        let Some(view) = hub.view() else {
            return Ok(());
        };
        match self {
            Self::Table(table) => table.draw(hub, &view),
            Self::Lines(lines) => lines.draw(hub, &view),
        }
    }

    /// Shows what came last, when the loop has ended. The table stays as it was: its switches were still closed then.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn finish(&mut self, hub: &Hub) -> io::Result<()> {
        match self {
            Self::Table(_) => Ok(()),
            Self::Lines(_) => self.draw(hub),
        }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// A time since the start as hours, minutes and seconds.
fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    format!(
        "{}:{:02}:{:02}.{}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
        milliseconds % 1_000 / 100
    )
}
