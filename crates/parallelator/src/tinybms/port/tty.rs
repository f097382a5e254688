//! A serial device: 115 200 bit/s, 8 data bits, no parity, 1 stop bit, no flow control, bytes as they are.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
    termios::{
        ControlModes, OptionalActions, QueueSelector, isatty, tcdrain, tcflush, tcgetattr,
        tcsetattr,
    },
};

use super::LineError;

const SPEED: u32 = 115_200;

#[derive(Debug)]
pub(super) struct Tty {
    device: File,
}

impl Tty {
    /// Opens and locks it; another program that asks for the lock is told, one that does not ask is not kept out.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        if !isatty(&device) {
            return Err(Errno::NOTTY.into());
        }
        flock(&device, FlockOperation::NonBlockingLockExclusive)?;
        let mut settings = tcgetattr(&device)?;
        settings.make_raw();
        settings.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
        settings.control_modes &= !(ControlModes::CSTOPB | ControlModes::CRTSCTS);
        settings.set_speed(SPEED)?;
        tcsetattr(&device, OptionalActions::Now, &settings)?;
        tcflush(&device, QueueSelector::IFlush)?;
        Ok(Self { device })
    }

    /// Whether it is ready within this time.
    fn wait(&self, longest: Duration, what: PollFlags) -> Result<bool, LineError> {
        let timeout = Timespec::try_from(longest).map_err(io::Error::other);
        let timeout = timeout.map_err(LineError::Io)?;
        let mut fds = [PollFd::new(&self.device, what)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => Ok(false),
            Ok(_) if fds[0].revents().contains(what) => Ok(true),
            Ok(_) => Err(LineError::Closed),
            Err(error) => Err(LineError::Io(error.into())),
        }
    }

    pub(super) fn read(&mut self, longest: Duration, piece: &mut [u8]) -> Result<usize, LineError> {
        if !self.wait(longest, PollFlags::IN)? {
            return Ok(0);
        }
        match self.device.read(piece) {
            Ok(0) => Err(LineError::Closed),
            Ok(count) => Ok(count),
            Err(error) if super::is_passing(&error) => Ok(0),
            Err(error) => Err(gone(error)),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8], longest: Duration) -> Result<(), LineError> {
        let end = Instant::now() + longest;
        let mut rest = bytes;
        while !rest.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(LineError::Io(io::ErrorKind::TimedOut.into()));
            }
            if !self.wait(left, PollFlags::OUT)? {
                continue;
            }
            match self.device.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if super::is_passing(&error) => {}
                Err(error) => return Err(gone(error)),
            }
        }
        match tcdrain(&self.device) {
            Ok(()) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(gone(error.into())),
        }
    }
}

/// An adapter that was pulled out answers with an input or output error.
fn gone(error: io::Error) -> LineError {
    let code = error.raw_os_error();
    let pulled = [Errno::IO, Errno::NXIO, Errno::NODEV];
    if pulled
        .iter()
        .any(|pulled| code == Some(pulled.raw_os_error()))
    {
        LineError::Closed
    } else {
        LineError::Io(error)
    }
}
