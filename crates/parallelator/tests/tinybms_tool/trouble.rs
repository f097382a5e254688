//! What goes wrong outside the program, and whether its words help.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
};

use crate::{
    bench::{refused, said, sealed, stranger},
    program::run,
};

const USAGE: i32 = 2;
const FAILED: i32 = 1;

/// Short waits: nobody will answer.
const QUICK: [&str; 3] = ["--timeout", "60", "status"];

/// The status that fails at this address, with these words.
fn fails(address: &str, words: &[&str]) {
    let output = run(&[&["tinybms", "--tcp", address], &QUICK[..]].concat());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(FAILED), "{said}");
    for part in words {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
}

/// Answers everything it hears with what `answer` says.
fn answering(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> String {
    stranger(move |mut client: TcpStream| {
        let mut chunk = [0; 512];
        while let Ok(count) = client.read(&mut chunk) {
            if count == 0 || client.write_all(&answer(&chunk[..count])).is_err() {
                return;
            }
        }
    })
}

#[test]
fn without_a_place_it_asks_for_one() {
    let output = run(&["tinybms", "status"]);
    assert_eq!(output.status.code(), Some(USAGE));
    for word in ["--port", "--tcp"] {
        assert!(said(&output).contains(word), "{}", said(&output));
    }
    let both = run(&[
        "tinybms",
        "--port",
        "/dev/null",
        "--tcp",
        "127.0.0.1:1",
        "status",
    ]);
    assert_eq!(both.status.code(), Some(USAGE));
    assert!(said(&both).contains("cannot be used with"));
}

#[test]
fn a_port_that_is_missing_or_none_is_named_with_what_to_do() {
    refused(
        ["--port", "/dev/ttyNONE9"],
        &["status"],
        FAILED,
        &["/dev/ttyNONE9", "plugged in", "/dev/ttyUSB0"],
    );
    if cfg!(unix) {
        refused(
            ["--port", "/dev/null"],
            &["status"],
            FAILED,
            &["/dev/null", "is it a serial port?"],
        );
    }
}

#[cfg(unix)]
#[test]
fn a_port_without_permission_names_the_group() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("locked");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        println!("SKIP permission: this user may open everything");
        return;
    }
    refused(
        ["--port", path.to_str().unwrap()],
        &["status"],
        FAILED,
        &["dialout"],
    );
}

#[cfg(unix)]
#[test]
fn a_port_that_another_program_has_locked_is_left_alone() {
    use rustix::fs::{FlockOperation, flock};
    let twin = crate::bench::Twin::pty(&["--current", "-5"]);
    let other = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&twin.name)
        .unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    refused(twin.place(), &["status"], FAILED, &["another program"]);
    drop(other);
    assert!(crate::bench::text(twin.place(), &["status"]).contains("discharging"));
}

#[test]
fn an_address_where_nobody_listens_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    fails(&gone, &[&gone, "nobody listens there"]);
    fails("not an address", &["192.168.1.20:5020"]);
}

#[test]
fn silence_tells_what_to_check_and_how_to_wake_it() {
    let address = answering(|_| Vec::new());
    fails(&address, &["nothing answers", "RX and TX", "wake"]);
    // Before a write the same, and nothing was written.
    let output = run(&[
        "tinybms",
        "--tcp",
        &address,
        "--timeout",
        "60",
        "reset",
        "--yes",
    ]);
    assert_eq!(output.status.code(), Some(FAILED));
    assert!(
        said(&output).contains("nothing answers"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_own_echo_is_told_from_a_device() {
    fails(
        &answering(<[u8]>::to_vec),
        &["only the request comes back", "RX and TX are joined"],
    );
}

#[test]
fn another_device_is_not_taken_for_a_bms() {
    fails(
        &answering(|_| b"login: \r\nHTTP/1.1 400 \xAA\x55".to_vec()),
        &["no TinyBMS", "another device"],
    );
    // A sound reply of ten registers that say nothing.
    let empty = answering(|_| sealed(&[&[0xAA, 0x03, 20][..], &[0; 20]].concat()));
    fails(&empty, &["firmware 2.3.0", "no TinyBMS"]);
    let foreign = answering(|_| sealed(&[0xAA, 0x83, 0x02]));
    fails(&foreign, &["refuses", "exception 2"]);
    let refusing = answering(|request| sealed(&[0xAA, 0x00, request[1], 0x00]));
    fails(&refusing, &["refuses", "does not know this request"]);
}

#[test]
fn a_line_that_is_cut_says_so() {
    let address = stranger(|client| {
        // The client may have gone first.
        let _ = client.shutdown(Shutdown::Both);
    });
    fails(&address, &["closed from the other end"]);
}

#[test]
fn wrong_options_are_refused_with_what_would_be_right() {
    let nowhere = ["--tcp", "127.0.0.1:1"];
    refused(nowhere, &["stauts"], USAGE, &["stauts", "status"]);
    refused(nowhere, &["settings"], USAGE, &["list", "import"]);
    refused(
        nowhere,
        &["watch", "--interval", "0"],
        USAGE,
        &["from 0.1 to 3600"],
    );
    refused(nowhere, &["watch", "--count", "0"], USAGE, &["0"]);
    refused(
        nowhere,
        &["sniff", "--for", "NaN"],
        USAGE,
        &["from 0.1 to 86400"],
    );
    let output = run(&["tinybms", "--timeout", "5", "status"]);
    assert!(said(&output).contains("20..=60000"), "{}", said(&output));
}
