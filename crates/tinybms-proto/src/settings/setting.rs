//! The settings by name, and where each stands.

use core::fmt;

use crate::reading::Firmware;
use crate::registers::{Access, Entry, Format, Unit};

/// A setting of the BMS (TinyBMS rev D, registers 300 to 343).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Setting {
    /// 300: a cell counts as full, in mV.
    FullyChargedVoltage,
    /// 301: a cell counts as empty, in mV.
    FullyDischargedVoltage,
    /// 303: balancing begins here, in mV.
    EarlyBalancingThreshold,
    /// 304: charging ends below, in mA; the true limit depends on the board.
    ChargeFinishedCurrent,
    /// 305: cuts off at once, in A; has to be above 317. The document gives no range. Firmware 2.3.254 and later.
    PeakDischargeCurrent,
    /// 306: in 0.01 Ah.
    BatteryCapacity,
    /// 307: cells in series.
    SeriesCells,
    /// 308: in mV.
    AllowedDisbalance,
    /// 310: in seconds. Firmware 2.3.254 and later.
    ChargerStartUpDelay,
    /// 311: in seconds. Firmware 2.3.254 and later.
    ChargerDisableDelay,
    /// 312 and 313: pulses of the speed sensor for a unit of distance.
    PulsesPerUnit,
    /// 314: see [`super::DistanceUnit`].
    DistanceUnit,
    /// 315: of a cell, in mV.
    OverVoltageCutoff,
    /// 316: of a cell, in mV.
    UnderVoltageCutoff,
    /// 317: in A; also the limit of regeneration. The true limit depends on the board.
    DischargeOverCurrentCutoff,
    /// 318: in A. The true limit depends on the board.
    ChargeOverCurrentCutoff,
    /// 319: in °C.
    OverHeatCutoff,
    /// 320: in °C.
    LowTemperatureChargeCutoff,
    /// 321: in percent, used when the flag for it is set. Firmware 2.3.254 and later.
    ChargeRestartLevel,
    /// 322. Firmware 2.3.254 and later.
    BatteryMaximumCycles,
    /// 323: sets the state of health, in 0.002 %; reads FFFFh once taken over. Firmware 2.3.254 and later.
    StateOfHealthToSet,
    /// 328: sets the state of charge, in 0.002 %; reads FFFFh once taken over and is never the state of charge.
    StateOfChargeToSet,
    /// 329, bit 0: the external current sensor points the other way. Firmware 2.3.243 and later.
    InvertCurrentSensor,
    /// 329, bit 1: load and charger switch are not diagnosed, so a welded switch is not reported. Firmware 2.3.243 and later.
    DisableSwitchDiagnostics,
    /// 329, bit 2: charging begins again at the level of 321. Firmware 2.3.254 and later.
    EnableChargeRestartLevel,
    /// 330, low byte: see [`super::ChargerType`].
    ChargerType,
    /// 330, high byte: in seconds. Firmware 2.3.254 and later.
    DischargeOverCurrentTimeout,
    /// 331: see [`super::SwitchType`].
    LoadSwitchType,
    /// 332: in seconds, 0 is off by the manual and the release notes; the protocol document prints 1 to 30.
    AutomaticRecovery,
    /// 333: see [`super::ChargerSwitchType`].
    ChargerSwitchType,
    /// 334: see [`super::IgnitionInput`].
    IgnitionInput,
    /// 335: see [`super::ChargerDetection`].
    ChargerDetection,
    /// 336: see [`super::SpeedSensorInput`].
    SpeedSensorInput,
    /// 337: see [`super::PrechargePin`]; boards for 150 A only.
    PrechargePin,
    /// 338: see [`super::PrechargeDuration`].
    PrechargeDuration,
    /// 339: see [`super::TemperatureSensorType`].
    TemperatureSensorType,
    /// 340: see [`super::OperationMode`]; the BMS restarts itself after a change.
    OperationMode,
    /// 341: see [`super::SwitchType`].
    SinglePortSwitchType,
    /// 342: see [`super::BroadcastInterval`].
    BroadcastInterval,
    /// 343: see [`super::BroadcastProtocol`]; the text sent unasked. It does not switch commands.
    BroadcastProtocol,
}

