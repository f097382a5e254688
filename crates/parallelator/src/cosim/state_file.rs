//! The file of what survives a reboot: read before the first step, replaced as a whole whenever it changes.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use parallelator_core::RECORD_MAX;

use super::Session;
use crate::{failure::Failure, report::Target};

/// A file that is longer is no record; no more of it is read.
const MOST_READ: u64 = RECORD_MAX as u64 + 1;

/// A state file on the way into a session.
#[derive(Debug)]
pub(crate) struct StateFile<'a> {
    path: &'a Path,
    /// `None` when there is no such file yet.
    bytes: Option<Vec<u8>>,
}

impl<'a> StateFile<'a> {
    /// Reads the file, where there is one.
    pub(crate) fn read(path: &'a Path) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes));
        let bytes = match read {
            Ok(_) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(Failure::Read {
                    what: "the state file",
                    path: path.to_owned(),
                    error,
                    advice: "make it readable, or leave --load-state out for a rack that has no history",
                });
            }
        };
        Ok(Self { path, bytes })
    }

    /// Gives the session its history; one that cannot be used leaves the rack shut off, and is handed back.
    pub(crate) fn restore(
        self,
        session: &mut Session,
        notes: &mut impl Write,
    ) -> Option<Unusable<'a>> {
        let path = self.path;
        let Some(bytes) = self.bytes else {
            note(
                notes,
                &format!(
                    "there is no state file {} yet: this is a first start",
                    path.display()
                ),
            );
            return None;
        };
        let error = session.restore(&bytes).err()?;
        note(
            notes,
            &format!(
                "the state file {} cannot be used: {error}; nothing is known of earlier faults, so the rack stays shut off until it is armed",
                path.display()
            ),
        );
        Some(Unusable { path, bytes })
    }
}

/// A sentence beside the lines; where nobody hears it, the lines still say what counts.
fn note(notes: &mut impl Write, sentence: &str) {
    let _ = writeln!(notes, "parallelator: {sentence}");
}

/// A record that could not be used.
#[derive(Debug)]
pub(crate) struct Unusable<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
}

/// Keeps the file up to date.
#[derive(Debug)]
pub(super) struct Keeper<'a> {
    path: PathBuf,
    written: Option<Vec<u8>>,
    /// Stays the content until the rack is armed: a restart before that must not lose what shut the rack off.
    unusable: Option<Unusable<'a>>,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(path: &Path, unusable: Option<Unusable<'a>>) -> Self {
        let same_file =
            |one: &Unusable<'_>| match (fs::canonicalize(one.path), fs::canonicalize(path)) {
                (Ok(loaded), Ok(saved)) => loaded == saved,
                _ => false,
            };
        let written = unusable
            .as_ref()
            .filter(|one| same_file(one))
            .map(|one| one.bytes.clone());
        Self {
            path: path.to_owned(),
            written,
            unusable,
        }
    }

    /// Writes the record of the session when it is not the one in the file.
    pub(super) fn save(&mut self, session: &Session) -> Result<(), Failure> {
        if session.was_armed() {
            self.unusable = None;
        }
        let record = match &self.unusable {
            Some(unusable) => unusable.bytes.clone(),
            None => session.record(),
        };
        if self.written.as_ref() != Some(&record) {
            Target::open_as("the state file", &self.path)?.write_bytes(&record)?;
            self.written = Some(record);
        }
        Ok(())
    }
}
