//! Asking a person before something changes in the BMS.

use std::io::{self, IsTerminal, Write};

use super::trouble::Trouble;
use crate::failure::Failure;

/// Whether somebody has agreed already, or can be asked. Called before anything is sent.
///
/// # Errors
/// Neither: standard input is no terminal and `--yes` is missing.
pub(super) fn check(yes: bool, what: &'static str) -> Result<(), Trouble> {
    if yes || io::stdin().is_terminal() {
        Ok(())
    } else {
        Err(Trouble::NotAllowed { what })
    }
}

/// Asks, unless somebody has agreed already. The question goes to standard error, so that the answer stays clean.
///
/// # Errors
/// Everything but `y` or `yes`.
pub(super) fn ask(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let mut out = io::stderr().lock();
    write!(out, "{question} [y/N] ")
        .and_then(|()| out.flush())
        .map_err(Failure::Output)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Failure::Input)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Trouble::Declined.into()),
    }
}
