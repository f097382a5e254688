//! The libraries on bare targets, with every combination of their features.

use std::path::Path;

use super::{
    Outcome, Step,
    command::Call,
    install,
    packages::{bare_members, powerset},
};

/// One core without atomic compare-and-swap, one with, one that is no Arm.
const TARGETS: [&str; 3] = [
    "thumbv6m-none-eabi",
    "thumbv8m.main-none-eabihf",
    "riscv32imac-unknown-none-elf",
];

/// What `cargo xtask size` measures on.
const MEASURED: &str = "thumbv8m.main-none-eabihf";

/// Builds each library alone, so that no other member's wishes switch a feature on.
pub(super) fn targets(root: &Path) -> Step {
    let mut there = Vec::new();
    let mut missing = Vec::new();
    for target in TARGETS {
        match install::target(root, target) {
            Ok(()) => there.push(target),
            Err(why) => missing.push(format!("{target} cannot be added: {why}")),
        }
    }
    if !there.is_empty() {
        for package in bare_members(root)? {
            for features in powerset(&package.features) {
                Call::cargo(root)
                    .args(["build", "--quiet", "--lib", "-p", &package.name])
                    .args(["--no-default-features", "--features", &features])
                    .args(there.iter().flat_map(|target| ["--target", target]))
                    .run()?;
            }
        }
    }
    if missing.is_empty() {
        Ok(Outcome::Passed)
    } else {
        Ok(Outcome::Skipped(missing.join("; ")))
    }
}

/// The tables of `cargo xtask size`; a driver that costs more than its limit fails.
pub(super) fn size(root: &Path) -> Step {
    if let Err(why) = install::target(root, MEASURED) {
        return Ok(Outcome::Skipped(why));
    }
    crate::size::run(root, &[])?;
    Ok(Outcome::Passed)
}
