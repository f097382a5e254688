//! `cargo xtask m33`: the core on an emulated Cortex-M33 answers a long log as on the host; what it costs there.
//!
//! `bench/m33/README.md` tells how it is measured.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::markers::write_between;
use crate::size::{
    TARGET, cargo,
    measure::{EMULATOR, emulate, flash, has_emulator},
};

/// The table stands between these two lines of the page.
const BEGIN: &str = "<!-- cargo xtask m33: begin -->";
const END: &str = "<!-- cargo xtask m33: end -->";
const PAGE: &str = "docs/safety.md";

/// Profiles of `bench/m33`, with the optimisation each stands for.
const PROFILES: [(&str, &str); 3] = [("release", "z"), ("board", "s"), ("fast", "3")];

/// The package with the images.
const IMAGE: &str = "m33-image";

/// What the log takes on a busy machine is a minute.
const EMULATION_LIMIT: Duration = Duration::from_secs(900);

/// 1 ms at 150 MHz and one instruction a cycle.
const STEP_GOAL: u64 = 150_000;
/// What the worst step of 16 packs, as the boards are built, may take.
const STEP_LIMIT: u64 = STEP_GOAL;
/// Flash of the core alone at opt-level z.
const FLASH_GOAL: u64 = 24 * 1024;
/// What it may take while the goal is missed: a guard against growth.
const FLASH_LIMIT: u64 = 42 * 1024;
/// Memory of a core for 16 packs.
const STATE_LIMIT: u64 = 4 * 1024;

/// What the image of one profile showed.
struct Measured {
    flash: u64,
    figures: BTreeMap<String, u64>,
}

/// Plays, compares, prints the table, and with `--write` puts it into the page. An answer that differs, or a figure above
/// its limit, is an error.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> Result<(), String> {
    let write = match arguments {
        [] => false,
        [only] if only == "--write" => true,
        _ => return Err("m33 takes --write or nothing".to_owned()),
    };
    if !has_emulator() {
        return Err(format!(
            "{EMULATOR} is not here (Debian: apt-get install {EMULATOR})"
        ));
    }
    let bench = workspace.join("bench/m33");
    let bench =
        fs::canonicalize(&bench).map_err(|error| format!("{}: {error}", bench.display()))?;
    let mut measured = Vec::new();
    for (profile, _) in PROFILES {
        measured.push(measure(&bench, profile)?);
    }
    let table = table(&measured)?;
    print!("{table}");
    if write {
        write_between(&workspace.join(PAGE), BEGIN, END, &table)?;
    }
    missed(&measured)
}

/// Builds, plays and compares one profile.
fn measure(bench: &Path, profile: &str) -> Result<Measured, String> {
    let weigh = |feature| flash(&build(bench, profile, feature)?);
    let (empty, core) = (weigh("empty")?, weigh("core")?);
    let folder = bench.join("target").join("played").join(profile);
    let folder_name = folder.to_string_lossy().into_owned();
    let host = |task| {
        cargo(
            bench,
            &["run", "--package", "m33-host", "--", task, &folder_name],
        )
    };
    host("record")?;
    let image = build(bench, profile, "play")?;
    let output = emulate(&image, &folder, EMULATION_LIMIT)?;
    if !output.status.success() {
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        return Err(format!("the emulated image failed: {}", printed.trim()));
    }
    let figures = host("judge")?
        .lines()
        .map(|line| {
            line.split_once('=')
                .and_then(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
                .ok_or_else(|| format!("the judge printed what is no figure: {line}"))
        })
        .collect::<Result<_, _>>()?;
    // They are large, and the judge has read them.
    fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Measured {
        flash: core.saturating_sub(empty),
        figures,
    })
}

fn build(bench: &Path, profile: &str, feature: &str) -> Result<PathBuf, String> {
    cargo(
        bench,
        &[
            "build",
            "--profile",
            profile,
            "--package",
            IMAGE,
            "--target",
            TARGET,
            "--features",
            feature,
        ],
    )?;
    let built = bench.join("target").join(TARGET).join(profile);
    Ok(built.join(IMAGE))
}

impl Measured {
    fn figure(&self, name: &str) -> Result<u64, String> {
        self.figures
            .get(name)
            .copied()
            .ok_or_else(|| format!("the judge did not tell {name}"))
    }

