//! What a step needs and a machine with plain stable Rust lacks: found, or installed by the ordinary tools.

use std::path::Path;

use super::command::Call;

/// A cargo subcommand and how to build it.
pub(super) struct Subcommand {
    /// The word after `cargo`.
    pub(super) name: &'static str,
    /// The release that is known to take the arguments given here; one that is there already is used as it is.
    pub(super) version: &'static str,
    /// More arguments for `cargo install`.
    pub(super) flags: &'static [&'static str],
}

/// The subcommand is there afterwards.
///
/// Built without optimisation: these tools run for seconds and compile for minutes.
pub(super) fn subcommand(root: &Path, tool: &Subcommand) -> Result<(), String> {
    let package = format!("cargo-{}", tool.name);
    let there = Call::new(&package, root).args([tool.name, "--version"]);
    if there.read().is_ok() {
        return Ok(());
    }
    println!("{package} is not installed: installing it");
    Call::cargo(root)
        .args(["install", &package, "--version", tool.version])
        .args(["--locked", "--debug"])
        .args(tool.flags)
        .run()
}

/// The standard library for a bare target is there afterwards.
pub(super) fn target(root: &Path, target: &str) -> Result<(), String> {
    let installed = Call::new("rustup", root)
        .args(["target", "list", "--installed"])
        .read()?;
    if installed.lines().any(|line| line == target) {
        return Ok(());
    }
    Call::new("rustup", root)
        .args(["target", "add", target])
        .run()
}

/// The toolchain answers afterwards.
pub(super) fn toolchain(root: &Path, version: &str) -> Result<(), String> {
    if has_toolchain(root, version) {
        return Ok(());
    }
    Call::new("rustup", root)
        .args(["toolchain", "install", version])
        .args(["--profile", "minimal", "--no-self-update"])
        .run()
}

/// Whether the toolchain is installed already.
pub(super) fn has_toolchain(root: &Path, version: &str) -> bool {
    Call::new("rustup", root)
        .args(["run", version, "rustc", "--version"])
        .read()
        .is_ok()
}
