//! What hangs on the bus besides packs: load and charger.

/// A constant-current load is a resistor below this voltage, V: it cannot pull a dead bus below zero.
pub(crate) const CURRENT_LOAD_LEAST_V: f64 = 1.0;
/// A constant-power load is a resistor below this voltage, V.
pub(crate) const POWER_LOAD_LEAST_V: f64 = 10.0;
/// A load that feeds back stops here, V.
pub(crate) const REGENERATION_LIMIT_V: f64 = 60.0;

/// The load; negative currents and powers feed back into the bus (regeneration).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Nothing.
    None,
    /// This many amperes; below 1 V it acts as a resistor.
    ConstantCurrent(f64),
    /// This many watts; below 10 V, and when the packs cannot give them, it acts as a resistor of 100 V² / watts.
    ConstantPower(f64),
    /// This many ohm.
    Resistance(f64),
    /// A short of this many ohm in place of the load.
    Short(f64),
}

/// A charger: this current until the bus reaches this voltage, then what holds it there. It never takes current.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Charger {
    /// Largest current, at least 0 A.
    pub current_a: f64,
    /// Voltage limit at the bus, at most 60 V.
    pub voltage_v: f64,
}

impl Load {
    /// Current by the law of the load at this bus voltage.
    pub(crate) fn current_at(self, volts: f64) -> f64 {
        match self {
            Self::None => 0.0,
            Self::ConstantCurrent(amperes) if amperes > 0.0 => {
                amperes * (volts / CURRENT_LOAD_LEAST_V).min(1.0)
            }
            Self::ConstantCurrent(amperes) => amperes,
            Self::ConstantPower(watts) if volts < POWER_LOAD_LEAST_V => {
                watts * volts / (POWER_LOAD_LEAST_V * POWER_LOAD_LEAST_V)
            }
            Self::ConstantPower(watts) => watts / volts,
            Self::Resistance(ohm) | Self::Short(ohm) => volts / ohm,
        }
    }

    /// Whether the numbers can be calculated with.
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::None => true,
            Self::ConstantCurrent(value) | Self::ConstantPower(value) => value.is_finite(),
            Self::Resistance(ohm) | Self::Short(ohm) => ohm.is_finite() && ohm > 0.0,
        }
    }
}
