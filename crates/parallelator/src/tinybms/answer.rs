//! An answer for a person and for a script.

use std::io::{self, Write};

use serde_json::Value;

use crate::failure::Failure;

/// The same facts twice.
pub(super) struct Answer {
    /// Lines for a person.
    pub(super) lines: Vec<String>,
    /// One object.
    pub(super) json: Value,
}

impl Answer {
    /// Prints one of the two on standard output.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            say(&[self.json.to_string()])
        } else {
            say(&self.lines)
        }
    }
}

/// Prints lines on standard output.
pub(super) fn say(lines: &[impl AsRef<str>]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.as_ref()).map_err(Failure::Output)?;
    }
    out.flush().map_err(Failure::Output)
}

/// Tells a person something beside the answer.
pub(super) fn remark(line: &str) {
    // Where standard error is closed nobody wants to know.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Rows in columns of one width each; cells of the columns in `right` end at the same place. The last column is not filled up.
pub(super) fn table(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            if right.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A name and a value a row.
pub(super) fn pairs(rows: &[(&str, String)]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
        .collect();
    table(&rows, &[])
}
