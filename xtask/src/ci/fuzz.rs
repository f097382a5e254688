//! Fuzz targets: their committed seeds as a normal test, then a short run of each.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{
    Outcome, Step,
    command::Call,
    install::{self, Subcommand},
};

/// Ten seconds for each target, without a line for each input it keeps.
const LIMITS: [&str; 3] = ["-max_total_time=10", "-verbosity=0", "-print_final_stats=1"];

const FUZZ: Subcommand = Subcommand {
    name: "fuzz",
    version: "0.13.2",
    flags: &[],
};

/// The target functions over the committed corpus, on any toolchain.
pub(super) fn corpus(root: &Path) -> Step {
    let fuzz = root.join("fuzz");
    Call::cargo(&fuzz).args(["fmt", "--check"]).run()?;
    // What the workspace has built already serves here too: same profile, same versions.
    let target = target_folder(root);
    Call::cargo(&fuzz)
        .args(["clippy", "--no-default-features", "--all-targets"])
        .args(["--", "-D", "warnings"])
        .env("CARGO_TARGET_DIR", &target)
        .run()?;
    Call::cargo(&fuzz)
        .args(["test", "--no-default-features"])
        .env("CARGO_TARGET_DIR", &target)
        .run()?;
    Ok(Outcome::Passed)
}

/// Where the workspace is built.
fn target_folder(root: &Path) -> PathBuf {
    root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Ten seconds a target; what it finds stays out of the committed corpus.
pub(super) fn smoke(root: &Path) -> Step {
    if Call::new("c++", root).args(["--version"]).read().is_err() {
        return Ok(Outcome::Skipped(
            "libFuzzer is built by a C++ compiler and there is none".to_owned(),
        ));
    }
    install::subcommand(root, &FUZZ)?;
    // The sanitizers need nightly; without it libFuzzer still finds panics and broken round trips.
    let (toolchain, flags): (_, &[&str]) = if install::has_toolchain(root, "nightly") {
        ("+nightly", &[])
    } else {
        ("+stable", &["--sanitizer", "none"])
    };
    let names = Call::cargo(root).args([toolchain, "fuzz", "list"]).read()?;
    let names: Vec<&str> = names.lines().map(str::trim).collect();
    if names.is_empty() {
        return Err("there is no fuzz target".to_owned());
    }
    Call::cargo(root)
        .args([toolchain, "fuzz", "build"])
        .args(flags)
        .run()?;
    let mut failed = Vec::new();
    for name in names {
        let found = target_folder(root).join("fuzz-found").join(name);
        fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let seeds = root.join("fuzz").join("corpus").join(name);
        let report = Call::cargo(root)
            .args([toolchain, "fuzz", "run"])
            .args(flags)
            .args([name])
            .args([&found, &seeds])
            .args(["--"])
            .args(LIMITS)
            .env("RUST_BACKTRACE", "0")
            .read_report();
        match report {
            // libFuzzer prints a page of hints that only help who fuzzes for hours.
            Ok(report) => report
                .lines()
                .filter(|line| line.starts_with("stat::number"))
                .for_each(|line| println!("{line}")),
            Err(why) => {
                println!("{why}");
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        return Err(format!("found something: {}", failed.join(", ")));
    }
    Ok(Outcome::Passed)
}
