//! At a terminal the tool asks. The terminal is a pseudo terminal that the test types into.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    process::{Output, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{
    bench::{Twin, Wire, printed, said, setting},
    program::command,
};

/// Runs the tool at a terminal where somebody types this.
fn typed(wire: &Wire, arguments: &[&str], typed: &str) -> Output {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name)
        .unwrap();
    let mut keyboard = File::from(ours);
    keyboard.write_all(typed.as_bytes()).unwrap();
    command()
        .arg("tinybms")
        .args(wire.place())
        .args(["--timeout", "3000"])
        .args(arguments)
        .stdin(Stdio::from(theirs))
        .output()
        .unwrap()
}

#[test]
fn a_person_sees_the_difference_and_is_asked_before_anything_is_written() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let set = ["settings", "set", "over_heat_cutoff=55"];
    for answer in ["n\n", "\n", "perhaps\n"] {
        let output = typed(&wire, &set, answer);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(printed(&output).contains("60 °C"), "{}", printed(&output));
        assert!(said(&output).contains("[y/N]"), "{}", said(&output));
        assert!(
            said(&output).contains("nothing was written"),
            "{}",
            said(&output)
        );
    }
    assert_eq!(wire.writes(), 0);
    let output = typed(&wire, &set, "y\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        (wire.writes(), setting(twin.place(), "over_heat_cutoff")),
        (1, 55.into())
    );
}

#[test]
fn a_reset_is_asked_for_with_what_it_does() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let output = typed(&wire, &["reset"], "no\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("opens its switches"),
        "{}",
        said(&output)
    );
    assert_eq!(wire.writes(), 0);
    let output = typed(&wire, &["clear-events", "--json"], "yes\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(wire.writes(), 1);
}
