//! Twin of the Enepaq TinyBMS s516 on its serial line.
//!
//! Sources: TinyBMS Communication Protocols rev D (the wire), user manual rev D (sleep, wiring, limits, text), release notes of
//! the firmware, and public register dumps of a 14-cell unit with firmware 242. Where they are silent, the twin chooses, and
//! says so here; what [`TinyBmsConfig`] lists can be chosen otherwise.
//!
//! - **Requests.** A length byte that cannot be right is refused at once (command error), and nothing is heard until the
//!   line has been silent for 10 ms. A known command with a bad check value is refused (CRC error) and its bytes are gone. An
//!   unknown command ends after 10 ms of silence: refused when its check value is right, else searched for another request.
//!   An unfinished request is forgotten after 3 s (release 2.3.222 speaks of such a time). Bytes that arrive while an answer is
//!   under way are lost.
//! - **Addresses.** Reserved registers inside the map read 0, others FFFF. Writes outside 300 to 399, to reserved registers,
//!   out of range or against the order of the voltage limits are refused as a whole. Limits of the over-currents end at what
//!   the board carries (30 or 150 A) while its own FETs switch. Register 337 goes to 10 and has no 1.
//! - **Packets.** 63 bytes each, the last one 1 to 63; numbers count from 0. A request of several packets is refused.
//! - **New events** (command 11) are those since the last such command. Command 12 gives the slots that are not empty, as they
//!   stand in the ring.
//! - **Sleep.** After 10 s without bytes, charger, or current outside the idle band. With an ignition input configured, only
//!   bytes and the ignition keep it awake. Asleep, the first byte wakes it, and everything up to a silence of 10 ms is lost. A
//!   charger that comes, an ignition that is switched on, or a current outside the band wakes it, too.
//! - **After a write** was acknowledged, bytes are lost for 0.4 s (a device was seen silent for up to a second); after a reset
//!   for 2 s. A change of the operation mode restarts the device.
//! - **Text** ends in CR LF. It stops for an answer and goes on behind it; during flash writes there is none.
//! - **Protection** is judged every 100 ms. Set-points of charge and health are taken over there as well. A cause has gone when
//!   its limit is no longer passed; a discharged pack serves again 50 mV above its limit. Both switches off and current outside
//!   the idle band for 0.5 s is a switch error.
//! - **Time left** at rest assumes 4.75 mA, which gives what the dump shows.
//!
//! Not modelled: charger detection, its delays and voltage warnings, load switch types, pre-charge, the pulse counter (speed
//! is an input, the distance left is 0), external current sensors and their events, SOC BAR text (nothing is sent), ageing, low
//! power resets, noise of the measurement, the discharge of cells by balancing, events of firmware before 236.

mod answers;
mod can;
mod commands;
mod config;
mod crc;
mod events;
mod fault;
mod feed;
mod inputs;
mod measure;
mod protection;
mod registers;
mod request;
mod settings;
mod statistics;
mod text;
mod uart;

use core::time::Duration;

pub use can::CanFrame;
pub use config::{Board, CellOrder, FEWEST_CELLS, MOST_CELLS, OutOfRange, TinyBmsConfig};
pub use events::StoredEvent;
pub use fault::{LineEffect, LineFaultPlan, NEW_EXCHANGE};
pub use feed::PackFeed;
pub use uart::BYTE_TIME;

use events::Ring;
use fault::Line;
use measure::{Inputs, Live};
use protection::{Look, Protection};
use settings::Settings;
use statistics::Statistics;
use uart::Uart;

/// Time between two measurements.
pub const REFRESH: Duration = Duration::from_millis(100);
/// How long nothing has to happen before the device goes to sleep.
pub const SLEEP_AFTER: Duration = Duration::from_secs(10);
/// Silence that ends what cannot be cut by its length.
pub const SILENCE: Duration = Duration::from_millis(10);

const SECONDS_PER_HOUR: f64 = 3_600.0;
/// Set-points count in 0.002 %.
const SET_POINT_STEPS: f64 = 50_000.0;
/// What the idle band ends at, A.
const IDLE_BAND_A: [f32; 2] = [0.08, 0.8];

const SYSTEM_STARTED: u8 = 0x61;
const DUAL_PORT: u8 = 0x66;
const SINGLE_PORT: u8 = 0x67;

const RESET_BY_SOFTWARE: u8 = 4;
const RESET_BY_POWER: u8 = 5;

/// Last wake-up, register 114.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    Charger = 0,
    Ignition = 1,
    Discharging = 2,
    Uart = 3,
}

/// What follows the answer that is being given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    FlashWrite,
    Restart,
}

