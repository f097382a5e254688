//! Registers 100 to 117.

use super::measure::Live;

/// Since they were cleared.
#[derive(Debug, Clone, Default)]
pub(super) struct Statistics {
    pub(super) distance_km: f64,
    max_discharge: u16,
    max_charge: u16,
    max_difference: u16,
    pub(super) under_voltages: u16,
    pub(super) over_voltages: u16,
    pub(super) discharge_over_currents: u16,
    pub(super) charge_over_currents: u16,
    pub(super) over_heats: u16,
    pub(super) chargings: u16,
    pub(super) full_charges: u16,
    temperatures: Option<(i8, i8)>,
    cleared_at_s: u32,
}

impl Statistics {
    pub(super) fn cleared(lifetime_s: u32) -> Self {
        Self {
            cleared_at_s: lifetime_s,
            ..Self::default()
        }
    }

    pub(super) fn take(&mut self, live: &Live) {
        let tenths = (f64::from(live.current_a).abs() * 10.0).round() as u16;
        let side = if live.current_a < 0.0 {
            &mut self.max_discharge
        } else {
            &mut self.max_charge
        };
        *side = tenths.max(*side);
        let difference = live.highest() - live.lowest();
        self.max_difference = self.max_difference.max(difference);
        let (cold, hot) = (whole_degrees(live.coldest()), whole_degrees(live.hottest()));
        self.temperatures = Some(match self.temperatures {
            None => (cold, hot),
            Some((low, high)) => (low.min(cold), high.max(hot)),
        });
    }

    /// Register 100 + `index`, without register 114, which the device as a whole knows.
    pub(super) fn word(&self, index: u16) -> u16 {
        let distance = (self.distance_km * 100.0) as u32;
        let (cold, hot) = self.temperatures.unwrap_or_default();
        match index {
            0 => distance as u16,
            1 => (distance >> 16) as u16,
            2 => self.max_discharge,
            3 => self.max_charge,
            4 => self.max_difference,
            5 => self.under_voltages,
            6 => self.over_voltages,
            7 => self.discharge_over_currents,
            8 => self.charge_over_currents,
            9 => self.over_heats,
            11 => self.chargings,
            12 => self.full_charges,
            13 => u16::from_le_bytes([cold.cast_unsigned(), hot.cast_unsigned()]),
            16 => self.cleared_at_s as u16,
            17 => (self.cleared_at_s >> 16) as u16,
            _ => 0,
        }
    }
}

fn whole_degrees(tenths: i16) -> i8 {
    i8::try_from(tenths / 10).unwrap_or(if tenths < 0 { i8::MIN } else { i8::MAX })
}
