//! `twin tinybms` as other people's programs meet it: mbpoll and pymodbus read registers and write settings.
//!
//! mbpoll is taken from the path, pymodbus from the interpreter named in `PARALLELATOR_PYTHON`, else from `python3`. Where one of
//! them is missing its tests print a `SKIP` line and pass; `PARALLELATOR_REQUIRE_FOREIGN=1` makes them fail instead.

#![allow(dead_code, reason = "each test file uses its part of the helper")]

mod program;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use program::{PATIENCE, command, run};
use serde_json::Value;

const USAGE: i32 = 2;
/// The status of an idle device, asked and answered.
const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
const IDLE: [u8; 6] = [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB];
/// After a write the device stores, and hears nothing for a while.
const STORING: Duration = Duration::from_millis(600);

/// The program while it plays the device.
struct Twin {
    child: Child,
    /// The first line it prints.
    name: String,
}

impl Twin {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command()
            .args(["twin", "tinybms"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut name = String::new();
        stdout.read_line(&mut name).unwrap();
        let name = name.trim_end().to_owned();
        assert!(!name.is_empty(), "the twin prints nothing");
        Self { child, name }
    }

    fn tcp(arguments: &[&str]) -> Self {
        Self::start(&[&["--tcp", "127.0.0.1:0"], arguments].concat())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.name).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a tool is there; where it is required, it has to be.
fn found(test: &str, tool: &str, probe: &mut Command) -> bool {
    let there = probe
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        let line = format!("SKIP {test}: {tool} is not installed");
        println!("{line}");
        let required = env::var("PARALLELATOR_REQUIRE_FOREIGN").is_ok_and(|value| value == "1");
        assert!(!required, "{line} (PARALLELATOR_REQUIRE_FOREIGN=1)");
    }
    there
}

fn has_mbpoll(test: &str) -> bool {
    found(test, "mbpoll", Command::new("mbpoll").arg("-V"))
}

/// The interpreter with pymodbus.
fn python(test: &str) -> Option<Command> {
    let name = env::var("PARALLELATOR_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut probe = Command::new(&name);
    probe.args(["-c", "from pymodbus import FramerType"]);
    found(test, "pymodbus (PARALLELATOR_PYTHON)", &mut probe).then(|| Command::new(name))
}

/// Holding registers, addresses from 0, once.
fn mbpoll(device: &str, arguments: &[&str]) -> Output {
    let (options, values) = arguments.split_at(arguments.len() - values(arguments));
    Command::new("mbpoll")
        .args(["-m", "rtu", "-a", "170", "-b", "115200", "-P", "none"])
        .args(["-t", "4", "-0", "-1"])
        .args(options)
        .arg(device)
        .args(values)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// How many of the last arguments are values to write.
fn values(arguments: &[&str]) -> usize {
    arguments.len()
        - 2 * arguments
            .iter()
            .filter(|word| word.starts_with('-'))
            .count()
}

/// What mbpoll has read: `[address]: value` a line.
fn polled(output: &Output) -> Vec<(u16, u16)> {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text.lines()
        .filter_map(|line| {
            let (address, value) = line.strip_prefix('[')?.split_once("]:")?;
            let value = value.split_whitespace().next()?;
            Some((address.parse().unwrap(), value.parse().unwrap()))
        })
        .collect()
}

#[cfg(unix)]
#[test]
fn mbpoll_reads_registers_and_writes_settings_through_the_pseudo_terminal() {
    if !has_mbpoll("mbpoll") {
        return;
    }
    // With this current flowing it does not go to sleep between two runs of mbpoll.
    let twin = Twin::start(&["--pty", "--cells", "14", "--soc", "50", "--current", "-5"]);
    let cells = polled(&mbpoll(&twin.name, &["-r", "0", "-c", "16"]));
    let wanted: Vec<(u16, u16)> = (0..16)
        .map(|register| (register, if register < 2 { 0 } else { 36_000 }))
        .collect();
    assert_eq!(cells, wanted);
    let status = polled(&mbpoll(&twin.name, &["-r", "50", "-c", "1"]));
    assert_eq!(status, [(50, 0x93)]);
    // mbpoll writes several values by function 16.
    for (register, first, second) in [("315", "4190", "2870"), ("318", "25", "57")] {
        let written = mbpoll(&twin.name, &["-r", register, first, second]);
        let errors = String::from_utf8_lossy(&written.stderr);
        assert!(written.status.success(), "{errors}");
        thread::sleep(STORING);
    }
    let limits = polled(&mbpoll(&twin.name, &["-r", "315", "-c", "5"]));
    let wanted = [(315, 4_190), (316, 2_870), (317, 60), (318, 25), (319, 57)];
    assert_eq!(limits, wanted);
    // Out of its range, and by function 6, which the device lacks: refused in a way that Modbus does not know.
    for values in [&["25", "91"][..], &["30"]] {
        let refused = mbpoll(&twin.name, &[&["-r", "318"], values].concat());
        assert!(!refused.status.success());
    }
    let kept = polled(&mbpoll(&twin.name, &["-r", "318", "-c", "2"]));
    assert_eq!(kept, [(318, 25), (319, 57)]);
}

/// The script of a pymodbus user, over this connection.
fn pymodbus(mut python: Command, connection: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/pymodbus_client.py");
    let output = python.arg(script).args(connection).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = |key: &str| -> Vec<u64> {
        let list = found[key].as_array().unwrap();
        list.iter().map(|word| word.as_u64().unwrap()).collect()
    };
    let live = words("live");
    assert_eq!(live.len(), 57);
    assert_eq!(live[..5], [0, 0, 0, 0, 38_000]);
    assert_eq!(live[40..44], [3_800, 3_800, 0x8000, 0x8000]);
    assert_eq!((live[50], live[53]), (0x97, 12));
    assert_eq!(words("long").len(), 125);
    let volts = found["volts"].as_f64().unwrap();
    assert!((volts - 45.6).abs() < 1e-4, "{volts} V");
    assert_eq!(words("before"), [4_200, 2_900]);
    assert_eq!(words("after"), [4_180, 2_850]);
    assert_eq!(words("single"), [58]);
    assert_eq!(words("set_point"), [0xFFFF]);
    // 20 %, low word first.
    assert_eq!(words("charge"), [0x2D00, 0x0131]);
}

#[cfg(unix)]
#[test]
fn pymodbus_reads_registers_and_writes_settings_through_the_pseudo_terminal() {
    if let Some(python) = python("pymodbus on a pseudo terminal") {
        let twin = Twin::start(&["--pty", "--cells", "12", "--soc", "70"]);
        wake_by_file(&twin.name);
        pymodbus(python, &["pty", &twin.name]);
    }
}

#[test]
fn pymodbus_reads_registers_and_writes_settings_over_tcp() {
    if let Some(python) = python("pymodbus over TCP") {
        let twin = Twin::tcp(&["--cells", "12", "--soc", "70"]);
        let (host, port) = twin.name.rsplit_once(':').unwrap();
        pymodbus(python, &["tcp", host, port]);
    }
}

/// The device opened, used and closed like a file: the twin must not mind.
#[cfg(unix)]
fn wake_by_file(device: &str) {
    let mut line = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(device)
        .unwrap();
    line.write_all(&STATUS).unwrap();
    let mut answer = [0; 6];
    line.read_exact(&mut answer).unwrap();
    assert_eq!(answer, IDLE);
}

#[cfg(unix)]
#[test]
fn the_pseudo_terminal_is_raw_and_can_be_opened_again_and_again() {
    let twin = Twin::start(&["--pty"]);
    assert!(twin.name.starts_with("/dev/"), "{}", twin.name);
    for _ in 0..3 {
        wake_by_file(&twin.name);
    }
}

#[test]
fn the_same_bytes_come_over_tcp_for_one_client_after_the_other() {
    let twin = Twin::tcp(&["--cells", "4"]);
    for _ in 0..3 {
        let mut client = twin.connect();
        client.write_all(&STATUS).unwrap();
        let mut answer = [0; 6];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, IDLE);
    }
}

#[test]
fn noise_is_text_that_comes_unasked() {
    let twin = Twin::tcp(&["--cells", "4", "--noise", "--seed", "7", "--soc", "30"]);
    let mut text = [0; 64];
    twin.connect().read_exact(&mut text).unwrap();
    assert!(text.is_ascii());
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("V:") || text.contains("CB:"), "{text:?}");
}

#[test]
fn a_seed_draws_the_same_cells_every_time() {
    let request = [0xAA, 0x1C, 0x7E, 0xD9];
    let cells = |arguments: &[&str]| {
        let twin = Twin::tcp(&[&["--cells", "8"], arguments].concat());
        let mut client = twin.connect();
        client.write_all(&request).unwrap();
        let mut answer = [0; 21];
        client.read_exact(&mut answer).unwrap();
        answer
    };
    let drawn = cells(&["--seed", "3"]);
    assert_eq!(drawn, cells(&["--seed", "3"]));
    assert_ne!(drawn, cells(&["--seed", "4"]));
    let even = cells(&[]);
    assert_eq!(even[3..5], even[17..19]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_without_a_complaint() {
    for place in [&["--pty"][..], &["--tcp", "127.0.0.1:0"]] {
        let mut twin = Twin::start(place);
        let process = twin.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &process]).status();
        assert!(sent.unwrap().success());
        assert_eq!(twin.child.wait().unwrap().code(), Some(0));
    }
}

/// The program ends with this status and says these words.
fn refused(arguments: &[&str], status: i32, words: &[&str]) {
    let output = run(&[&["twin"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    for part in words {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn wrong_options_are_refused_with_what_would_be_right() {
    refused(&[], USAGE, &["tinybms"]);
    refused(&["tinybmz"], USAGE, &["tinybmz", "tinybms"]);
    refused(&["tinybms"], USAGE, &["--pty", "--tcp"]);
    refused(
        &["tinybms", "--pty", "--tcp", "127.0.0.1:0"],
        USAGE,
        &["cannot be used with"],
    );
    refused(&["tinybms", "--pty", "--cells", "3"], USAGE, &["4..=16"]);
    refused(&["tinybms", "--pty", "--cells", "17"], USAGE, &["4..=16"]);
    refused(
        &["tinybms", "--pty", "--soc", "101"],
        USAGE,
        &["from 0 to 100"],
    );
    refused(
        &["tinybms", "--pty", "--soc", "NaN"],
        USAGE,
        &["from 0 to 100"],
    );
    refused(
        &["tinybms", "--pty", "--current", "-1001"],
        USAGE,
        &["-1000 to 1000"],
    );
    refused(&["tinybms", "--tcp", "5020"], USAGE, &["127.0.0.1:5020"]);
}

#[test]
fn an_address_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&["tinybms", "--tcp", &address], 1, &[&address, "--tcp"]);
}
