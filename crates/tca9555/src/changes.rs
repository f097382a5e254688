//! Which inputs changed, and when to look.

use crate::registers::Word;

/// What a read of the inputs showed against the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Changes<W = u16> {
    /// Input word as read last.
    pub inputs: W,
    /// Pins that became 1 since the last report.
    pub rose: W,
    /// Pins that became 0 since the last report. A pin may be in both words if a report was delayed by a bus error.
    pub fell: W,
}

impl<W: Word> Changes<W> {
    /// Whether any pin changed.
    #[must_use]
    pub fn any(self) -> bool {
        self.rose | self.fell != W::ZERO
    }
}

/// Watches the inputs by interrupt line and by clock, and finds the edges in software.
///
/// The INT line of this family is a hint, no more. It is low while an input differs from what was last read from its
/// port, so it goes away by itself when a short pulse ends before anyone has read; an edge during the acknowledge clock
/// of a read may not raise it; a pin that turns from output to input may raise it for nothing (SCPS131, section
/// "Interrupt output"); and one member of the family drops it when another chip on the bus is read (SCPS131J, section
/// 8.4.1.1). Hence:
///
/// - INT is asked for its level, never for its edge: a low line that nobody has served stays low.
/// - A read also happens when the last good one is `every_ms` old, INT or not. That bounds how late a lost edge is
///   seen; a pulse that came and went between two reads stays unseen, by any driver.
/// - Edges are differences of two reads, each of both ports in one transfer, so a read for another purpose takes none
///   away from the watch.
/// - After each read the chip's register pointer is moved off the inputs, unless [`Watch::without_parking`].
/// - An edge that was read stays on record until a call has reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch<W = u16> {
    every_ms: u64,
    parks: bool,
    /// Time of the last report; `None` = read at the next opportunity.
    reported_at_ms: Option<u64>,
    inputs: Option<W>,
    rose: W,
    fell: W,
}

impl<W: Word> Watch<W> {
    /// Reads at least every `every_ms` milliseconds; 0 reads at each call. The first report shows no changes.
    #[must_use]
    pub const fn new(every_ms: u64) -> Self {
        Self {
            every_ms,
            parks: true,
            reported_at_ms: None,
            inputs: None,
            rose: W::ZERO,
            fell: W::ZERO,
        }
    }

    /// Saves the parking transfer (2 bytes a read) where the chip is known not to need it.
    #[must_use]
    pub const fn without_parking(mut self) -> Self {
        self.parks = false;
        self
    }

    /// Whether a read is wanted now. A clock that ran backwards wants one too.
    #[must_use]
    pub fn is_due(&self, int_low: bool, now_ms: u64) -> bool {
        let Some(then) = self.reported_at_ms else {
            return true;
        };
        int_low
            || now_ms
                .checked_sub(then)
                .is_none_or(|age| age >= self.every_ms)
    }

    /// A read is about to start: if it does not end well, the next call is due.
    pub(crate) fn begin(&mut self) {
        self.reported_at_ms = None;
    }

    /// Takes an input word in; its edges wait for `finish`.
    pub(crate) fn record(&mut self, inputs: W) {
        let before = self.inputs.replace(inputs).unwrap_or(inputs);
        self.rose = self.rose | (inputs & !before);
        self.fell = self.fell | (before & !inputs);
    }

    /// Hands the edges out.
    pub(crate) fn finish(&mut self, inputs: W, now_ms: u64) -> Changes<W> {
        let changes = Changes {
            inputs,
            rose: self.rose,
            fell: self.fell,
        };
        self.rose = W::ZERO;
        self.fell = W::ZERO;
        self.reported_at_ms = Some(now_ms);
        changes
    }

    pub(crate) const fn parks(&self) -> bool {
        self.parks
    }
}
