//! `set` and `import`: check, show, ask, write each setting once, read back.

use serde_json::{Value, json};
use tinybms_proto::{
    Changes, Difference, Plan, Setting, SettingError, Settings, blocking::TinyBms,
};

use super::{
    super::{
        answer::{Answer, remark, say, table},
        consent,
        device::Device,
        quantity::{NOTHING, hex},
        trouble::Trouble,
    },
    value,
};
use crate::failure::Failure;

/// Room for the frame of one planned write.
const FRAME: usize = 16;

/// What is to be so, and how.
pub(super) struct Wanted {
    pub(super) changes: Changes,
    pub(super) dry_run: bool,
    pub(super) yes: bool,
}

pub(super) fn run(device: &mut Device, wanted: &Wanted, json: bool) -> Result<(), Failure> {
    let present = device.ask(TinyBms::settings)?;
    let limits = device.ask(TinyBms::device_limits)?;
    let plan = Plan::new(&present, &wanted.changes, device.firmware(), &limits).map_err(refused)?;
    let differences: Vec<Difference> = wanted.changes.differences(&present).collect();
    if differences.is_empty() {
        let lines = vec!["the BMS holds these values already, nothing to write".to_owned()];
        let json_answer = json!({ "dry_run": wanted.dry_run, "written": [], "differences": [] });
        return print(lines, json_answer, json);
    }
    let lines = difference_lines(&differences);
    if wanted.dry_run {
        return dry_run(&plan, &differences, lines, json);
    }
    if !json {
        say(&lines)?;
    } else if !wanted.yes {
        for line in &lines {
            remark(line);
        }
    }
    consent::ask(wanted.yes, &question(&differences))?;
    let applied = device.ask(|bms| Ok(bms.allow_writes().apply(&plan)))?;
    match applied {
        Ok(()) => {
            let now = device.ask(TinyBms::settings)?;
            let (lines, list) = outcome(&differences, &now);
            let json_answer = json!({ "dry_run": false, "written": list, "differences": json_differences(&differences) });
            print(lines, json_answer, json)?;
            if differences
                .iter()
                .any(|one| holds(one, &now) == Some(false))
            {
                let words =
                    "the BMS confirmed every write, but does not hold every value".to_owned();
                return Err(Trouble::NotSo(words).into());
            }
            Ok(())
        }
        Err(error) => {
            let trouble = device.trouble(error);
            // What it holds now is worth more than the error alone, but it may be silent.
            if let Ok(now) = device.ask(TinyBms::settings) {
                let (lines, list) = outcome(&differences, &now);
                print(
                    lines,
                    json!({ "error": trouble.to_string(), "written": list }),
                    json,
                )?;
            }
            Err(trouble.into())
        }
    }
}

/// The reason in the units in which the person wrote.
fn refused(error: SettingError) -> Trouble {
    match error {
        SettingError::OutOfRange { setting, .. }
        | SettingError::BeyondDevice { setting, .. }
        | SettingError::NotAChoice { setting, .. } => Trouble::Setting {
            name: setting.name().to_owned(),
            problem: format!("{}; nothing was written", value::problem(setting, error)),
        },
        other => Trouble::Refused(other),
    }
}

fn print(lines: Vec<String>, json_answer: Value, json: bool) -> Result<(), Failure> {
    let answer = Answer {
        lines,
        json: json_answer,
    };
    answer.print(json)
}

fn from(difference: &Difference) -> String {
    let shown = |from| value::shown(difference.setting, from);
    difference.from.map_or_else(|| NOTHING.to_owned(), shown)
}

fn difference_lines(differences: &[Difference]) -> Vec<String> {
    let heads = ["setting", "is", "is to be"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for one in differences {
        let to = value::shown(one.setting, one.to);
        rows.push(vec![one.setting.name().to_owned(), from(one), to]);
    }
    table(&rows, &[])
}

fn json_differences(differences: &[Difference]) -> Vec<Value> {
    let value = |one: &Difference, number| value::json(one.setting, number);
    let object = |one: &Difference| {
        json!({
            "name": one.setting.name(),
            "unit": value::symbol(one.setting),
            "from": one.from.map(|from| value(one, from)),
            "to": value(one, one.to),
        })
    };
    differences.iter().map(object).collect()
}

fn question(differences: &[Difference]) -> String {
    let restarts = differences
        .iter()
        .any(|one| one.setting == Setting::OperationMode);
    let remark = if restarts {
        " The BMS restarts itself, which opens its switches."
    } else {
        ""
    };
    match differences.len() {
        1 => format!("Write this setting?{remark}"),
        count => format!("Write these {count} settings?{remark}"),
    }
}

/// The frames in the order in which they would be sent.
fn dry_run(
    plan: &Plan,
    differences: &[Difference],
    mut lines: Vec<String>,
    json: bool,
) -> Result<(), Failure> {
    let mut frames = Vec::new();
    for write in plan.writes() {
        let mut buffer = [0; FRAME];
        let frame = write.emit(&mut buffer);
        let frame = frame.map_err(|error| Trouble::NotSo(error.to_string()))?;
        frames.push((write.address(), hex(frame)));
    }
    lines.push(String::new());
    lines.push("dry run, nothing was written; these frames would be sent:".to_owned());
    for (register, frame) in &frames {
        lines.push(format!("{register}: {frame}"));
    }
    let frames: Vec<Value> = frames
        .iter()
        .map(|(register, frame)| json!({ "register": register, "frame": frame }))
        .collect();
    let json_answer = json!({
        "dry_run": true,
        "written": [],
        "differences": json_differences(differences),
        "frames": frames,
    });
    print(lines, json_answer, json)
}

/// Whether a setting has its new value; nothing for those that cannot be read.
fn holds(difference: &Difference, now: &Settings) -> Option<bool> {
    if !difference.setting.is_readable() {
        return None;
    }
    let mut wanted = Changes::new();
    // It was checked before it was written.
    let _ = wanted.set(difference.setting, difference.to);
    let is_left = wanted.differences(now).next().is_some();
    Some(!is_left)
}

/// What became of each setting, by what the BMS says now.
fn outcome(differences: &[Difference], now: &Settings) -> (Vec<String>, Vec<Value>) {
    let mut rows = Vec::new();
    let mut list = Vec::new();
    for one in differences {
        let holds = holds(one, now);
        let present = now.get(one.setting);
        let words = match (holds, present) {
            (None, _) => "cannot be read back".to_owned(),
            (Some(true), _) => "read back".to_owned(),
            (Some(false), Some(present)) => {
                format!(
                    "NOT so, the BMS holds {}",
                    value::shown(one.setting, present)
                )
            }
            (Some(false), None) => "NOT so".to_owned(),
        };
        rows.push(vec![
            one.setting.name().to_owned(),
            value::shown(one.setting, one.to),
            words,
        ]);
        list.push(json!({
            "name": one.setting.name(),
            "unit": value::symbol(one.setting),
            "value": value::json(one.setting, one.to),
            "read_back": holds,
        }));
    }
    (table(&rows, &[]), list)
}
