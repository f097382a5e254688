//! `watch`: one line a reading.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tinybms_proto::{blocking::TinyBms, registers::Live};

use super::{
    Options,
    answer::{remark, say},
    device::Device,
    quantity::{NOTHING, amperes, degrees, json_degrees, json_percent, percent, volts},
    stop::Stop,
    trouble::Trouble,
};
use crate::failure::Failure;

/// A BMS that hears nothing for this long goes to sleep (user manual, revision D).
const SLEEP_AFTER: Duration = Duration::from_secs(10);

/// Reads until somebody ends it, or so many times. A reading that fails is a line too.
pub(super) fn run(
    options: &Options,
    interval: Duration,
    count: Option<u64>,
) -> Result<(), Failure> {
    let mut device = Device::open(options.place.as_ref(), options.timeout)?;
    let stop = Stop::install()?;
    if interval <= SLEEP_AFTER {
        remark(&format!(
            "parallelator: a BMS that is asked more often than every {} s never goes to sleep",
            SLEEP_AFTER.as_secs()
        ));
    }
    if !options.json {
        say(&[line(
            [
                "time", "status", "voltage", "current", "charge", "lowest", "highest", "inside",
            ]
            .map(str::to_owned),
        )])?;
    }
    let start = Instant::now();
    let mut done = 0;
    let mut failed = 0;
    let mut due = start;
    loop {
        let time = start.elapsed();
        match device.ask(TinyBms::live) {
            Ok(live) if options.json => say(&[json_line(time, &live).to_string()])?,
            Ok(live) => say(&[table_line(time, &live)])?,
            Err(trouble) => {
                failed += 1;
                tell(options.json, time, &trouble)?;
                if trouble.is_final() {
                    return Err(Failure::Said(1));
                }
            }
        }
        done += 1;
        if count.is_some_and(|count| done >= count) {
            break;
        }
        due = (due + interval).max(Instant::now());
        if stop.comes_within(due.saturating_duration_since(Instant::now())) {
            return Ok(());
        }
    }
    if failed > 0 {
        return Err(Failure::Said(1));
    }
    Ok(())
}

fn clock(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Columns that stay in place from line to line.
fn line(cells: [String; 8]) -> String {
    let [
        time,
        status,
        voltage,
        current,
        charge,
        lowest,
        highest,
        inside,
    ] = cells;
    format!(
        "{time:>9}  {status:<13}  {voltage:>9}  {current:>11}  {charge:>9}  {lowest:>8}  {highest:>8}  {inside}"
    )
}

fn table_line(time: Duration, live: &Live) -> String {
    let missing = || NOTHING.to_owned();
    line([
        clock(time),
        live.status.to_string().replace('_', " "),
        live.pack_voltage
            .to_millivolts()
            .map_or_else(|_| missing(), volts),
        live.pack_current
            .to_milliamps()
            .map_or_else(|_| missing(), amperes),
        percent(live.state_of_charge),
        volts(live.min_cell),
        volts(live.max_cell),
        degrees(live.internal_temperature),
    ])
}

fn json_line(time: Duration, live: &Live) -> Value {
    json!({
        "time_s": time.as_secs_f64(),
        "status": live.status.name(),
        "status_code": live.status.code(),
        "voltage_mv": live.pack_voltage.to_millivolts().ok().map(i32::from),
        "current_ma": live.pack_current.to_milliamps().ok().map(i32::from),
        "state_of_charge_percent": json_percent(live.state_of_charge),
        "min_cell_mv": live.min_cell.get(),
        "max_cell_mv": live.max_cell.get(),
        "internal_temperature_c": json_degrees(live.internal_temperature),
    })
}

fn tell(json: bool, time: Duration, trouble: &Trouble) -> Result<(), Failure> {
    if json {
        let words = trouble.to_string();
        say(&[json!({ "time_s": time.as_secs_f64(), "error": words }).to_string()])
    } else {
        say(&[format!("{:>9}  {trouble}", clock(time))])
    }
}
