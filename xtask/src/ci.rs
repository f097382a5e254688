//! `cargo xtask ci`: every check of the continuous integration, timed, on one machine.
//!
//! A step fails, passes, or says why it had to be left out; one failure does not hide the next.

mod boards;
mod checks;
mod command;
mod fuzz;
mod install;
mod m33;
mod packages;
mod targets;
mod words;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How a step ends that found nothing wrong.
enum Outcome {
    /// Everything it asks was looked at.
    Passed,
    /// Something it needs is not to be had here.
    Skipped(String),
}

/// The error is the sentence for the person who reads the log.
type Step = Result<Outcome, String>;

/// Looks at the checkout in the folder it is given.
type Check = fn(&Path) -> Step;

/// Name, question, and the function that answers it; cheap steps first.
const STEPS: [(&str, &str, Check); 16] = [
    (
        "words",
        "no machine paths, keys or unfinished work",
        words::words,
    ),
    ("fmt", "formatted", checks::fmt),
    (
        "twins",
        "blocking clients as written by `cargo xtask twins`",
        checks::twins,
    ),
    ("test", "cargo test --workspace", checks::test),
    (
        "clippy",
        "no warnings, default and all features",
        checks::clippy,
    ),
    (
        "features",
        "library tests with no and with all features",
        checks::features,
    ),
    ("docs", "documentation without warnings", checks::docs),
    ("msrv", "libraries on their oldest compiler", checks::msrv),
    (
        "targets",
        "libraries on bare targets, every feature set",
        targets::targets,
    ),
    ("boards", "firmware of the boards", boards::build),
    (
        "size",
        "bytes of firmware and drivers, within their limits",
        targets::size,
    ),
    (
        "m33",
        "the core on an emulated Cortex-M33, byte for byte",
        m33::m33,
    ),
    (
        "licences",
        "licences and sources of dependencies",
        checks::licences,
    ),
    ("advisories", "published advisories", checks::advisories),
    (
        "corpus",
        "fuzz functions over their committed seeds",
        fuzz::corpus,
    ),
    ("fuzz", "ten seconds a fuzz target", fuzz::smoke),
];

/// Runs the steps that the arguments after `ci` leave; an error when one of them failed.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let plan = Plan::parse(workspace, arguments)?;
    if plan.list {
        for (name, question, _) in STEPS {
            println!("{name:<11}{question}");
        }
        return Ok(());
    }
    let mut rows = Vec::new();
    for (name, question, step) in STEPS.into_iter().filter(|(name, ..)| plan.wants(name)) {
        println!("\n== {name}: {question} ==");
        let started = Instant::now();
        let outcome = step(&plan.root);
        match &outcome {
            Ok(Outcome::Passed) => println!("{name}: passed"),
            Ok(Outcome::Skipped(why)) => println!("{name}: SKIP: {why}"),
            Err(why) => println!("{name}: FAILED: {why}"),
        }
        rows.push((name, outcome, started.elapsed()));
    }
    report(&rows)
}

/// Which steps to run, and where.
struct Plan {
    skip: Vec<String>,
    only: Vec<String>,
    root: PathBuf,
    list: bool,
}

impl Plan {
    fn parse(workspace: &Path, arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self {
            skip: Vec::new(),
            only: Vec::new(),
            root: workspace.to_path_buf(),
            list: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or(format!("ci: {argument} needs a value"))
            };
            match argument.as_str() {
                "--skip" => plan.skip.extend(names(value()?)?),
                "--only" => plan.only.extend(names(value()?)?),
                "--root" => plan.root = PathBuf::from(value()?),
                "--list" => plan.list = true,
                other => return Err(format!("ci does not know {other}: see cargo xtask --help")),
            }
        }
        Ok(plan)
    }

    fn wants(&self, name: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|entry| entry == name);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

/// Step names between commas; one that does not exist would otherwise silently do nothing.
fn names(list: &str) -> Result<Vec<String>, String> {
    list.split(',')
        .map(|name| {
            if STEPS.iter().any(|(step, ..)| *step == name) {
                Ok(name.to_owned())
            } else {
                Err(format!(
                    "there is no step {name}: see cargo xtask ci --list"
                ))
            }
        })
        .collect()
}

fn report(rows: &[(&str, Step, Duration)]) -> Result<(), String> {
    println!("\n{:<11} {:<8} {:>8}", "step", "result", "seconds");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, outcome, time) in rows {
        let result = match outcome {
            Ok(Outcome::Passed) => {
                passed += 1;
                "passed"
            }
            Ok(Outcome::Skipped(_)) => {
                skipped += 1;
                "SKIP"
            }
            Err(_) => {
                failed += 1;
                "FAILED"
            }
        };
        println!("{name:<11} {result:<8} {:>8.1}", time.as_secs_f64());
    }
    let total: Duration = rows.iter().map(|(.., time)| *time).sum();
    println!("{:<11} {:<8} {:>8.1}", "all", "", total.as_secs_f64());
    println!("steps: {passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of {} steps failed", rows.len()))
    }
}