/// A simulated TinyBMS.
#[derive(Debug, Clone)]
pub struct TinyBms {
    config: TinyBmsConfig,
    settings: Settings,
    inputs: Inputs,
    live: Live,
    protection: Protection,
    statistics: Statistics,
    ring: Ring,
    line: Line,
    uart: Uart,
    inbox: Vec<u8>,
    can_node: u8,
    now: Duration,
    lifetime: Duration,
    next_refresh: Duration,
    next_text: Duration,
    last_byte_at: Option<Duration>,
    active_at: Duration,
    silent_until: Duration,
    deaf: bool,
    restarting: bool,
    awake: bool,
    /// Inputs of the refresh before, for their edges.
    had_charger: bool,
    had_ignition: bool,
    last_reset: u8,
    last_wake: Wake,
    /// State of charge and of health, `0.0..=1.0`.
    charge: f64,
    health: f64,
    after: After,
    lost_bytes: u64,
}

impl TinyBms {
    /// A device that has just been connected to its cells, 3.7 V each, half full, at 25 degrees Celsius.
    ///
    /// # Panics
    ///
    /// When the number of cells is not within 4..=16, the first packet not 0 or 1 or the node not within 1..=63.
    #[must_use]
    pub fn new(config: TinyBmsConfig) -> Self {
        let cells = config.cells;
        assert!(
            (FEWEST_CELLS..=MOST_CELLS).contains(&cells),
            "a TinyBMS with {cells} cells"
        );
        assert!(config.first_packet < 2, "packets count from 0 or 1");
        assert!((1..64).contains(&config.can_node), "nodes are 1 to 63");
        let inputs = Inputs::new(cells);
        let mut bms = Self {
            settings: Settings::new(config.board, config.firmware, cells),
            live: Live::measure(&inputs, cells),
            inputs,
            protection: Protection::new(),
            statistics: Statistics::default(),
            ring: Ring::new(config.first_event_slot),
            line: Line::default(),
            uart: Uart::default(),
            inbox: Vec::new(),
            can_node: config.can_node,
            now: Duration::ZERO,
            lifetime: Duration::ZERO,
            next_refresh: REFRESH,
            next_text: Duration::ZERO,
            last_byte_at: None,
            active_at: Duration::ZERO,
            silent_until: Duration::ZERO,
            deaf: false,
            restarting: false,
            awake: true,
            had_charger: false,
            had_ignition: false,
            last_reset: RESET_BY_POWER,
            last_wake: Wake::Charger,
            charge: 0.5,
            health: 1.0,
            after: After::Nothing,
            lost_bytes: 0,
            config,
        };
        bms.start();
        bms
    }

