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

mod convert;
mod quantity;

pub use convert::OutOfRange;
pub use quantity::{
    CentiCelsius, DeciCelsius, DeciKelvin, Microamps, Microohms, Microvolts, Microwatts,
    MilliCelsius, MilliampHours, Milliamps, Milliohms, Millivolts, Milliwatts, Nanoamps, Nanovolts,
    Nanowatts, Percent, Permille,
};
