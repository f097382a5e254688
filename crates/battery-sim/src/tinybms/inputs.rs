//! What a test or a plant does to the device, and what can be seen of it from outside.

use core::time::Duration;

use super::events::StoredEvent;
use super::measure::first_slot;
use super::settings::{COUNT, FIRST};
use super::{MOST_CELLS, TinyBms};

/// Largest voltage of a cell input, V: what a register holds.
const MOST_CELL_V: f64 = 6.5535;
const SETTINGS_END: u16 = FIRST + COUNT as u16;

impl TinyBms {
    /// Volts of a cell, `1..=cells`; cell 1 is the one at the negative end of the battery.
    ///
    /// # Panics
    ///
    /// When there is no such cell or the voltage is not within 0..=6.5535 V.
    pub fn set_cell(&mut self, cell: u8, volts: f64) {
        assert!(
            (1..=self.config.cells).contains(&cell),
            "cell {cell} of {}",
            self.config.cells
        );
        assert!(
            (0.0..=MOST_CELL_V).contains(&volts),
            "a cell cannot have {volts} V"
        );
        let slot = first_slot(self.config.cells) + usize::from(cell) - 1;
        self.inputs.slots_v[slot] = volts;
    }

    /// All cells, cell 1 first.
    ///
    /// # Panics
    ///
    /// When there are more or fewer values than cells, or one is out of range.
    pub fn set_cells(&mut self, volts: &[f64]) {
        assert_eq!(volts.len(), usize::from(self.config.cells));
        for (cell, &volts) in (1..).zip(volts) {
            self.set_cell(cell, volts);
        }
    }

    /// Error of the pack voltage against the sum of the cells, V.
    pub fn set_pack_voltage_error(&mut self, volts: f64) {
        self.inputs.pack_error_v = volts;
    }

    /// A, positive when it charges the pack. Anything a float holds: a broken sensor gives what is not a number.
    pub fn set_current(&mut self, amps: f64) {
        self.inputs.current_a = amps;
    }

    /// Degrees Celsius on the board.
    pub fn set_internal_temperature(&mut self, celsius: f64) {
        self.inputs.internal_c = celsius;
    }

    /// Degrees Celsius of an external sensor, 0 or 1; `None` takes it away.
    ///
    /// # Panics
    ///
    /// When there is no such sensor.
    pub fn set_external_temperature(&mut self, sensor: usize, celsius: Option<f64>) {
        self.inputs.external_c[sensor] = celsius;
    }

    /// Connects or takes away the charger; its current is an input of its own.
    pub fn set_charger(&mut self, connected: bool) {
        self.inputs.charger = connected;
    }

    /// Level of the ignition input; it matters when register 334 names one.
    pub fn set_ignition(&mut self, on: bool) {
        self.inputs.ignition = on;
    }

    /// Speed, km/h.
    pub fn set_speed(&mut self, kmh: f64) {
        self.inputs.speed_kmh = kmh;
    }

    /// How many cells the device believes to have found, for a miscounted pack.
    ///
    /// # Panics
    ///
    /// Above 16.
    pub fn set_detected_cells(&mut self, cells: u8) {
        assert!(cells <= MOST_CELLS, "{cells} cells");
        self.inputs.detected = cells;
    }

    /// State of charge, limited to `0.0..=1.0`; the device goes on counting from there.
    pub fn set_charge(&mut self, part: f64) {
        self.charge = part.clamp(0.0, 1.0);
    }

    /// State of health, limited to `0.0..=1.0`.
    pub fn set_health(&mut self, part: f64) {
        self.health = part.clamp(0.0, 1.0);
    }

    /// What the lifetime counter shows.
    pub fn set_lifetime(&mut self, seconds: u32) {
        self.lifetime = Duration::from_secs(u64::from(seconds));
    }

    /// Puts an event into the ring, at the present lifetime.
    pub fn record_event(&mut self, id: u8) {
        self.record(id);
    }

    /// Changes a settings register, 300..=399, without a request and past all its rules.
    ///
    /// # Panics
    ///
    /// When it is another register.
    pub fn set_setting(&mut self, register: u16, word: u16) {
        assert!(
            (FIRST..SETTINGS_END).contains(&register),
            "{register} holds no setting"
        );
        self.settings.put(register, word);
    }

    /// Whether it hears.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.awake
    }

    /// Whether the load switch conducts; with a single port, the switch. Off during a restart.
    #[must_use]
    pub fn load_switch_on(&self) -> bool {
        self.protection.load_on && !self.restarting
    }

    /// Whether the charger switch conducts; with a single port, the switch.
    #[must_use]
    pub fn charger_switch_on(&self) -> bool {
        self.protection.charge_on && !self.restarting
    }

    /// Online status, register 50.
    #[must_use]
    pub fn status(&self) -> u8 {
        self.protection.status
    }

    /// State of charge, `0.0..=1.0`.
    #[must_use]
    pub fn charge(&self) -> f64 {
        self.charge
    }

    /// Everything in the event ring, as it stands there.
    #[must_use]
    pub fn events(&self) -> Vec<StoredEvent> {
        self.ring.all()
    }

    /// Bytes that arrived and were not heard: asleep, storing, restarting or answering.
    #[must_use]
    pub fn lost_bytes(&self) -> u64 {
        self.lost_bytes
    }

    /// Content of a register as a read would give it.
    #[must_use]
    pub fn register(&self, address: u16) -> u16 {
        self.word(address)
    }
}
