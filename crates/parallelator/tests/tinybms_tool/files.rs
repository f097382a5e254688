//! `settings export`, `import` and `diff`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json as object};
use tempfile::TempDir;

use crate::bench::{Twin, Wire, json, printed, refused, said, setting, text, tool};

const USAGE: i32 = 2;
const DIFFERENT: i32 = 1;

/// A folder with what the twin exported.
struct Exported {
    _folder: TempDir,
    path: PathBuf,
}

impl Exported {
    fn from(twin: &Twin) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("settings.toml");
        let said = text(
            twin.place(),
            &["settings", "export", path.to_str().unwrap()],
        );
        assert!(said.contains("38 settings"), "{said}");
        Self {
            _folder: folder,
            path,
        }
    }

    fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn replace(&self, from: &str, to: &str) {
        let text = fs::read_to_string(&self.path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        fs::write(&self.path, text.replace(from, to)).unwrap();
    }

    fn copy(&self, name: &str) -> PathBuf {
        let path = self.path.with_file_name(name);
        fs::copy(&self.path, &path).unwrap();
        path
    }
}

#[test]
fn a_file_goes_out_is_changed_compared_written_and_read_back() {
    let twin = Twin::tcp(&["--cells", "14", "--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let file = Exported::from(&twin);
    let content = fs::read_to_string(&file.path).unwrap();
    for line in [
        "firmware = \"2.3.254\"",
        "over_voltage_cutoff = \"4200 mV\"",
        "battery_capacity = \"66.00 Ah\"",
        "low_temperature_charge_cutoff = \"1 °C\"",
        "load_switch_type = \"fet\"",
    ] {
        assert!(
            content.lines().any(|one| one == line),
            "{line} is not in {content}"
        );
    }
    assert!(!content.contains("_to_set"), "{content}");
    assert_eq!(
        json(twin.place(), &["settings", "diff", file.name()])["same"],
        true
    );

    // Both limits move beyond where the other one is now.
    file.replace(
        "over_voltage_cutoff = \"4200 mV\"",
        "over_voltage_cutoff = \"3650 mV\"",
    );
    file.replace(
        "fully_charged_voltage = \"4150 mV\"",
        "fully_charged_voltage = \"3500 mV\"",
    );
    file.replace(
        "battery_capacity = \"66.00 Ah\"",
        "battery_capacity = \"52.25 Ah\"",
    );
    file.replace(
        "low_temperature_charge_cutoff = \"1 °C\"",
        "low_temperature_charge_cutoff = \"-5 °C\"",
    );
    let output = tool(wire.place(), &["settings", "diff", file.name(), "--json"]);
    assert_eq!(output.status.code(), Some(DIFFERENT));
    let found: Value = serde_json::from_str(&printed(&output)).unwrap();
    let names: Vec<&str> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "fully_charged_voltage",
            "battery_capacity",
            "over_voltage_cutoff",
            "low_temperature_charge_cutoff"
        ]
    );
    assert_eq!(found["differences"][1]["file"], 52.25);
    assert_eq!(found["differences"][1]["other"], 66.0);

    let dry = json(
        wire.place(),
        &["settings", "import", file.name(), "--dry-run"],
    );
    assert_eq!(dry["frames"].as_array().unwrap().len(), 4);
    refused(
        wire.place(),
        &["settings", "import", file.name()],
        USAGE,
        &["--yes"],
    );
    assert_eq!(wire.writes(), 0);

    let said = text(wire.place(), &["settings", "import", file.name(), "--yes"]);
    assert!(said.contains("52.25 Ah  read back"), "{said}");
    assert_eq!(wire.writes(), 4);
    assert_eq!(setting(twin.place(), "over_voltage_cutoff"), 3_650);
    assert_eq!(setting(twin.place(), "low_temperature_charge_cutoff"), -5);
    assert_eq!(
        json(twin.place(), &["settings", "diff", file.name()])["same"],
        true
    );
    let again = text(wire.place(), &["settings", "import", file.name(), "--yes"]);
    assert!(again.contains("nothing to write"), "{again}");
}

#[test]
fn a_file_is_not_overwritten_by_accident() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let file = Exported::from(&twin);
    fs::write(&file.path, "mine").unwrap();
    refused(
        twin.place(),
        &["settings", "export", file.name()],
        1,
        &["exists", "--force"],
    );
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "mine");
    text(
        twin.place(),
        &["settings", "export", file.name(), "--force"],
    );
    assert!(
        fs::read_to_string(&file.path)
            .unwrap()
            .contains("[settings]")
    );
}

