//! Settings in a file: TOML, one setting a line with its unit, and the device it came from.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::json;
use tinybms_proto::{Changes, Setting, Settings, blocking::TinyBms, registers::VersionRegisters};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    super::{answer::Answer, device::Device, quantity::hex, trouble::Trouble},
    FileFault, FileFaults, unknown, value,
};
use crate::failure::Failure;

const FORMAT: &str = "tinybms-settings-1";
/// A file that is larger than this is none of ours.
const LARGEST_FILE: u64 = 1 << 20;
const DEVICE_KEYS: [&str; 4] = ["firmware", "hardware", "profile", "serial"];
const ADVICE: &str = "give a file that `settings export` has written";

/// The text of a file.
fn text(settings: &Settings, versions: &VersionRegisters) -> (String, usize) {
    let version = versions.version;
    let firmware = version.firmware;
    let mut text = format!(
        "# Settings of a TinyBMS. A line may be left out: its setting stays as it is.\n\
         format = \"{FORMAT}\"\n\n\
         [device] # where they come from\n\
         firmware = \"{firmware}\"\n\
         hardware = \"{}.{}\"\n\
         profile = \"{}\"\n",
        version.hardware, version.hardware_changes, versions.profile
    );
    if let Some(serial) = versions.serial {
        text += &format!("serial = \"{}\"\n", hex(&serial).replace(' ', ""));
    }
    text += "\n[settings]\n";
    let mut count = 0;
    for setting in Setting::ALL {
        let there = settings.get(setting);
        let Some(number) = there.filter(|_| setting.entry().exists_on(firmware)) else {
            continue;
        };
        let shown = value::shown(setting, number);
        // What could not be read back is kept as a remark.
        if value::read(setting, &shown, true)
            .is_ok_and(|read| Changes::new().set(setting, read).is_ok())
        {
            text += &format!("{setting} = \"{shown}\"\n");
            count += 1;
        } else {
            let right = value::allowed(setting, setting.entry().range);
            text += &format!("# {setting} = \"{shown}\" is not {right}\n");
        }
    }
    (text, count)
}

/// Writes all settings that can be read.
pub(super) fn export(device: &mut Device, path: &Path, force: bool) -> Result<Answer, Failure> {
    let settings = device.ask(TinyBms::settings)?;
    let (text, count) = text(&settings, &device.versions);
    write(path, &text, force).map_err(|error| Failure::Write {
        what: "the settings file",
        path: path.to_owned(),
        error,
    })?;
    let name = path.display().to_string();
    Ok(Answer {
        lines: vec![format!("{name}: {count} settings")],
        json: json!({ "file": name, "settings": count }),
    })
}

fn write(path: &Path, text: &str, force: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::other("it exists already; --force replaces it"),
        _ => error,
    })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A file that was read.
pub(super) struct Content {
    path: PathBuf,
    pub(super) changes: Changes,
    /// Line of each setting.
    lines: Vec<(Setting, usize)>,
}

/// Reads a file; every fault of it is named.
pub(super) fn read(path: &Path) -> Result<Content, Failure> {
    let unreadable = |error| Failure::Read {
        what: "the settings file",
        path: path.to_owned(),
        error,
        advice: ADVICE,
    };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        let error = io::Error::other(format!("larger than {LARGEST_FILE} bytes"));
        return Err(unreadable(error));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let mut reader = Reader {
        text: &text,
        faults: Vec::new(),
        changes: Changes::new(),
        lines: Vec::new(),
    };
    reader.file();
    let (changes, lines, faults) = (reader.changes, reader.lines, reader.faults);
    let content = Content {
        path: path.to_owned(),
        changes,
        lines,
    };
    content.refuse(faults)?;
    Ok(content)
}

