//! The subcommand `check`.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::{
    failure::Failure,
    rack::{self, chemistry_name},
};

/// Reads a rack file and says what is in it, or everything that is wrong with it.
pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let rack = rack::read(file)?;
    let (packs, plural) = (
        rack.packs.len(),
        if rack.packs.len() == 1 { "" } else { "s" },
    );
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}: {}, {packs} pack{plural}, {}, no errors",
        file.display(),
        rack.title,
        chemistry_name(rack.chemistry)
    )
    .and_then(|()| out.flush())
    .map_err(Failure::Output)
}
