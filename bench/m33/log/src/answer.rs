//! What the core answers, as bytes: every field of it.

use parallelator_core::{
    Decision, Event, EventKind, Events, Explanation, FaultClass, LedPattern, PackDecision,
    PackState, Reason, RecordError, Remedy, StartError, SwitchCommand, SystemState, Waiting,
};

use crate::{
    Place, Put, Sink,
    code::{put_choice, put_listed, put_struct},
};

put_struct!(Decision<N> [const N: usize] {
    packs,
    system,
    system_reason,
    load_permit,
    charge_permit,
    dcl,
    ccl,
    cvl,
    bus_voltage,
    bus_current,
    led,
    events,
});
put_struct!(PackDecision {
    command,
    state,
    reason,
    predicted,
    difference,
    value,
    limit,
    eligible_in_ms,
    score,
    closes,
});
put_struct!(Event {
    seq,
    now_ms,
    pack,
    kind,
    reason,
    value,
    limit,
});

put_struct!(Explanation {
    state,
    reason,
    class,
    difference,
    bound,
    value,
    limit,
    eligible_in_ms,
    remedy,
});

put_choice!(FaultClass {
    H0 = 0,
    H1 = 1,
    H2 = 2,
    S1 = 3,
    S2 = 4,
    W = 5
});
put_choice!(SwitchCommand {
    Open = 0,
    Precharge = 1,
    Closed = 2
});
put_choice!(SystemState {
    Boot = 0,
    Idle = 1,
    Running = 2,
    Shedding = 3,
    SafeOff = 4,
    Service = 5
});
put_choice!(LedPattern {
    Boot = 0,
    Idle = 1,
    Running = 2,
    Degraded = 3,
    SafeOff = 4
});
put_listed!(EventKind, Waiting);

impl Put for Events {
    fn put(&self, sink: &mut impl Sink) {
        self.iter().count().put(sink);
        for (index, event) in self.iter().enumerate() {
            sink.enter(Place::Item(index));
            event.put(sink);
            sink.leave();
        }
    }
}

impl Put for PackState {
    fn put(&self, sink: &mut impl Sink) {
        let byte: u8 = match self {
            Self::Absent => 0,
            Self::Init => 1,
            Self::Open => 2,
            Self::Precharge => 3,
            Self::Closing => 4,
            Self::Closed => 5,
            Self::Opening => 6,
            Self::Cooldown { until_ms } => {
                7u8.put(sink);
                return until_ms.put(sink);
            }
            Self::Fault => 8,
            Self::Latched => 9,
            Self::StuckClosed => 10,
            Self::Disabled => 11,
        };
        byte.put(sink);
    }
}

impl Put for Reason {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::Waiting(waiting) => {
                0u8.put(sink);
                waiting.put(sink);
            }
            Self::Fault(fault) => {
                1u8.put(sink);
                fault.put(sink);
            }
        }
    }
}

impl Put for Remedy {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::None => 0u8.put(sink),
            Self::Wait { ms } => {
                1u8.put(sink);
                ms.put(sink);
            }
            Self::Condition => 2u8.put(sink),
            Self::Clear { fault } => {
                3u8.put(sink);
                fault.put(sink);
            }
            Self::Arm => 4u8.put(sink),
            Self::Enable => 5u8.put(sink),
        }
    }
}

impl Put for StartError {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::PackCount { packs, max } => {
                0u8.put(sink);
                packs.put(sink);
                max.put(sink);
            }
            Self::Params(error) => {
                1u8.put(sink);
                error.put(sink);
            }
        }
    }
}

/// May grow: an error that is not known here is one byte that no other has, and the same on both sides.
impl Put for RecordError {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::Length { found, needed } => {
                0u8.put(sink);
                found.put(sink);
                needed.put(sink);
            }
            Self::NotARecord => 1u8.put(sink),
            Self::Version { found } => sink.put(&[2, *found]),
            Self::Checksum => 3u8.put(sink),
            Self::PackCount { found, expected } => {
                4u8.put(sink);
                found.put(sink);
                expected.put(sink);
            }
            Self::Rack => 5u8.put(sink),
            Self::Field { pack } => {
                6u8.put(sink);
                pack.put(sink);
            }
            _ => u8::MAX.put(sink),
        }
    }
}
