//! The loop: lines in, lines out, and the files beside them.

use std::{
    fs::File,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use super::{
    InputError, LONGEST_LINE, Line, Lines, Session,
    state_file::{Keeper, StateFile},
};
use crate::failure::Failure;

/// The files a session may have.
#[derive(Debug, Default, Clone, Copy)]
pub struct Files<'a> {
    /// What survived the last run.
    pub load_state: Option<&'a Path>,
    /// What survives this one.
    pub save_state: Option<&'a Path>,
    /// Every step with its decision, for `replay`.
    pub log: Option<&'a Path>,
}

/// Answers every line of the input until it ends; sentences for people go to `notes`.
///
/// A reader of the output that goes away ends the session as the end of the input does.
///
/// # Errors
/// The first line is not one, which the output then says; or a file or the input fails.
pub fn run(
    files: Files<'_>,
    input: impl BufRead,
    output: impl Write,
    notes: impl Write,
) -> Result<(), Failure> {
    match serve(files, input, output, notes) {
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn serve(
    files: Files<'_>,
    input: impl BufRead,
    mut output: impl Write,
    mut notes: impl Write,
) -> Result<(), Failure> {
    let state = files.load_state.map(StateFile::read).transpose()?;
    let mut lines = Lines::new(input, LONGEST_LINE);
    let mut session = match first_line(&mut lines)? {
        Ok(session) => session,
        Err(error) => {
            put(&mut output, &error.to_line(1))?;
            return Err(Failure::Said(2));
        }
    };
    let unusable = state.and_then(|state| state.restore(&mut session, &mut notes));
    let mut keeper = files.save_state.map(|path| Keeper::new(path, unusable));
    let mut log = files.log.map(Log::create).transpose()?;
    if let Some(keeper) = &mut keeper {
        keeper.save(&session)?;
    }
    if let Some(log) = &mut log {
        log.append(session.start_line())?;
    }
    put(&mut output, &session.ready())?;
    while let Some((number, line)) = lines.next_line().map_err(Failure::Input)? {
        let reply = session.reply(number, line);
        // Whoever acts on the answer may rely on both files.
        if reply.stepped {
            if let Some(keeper) = &mut keeper {
                keeper.save(&session)?;
            }
            if let (Some(log), Line::Whole(step)) = (&mut log, line) {
                log.step(step, &reply.text)?;
            }
        }
        put(&mut output, &reply.text)?;
    }
    Ok(())
}

fn first_line(lines: &mut Lines<impl BufRead>) -> Result<Result<Session, InputError>, Failure> {
    let line = lines.next_line().map_err(Failure::Input)?;
    let missing = || {
        let words = "the input ended before its first line, which says the number of packs";
        Err(InputError::new(words))
    };
    Ok(line.map_or_else(missing, |(_, line)| Session::start(line)))
}

/// One line, which the other side has when this returns.
fn put(output: &mut impl Write, text: &str) -> Result<(), Failure> {
    output
        .write_all(format!("{text}\n").as_bytes())
        .and_then(|()| output.flush())
        .map_err(Failure::Output)
}

/// The log that `replay` reads.
struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    fn create(path: &Path) -> Result<Self, Failure> {
        let path = path.to_owned();
        match File::create(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(unwritable(path, error)),
        }
    }

    fn append(&mut self, mut text: String) -> Result<(), Failure> {
        text.push('\n');
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| unwritable(self.path.clone(), error))
    }

    fn step(&mut self, step: &[u8], decision: &str) -> Result<(), Failure> {
        // A line that was a step is text.
        let step = String::from_utf8_lossy(step.trim_ascii());
        self.append(format!("{{\"step\":{step},\"decision\":{decision}}}"))
    }
}

fn unwritable(path: PathBuf, error: io::Error) -> Failure {
    Failure::Write {
        what: "the log",
        path,
        error,
    }
}