impl Content {
    fn refuse(&self, mut faults: Vec<FileFault>) -> Result<(), Failure> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort_by_key(|fault| fault.line);
        let path = self.path.clone();
        Err(Trouble::File(FileFaults { path, faults }).into())
    }

    /// What this device does not have or does not take.
    pub(super) fn check_against(&self, device: &mut Device) -> Result<(), Failure> {
        let firmware = device.firmware();
        let limits = device.ask(TinyBms::device_limits)?;
        let mut faults = Vec::new();
        for &(setting, line) in &self.lines {
            let mut fault = |problem: String| {
                faults.push(FileFault {
                    line,
                    field: setting.name().to_owned(),
                    problem,
                });
            };
            if !setting.entry().exists_on(firmware) {
                fault(format!(
                    "firmware {firmware} of this BMS does not have it: take the line out"
                ));
                continue;
            }
            let number = self.changes.get(setting);
            if let (Some(number), Some(range)) = (number, limits.range(setting))
                && !(range.0..=range.1).contains(&number)
            {
                let right = value::limits(setting, range);
                fault(format!(
                    "{}, and this BMS takes {right}",
                    value::shown(setting, number)
                ));
            }
        }
        self.refuse(faults)
    }
}

struct Reader<'t> {
    text: &'t str,
    faults: Vec<FileFault>,
    changes: Changes,
    lines: Vec<(Setting, usize)>,
}

type Table<'i> = DeTable<'i>;

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn fault(&mut self, at: usize, field: &str, problem: impl Into<String>) {
        let line = self.line(at);
        self.faults.push(FileFault {
            line,
            field: field.to_owned(),
            problem: problem.into(),
        });
    }

    fn file(&mut self) {
        let (root, syntax) = DeTable::parse_recoverable(self.text);
        for error in &syntax {
            let at = error.span().map_or(0, |span| span.start);
            let words = error.message().replace('\n', ", ");
            self.fault(at, "file", format!("not valid TOML: {words}"));
        }
        if !syntax.is_empty() {
            return;
        }
        let root = root.get_ref();
        for (key, value) in root {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "format" => self.format(value),
                "device" => self.device(value),
                "settings" => self.settings(value),
                other => self.fault(
                    at,
                    other,
                    "unknown key; right are format, [device] and [settings]",
                ),
            }
        }
        for needed in ["format", "settings"] {
            if !root.contains_key(needed) {
                self.fault(0, needed, format!("missing: {ADVICE}"));
            }
        }
    }

    fn format(&mut self, value: &Spanned<DeValue<'_>>) {
        if value.get_ref().as_str() != Some(FORMAT) {
            let problem = format!("it has to be \"{FORMAT}\": {ADVICE}");
            self.fault(value.span().start, "format", problem);
        }
    }

    fn table<'v, 'i>(
        &mut self,
        name: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Option<&'v Table<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.fault(
                value.span().start,
                name,
                "it has to be a table in [brackets]",
            );
        }
        table
    }

    fn device(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = self.table("device", value) else {
            return;
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if !DEVICE_KEYS.contains(&name) {
                let right = DEVICE_KEYS.join(", ");
                self.fault(
                    key.span().start,
                    name,
                    format!("unknown key; right are {right}"),
                );
            } else if value.get_ref().as_str().is_none() {
                self.fault(value.span().start, name, "it has to be a text in quotes");
            }
        }
    }

    fn settings(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = self.table("settings", value) else {
            return;
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let at = key.span().start;
            let Some(setting) = Setting::from_name(name) else {
                self.fault(at, name, unknown(name));
                continue;
            };
            if !setting.is_readable() {
                self.fault(
                    at,
                    name,
                    "it can only be set, with `settings set`: take the line out",
                );
                continue;
            }
            let Some(text) = value.get_ref().as_str() else {
                let right = value::allowed(setting, setting.entry().range);
                let problem = format!("it has to be a text in quotes, with its unit: {right}");
                self.fault(value.span().start, name, problem);
                continue;
            };
            let put = value::read(setting, text, true)
                .and_then(|number| value::put(&mut self.changes, setting, number));
            match put {
                Ok(()) => {
                    let line = self.line(at);
                    self.lines.push((setting, line));
                }
                Err(problem) => self.fault(value.span().start, name, problem),
            }
        }
    }
}
