//! Boards of the program: what differs between a simulated rack and real ones, and no rule.

pub mod sim;
