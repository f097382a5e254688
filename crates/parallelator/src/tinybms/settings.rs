//! `settings`: read, compared, written, kept in files.

mod fault;
mod file;
mod list;
mod value;
mod write;

use std::path::PathBuf;

use serde_json::json;
use tinybms_proto::{Changes, Setting, blocking::TinyBms};

pub use fault::{FileFault, FileFaults};

use super::{
    Options,
    answer::{Answer, table},
    consent,
    device::Device,
    quantity::NOTHING,
    trouble::Trouble,
};
use crate::{failure::Failure, rack::nearest};
use write::Wanted;

/// What is to be done with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsTask {
    /// All of them.
    List,
    /// Some.
    Get {
        /// Their names.
        names: Vec<String>,
    },
    /// Changes some.
    Set {
        /// `name=value`, each.
        changes: Vec<String>,
        /// Prints the frames only.
        dry_run: bool,
        /// Without being asked.
        yes: bool,
    },
    /// Writes a file.
    Export {
        /// Where.
        file: PathBuf,
        /// Also over another file.
        force: bool,
    },
    /// Writes the BMS.
    Import {
        /// From where.
        file: PathBuf,
        /// Prints the frames only.
        dry_run: bool,
        /// Without being asked.
        yes: bool,
    },
    /// Compares.
    Diff {
        /// With this file.
        file: PathBuf,
        /// And this one, or the BMS.
        other: Option<PathBuf>,
    },
}

const WRITES: &str = "changes settings of the BMS";

pub(super) fn run(task: &SettingsTask, options: &Options) -> Result<(), Failure> {
    let open = || Device::open(options.place.as_ref(), options.timeout);
    match task {
        SettingsTask::List => list::all(&mut open()?)?.print(options.json),
        SettingsTask::Get { names } => {
            let settings = names.iter().map(|name| named(name));
            let settings = settings.collect::<Result<Vec<_>, _>>()?;
            list::some(&mut open()?, &settings)?.print(options.json)
        }
        SettingsTask::Set {
            changes,
            dry_run,
            yes,
        } => {
            let changes = assignments(changes)?;
            if !dry_run {
                consent::check(*yes, WRITES)?;
            }
            let wanted = Wanted {
                changes,
                dry_run: *dry_run,
                yes: *yes,
            };
            write::run(&mut open()?, &wanted, options.json)
        }
        SettingsTask::Export { file, force } => {
            file::export(&mut open()?, file, *force)?.print(options.json)
        }
        SettingsTask::Import { file, dry_run, yes } => {
            let content = file::read(file)?;
            if !dry_run {
                consent::check(*yes, WRITES)?;
            }
            let mut device = open()?;
            content.check_against(&mut device)?;
            let wanted = Wanted {
                changes: content.changes,
                dry_run: *dry_run,
                yes: *yes,
            };
            write::run(&mut device, &wanted, options.json)
        }
        SettingsTask::Diff { file, other } => {
            let ours = file::read(file)?.changes;
            let (theirs, name) = match other {
                Some(other) => (file::read(other)?.changes, other.display().to_string()),
                None => {
                    let mut device = open()?;
                    let present = device.ask(TinyBms::settings)?;
                    let all = Changes::from_settings(&present, device.firmware());
                    (only(&all, &ours), "BMS".to_owned())
                }
            };
            compare(
                &ours,
                &file.display().to_string(),
                &theirs,
                &name,
                options.json,
            )
        }
    }
}

/// The setting with this name, or which one may have been meant.
fn named(name: &str) -> Result<Setting, Trouble> {
    Setting::from_name(name).ok_or_else(|| Trouble::Setting {
        name: name.to_owned(),
        problem: unknown(name),
    })
}

/// What to say about a name that no setting has.
fn unknown(name: &str) -> String {
    match nearest(name, Setting::ALL.into_iter().map(Setting::name)) {
        Some(nearest) => format!("no setting has this name, did you mean \"{nearest}\"?"),
        None => "no setting has this name, see `settings list`".to_owned(),
    }
}

/// `name=value`, each name once.
fn assignments(texts: &[String]) -> Result<Changes, Trouble> {
    let mut changes = Changes::new();
    for text in texts {
        let trouble = |problem| Trouble::Setting {
            name: text.clone(),
            problem,
        };
        let (name, value) = text.split_once('=').ok_or_else(|| {
            trouble("not of the form NAME=VALUE, for example over_voltage_cutoff=4200".to_owned())
        })?;
        let setting = named(name.trim())?;
        if changes.get(setting).is_some() {
            return Err(trouble("this setting stands there twice".to_owned()));
        }
        let number = value::read(setting, value, false).map_err(trouble)?;
        value::put(&mut changes, setting, number).map_err(trouble)?;
    }
    Ok(changes)
}

/// Those of `all` that stand in `chosen` too.
fn only(all: &Changes, chosen: &Changes) -> Changes {
    let mut some = Changes::new();
    for (setting, value) in all.iter() {
        if chosen.get(setting).is_some() {
            // A value outside the document's range is shown as missing: it cannot be the one of a file.
            let _ = some.set(setting, value);
        }
    }
    some
}

fn shown(setting: Setting, value: Option<i32>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value::shown(setting, value))
}

/// Prints what differs; status 1 when anything does.
fn compare(
    ours: &Changes,
    our_name: &str,
    theirs: &Changes,
    their_name: &str,
    json: bool,
) -> Result<(), Failure> {
    let heads = ["setting", our_name, their_name];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let mut list = Vec::new();
    for setting in Setting::ALL {
        let (our, their) = (ours.get(setting), theirs.get(setting));
        if our == their {
            continue;
        }
        rows.push(vec![
            setting.name().to_owned(),
            shown(setting, our),
            shown(setting, their),
        ]);
        list.push(json!({
            "name": setting.name(),
            "unit": value::symbol(setting),
            "file": our.map(|value| value::json(setting, value)),
            "other": their.map(|value| value::json(setting, value)),
        }));
    }
    let differs = !list.is_empty();
    let lines = if differs {
        table(&rows, &[])
    } else {
        vec!["no difference".to_owned()]
    };
    let answer = Answer {
        lines,
        json: json!({ "same": !differs, "differences": list }),
    };
    answer.print(json)?;
    if differs {
        return Err(Failure::Said(1));
    }
    Ok(())
}