#[test]
fn two_files_are_compared_without_any_device() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let file = Exported::from(&twin);
    let other = file.copy("other.toml");
    drop(twin);
    let diff = |other: &Path| {
        crate::program::run(&[
            "tinybms",
            "settings",
            "diff",
            file.name(),
            other.to_str().unwrap(),
        ])
    };
    let same = diff(&other);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    let content = fs::read_to_string(&other).unwrap();
    fs::write(
        &other,
        content
            .replace(
                "over_heat_cutoff = \"60 °C\"",
                "over_heat_cutoff = \"58 °C\"",
            )
            .replace("allowed_disbalance = \"15 mV\"\n", ""),
    )
    .unwrap();
    let different = diff(&other);
    assert_eq!(different.status.code(), Some(DIFFERENT));
    let table = printed(&different);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        table.contains("60 °C") && table.contains("58 °C"),
        "{table}"
    );
    assert!(
        table
            .lines()
            .any(|line| line.starts_with("allowed_disbalance") && line.ends_with('-')),
        "{table}"
    );
}

#[test]
fn every_fault_of_a_file_is_named_with_its_line_and_nothing_is_sent() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wrong.toml");
    let lines = [
        "format = \"tinybms-settings-1\"",
        "colour = \"red\"",
        "[device]",
        "firmware = 254",
        "colour = \"red\"",
        "[settings]",
        "over_heat_cutof = \"60 °C\"",
        "over_heat_cutoff = \"60 °F\"",
        "over_voltage_cutoff = \"4600 mV\"",
        "fully_charged_voltage = 4150",
        "under_voltage_cutoff = \"2900\"",
        "load_switch_type = \"relay\"",
        "state_of_charge_to_set = \"50 %\"",
        "allowed_disbalance = \"20 mV\"",
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let name = path.to_str().unwrap();
    let fault = |line: usize, words: &str| format!("{name}:{line}: {words}");
    let words = [
        fault(2, "colour: unknown key"),
        fault(4, "firmware: it has to be a text"),
        fault(5, "colour: unknown key; right are firmware"),
        fault(
            7,
            "over_heat_cutof: no setting has this name, did you mean \"over_heat_cutoff\"?",
        ),
        fault(8, "over_heat_cutoff: °F where °C is right"),
        fault(9, "over_voltage_cutoff: 4600 mV is not 1200 to 4500 mV"),
        fault(
            10,
            "fully_charged_voltage: it has to be a text in quotes, with its unit: 1200 to 4500 mV",
        ),
        fault(11, "under_voltage_cutoff: no unit where mV is right"),
        fault(12, "load_switch_type: \"relay\" is not one of fet"),
        fault(13, "state_of_charge_to_set: it can only be set"),
    ];
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .chain(["has 10 errors"])
        .collect();
    refused(
        wire.place(),
        &["settings", "import", name, "--yes"],
        USAGE,
        &words,
    );
    refused(
        wire.place(),
        &["settings", "diff", name],
        USAGE,
        &["has 10 errors"],
    );
    assert_eq!(wire.connections(), 0);
}

#[test]
fn what_only_the_device_can_refuse_is_named_with_its_line_too() {
    let twin = Twin::tcp(&["--current", "-5"]);
    let wire = Wire::to(&twin, |_| false);
    let file = Exported::from(&twin);
    file.replace(
        "over_heat_cutoff = \"60 °C\"",
        "over_heat_cutoff = \"55 °C\"",
    );
    file.replace(
        "charge_over_current_cutoff = \"20 A\"",
        "charge_over_current_cutoff = \"200 A\"",
    );
    let text = fs::read_to_string(&file.path).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains("200 A"))
        .unwrap();
    let place = format!("settings.toml:{line}: charge_over_current_cutoff");
    refused(
        wire.place(),
        &["settings", "import", file.name(), "--yes"],
        USAGE,
        &[&place, "200 A, and this BMS takes 1 to 150 A"],
    );
    assert_eq!(
        (wire.writes(), setting(twin.place(), "over_heat_cutoff")),
        (0, object!(60))
    );
}

#[test]
fn a_file_that_is_none_is_refused() {
    let nowhere = ["--tcp", "127.0.0.1:1"];
    refused(
        nowhere,
        &["settings", "import", "/no/such/file", "--yes"],
        USAGE,
        &["/no/such/file", "settings export"],
    );
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.toml");
    let name = path.to_str().unwrap();
    for (content, words) in [
        ("", "format: missing"),
        ("format = \"other\"\n[settings]\n", "other.toml:1: format"),
        (
            "format = \"tinybms-settings-1\"\nsettings = 3\n",
            "other.toml:2: settings",
        ),
        (
            "format = \"tinybms-settings-1\"\n[settings]\nover_heat_cutoff = \"60 °C\"\nover_heat_cutoff = \"61 °C\"\n",
            "other.toml:4",
        ),
        ("format = ", "other.toml:1: file: not valid TOML"),
    ] {
        fs::write(&path, content).unwrap();
        refused(
            nowhere,
            &["settings", "import", name, "--yes"],
            USAGE,
            &[words],
        );
    }
    fs::write(&path, [0xFF, 0xFE]).unwrap();
    refused(nowhere, &["settings", "diff", name], USAGE, &["other.toml"]);
}
