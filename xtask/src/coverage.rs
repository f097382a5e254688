//! `cargo xtask coverage`: which lines and branches of the decision core its tests reach.
//!
//! Everything is to be reached but what `docs/mutants.md` lists as impossible by construction. A listed line that is reached
//! after all fails as well, so that the list stays true.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

const PAGE: &str = "docs/mutants.md";
const SECTION: &str = "\n## Coverage of the core\n";
const SOURCES: &str = "crates/parallelator-core/src/";
const TESTS: &str = "crates/parallelator-core/tests";

/// Tests that take long and reach nothing that the others do not.
const SLOW: [&str; 5] = [
    "invariants",
    "originals",
    "proof",
    "exhaustive",
    "state_machine",
];

/// An uncovered line belongs to the branch above it when it is no further away: the body of an `else`.
const ELSE_BODY: usize = 2;

/// Measures, prints, and fails for what is neither reached nor explained.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("coverage does not know {argument}"));
    }
    let page = fs::read_to_string(workspace.join(PAGE)).map_err(|e| format!("{PAGE}: {e}"))?;
    let excused = excused(&page)?;
    let report = measure(workspace)?;
    let mut seen = vec![false; excused.len()];
    let mut missing = Vec::new();
    let mut totals = Totals::default();
    for (file, coverage) in parse(&report) {
        let path = workspace.join(SOURCES).join(&file);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        totals.add(&coverage);
        let code = |number: usize| lines.get(number - 1).copied().unwrap_or_default();
        let mut excuses = Vec::new();
        for &number in &coverage.open_branches {
            let is_excused = |entry: &Excused| entry.file == file && entry.code == code(number);
            match excused.iter().position(is_excused) {
                Some(entry) if coverage.is_reached(number) => {
                    seen[entry] = true;
                    excuses.push(number);
                }
                _ => missing.push(format!(
                    "{SOURCES}{file}:{number}: branch: {}",
                    code(number)
                )),
            }
        }
        for &number in &coverage.open_lines {
            let explained = |branch: &usize| (*branch + 1..=*branch + ELSE_BODY).contains(&number);
            if !excuses.iter().any(explained) {
                missing.push(format!("{SOURCES}{file}:{number}: line: {}", code(number)));
            }
        }
        totals.explained += excuses.len();
    }
    totals.print();
    let stale = excused.iter().zip(seen).filter(|(_, seen)| !seen);
    for (entry, _) in stale {
        missing.push(format!(
            "{PAGE} lists {} {:?}, which is reached or gone",
            entry.file, entry.code
        ));
    }
    for line in &missing {
        println!("{line}");
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{} places are neither reached nor explained",
            missing.len()
        ))
    }
}

/// Runs the tests with instrumentation; the report in lcov's format.
fn measure(workspace: &Path) -> Result<String, String> {
    let tests = tests(workspace)?;
    let output = std::env::temp_dir().join(format!("coverage-{}.lcov", std::process::id()));
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace)
        .args(["+nightly", "llvm-cov", "-p", "parallelator-core"])
        .args(["--branch", "--lcov", "--output-path"])
        .arg(&output);
    for test in &tests {
        command.args(["--test", test]);
    }
    // Properties are sampled here; their own runs look at more.
    command.env("PROPTEST_CASES", "32");
    let status = command
        .status()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    if !status.success() {
        return Err(format!("cargo +nightly llvm-cov ended with {status}"));
    }
    let report = fs::read_to_string(&output).map_err(|e| format!("{}: {e}", output.display()))?;
    // A report that stays behind in the temporary folder does no harm.
    let _ = fs::remove_file(&output);
    Ok(report)
}

