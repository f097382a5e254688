//! Faults, warnings, status and switches: judged after each measurement.

use core::time::Duration;

use super::measure::{Inputs, Live};
use super::settings::{self as set, Settings};
use super::statistics::Statistics;

const CHARGING: u8 = 0x91;
const FULLY_CHARGED: u8 = 0x92;
const DISCHARGING: u8 = 0x93;
const REGENERATION: u8 = 0x96;
const IDLE: u8 = 0x97;
const FAULT: u8 = 0x9B;

const UNDER_VOLTAGE: u8 = 0x02;
const OVER_VOLTAGE: u8 = 0x03;
const OVER_TEMPERATURE: u8 = 0x04;
const DISCHARGE_OVER_CURRENT: u8 = 0x05;
const CHARGE_OVER_CURRENT: u8 = 0x06;
const REGENERATION_OVER_CURRENT: u8 = 0x07;
const LOW_TEMPERATURE: u8 = 0x0A;
const CHARGER_SWITCH: u8 = 0x0B;
const LOAD_SWITCH: u8 = 0x0C;
const SINGLE_PORT_SWITCH: u8 = 0x0D;
const FULLY_DISCHARGED: u8 = 0x31;
const TOO_COLD_TO_CHARGE: u8 = 0x37;
const CHARGING_STARTED: u8 = 0x62;
const CHARGING_DONE: u8 = 0x63;
const CHARGER_CONNECTED: u8 = 0x64;
const CHARGER_DISCONNECTED: u8 = 0x65;
const WARM_ENOUGH: u8 = 0x74;
const NO_LONGER_DISCHARGED: u8 = 0x7A;

/// Fault and the event of its recovery; the others need a restart.
const RECOVERIES: [(u8, u8); 7] = [
    (UNDER_VOLTAGE, 0x7B),
    (OVER_VOLTAGE, 0x79),
    (OVER_TEMPERATURE, 0x73),
    (DISCHARGE_OVER_CURRENT, 0x77),
    (CHARGE_OVER_CURRENT, 0x76),
    (REGENERATION_OVER_CURRENT, 0x78),
    (LOW_TEMPERATURE, 0x75),
];

/// 0.1 degC below which everything opens.
const COLDEST: i16 = -400;
/// How long current flows past an open switch before it counts as stuck.
const SWITCH_PATIENCE: Duration = Duration::from_millis(500);
/// How far a discharged cell has to rise before it serves again, 0.1 mV.
const RISE: u32 = 500;

#[derive(Debug, Clone, Copy)]
struct Active {
    id: u8,
    /// When its cause went away.
    gone_at: Option<Duration>,
}

/// One look at the device.
pub(super) struct Look<'a> {
    pub(super) live: &'a Live,
    pub(super) inputs: &'a Inputs,
    pub(super) settings: &'a Settings,
    pub(super) now: Duration,
    /// A; less counts as none.
    pub(super) idle_band_a: f32,
    pub(super) soc: f64,
}

/// What is wrong, what flows, and what is switched.
#[derive(Debug, Clone)]
pub(super) struct Protection {
    faults: Vec<Active>,
    fully_discharged: bool,
    too_cold: bool,
    had_charger: bool,
    done: bool,
    over_current_since: Option<Duration>,
    leak_since: Option<Duration>,
    pub(super) status: u8,
    pub(super) load_on: bool,
    pub(super) charge_on: bool,
    pub(super) balancing: u16,
}

impl Protection {
    pub(super) fn new() -> Self {
        Self {
            faults: Vec::new(),
            fully_discharged: false,
            too_cold: false,
            had_charger: false,
            done: false,
            over_current_since: None,
            leak_since: None,
            status: IDLE,
            load_on: false,
            charge_on: false,
            balancing: 0,
        }
    }

    /// A restart: everything is judged anew, with both switches off.
    pub(super) fn restart(&mut self) {
        *self = Self {
            had_charger: self.had_charger,
            ..Self::new()
        };
    }

    /// Whether a charge has just been completed is answered beside the events, in the order in which they happened.
    pub(super) fn judge(
        &mut self,
        look: &Look<'_>,
        statistics: &mut Statistics,
    ) -> (Vec<u8>, bool) {
        let mut events = Vec::new();
        self.charger(look, &mut events);
        self.trip(look, statistics, &mut events);
        self.recover(look, &mut events);
        self.warn(look, &mut events);
        let filled = self.finish_charge(look, statistics, &mut events);
        let before = self.status;
        self.status = self.find_status(look);
        if self.status == CHARGING && before != CHARGING {
            statistics.chargings = statistics.chargings.saturating_add(1);
            events.push(CHARGING_STARTED);
        }
        self.switch(look);
        (events, filled)
    }

