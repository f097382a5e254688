//! What carries the bytes of a twin: somebody may be at the other end, or nobody.

use std::{io, time::Duration};

/// The other end of a serial line.
pub(super) trait Link {
    /// Waits at most this long, which is not nothing, for bytes; none is an empty answer.
    fn receive(&mut self, longest: Duration) -> io::Result<Vec<u8>>;

    /// Hands bytes over. Where nobody is connected they are lost, as on a wire.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
}
