//! `parallelator tinybms` against `parallelator twin tinybms`: the real program at both ends of a pseudo terminal or a TCP
//! connection.

#![allow(dead_code, reason = "each test file uses its part of the helper")]

mod program;

#[path = "tinybms_tool/bench.rs"]
mod bench;
#[path = "tinybms_tool/files.rs"]
mod files;
#[path = "tinybms_tool/listening.rs"]
mod listening;
#[path = "tinybms_tool/reading.rs"]
mod reading;
#[cfg(unix)]
#[path = "tinybms_tool/terminal.rs"]
mod terminal;
#[path = "tinybms_tool/trouble.rs"]
mod trouble;
#[path = "tinybms_tool/writing.rs"]
mod writing;
