//! Blocking clients are derived from the asynchronous ones, by text.
//!
//! `asynch.rs` (and every file in a folder `asynch/`) is written by hand; `blocking.rs` (and `blocking/`) beside it is
//! the same text with the replacements below. Two clients that a person keeps alike drift apart; these cannot.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is replaced, in this order.
const RULES: [(&str, &str); 5] = [
    ("embedded_hal_async::", "embedded_hal::"),
    ("embedded_io_async::", "embedded_io::"),
    ("asynch::", "blocking::"),
    ("async fn", "fn"),
    (".await", ""),
];

/// What cannot be derived and therefore may not stand in a source.
const FORBIDDEN: [&str; 5] = ["async move", "async {", "async |", "select!", "join!"];

/// Edition of the derived text; the same as the workspace's.
const EDITION: &str = "2024";

/// Runs the task: writes the derived files, or with `--check` names those that are stale.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => write_all(workspace),
        ["--check"] => check_all(workspace),
        // For the tests of this tool, which must not touch the real tree.
        ["--root", root] => write_all(Path::new(root)),
        ["--check", "--root", root] => check_all(Path::new(root)),
        other => Err(format!(
            "twins knows --check and --root FOLDER, not {other:?}"
        )),
    }
}

fn write_all(root: &Path) -> Result<(), String> {
    for (source, twin) in pairs(root)? {
        let text = derive(root, &source)?;
        if read(&twin).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        if let Some(folder) = twin.parent() {
            fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        fs::write(&twin, text).map_err(|e| format!("{}: {e}", twin.display()))?;
        println!("wrote {}", shown(root, &twin));
    }
    let orphans = orphans(root)?;
    if orphans.is_empty() {
        Ok(())
    } else {
        Err(format!("no source for {}", orphans.join(", ")))
    }
}

fn check_all(root: &Path) -> Result<(), String> {
    let mut faults = Vec::new();
    let pairs = pairs(root)?;
    if pairs.is_empty() {
        faults.push("no asynch.rs found: nothing was compared".to_string());
    }
    for (source, twin) in pairs {
        let name = shown(root, &twin);
        match read(&twin) {
            Err(_) => faults.push(format!("{name} is missing")),
            Ok(found) if found != derive(root, &source)? => faults.push(format!("{name} is stale")),
            Ok(_) => {}
        }
    }
    faults.extend(
        orphans(root)?
            .iter()
            .map(|name| format!("{name} has no source")),
    );
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("{}; run `cargo xtask twins`", faults.join("; ")))
    }
}

/// The derived text of one source, formatted.
fn derive(root: &Path, source: &Path) -> Result<String, String> {
    let name = shown(root, source);
    let mut text = read(source)?;
    for word in FORBIDDEN {
        if let Some(line) = text.lines().position(|line| line.contains(word)) {
            let line = line.saturating_add(1);
            return Err(format!("{name}:{line}: `{word}` has no blocking form"));
        }
    }
    for (from, to) in RULES {
        text = text.replace(from, to);
    }
    let beside = source
        .file_name()
        .map(|file| file.to_string_lossy().into_owned())
        .unwrap_or_default();
    let beside = if beside == "asynch.rs" {
        beside
    } else {
        format!("../asynch/{beside}")
    };
    format_rust(&format!(
        "// Derived from {beside} by `cargo xtask twins`: change that file, never this one.\n{text}"
    ))
    .map_err(|e| format!("{name}: {e}"))
}

fn format_rust(text: &str) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", EDITION, "--emit", "stdout", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("rustfmt does not start: {e}"))?;
    let mut input = child.stdin.take().ok_or("rustfmt has no input")?;
    input
        .write_all(text.as_bytes())
        .map_err(|e| format!("rustfmt does not read: {e}"))?;
    drop(input);
    let output = child
        .wait_with_output()
        .map_err(|e| format!("rustfmt does not end: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "rustfmt refuses the derived text: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("rustfmt: {e}"))
}

/// Every source with the place of its twin, in a fixed order.
fn pairs(root: &Path) -> Result<Vec<(PathBuf, PathBuf)>, String> {
    let mut found = Vec::new();
    for file in rust_files(root)? {
        if let Some(twin) = swapped(&file, "asynch", "blocking") {
            found.push((file, twin));
        }
    }
    Ok(found)
}

/// Derived files whose source is gone. Only marked ones: a crate may have a `blocking.rs` of its own.
fn orphans(root: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for file in rust_files(root)? {
        let Some(source) = swapped(&file, "blocking", "asynch") else {
            continue;
        };
        if !source.exists() && read(&file)?.starts_with("// Derived from ") {
            found.push(shown(root, &file));
        }
    }
    Ok(found)
}

/// `.../asynch.rs` to `.../blocking.rs`, `.../asynch/x.rs` to `.../blocking/x.rs`; nothing for other files.
fn swapped(file: &Path, from: &str, to: &str) -> Option<PathBuf> {
    let folder = file.parent()?;
    if file.file_name()? == format!("{from}.rs").as_str() {
        return Some(folder.join(format!("{to}.rs")));
    }
    if folder.file_name()? == from {
        return Some(folder.with_file_name(to).join(file.file_name()?));
    }
    None
}

/// All Rust files below `crates/*/src`.
fn rust_files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut waiting: Vec<PathBuf> = entries(&root.join("crates"))?
        .into_iter()
        .map(|package| package.join("src"))
        .filter(|folder| folder.is_dir())
        .collect();
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in entries(&folder)? {
            if entry.is_dir() {
                waiting.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                files.push(entry);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let listing = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    listing
        .map(|entry| {
            entry
                .map(|entry| entry.path())
                .map_err(|e| format!("{}: {e}", folder.display()))
        })
        .collect()
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

fn shown(root: &Path, file: &Path) -> String {
    file.strip_prefix(root)
        .unwrap_or(file)
        .display()
        .to_string()
}
