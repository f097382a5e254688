//! One request and its reply as a state machine without a port: bytes out; bytes, or "time is up", in.
//!
//! ```text
//!            write                 any answer
//!  start ----------> wake (18h) ----------------+
//!    |  read           | time is up: again,     v
//!    |                 | at most `sends` times  write, once -- confirmed --> done
//!    v                 v                        | time is up
//!  request <--+      NotAwake                   v
//!    |        | time is up: again,            Unconfirmed
//!    +--------+ at most `sends` times
//!    |
//!    +-- reply, or refusal --> done
//! ```

use crate::error::{NackCode, ReplyError};
use crate::frame::Frame;
use crate::question::{Packets, Question};
use crate::receiver::{Received, Receiver};

/// The harmless read that wakes the BMS: 18h.
const WAKE: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
/// Time of one byte on the wire at 115 200 bit/s, rounded up.
const BYTE_US: u32 = 87;

/// How long to wait, and how often to ask. Every number is the caller's; these are what the fact sheet suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Waits {
    /// From the request to the first byte of a reply, in microseconds. Text in between does not count.
    pub first_us: u32,
    /// Silence inside a reply that means it will not go on.
    pub silence_us: u32,
    /// From the request to the end of the reply, without its time on the wire.
    pub whole_us: u32,
    /// How often a read is sent at most; a sleeping BMS only wakes up at the first one.
    pub sends: u8,
    /// Pause before the next request after a confirmed write: the BMS stores to flash and was seen silent for a second.
    pub after_write_us: u32,
    /// Pause before the next request after a reset, and after a setting that makes the BMS restart.
    pub after_reset_us: u32,
    /// Pause before the next request after one that was not answered: a request that lost a byte on its way is
    /// forgotten by the BMS only then (release 2.3.222 speaks of such a time), and would swallow the beginning of the
    /// next one. Repeats inside an exchange do not wait for it, since a BMS that sleeps answers them.
    pub after_silence_us: u32,
}

impl Waits {
    /// For a wire: 50 ms, 10 ms, 100 ms, three sends, 1 s after a write, 3 s after a reset, 3 s after no answer.
    pub const WIRE: Self = Self {
        first_us: 50_000,
        silence_us: 10_000,
        whole_us: 100_000,
        sends: 3,
        after_write_us: 1_000_000,
        after_reset_us: 3_000_000,
        after_silence_us: 3_000_000,
    };

    /// For a radio bridge, which needs 200 ms and more.
    pub const BRIDGE: Self = Self {
        first_us: 400_000,
        silence_us: 250_000,
        whole_us: 800_000,
        ..Self::WIRE
    };
}

impl Default for Waits {
    fn default() -> Self {
        Self::WIRE
    }
}

/// How long one reception may take, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// It ends when no reply has begun after this time.
    pub first_us: u32,
    /// It ends when a reply has begun and nothing comes for this time.
    pub silence_us: u32,
    /// It ends after this time in any case.
    pub whole_us: u32,
}

/// What received bytes have led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// No reply has begun.
    Searching,
    /// A reply has begun.
    InFrame,
    /// Nothing more is needed.
    Complete,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Send these bytes.
    Send(&'a [u8]),
    /// Give received bytes to [`Exchange::received`] until it is complete or a limit has passed, then call
    /// [`Exchange::time_is_up`].
    Receive(Limits),
    /// Look at [`Exchange::outcome`].
    Done,
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure {
    /// No usable reply, or a refusal. Nothing has changed in the BMS.
    Reply(ReplyError),
    /// The write was not sent: the BMS did not wake up.
    NotAwake(ReplyError),
    /// The write was sent once; whether it was carried out is not known.
    Unconfirmed(ReplyError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Send,
    Receive,
    Done(Result<(), Failure>),
}

/// Where the packets of a long reply go.
#[derive(Debug)]
struct Collector<'r> {
    out: &'r mut [u8],
    packets: Packets,
    fresh: Packets,
}

/// One request on its way to a reply.
#[derive(Debug)]
pub struct Exchange<'r> {
    question: Question<'r>,
    receiver: Receiver<'r>,
    waits: Waits,
    phase: Phase,
    is_waking: bool,
    sent: u8,
    collector: Option<Collector<'r>>,
}

impl<'r> Exchange<'r> {
    /// For a request with these bytes. Reads are repeated within the limits of `waits`; before a write the BMS is woken
    /// by a read, and the write itself is sent once.
    #[must_use]
    pub fn new(sent: &'r [u8], waits: Waits) -> Self {
        Self::with_question(Question::new(sent), waits, None)
    }

    /// For a read whose reply comes in packets, collected in `out`; the form is deduced, not documented.
    #[must_use]
    pub fn in_packets(sent: &'r [u8], packets: Packets, out: &'r mut [u8], waits: Waits) -> Self {
        let collector = Collector {
            out,
            packets,
            fresh: packets,
        };
        Self::with_question(Question::in_packets(sent), waits, Some(collector))
    }

