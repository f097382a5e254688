//! Replaying a recorded log: the same steps through the core of this program, compared with what was decided then.

mod compare;
mod log;
mod report;

use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
};

use parallelator_core::Params;

use crate::{
    cosim::{InputError, Json, Lines, Session, StateFile, set_by_name},
    failure::Failure,
};
use compare::{Fleet, first_difference};
use log::Entry;
use report::{Changes, Difference};

/// Longest line of a log: a step, and the decision beside it.
const LONGEST_LINE: usize = 2 * crate::cosim::LONGEST_LINE;

/// What to replay, and how.
#[derive(Debug, Default, Clone, Copy)]
pub struct Options<'a> {
    /// What had survived when the log was begun.
    pub load_state: Option<&'a Path>,
    /// Parameters to change, as `name=value`.
    pub set: &'a [String],
    /// Answer with one JSON object.
    pub json: bool,
}

/// The log while it is read.
struct Reading<'a> {
    path: &'a Path,
    lines: Lines<BufReader<File>>,
    line: u64,
}

/// Why the replay ended early.
enum Stop {
    /// The log cannot be used from here on.
    Log(InputError),
    Failure(Failure),
}

impl From<InputError> for Stop {
    fn from(error: InputError) -> Self {
        Self::Log(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Replays a log; sentences about its state file go to `notes`.
///
/// # Errors
/// A decision differs, which the output says then; or the log cannot be used.
pub fn run(
    path: &Path,
    options: Options<'_>,
    mut output: impl Write,
    notes: impl Write,
) -> Result<(), Failure> {
    check_names(options.set)?;
    let file = File::open(path).map_err(|error| Failure::Read {
        what: "the log",
        path: path.to_owned(),
        error,
        advice: "give the file that `parallelator cosim --log` wrote",
    })?;
    let mut reading = Reading {
        path,
        lines: Lines::new(BufReader::new(file), LONGEST_LINE),
        line: 0,
    };
    let done = if options.set.is_empty() {
        reading.verify(options, &mut output, notes)
    } else {
        reading.ask(options, &mut output, notes)
    };
    match done {
        Ok(()) => Ok(()),
        Err(Stop::Failure(failure)) => Err(failure),
        Err(Stop::Log(error)) if options.json => {
            say(&mut output, &error.to_line(reading.line))?;
            Err(Failure::Said(2))
        }
        Err(Stop::Log(error)) => Err(Failure::Log {
            path: path.to_owned(),
            line: reading.line,
            error,
        }),
    }
}

/// Looks at the assignments alone, so that a wrong one is found before the log is.
fn check_names(set: &[String]) -> Result<(), Failure> {
    set_all(set, &mut Params::default())
}

fn set_all(set: &[String], params: &mut Params) -> Result<(), Failure> {
    set.iter()
        .try_for_each(|one| set_by_name(params, one))
        .map_err(|error| Failure::Usage(error.0))
}

fn say(output: &mut impl Write, text: &str) -> Result<(), Failure> {
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(Failure::Output)
}

impl Reading<'_> {
    /// The next line of the log as bytes.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        let line = self.lines.next_line().map_err(|error| Failure::Read {
            what: "the log",
            path: self.path.to_owned(),
            error,
            advice: "copy it to a disk that can be read",
        })?;
        let Some((number, line)) = line else {
            return Ok(None);
        };
        self.line = number;
        Ok(Some(log::content(line, LONGEST_LINE)?.to_vec()))
    }

    /// A session as the log began, with these parameters changed.
    fn start(&mut self, options: Options<'_>, mut notes: impl Write) -> Result<Session, Stop> {
        let state = options.load_state.map(StateFile::read).transpose()?;
        let Some(line) = self.next()? else {
            self.line = 1;
            let words = "the log is empty; its first line says the number of packs";
            return Err(InputError::new(words).into());
        };
        let mut changed = Ok(());
        let session = Session::start_with(&Json::read(&line)?, |params| {
            changed = set_all(options.set, params);
        });
        changed?;
        let mut session = session?;
        if let Some(state) = state {
            // A record that cannot be used shuts the rack off, as it did when the log was written.
            let _ = state.restore(&mut session, &mut notes);
        }
        Ok(session)
    }

    /// Looks for the first decision that differs.
    fn verify(
        &mut self,
        options: Options<'_>,
        output: &mut impl Write,
        notes: impl Write,
    ) -> Result<(), Stop> {
        let mut session = self.start(options, notes)?;
        let mut steps = 0u64;
        while let Some(line) = self.next()? {
            let json = Json::read(&line)?;
            let entry = Entry::read(&json)?;
            let answer = session
                .step(entry.step)
                .map_err(|error| error.under("step"))?;
            let now = Json::read(answer.as_bytes())?;
            steps += 1;
            if let Some(compared) = first_difference(entry.decision, &now) {
                let difference = Difference::new(self.line, entry.now_ms, compared);
                say(output, &difference.into_text(steps, options.json))?;
                return Err(Failure::Said(1).into());
            }
        }
        Ok(say(output, &report::identical(steps, options.json))?)
    }

    /// Asks what would have differed with other parameters.
    fn ask(
        &mut self,
        options: Options<'_>,
        output: &mut impl Write,
        notes: impl Write,
    ) -> Result<(), Stop> {
        let mut session = self.start(options, notes)?;
        let mut changes = Changes::new(session.packs());
        while let Some(line) = self.next()? {
            let json = Json::read(&line)?;
            let entry = Entry::read(&json)?;
            let recorded = Fleet::read(entry.decision, session.packs())
                .map_err(|error| error.under("decision"))?;
            let answer = session
                .step(entry.step)
                .map_err(|error| error.under("step"))?;
            let now = Json::read(answer.as_bytes())?;
            let now = Fleet::read(&now, session.packs())?;
            changes.add(self.line, entry.now_ms, &recorded, &now);
        }
        Ok(say(output, &changes.to_text(options.set, options.json))?)
    }
}
