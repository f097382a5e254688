//! Plain lines: one an event, for pipes and files.

use std::io::{self, Write};

use super::clock;
use crate::hub::{Hub, View};

/// Remembers which events were printed.
#[derive(Default)]
pub struct Lines {
    last: Option<u32>,
}

impl Lines {
    pub(super) fn draw(&mut self, hub: &Hub, view: &View) -> io::Result<()> {
        let last = self.last;
        // Event numbers wrap, so what is new is judged by the distance.
        let is_new = |seq: u32| {
            last.is_none_or(|last| {
                let ahead = seq.wrapping_sub(last);
                ahead != 0 && ahead < u32::MAX / 2
            })
        };
        let mut out = io::stdout().lock();
        for noted in view.events.iter().filter(|noted| is_new(noted.event.seq)) {
            let text = noted.text(hub);
            writeln!(out, "{} {text}", clock(noted.event.now_ms))?;
            self.last = Some(noted.event.seq);
        }
        out.flush()
    }
}
