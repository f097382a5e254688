//! What the program does with bad input: one clear sentence, a status, never a panic.

#![allow(dead_code, reason = "each test file uses its part of the helper")]

mod program;

use std::{fs, net::TcpListener, process::Output};

use program::{Program, run};
use tempfile::TempDir;

const USAGE: i32 = 2;
const FAILED: i32 = 1;

fn sentence(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The program ends with this status, and these words on standard error; nothing panicked.
fn refused(arguments: &[&str], status: i32, words: &[&str]) {
    let output = run(arguments);
    let said = sentence(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    for part in words {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn numbers_outside_their_range_are_refused_with_the_range() {
    refused(&["demo", "--packs", "0"], USAGE, &["'0'", "1..=32"]);
    refused(&["--packs", "33"], USAGE, &["'33'", "1..=32"]);
    refused(&["--packs", "many"], USAGE, &["many"]);
    refused(&["--speed", "0"], USAGE, &["from 0.1 to 1000"]);
    refused(&["--speed", "NaN"], USAGE, &["from 0.1 to 1000"]);
    refused(&["--port", "65536"], USAGE, &["65535"]);
    refused(&["--headless", "--for", "0"], USAGE, &["1..="]);
}

#[test]
fn options_that_do_not_exist_or_do_not_fit_are_refused() {
    refused(&["demo", "--pack", "8"], USAGE, &["--pack", "--packs"]);
    refused(&["dmeo"], USAGE, &["dmeo", "demo"]);
    refused(
        &["--chemistry", "nickel"],
        USAGE,
        &["nmc, lfp, lto, lead-acid"],
    );
    refused(
        &["--language", "de"],
        USAGE,
        &["'de'", "--language", "en, fr"],
    );
    refused(&["--headless"], USAGE, &["--for"]);
    refused(
        &["--headless", "--for", "5", "--language", "fr"],
        USAGE,
        &["--language", "cannot be used with"],
    );
    refused(&["--for", "5"], USAGE, &["--headless"]);
    refused(&["--report", "x.json"], USAGE, &["--headless"]);
    refused(&["--start-hour", "a,b"], USAGE, &["--start"]);
    refused(
        &["--rack", "x.toml", "--packs", "3"],
        USAGE,
        &["--packs", "cannot be used with"],
    );
    refused(&["check"], USAGE, &["FILE"]);
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(
        &["demo", "--port", &port],
        FAILED,
        &[&format!("port {port} is in use"), "--port"],
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    refused(
        &["check", "no-such-file.toml"],
        FAILED,
        &["no-such-file.toml", "cannot be read"],
    );
    refused(
        &["--rack", "no-such-file.toml"],
        FAILED,
        &["no-such-file.toml"],
    );
    refused(
        &["--start", "no-such-file.csv"],
        FAILED,
        &["no-such-file.csv", "cannot be read"],
    );
    let folder = TempDir::new().unwrap();
    refused(
        &["--rack", folder.path().to_str().unwrap()],
        FAILED,
        &["cannot be read"],
    );
}

#[test]
fn a_bad_rack_file_is_refused_by_check_and_by_demo_alike() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rack.toml");
    fs::write(
        &file,
        "[[pack]]\nbus = 0\nsensor = 0x90\nexpander = 0x20\nswitch_pin = 3\nshunt_uohm = 2000\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let words = format!("{file}:3: pack 1: sensor: 0x90 is not an address from 0x40 to 0x4F");
    refused(&["check", file], FAILED, &[&words]);
    refused(&["demo", "--rack", file], FAILED, &[&words]);
}

#[test]
fn a_good_rack_file_passes_the_check() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/racks/kxkm-16.toml");
    let output = run(&["check", file]);
    assert_eq!(output.status.code(), Some(0), "{}", sentence(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("KXKM rack, 16 packs, nmc, no errors"),
        "{said}"
    );
}

#[test]
fn a_start_hour_that_does_not_fit_the_rack_is_refused() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/racks/start-example.csv");
    refused(
        &["--start", file, "--start-hour", "x,y"],
        FAILED,
        &["no hour \"x,y\"", "example-b"],
    );
    refused(
        &["--start", file, "--packs", "4"],
        USAGE,
        &["8 channels", "4 packs"],
    );
}

#[test]
fn help_and_version_end_well() {
    for arguments in [
        &["--help"][..],
        &["demo", "--help"],
        &["check", "--help"],
        &["--version"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        ffi::OsStr,
        fs::File,
        io::{BufRead, Read},
        os::unix::ffi::OsStrExt,
        process::Stdio,
        time::{Duration, Instant},
    };

    use super::{
        program::{PATIENCE, command},
        *,
    };

    const BAD_NAME: &[u8] = b"rack-\xff\xfe.toml";

    #[test]
    fn a_path_that_is_not_utf_8_works() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join(OsStr::from_bytes(BAD_NAME));
        fs::copy(
            concat!(env!("CARGO_MANIFEST_DIR"), "/racks/kxkm-16.toml"),
            &file,
        )
        .unwrap();
        let output = command().arg("check").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", sentence(&output));
        let report = folder.path().join(OsStr::from_bytes(b"report-\xff.json"));
        let output = command()
            .args(["--headless", "--for", "1", "--report"])
            .arg(&report)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", sentence(&output));
        assert!(report.is_file());
    }

    #[test]
    fn a_missing_file_with_a_name_that_is_not_utf_8_is_refused_in_a_sentence() {
        let output = command()
            .arg("check")
            .arg(OsStr::from_bytes(BAD_NAME))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(FAILED));
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be read"));
        let output = command()
            .args([OsStr::new("--packs"), OsStr::from_bytes(b"\xff")])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(USAGE));
    }

    #[test]
    fn ctrl_c_opens_every_switch_and_ends_with_status_zero() {
        for signal in ["INT", "TERM"] {
            let (status, out, errors) = Program::start(&["--speed", "20"]).end_by(signal);
            assert_eq!(status, Some(0), "{errors}");
            assert!(out.ends_with("Every switch is open.\n"), "{out}");
            assert_eq!(errors, "");
        }
    }

    #[test]
    fn ctrl_c_ends_a_paused_simulation_too() {
        let program = Program::start(&[]);
        program.state_when("started", |_| true);
        assert_eq!(program.post("/api/v1/sim", "{\"paused\":true}").status, 202);
        program.state_when("paused", |state| state["sim"]["paused"] == true);
        let (status, out, errors) = program.end_by("INT");
        assert_eq!(status, Some(0), "{errors}");
        assert!(out.ends_with("Every switch is open.\n"), "{out}");
    }

    /// Waits until a process takes SIGINT itself; before that there is nothing of ours to be tested.
    fn wait_for_handler(process: u32) {
        const SIGINT_BIT: u64 = 1 << 1;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
                // No such file system here: long enough on any machine.
                std::thread::sleep(Duration::from_secs(2));
                return;
            };
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
            if caught & SIGINT_BIT != 0 {
                return;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        panic!("the program never took the signal");
    }

    #[test]
    fn ctrl_c_at_any_moment_of_a_headless_run_ends_with_status_zero() {
        for delay_ms in [0, 1, 3, 10, 30, 100, 400] {
            let mut child = command()
                .args(["--headless", "--for", "31536000"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            wait_for_handler(child.id());
            std::thread::sleep(Duration::from_millis(delay_ms));
            let process = child.id().to_string();
            let sent = std::process::Command::new("kill")
                .args(["-s", "INT", &process])
                .status();
            assert!(sent.unwrap().success());
            let started = Instant::now();
            let status = child.wait().unwrap();
            let mut errors = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut errors)
                .unwrap();
            assert_eq!(status.code(), Some(0), "after {delay_ms} ms: {errors}");
            assert!(started.elapsed() < Duration::from_secs(20));
        }
    }

    #[test]
    fn a_closed_output_ends_the_program_quietly_with_a_status() {
        let mut program = Program::start(&["--speed", "50"]);
        let mut line = String::new();
        program.stdout.read_line(&mut line).unwrap();
        // The reader goes away, as `head` does.
        let empty = std::io::BufReader::new(
            command()
                .arg("--version")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
                .stdout
                .take()
                .unwrap(),
        );
        drop(std::mem::replace(&mut program.stdout, empty));
        let address = program.address.clone();
        let answer = program.post("/api/v1/command", "{\"estop\":true}");
        assert_eq!(answer.status, 202, "{address}");
        let status = program.child.wait().unwrap();
        let mut errors = String::new();
        program.stderr.read_to_string(&mut errors).unwrap();
        assert_eq!(status.code(), Some(FAILED), "{errors}");
        assert_eq!(errors, "");
    }

    #[test]
    fn help_into_a_full_output_fails() {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            eprintln!("skipped: no /dev/full here");
            return;
        };
        let status = command().arg("--help").stdout(full).status().unwrap();
        assert_eq!(status.code(), Some(FAILED));
    }

    #[test]
    fn a_report_that_cannot_be_written_is_named() {
        let run_to = |report: &str| {
            refused(
                &["--headless", "--for", "1", "--report", report],
                FAILED,
                &["the report", report, "cannot be written"],
            );
        };
        run_to("/no-such-folder/report.json");
        if fs::metadata("/dev/full").is_ok() {
            run_to("/dev/full");
            assert!(!fs::metadata("/dev/full").unwrap().is_file());
        }
    }

    #[test]
    fn a_log_folder_that_cannot_be_made_is_named() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let inside = file.join("log");
        let inside = inside.to_str().unwrap();
        refused(
            &["--headless", "--for", "1", "--log", inside],
            FAILED,
            &["the log folder", inside],
        );
    }
}
