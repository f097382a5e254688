//! Buses that are in trouble, tick by tick.

/// Failures after which a bus is left alone for the rest of the tick: a hung bus costs a time-out each time, and the
/// switches on the other one must still be written.
const FAILURES: u8 = 2;

/// How often each bus has failed in this tick.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct BusTrouble {
    failures: [u8; 2],
}

impl BusTrouble {
    /// Whether it is worth talking on this bus.
    pub(crate) fn allows(&self, bus: u8) -> bool {
        self.failures
            .get(usize::from(bus))
            .is_some_and(|&failures| failures < FAILURES)
    }

    /// Counts a failure that was not a missing acknowledge.
    pub(crate) fn count(&mut self, bus: u8) {
        if let Some(failures) = self.failures.get_mut(usize::from(bus)) {
            *failures = failures.saturating_add(1);
        }
    }
}
