//! Acceptance of the core on the electrical plant: random fleets (A2), availability (A3), injected faults (A4), a quiet day.
//!
//! `cargo test` runs a short form; the long one is `cargo test --release --test acceptance -- --ignored --nocapture`, or
//! `cargo xtask acceptance`, which collects the lines that begin with `figure:`.

#[path = "acceptance/availability.rs"]
mod availability;
#[path = "acceptance/day.rs"]
mod day;
#[path = "acceptance/demand.rs"]
mod demand;
#[path = "acceptance/fault_rows.rs"]
mod fault_rows;
#[path = "acceptance/faults.rs"]
mod faults;
#[path = "acceptance/faults_loading.rs"]
mod faults_loading;
#[path = "acceptance/faults_measuring.rs"]
mod faults_measuring;
#[path = "acceptance/faults_switching.rs"]
mod faults_switching;
#[path = "acceptance/field.rs"]
mod field;
#[path = "acceptance/fleet.rs"]
mod fleet;
#[path = "acceptance/fleets.rs"]
mod fleets;
#[path = "acceptance/judge.rs"]
mod judge;
#[path = "acceptance/outputs.rs"]
mod outputs;
#[path = "acceptance/sensor.rs"]
mod sensor;
#[path = "acceptance/story.rs"]
mod story;
#[path = "acceptance/trials.rs"]
mod trials;
