//! A twin that runs, the tool that asks it, and a line between them that keeps a record.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

use crate::program::{PATIENCE, command};

/// Milliseconds that an answer may take: machines that test are busy.
const PATIENT: &str = "3000";

/// The program while it plays the device.
pub(crate) struct Twin {
    child: Child,
    /// Device or address.
    pub(crate) name: String,
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

    pub(crate) fn tcp(arguments: &[&str]) -> Self {
        Self::start(&[&["--tcp", "127.0.0.1:0"], arguments].concat())
    }

    pub(crate) fn pty(arguments: &[&str]) -> Self {
        Self::start(&[&["--pty"], arguments].concat())
    }

    /// The options that say where it is.
    pub(crate) fn place(&self) -> [&str; 2] {
        let option = if self.name.starts_with('/') {
            "--port"
        } else {
            "--tcp"
        };
        [option, &self.name]
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the tool to its end.
pub(crate) fn tool(place: [&str; 2], arguments: &[&str]) -> Output {
    command()
        .arg("tinybms")
        .args(place)
        .args(["--timeout", PATIENT])
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What the tool prints when it succeeds.
pub(crate) fn text(place: [&str; 2], arguments: &[&str]) -> String {
    let output = tool(place, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        said(&output)
    );
    printed(&output)
}

/// The same with `--json`: one object.
pub(crate) fn json(place: [&str; 2], arguments: &[&str]) -> Value {
    let text = text(place, &[arguments, &["--json"]].concat());
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The tool ends with this status, and these words on standard error.
pub(crate) fn refused(place: [&str; 2], arguments: &[&str], status: i32, words: &[&str]) {
    let output = tool(place, arguments);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    for part in words {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// The value of a setting, as the tool reads it.
pub(crate) fn setting(place: [&str; 2], name: &str) -> Value {
    json(place, &["settings", "get", name])["settings"][0]["value"].clone()
}

/// A line to a twin over TCP that records what the tool sends, and can lose what comes back.
pub(crate) struct Wire {
    pub(crate) address: String,
    sent: Arc<Mutex<Vec<u8>>>,
    connections: Arc<Mutex<usize>>,
}

impl Wire {
    /// To this twin; `loses` is asked with all that was sent so far whether the next bytes of the twin are lost.
    pub(crate) fn to(twin: &Twin, loses: fn(&[u8]) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let (record, counter, twin) = (
            Arc::clone(&sent),
            Arc::clone(&connections),
            twin.name.clone(),
        );
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                *counter.lock().unwrap() += 1;
                let twin = TcpStream::connect(&twin).unwrap();
                carry(client, twin, &record, loses);
            }
        });
        Self {
            address,
            sent,
            connections,
        }
    }

    pub(crate) fn place(&self) -> [&str; 2] {
        ["--tcp", &self.address]
    }

    /// How many write frames were sent: function 16, and the actions.
    pub(crate) fn writes(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        let heads = [[0xAA, 0x10], [0xAA, 0x02], [0xAA, 0x0B], [0xAA, 0x0D]];
        sent.windows(2)
            .filter(|pair| heads.iter().any(|head| pair == head))
            .count()
    }

    /// How often somebody has connected.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Everything that was sent.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }
}

/// Both directions, until the client has gone.
fn carry(
    mut client: TcpStream,
    mut twin: TcpStream,
    record: &Arc<Mutex<Vec<u8>>>,
    loses: fn(&[u8]) -> bool,
) {
    let mut to_client = client.try_clone().unwrap();
    let mut from_twin = twin.try_clone().unwrap();
    let seen = Arc::clone(record);
    let back = thread::spawn(move || {
        let mut chunk = [0; 512];
        while let Ok(count) = from_twin.read(&mut chunk) {
            if count == 0 {
                return;
            }
            let is_lost = loses(&seen.lock().unwrap());
            if !is_lost && to_client.write_all(&chunk[..count]).is_err() {
                return;
            }
        }
    });
    let mut chunk = [0; 512];
    while let Ok(count) = client.read(&mut chunk) {
        if count == 0 {
            break;
        }
        record.lock().unwrap().extend(&chunk[..count]);
        twin.write_all(&chunk[..count]).unwrap();
    }
    // The twin may have closed it first.
    let _ = twin.shutdown(Shutdown::Both);
    back.join().unwrap();
}

/// Somebody else at the other end: does this with each connection.
pub(crate) fn stranger(act: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            act(client);
        }
    });
    address
}

/// CRC-16/MODBUS, bit by bit, low byte first.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut sum = 0xFFFF_u16;
    for byte in body {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ 0xA001
            } else {
                sum >> 1
            };
        }
    }
    [body, &sum.to_le_bytes()].concat()
}

/// A frame as the tool shows its bytes.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(" ")
}
