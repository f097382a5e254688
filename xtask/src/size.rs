//! `cargo xtask size`: what the smallest firmware and the drivers cost, into the tables of the README.

mod bench;
mod firmware;
mod measure;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The tables stand between these two lines of the README.
const BEGIN: &str = "<!-- cargo xtask size: begin -->";
const END: &str = "<!-- cargo xtask size: end -->";

const TARGET: &str = "thumbv8m.main-none-eabihf";

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
        write_into_readme(workspace, &tables)?;
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(missed.join("\n"))
    }
}

/// Runs cargo in `folder` with a target folder of its own, and gives what it printed.
fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
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

fn write_into_readme(workspace: &Path, table: &str) -> Result<(), String> {
    let path = workspace.join("README.md");
    let readme =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (before, rest) = readme
        .split_once(BEGIN)
        .ok_or_else(|| format!("README.md has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("README.md has no line {END}"))?;
    let next = format!("{before}{BEGIN}\n\n{table}\n{END}{after}");
    fs::write(&path, next).map_err(|error| format!("{}: {error}", path.display()))
}
