//! Driver for the INA226 and INA237 families of current and voltage monitors.
#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod address;
mod alert;
#[cfg(feature = "async")]
pub mod asynch;
pub mod blocking;
mod calibration;
mod config;
mod error;
mod part;
mod reading;
pub mod registers;
mod rounding;
mod settings;
mod setup;
mod step;

pub use address::{ALERT_RESPONSE, Address, AddressPin, alert_source};
pub use alert::{AlertCompare, AlertLatch, AlertPin, AlertPolarity, Limits};
pub use calibration::{Calibration, Wiring};
pub use config::{Averaging, ConversionTime, Inputs, Mode};
pub use error::{ConfigError, Error};
pub use part::{Family, Identity, IdentityPolicy, Part, ShuntRange};
pub use reading::{Current, Flags, Power, Reading, ShuntVoltage, Voltage};
pub use settings::{CurrentScale, Settings};
pub use setup::Setup;
pub use step::CurrentStep;