    /// Bytes that arrive now, the end of the last one at this instant.
    pub fn receive(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.receive_byte(byte);
        }
    }

    /// Bytes that have been sent by now and were not taken yet.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.uart.take()
    }

    /// The same into a buffer; the result is how many there were.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        self.uart.read(buffer)
    }

    /// How many bytes can be read now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.uart.waiting()
    }

    /// Time until the next byte can be read, if there is one now or under way; text that is not due yet does not count.
    #[must_use]
    pub fn next_output(&self) -> Option<Duration> {
        if self.waiting() > 0 {
            return Some(Duration::ZERO);
        }
        let ends = self.uart.next_end()?;
        Some(ends.saturating_sub(self.now))
    }

    /// Time until the next line of text begins, if nothing changes.
    #[must_use]
    pub fn next_line(&self) -> Option<Duration> {
        let quiet = !self.awake || self.text_interval().is_none();
        (!quiet).then(|| self.next_text.saturating_sub(self.now))
    }

    /// Breaks the line as this plan says; exchanges count from here.
    pub fn set_faults(&mut self, plan: LineFaultPlan) {
        self.line.follow(plan);
    }

    /// Lets time pass; the inputs are constant meanwhile.
    pub fn tick(&mut self, elapsed: Duration) {
        let end = self.now + elapsed;
        while self.now < end {
            let next = self.boundary().min(end).max(self.now);
            self.integrate(next - self.now);
            self.now = next;
            self.uart.run(next);
            self.pass();
        }
    }

    /// The next instant at which the device does something by itself.
    fn boundary(&self) -> Duration {
        let later = |instant: Duration| {
            if instant > self.now {
                instant
            } else {
                Duration::MAX
            }
        };
        let mut next = later(self.next_refresh).min(later(self.silent_until));
        if self.text_interval().is_some() {
            next = next.min(later(self.next_text));
        }
        if let Some(at) = self.last_byte_at.filter(|_| !self.inbox.is_empty()) {
            next = next.min(later(at + SILENCE));
            next = next.min(later(at + self.config.unfinished_request));
        }
        next
    }

    /// What is due now.
    fn pass(&mut self) {
        if self.restarting && self.now >= self.silent_until {
            self.restarting = false;
            self.last_reset = RESET_BY_SOFTWARE;
            self.protection.restart();
            self.start();
        }
        if self.now >= self.next_refresh {
            self.next_refresh += REFRESH;
            self.refresh();
        }
        self.hear_silence();
        let Some(interval) = self.text_interval() else {
            return;
        };
        if self.now < self.next_text {
            return;
        }
        self.next_text = self.now + interval;
        if self.awake && !self.is_silent() {
            let line = self.broadcast_line();
            self.uart.say(&line);
            self.uart.run(self.now);
        }
    }

    /// Whether flash or restart keep it from hearing and speaking.
    fn is_silent(&self) -> bool {
        self.now < self.silent_until
    }

    fn start(&mut self) {
        self.record(SYSTEM_STARTED);
        let port = if protection::is_single_port(&self.settings) {
            SINGLE_PORT
        } else {
            DUAL_PORT
        };
        self.record(port);
        self.awake = true;
        self.active_at = self.now;
        self.inbox.clear();
        self.judge();
    }

    fn integrate(&mut self, elapsed: Duration) {
        self.lifetime += elapsed;
        let seconds = elapsed.as_secs_f64();
        let capacity_as = f64::from(self.settings.get(settings::CAPACITY)) / 100.0
            * SECONDS_PER_HOUR
            * self.health;
        let moved = self.inputs.current_a * seconds / capacity_as;
        if moved.is_finite() {
            self.charge = (self.charge + moved).clamp(0.0, 1.0);
        }
        self.statistics.distance_km += self.inputs.speed_kmh * seconds / SECONDS_PER_HOUR;
    }

    fn refresh(&mut self) {
        if self.restarting {
            return;
        }
        self.take_over();
        let woken = self.wake_cause();
        self.had_charger = self.inputs.charger;
        self.had_ignition = self.inputs.ignition;
        if let Some(cause) = woken {
            if !self.awake {
                self.awake = true;
                self.last_wake = cause;
            }
            self.active_at = self.now;
        }
        if !self.awake {
            return;
        }
        self.judge();
        if self.now - self.active_at >= SLEEP_AFTER {
            self.awake = false;
            self.inbox.clear();
            self.uart.hush();
        }
    }

    /// What keeps the device awake, or wakes it.
    fn wake_cause(&self) -> Option<Wake> {
        let has_ignition = self.settings.get(settings::IGNITION) != 0;
        let charger = self.inputs.charger && (!has_ignition || !self.had_charger);
        let current = (self.inputs.current_a as f32).abs() > self.idle_band_a();
        if has_ignition && self.inputs.ignition {
            Some(Wake::Ignition)
        } else if charger {
            Some(Wake::Charger)
        } else if current && !has_ignition {
            Some(Wake::Discharging)
        } else {
            None
        }
    }

    fn idle_band_a(&self) -> f32 {
        IDLE_BAND_A[usize::from(self.config.board == Board::High)]
    }

    /// Set-points become the state, and read so.
    fn take_over(&mut self) {
        for register in [settings::CHARGE_TO_SET, settings::HEALTH_TO_SET] {
            let word = self.settings.get(register);
            if word == settings::TAKEN_OVER || register_is_missing(&self.settings, register) {
                continue;
            }
            let part = (f64::from(word) / SET_POINT_STEPS).min(1.0);
            if register == settings::CHARGE_TO_SET {
                self.charge = part;
            } else {
                self.health = part;
            }
            self.settings.put(register, settings::TAKEN_OVER);
        }
    }

    /// Measures and judges.
    fn judge(&mut self) {
        self.live = Live::measure(&self.inputs, self.config.cells);
        self.statistics.take(&self.live);
        let look = Look {
            live: &self.live,
            inputs: &self.inputs,
            settings: &self.settings,
            now: self.now,
            idle_band_a: self.idle_band_a(),
            soc: self.charge,
        };
        let (events, filled) = self.protection.judge(&look, &mut self.statistics);
        if filled {
            self.charge = 1.0;
        }
        for id in events {
            self.record(id);
        }
    }

    fn lifetime_s(&self) -> u32 {
        // The counter of the device has 32 bits.
        self.lifetime.as_secs() as u32
    }

    fn record(&mut self, id: u8) {
        let seconds = self.lifetime_s();
        self.ring.record(seconds, id);
    }
}

/// On firmware without the register, its word is 0 and means nothing.
fn register_is_missing(settings: &Settings, register: u16) -> bool {
    register == settings::HEALTH_TO_SET && !settings.has_newest_map()
}
