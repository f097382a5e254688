//! Ctrl-C, for what goes on until somebody ends it.

use std::{
    io,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use crate::failure::Failure;

/// Whether the program was asked to end.
pub(super) struct Stop {
    asked: Receiver<()>,
}

impl Stop {
    /// Installs the handler.
    pub(super) fn install() -> Result<Self, Failure> {
        let (ask, asked) = mpsc::channel();
        ctrlc::set_handler(move || {
            // Where the receiver is gone, the program is ending already.
            let _ = ask.send(());
        })
        .map_err(|error| Failure::System {
            what: "a handler for Ctrl-C",
            error: match error {
                ctrlc::Error::System(error) => error,
                other => io::Error::other(other),
            },
        })?;
        Ok(Self { asked })
    }

    /// Waits this long; true when the program was asked to end.
    pub(super) fn comes_within(&self, time: Duration) -> bool {
        !matches!(
            self.asked.recv_timeout(time),
            Err(RecvTimeoutError::Timeout)
        )
    }
}
