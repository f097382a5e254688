//! Buses that are in trouble, tick by tick.

use crate::Board;

/// Failures after which a bus is left alone for the rest of the tick: a hung bus costs a time-out each time, and the
/// switches on the other one must still be written.
const FAILURES: u8 = 2;

/// How often each bus has failed in this tick.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct BusTrouble {
    failures: [u8; 2],
}

impl BusTrouble {
    /// The bus with this number, when the board has it and it is worth talking on in this tick.
    pub(crate) fn bus<'b, B: Board<N>, const N: usize>(
        &self,
        board: &'b mut B,
        number: u8,
    ) -> Option<&'b mut B::I2c> {
        let failures = self.failures.get(usize::from(number))?;
        board.bus(number).filter(|_| *failures < FAILURES)
    }

    /// Counts a failure that was not a missing acknowledge.
    pub(crate) fn count(&mut self, bus: u8) {
        if let Some(failures) = self.failures.get_mut(usize::from(bus)) {
            *failures = failures.saturating_add(1);
        }
    }
}
