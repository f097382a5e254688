//! `sniff`: what comes over the line, without sending anything.

mod meaning;
mod splitter;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tinybms_proto::Frame;

use super::{
    Options, SniffOptions,
    answer::say,
    port::{Line, LineError},
    quantity::hex,
    stop::Stop,
    trouble::Trouble,
};
use crate::failure::Failure;
use splitter::{Item, Splitter};

/// Bytes taken at once.
const PIECE: usize = 256;
/// How soon Ctrl-C is noticed.
const LOOK: Duration = Duration::from_millis(50);
/// Silence after which an unfinished frame does not go on.
const SILENCE: Duration = Duration::from_millis(100);

/// Listens until somebody ends it, until there were enough items, or for a time.
pub(super) fn run(options: &Options, listening: SniffOptions) -> Result<(), Failure> {
    let place = options.place.clone().ok_or(Trouble::NoPlace)?;
    let mut line = match Line::open(&place) {
        Ok(line) => line,
        Err(error) => return Err(Trouble::Open { place, error }.into()),
    };
    let stop = Stop::install()?;
    let start = Instant::now();
    let mut heard = start;
    let mut splitter = Splitter::default();
    let mut shown = 0;
    let mut piece = [0; PIECE];
    loop {
        let is_over = listening
            .length
            .is_some_and(|length| start.elapsed() >= length)
            || stop.comes_within(Duration::ZERO);
        let items = if is_over {
            splitter.finish()
        } else {
            match line.read(LOOK, &mut piece) {
                Ok(0) if heard.elapsed() >= SILENCE => splitter.silence(),
                Ok(0) => Vec::new(),
                Ok(count) => {
                    heard = Instant::now();
                    splitter.push(&piece[..count])
                }
                Err(error) => {
                    show(
                        options.json,
                        listening,
                        start,
                        &splitter.finish(),
                        &mut shown,
                    )?;
                    return Err(closed(options, error).into());
                }
            }
        };
        let is_enough = show(options.json, listening, start, &items, &mut shown)?;
        if is_over || is_enough {
            return Ok(());
        }
    }
}

fn closed(options: &Options, error: LineError) -> Trouble {
    options
        .place
        .clone()
        .map_or(Trouble::NoPlace, |place| Trouble::Bms {
            place,
            error: tinybms_proto::Error::Port(error),
        })
}

/// Prints items; true when these were all that were wanted.
fn show(
    json: bool,
    listening: SniffOptions,
    start: Instant,
    items: &[Item],
    shown: &mut u64,
) -> Result<bool, Failure> {
    for item in items {
        let time = start.elapsed();
        if json {
            say(&[json_line(time, item, listening.hex).to_string()])?;
        } else {
            say(&[text_line(time, item, listening.hex)])?;
        }
        *shown += 1;
        if listening.count.is_some_and(|count| *shown >= count) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What kind of item it is, and what it says.
fn told(item: &Item) -> (&'static str, String) {
    match item {
        Item::Frame(bytes) => match Frame::parse(bytes) {
            Ok(frame) => ("frame", meaning::of_frame(frame)),
            Err(error) => ("noise", error.to_string()),
        },
        Item::Text(Ok(line), _) => ("text", meaning::of_line(line)),
        Item::Text(Err(error), _) => ("noise", error.to_string()),
        Item::Noise(bytes) => (
            "noise",
            format!("{} bytes that are no frame and no text", bytes.len()),
        ),
    }
}

fn text_line(time: Duration, item: &Item, with_bytes: bool) -> String {
    let (kind, words) = told(item);
    let line = format!("{:>9.3} s  {kind}  {words}", time.as_secs_f64());
    if with_bytes {
        format!("{line}  [{}]", hex(item.bytes()))
    } else {
        line
    }
}

fn json_line(time: Duration, item: &Item, with_bytes: bool) -> Value {
    let (kind, words) = told(item);
    let mut line = json!({ "time_s": time.as_secs_f64(), "kind": kind, "meaning": words });
    if let Item::Frame(bytes) = item {
        line["command"] = json!(bytes.get(1));
    }
    if let Item::Text(Ok(text), _) = item {
        line["values"] = meaning::json_line(text);
    }
    if with_bytes {
        line["hex"] = json!(hex(item.bytes()));
    }
    line
}
