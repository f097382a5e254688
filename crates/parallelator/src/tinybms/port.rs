//! The line to the BMS: a serial port or a TCP connection that carries the same bytes.

#[cfg(unix)]
mod tty;

use std::{
    fmt,
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use tinybms_proto::{Limits, Progress, port::blocking::Port};

/// Bytes taken at once.
const PIECE: usize = 256;
/// How long a connection may take, and a write.
const CONNECTING: Duration = Duration::from_secs(5);
/// A socket takes no time limit of zero.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Where the BMS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A serial device.
    Port(PathBuf),
    /// Host and port of a bridge or a twin; the bytes of the line, without a Modbus TCP header.
    Tcp(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(path) => path.display().fmt(f),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

/// What can go wrong on the line.
#[derive(Debug)]
#[non_exhaustive]
pub enum LineError {
    /// The other end has gone.
    Closed,
    /// What the operating system says.
    Io(io::Error),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the other end has gone"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LineError {}

#[derive(Debug)]
enum End {
    Tcp(TcpStream),
    #[cfg(unix)]
    Tty(tty::Tty),
}

/// An open line. Every wait on it has an end.
#[derive(Debug)]
pub struct Line {
    end: End,
}

impl Line {
    /// Opens it; nothing is sent.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(place: &Place) -> io::Result<Self> {
        let end = match place {
            Place::Tcp(address) => End::Tcp(connect(address)?),
            #[cfg(unix)]
            Place::Port(path) => End::Tty(tty::Tty::open(path)?),
            #[cfg(not(unix))]
            Place::Port(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Self { end })
    }

    /// Waits at most this long for bytes; 0 when none came.
    ///
    /// # Errors
    /// The line is gone.
    pub fn read(&mut self, longest: Duration, piece: &mut [u8]) -> Result<usize, LineError> {
        match &mut self.end {
            End::Tcp(stream) => {
                stream
                    .set_read_timeout(Some(longest.max(SHORTEST_WAIT)))
                    .map_err(LineError::Io)?;
                match stream.read(piece) {
                    Ok(0) => Err(LineError::Closed),
                    Ok(count) => Ok(count),
                    Err(error) if is_passing(&error) => Ok(0),
                    Err(error) => Err(gone(error)),
                }
            }
            #[cfg(unix)]
            End::Tty(tty) => tty.read(longest, piece),
        }
    }
}

/// The first of the addresses that answers.
fn connect(address: &str) -> io::Result<TcpStream> {
    let mut refused = io::Error::from(io::ErrorKind::NotFound);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECTING) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(CONNECTING))?;
                return Ok(stream);
            }
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Nothing there yet.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

fn gone(error: io::Error) -> LineError {
    match error.kind() {
        io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::UnexpectedEof => LineError::Closed,
        _ => LineError::Io(error),
    }
}

impl Port for Line {
    type Error = LineError;

    fn send(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        match &mut self.end {
            End::Tcp(stream) => stream.write_all(bytes).map_err(gone),
            #[cfg(unix)]
            End::Tty(tty) => tty.send(bytes, CONNECTING),
        }
    }

    fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), LineError> {
        let after = |instant: Instant, microseconds: u32| {
            instant + Duration::from_micros(microseconds.into())
        };
        let start = Instant::now();
        let whole = after(start, limits.whole_us);
        let mut end = after(start, limits.first_us).min(whole);
        let mut piece = [0; PIECE];
        loop {
            // Bytes that are there already are taken even when there is no time to wait for more.
            let left = end.saturating_duration_since(Instant::now());
            let count = self.read(left, &mut piece)?;
            let now = Instant::now();
            if count == 0 {
                if now >= end {
                    return Ok(());
                }
                continue;
            }
            end = match take(&piece[..count]) {
                Progress::Complete => return Ok(()),
                Progress::Searching => after(start, limits.first_us),
                Progress::InFrame => after(now, limits.silence_us),
            };
            end = end.min(whole);
            if now >= whole {
                return Ok(());
            }
        }
    }

    fn pause(&mut self, microseconds: u32) {
        thread::sleep(Duration::from_micros(microseconds.into()));
    }
}
