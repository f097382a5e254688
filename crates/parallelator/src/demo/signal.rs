//! Ctrl-C, and being asked to end by the system.

use std::{
    io, process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{failure::Failure, hub::Orders};

/// The handler; before a loop runs it ends the program, while one runs it asks the loop to open every switch.
pub(super) struct Signal {
    running: Arc<AtomicBool>,
}

impl Signal {
    /// Installs the handler. Nothing has been switched yet, so until a loop runs there is nothing to open.
    pub(super) fn install(orders: &Orders) -> Result<Self, Failure> {
        let running = Arc::new(AtomicBool::new(false));
        let (orders, seen) = (orders.clone(), Arc::clone(&running));
        ctrlc::set_handler(move || {
            orders.stop();
            if !seen.load(Ordering::Acquire) {
                process::exit(0);
            }
        })
        .map_err(|error| Failure::System {
            what: "a handler for Ctrl-C",
            error: match error {
                ctrlc::Error::System(error) => error,
                other => io::Error::other(other),
            },
        })?;
        Ok(Self { running })
    }

    /// From now on the loop opens the switches; until the answer is dropped.
    pub(super) fn arm(&self) -> Running {
        self.running.store(true, Ordering::Release);
        Running(Arc::clone(&self.running))
    }
}

/// A loop is running.
pub(super) struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