    fn with_question(
        question: Question<'r>,
        waits: Waits,
        collector: Option<Collector<'r>>,
    ) -> Self {
        let is_waking = question.is_write();
        Self {
            question,
            receiver: Receiver::new(open(question, is_waking)),
            waits,
            phase: Phase::Send,
            is_waking,
            sent: 0,
            collector,
        }
    }

    /// What is to be done next.
    pub fn step(&mut self) -> Step<'_> {
        match self.phase {
            Phase::Done(_) => Step::Done,
            Phase::Send => {
                self.phase = Phase::Receive;
                self.sent = self.sent.saturating_add(1);
                Step::Send(open(self.question, self.is_waking).sent())
            }
            Phase::Receive => Step::Receive(self.limits()),
        }
    }

    /// Takes received bytes.
    pub fn received(&mut self, bytes: &[u8]) -> Progress {
        let mut rest = bytes;
        while self.phase == Phase::Receive {
            let (taken, received) = self.receiver.push(rest);
            let event = match received {
                Received::NeedMore => break,
                Received::Refused(error) => Err(error),
                Received::Frame(frame) => match &mut self.collector {
                    Some(collector) => collector.push(frame),
                    None => Ok(true),
                },
            };
            rest = rest.get(taken..).unwrap_or_default();
            match event {
                Ok(true) => self.answered(),
                Ok(false) => {}
                Err(error) => self.failed(error),
            }
        }
        match self.phase {
            Phase::Receive if self.receiver.is_in_frame() => Progress::InFrame,
            Phase::Receive => Progress::Searching,
            _ => Progress::Complete,
        }
    }

    /// The limits of the reception have passed. Without effect when it was complete.
    pub fn time_is_up(&mut self) {
        if self.phase != Phase::Receive {
            return;
        }
        loop {
            let event = match (self.receiver.finish(), &mut self.collector) {
                (Ok(frame), Some(collector)) => collector.push(frame),
                (Ok(_), None) => Ok(true),
                (Err(error), _) => Err(error),
            };
            match event {
                Ok(true) => return self.answered(),
                Ok(false) => {}
                Err(error) => return self.failed(error),
            }
        }
    }

    /// How it ended; `None` before that. The frame of a reply in packets is its last one.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<Frame<'_>, Failure>> {
        match self.phase {
            Phase::Done(Ok(())) => Some(Ok(self.receiver.handed_out())),
            Phase::Done(Err(failure)) => Some(Err(failure)),
            _ => None,
        }
    }

    /// Whether a late reply may still be on its way: the next exchange has to begin with silence.
    #[must_use]
    pub fn leaves_doubt(&self) -> bool {
        self.sent > 1 || matches!(self.phase, Phase::Done(Err(_)))
    }

    /// Whether the last request that was sent may still lie unfinished in the BMS.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        match self.phase {
            Phase::Done(Ok(())) => false,
            Phase::Done(Err(
                Failure::Reply(error) | Failure::NotAwake(error) | Failure::Unconfirmed(error),
            )) => !error.is_refusal(),
            Phase::Send | Phase::Receive => true,
        }
    }

    fn limits(&self) -> Limits {
        let bytes =
            u32::try_from(open(self.question, self.is_waking).longest_reply()).unwrap_or(u32::MAX);
        let wire = bytes.saturating_mul(BYTE_US);
        Limits {
            first_us: self.waits.first_us,
            silence_us: self.waits.silence_us,
            whole_us: self.waits.whole_us.saturating_add(wire),
        }
    }

    fn answered(&mut self) {
        if self.is_waking {
            self.woken();
        } else {
            self.phase = Phase::Done(Ok(()));
        }
    }

    /// It answers, so the write can go out.
    fn woken(&mut self) {
        self.is_waking = false;
        self.sent = 0;
        self.receiver = Receiver::new(self.question);
        self.phase = Phase::Send;
    }

    fn failed(&mut self, error: ReplyError) {
        let is_write = self.question.is_write();
        if self.is_waking && error.is_refusal() {
            return self.woken();
        }
        if error.is_refusal() && (is_write || error != ReplyError::Nack(NackCode::Crc)) {
            self.phase = Phase::Done(Err(Failure::Reply(error)));
        } else if is_write && !self.is_waking {
            self.phase = Phase::Done(Err(Failure::Unconfirmed(error)));
        } else if self.sent < self.waits.sends {
            self.again();
        } else if self.is_waking {
            self.phase = Phase::Done(Err(Failure::NotAwake(error)));
        } else {
            self.phase = Phase::Done(Err(Failure::Reply(error)));
        }
    }

    fn again(&mut self) {
        self.receiver = Receiver::new(open(self.question, self.is_waking));
        if let Some(collector) = &mut self.collector {
            collector.packets = collector.fresh;
        }
        self.phase = Phase::Send;
    }
}

/// The question that is open now.
fn open(question: Question<'_>, is_waking: bool) -> Question<'_> {
    if is_waking {
        Question::new(&WAKE)
    } else {
        question
    }
}

impl Collector<'_> {
    fn push(&mut self, frame: Frame<'_>) -> Result<bool, ReplyError> {
        self.packets.push(frame, self.out)
    }
}
