//! Waiting for the interrupt line: only with the asynchronous traits.

use core::fmt;

use embedded_hal_async::digital::Wait;
use embedded_hal_async::i2c::I2c;

use crate::asynch::Expander;
use crate::changes::{Changes, Watch};
use crate::error::Error;
use crate::registers::Word;

/// What can go wrong while waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WaitError<E, P> {
    /// The call to the chip failed.
    Expander(Error<E>),
    /// The controller's own interrupt pin failed.
    Pin(P),
}

impl<E: fmt::Debug, P: fmt::Debug> fmt::Display for WaitError<E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expander(error) => error.fmt(f),
            Self::Pin(error) => write!(f, "the interrupt pin failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug, P: fmt::Debug> core::error::Error for WaitError<E, P> {}

impl<I2C: I2c, W: Word> Expander<I2C, W> {
    /// Waits for a low level of the INT line, then reads and tells what changed; possibly nothing.
    ///
    /// Waits without limit, and the line may lose edges (see [`Watch`]): race it against a timer of the executor and
    /// call [`Self::poll`] when the timer wins. The wait may be dropped at any time; dropped during the transfer after
    /// it, the next write brings everything to the ordered state, and the watch reads again at once.
    ///
    /// # Errors
    ///
    /// [`WaitError::Pin`] from the line, [`WaitError::Expander`] from the read.
    pub async fn wait_changes<P: Wait>(
        &mut self,
        int: &mut P,
        watch: &mut Watch<W>,
        now_ms: impl FnOnce() -> u64,
    ) -> Result<Changes<W>, WaitError<I2C::Error, P::Error>> {
        int.wait_for_low().await.map_err(WaitError::Pin)?;
        self.read_changes(watch, now_ms())
            .await
            .map_err(WaitError::Expander)
    }
}
