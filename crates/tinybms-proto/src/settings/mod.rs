//! Settings: read, compared, changed in a safe order, exported and imported.

mod changes;
mod choices;
mod error;
mod image;
mod pins;
mod plan;
mod setting;
mod text;

pub use changes::{Changes, Difference};
pub use choices::{
    BroadcastInterval, BroadcastProtocol, ChargerType, DistanceUnit, OperationMode,
    PrechargeDuration, TemperatureSensorType, UnknownChoice,
};
pub use error::{ImportError, ImportFault, SettingError};
pub use image::{DeviceLimits, SETTINGS_COUNT, Settings};
pub use pins::{
    ChargerDetection, ChargerSwitchType, IgnitionInput, PrechargePin, SpeedSensorInput, SwitchType,
};
pub use plan::{Plan, PlannedWrite};
pub use setting::Setting;
pub use text::Export;
