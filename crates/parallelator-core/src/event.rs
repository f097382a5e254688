//! What happened in a step, for the log.

use crate::Reason;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
        }

        impl EventKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

kinds! {
    /// A switch is commanded closed: predicted bound and its limit.
    Closed = "closed";
    /// A switch is commanded open: the value and limit of the reason.
    Opened = "opened";
    /// A fault was found on a pack that was open already.
    Fault = "fault";
    /// A pack latched: its score and the score that latches.
    Latched = "latched";
    /// A pack is healthy again after a fault.
    Recovered = "recovered";
    /// A switch conducts though commanded open: the current and the leak limit.
    StuckClosed = "stuck_closed";
    /// A latch, cool-down or stuck switch was cleared by command.
    Cleared = "cleared";
    /// The operator enabled a pack.
    Enabled = "enabled";
    /// The operator disabled a pack.
    Disabled = "disabled";
    /// Emergency stop.
    EStop = "estop";
    /// The rack was armed after an emergency stop.
    Armed = "armed";
    /// A command was refused: the position of the command in the step.
    CommandRefused = "command_refused";
    /// New parameters are in force.
    ConfigApplied = "config_applied";
    /// New parameters were refused as a whole: the number of faults in them.
    ConfigRejected = "config_rejected";
    /// The rack shut itself off.
    SafeOff = "safe_off";
    /// The rack left the safe state.
    SafeOffLeft = "safe_off_left";
    /// The rack is ready: every switch confirmed open, samples collected.
    Ready = "ready";
    /// The load is permitted: DCL.
    LoadPermitted = "load_permitted";
    /// The load is not permitted any more: DCL.
    LoadWithdrawn = "load_withdrawn";
    /// The clock jumped forward: by how much, and what is allowed.
    ClockJump = "clock_jump";
    /// The clock went backwards: by how much.
    ClockBackwards = "clock_backwards";
    /// An opening above the breaking current of the switch: the current and the limit.
    BreakingCurrent = "breaking_current";
    /// An opening waits for the current to fall: the current and what the switch can break.
    OpeningDelayed = "opening_delayed";
    /// The load or the charger is asked to go down before a pack is opened: how long it is waited for, in milliseconds.
    Shedding = "shedding";
    /// Nothing is asked of the load or the charger any more.
    SheddingOver = "shedding_over";
    /// Something is wrong that opens nothing: the value and the limit it broke.
    Alarm = "alarm";
    /// What an alarm told of is over.
    AlarmOver = "alarm_over";
    /// A voltage was dropped as impossible or as a jump: the voltage, and the end of the range or the last good one.
    SampleDropped = "sample_dropped";
    /// The bus is charged through the resistor of a pack: predicted current and its limit.
    Precharging = "precharging";
    /// The service mode was entered.
    ServiceEntered = "service_entered";
    /// The service mode was left.
    ServiceLeft = "service_left";
    /// Events did not fit: how many were lost.
    EventsLost = "events_lost";
}

impl EventKind {
    /// Something is wrong that opens nothing, or it is over.
    pub(crate) const fn alarm(on: bool) -> Self {
        if on { Self::Alarm } else { Self::AlarmOver }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Event {
    /// Counts all events since the core was made.
    pub seq: u32,
    /// The time the step was given.
    pub now_ms: u64,
    /// The pack concerned; `None` for the rack.
    pub pack: Option<u8>,
    /// What happened.
    pub kind: EventKind,
    /// Why.
    pub reason: Option<Reason>,
    /// The value behind it, in the unit of the kind or reason.
    pub value: i32,
    /// The limit it was held against.
    pub limit: i32,
}

/// Room for three events a pack and fifteen of the rack.
const CAPACITY: usize = 111;

/// An event without what all events of a step have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    kind: EventKind,
    pack: Option<u8>,
    reason: Option<Reason>,
    value: i32,
    limit: i32,
}

impl Entry {
    const EMPTY: Self = Self {
        kind: EventKind::EventsLost,
        pack: None,
        reason: None,
        value: 0,
        limit: 0,
    };
}

/// The events of one step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events {
    now_ms: u64,
    /// Number of the last event, kept or lost.
    last_seq: u32,
    len: u32,
    lost: u32,
    entries: [Entry; CAPACITY],
}

impl Default for Events {
    fn default() -> Self {
        Self {
            now_ms: 0,
            last_seq: 0,
            len: 0,
            lost: 0,
            entries: [Entry::EMPTY; CAPACITY],
        }
    }
}

impl Events {
    /// The events, oldest first. When some did not fit, the last one says how many.
    pub fn iter(&self) -> impl Iterator<Item = Event> {
        let kept = usize::try_from(self.len).unwrap_or(CAPACITY);
        let first_seq = self.last_seq.wrapping_sub(self.lost).wrapping_sub(self.len);
        let numbers = (1..=self.len).map(move |number| first_seq.wrapping_add(number));
        let all = self.entries.iter().take(kept).zip(numbers);
        let told = (self.lost > 0).then(|| Event {
            seq: self.last_seq,
            now_ms: self.now_ms,
            pack: None,
            kind: EventKind::EventsLost,
            reason: None,
            value: i32::try_from(self.lost).unwrap_or(i32::MAX),
            limit: i32::try_from(self.len).unwrap_or(i32::MAX),
        });
        all.map(|(entry, seq)| Event {
            seq,
            now_ms: self.now_ms,
            pack: entry.pack,
            kind: entry.kind,
            reason: entry.reason,
            value: entry.value,
            limit: entry.limit,
        })
        .chain(told)
    }

    /// Whether nothing happened.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the event, or counts it as lost.
    pub(crate) fn push(&mut self, event: Event) {
        self.now_ms = event.now_ms;
        self.last_seq = event.seq;
        let next = usize::try_from(self.len).unwrap_or(CAPACITY);
        match self.entries.get_mut(next) {
            Some(slot) => {
                *slot = Entry {
                    kind: event.kind,
                    pack: event.pack,
                    reason: event.reason,
                    value: event.value,
                    limit: event.limit,
                };
                self.len = self.len.saturating_add(1);
            }
            None => self.lost = self.lost.saturating_add(1),
        }
    }
}
