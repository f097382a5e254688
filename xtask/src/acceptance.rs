//! `cargo xtask acceptance`: the six points of acceptance by one command, and a table of what was seen.
//!
//! Each point is a few runs of cargo. A test that has something to show prints lines that begin with `figure:`, parts
//! between bars; a run without such a line is shown by its count of tests. What needs tools or days of its own is named with
//! the command that does it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use crate::markers;

const BEGIN: &str = "<!-- cargo xtask acceptance: begin -->";
const END: &str = "<!-- cargo xtask acceptance: end -->";
const PAGE: &str = "docs/safety.md";
const FIGURE: &str = "figure: ";

/// One point of acceptance.
struct Point {
    name: &'static str,
    question: &'static str,
    /// Arguments of cargo, a run each.
    runs: &'static [&'static [&'static str]],
    /// What this command does not run, and how it is run.
    elsewhere: &'static str,
}

/// Arguments for the long form of a file of `tests/acceptance/`.
macro_rules! long {
    ($filter:literal) => {
        &[
            "test",
            "--release",
            "-p",
            "parallelator",
            "--test",
            "acceptance",
            "--",
            "--include-ignored",
            "--nocapture",
            "--test-threads",
            "1",
            $filter,
        ]
    };
}

const POINTS: [Point; 6] = [
    Point {
        name: "A1",
        question: "every invariant, after any story",
        runs: &[&["test", "--release", "-p", "parallelator-core"]],
        elsewhere: "more steps: set PROPTEST_CASES; the long proof and the bounded model checker are runs of their own",
    },
    Point {
        name: "A2",
        question: "random fleets never circulate too much or overload a pack",
        runs: &[long!("fleets::long_")],
        elsewhere: "",
    },
    Point {
        name: "A3",
        question: "availability at 30 % demand",
        runs: &[long!("availability::long_")],
        elsewhere: "",
    },
    Point {
        name: "A4",
        question: "each injected fault: class, pack and reason; a quiet day",
        runs: &[long!("faults::"), long!("day::long_")],
        elsewhere: "",
    },
    Point {
        name: "A5",
        question: "coverage and mutants of the core",
        runs: &[],
        elsewhere: "cargo llvm-cov -p parallelator-core --branch; cargo mutants -p parallelator-core",
    },
    Point {
        name: "A6",
        question: "equal inputs, equal events",
        runs: &[
            &[
                "test",
                "--release",
                "-p",
                "parallelator",
                "--test",
                "headless",
                "the_same_seed",
            ],
            &[
                "test",
                "--release",
                "-p",
                "parallelator-core",
                "--test",
                "joins",
                "decisions_do_not_depend",
            ],
        ],
        elsewhere: "replay on another target: the log of one target through the program of the other",
    },
];

/// What the arguments after `acceptance` ask for.
struct Plan {
    root: PathBuf,
    only: Vec<String>,
    write: bool,
}

impl Plan {
    fn parse(workspace: &Path, arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self {
            root: workspace.to_path_buf(),
            only: Vec::new(),
            write: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or(format!("acceptance: {argument} needs a value"))
            };
            match argument.as_str() {
                "--write" => plan.write = true,
                "--only" => plan.only.extend(value()?.split(',').map(str::to_owned)),
                "--root" => plan.root = PathBuf::from(value()?),
                other => {
                    return Err(format!(
                        "acceptance does not know {other}: see cargo xtask --help"
                    ));
                }
            }
        }
        if let Some(unknown) = plan
            .only
            .iter()
            .find(|only| POINTS.iter().all(|point| point.name != **only))
        {
            return Err(format!("there is no point {unknown}: A1 to A6"));
        }
        // A table with holes would look like one of the whole.
        if plan.write && !plan.only.is_empty() {
            return Err("--write takes all points: leave --only out".to_owned());
        }
        Ok(plan)
    }
}

/// One line of the table.
struct Row {
    point: &'static str,
    what: String,
    seen: String,
}

/// Runs the points, prints what they show, and with `--write` puts the table into the safety page. A run that fails is an
/// error, after everything was run, printed and written.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let plan = Plan::parse(workspace, arguments)?;
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for point in &POINTS {
        if !plan.only.is_empty() && !plan.only.iter().any(|only| only == point.name) {
            continue;
        }
        println!("\n== {}: {} ==", point.name, point.question);
        for arguments in point.runs {
            let started = Instant::now();
            let (figures, passed) = show(&plan.root, arguments)?;
            println!("{}: {:.0} s", point.name, started.elapsed().as_secs_f64());
            rows.extend(figures.iter().map(|figure| row_of(point, figure)));
            if !passed {
                failed.push(format!(
                    "{}: `cargo {}` failed",
                    point.name,
                    arguments.join(" ")
                ));
            }
        }
        if !point.elsewhere.is_empty() {
            println!("{}: not run here: {}", point.name, point.elsewhere);
            rows.push(Row {
                point: point.name,
                what: format!("{}, not run here", point.question),
                seen: point.elsewhere.to_owned(),
            });
        }
    }
    let table = table(&rows);
    println!("\n{table}");
    if plan.write {
        markers::write_between(&plan.root.join(PAGE), BEGIN, END, &table)?;
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

/// Runs cargo, shows what it prints, and collects its figures; of a run without any, its counts of tests.
fn show(root: &Path, arguments: &[&str]) -> Result<(Vec<String>, bool), String> {
    println!("$ cargo {}", arguments.join(" "));
    let mut child = Command::new("cargo")
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let mut figures = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    if let Some(printed) = child.stdout.take() {
        for line in BufReader::new(printed).lines() {
            let line =
                line.map_err(|error| format!("what cargo printed cannot be read: {error}"))?;
            println!("{line}");
            // The harness prints the name of a test in front of its first line.
            if let Some((_, figure)) = line.split_once(FIGURE) {
                figures.push(figure.to_owned());
            }
            let (good, bad) = counts(&line);
            passed += good;
            failed += bad;
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("cargo was lost: {error}"))?;
    if figures.is_empty() {
        figures.push(format!(
            "tests of `cargo {}` | {passed} passed | {failed} failed",
            arguments.join(" ")
        ));
    }
    // A filter that fits no test must not look like success.
    Ok((figures, status.success() && passed > 0))
}

/// Tests passed and failed, of a line like `test result: ok. 3 passed; 0 failed; ...`.
fn counts(line: &str) -> (u32, u32) {
    let Some((_, result)) = line.split_once("test result: ") else {
        return (0, 0);
    };
    let count = |word: &str| {
        let (before, _) = result.split_once(word)?;
        before.split_whitespace().next_back()?.parse().ok()
    };
    (count(" passed").unwrap_or(0), count(" failed").unwrap_or(0))
}

fn row_of(point: &Point, figure: &str) -> Row {
    let figure = figure.strip_prefix(point.name).unwrap_or(figure).trim();
    let (what, seen) = figure.split_once(" | ").unwrap_or((figure, ""));
    Row {
        point: point.name,
        what: what.to_owned(),
        seen: seen.replace(" | ", ", "),
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = "| point | what | seen |\n| --- | --- | --- |\n".to_owned();
    for Row { point, what, seen } in rows {
        table.push_str(&format!("| {point} | {what} | {seen} |\n"));
    }
    table
}
