//! The smallest firmware of a board: what it takes of flash and RAM.

use std::{fs, path::Path};

use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

use super::{TARGET, cargo};

const FIRMWARE: &str = "rp2350-parallelator";

/// What was measured, in bytes.
struct Sizes {
    flash: u64,
    ram: u64,
    node: u64,
    future: u64,
}

/// Builds the firmware and makes its table.
pub(super) fn table(workspace: &Path) -> Result<String, String> {
    Ok(format_table(&measure(workspace)?))
}

fn measure(workspace: &Path) -> Result<Sizes, String> {
    let board = workspace.join("examples/rp2350");
    cargo(&board, &["build", "--release"])?;
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

fn format_table(sizes: &Sizes) -> String {
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
