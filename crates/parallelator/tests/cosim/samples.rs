//! What a line says of a pack, and what the time between the lines makes of it.

use parallelator::cosim::{Line, Session};
use serde_json::Value;

fn answer(session: &mut Session, now_ms: u64, packs: &str) -> Value {
    let line = format!(r#"{{"now_ms":{now_ms},"packs":[{packs}],"load_controllable":true}}"#);
    let reply = session.reply(2, Line::Whole(line.as_bytes()));
    assert!(reply.stepped, "{}", reply.text);
    serde_json::from_str(&reply.text).unwrap()
}

const FIRST: &str = r#"{"voltage_mv":26400,"current_ma":0}"#;
const SECOND: &str =
    r#"{"voltage_mv":26410,"current_ma":0,"age_ms":0,"temperature_dc":null,"capacity_mah":null}"#;

/// Two packs that have joined, and the time of the last step.
fn running(second: &str) -> (Session, u64) {
    let mut session = Session::start(Line::Whole(br#"{"packs":2}"#)).unwrap();
    let mut last = Value::Null;
    for now_ms in (0..=6_000).step_by(100) {
        last = answer(&mut session, now_ms, &format!("{FIRST},{second}"));
    }
    for pack in 0..2 {
        assert_eq!(last["packs"][pack]["state"], "closed", "{last}");
    }
    (session, 6_000)
}

/// The sample is missing in this way, and the pack is opened when the last one is older than `age_hard_ms`.
fn ages(missing: &str) {
    let (mut session, last) = running(SECOND);
    for gap in (100..=1_500).step_by(100) {
        let now = answer(&mut session, last + gap, &format!("{FIRST},{missing}"));
        let pack = &now["packs"][1];
        let expected = if gap <= 1_000 { "closed" } else { "open" };
        assert_eq!(
            pack["command"], expected,
            "{missing} after {gap} ms: {pack}"
        );
        if gap > 1_000 {
            assert_eq!(pack["reason"], "stale_data", "{missing} after {gap} ms");
        }
        assert_eq!(
            now["packs"][0]["command"], "closed",
            "{missing}: the other pack"
        );
    }
}

#[test]
fn without_a_sample_the_age_of_the_last_good_one_goes_on_growing() {
    ages("null");
    ages("{}");
    ages(r#"{"voltage_mv":null,"current_ma":null,"age_ms":0}"#);
    ages(r#"{"voltage_mv":null,"current_ma":0,"age_ms":0}"#);
    ages(r#"{"voltage_mv":26410,"current_ma":null,"age_ms":0}"#);
}

#[test]
fn the_age_that_a_line_gives_counts() {
    let (mut session, last) = running(SECOND);
    // The same sample again in each line, older each time.
    for gap in (100..=1_500).step_by(100) {
        let old = format!(r#"{{"voltage_mv":26410,"current_ma":0,"age_ms":{gap}}}"#);
        let now = answer(&mut session, last + gap, &format!("{FIRST},{old}"));
        let expected = if gap <= 1_000 { "closed" } else { "open" };
        assert_eq!(now["packs"][1]["command"], expected, "after {gap} ms");
    }
}

#[test]
fn gauge_data_stay_known_while_a_pack_gives_no_sample() {
    let limited = r#"{"voltage_mv":26410,"current_ma":0,"i_dis_max_ma":3000}"#;
    let (mut session, last) = running(limited);
    let (mut free, _) = running(SECOND);
    let dcl = |session: &mut Session, now_ms, second: &str| {
        let now = answer(session, now_ms, &format!("{FIRST},{second}"));
        now["dcl_ma"].as_i64().unwrap()
    };
    let known = dcl(&mut session, last + 100, limited);
    assert!((1..8_000).contains(&known), "{known}");
    assert_eq!(dcl(&mut session, last + 200, "null"), known);
    // The same line to a rack whose pack has no limit of its own.
    assert!(dcl(&mut free, last + 100, "null") > known + 1_000);
    // An object without them takes them back: what it says is all that is known.
    assert!(dcl(&mut session, last + 300, SECOND) > known + 1_000);
}
