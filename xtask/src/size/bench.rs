//! The drivers beside others of their kind: the table of `bench/`, and the limits ours have to keep.

use std::{collections::BTreeMap, fmt::Write, path::Path, process::Command};

use super::measure::{self, Wire};

/// Image with the bus and nothing else; all sizes are counted from it.
const EMPTY: &str = "empty";

/// The most that an operation of ours may cost.
struct Limit {
    bytes: u64,
    transactions: u64,
    wire_bytes: u64,
    instructions: u64,
}

/// One line of a table.
struct Row {
    /// Name of the operation in `bench/`.
    operation: &'static str,
    label: &'static str,
    /// Whether the fake bus of the image can play its part to the end.
    counts: bool,
    limit: Option<Limit>,
}

const fn peer(operation: &'static str, label: &'static str) -> Row {
    Row {
        operation,
        label,
        counts: true,
        limit: None,
    }
}

const MONITORS: [Row; 7] = [
    Row {
        operation: "ours-ina226",
        label: "**ina226-driver**, calibration checked at run time",
        counts: true,
        limit: Some(Limit {
            bytes: 400,
            transactions: 2,
            wire_bytes: 10,
            instructions: 300,
        }),
    },
    Row {
        operation: "ours-ina226-all",
        label: "**ina226-driver**, `init` of any part and checked `reading`",
        counts: false,
        limit: None,
    },
    peer("ina226", "ina226 0.3.0, shunt at run time"),
    peer("ina226-folded", "ina226 0.3.0, shunt a constant"),
    peer("ina226-tp", "ina226-tp 0.4.1"),
    peer("embedded-devices", "embedded-devices 0.10.3"),
    peer("floor-ina226", "by hand, nothing checked"),
];

const EXPANDERS: [Row; 7] = [
    Row {
        operation: "ours-tca9555",
        label: "**tca9555-driver**, copy and recovery included",
        counts: true,
        limit: Some(Limit {
            bytes: 250,
            transactions: 2,
            wire_bytes: 9,
            instructions: 220,
        }),
    },
    peer(
        "ours-tca9555-start",
        "**tca9555-driver**, safe start, all checked",
    ),
    peer("tca9555", "tca9555 0.1.0"),
    peer("tca9535", "tca9535 0.1.0"),
    peer("port-expander", "port-expander 0.6.5, two chips"),
    peer("pca9555", "pca9555 0.1.1, one input and one output, async"),
    peer("floor-tca9555", "by hand, nothing remembered"),
];

const SERIAL: [Row; 4] = [
    Row {
        operation: "ours-tinybms",
        label: "**tinybms-proto**, checksum without a table",
        counts: true,
        limit: Some(Limit {
            bytes: 390,
            transactions: 1,
            wire_bytes: 21,
            instructions: 600,
        }),
    },
    Row {
        operation: "ours-tinybms-table",
        label: "**tinybms-proto**, checksum from a table of 512 bytes",
        counts: true,
        limit: Some(Limit {
            bytes: 900,
            transactions: 1,
            wire_bytes: 21,
            instructions: 450,
        }),
    },
    peer("rmodbus", "rmodbus 0.13.0"),
    peer("floor-modbus", "by hand, checksum bit by bit"),
];

/// The safe start, counted until the pins are as ordered.
const START: &str = "ours-tca9555-pins";
const START_TRANSACTIONS: u64 = 3;

/// What was measured of one row.
struct Cost {
    bytes: u64,
    wire: Wire,
    instructions: Option<u64>,
}

/// Measures everything; the tables, and a sentence for each limit that was missed.
pub(super) fn table(workspace: &Path) -> Result<(String, Vec<String>), String> {
    let bench = workspace.join("bench");
    let wires = measure::wires(&bench)?;
    let empty = measure::image_size(&bench, EMPTY)?;
    let has_emulator = measure::has_emulator();
    let mut text = String::new();
    let mut missed = Vec::new();
    for (title, rows) in [
        ("voltage and current of an INA226", MONITORS.as_slice()),
        ("read and write sixteen pins", &EXPANDERS),
        ("ask for four registers over a serial line", &SERIAL),
    ] {
        text.push_str(&header(title));
        for row in rows {
            let cost = cost(&bench, row, &wires, empty, has_emulator)?;
            text.push_str(&line(row.label, &cost));
            missed.extend(row.limit.iter().flat_map(|limit| limit.missed(row, &cost)));
        }
        text.push('\n');
    }
    let start = wire_of(START, &wires)?.transactions;
    if start > START_TRANSACTIONS {
        missed.push(format!(
            "{START}: {start} transactions until the pins are as ordered, limit {START_TRANSACTIONS}"
        ));
    }
    text.push_str(&footer(start, has_emulator)?);
    Ok((text, missed))
}

fn cost(
    bench: &Path,
    row: &Row,
    wires: &BTreeMap<String, Wire>,
    empty: u64,
    has_emulator: bool,
) -> Result<Cost, String> {
    let instructions = if has_emulator && row.counts {
        Some(measure::instructions(bench, row.operation)?)
    } else {
        None
    };
    Ok(Cost {
        bytes: measure::image_size(bench, row.operation)?.saturating_sub(empty),
        wire: wire_of(row.operation, wires)?,
        instructions,
    })
}

fn wire_of(operation: &str, wires: &BTreeMap<String, Wire>) -> Result<Wire, String> {
    wires
        .get(operation)
        .copied()
        .ok_or_else(|| format!("the host program of bench/ does not know {operation}"))
}

impl Limit {
    fn missed(&self, row: &Row, cost: &Cost) -> Vec<String> {
        let Cost {
            bytes,
            wire,
            instructions,
        } = cost;
        [
            ("bytes", *bytes, self.bytes),
            ("transactions", wire.transactions, self.transactions),
            ("bytes on the wire", wire.bytes, self.wire_bytes),
            (
                "instructions",
                instructions.unwrap_or_default(),
                self.instructions,
            ),
        ]
        .into_iter()
        .filter(|(_, found, limit)| found > limit)
        .map(|(what, found, limit)| format!("{}: {found} {what}, limit {limit}", row.operation))
        .collect()
    }
}

fn header(title: &str) -> String {
    format!(
        "| {title} | bytes | transactions | bytes on the wire | instructions |\n\
         | --- | ---: | ---: | ---: | ---: |\n"
    )
}

fn line(label: &str, cost: &Cost) -> String {
    let instructions = cost
        .instructions
        .map_or_else(|| "-".to_owned(), |count| count.to_string());
    format!(
        "| {label} | {} | {} | {} | {instructions} |\n",
        cost.bytes, cost.wire.transactions, cost.wire.bytes
    )
}

fn footer(start: u64, has_emulator: bool) -> Result<String, String> {
    let mut text = format!(
        "Cortex-M33, {}, opt-level z, fat LTO; bytes of flash beyond an image with the same bus. The safe start has its\n\
         pins as ordered after {start} transactions; the others check what no pin shows.",
        compiler()?
    );
    let instructions = if has_emulator {
        "Instructions of one operation on an\nemulated core, its fake bus included. How: `bench/README.md`."
    } else {
        "Instructions need `qemu-system-arm`\n(Debian: `apt-get install qemu-system-arm`), then `cargo xtask size` again."
    };
    writeln!(text, " {instructions}").map_err(|error| error.to_string())?;
    Ok(text)
}

/// Name and version of the compiler, without hash and date.
fn compiler() -> Result<String, String> {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .map_err(|error| format!("rustc cannot be started: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = version.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}
