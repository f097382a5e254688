//! `cargo xtask ci` on made-up checkouts, with made-up programs where a step starts one.
#![cfg(unix)]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// An empty folder of its own for one test, with a folder `bin` that is searched first.
struct Checkout(PathBuf);

impl Checkout {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder); // the first run has none to remove
        fs::create_dir_all(folder.join("bin")).unwrap();
        Self(folder)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn program(self, name: &str, script: &str) -> Self {
        let name = format!("bin/{name}");
        let this = self.file(&name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(this.0.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        this
    }

    fn git(self) -> Self {
        let mut init = Command::new("git");
        let made = init.args(["init", "--quiet"]).arg(&self.0).status();
        assert!(made.unwrap().success());
        self
    }

    fn ci(&self, steps: &str) -> (bool, String) {
        let path = format!(
            "{}:{}",
            self.0.join("bin").display(),
            env::var("PATH").unwrap()
        );
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["ci", "--only", steps, "--root"])
            .arg(&self.0)
            .env("PATH", path)
            .output()
            .unwrap();
        (output.status.success(), text(&output))
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What `cargo metadata` answers about one library with two features.
const METADATA: &str = r#"{"packages":[
  {"name":"lib","features":{"default":[],"red":[],"blue":[]},"rust_version":"1.87","categories":["no-std"],"metadata":null},
  {"name":"tool","features":{},"rust_version":"1.95","categories":[],"metadata":null}]}"#;

/// A cargo that knows this workspace, and fails at the words it is given.
fn cargo(fails_at: &str) -> String {
    format!("case \"$*\" in metadata*) cat <<'END'\n{METADATA}\nEND\n;; {fails_at}) exit 1 ;; esac")
}

const ALL_TARGETS: &str =
    "printf 'thumbv6m-none-eabi\\nthumbv8m.main-none-eabihf\\nriscv32imac-unknown-none-elf\\n'";

#[test]
fn a_clean_tree_has_no_forbidden_word() {
    let checkout = Checkout::new("clean")
        .git()
        .file("a.md", "See example.org/work/ and methods.\n");
    let (passed, said) = checkout.ci("words");
    assert!(passed, "{said}");
    assert!(
        said.contains("steps: 1 passed, 0 failed, 0 skipped"),
        "{said}"
    );
}

#[test]
fn a_path_of_one_machine_or_unfinished_work_fails_with_its_place() {
    let todo = ["TO", "DO"].concat();
    let path = ["/wo", "rk/main"].concat();
    let checkout = Checkout::new("dirty")
        .git()
        .file("a.md", &format!("fine\nsee {path}\n"))
        .file("src/b.rs", &format!("// {todo}: later\n"));
    let (passed, said) = checkout.ci("words");
    assert!(!passed, "{said}");
    assert!(said.contains("a.md:2: "), "{said}");
    assert!(said.contains("src/b.rs:1: "), "{said}");
}

#[test]
fn an_ignored_file_may_say_anything() {
    let checkout = Checkout::new("ignored")
        .git()
        .file(".gitignore", "notes\n")
        .file("notes", &["/ro", "ot/x"].concat());
    let (passed, said) = checkout.ci("words");
    assert!(passed, "{said}");
}

#[test]
fn each_bare_library_is_built_with_each_subset_of_its_features() {
    let checkout = Checkout::new("powerset")
        .program("rustup", ALL_TARGETS)
        .program("cargo", &cargo("never"));
    let (passed, said) = checkout.ci("targets");
    assert!(passed, "{said}");
    let builds: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("$ cargo build"))
        .collect();
    assert_eq!(builds.len(), 4, "{said}");
    for features in ["", "red", "blue", "blue,red"] {
        let wanted =
            format!("-p lib --no-default-features --features {features} --target thumbv6m");
        assert!(
            builds.iter().any(|build| build.contains(&wanted)),
            "{wanted}: {said}"
        );
    }
    let all = "--target thumbv6m-none-eabi --target thumbv8m.main-none-eabihf --target riscv32imac-unknown-none-elf";
    assert!(builds.iter().all(|build| build.ends_with(all)), "{said}");
}

#[test]
fn a_library_that_does_not_build_fails_the_run_and_does_not_hide_the_next_step() {
    let checkout = Checkout::new("broken")
        .program("rustup", ALL_TARGETS)
        .program("cargo", &cargo("build*"));
    let (passed, said) = checkout.ci("targets,fmt");
    assert!(!passed, "{said}");
    assert!(said.contains("targets: FAILED"), "{said}");
    assert!(
        said.contains("steps: 1 passed, 1 failed, 0 skipped"),
        "{said}"
    );
}

#[test]
fn a_target_that_cannot_be_added_is_skipped_aloud_and_the_others_are_built() {
    let rustup = "case \"$*\" in 'target add thumbv6m-none-eabi') exit 1 ;; esac";
    let checkout = Checkout::new("no-target")
        .program("rustup", rustup)
        .program("cargo", &cargo("never"));
    let (passed, said) = checkout.ci("targets");
    assert!(passed, "{said}");
    assert!(
        said.contains("SKIP: thumbv6m-none-eabi cannot be added"),
        "{said}"
    );
    assert!(
        said.contains("--target thumbv8m.main-none-eabihf"),
        "{said}"
    );
    assert!(
        said.contains("steps: 0 passed, 0 failed, 1 skipped"),
        "{said}"
    );
}

#[test]
fn the_oldest_compiler_is_the_one_the_manifest_names() {
    let checkout = Checkout::new("msrv")
        .program("rustup", "true")
        .program("cargo", &cargo("never"));
    let (passed, said) = checkout.ci("msrv");
    assert!(passed, "{said}");
    assert!(said.contains("$ cargo +1.87 check"), "{said}");
    assert!(!said.contains("+1.95"), "{said}");

    let checkout = checkout.program("rustup", "exit 1");
    let (passed, said) = checkout.ci("msrv");
    assert!(passed, "{said}");
    assert!(said.contains("msrv: SKIP: Rust 1.87 is not here"), "{said}");
}

#[test]
fn a_board_that_is_missing_is_told_and_one_that_does_not_build_fails() {
    let checkout = Checkout::new("boards")
        .program("rustup", "true")
        .program("cargo", &cargo("build*"));
    let (passed, said) = checkout.ci("boards");
    assert!(passed, "{said}");
    assert!(said.contains("SKIP: no folder examples/rp2350"), "{said}");

    let checkout = checkout.file("examples/rp2350/Cargo.toml", "");
    let (passed, said) = checkout.ci("boards");
    assert!(!passed, "{said}");
    assert!(said.contains("boards: FAILED"), "{said}");
}

#[test]
fn a_step_that_does_not_exist_is_refused() {
    let (passed, said) = Checkout::new("unknown").ci("wurst");
    assert!(!passed, "{said}");
    assert!(said.contains("there is no step wurst"), "{said}");
}
