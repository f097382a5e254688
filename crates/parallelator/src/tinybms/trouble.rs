//! What can go wrong with a TinyBMS, and what a person can do about it.

use std::{fmt, io};

use tinybms_proto::{Error, Firmware, NackCode, ReplyError, SettingError};

use super::{
    port::{LineError, Place},
    settings::FileFaults,
};

/// Why a task at the BMS was not done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// The command line does not say where the BMS is.
    NoPlace,
    /// Something changes in the BMS, and nobody can be asked.
    NotAllowed {
        /// What would change.
        what: &'static str,
    },
    /// A person was asked and said no.
    Declined,
    /// The line cannot be opened.
    Open {
        /// Where it was to be.
        place: Place,
        /// What the operating system says.
        error: io::Error,
    },
    /// The line or the BMS.
    Bms {
        /// Where it is.
        place: Place,
        /// What happened.
        error: Error<LineError>,
    },
    /// Something answers, with versions that no TinyBMS has.
    Foreign {
        /// Where it is.
        place: Place,
        /// What it says its firmware is.
        firmware: Firmware,
    },
    /// A setting on the command line: its name as it was written, and what is wrong.
    Setting {
        /// As it stands on the command line.
        name: String,
        /// What would be right.
        problem: String,
    },
    /// Changes that the BMS must not get.
    Refused(SettingError),
    /// A file of settings with everything that is wrong in it.
    File(FileFaults),
    /// Nothing is known to be wrong, but what was asked for is not so either.
    NotSo(String),
}

impl Trouble {
    /// Exit status of the program: 2 when the person asked for something that cannot be.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::NoPlace
            | Self::NotAllowed { .. }
            | Self::Setting { .. }
            | Self::Refused(_)
            | Self::File(_) => 2,
            _ => 1,
        }
    }

    /// Whether the line itself is gone, so that asking again is of no use.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Bms {
                error: Error::Port(_),
                ..
            }
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace => f.write_str(
                "where is the BMS? Give its serial port (--port /dev/ttyUSB0) or its TCP bridge (--tcp 192.168.1.20:5020)",
            ),
            Self::NotAllowed { what } => write!(
                f,
                "this {what}; nobody can be asked here, so it needs --yes. Nothing was sent"
            ),
            Self::Declined => f.write_str("not confirmed; nothing was written"),
            Self::Open { place, error } => open_advice(f, place, error),
            Self::Bms { place, error } => bms_advice(f, place, error),
            Self::Foreign { place, firmware } => write!(
                f,
                "what answers at {place} says it has firmware {firmware}, which no TinyBMS has: is it another device?"
            ),
            Self::Setting { name, problem } => write!(f, "{name}: {problem}"),
            Self::Refused(error) => write!(f, "{error}; nothing was written"),
            Self::File(faults) => faults.fmt(f),
            Self::NotSo(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Trouble {}

fn open_advice(f: &mut fmt::Formatter<'_>, place: &Place, error: &io::Error) -> fmt::Result {
    use io::ErrorKind as Kind;
    let advice = match (place, error.kind()) {
        (Place::Port(_), Kind::NotFound) => {
            "is the adapter plugged in? Its name is often /dev/ttyUSB0 or /dev/ttyACM0, see also /dev/serial/by-id"
        }
        (Place::Port(_), Kind::PermissionDenied) => {
            "your user may not open it: join the group that owns it (often `sudo usermod -aG dialout $USER`) and log in again"
        }
        (Place::Port(_), Kind::WouldBlock | Kind::ResourceBusy) => {
            "another program has it open: end that one first"
        }
        (Place::Port(_), Kind::Unsupported) => {
            "serial ports are not supported on this system: use a TCP bridge and --tcp"
        }
        (Place::Port(_), _) => "is it a serial port?",
        (Place::Tcp(_), Kind::ConnectionRefused) => {
            "nobody listens there: is the bridge on, and is it this port?"
        }
        (Place::Tcp(_), Kind::InvalidInput) => "an address looks like 192.168.1.20:5020",
        (Place::Tcp(_), _) => "is the address right, and the bridge in this network?",
    };
    write!(f, "{place} cannot be opened ({error}): {advice}")
}

fn bms_advice(f: &mut fmt::Formatter<'_>, place: &Place, error: &Error<LineError>) -> fmt::Result {
    let silent = "is the BMS connected and supplied, RX and TX not swapped, and is this the right port? \
        An adapter that is fed by the BMS is off while the BMS sleeps: connect a charger or a load to wake it";
    let disturbed = "is this another device, or is the line disturbed or its ground missing?";
    match error {
        Error::Port(LineError::Closed) => write!(
            f,
            "{place} was closed from the other end: was the adapter pulled out, or is another client connected? What was sent just before may have been carried out"
        ),
        Error::Reply(ReplyError::Timeout) => write!(f, "nothing answers at {place}: {silent}"),
        Error::NotAwake(ReplyError::Timeout) => write!(
            f,
            "nothing answers at {place}, so this write was not sent, nor any behind it: {silent}"
        ),
        Error::Reply(ReplyError::Echo) | Error::NotAwake(ReplyError::Echo) => write!(
            f,
            "at {place} only the request comes back: RX and TX are joined, and no BMS answers"
        ),
        Error::Reply(ReplyError::Nack(NackCode::Command)) => write!(
            f,
            "the BMS at {place} refuses: its firmware does not know this request, or not this value"
        ),
        Error::Reply(error) if error.is_refusal() => write!(f, "at {place}: {error}"),
        Error::Reply(error) => write!(f, "no TinyBMS at {place} ({error}): {disturbed}"),
        Error::NotAwake(error) => write!(
            f,
            "no TinyBMS at {place} ({error}), so this write was not sent, nor any behind it: {disturbed}"
        ),
        Error::Unconfirmed(error) => write!(
            f,
            "it was sent once to {place} and not confirmed ({error}): it may have been carried out. It is not repeated; read what the BMS holds now before you do it again"
        ),
        Error::Changed(mismatch) => write!(
            f,
            "somebody else changed a setting meanwhile ({mismatch}): this write and those behind it were not sent"
        ),
        Error::NotWritten(mismatch) => write!(
            f,
            "the BMS at {place} confirmed a write, but holds something else ({mismatch})"
        ),
        Error::NotReadBack(error) => write!(
            f,
            "the BMS at {place} confirmed a write and could not be read afterwards ({error}): it was carried out as far as the BMS says; read what it holds now"
        ),
        other => write!(f, "at {place}: {other}"),
    }
}
