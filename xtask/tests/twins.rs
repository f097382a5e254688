//! The derivation of blocking clients, and that every committed one is up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .expect("xtask starts")
}

/// A tree with one crate, removed when the test ends.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, source: &str) -> Self {
        let root = std::env::temp_dir().join(format!("twins-{name}-{}", std::process::id()));
        let tree = Self(root);
        fs::create_dir_all(tree.source().parent().unwrap()).unwrap();
        fs::write(tree.source(), source).unwrap();
        tree
    }

    fn root(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn source(&self) -> PathBuf {
        self.0.join("crates/chip/src/asynch.rs")
    }

    fn twin(&self) -> PathBuf {
        self.0.join("crates/chip/src/blocking.rs")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // a left-over folder in the temporary directory harms nobody
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_committed_blocking_client_is_up_to_date() {
    let output = xtask(&["twins", "--check"]);
    assert!(output.status.success(), "{}", errors(&output));
}

const SOURCE: &str = "\
//! Client.
use embedded_hal_async::i2c::I2c;
use crate::asynch::Other;

impl<I2C: I2c> Chip<I2C> {
    /// Reads.
    pub async fn read(&mut self) -> Result<u8, I2C::Error> {
        let mut raw = [0];
        self.i2c
            .write_read(0x20, &[0], &mut raw)
            .await?;
        Ok(raw[0])
    }
}
";

const TWIN: &str = "\
// Derived from asynch.rs by `cargo xtask twins`: change that file, never this one.
//! Client.
use crate::blocking::Other;
use embedded_hal::i2c::I2c;

impl<I2C: I2c> Chip<I2C> {
    /// Reads.
    pub fn read(&mut self) -> Result<u8, I2C::Error> {
        let mut raw = [0];
        self.i2c.write_read(0x20, &[0], &mut raw)?;
        Ok(raw[0])
    }
}
";

#[test]
fn a_client_loses_every_trace_of_async_and_is_formatted() {
    let tree = Tree::new("derive", SOURCE);
    let output = xtask(&["twins", "--root", tree.root()]);
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(fs::read_to_string(tree.twin()).unwrap(), TWIN);
    assert!(
        xtask(&["twins", "--check", "--root", tree.root()])
            .status
            .success()
    );
}

#[test]
fn a_stale_client_is_named() {
    let tree = Tree::new("stale", SOURCE);
    fs::write(tree.twin(), TWIN.replace("0x20", "0x21")).unwrap();
    let output = xtask(&["twins", "--check", "--root", tree.root()]);
    assert!(!output.status.success());
    assert!(errors(&output).contains("crates/chip/src/blocking.rs is stale"));
    assert_eq!(
        fs::read_to_string(tree.twin()).unwrap(),
        TWIN.replace("0x20", "0x21"),
        "a check writes nothing"
    );
}

#[test]
fn a_missing_client_is_named() {
    let tree = Tree::new("missing", SOURCE);
    let output = xtask(&["twins", "--check", "--root", tree.root()]);
    assert!(!output.status.success());
    assert!(errors(&output).contains("crates/chip/src/blocking.rs is missing"));
}

#[test]
fn a_client_whose_source_is_gone_is_named() {
    let tree = Tree::new("orphan", SOURCE);
    assert!(xtask(&["twins", "--root", tree.root()]).status.success());
    fs::remove_file(tree.source()).unwrap();
    let output = xtask(&["twins", "--check", "--root", tree.root()]);
    assert!(!output.status.success());
    assert!(errors(&output).contains("crates/chip/src/blocking.rs has no source"));
}

#[test]
fn files_in_an_asynch_folder_have_twins_too() {
    let tree = Tree::new("folder", "mod pins;\n");
    let pins = Path::new("crates/chip/src/asynch/pins.rs");
    fs::create_dir_all(tree.0.join(pins).parent().unwrap()).unwrap();
    fs::write(tree.0.join(pins), "pub async fn wait() {}\n").unwrap();
    let output = xtask(&["twins", "--root", tree.root()]);
    assert!(output.status.success(), "{}", errors(&output));
    let twin = fs::read_to_string(tree.0.join("crates/chip/src/blocking/pins.rs")).unwrap();
    assert!(twin.starts_with("// Derived from ../asynch/pins.rs"));
    assert!(twin.ends_with("\npub fn wait() {}\n"));
}

#[test]
fn what_has_no_blocking_form_is_refused_with_its_line() {
    let tree = Tree::new("refused", "fn a() {\n    let b = async move { 1 };\n}\n");
    let output = xtask(&["twins", "--root", tree.root()]);
    assert!(!output.status.success());
    assert!(errors(&output).contains("asynch.rs:2: `async move` has no blocking form"));
    assert!(!tree.twin().exists());
}

#[test]
fn an_unknown_task_fails() {
    assert!(!xtask(&["no-such-task"]).status.success());
    assert!(!xtask(&["twins", "--chekc"]).status.success());
}