    fn charger(&mut self, look: &Look<'_>, events: &mut Vec<u8>) {
        let there = look.inputs.charger;
        if there != self.had_charger {
            events.push(if there {
                CHARGER_CONNECTED
            } else {
                CHARGER_DISCONNECTED
            });
            self.done = false;
        }
        self.had_charger = there;
    }

    fn trip(&mut self, look: &Look<'_>, statistics: &mut Statistics, events: &mut Vec<u8>) {
        for id in self.causes(look) {
            match self.faults.iter_mut().find(|fault| fault.id == id) {
                Some(fault) => fault.gone_at = None,
                None => {
                    self.faults.push(Active { id, gone_at: None });
                    events.push(id);
                    count(statistics, id);
                }
            }
        }
    }

    /// Faults whose cause is there now.
    fn causes(&mut self, look: &Look<'_>) -> Vec<u8> {
        let Look {
            live,
            settings,
            inputs,
            now,
            ..
        } = look;
        let mut causes = Vec::new();
        let mut when = |condition: bool, id: u8| {
            if condition {
                causes.push(id);
            }
        };
        let tenths = |register| u32::from(settings.get(register)) * 10;
        when(
            u32::from(live.lowest()) < tenths(set::UNDER_VOLTAGE),
            UNDER_VOLTAGE,
        );
        when(
            u32::from(live.highest()) > tenths(set::OVER_VOLTAGE),
            OVER_VOLTAGE,
        );
        let over_heat = settings.signed(set::OVER_HEAT) * 10;
        when(i32::from(live.hottest()) > over_heat, OVER_TEMPERATURE);
        when(live.coldest() < COLDEST, LOW_TEMPERATURE);
        let amps = |register| f32::from(settings.get(register));
        let out = -live.current_a;
        let over = out > amps(set::DISCHARGE_OVER_CURRENT);
        self.over_current_since = over.then(|| self.over_current_since.unwrap_or(*now));
        let timeout = u64::from(settings.get(set::TIMEOUT) >> 8);
        let timeout = Duration::from_secs(timeout);
        let lasting = self
            .over_current_since
            .is_some_and(|since| *now - since >= timeout);
        let peak = settings.has_newest_map() && out > amps(set::PEAK_DISCHARGE);
        when(lasting || peak, DISCHARGE_OVER_CURRENT);
        let charge_over = live.current_a > amps(set::CHARGE_OVER_CURRENT);
        when(inputs.charger && charge_over, CHARGE_OVER_CURRENT);
        let regeneration_over = live.current_a > amps(set::DISCHARGE_OVER_CURRENT);
        when(
            !inputs.charger && regeneration_over,
            REGENERATION_OVER_CURRENT,
        );
        if let Some(id) = self.stuck_switch(look) {
            causes.push(id);
        }
        causes
    }

    /// A switch that is off and lets current pass.
    fn stuck_switch(&mut self, look: &Look<'_>) -> Option<u8> {
        let flows = look.live.current_a.abs() > look.idle_band_a;
        let silenced = look.settings.get(set::FLAGS) & set::FLAG_NO_DIAGNOSTICS != 0;
        if !flows || silenced || self.load_on || self.charge_on {
            self.leak_since = None;
            return None;
        }
        let since = *self.leak_since.get_or_insert(look.now);
        if look.now - since < SWITCH_PATIENCE {
            return None;
        }
        Some(if is_single_port(look.settings) {
            SINGLE_PORT_SWITCH
        } else if look.live.current_a > 0.0 {
            CHARGER_SWITCH
        } else {
            LOAD_SWITCH
        })
    }

    fn recover(&mut self, look: &Look<'_>, events: &mut Vec<u8>) {
        let causes = self.causes(look);
        let wait = u64::from(look.settings.get(set::RECOVERY));
        self.faults.retain_mut(|fault| {
            if causes.contains(&fault.id) {
                return true;
            }
            let gone_at = *fault.gone_at.get_or_insert(look.now);
            let over = if fault.id == UNDER_VOLTAGE {
                look.inputs.charger
            } else {
                wait != 0 && look.now - gone_at >= Duration::from_secs(wait)
            };
            let recovery = RECOVERIES.iter().find(|(id, _)| *id == fault.id);
            match recovery {
                Some((_, event)) if over => {
                    events.push(*event);
                    false
                }
                _ => true,
            }
        });
    }

