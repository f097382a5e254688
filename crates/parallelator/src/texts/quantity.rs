//! What the numbers beside a reason are: the unit of its value and limit.

use parallelator_core::{Fault, Reason, Waiting};

use super::{Language, amps, celsius, seconds, volts};

/// What a value and its limit count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Milliamperes.
    Current,
    /// Millivolts.
    Voltage,
    /// Tenths of a degree Celsius.
    Temperature,
    /// Milliseconds.
    Time,
    /// A number of things.
    Count,
}

impl Quantity {
    pub(super) fn written(self, language: Language, value: i32) -> String {
        match self {
            Self::Current => amps(language, value),
            Self::Voltage => volts(language, value),
            Self::Temperature => celsius(language, value),
            // The core says the largest number it has where it does not know when the last sample came.
            Self::Time if value == i32::MAX => "∞".to_owned(),
            Self::Time => seconds(language, value.unsigned_abs().into()),
            Self::Count => value.to_string(),
        }
    }
}

/// What the numbers of this reason are; `None` for a reason without numbers.
pub(super) fn of(reason: Reason) -> Option<Quantity> {
    match reason {
        Reason::Waiting(waiting) => of_waiting(waiting),
        Reason::Fault(fault) => of_fault(fault),
    }
}

fn of_waiting(waiting: Waiting) -> Option<Quantity> {
    Some(match waiting {
        Waiting::WaitingTurn
        | Waiting::WaitingForSet
        | Waiting::CirculatingCurrent
        | Waiting::PackLimit
        | Waiting::WouldCharge
        | Waiting::WouldDischarge
        | Waiting::CurrentWhileOpen
        | Waiting::UnknownSource
        | Waiting::LoadNotCovered => Quantity::Current,
        Waiting::DifferenceTooLarge | Waiting::VoltageLow | Waiting::VoltageHigh => {
            Quantity::Voltage
        }
        Waiting::TemperatureWindow => Quantity::Temperature,
        Waiting::StaleSample => Quantity::Time,
        Waiting::WearBudget => Quantity::Count,
        _ => return None,
    })
}

fn of_fault(fault: Fault) -> Option<Quantity> {
    Some(match fault {
        Fault::HardwareAlert
        | Fault::OverCurrentHard
        | Fault::CurrentOnOpenSwitch
        | Fault::JoinMismatch
        | Fault::CollectiveOverload
        | Fault::OverCurrentSoft
        | Fault::Imbalance
        | Fault::StuckOpen
        | Fault::StuckClosed
        | Fault::Swapped
        | Fault::Kirchhoff => Quantity::Current,
        Fault::OverVoltageAbs | Fault::UnderVoltageAbs | Fault::UnderVoltage => Quantity::Voltage,
        Fault::OverTemperature => Quantity::Temperature,
        Fault::StaleData => Quantity::Time,
        Fault::Frozen | Fault::Precharge => Quantity::Count,
        _ => return None,
    })
}
