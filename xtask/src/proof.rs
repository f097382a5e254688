//! `cargo xtask proof`: the long proof of the invariants, the full enumeration and the million random lines, into the tables of
//! the safety page.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The tables stand between these two lines of `docs/safety.md`.
const BEGIN: &str = "<!-- cargo xtask proof: begin -->";
const END: &str = "<!-- cargo xtask proof: end -->";

/// What the tests print around a table.
const TABLE_BEGIN: &str = "PROOF TABLE BEGIN\n";
const TABLE_END: &str = "PROOF TABLE END";

/// Where the invariants are proven.
const CORE: &str = "parallelator-core";

/// Steps that the acceptance rules ask for.
const STEPS: u64 = 100_000_000;

/// Runs the proof, prints the tables, and with `--write` puts them into the page. A sentence that did not hold is an error,
/// and nothing is written then.
pub fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let (mut steps, mut write) = (STEPS, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.clone().next()) {
            ("--write", _) => write = true,
            ("--steps", Some(number)) => {
                steps = number
                    .parse()
                    .map_err(|_| format!("--steps: {number:?} is not a number"))?;
                rest.next();
            }
            _ => return Err("proof takes --steps NUMBER, --write, or nothing".to_owned()),
        }
    }
    let random = test(workspace, CORE, "proof", "the_long_proof", steps)?;
    let random = format!("Random stories: {random}");
    println!("{random}");
    let enumerated = test(workspace, CORE, "exhaustive", "the_full_grid", steps)?;
    let enumerated = format!("Every combination of a grid:\n\n{enumerated}");
    println!("{enumerated}");
    let lines = test(
        workspace,
        "parallelator",
        "cosim",
        "masses::a_million_random_lines",
        steps,
    )?;
    let lines = format!(
        "Random lines told to `parallelator cosim`, on the machine of this run:\n\n{lines}"
    );
    print!("{lines}");
    let tables = format!("{random}\n{enumerated}\n{lines}");
    if write {
        write_into_page(workspace, &tables)?;
    }
    Ok(())
}

/// Runs one long test with every arithmetic check on, and gives the table it printed.
fn test(
    workspace: &Path,
    package: &str,
    target: &str,
    name: &str,
    steps: u64,
) -> Result<String, String> {
    let output = Command::new("cargo")
        .args(["test", "--locked", "--release", "--package", package])
        .args([
            "--test",
            target,
            "--",
            "--ignored",
            "--exact",
            name,
            "--nocapture",
        ])
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("PROOF_STEPS", steps.to_string())
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let table = text
        .split_once(TABLE_BEGIN)
        .and_then(|(_, rest)| rest.split_once(TABLE_END))
        .map(|(table, _)| table.to_owned());
    match table {
        Some(table) if output.status.success() => Ok(table),
        _ => Err(format!("{name} fails:\n{text}")),
    }
}

fn write_into_page(workspace: &Path, tables: &str) -> Result<(), String> {
    let path = workspace.join("docs/safety.md");
    let page = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let next = replaced(&page, tables)?;
    fs::write(&path, next).map_err(|error| format!("{}: {error}", path.display()))
}

/// The page with other tables between its two lines.
fn replaced(page: &str, tables: &str) -> Result<String, String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .ok_or_else(|| format!("docs/safety.md has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("docs/safety.md has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n\n{tables}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, replaced};

    #[test]
    fn only_what_stands_between_the_two_lines_is_replaced() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let next = replaced(&page, "new\n").unwrap();
        assert_eq!(next, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert!(replaced("no such lines", "new").is_err());
    }
}
