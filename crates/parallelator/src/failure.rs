//! Why the program ends without having done what it was asked, as one sentence, and the exit status.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

use battery_sim::rack::RackError as SimError;
use parallelator_node::RackError;

use crate::{
    cosim::InputError,
    rack::{FileErrors, start::StartError},
    tinybms::Trouble,
};

/// Why the program ends early.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Options that do not go together.
    Usage(String),
    /// The rack file.
    Rack(FileErrors),
    /// The rack as the loop sees it.
    Wiring(RackError),
    /// The start file.
    Start(StartError),
    /// The rack cannot be simulated with its start values.
    Simulation(SimError),
    /// The port of the page.
    Port {
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        error: io::Error,
    },
    /// The address of a simulated device.
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// A folder or file that is to be written.
    Write {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// A file that is to be read before anything else.
    Read {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
        /// What to do about it.
        advice: &'static str,
    },
    /// A TinyBMS, or what was asked of it.
    TinyBms(Trouble),
    /// Standard input fails.
    Input(io::Error),
    /// A recorded log that cannot be used: its line, and why.
    Log {
        /// Where it is.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// The field, and what is wrong with it.
        error: InputError,
    },
    /// Standard output has said it all; this is the exit status.
    Said(u8),
    /// Standard output is closed or full.
    Output(io::Error),
    /// A thread, a signal handler or a reactor is not to be had.
    System {
        /// What was wanted.
        what: &'static str,
        /// What the operating system says.
        error: io::Error,
    },
    /// The loop could not be started; the words are those of its error.
    Loop(String),
    /// The loop ended though nobody asked for it.
    LoopLost,
}

impl Failure {
    /// Exit status of the program.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Read { .. } | Self::Log { .. } => 2,
            Self::TinyBms(trouble) => trouble.status(),
            Self::Said(status) => *status,
            _ => 1,
        }
    }

    /// Whether there is nothing to tell, or nobody: the reader of our output knows, or has gone.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        match self {
            Self::Output(error) => error.kind() == io::ErrorKind::BrokenPipe,
            Self::Said(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(words) | Self::Loop(words) => f.write_str(words),
            Self::Rack(error) => error.fmt(f),
            Self::Wiring(error) => write!(f, "the rack cannot be used: {error}"),
            Self::Start(error) => error.fmt(f),
            Self::Simulation(error) => write!(f, "the rack cannot be simulated: {error}"),
            Self::Port { port, error } if error.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "port {port} is in use by another program: end that one, or choose another with --port (--port 0 takes any free one)"
            ),
            Self::Port { port, error } => write!(
                f,
                "port {port} cannot be opened ({error}): choose another with --port (--port 0 takes any free one)"
            ),
            Self::Listen { address, error } => write!(
                f,
                "nothing can listen at {address} ({error}): choose another address with --tcp (port 0 takes any free one)"
            ),
            Self::Write { what, path, error } => {
                write!(f, "{what} {} cannot be written: {error}", path.display())
            }
            Self::Read {
                what,
                path,
                error,
                advice,
            } => {
                let path = path.display();
                write!(f, "{what} {path} cannot be read ({error}): {advice}")
            }
            Self::TinyBms(trouble) => trouble.fmt(f),
            Self::Input(error) => write!(f, "standard input cannot be read: {error}"),
            Self::Log { path, line, error } => write!(f, "{}:{line}: {error}", path.display()),
            Self::Said(_) => f.write_str("said on standard output"),
            Self::Output(error) => write!(f, "standard output cannot be written: {error}"),
            Self::System { what, error } => write!(f, "{what} is not to be had: {error}"),
            Self::LoopLost => f.write_str("the control loop ended unexpectedly; its switches are left to the hardware watchdog"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<FileErrors> for Failure {
    fn from(error: FileErrors) -> Self {
        Self::Rack(error)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::TinyBms(trouble)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

impl From<RackError> for Failure {
    fn from(error: RackError) -> Self {
        Self::Wiring(error)
    }
}

impl From<SimError> for Failure {
    fn from(error: SimError) -> Self {
        Self::Simulation(error)
    }
}
