//! The languages, and what differs between them beyond words.

use clap::ValueEnum;

/// A space that no line break may take the place of.
const FIXED_SPACE: char = '\u{a0}';

/// The language of the page, the table and the lines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    #[default]
    #[value(name = "en")]
    English,
    /// French (français)
    #[value(name = "fr")]
    French,
}

impl Language {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Its code after ISO 639-1, as the page gets it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// A number with its unit, from the English way of writing it.
    pub(super) fn number(self, english: String) -> String {
        match self {
            Self::English => english,
            Self::French => english
                .chars()
                .map(|letter| match letter {
                    '.' => ',',
                    ' ' => FIXED_SPACE,
                    other => other,
                })
                .collect(),
        }
    }

    /// The spaces that French keeps before a colon or a semicolon and inside quotation marks must not break a line.
    pub(super) fn typeset(self, text: String) -> String {
        match self {
            Self::English => text,
            Self::French => [
                (" :", "\u{a0}:"),
                (" ;", "\u{a0};"),
                ("« ", "«\u{a0}"),
                (" »", "\u{a0}»"),
            ]
            .into_iter()
            .fold(text, |text, (loose, fixed)| text.replace(loose, fixed)),
        }
    }
}
