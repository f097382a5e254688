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

#[cfg(feature = "async")]
pub mod asynch;
pub mod blocking;

mod changes;
mod error;
mod pins;
#[cfg(feature = "async")]
mod port;
mod registers;
mod state;

pub use changes::{Changes, Watch};
pub use error::{ConfigError, Error, PinError};
#[cfg(feature = "async")]
pub use port::WaitError;
pub use registers::{Address, Frame, Pair, Pin, Word};
pub use state::{ReadBack, State, Words};
