//! Bytes as the file writes them.

use super::Fault;

/// Bytes with spaces between.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    text.split_whitespace()
        .map(|digits| match digits.len() {
            2 => u8::from_str_radix(digits, 16).map_err(|error| format!("{digits}: {error}")),
            _ => Err(format!("{digits} is no byte")),
        })
        .collect()
}

/// `0x1C`.
pub fn number(text: &str) -> Result<u32, Fault> {
    let digits = text
        .strip_prefix("0x")
        .ok_or_else(|| format!("{text} is no hexadecimal number"))?;
    u32::from_str_radix(digits, 16).map_err(|error| format!("{text}: {error}"))
}
