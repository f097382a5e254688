#![doc = include_str!("../README.md")]

pub mod block_on;
pub mod board;
pub mod cli;
pub mod cosim;
pub mod demo;
pub mod failure;
pub mod hub;
pub mod log;
pub mod rack;
pub mod reading;
pub mod replay;
pub mod report;
pub mod terminal;
pub mod texts;
pub mod tinybms;
pub mod twin;
pub mod web;

/// Packs a rack of the program can have.
pub const PACKS: usize = 32;
