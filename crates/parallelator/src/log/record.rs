//! Rows as CSV records.

use jiff::Timestamp;

use crate::{hub::Row, rack::Description};

/// One record in the form of RFC 4180, with its line end.
fn line<'a>(fields: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let written = writer.write_record(fields.map(|field| field.into_owned().into_bytes()));
    match (written, writer.into_inner()) {
        (Ok(()), Ok(line)) => line,
        // A vector takes everything, and a writer that has seen one record cannot find its length wrong.
        _ => Vec::new(),
    }
}

/// The header: every column with its unit.
#[must_use]
pub fn header(description: &Description) -> Vec<u8> {
    let rack = [
        "time_utc",
        "uptime_s",
        "system",
        "bus_voltage_mv",
        "bus_current_ma",
        "load_permit",
        "charge_permit",
        "discharge_limit_ma",
        "charge_limit_ma",
        "charge_voltage_limit_mv",
    ];
    let packs = (1..=description.packs.len()).flat_map(|number| {
        [
            "voltage_mv",
            "current_ma",
            "temperature_c",
            "state",
            "reason",
        ]
        .map(|column| format!("pack{number}_{column}").into())
    });
    line(rack.into_iter().map(Into::into).chain(packs))
}

/// One second; a cell is empty where nothing was measured.
#[must_use]
pub fn record(row: &Row, now: Timestamp) -> Vec<u8> {
    let number = |value: Option<i32>| value.map_or_else(String::new, |value| value.to_string());
    let flag = |value: bool| u8::from(value).to_string();
    let rack = [
        format!("{now:.3}"),
        format!("{}.{:03}", row.now_ms / 1_000, row.now_ms % 1_000),
        row.system.code().to_owned(),
        number(row.bus_mv),
        number(row.bus_ma),
        flag(row.load_permit),
        flag(row.charge_permit),
        row.dcl_ma.to_string(),
        row.ccl_ma.to_string(),
        row.cvl_mv.to_string(),
    ];
    let packs = row.packs.iter().flat_map(|pack| {
        [
            number(pack.voltage_mv),
            number(pack.current_ma),
            pack.temperature_dc.map_or_else(String::new, |tenths| {
                format!("{:.1}", f64::from(tenths) / 10.0)
            }),
            pack.state.code().to_owned(),
            pack.reason.code().to_owned(),
        ]
    });
    line(rack.into_iter().chain(packs).map(Into::into))
}