impl Setting {
    /// All of them, by register.
    pub const ALL: [Self; 40] = [
        Self::FullyChargedVoltage,
        Self::FullyDischargedVoltage,
        Self::EarlyBalancingThreshold,
        Self::ChargeFinishedCurrent,
        Self::PeakDischargeCurrent,
        Self::BatteryCapacity,
        Self::SeriesCells,
        Self::AllowedDisbalance,
        Self::ChargerStartUpDelay,
        Self::ChargerDisableDelay,
        Self::PulsesPerUnit,
        Self::DistanceUnit,
        Self::OverVoltageCutoff,
        Self::UnderVoltageCutoff,
        Self::DischargeOverCurrentCutoff,
        Self::ChargeOverCurrentCutoff,
        Self::OverHeatCutoff,
        Self::LowTemperatureChargeCutoff,
        Self::ChargeRestartLevel,
        Self::BatteryMaximumCycles,
        Self::StateOfHealthToSet,
        Self::StateOfChargeToSet,
        Self::InvertCurrentSensor,
        Self::DisableSwitchDiagnostics,
        Self::EnableChargeRestartLevel,
        Self::ChargerType,
        Self::DischargeOverCurrentTimeout,
        Self::LoadSwitchType,
        Self::AutomaticRecovery,
        Self::ChargerSwitchType,
        Self::IgnitionInput,
        Self::ChargerDetection,
        Self::SpeedSensorInput,
        Self::PrechargePin,
        Self::PrechargeDuration,
        Self::TemperatureSensorType,
        Self::OperationMode,
        Self::SinglePortSwitchType,
        Self::BroadcastInterval,
        Self::BroadcastProtocol,
    ];

