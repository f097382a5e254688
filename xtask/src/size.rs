//! `cargo xtask size`: what the smallest firmware and the drivers cost, into the tables of the README.

mod bench;
mod firmware;
pub(crate) mod measure;

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The tables stand between these two lines of the README.
const BEGIN: &str = "<!-- cargo xtask size: begin -->";
const END: &str = "<!-- cargo xtask size: end -->";

/// The Cortex-M33 with its floating point unit.
pub(crate) const TARGET: &str = "thumbv8m.main-none-eabihf";

/// Measures, prints the tables, and with `--write` puts them into the README. A driver that costs more than its limit is
/// an error, after everything was printed and written.
pub fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let write = match arguments {
        [] => false,
        [only] if only == "--write" => true,
        _ => return Err("size takes --write or nothing".to_owned()),
    };
    let firmware = firmware::table(workspace)?;
    let (comparison, missed) = bench::table(workspace)?;
    let tables = format!("{firmware}\n{comparison}");
    print!("{tables}");
    if write {
        crate::markers::write_between(&workspace.join("README.md"), BEGIN, END, &tables)?;
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(missed.join("\n"))
    }
}

/// Runs cargo in `folder` with a target folder of its own, and gives what it printed.
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let (command, arguments) = arguments.split_first().ok_or("cargo needs a command")?;
    let output = Command::new("cargo")
        .arg(command)
        .args(["--locked", "--quiet", "--target-dir", "target"])
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "cargo {command} fails in {}; is the target there? rustup target add {TARGET}",
            folder.display()
        ))
    }
}
