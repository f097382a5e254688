//! The report of a headless run: one JSON object, all figures numbers; and files that are written as a whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use serde::Serialize;

use crate::failure::Failure;

/// What a headless run found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Packs that are there.
    pub packs: usize,
    /// Packs connected at the end.
    pub connected: usize,
    /// Simulated time until every pack was connected for the first time; null when they never were.
    pub seconds_to_all_connected: Option<f64>,
    /// Largest current that would have flowed between the closed packs without load and charger, from the true voltages and
    /// resistances of the plant, at the first join and ever after.
    pub max_circulating_ma: i64,
    /// Largest first peak when a switch closed.
    pub max_inrush_ma: i64,
    /// Largest true current of a pack.
    pub max_pack_ma: i64,
    /// What the load got of what it asked for, in percent; 100 when it never asked.
    pub served_percent: f64,
    /// Closings of all switches together.
    pub closings: u64,
    /// Number of events.
    pub events: u64,
    /// Simulated time.
    pub sim_seconds: f64,
    /// Time it took.
    pub wall_seconds: f64,
}

/// Where a report, or something else that is written as a whole, goes. A file gets its name only when it is complete.
pub enum Target {
    /// Standard output.
    Output,
    /// A file beside its place, until it is complete.
    Beside {
        /// What it is, for messages.
        what: &'static str,
        /// The file being written.
        file: File,
        /// Where it is.
        part: PathBuf,
        /// What it will be called.
        path: PathBuf,
    },
    /// Something that is no file and cannot be replaced by one: a device, a pipe.
    Through {
        /// What it is, for messages.
        what: &'static str,
        /// The open device.
        file: File,
        /// Where it is.
        path: PathBuf,
    },
}

fn unwritable(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Write {
        what,
        path: path.to_owned(),
        error,
    }
}

impl Target {
    /// Opens the place for a report, so that one that cannot be written is found before the run and not after it.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        path.map_or(Ok(Self::Output), |path| Self::open_as("the report", path))
    }

    /// Opens the place for something else that is written as a whole; `what` names it in messages.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn open_as(what: &'static str, path: &Path) -> Result<Self, Failure> {
        let fail = unwritable(what, path);
        // A link keeps its place, and the file it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&path) {
            Ok(there) if there.is_dir() => Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(there) if !there.is_file() => {
                let file = OpenOptions::new().write(true).open(&path).map_err(fail)?;
                Ok(Self::Through { what, file, path })
            }
            _ => {
                let name = path
                    .file_name()
                    .ok_or_else(|| fail(io::ErrorKind::InvalidInput.into()))?;
                let mut part = name.to_owned();
                part.push(format!(".{}.part", process::id()));
                let part = path.with_file_name(part);
                let create = || OpenOptions::new().write(true).create_new(true).open(&part);
                let file = match create() {
                    // Left behind by a process of the same number that was killed while it wrote.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        fs::remove_file(&part).and_then(|()| create())
                    }
                    other => other,
                };
                let file = file.map_err(fail)?;
                Ok(Self::Beside {
                    what,
                    file,
                    part,
                    path,
                })
            }
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// It is not complete where it should be; a file of this name that was there before is still as it was.
    pub fn write(self, report: &Report) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(report)
            .map_err(|error| Failure::Output(io::Error::other(error)))?;
        text.push(b'\n');
        self.write_bytes(&text)
    }

    /// Writes these bytes as the whole content.
    ///
    /// # Errors
    /// They are not complete where they should be; a file of this name that was there before is still as it was.
    pub fn write_bytes(mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self {
            Self::Output => {
                let mut out = io::stdout().lock();
                out.write_all(bytes)
                    .and_then(|()| out.flush())
                    .map_err(Failure::Output)
            }
            Self::Through { what, file, path } => file
                .write_all(bytes)
                .and_then(|()| file.flush())
                .map_err(unwritable(what, path)),
            Self::Beside {
                what,
                file,
                part,
                path,
            } => file
                .write_all(bytes)
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(part, &*path))
                .map_err(unwritable(what, path)),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::Beside { part, .. } = self {
            // After the renaming there is nothing left of this name, which is as it should be.
            let _ = fs::remove_file(part);
        }
    }
}
