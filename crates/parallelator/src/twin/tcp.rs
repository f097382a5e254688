//! The serial line over TCP: the same bytes, one client at a time.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use super::link::Link;

/// Bytes taken at once.
const CHUNK: usize = 512;

/// A listener and whoever is connected. Others wait until the first one has gone.
pub(super) struct Tcp {
    listener: TcpListener,
    client: Option<TcpStream>,
}

impl Tcp {
    /// Listens at this address; port 0 takes any free one.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            client: None,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    fn accept(&mut self) -> io::Result<()> {
        match self.listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                self.client = Some(stream);
                Ok(())
            }
            Err(error) if is_passing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Link for Tcp {
    fn receive(&mut self, longest: Duration) -> io::Result<Vec<u8>> {
        let Some(client) = &mut self.client else {
            self.accept()?;
            if self.client.is_none() {
                thread::sleep(longest);
            }
            return Ok(Vec::new());
        };
        client.set_read_timeout(Some(longest))?;
        let mut chunk = [0; CHUNK];
        match client.read(&mut chunk) {
            Ok(count) if count > 0 => return Ok(chunk[..count].to_vec()),
            Err(error) if is_passing(&error) => {}
            // The client has gone.
            Ok(_) | Err(_) => self.client = None,
        }
        Ok(Vec::new())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(client) = &mut self.client
            && client.write_all(bytes).is_err()
        {
            self.client = None;
        }
        Ok(())
    }
}

/// Nothing there yet.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