    fn warn(&mut self, look: &Look<'_>, events: &mut Vec<u8>) {
        let lowest = u32::from(look.live.lowest());
        let empty = u32::from(look.settings.get(set::FULLY_DISCHARGED)) * 10;
        if !self.fully_discharged && lowest < empty {
            self.fully_discharged = true;
            events.push(FULLY_DISCHARGED);
        } else if self.fully_discharged && lowest >= empty + RISE {
            self.fully_discharged = false;
            events.push(NO_LONGER_DISCHARGED);
        }
        let cold = i32::from(look.live.coldest()) < look.settings.signed(set::LOW_TEMPERATURE) * 10;
        if !self.too_cold && cold && look.inputs.charger {
            self.too_cold = true;
            events.push(TOO_COLD_TO_CHARGE);
        } else if self.too_cold && !cold {
            self.too_cold = false;
            events.push(WARM_ENOUGH);
        }
    }

    /// Whether the charge has just been completed.
    fn finish_charge(
        &mut self,
        look: &Look<'_>,
        statistics: &mut Statistics,
        events: &mut Vec<u8>,
    ) -> bool {
        let settings = look.settings;
        let restarts = settings.get(set::FLAGS) & set::FLAG_RESTART_LEVEL != 0
            && look.soc * 100.0 < f64::from(settings.get(set::RESTART_LEVEL));
        self.done &= !restarts;
        let full =
            u32::from(look.live.highest()) >= u32::from(settings.get(set::FULLY_CHARGED)) * 10;
        let small = f32::from(settings.get(set::CHARGE_FINISHED)) / 1_000.0;
        let trickles = (0.0..small).contains(&look.live.current_a);
        let stopped = self.done || !self.faults.is_empty();
        if stopped || !look.inputs.charger || !full || !trickles {
            return false;
        }
        self.done = true;
        statistics.full_charges = statistics.full_charges.saturating_add(1);
        events.push(CHARGING_DONE);
        true
    }

    fn find_status(&self, look: &Look<'_>) -> u8 {
        let current = look.live.current_a;
        if !self.faults.is_empty() {
            FAULT
        } else if current < -look.idle_band_a {
            DISCHARGING
        } else if current > look.idle_band_a && !look.inputs.charger {
            REGENERATION
        } else if self.done {
            FULLY_CHARGED
        } else if current > look.idle_band_a {
            CHARGING
        } else {
            IDLE
        }
    }

    /// A fault opens both switches, but for the two over-currents in dual port mode; a warning opens one.
    fn switch(&mut self, look: &Look<'_>) {
        let settings = look.settings;
        let single = is_single_port(settings);
        let opens = |mild: u8| {
            let both = |fault: &Active| {
                single || !matches!(fault.id, DISCHARGE_OVER_CURRENT | CHARGE_OVER_CURRENT)
            };
            self.faults
                .iter()
                .any(|fault| both(fault) || fault.id == mild)
        };
        let ignition = settings.get(set::IGNITION) == 0 || look.inputs.ignition;
        self.load_on = !opens(DISCHARGE_OVER_CURRENT) && !self.fully_discharged && ignition;
        self.charge_on =
            !opens(CHARGE_OVER_CURRENT) && !self.too_cold && !self.done && look.inputs.charger;
        if single {
            // One switch for both directions.
            self.load_on |= self.charge_on;
            self.charge_on = self.load_on;
        }
        self.balancing = if self.faults.is_empty() {
            to_balance(look.live, settings)
        } else {
            0
        };
    }
}

/// Slots that want balancing, whether or not it is done.
pub(super) fn to_balance(live: &Live, settings: &Settings) -> u16 {
    live.to_balance(
        settings.get(set::ALLOWED_DISBALANCE),
        settings.get(set::EARLY_BALANCING),
    )
}

pub(super) fn is_single_port(settings: &Settings) -> bool {
    settings.get(set::OPERATION_MODE) == 1
}

fn count(statistics: &mut Statistics, id: u8) {
    let counter = match id {
        UNDER_VOLTAGE => &mut statistics.under_voltages,
        OVER_VOLTAGE => &mut statistics.over_voltages,
        OVER_TEMPERATURE => &mut statistics.over_heats,
        DISCHARGE_OVER_CURRENT => &mut statistics.discharge_over_currents,
        CHARGE_OVER_CURRENT => &mut statistics.charge_over_currents,
        _ => return,
    };
    *counter = counter.saturating_add(1);
}
