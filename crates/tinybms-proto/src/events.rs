//! Events: what happened, and when.

use core::fmt;

use crate::error::ReplyError;
use crate::frame::{Command, Frame};
use crate::reading::Seconds;
use crate::requests::Registers;

/// First register of the event ring.
pub const RING_START: u16 = 200;
/// Places in the ring, two registers each.
pub const RING_SLOTS: u16 = 49;
/// Event times have 24 bits.
const TIME_BITS: u32 = 0x00FF_FFFF;

/// How serious an event is, told by the range of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Class {
    /// 01h to 30h. As a rule both switches open; in dual port mode an over-current in one direction may leave the other
    /// switch closed.
    Fault,
    /// 31h to 60h. As a rule one switch opens.
    Warning,
    /// 61h to 90h.
    Information,
    /// Outside the ranges of the document.
    Unknown,
}

/// Number of an event (TinyBMS rev D, chapter "Events").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EventId(u8);

impl EventId {
    /// The charger switch does not do what it should: current may flow although it is open.
    pub const CHARGER_SWITCH_ERROR: Self = Self(0x0B);
    /// The load switch does not do what it should: current may flow although it is open.
    pub const LOAD_SWITCH_ERROR: Self = Self(0x0C);
    /// The single port switch does not do what it should: current may flow although it is open.
    pub const SINGLE_PORT_SWITCH_ERROR: Self = Self(0x0D);

    /// From the number on the wire; `None` for 0, which is an empty place.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            0 => None,
            other => Some(Self(other)),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its class; also for numbers that the document does not name.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 {
            0x01..=0x30 => Class::Fault,
            0x31..=0x60 => Class::Warning,
            0x61..=0x90 => Class::Information,
            _ => Class::Unknown,
        }
    }

    /// Whether a switch of the BMS is reported not to open or close: welded contact or broken transistor.
    #[must_use]
    pub const fn is_switch_error(self) -> bool {
        matches!(self.0, 0x0B..=0x0D)
    }

    /// A short name; `None` for numbers that the document does not name.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x02 => "under_voltage_cutoff",
            0x03 => "over_voltage_cutoff",
            0x04 => "over_temperature_cutoff",
            0x05 => "discharge_over_current_cutoff",
            0x06 => "charge_over_current_cutoff",
            0x07 => "regeneration_over_current_cutoff",
            0x0A => "low_temperature_cutoff",
            0x0B => "charger_switch_error",
            0x0C => "load_switch_error",
            0x0D => "single_port_switch_error",
            0x0E => "current_sensor_disconnected_restart_needed",
            0x0F => "current_sensor_connected_restart_needed",
            0x31 => "fully_discharged_cutoff",
            0x37 => "low_temperature_charge_cutoff",
            0x38 => "charging_done_charger_voltage_high",
            0x39 => "charging_done_charger_voltage_low",
            0x61 => "system_started",
            0x62 => "charging_started",
            0x63 => "charging_done",
            0x64 => "charger_connected",
            0x65 => "charger_disconnected",
            0x66 => "dual_port_activated",
            0x67 => "single_port_activated",
            0x73 => "recovered_over_temperature",
            0x74 => "recovered_low_temperature_warning",
            0x75 => "recovered_low_temperature_fault",
            0x76 => "recovered_charge_over_current",
            0x77 => "recovered_discharge_over_current",
            0x78 => "recovered_regeneration_over_current",
            0x79 => "recovered_over_voltage",
            0x7A => "recovered_fully_discharged",
            0x7B => "recovered_under_voltage",
            0x7C => "current_sensor_connected",
            0x7D => "current_sensor_disconnected",
            _ => return None,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "event {:02X}h", self.0),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Event {
    /// What.
    pub id: EventId,
    /// The 24 bits of its time on the wire.
    pub raw_time: u32,
    /// How long ago, when less than 194 days of life; an older event comes out too young by a multiple of them.
    pub age: Seconds,
    /// When, on the lifetime counter of the BMS, with the same limit.
    pub time: Seconds,
}

impl Event {
    /// An event told by its number and the 24 bits of its time, seen at `now` of the lifetime counter.
    #[must_use]
    pub fn new(number: u8, raw_time: u32, now: Seconds) -> Option<Self> {
        let id = EventId::new(number)?;
        let raw_time = raw_time & TIME_BITS;
        let age = now.get().wrapping_sub(raw_time) & TIME_BITS;
        Some(Self {
            id,
            raw_time,
            age: Seconds::new(age),
            time: Seconds::new(now.get().wrapping_sub(age)),
        })
    }

    /// From three bytes of time, low byte first, and the number.
    pub(crate) fn from_bytes([low, middle, high, number]: [u8; 4], now: Seconds) -> Option<Self> {
        Self::new(number, u32::from_le_bytes([low, middle, high, 0]), now)
    }
}

/// The reply to 11h or 12h: one frame on the serial line, however many events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLog<'a> {
    now: Seconds,
    bytes: &'a [u8],
}

impl<'a> EventLog<'a> {
    pub(crate) fn decode(reply: Frame<'a>, command: Command) -> Result<Self, ReplyError> {
        let (length, content) = reply.listed(command)?;
        match content.split_first_chunk() {
            Some((now, bytes)) if bytes.len() % 4 == 0 => Ok(Self {
                now: Seconds::new(u32::from_le_bytes(*now)),
                bytes,
            }),
            _ => {
                let found = usize::from(length);
                let events = found.saturating_sub(4) / 4;
                let expected = events.saturating_mul(4).saturating_add(4);
                Err(ReplyError::LengthMismatch { expected, found })
            }
        }
    }

    /// The lifetime counter when the reply was made.
    #[must_use]
    pub const fn now(self) -> Seconds {
        self.now
    }

    /// The events in the order of the BMS, which is not the order of time; empty places are left out.
    pub fn events(self) -> impl Iterator<Item = Event> + 'a {
        let now = self.now;
        self.bytes
            .chunks_exact(4)
            .filter_map(|bytes| bytes.first_chunk())
            .filter_map(move |bytes| Event::from_bytes(*bytes, now))
    }
}

/// The events in the registers of the ring, 200 to 297 or a part of them; `now` is registers 32 and 33 of the same time.
///
/// The ring is not sorted: its first place is not the newest.
pub fn ring(registers: Registers<'_>, now: Seconds) -> impl Iterator<Item = Event> {
    let slots = (0..RING_SLOTS).map(|slot| RING_START.saturating_add(slot.saturating_mul(2)));
    slots.filter_map(move |address| {
        let bytes = registers.double(address)?.to_le_bytes();
        Event::from_bytes(bytes, now)
    })
}
