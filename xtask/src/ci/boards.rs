//! The firmware of the boards, each a workspace of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Outcome, Step, command::Call, install, packages::members};

/// Boards that belong to the project: one that is missing is told, not forgotten.
const BOARDS: [&str; 1] = ["rp2350"];

/// The root and every other workspace of the tree that is there.
pub(super) fn workspaces(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_path_buf()];
    folders.extend(
        [root.join("fuzz")]
            .into_iter()
            .filter(|folder| is_package(folder)),
    );
    folders.extend(boards(root));
    folders
}

/// Formatted, without a warning from clippy, and linked.
pub(super) fn build(root: &Path) -> Step {
    for board in boards(root) {
        Call::cargo(&board).args(["fmt", "--check"]).run()?;
        for build in builds(&board)? {
            for target in targets(&board, &build) {
                if let Err(why) = install::target(root, &target) {
                    return Ok(Outcome::Skipped(format!("{target} cannot be added: {why}")));
                }
            }
            Call::cargo(&board)
                .args(["clippy", "--release"])
                .args(&build)
                .args(["--", "-D", "warnings"])
                .run()?;
            Call::cargo(&board)
                .args(["build", "--release"])
                .args(&build)
                .run()?;
        }
    }
    let missing: Vec<&str> = BOARDS
        .into_iter()
        .filter(|board| !root.join("examples").join(board).exists())
        .collect();
    if missing.is_empty() {
        Ok(Outcome::Passed)
    } else {
        Ok(Outcome::Skipped(format!(
            "no folder examples/{}",
            missing.join(", examples/")
        )))
    }
}

/// Folders under `examples/`; a board of the project counts even when its manifest is gone.
fn boards(root: &Path) -> Vec<PathBuf> {
    let examples = root.join("examples");
    let mut boards: Vec<PathBuf> = fs::read_dir(&examples)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| is_package(folder))
        .collect();
    boards.extend(BOARDS.map(|board| examples.join(board)));
    boards.sort();
    boards.dedup();
    boards.retain(|board| board.exists());
    boards
}

fn is_package(folder: &Path) -> bool {
    folder.join("Cargo.toml").exists()
}

/// The builds a board asks for, each a list of arguments.
///
/// `[package.metadata.xtask] builds = ["--features a --target b"]`; without it one plain build.
fn builds(board: &Path) -> Result<Vec<Vec<String>>, String> {
    let mut builds = Vec::new();
    for package in members(board)? {
        for line in package.metadata["xtask"]["builds"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
        {
            builds.push(line.split_whitespace().map(str::to_owned).collect());
        }
    }
    if builds.is_empty() {
        builds.push(Vec::new());
    }
    Ok(builds)
}

/// Targets that a build names, and the one in the board's cargo configuration.
fn targets(board: &Path, build: &[String]) -> Vec<String> {
    let configuration =
        fs::read_to_string(board.join(".cargo").join("config.toml")).unwrap_or_default();
    let mut targets: Vec<String> = configuration
        .lines()
        .filter_map(|line| line.trim().strip_prefix("target")?.trim().strip_prefix('='))
        .map(|target| target.trim().trim_matches('"').to_owned())
        .collect();
    targets.extend(
        build
            .iter()
            .skip_while(|argument| *argument != "--target")
            .nth(1)
            .cloned(),
    );
    targets
}
