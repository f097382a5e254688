//! The steps that are cargo's own commands on the whole workspace.

use std::path::Path;

use super::{
    Outcome, Step,
    command::Call,
    install::{self, Subcommand},
    packages::{bare_members, members},
};

/// The README's own test command.
pub(super) fn test(root: &Path) -> Step {
    Call::cargo(root).args(["test", "--workspace"]).run()?;
    Ok(Outcome::Passed)
}

/// Each library that has features, once with none and once with all of them.
///
/// The workspace test cannot tell: there the features that one member asks of another are on for all.
pub(super) fn features(root: &Path) -> Step {
    for package in bare_members(root)? {
        if package.features.is_empty() {
            continue;
        }
        for flag in ["--no-default-features", "--all-features"] {
            Call::cargo(root)
                .args(["test", "--quiet", "-p", &package.name, flag])
                .run()?;
        }
    }
    Ok(Outcome::Passed)
}

/// Formatting as rustfmt wants it.
pub(super) fn fmt(root: &Path) -> Step {
    Call::cargo(root).args(["fmt", "--all", "--check"]).run()?;
    Ok(Outcome::Passed)
}

/// No warning from clippy, with the default and with all features.
pub(super) fn clippy(root: &Path) -> Step {
    for features in [&[][..], &["--all-features"]] {
        Call::cargo(root)
            .args(["clippy", "--workspace", "--all-targets"])
            .args(features)
            .args(["--", "-D", "warnings"])
            .run()?;
    }
    Ok(Outcome::Passed)
}

/// Documentation without a warning: no broken link, no public item without a line.
pub(super) fn docs(root: &Path) -> Step {
    Call::cargo(root)
        .args(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    Ok(Outcome::Passed)
}

/// `blocking.rs` of each driver is what `asynch.rs` makes of it.
pub(super) fn twins(root: &Path) -> Step {
    crate::twins::run(root, &["--check".to_owned()])?;
    Ok(Outcome::Passed)
}

/// Each library builds with the oldest compiler its manifest names.
pub(super) fn msrv(root: &Path) -> Step {
    for package in bare_members(root)? {
        let version = package.rust_version.as_deref().ok_or_else(|| {
            format!(
                "{} names no rust-version, which each library has to",
                package.name
            )
        })?;
        if let Err(why) = install::toolchain(root, version) {
            return Ok(Outcome::Skipped(format!(
                "Rust {version} is not here and cannot be installed: {why}"
            )));
        }
        for features in ["--no-default-features", "--all-features"] {
            Call::cargo(root)
                .args([&format!("+{version}"), "check", "--quiet", "--locked"])
                .args(["--lib", "-p", &package.name, features])
                .run()?;
        }
    }
    Ok(Outcome::Passed)
}

/// Licences, doubled and unpinned versions, and where dependencies come from: `deny.toml`.
pub(super) fn licences(root: &Path) -> Step {
    deny(root, &["check", "bans", "licenses", "sources"])?;
    Ok(Outcome::Passed)
}

/// Published advisories about a dependency, where their database can be had.
pub(super) fn advisories(root: &Path) -> Step {
    install::subcommand(root, &DENY)?;
    let fetched = Call::cargo(root).args(["deny", "fetch", "db"]).read();
    if let Err(why) = fetched {
        let last = why.lines().last().unwrap_or_default();
        return Ok(Outcome::Skipped(format!(
            "the advisory database cannot be fetched: {last}"
        )));
    }
    deny(root, &["--offline", "check", "advisories"])?;
    Ok(Outcome::Passed)
}

/// Fetching over git needs none of the web client that its default features build.
const DENY: Subcommand = Subcommand {
    name: "deny",
    version: "0.20.2",
    flags: &["--no-default-features"],
};

fn deny(root: &Path, arguments: &[&str]) -> Result<(), String> {
    install::subcommand(root, &DENY)?;
    for folder in super::boards::workspaces(root) {
        // A member list that cannot be read would make cargo-deny's message hard to understand.
        members(&folder)?;
        Call::cargo(&folder)
            .args(["deny", "--config"])
            .args([root.join("deny.toml")])
            .args(arguments)
            .args(["--hide-inclusion-graph"])
            .run()?;
    }
    Ok(())
}