    /// The worst step of so many packs in the whole log.
    fn worst(&self, packs: u8) -> Result<u64, String> {
        let kinds = ["joining", "running", "others"];
        let worst = kinds.map(|kind| self.figure(&format!("{kind}_{packs}_worst")));
        worst
            .into_iter()
            .try_fold(0, |worst, one| Ok(worst.max(one?)))
    }
}

fn table(measured: &[Measured]) -> Result<String, String> {
    let mut text = String::from("| Cortex-M33, emulated |");
    for (_, level) in PROFILES {
        text.push_str(&format!(" opt-level {level} |"));
    }
    text.push_str(" goal |\n| --- | ---: | ---: | ---: | ---: |\n");
    let mut row =
        |label: String, goal: String, value: &dyn Fn(&Measured) -> Result<String, String>| {
            let mut line = format!("| {label} |");
            for one in measured {
                line.push_str(&format!(" {} |", value(one)?));
            }
            text.push_str(&format!("{line} {goal} |\n"));
            Ok::<(), String>(())
        };
    for packs in [4u8, 16, 32] {
        for (kind, what) in [
            ("joining", "joining, half of them refused"),
            ("running", "all connected, load moves"),
        ] {
            row(
                format!("instructions a step, {packs} packs, {what}: mean (worst)"),
                String::new(),
                &|one| {
                    let mean = one.figure(&format!("{kind}_{packs}_mean"))?;
                    let worst = one.figure(&format!("{kind}_{packs}_worst"))?;
                    Ok(format!("{mean} ({worst})"))
                },
            )?;
        }
        let goal = if packs == 16 {
            STEP_GOAL.to_string()
        } else {
            String::new()
        };
        row(
            format!("instructions, {packs} packs, worst step of the whole log"),
            goal,
            &|one| Ok(one.worst(packs)?.to_string()),
        )?;
    }
    row(
        "flash of the core alone, bytes".to_owned(),
        format!("{FLASH_GOAL} at z"),
        &|one| Ok(one.flash.to_string()),
    )?;
    row(
        "state of `Core<16>`, bytes".to_owned(),
        STATE_LIMIT.to_string(),
        &|one| Ok(one.figure("core_bytes_16")?.to_string()),
    )?;
    let first = measured.first().ok_or("nothing was measured")?;
    let (entries, steps, bytes) = (
        first.figure("entries")?,
        first.figure("steps")?,
        first.figure("bytes")?,
    );
    write!(
        text,
        "\n{entries} entries of the log, {steps} of them steps, were answered by the emulated core as by the host: {bytes} bytes, all\n\
         equal, at each of the three levels. The goal is 1 ms at 150 MHz with one instruction a cycle; memory that waits is not in\n\
         these figures. How: `bench/m33/README.md`.\n"
    )
    .map_err(|error| error.to_string())?;
    Ok(text)
}

/// A sentence for each limit that was missed; a goal that was, is told.
fn missed(measured: &[Measured]) -> Result<(), String> {
    let level = |wanted: &str| {
        PROFILES
            .iter()
            .zip(measured)
            .find(|((_, level), _)| *level == wanted)
            .map(|(_, measured)| measured)
            .ok_or_else(|| format!("opt-level {wanted} was not measured"))
    };
    let worst = level("s")?.worst(16)?;
    let (flash, state) = (level("z")?.flash, level("z")?.figure("core_bytes_16")?);
    let rows = [
        (
            "worst step of 16 packs at opt-level s, instructions",
            worst,
            STEP_GOAL,
            STEP_LIMIT,
        ),
        (
            "flash of the core at opt-level z, bytes",
            flash,
            FLASH_GOAL,
            FLASH_LIMIT,
        ),
        ("state of Core<16>, bytes", state, STATE_LIMIT, STATE_LIMIT),
    ];
    let mut sentences = Vec::new();
    for (what, found, goal, limit) in rows {
        let verdict = if found <= goal { "met" } else { "MISSED" };
        println!("{what}: {found}, goal {goal} {verdict}, limit {limit}");
        if found > limit {
            sentences.push(format!("{what}: {found}, limit {limit}"));
        }
    }
    if sentences.is_empty() {
        Ok(())
    } else {
        Err(sentences.join("\n"))
    }
}
