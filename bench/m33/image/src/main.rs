//! Images for a Cortex-M33: with `core` or `empty` weighed, with `play` run on the emulated board.
#![no_std]
#![no_main]

#[cfg(feature = "play")]
mod board;
#[cfg(feature = "play")]
mod files;
#[cfg(feature = "play")]
mod play;
#[cfg(not(feature = "play"))]
mod weigh;
