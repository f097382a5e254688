//! One session: the core, and what the lines say to it.

use parallelator_core::{Core, Decision, EventKind, PackInput, Params, RECORD_MAX};

use super::{
    InputError, Json, Line, answer,
    command::Context,
    config::{self, Start},
    lines::LONGEST_LINE,
    step,
};
use crate::PACKS;

/// A core that is driven by lines. It knows no file and no clock.
#[derive(Debug, Clone)]
pub struct Session {
    core: Box<Core<PACKS>>,
    packs: Box<[PackInput; PACKS]>,
    armed: bool,
}

/// What is said to a line after the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// One line of JSON without its end.
    pub text: String,
    /// Whether the line was a step; otherwise the text is an error, and the core has not moved.
    pub stepped: bool,
}

/// The content of a line, unless it is too long.
pub(crate) fn content(line: Line<'_>) -> Result<&[u8], InputError> {
    match line {
        Line::Whole(bytes) => Ok(bytes),
        Line::TooLong => Err(InputError::new(format!(
            "longer than {LONGEST_LINE} bytes, the most a line may have"
        ))),
    }
}

impl Session {
    /// Starts with a first line.
    ///
    /// # Errors
    /// The field that cannot be used.
    pub fn start(line: Line<'_>) -> Result<Self, InputError> {
        Self::start_with(&Json::read(content(line)?)?, |_| {})
    }

    /// Starts with a first line whose parameters are changed before they are judged.
    pub(crate) fn start_with(
        json: &Json<'_>,
        change: impl FnOnce(&mut Params),
    ) -> Result<Self, InputError> {
        let Start { packs, mut params } = Start::read(json)?;
        change(&mut params);
        config::check(&params).map_err(|error| error.under("config"))?;
        let core = Core::new(packs, params).map_err(|error| InputError::new(error.to_string()))?;
        Ok(Self {
            core: Box::new(core),
            packs: Box::new([PackInput::default(); PACKS]),
            armed: false,
        })
    }

    /// Number of packs.
    #[must_use]
    pub fn packs(&self) -> usize {
        self.core.packs()
    }

    /// The answer to the first line: the whole configuration in force.
    #[must_use]
    pub fn ready(&self) -> String {
        answer::ready(self.core.packs(), self.core.params())
    }

    /// A first line with the whole configuration in force.
    pub(crate) fn start_line(&self) -> String {
        answer::start(self.core.packs(), self.core.params())
    }

    /// Answers line `number`: one line for each, whatever it is.
    pub fn reply(&mut self, number: u64, line: Line<'_>) -> Reply {
        let text = content(line)
            .and_then(Json::read)
            .and_then(|json| self.step(&json));
        match text {
            Ok(text) => Reply {
                text,
                stepped: true,
            },
            Err(error) => Reply {
                text: error.to_line(number),
                stepped: false,
            },
        }
    }

    /// Makes one step; when the object is none, nothing has moved.
    pub(crate) fn step(&mut self, json: &Json<'_>) -> Result<String, InputError> {
        let rack = Context {
            packs: self.core.packs(),
            params: self.core.params(),
        };
        let (now_ms, inputs) = step::read(json, &rack, &self.packs)?;
        *self.packs = inputs.packs;
        let decision: Decision<PACKS> = self.core.step(now_ms, &inputs);
        self.armed |= decision
            .events
            .iter()
            .any(|event| event.kind == EventKind::Armed);
        Ok(answer::decision(now_ms, self.core.packs(), &decision))
    }

    /// Whether the rack was armed since the start.
    pub(crate) fn was_armed(&self) -> bool {
        self.armed
    }

    /// What survives a reboot.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut room = [0; RECORD_MAX];
        // The room is that of the largest rack.
        self.core
            .write_record(&mut room)
            .map(<[u8]>::to_vec)
            .unwrap_or_default()
    }

    /// Takes what survived; a record that cannot be used leaves the rack shut off until it is armed.
    ///
    /// # Errors
    /// Why the record cannot be used.
    pub(crate) fn restore(&mut self, record: &[u8]) -> Result<(), parallelator_core::RecordError> {
        self.core
            .restore(record)
            .inspect_err(|_| self.core.hold_for_lost_record())
    }
}
