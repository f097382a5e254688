//! An event as people are told of it.

use parallelator_core::{Command, Event, EventKind};
use parallelator_node::Snapshot;

use super::Hub;
use crate::{
    PACKS,
    texts::{event_text, refusal_text},
};

/// An event, and what the core does not say in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// The event of the core.
    pub event: Event,
    /// The command that was refused: the event itself has only its place in the step.
    pub refused: Option<Command>,
}

impl Noted {
    /// An event of this step.
    #[must_use]
    pub fn new(event: Event, snapshot: &Snapshot<PACKS>) -> Self {
        let refused = match event.kind {
            EventKind::CommandRefused => usize::try_from(event.value)
                .ok()
                .and_then(|place| snapshot.inputs.commands.get(place).copied())
                .flatten(),
            _ => None,
        };
        Self { event, refused }
    }

    /// The sentence, in the language of the hub.
    #[must_use]
    pub fn text(&self, hub: &Hub) -> String {
        let label = |index| hub.description().label(index);
        match self.refused {
            Some(command) => refusal_text(hub.language(), command, label),
            None => event_text(hub.language(), &self.event, label),
        }
    }
}
