//! The core on an emulated Cortex-M33: the answers of the host, byte for byte.

use std::{env, path::Path};

use super::{Outcome, Step, command::Call, install};
use crate::size::{
    TARGET,
    measure::{EMULATOR, has_emulator},
};

/// What an image of `bench/m33` can be.
const IMAGES: [&str; 3] = ["empty", "core", "play"];

/// Tests of the log and of its judge, which need no emulator, then the comparison.
pub(super) fn m33(root: &Path) -> Step {
    let bench = root.join("bench").join("m33");
    let own = ["--package", "m33-log", "--package", "m33-host"];
    let deny = ["--", "-D", "warnings"];
    let call = |arguments: &[&str]| Call::cargo(&bench).args(arguments);
    call(&["fmt", "--all", "--check"]).run()?;
    // The same folder as `cargo xtask m33` builds in.
    let here = ["--target-dir", "target"];
    call(&["clippy", "--all-targets"])
        .args(here)
        .args(own)
        .args(deny)
        .run()?;
    call(&["test", "--quiet"]).args(here).args(own).run()?;
    if let Err(why) = install::target(root, TARGET) {
        return unavailable(format!("{TARGET} cannot be added: {why}"));
    }
    for image in IMAGES {
        call(&["clippy", "--release", "--package", "m33-image"])
            .args(here)
            .args(["--target", TARGET, "--features", image])
            .args(deny)
            .run()?;
    }
    if !has_emulator() {
        return unavailable(format!(
            "{EMULATOR} is not here (Debian: apt-get install {EMULATOR})"
        ));
    }
    crate::m33::run(root, &[])?;
    Ok(Outcome::Passed)
}

/// A machine that tests every change has to run it; elsewhere it is told.
fn unavailable(why: String) -> Step {
    if env::var("CI").is_ok_and(|value| value == "true") {
        Err(why)
    } else {
        Ok(Outcome::Skipped(why))
    }
}
