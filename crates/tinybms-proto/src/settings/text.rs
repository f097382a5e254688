//! Settings as text, one `name = value unit` a line.

use core::fmt;

use super::{Changes, ImportError, ImportFault, Setting, Settings};
use crate::reading::Firmware;

/// What stands before a remark.
const REMARK: char = '#';

/// The settings that can be read, to be printed or written to a file.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    settings: &'a Settings,
    firmware: Firmware,
}

impl<'a> Export<'a> {
    /// Those that firmware of this version has.
    #[must_use]
    pub const fn new(settings: &'a Settings, firmware: Firmware) -> Self {
        Self { settings, firmware }
    }
}

impl fmt::Display for Export<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (setting, value) in Changes::from_settings(self.settings, self.firmware).iter() {
            write!(f, "{setting} = ")?;
            match setting.choice_name(value) {
                Some(name) => f.write_str(name)?,
                None => value.fmt(f)?,
            }
            let symbol = setting.entry().unit.symbol();
            if !symbol.is_empty() {
                write!(f, " {symbol}")?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

impl Changes {
    /// From text as [`Export`] writes it: empty lines and remarks after `#` are skipped, units may be left out.
    ///
    /// # Errors
    ///
    /// The first line that is wrong. Nothing is taken over then.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let mut changes = Self::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.split(REMARK).next().unwrap_or_default().trim();
            if !content.is_empty() {
                changes
                    .take_line(content)
                    .map_err(|fault| ImportError { line, fault })?;
            }
        }
        Ok(changes)
    }

    fn take_line(&mut self, content: &str) -> Result<(), ImportFault> {
        let (name, rest) = content.split_once('=').ok_or(ImportFault::Form)?;
        let setting = Setting::from_name(name.trim()).ok_or(ImportFault::Name)?;
        let rest = rest.trim();
        let (value, unit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let unit = unit.trim();
        if !unit.is_empty() && unit != setting.entry().unit.symbol() {
            return Err(ImportFault::Unit(setting));
        }
        if self.get(setting).is_some() {
            return Err(ImportFault::Twice(setting));
        }
        let value = match value.parse() {
            Ok(number) => number,
            Err(_) => setting.choice_code(value).ok_or(ImportFault::Value)?,
        };
        self.set(setting, value).map_err(ImportFault::Setting)
    }
}
