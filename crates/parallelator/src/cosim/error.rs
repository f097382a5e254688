//! What is wrong with a line, as one field and one sentence.

use serde::Serialize;

/// Longest part of somebody's text that is repeated in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// Why a line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Path of the field, for example `packs[2].voltage_mv`; `None` when it concerns the line as a whole.
    pub field: Option<String>,
    /// What was found, and what would be right.
    pub message: String,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    line: u64,
    field: Option<&'a str>,
    message: &'a str,
}

impl InputError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            field: None,
            message: message.into(),
        }
    }

    /// The same error, seen from the object that holds the field under `key`.
    pub(crate) fn under(mut self, key: &str) -> Self {
        let key = quoted(key);
        self.field = Some(match self.field {
            None => key,
            Some(inner) if inner.starts_with('[') => key + &inner,
            Some(inner) => key + "." + &inner,
        });
        self
    }

    /// The same error, seen from the list that holds it at `index`.
    pub(crate) fn at(self, index: usize) -> Self {
        self.under(&format!("[{index}]"))
    }

    /// The error as a line of output, without its line end.
    #[must_use]
    pub fn to_line(&self, line: u64) -> String {
        let error = ErrorBody {
            line,
            field: self.field.as_deref(),
            message: &self.message,
        };
        super::answer::to_text(&ErrorLine { error })
    }
}

impl std::fmt::Display for InputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for InputError {}

/// A text as it is repeated in a message: never longer than a line of a terminal.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}
