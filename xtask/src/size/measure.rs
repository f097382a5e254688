//! Weighs and runs the images of `bench/`, and asks its host program for the wire.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use object::{Object, ObjectSection};

use super::{TARGET, cargo};

/// Name of the program in the image package.
const IMAGE: &str = "fw";
/// What a driver takes of flash; tables for unwinding are not among it.
const SECTIONS: [&str; 3] = [".text", ".rodata", ".data"];

pub(crate) const EMULATOR: &str = "qemu-system-arm";
/// A fixed time an instruction; results are printed by semihosting.
const EMULATOR_ARGUMENTS: [&str; 12] = [
    "-M",
    "mps2-an505",
    "-display",
    "none",
    "-serial",
    "null",
    "-monitor",
    "none",
    "-semihosting-config",
    "enable=on,target=native",
    "-icount",
    "shift=4",
];

/// A thousand rounds take well below a second.
const EMULATION_LIMIT: Duration = Duration::from_secs(60);

/// What one operation sends and receives.
#[derive(Clone, Copy)]
pub(super) struct Wire {
    /// From a start to its stop.
    pub(super) transactions: u64,
    /// Address bytes included.
    pub(super) bytes: u64,
}

/// Size of the image of one operation, in bytes.
pub(super) fn image_size(bench: &Path, operation: &str) -> Result<u64, String> {
    flash(&build(bench, &format!("op-{operation}"))?)
}

/// What an image takes of flash, in bytes.
pub(crate) fn flash(path: &Path) -> Result<u64, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file =
        object::File::parse(&*bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let size = file
        .sections()
        .filter(|section| section.name().is_ok_and(|name| SECTIONS.contains(&name)))
        .map(|section| section.size())
        .sum();
    if size == 0 {
        return Err(format!("{}: an image without code", path.display()));
    }
    Ok(size)
}

/// Whether instructions can be counted here.
pub(crate) fn has_emulator() -> bool {
    Command::new(EMULATOR)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Instructions of one round of an operation, the bus included.
pub(super) fn instructions(bench: &Path, operation: &str) -> Result<u64, String> {
    let image = build(bench, &format!("count,op-{operation}"))?;
    let output = emulate(&image, bench, EMULATION_LIMIT)?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
            .ok_or_else(|| format!("{operation}: the emulated image did not tell {name}"))
    };
    let ticks: u64 = value("all_ticks")?;
    let ticks = ticks.saturating_sub(value("preparation_ticks")?);
    let instructions = ticks.saturating_mul(value("calibration_instructions")?);
    let all = value("calibration_ticks")?.saturating_mul(value("rounds")?);
    // To nearest.
    (instructions + all / 2)
        .checked_div(all)
        .ok_or_else(|| format!("{operation}: the clock of the emulated board stands still"))
}

/// Runs an image to its end in this folder; one that does not end is an error.
pub(crate) fn emulate(image: &Path, folder: &Path, limit: Duration) -> Result<Output, String> {
    let shown = image.display();
    let image = fs::canonicalize(image).map_err(|error| format!("{shown}: {error}"))?;
    let mut child = Command::new(EMULATOR)
        .current_dir(folder)
        .args(EMULATOR_ARGUMENTS)
        .arg("-kernel")
        .arg(&image)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{EMULATOR} cannot be started: {error}"))?;
    let started = Instant::now();
    while child.try_wait().is_ok_and(|status| status.is_none()) {
        if started.elapsed() > limit {
            // It may have ended this very moment; either way nothing is left running.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{shown} does not end"));
        }
        sleep(Duration::from_millis(20));
    }
    child
        .wait_with_output()
        .map_err(|error| format!("{EMULATOR}: {error}"))
}

/// Transactions and bytes of every operation; an error when one of them gave a wrong result.
pub(super) fn wires(bench: &Path) -> Result<BTreeMap<String, Wire>, String> {
    cargo(bench, &["run", "--package", "host"])?
        .lines()
        .map(|line| {
            wire(line).ok_or_else(|| format!("the host program printed what is no wire: {line}"))
        })
        .collect()
}

/// Name, two figures of the preparation, transactions, bytes, microseconds.
fn wire(line: &str) -> Option<(String, Wire)> {
    let mut fields = line.split('\t');
    let name = fields.next()?.to_owned();
    let mut figures = fields.skip(2).map(str::parse);
    let transactions = figures.next()?.ok()?;
    let bytes = figures.next()?.ok()?;
    Some((
        name,
        Wire {
            transactions,
            bytes,
        },
    ))
}

fn build(bench: &Path, features: &str) -> Result<PathBuf, String> {
    cargo(
        bench,
        &[
            "build",
            "--release",
            "--package",
            IMAGE,
            "--target",
            TARGET,
            "--features",
            features,
        ],
    )?;
    Ok(bench
        .join("target")
        .join(TARGET)
        .join("release")
        .join(IMAGE))
}
