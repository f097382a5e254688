//! Starting other programs: printed before they run, their output passed through.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// A program with its arguments, to be run in one folder.
pub(super) struct Call {
    shown: String,
    command: Command,
}

impl Call {
    /// `program` run in `folder`.
    pub(super) fn new(program: &str, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder);
        Self {
            shown: program.to_owned(),
            command,
        }
    }

    /// Cargo of the toolchain that runs this program.
    ///
    /// The plain name, not `$CARGO`: only rustup's proxy understands `+toolchain`.
    pub(super) fn cargo(folder: &Path) -> Self {
        Self::new("cargo", folder)
    }

    /// Adds arguments.
    pub(super) fn args<I, S>(mut self, arguments: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Sets one variable of the environment.
    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.shown = format!(
            "{name}={:?} {}",
            value.as_ref().to_string_lossy(),
            self.shown
        );
        self.command.env(name, value);
        self
    }

    /// Runs it with its output on the terminal; an exit status other than 0 is the error.
    pub(super) fn run(mut self) -> Result<(), String> {
        println!("$ {}", self.shown);
        match self.command.stdin(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{}` ended with {status}", self.shown)),
            Err(error) => Err(format!("`{}` did not start: {error}", self.shown)),
        }
    }

    /// Runs it unseen and returns what it printed; its error output is in the error.
    pub(super) fn read(self) -> Result<String, String> {
        Ok(self.output()?.0)
    }

    /// Runs it unseen and returns its error output, where some programs report how it went.
    pub(super) fn read_report(self) -> Result<String, String> {
        println!("$ {}", self.shown);
        Ok(self.output()?.1)
    }

    fn output(mut self) -> Result<(String, String), String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("`{}` did not start: {error}", self.shown))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, report) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() {
            Ok((printed, report))
        } else {
            Err(format!(
                "`{}` ended with {}: {}",
                self.shown,
                output.status,
                report.trim()
            ))
        }
    }
}
