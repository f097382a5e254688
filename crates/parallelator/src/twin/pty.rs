//! A pseudo terminal: other programs open its device like a serial port.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

use super::link::Link;

/// Bytes taken at once.
const CHUNK: usize = 512;

/// Our side of the pseudo terminal.
pub(super) struct Pty {
    ours: File,
    path: PathBuf,
}

impl Pty {
    /// A new device, without echo and without any change of the bytes.
    pub(super) fn open() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let name = name.into_string().map_err(io::Error::other)?;
        let path = PathBuf::from(name);
        // Opened once and closed again: its settings stay, and from then on it tells whether somebody has it open.
        let device = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut settings = tcgetattr(&device)?;
        settings.make_raw();
        tcsetattr(&device, OptionalActions::Now, &settings)?;
        let flags = fcntl_getfl(&ours)?;
        fcntl_setfl(&ours, flags | OFlags::NONBLOCK)?;
        Ok(Self {
            ours: File::from(ours),
            path,
        })
    }

    /// The device that others open.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// What can be done with our side now.
    fn wait(&self, longest: Duration) -> io::Result<PollFlags> {
        let timeout = Timespec::try_from(longest).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(&self.ours, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => Ok(fds[0].revents()),
            Err(rustix::io::Errno::INTR) => Ok(PollFlags::empty()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Link for Pty {
    fn receive(&mut self, longest: Duration) -> io::Result<Vec<u8>> {
        let found = self.wait(longest)?;
        if !found.contains(PollFlags::IN) {
            if found.contains(PollFlags::HUP) {
                // Nobody has it open, which ends the wait at once.
                thread::sleep(longest);
            }
            return Ok(Vec::new());
        }
        let mut chunk = [0; CHUNK];
        match self.ours.read(&mut chunk) {
            Ok(count) => Ok(chunk[..count].to_vec()),
            Err(error) if is_nobody(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.wait(Duration::ZERO)?.contains(PollFlags::HUP) {
            return Ok(());
        }
        match self.ours.write(bytes) {
            // What does not fit into the buffer of a reader that sleeps is lost.
            Ok(_) => Ok(()),
            Err(error) if is_nobody(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The device was closed meanwhile, or its reader takes nothing.
fn is_nobody(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.kind() == io::ErrorKind::Interrupted
        || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}
