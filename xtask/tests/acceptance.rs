//! `cargo xtask acceptance` with a made-up cargo: what it collects, writes and fails for.
#![cfg(unix)]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const PAGE: &str = "before\n<!-- cargo xtask acceptance: begin -->\nold\n<!-- cargo xtask acceptance: end -->\nafter\n";

/// A checkout with a cargo that runs this script.
struct Checkout(PathBuf);

impl Checkout {
    fn new(test: &str, cargo: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder); // the first run has none to remove
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::create_dir_all(folder.join("docs")).unwrap();
        fs::write(folder.join("docs/safety.md"), PAGE).unwrap();
        let program = folder.join("bin/cargo");
        fs::write(&program, format!("#!/bin/sh\n{cargo}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn acceptance(&self, arguments: &[&str]) -> (bool, String) {
        let path = format!(
            "{}:{}",
            self.0.join("bin").display(),
            env::var("PATH").unwrap()
        );
        let output: Output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["acceptance", "--root"])
            .arg(&self.0)
            .args(arguments)
            .env("PATH", path)
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }

    fn page(&self) -> String {
        fs::read_to_string(self.0.join("docs/safety.md")).unwrap()
    }
}

const GOOD: &str =
    "case \"$*\" in *fleets*) echo 'test a ... figure: A2 sixteen packs | 4.2 A | 0 broken' ;; esac
echo 'test result: ok. 3 passed; 0 failed; 1 ignored'";

#[test]
fn figures_are_collected_into_the_page_and_the_rest_of_it_stays() {
    let checkout = Checkout::new("figures", GOOD);
    let (passed, said) = checkout.acceptance(&["--write"]);
    assert!(passed, "{said}");
    let page = checkout.page();
    assert!(
        page.contains("| A2 | sixteen packs | 4.2 A, 0 broken |"),
        "{page}"
    );
    assert!(page.contains("3 passed, 0 failed"), "{page}");
    assert!(
        page.starts_with("before\n") && page.ends_with("\nafter\n"),
        "{page}"
    );
    assert!(!page.contains("old"), "{page}");
}

#[test]
fn every_point_has_a_row() {
    let (_, said) = Checkout::new("points", GOOD).acceptance(&[]);
    for point in ["A1", "A2", "A3", "A4", "A5", "A6"] {
        assert!(said.contains(&format!("\n| {point} | ")), "{point}: {said}");
    }
}

#[test]
fn a_run_that_fails_is_named_after_the_others_have_run() {
    let script = format!("{GOOD}\ncase \"$*\" in *availability*) exit 101 ;; esac");
    let checkout = Checkout::new("failing", &script);
    let (passed, said) = checkout.acceptance(&["--write"]);
    assert!(!passed, "{said}");
    assert!(said.contains("A3: `cargo test"), "{said}");
    assert!(!said.contains("A4: `cargo test"), "{said}");
    assert!(checkout.page().contains("| A6 |"), "{said}");
}

#[test]
fn a_run_without_a_single_test_does_not_pass() {
    let checkout = Checkout::new(
        "empty",
        "echo 'test result: ok. 0 passed; 0 failed; 9 filtered out'",
    );
    let (passed, said) = checkout.acceptance(&["--only", "A2"]);
    assert!(!passed, "{said}");
}

#[test]
fn a_table_with_holes_is_not_written() {
    let checkout = Checkout::new("holes", GOOD);
    let (passed, said) = checkout.acceptance(&["--write", "--only", "A2"]);
    assert!(!passed, "{said}");
    assert_eq!(checkout.page(), PAGE);
}
