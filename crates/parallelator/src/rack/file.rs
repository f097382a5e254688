//! Reading a rack file: every fault of the file is listed, each with its line, its field and what is allowed.

use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use parallelator_core::Chemistry;
use toml::de::DeTable;

use super::{
    CHEMISTRIES, Description, chemistry_name,
    entry::{self, Problem},
    position::Lines,
    reader::Reader,
};

/// A file that is larger than this is no rack file.
const LARGEST_FILE: u64 = 1 << 20;

/// One fault of a rack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// Line, counted from 1.
    pub line: usize,
    /// What it concerns, for example `pack 3: sensor`.
    pub field: String,
    pub(super) problem: Problem,
}

/// Why a rack file cannot be used.
#[derive(Debug)]
pub struct FileErrors {
    file: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Unreadable(io::Error),
    TooLarge,
    NotText { byte: usize },
    Faults(Vec<FileError>),
}

impl FileErrors {
    /// The faults, when the file could be read at all.
    #[must_use]
    pub fn faults(&self) -> &[FileError] {
        match &self.cause {
            Cause::Faults(faults) => faults,
            Cause::Unreadable(_) | Cause::TooLarge | Cause::NotText { .. } => &[],
        }
    }
}

impl fmt::Display for FileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.cause {
            Cause::Unreadable(error) => write!(f, "the rack file {file} cannot be read: {error}"),
            Cause::TooLarge => {
                write!(
                    f,
                    "the rack file {file} is larger than {LARGEST_FILE} bytes"
                )
            }
            Cause::NotText { byte } => {
                write!(f, "the rack file {file} is not UTF-8 text at byte {byte}")
            }
            Cause::Faults(faults) => {
                let (count, plural) = (faults.len(), if faults.len() == 1 { "" } else { "s" });
                write!(f, "the rack file {file} has {count} error{plural}:")?;
                for FileError {
                    line,
                    field,
                    problem,
                } in faults
                {
                    write!(f, "\n{file}:{line}: {field}: {problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for FileErrors {}

/// Reads and checks a rack file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(path: &Path) -> Result<Description, FileErrors> {
    let fail = |cause| FileErrors {
        file: path.to_owned(),
        cause,
    };
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| fail(Cause::Unreadable(error)))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(fail(Cause::TooLarge));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        fail(Cause::NotText {
            byte: error.utf8_error().valid_up_to(),
        })
    })?;
    parse(&text).map_err(|faults| fail(Cause::Faults(faults)))
}

/// Checks the text of a rack file.
fn parse(text: &str) -> Result<Description, Vec<FileError>> {
    let (root, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        lines: Lines::of(text),
        faults: Vec::new(),
    };
    for error in &syntax {
        let at = error.span().map_or(0, |span| span.start);
        let words = error.message().replace('\n', ", ");
        reader.fault(at, "file", Problem::Syntax(words));
    }
    if !syntax.is_empty() {
        return Err(reader.faults);
    }
    let root = root.get_ref();
    reader.refuse_unknown(root, "", entry::RACK_KEYS.iter().map(|key| key.name));
    let chemistry = reader
        .text(root, entry::CHEMISTRY, "", 0)
        .and_then(|name| {
            CHEMISTRIES
                .into_iter()
                .find(|&one| chemistry_name(one) == name)
        })
        .unwrap_or(Chemistry::Nmc);
    let title = reader
        .text(root, entry::TITLE, "", 0)
        .unwrap_or("Rack")
        .to_owned();
    let (params, broken_params) = reader.params(root, chemistry);
    let packs = reader.packs(root, &params, &broken_params);
    if !reader.faults.is_empty() {
        reader.faults.sort_by_key(|fault| fault.line);
        return Err(reader.faults);
    }
    Ok(Description {
        title,
        chemistry,
        packs,
        params,
    })
}
