//! The lines of a log after the first.

use crate::cosim::{InputError, Json, Line, Object};

/// A step with what was decided.
pub(super) struct Entry<'j, 'a> {
    pub(super) now_ms: u64,
    pub(super) step: &'j Json<'a>,
    pub(super) decision: &'j Json<'a>,
}

/// The content of a line, unless it is longer than a line of a log can be.
pub(super) fn content(line: Line<'_>, longest: usize) -> Result<&[u8], InputError> {
    match line {
        Line::Whole(bytes) => Ok(bytes),
        Line::TooLong => Err(InputError::new(format!(
            "longer than {longest} bytes, the most a line of a log may have"
        ))),
    }
}

impl<'j, 'a> Entry<'j, 'a> {
    pub(super) fn read(json: &'j Json<'a>) -> Result<Self, InputError> {
        let object = Object::of(json, &["step", "decision"])?;
        let step = object.need("step", "the object of a step", Ok)?;
        let decision = object.need("decision", "the decision of the step", |json| {
            Object::any(json).map(|_| json)
        })?;
        // What else is wrong with the step is found when it is made.
        let now_ms = match step {
            Json::Object(entries) => entries.iter().find(|(key, _)| key == "now_ms"),
            _ => None,
        };
        let now_ms = match now_ms {
            Some((_, Json::Whole(number))) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        };
        Ok(Self {
            now_ms,
            step,
            decision,
        })
    }
}
