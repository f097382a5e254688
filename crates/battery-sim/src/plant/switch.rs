//! The switch of a pack: command, contact, body diode, wear.
//!
//! ```text
//!            command on (after operate_s)
//!   open  ------------------------------------>  closed
//!     ^                                            |  peak or breaking current above its rating,
//!     |      command off (after operate_s)         |  or stuck closed
//!     +--------------------------------------------+------------>  welded: closed whatever is commanded
//! ```

use super::config::SwitchConfig;

/// Voltage across a conducting body diode, V.
pub const BODY_DIODE_V: f64 = 0.7;

/// What an open switch lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchKind {
    /// Nothing.
    Bidirectional,
    /// Its body diode conducts from the bus into the pack.
    DiodeCharge,
    /// Its body diode conducts from the pack to the bus.
    DiodeDischarge,
}

/// What the contact does in a moment of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Closes,
    Opens,
}

/// State of a switch.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    pub(crate) config: SwitchConfig,
    commanded: bool,
    /// Command that has reached the contact.
    arrived: bool,
    /// Seconds until the command reaches the contact.
    waiting_s: f64,
    pub(crate) precharging: bool,
    pub(crate) closed: bool,
    pub(crate) welded: bool,
    pub(crate) stuck_open: bool,
    pub(crate) stuck_closed: bool,
    /// Added to the operating time, s.
    pub(crate) slowness_s: f64,
    pub(crate) closings: u64,
    pub(crate) last_peak_a: f64,
    /// Closed in this moment: the peak is not judged yet.
    fresh: bool,
    pub(crate) last_break_a: f64,
}

impl Switch {
    pub(crate) fn new(config: SwitchConfig) -> Self {
        Self {
            config,
            commanded: false,
            arrived: false,
            waiting_s: 0.0,
            precharging: false,
            closed: false,
            welded: false,
            stuck_open: false,
            stuck_closed: false,
            slowness_s: 0.0,
            closings: 0,
            last_peak_a: 0.0,
            fresh: false,
            last_break_a: 0.0,
        }
    }

    /// A command that is already on its way is not delayed by its repetition.
    pub(crate) fn command(&mut self, on: bool) {
        if self.commanded != on {
            self.commanded = on;
            self.waiting_s = self.config.operate_s + self.slowness_s;
        }
    }

    /// Whether the contact is due for a change.
    pub(crate) fn due(&mut self, elapsed_s: f64) -> Option<Change> {
        if self.arrived != self.commanded {
            self.waiting_s -= elapsed_s;
            if self.waiting_s <= 1e-9 {
                self.arrived = self.commanded;
            }
        }
        let wanted = self.stuck_closed || self.welded || (self.arrived && !self.stuck_open);
        match (self.closed, wanted) {
            (false, true) => Some(Change::Closes),
            (true, false) => Some(Change::Opens),
            _ => None,
        }
    }

    /// The contact closes onto the bus capacitor with this peak.
    pub(crate) fn close(&mut self, capacitor_peak_a: f64) {
        self.closed = true;
        self.closings += 1;
        self.last_peak_a = capacitor_peak_a;
        self.fresh = true;
    }

    /// If it has just closed: its peak, which is not below the current that stays; it may have welded the contact.
    pub(crate) fn judge_closing(&mut self, current_a: f64) -> Option<f64> {
        if !core::mem::take(&mut self.fresh) {
            return None;
        }
        self.last_peak_a = self.last_peak_a.max(current_a);
        self.welded |= self.last_peak_a > self.config.make_rating_a;
        Some(self.last_peak_a)
    }

    /// The contact opens, unless the current it breaks welds it.
    pub(crate) fn open(&mut self, current_a: f64) {
        self.last_break_a = current_a;
        if current_a > self.config.break_rating_a && !self.stuck_open {
            self.welded = true;
        } else {
            self.closed = false;
        }
    }

    /// Ohm of what conducts now besides the diode: contact, precharge resistor, or nothing.
    pub(crate) fn ohm(&self) -> Option<f64> {
        match (self.closed, self.precharging) {
            (true, _) => Some(self.config.ohm),
            (false, true) => self.config.precharge_ohm,
            (false, false) => None,
        }
    }
}
