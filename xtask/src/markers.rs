//! Tables in pages: what stands between two lines is replaced.

use std::{fs, path::Path};

/// Puts the table between two lines of a page.
pub(crate) fn write_between(
    path: &Path,
    begin: &str,
    end: &str,
    table: &str,
) -> Result<(), String> {
    let shown = path.display();
    let page = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let next = replace(&page, begin, end, table).map_err(|why| format!("{shown} {why}"))?;
    fs::write(path, next).map_err(|error| format!("{shown}: {error}"))
}

/// `text` with `table` between the lines `begin` and `end`; the error says which line is missing.
pub(crate) fn replace(text: &str, begin: &str, end: &str, table: &str) -> Result<String, String> {
    let missing = |line: &str| format!("has no line {line}");
    let (before, rest) = text.split_once(begin).ok_or_else(|| missing(begin))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| missing(end))?;
    Ok(format!("{before}{begin}\n\n{table}\n{end}{after}"))
}
