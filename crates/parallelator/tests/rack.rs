//! Rack files and start files: what they may say, and that every fault of one is named with its place.

use std::{fs, path::PathBuf};

use parallelator::{
    rack::{Description, read, start},
    texts::Language,
};
use parallelator_core::Chemistry;
use tempfile::TempDir;

fn committed(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("racks")
        .join(name)
}

fn written(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// What a rack file with this text is refused with.
fn refusal(text: &str) -> String {
    let (_folder, path) = written("rack.toml", text);
    let words = read(&path).unwrap_err().to_string();
    words.replace(path.to_str().unwrap(), "rack.toml")
}

fn start_refusal(text: &str) -> String {
    let (_folder, path) = written("start.csv", text);
    let words = start::read(&path, None).unwrap_err().to_string();
    words.replace(path.to_str().unwrap(), "start.csv")
}

const TWO: &str = "\
[[pack]]
bus = 0
sensor = 0x40
expander = 0x20
switch_pin = 0
shunt_uohm = 2_000

[[pack]]
bus = 0
sensor = 0x41
expander = 0x20
switch_pin = 1
shunt_uohm = 2_000
";

#[test]
fn the_committed_example_is_the_rack_that_is_built_in() {
    let example = read(&committed("kxkm-16.toml")).unwrap();
    assert_eq!(example, Description::kxkm(16, Chemistry::Nmc));
}

#[test]
fn the_default_rack_has_the_addresses_and_pins_of_the_kxkm_rack() {
    let rack = Description::kxkm(32, Chemistry::Nmc);
    let place = |index: usize| {
        let pack = rack.packs[index];
        (pack.bus, pack.sensor, pack.expander, pack.switch_pin)
    };
    assert_eq!(place(0), (0, 0x40, 0x20, 3));
    assert_eq!(place(3), (0, 0x43, 0x20, 0));
    assert_eq!(place(4), (0, 0x44, 0x21, 3));
    assert_eq!(place(15), (0, 0x4F, 0x23, 0));
    assert_eq!(place(16), (1, 0x40, 0x20, 3));
    assert_eq!(place(31), (1, 0x4F, 0x23, 0));
    assert_eq!(
        rack.wiring(Language::English, 31),
        "bus 1, sensor 0x4F, switch 0x23 P00"
    );
    rack.to_node_rack().unwrap();
}

#[test]
fn a_short_file_is_a_rack_with_defaults() {
    let (_folder, path) = written("rack.toml", TWO);
    let rack = read(&path).unwrap();
    assert_eq!(rack.packs.len(), 2);
    assert_eq!(rack.packs[1].sensor, 0x41);
    assert_eq!(rack.label(1), "Pack 2");
    assert_eq!(rack.params, parallelator_core::Params::default());
}

#[test]
fn parameters_and_options_of_a_file_reach_the_rack() {
    let text = format!(
        "chemistry = \"lfp\"\ntitle = \"Shed\"\n[params]\ni_circ_max_ma = 3_000\nanchor = \"largest_set\"\n{TWO}\
         label = \"Upper left\"\ni_dis_max_ma = 8_000\ncapacity_mah = 15_000\nreversed = true\nalert_pin = 15\n"
    );
    let (_folder, path) = written("rack.toml", &text);
    let rack = read(&path).unwrap();
    assert_eq!(rack.title, "Shed");
    assert_eq!(rack.params.i_circ_max.get(), 3_000);
    assert_eq!(rack.params.anchor, parallelator_core::Anchor::LargestSet);
    assert_eq!(rack.params.v_ov_abs.get(), 29_200);
    assert_eq!(rack.label(1), "Upper left");
    assert!(rack.packs[1].reversed);
    assert_eq!(rack.packs[1].alert_pin, Some(15));
    assert_eq!(rack.current_limits(1).0.get(), 8_000);
    assert_eq!(rack.current_limits(1).1.get(), 10_000);
}

#[test]
fn every_fault_of_a_file_is_listed_with_line_field_and_range() {
    let text = "\
chemistry = \"nmh\"
tittle = \"x\"
[params]
i_circ_max_ma = 0
dv_max = 5
[[pack]]
bus = 2
sensor = 0x3F
expander = \"0x20\"
switch_pin = 16
shunt_uohm = 2000.5
reversed = 1
[[pack]]
sensor_kind = \"ina219\"
label = \"a label that is much longer than allowed\"
";
    let words = refusal(text);
    let expected = [
        "the rack file rack.toml has 17 errors:",
        "rack.toml:1: chemistry: \"nmh\" is not one of \"nmc\", \"lfp\", \"lto\", \"lead-acid\"",
        "rack.toml:2: tittle: unknown key, did you mean \"title\"?",
        "rack.toml:4: params: i_circ_max_ma: 0 is not a whole number from 1 to 500000",
        "rack.toml:5: params: dv_max: unknown key, did you mean \"dv_max_mv\"?",
        "rack.toml:7: pack 1: bus: 2 is not a whole number from 0 to 1",
        "rack.toml:8: pack 1: sensor: 0x3F is not an address from 0x40 to 0x4F",
        "rack.toml:9: pack 1: expander: \"0x20\" is not an address from 0x20 to 0x27",
        "rack.toml:10: pack 1: switch_pin: 16 is not a whole number from 0 to 15",
        "rack.toml:11: pack 1: shunt_uohm: 2000.5 is not a whole number from 10 to 10000000",
        "rack.toml:12: pack 1: reversed: 1 is not true or false",
        "rack.toml:13: pack 2: bus: missing, must be a whole number from 0 to 1",
        "rack.toml:13: pack 2: sensor: missing, must be an address from 0x40 to 0x4F",
        "rack.toml:13: pack 2: expander: missing, must be an address from 0x20 to 0x27",
        "rack.toml:13: pack 2: switch_pin: missing, must be a whole number from 0 to 15",
        "rack.toml:13: pack 2: shunt_uohm: missing, must be a whole number from 10 to 10000000",
        "rack.toml:14: pack 2: sensor_kind: \"ina219\" is not one of \"ina226\", \"ina237\"",
        "rack.toml:15: pack 2: label: \"a label that is much longer than allowed\" is not a text of at most 24 bytes",
    ];
    assert_eq!(words.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn entries_that_do_not_fit_together_are_named_at_their_lines() {
    let text = TWO
        .replace("sensor = 0x41", "sensor = 0x40")
        .replace("switch_pin = 1", "switch_pin = 0");
    let words = refusal(&text);
    assert!(
        words.contains("rack.toml:10: pack 2: sensor: pack 1 has the same bus and sensor address"),
        "{words}"
    );
    assert!(
        words.contains("rack.toml:12: pack 2: switch_pin: "),
        "{words}"
    );
    assert!(words.contains("2 errors"), "{words}");
}

#[test]
fn parameters_that_contradict_each_other_are_named_once() {
    let words = refusal(&format!("[params]\nv_uv_mv = 29_700\n{TWO}"));
    assert!(
        words.contains("rack.toml:2: params: v_uv_mv: 29700 is not below v_uv_rec_mv 25000"),
        "{words}"
    );
    // A shunt that hides the hard trip is found at the shunt.
    let words = refusal(&TWO.replacen("shunt_uohm = 2_000", "shunt_uohm = 20_000", 1));
    assert!(
        words.contains("rack.toml:6: pack 1: shunt_uohm: "),
        "{words}"
    );
    assert!(words.contains("1 error:"), "{words}");
}

#[test]
fn a_resistor_that_no_output_switches_is_refused_at_its_line() {
    let words = refusal(&format!("[params]\nr_pre_mohm = 10_000\n{TWO}"));
    assert!(
        words.contains("rack.toml:2: params: r_pre_mohm: 10000 is given, but no output"),
        "{words}"
    );
}

#[test]
fn a_refused_parameter_does_not_raise_faults_of_its_neighbours() {
    let words = refusal(&format!("[params]\ntick_ms = 5_000\n{TWO}"));
    assert!(words.contains("1 error:"), "{words}");
    assert!(
        words.contains("params: tick_ms: 5000 is not a whole number from 20 to 1000"),
        "{words}"
    );
}

#[test]
fn the_ranges_of_the_file_are_the_ranges_of_the_loop() {
    for (field, low, high) in [
        ("bus", -1, 2),
        ("sensor", 0x3F, 0x50),
        ("expander", 0x1F, 0x28),
        ("switch_pin", -1, 16),
        ("shunt_uohm", 9, 10_000_001),
    ] {
        for outside in [low, high] {
            let line = TWO.lines().find(|line| line.starts_with(field)).unwrap();
            let words = refusal(&TWO.replacen(line, &format!("{field} = {outside}"), 1));
            assert!(words.contains(&format!("pack 1: {field}: ")), "{words}");
        }
    }
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    let words = refusal("[[pack]]\nbus = 0\nbus = 1\nsensor = \n");
    assert!(words.contains("rack.toml:3: "), "{words}");
    assert!(words.contains("rack.toml:4: "), "{words}");
}

#[test]
fn no_pack_and_too_many_packs_are_refused_with_the_range() {
    let words = refusal("title = \"nothing\"\n");
    assert!(words.contains("pack: missing"), "{words}");
    let pack = |number: usize| {
        format!(
            "[[pack]]\nbus = {}\nsensor = {}\nexpander = {}\nswitch_pin = {}\nshunt_uohm = 2000\n",
            number / 16 % 2,
            0x40 + number % 16,
            0x20 + number % 16 / 4,
            number % 4
        )
    };
    let words = refusal(&(0..33).map(pack).collect::<String>());
    assert!(
        words.contains("33 packs given, 1 to 32 are possible"),
        "{words}"
    );
}

#[test]
fn files_that_are_no_text_are_refused_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rack.toml");
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
    assert!(
        read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
    fs::write(&path, b"title = \"\xff\"").unwrap();
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("not UTF-8 text at byte 9")
    );
    fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("larger than"));
}

const HEADER: &str = "rack,hour_start,channel,voltage_mean_mv,voltage_std_mv,current_mean_ma,current_std_ma,path_resistance_uohm\n";

#[test]
fn the_committed_start_file_has_two_hours_and_an_empty_channel() {
    let file = committed("start-example.csv");
    let hours = start::read_all(&file).unwrap();
    assert_eq!(hours.len(), 2);
    let first = start::read(&file, None).unwrap();
    assert_eq!(first, hours[0]);
    assert_eq!(first.packs.len(), 8);
    assert_eq!(first.packs[0].unwrap().voltage_mv, 28_412);
    assert_eq!(first.packs[0].unwrap().path_uohm, 47_800);
    assert_eq!(first.packs[7], None);
    let second = start::read(&file, Some("example-b,2026-01-12T19:00:00Z")).unwrap();
    assert_eq!(second, hours[1]);
    let words = start::read(&file, Some("example-c,2026-01-12T19:00:00Z"))
        .unwrap_err()
        .to_string();
    assert!(
        words.contains("example-a,2026-01-10T08:00:00Z and example-b,"),
        "{words}"
    );
}

#[test]
fn a_bad_start_line_is_named_with_its_field() {
    for (line, expected) in [
        (
            "a,t,0,28000,1,1,1,50000",
            "start.csv:2: channel: \"0\" is not a channel from 1 to 32",
        ),
        ("a,t,33,28000,1,1,1,50000", "start.csv:2: channel: \"33\""),
        (
            "a,t,1,28 V,1,1,1,50000",
            "start.csv:2: voltage_mean_mv: \"28 V\" is not a voltage",
        ),
        (
            "a,t,1,-5,1,1,1,50000",
            "start.csv:2: voltage_mean_mv: \"-5\"",
        ),
        (
            "a,t,1,28000,1,x,1,50000",
            "start.csv:2: current_mean_ma: \"x\"",
        ),
        (
            "a,t,1,28000,1,1,1,0",
            "start.csv:2: path_resistance_uohm: \"0\"",
        ),
        (
            ",t,1,28000,1,1,1,50000",
            "start.csv:2: rack: \"\" is not a name",
        ),
        ("a,t,1,28000,1,1,50000", "cannot be read"),
        (
            "a,t,1,28000,1,1,1,50000\na,t,1,28000,1,1,1,50000",
            "start.csv:3: channel: 1 is given twice",
        ),
        ("", "has no line of values"),
    ] {
        let words = start_refusal(&format!("{HEADER}{line}\n"));
        assert!(words.contains(expected), "{expected}\nis not in\n{words}");
    }
    let words = start_refusal("rack,hour_start,channel\na,t,1\n");
    assert!(
        words.contains("start.csv:1: the column \"voltage_mean_mv\" is missing"),
        "{words}"
    );
}
