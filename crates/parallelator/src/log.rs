//! The log: CSV by RFC 4180, one row a second, in its own thread.

mod file;
mod record;

use std::{
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use jiff::Timestamp;

pub use file::{LARGEST_BYTES, LogFolder};
pub use record::{header, record};

use crate::{failure::Failure, hub::Row, rack::Description};

/// Rows that may wait for a slow disk.
const WAITING: usize = 1_024;

/// The end of the log that takes rows.
#[derive(Debug, Clone)]
pub struct Log {
    rows: SyncSender<Arc<Row>>,
    patient: bool,
    lost: Arc<AtomicU64>,
}

impl Log {
    /// Hands a row over. A simulation at full speed waits for the disk; a rack in real time never does, and loses the row.
    pub fn push(&self, row: Arc<Row>) {
        if self.patient {
            // The log's thread ends only after this sender is gone.
            let _ = self.rows.send(row);
        } else if let Err(TrySendError::Full(_)) = self.rows.try_send(row) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The thread that writes; it ends when every [`Log`] is gone.
pub struct LogThread {
    thread: thread::JoinHandle<()>,
    lost: Arc<AtomicU64>,
}

impl LogThread {
    /// Waits until every row is written. Call it after every [`Log`] is gone.
    pub fn finish(self) {
        if self.thread.join().is_err() {
            say("the log ended early");
        }
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            say(&format!(
                "{lost} rows of the log were lost because the disk was too slow"
            ));
        }
    }
}

fn say(words: &str) {
    // Where standard error is closed, nobody is left to be told.
    let _ = writeln!(io::stderr(), "parallelator: {words}");
}

/// Opens a log in this folder, which is made when it does not exist.
///
/// # Errors
/// The folder or its first file cannot be made.
pub fn open(
    folder: &Path,
    description: &Description,
    patient: bool,
) -> Result<(Log, LogThread), Failure> {
    let mut files = LogFolder::open(folder, header(description), LARGEST_BYTES, Timestamp::now())
        .map_err(|error| Failure::Write {
        what: "the log folder",
        path: folder.to_owned(),
        error,
    })?;
    let (sender, receiver) = sync_channel::<Arc<Row>>(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let thread = thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || {
            let mut told = false;
            for row in receiver {
                let now = Timestamp::now();
                if let Err(error) = files.append(now, &record(&row, now)) {
                    // The rack goes on without a log; telling it once a second would help nobody.
                    if !told {
                        say(&format!(
                            "the log {} cannot be written: {error}",
                            files.name()
                        ));
                        told = true;
                    }
                }
            }
        })
        .map_err(|error| Failure::System {
            what: "a thread for the log",
            error,
        })?;
    let log = Log {
        rows: sender,
        patient,
        lost: Arc::clone(&lost),
    };
    Ok((log, LogThread { thread, lost }))
}