    /// Where it stands and what it may be.
    #[must_use]
    pub const fn entry(self) -> &'static Entry {
        match self {
            Self::FullyChargedVoltage => &Entry {
                name: "fully_charged_voltage",
                address: 300,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((1200, 4500)),
                since: None,
            },
            Self::FullyDischargedVoltage => &Entry {
                name: "fully_discharged_voltage",
                address: 301,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((1000, 3500)),
                since: None,
            },
            Self::EarlyBalancingThreshold => &Entry {
                name: "early_balancing_threshold",
                address: 303,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((1000, 4500)),
                since: None,
            },
            Self::ChargeFinishedCurrent => &Entry {
                name: "charge_finished_current",
                address: 304,
                format: Format::Word,
                unit: Unit::Milliampere,
                access: Access::ReadWrite,
                range: Some((100, 5000)),
                since: None,
            },
            Self::PeakDischargeCurrent => &Entry {
                name: "peak_discharge_current",
                address: 305,
                format: Format::Word,
                unit: Unit::Ampere,
                access: Access::ReadWrite,
                range: None,
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::BatteryCapacity => &Entry {
                name: "battery_capacity",
                address: 306,
                format: Format::Word,
                unit: Unit::HundredthAmpereHour,
                access: Access::ReadWrite,
                range: Some((10, 65500)),
                since: None,
            },
            Self::SeriesCells => &Entry {
                name: "series_cells",
                address: 307,
                format: Format::Word,
                unit: Unit::Cell,
                access: Access::ReadWrite,
                range: Some((4, 16)),
                since: None,
            },
            Self::AllowedDisbalance => &Entry {
                name: "allowed_disbalance",
                address: 308,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((15, 100)),
                since: None,
            },
            Self::ChargerStartUpDelay => &Entry {
                name: "charger_start_up_delay",
                address: 310,
                format: Format::Word,
                unit: Unit::Second,
                access: Access::ReadWrite,
                range: Some((5, 60)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::ChargerDisableDelay => &Entry {
                name: "charger_disable_delay",
                address: 311,
                format: Format::Word,
                unit: Unit::Second,
                access: Access::ReadWrite,
                range: Some((0, 60)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::PulsesPerUnit => &Entry {
                name: "pulses_per_unit",
                address: 312,
                format: Format::Double,
                unit: Unit::Pulse,
                access: Access::ReadWrite,
                range: Some((1, 100000)),
                since: None,
            },
            Self::DistanceUnit => &Entry {
                name: "distance_unit",
                address: 314,
                format: Format::Word,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((1, 5)),
                since: None,
            },
            Self::OverVoltageCutoff => &Entry {
                name: "over_voltage_cutoff",
                address: 315,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((1200, 4500)),
                since: None,
            },
            Self::UnderVoltageCutoff => &Entry {
                name: "under_voltage_cutoff",
                address: 316,
                format: Format::Word,
                unit: Unit::Millivolt,
                access: Access::ReadWrite,
                range: Some((800, 3500)),
                since: None,
            },
            Self::DischargeOverCurrentCutoff => &Entry {
                name: "discharge_over_current_cutoff",
                address: 317,
                format: Format::Word,
                unit: Unit::Ampere,
                access: Access::ReadWrite,
                range: Some((1, 750)),
                since: None,
            },
            Self::ChargeOverCurrentCutoff => &Entry {
                name: "charge_over_current_cutoff",
                address: 318,
                format: Format::Word,
                unit: Unit::Ampere,
                access: Access::ReadWrite,
                range: Some((1, 750)),
                since: None,
            },
            Self::OverHeatCutoff => &Entry {
                name: "over_heat_cutoff",
                address: 319,
                format: Format::Signed,
                unit: Unit::Degree,
                access: Access::ReadWrite,
                range: Some((20, 90)),
                since: None,
            },
            Self::LowTemperatureChargeCutoff => &Entry {
                name: "low_temperature_charge_cutoff",
                address: 320,
                format: Format::Signed,
                unit: Unit::Degree,
                access: Access::ReadWrite,
                range: Some((-40, 10)),
                since: None,
            },
            Self::ChargeRestartLevel => &Entry {
                name: "charge_restart_level",
                address: 321,
                format: Format::Word,
                unit: Unit::Percent,
                access: Access::ReadWrite,
                range: Some((60, 95)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::BatteryMaximumCycles => &Entry {
                name: "battery_maximum_cycles",
                address: 322,
                format: Format::Word,
                unit: Unit::Cycle,
                access: Access::ReadWrite,
                range: Some((10, 65000)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::StateOfHealthToSet => &Entry {
                name: "state_of_health_to_set",
                address: 323,
                format: Format::Word,
                unit: Unit::FiveHundredthPercent,
                access: Access::Write,
                range: Some((0, 50000)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::StateOfChargeToSet => &Entry {
                name: "state_of_charge_to_set",
                address: 328,
                format: Format::Word,
                unit: Unit::FiveHundredthPercent,
                access: Access::Write,
                range: Some((0, 50000)),
                since: None,
            },
            Self::InvertCurrentSensor => &Entry {
                name: "invert_current_sensor",
                address: 329,
                format: Format::Bits { shift: 0, width: 1 },
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 1)),
                since: Some(Firmware::FLAGS),
            },
            Self::DisableSwitchDiagnostics => &Entry {
                name: "disable_switch_diagnostics",
                address: 329,
                format: Format::Bits { shift: 1, width: 1 },
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 1)),
                since: Some(Firmware::FLAGS),
            },
            Self::EnableChargeRestartLevel => &Entry {
                name: "enable_charge_restart_level",
                address: 329,
                format: Format::Bits { shift: 2, width: 1 },
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 1)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::ChargerType => &Entry {
                name: "charger_type",
                address: 330,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 2)),
                since: None,
            },
            Self::DischargeOverCurrentTimeout => &Entry {
                name: "discharge_over_current_timeout",
                address: 330,
                format: Format::High,
                unit: Unit::Second,
                access: Access::ReadWrite,
                range: Some((0, 30)),
                since: Some(Firmware::PRESENT_MAP),
            },
            Self::LoadSwitchType => &Entry {
                name: "load_switch_type",
                address: 331,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 8)),
                since: None,
            },
            Self::AutomaticRecovery => &Entry {
                name: "automatic_recovery",
                address: 332,
                format: Format::Low,
                unit: Unit::Second,
                access: Access::ReadWrite,
                range: Some((0, 30)),
                since: None,
            },
            Self::ChargerSwitchType => &Entry {
                name: "charger_switch_type",
                address: 333,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((1, 9)),
                since: None,
            },
            Self::IgnitionInput => &Entry {
                name: "ignition_input",
                address: 334,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 6)),
                since: None,
            },
            Self::ChargerDetection => &Entry {
                name: "charger_detection",
                address: 335,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((1, 7)),
                since: None,
            },
            Self::SpeedSensorInput => &Entry {
                name: "speed_sensor_input",
                address: 336,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 2)),
                since: None,
            },
            Self::PrechargePin => &Entry {
                name: "precharge_pin",
                address: 337,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 16)),
                since: None,
            },
            Self::PrechargeDuration => &Entry {
                name: "precharge_duration",
                address: 338,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 7)),
                since: None,
            },
            Self::TemperatureSensorType => &Entry {
                name: "temperature_sensor_type",
                address: 339,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 1)),
                since: None,
            },
            Self::OperationMode => &Entry {
                name: "operation_mode",
                address: 340,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 1)),
                since: None,
            },
            Self::SinglePortSwitchType => &Entry {
                name: "single_port_switch_type",
                address: 341,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 8)),
                since: None,
            },
            Self::BroadcastInterval => &Entry {
                name: "broadcast_interval",
                address: 342,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 7)),
                since: None,
            },
            Self::BroadcastProtocol => &Entry {
                name: "broadcast_protocol",
                address: 343,
                format: Format::Low,
                unit: Unit::Choice,
                access: Access::ReadWrite,
                range: Some((0, 2)),
                since: None,
            },
        }
    }

    /// Its name in exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The setting with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.name() == name)
    }

    /// Whether what its register reads is its value.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        !matches!(self.entry().access, Access::Write)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