/// The test programs of the core but the slow ones.
fn tests(workspace: &Path) -> Result<Vec<String>, String> {
    let folder = fs::read_dir(workspace.join(TESTS)).map_err(|e| format!("{TESTS}: {e}"))?;
    let mut names = Vec::new();
    for entry in folder {
        let path = entry.map_err(|e| format!("{TESTS}: {e}"))?.path();
        let is_test = path.extension().is_some_and(|end| end == "rs");
        let name = path.file_stem().and_then(|name| name.to_str());
        names.extend(
            name.filter(|name| is_test && !SLOW.contains(name))
                .map(str::to_owned),
        );
    }
    names.sort_unstable();
    Ok(names)
}

/// A branch that no input can take, by its file and the code of its line.
struct Excused {
    file: String,
    code: String,
}

/// The table of the section: file, code and reason.
fn excused(page: &str) -> Result<Vec<Excused>, String> {
    let (_, section) = page
        .split_once(SECTION)
        .ok_or(format!("{PAGE} has no section {:?}", SECTION.trim()))?;
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        match cells[..] {
            [file, code, reason] if !reason.is_empty() => Ok(Excused {
                file: file.trim_matches('`').to_owned(),
                // Inside a table a bar is written with a stroke before it.
                code: code.trim_matches('`').replace("\\|", "|"),
            }),
            _ => Err(format!("{PAGE}: not file, code and reason: {row}")),
        }
    })
    .collect()
}

/// What a report says of one file.
#[derive(Default)]
struct Coverage {
    lines: BTreeMap<usize, u64>,
    branches: usize,
    /// Each line once, with how many of its branches were never taken.
    open_branches: Vec<usize>,
    untaken: usize,
    open_lines: Vec<usize>,
}

impl Coverage {
    fn is_reached(&self, line: usize) -> bool {
        self.lines.get(&line).is_some_and(|&count| count > 0)
    }
}

/// The files of the core in a report, by their path inside its sources.
fn parse(report: &str) -> BTreeMap<String, Coverage> {
    let mut files: BTreeMap<String, Coverage> = BTreeMap::new();
    let mut current = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            current = path.split_once(SOURCES).map(|(_, file)| file.to_owned());
            continue;
        }
        let Some(file) = &current else { continue };
        let coverage = files.entry(file.clone()).or_default();
        if let Some(numbers) = line.strip_prefix("DA:") {
            let mut numbers = numbers.split(',').filter_map(|number| number.parse().ok());
            if let (Some(line), Some(count)) = (numbers.next(), numbers.next()) {
                coverage.lines.insert(line as usize, count);
                if count == 0 {
                    coverage.open_lines.push(line as usize);
                }
            }
        } else if let Some(numbers) = line.strip_prefix("BRDA:") {
            let fields: Vec<_> = numbers.split(',').collect();
            if let [line, _, _, taken] = fields[..] {
                coverage.branches += 1;
                let line = line.parse().unwrap_or(0);
                if matches!(taken, "0" | "-") {
                    coverage.untaken += 1;
                    if coverage.open_branches.last() != Some(&line) {
                        coverage.open_branches.push(line);
                    }
                }
            }
        }
    }
    files
}

#[derive(Default)]
struct Totals {
    lines: usize,
    open_lines: usize,
    branches: usize,
    untaken: usize,
    explained: usize,
}

impl Totals {
    fn add(&mut self, coverage: &Coverage) {
        self.lines += coverage.lines.len();
        self.open_lines += coverage.open_lines.len();
        self.branches += coverage.branches;
        self.untaken += coverage.untaken;
    }

    fn print(&self) {
        let percent =
            |open: usize, all: usize| 100.0 * (all.saturating_sub(open)) as f64 / all.max(1) as f64;
        println!(
            "lines:    {} of {} reached, {:.2} %",
            self.lines - self.open_lines,
            self.lines,
            percent(self.open_lines, self.lines)
        );
        println!(
            "branches: {} of {} taken, {:.2} %; {} lines with a branch that cannot be taken",
            self.branches - self.untaken,
            self.branches,
            percent(self.untaken, self.branches),
            self.explained
        );
    }
}
