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

mod board;
mod expanders;
mod node;
mod rack;
mod sensors;
mod snapshot;
mod trouble;

pub use board::{Board, Request};
pub use node::{Node, NodeError};
pub use rack::{Label, PackWiring, Rack, RackError, Sensor, check_wiring, kxkm_wiring};
pub use snapshot::{SensorHealth, Snapshot};
