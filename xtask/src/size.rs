//! `cargo xtask size`: what the smallest firmware costs, into the table of the README.

use std::{fs, path::Path, process::Command};

use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

/// The table stands between these two lines of the README.
const BEGIN: &str = "<!-- cargo xtask size: begin -->";
const END: &str = "<!-- cargo xtask size: end -->";

const TARGET: &str = "thumbv8m.main-none-eabihf";
const FIRMWARE: &str = "rp2350-parallelator";

/// Builds the firmware, prints its table, and with `--write` puts it into the README.
pub fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let write = match arguments {
        [] => false,
        [only] if only == "--write" => true,
        _ => return Err("size takes --write or nothing".to_owned()),
    };
    let table = table(&firmware(workspace)?);
    print!("{table}");
    if write {
        write_into_readme(workspace, &table)
    } else {
        Ok(())
    }
}

/// What was measured, in bytes.
struct Sizes {
    flash: u64,
    ram: u64,
    node: u64,
    future: u64,
}

fn firmware(workspace: &Path) -> Result<Sizes, String> {
    let board = workspace.join("examples/rp2350");
    let status = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--target-dir",
            "target",
        ])
        .current_dir(&board)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!(
            "{} does not build; is the target there? rustup target add {TARGET}",
            board.display()
        ));
    }
    let path = board
        .join("target")
        .join(TARGET)
        .join("release")
        .join(FIRMWARE);
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file =
        object::File::parse(&*bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let sum = |kinds: &[SectionKind]| -> u64 {
        file.sections()
            .filter(|section| kinds.contains(&section.kind()))
            .map(|section| section.size())
            .sum()
    };
    let (code, data, zero) = (
        [
            SectionKind::Text,
            SectionKind::ReadOnlyData,
            SectionKind::ReadOnlyString,
        ],
        [SectionKind::Data],
        [SectionKind::UninitializedData],
    );
    Ok(Sizes {
        flash: sum(&code) + sum(&data),
        ram: sum(&data) + sum(&zero),
        node: symbol(&file, "4NODE")?,
        future: symbol(&file, "4POOL")?,
    })
}

/// Size of the static whose mangled name contains this.
fn symbol(file: &object::File<'_>, part: &str) -> Result<u64, String> {
    file.symbols()
        .find(|symbol| {
            symbol
                .name()
                .is_ok_and(|name| name.contains(FIRMWARE_CRATE) && name.contains(part))
        })
        .map(|symbol| symbol.size())
        .ok_or_else(|| format!("the firmware has no static {part}"))
}

const FIRMWARE_CRATE: &str = "rp2350_parallelator";

fn table(sizes: &Sizes) -> String {
    let Sizes {
        flash,
        ram,
        node,
        future,
    } = sizes;
    format!(
        "| `examples/rp2350`, 16 packs, opt-level s | bytes |\n| --- | ---: |\n\
         | flash: code, constants, initial data | {flash} |\n\
         | RAM, all statics | {ram} |\n\
         | of it the node: core, drivers' memory, inputs | {node} |\n\
         | of it the future of the loop | {future} |\n"
    )
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
