//! Lines of text that the vectors do not have.

use battery_units::{Millivolts, Permille};
use tinybms_proto::{Line, Lines, TextError};

const DUAL: &str = "BPV:55.79\tMINCV:3.981\tMAXCV:3.991\tBPC:-3.50\tSOC:84\tBMST:8.40\tEXT1:24.35\tEXT2:24.63\tOS:147\tCB:0000000000000000\tLST:0\tLSS:1\tCST:0\tCSS:0";

fn voltage(text: &str) -> Result<Millivolts, TextError> {
    let line = DUAL.replace("BPV:55.79", &format!("BPV:{text}"));
    match Line::parse(line.as_bytes())? {
        Line::Ascii(found) => Ok(found.voltage),
        Line::CaV3(_) => panic!("another form"),
    }
}

#[test]
fn numbers_are_rounded_to_the_nearest_thousandth() {
    for (text, expected) in [
        ("1.2344", 1_234),
        ("1.2345", 1_235),
        ("-1.2345", -1_235),
        ("0.000499", 0),
        ("7", 7_000),
        ("0.9995", 1_000),
    ] {
        assert_eq!(voltage(text), Ok(Millivolts::new(expected)), "{text}");
    }
    for text in [
        "",
        "-",
        "1.",
        ".5",
        "1,5",
        "1e3",
        "+1",
        " 1",
        "1.2.3",
        "99999999999",
    ] {
        assert_eq!(voltage(text), Err(TextError::Number { place: 0 }), "{text}");
    }
}

#[test]
fn every_cut_of_a_line_is_an_error() {
    for end in 0..DUAL.len() - 1 {
        let cut = Line::parse(&DUAL.as_bytes()[..end]);
        assert!(cut.is_err(), "{end}");
    }
    for start in 1..DUAL.len() {
        assert!(Line::parse(&DUAL.as_bytes()[start..]).is_err(), "{start}");
    }
}

#[test]
fn a_share_is_kept_in_thousandths() {
    let line = DUAL.replace("SOC:84", "SOC:83.55");
    let Ok(Line::Ascii(found)) = Line::parse(line.as_bytes()) else {
        panic!("no line");
    };
    assert_eq!(found.state_of_charge, Permille::new(835));
}

#[test]
fn a_line_that_does_not_end_or_is_no_text_is_dropped_and_the_next_one_is_read() {
    for spoilt in ["x".repeat(1_000).into_bytes(), vec![0xAA, 0x18, 0x97, 0x00]] {
        let mut lines = Lines::new();
        let all = [spoilt.as_slice(), b"\n", DUAL.as_bytes(), b"\n"].concat();
        let found: Vec<_> = all.iter().filter_map(|byte| lines.push(*byte)).collect();
        assert_eq!(found[0], Err(TextError::NotText));
        assert!(found[1].is_ok());
        assert_eq!(found.len(), 2);
    }
}
