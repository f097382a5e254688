//! The files of a log: a new one each day and before one grows too large; never a torn row.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// A file is closed before it grows beyond this.
pub const LARGEST_BYTES: u64 = 64 << 20;

struct Open {
    file: File,
    day: Date,
    length: u64,
}

/// A folder of log files. Times come in as arguments.
pub struct LogFolder {
    folder: PathBuf,
    header: Vec<u8>,
    largest: u64,
    open: Option<Open>,
    name: String,
}

fn day_of(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// Writes a whole row in one go; what did not fit is taken back.
fn write_whole(file: &mut File, length: u64, row: &[u8]) -> io::Result<()> {
    let written = loop {
        match file.write(row) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    match written {
        Ok(bytes) if bytes == row.len() => Ok(()),
        Ok(_) => {
            file.set_len(length)?;
            Err(io::ErrorKind::StorageFull.into())
        }
        Err(error) => Err(error),
    }
}

impl LogFolder {
    /// Makes the folder where it is missing, and its first file.
    ///
    /// # Errors
    /// One of them cannot be made.
    pub fn open(folder: &Path, header: Vec<u8>, largest: u64, now: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut files = Self {
            folder: folder.to_owned(),
            header,
            largest,
            open: None,
            name: String::new(),
        };
        files.start_file(day_of(now))?;
        Ok(files)
    }

    /// The file written last.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends one row, with its line end.
    ///
    /// # Errors
    /// The row is not in the file, not even a part of it.
    pub fn append(&mut self, now: Timestamp, row: &[u8]) -> io::Result<()> {
        let day = day_of(now);
        let added = row.len() as u64;
        let goes_on = |open: &Open| open.day == day && open.length + added <= self.largest;
        if !self.open.as_ref().is_some_and(goes_on) {
            self.open = None;
            self.start_file(day)?;
        }
        let Some(open) = &mut self.open else {
            return Err(io::ErrorKind::NotFound.into());
        };
        match write_whole(&mut open.file, open.length, row) {
            Ok(()) => {
                open.length += added;
                Ok(())
            }
            Err(error) => {
                let length = open.file.metadata().map(|metadata| metadata.len());
                if length.ok() != Some(open.length) {
                    // The part of a row is still there: it stays the last one of this file.
                    self.open = None;
                }
                Err(error)
            }
        }
    }

    /// The next file of the day that does not exist yet, with its header.
    fn start_file(&mut self, day: Date) -> io::Result<()> {
        for number in 1..=u32::MAX {
            let name = format!("rack-{day}-{number:03}.csv");
            let path = self.folder.join(&name);
            let mut file = match OpenOptions::new().append(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                other => other?,
            };
            self.name = name;
            if let Err(error) = write_whole(&mut file, 0, &self.header) {
                // A file without its header is of no use; if it cannot be removed either, it stays empty.
                let _ = fs::remove_file(&path);
                return Err(error);
            }
            self.open = Some(Open {
                file,
                day,
                length: self.header.len() as u64,
            });
            return Ok(());
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}
