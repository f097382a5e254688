//! `list` and `get`.

use serde_json::{Value, json};
use tinybms_proto::{DeviceLimits, Firmware, Setting, Settings, SettingsOption, blocking::TinyBms};

use super::{
    super::{
        answer::{Answer, table},
        device::Device,
        quantity::NOTHING,
        trouble::Trouble,
    },
    value,
};

/// Everything there is to know about a setting.
struct Row {
    setting: Setting,
    present: Option<i32>,
    default: Option<i32>,
    limits: Option<(i32, i32)>,
}

fn rows(device: &mut Device, wanted: &[Setting]) -> Result<Vec<Row>, Trouble> {
    let firmware = device.firmware();
    let present = device.ask(TinyBms::settings)?;
    let limits = device.ask(TinyBms::device_limits)?;
    let defaults = device.ask(|bms| bms.settings_by(SettingsOption::Default))?;
    let row = |&setting: &Setting| row(setting, &present, &limits, &defaults, firmware);
    Ok(wanted.iter().map(row).collect())
}

fn row(
    setting: Setting,
    present: &Settings,
    limits: &DeviceLimits,
    defaults: &Settings,
    firmware: Firmware,
) -> Row {
    let exists = setting.entry().exists_on(firmware);
    Row {
        setting,
        present: present.get(setting).filter(|_| exists),
        default: defaults.get(setting).filter(|_| exists),
        limits: narrowed(setting, limits.range(setting).filter(|_| exists)),
    }
}

/// What both this device and the document allow.
fn narrowed(setting: Setting, device: Option<(i32, i32)>) -> Option<(i32, i32)> {
    let (from, to) = device?;
    let (least, most) = setting.entry().range.unwrap_or((from, to));
    Some((from.max(least), to.min(most)))
}

/// All settings that this firmware has.
pub(super) fn all(device: &mut Device) -> Result<Answer, Trouble> {
    let firmware = device.firmware();
    let there: Vec<Setting> = Setting::ALL
        .into_iter()
        .filter(|setting| setting.entry().exists_on(firmware))
        .collect();
    Ok(answer(&rows(device, &there)?, firmware))
}

/// These settings; one that this firmware does not have is said so.
pub(super) fn some(device: &mut Device, wanted: &[Setting]) -> Result<Answer, Trouble> {
    let firmware = device.firmware();
    if let Some(missing) = wanted.iter().find(|one| !one.entry().exists_on(firmware)) {
        return Err(Trouble::Setting {
            name: missing.name().to_owned(),
            problem: format!("firmware {firmware} of this BMS does not have it"),
        });
    }
    Ok(answer(&rows(device, wanted)?, firmware))
}

fn shown(setting: Setting, value: Option<i32>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value::shown(setting, value))
}

fn limits_of(row: &Row) -> String {
    match row.limits {
        Some(range) => value::limits(row.setting, range),
        None => value::allowed(row.setting, row.setting.entry().range),
    }
}

fn json_row(row: &Row) -> Value {
    let value = |value: Option<i32>| value.map(|value| value::json(row.setting, value));
    json!({
        "name": row.setting.name(),
        "register": row.setting.entry().address,
        "unit": value::symbol(row.setting),
        "value": value(row.present),
        "default": value(row.default),
        "min": value(row.limits.map(|limits| limits.0)),
        "max": value(row.limits.map(|limits| limits.1)),
        "choices": value::choices(row.setting),
        "readable": row.setting.is_readable(),
    })
}

fn answer(rows: &[Row], firmware: Firmware) -> Answer {
    let heads = ["setting", "value", "default", "this BMS takes"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for row in rows {
        let value = if row.setting.is_readable() {
            shown(row.setting, row.present)
        } else {
            "only set".to_owned()
        };
        lines.push(vec![
            row.setting.name().to_owned(),
            value,
            shown(row.setting, row.default),
            limits_of(row),
        ]);
    }
    let list: Vec<Value> = rows.iter().map(json_row).collect();
    Answer {
        lines: table(&lines, &[]),
        json: json!({ "firmware": firmware.to_string(), "settings": list }),
    }
}
