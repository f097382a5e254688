//! The client: exchanges over a port, and calls into what is pure. The blocking and the async one are the same text.

use crate::error::{BuildError, Error};
use crate::events::Event;
use crate::exchange::{Exchange, Failure, Limits, Progress, Step, Waits};
use crate::frame::{FRAME_MAX, Frame};
use crate::port::asynch::Port;
use crate::reading::{ExtendedVersion, Status};
use crate::registers::{
    LIVE_COUNT, Live, STATISTICS_COUNT, STATISTICS_START, Statistics, VERSION_COUNT, VERSION_START,
    VersionRegisters,
};
use crate::requests::{
    Act, Action, Read, ReadAllEvents, ReadBlockInPackets, ReadExtendedVersion, ReadNewestEvents,
    ReadRegisters, ReadSettings, ReadStatus, Registers, Request, SETTINGS_FIRST, SettingsOption,
    Write,
};
use crate::settings::{DeviceLimits, Plan, PlannedWrite, SETTINGS_COUNT, Settings};

/// Room for a request or a reply.
const BUFFER: usize = 260;

/// A BMS on a serial port.
///
/// Reads are repeated within the limits of [`Waits`]. Everything that changes something is behind
/// [`TinyBms::allow_writes`], is sent once, and never repeated by itself.
#[derive(Debug)]
pub struct TinyBms<P> {
    port: P,
    waits: Waits,
    /// Time that the BMS still needs before it answers.
    pause_us: u32,
    /// Bytes of an earlier exchange may still arrive.
    is_in_doubt: bool,
    buffer: [u8; BUFFER],
}

/// The calls that change something in the BMS.
#[derive(Debug)]
pub struct Writing<'c, P> {
    client: &'c mut TinyBms<P>,
}

impl<P: Port> TinyBms<P> {
    /// A client at this port; nothing is sent.
    pub const fn new(port: P, waits: Waits) -> Self {
        Self {
            port,
            waits,
            pause_us: 0,
            is_in_doubt: false,
            buffer: [0; BUFFER],
        }
    }

    /// Gives the port back.
    pub fn release(self) -> P {
        self.port
    }

    /// Asks anything that changes nothing.
    pub async fn ask<R: Read>(&mut self, request: &R) -> Result<R::Reply<'_>, Error<P::Error>> {
        let mut sent = [0; FRAME_MAX];
        let sent = request.emit(&mut sent).map_err(Error::Build)?;
        let reply = self.exchange(sent).await?;
        request.decode(reply).map_err(Error::Reply)
    }

    /// What the BMS is doing; also the way to wake it.
    pub async fn status(&mut self) -> Result<Status, Error<P::Error>> {
        self.ask(&ReadStatus).await
    }

    /// Registers from `start`, up to 127 in one frame.
    pub async fn registers(
        &mut self,
        start: u16,
        count: u8,
    ) -> Result<Registers<'_>, Error<P::Error>> {
        let request = ReadRegisters::new(start, count).map_err(Error::Build)?;
        self.ask(&request).await
    }

    /// Everything the BMS measures, in one request of 13 ms.
    pub async fn live(&mut self) -> Result<Live, Error<P::Error>> {
        let registers = self.registers(0, LIVE_COUNT).await?;
        Live::decode(registers).ok_or(incomplete(0, LIVE_COUNT))
    }

    /// What the BMS has counted.
    pub async fn statistics(&mut self) -> Result<Statistics, Error<P::Error>> {
        let registers = self.registers(STATISTICS_START, STATISTICS_COUNT).await?;
        Statistics::decode(registers).ok_or(incomplete(STATISTICS_START, STATISTICS_COUNT))
    }

    /// Versions and serial number.
    pub async fn versions(&mut self) -> Result<VersionRegisters, Error<P::Error>> {
        let registers = self.registers(VERSION_START, VERSION_COUNT).await?;
        VersionRegisters::decode(registers).ok_or(incomplete(VERSION_START, VERSION_COUNT))
    }

    /// Version of hardware, firmware and register map.
    pub async fn extended_version(&mut self) -> Result<ExtendedVersion, Error<P::Error>> {
        self.ask(&ReadExtendedVersion).await
    }

    /// The newest events; what makes an event new is not documented.
    pub async fn newest_events(
        &mut self,
    ) -> Result<impl Iterator<Item = Event> + '_, Error<P::Error>> {
        Ok(self.ask(&ReadNewestEvents).await?.events())
    }

    /// All events, at most 49, in the order of the BMS.
    pub async fn all_events(
        &mut self,
    ) -> Result<impl Iterator<Item = Event> + '_, Error<P::Error>> {
        Ok(self.ask(&ReadAllEvents).await?.events())
    }

    /// The settings as they stand in the registers.
    pub async fn settings(&mut self) -> Result<Settings, Error<P::Error>> {
        let registers = self.registers(SETTINGS_FIRST, SETTINGS_COUNT).await?;
        Settings::from_registers(registers).ok_or(incomplete(SETTINGS_FIRST, SETTINGS_COUNT))
    }

    /// Minimum, maximum, default or present value of each setting, by the command made for it.
    pub async fn settings_by(
        &mut self,
        option: SettingsOption,
    ) -> Result<Settings, Error<P::Error>> {
        let request = ReadSettings::new(option, SETTINGS_COUNT).map_err(Error::Build)?;
        let registers = self.ask(&request).await?;
        Settings::from_registers(registers).ok_or(incomplete(SETTINGS_FIRST, SETTINGS_COUNT))
    }

    /// The limits of this device, for [`Plan::new`].
    pub async fn device_limits(&mut self) -> Result<DeviceLimits, Error<P::Error>> {
        Ok(DeviceLimits {
            minimum: self.settings_by(SettingsOption::Minimum).await?,
            maximum: self.settings_by(SettingsOption::Maximum).await?,
        })
    }

    /// Reads a block whose reply comes in several packets, collected in `out`.
    ///
    /// That form is deduced from a log, not documented; [`TinyBms::registers`] reads as much without it.
    pub async fn block_in_packets<'o>(
        &mut self,
        request: &ReadBlockInPackets,
        out: &'o mut [u8],
    ) -> Result<Registers<'o>, Error<P::Error>> {
        let mut sent = [0; FRAME_MAX];
        let sent = request.emit(&mut sent).map_err(Error::Build)?;
        let needed = request.bytes();
        let too_small = Error::Build(BuildError::BufferTooSmall { needed });
        let out = out.get_mut(..needed).ok_or(too_small)?;
        let mut exchange = Exchange::in_packets(sent, request.packets(), out, self.waits);
        self.settle().await?;
        self.expect_the_worst();
        run(&mut self.port, &mut exchange).await?;
        self.is_in_doubt = exchange.leaves_doubt();
        if !exchange.is_unanswered() {
            self.pause_us = 0;
        }
        if let Some(Err(failure)) = exchange.outcome() {
            return Err(failed(failure));
        }
        Ok(request.registers(out))
    }

    /// The calls that change something. Read `docs/safety.md` of the repository first.
    pub const fn allow_writes(&mut self) -> Writing<'_, P> {
        Writing { client: self }
    }

    /// One request and its reply, which is kept in the buffer.
    async fn exchange(&mut self, sent: &[u8]) -> Result<Frame<'_>, Error<P::Error>> {
        self.settle().await?;
        let mut exchange = Exchange::new(sent, self.waits);
        self.expect_the_worst();
        run(&mut self.port, &mut exchange).await?;
        self.is_in_doubt = exchange.leaves_doubt();
        if !exchange.is_unanswered() {
            self.pause_us = 0;
        }
        let frame = match exchange.outcome() {
            Some(Ok(frame)) => frame,
            Some(Err(failure)) => return Err(failed(failure)),
            None => return Err(Error::Reply(crate::ReplyError::Timeout)),
        };
        let length = frame.bytes().len();
        let place = self.buffer.get_mut(..length).unwrap_or_default();
        place.copy_from_slice(frame.bytes());
        Ok(Frame::cut(self.buffer.get(..length).unwrap_or_default()))
    }

    const fn pause_at_least(&mut self, pause_us: u32) {
        if self.pause_us < pause_us {
            self.pause_us = pause_us;
        }
    }

    /// What stands when the port fails, or the future is dropped half way.
    const fn expect_the_worst(&mut self) {
        self.is_in_doubt = true;
        self.pause_us = self.waits.after_silence_us;
    }

    /// Lets the BMS finish what it is doing, and forgets bytes that nobody asked for.
    async fn settle(&mut self) -> Result<(), Error<P::Error>> {
        if self.pause_us > 0 {
            self.port.pause(self.pause_us).await;
            self.pause_us = 0;
        }
        let limits = if self.is_in_doubt {
            Limits {
                first_us: self.waits.first_us,
                silence_us: self.waits.silence_us,
                whole_us: self.waits.whole_us,
            }
        } else {
            Limits {
                first_us: 0,
                silence_us: 0,
                whole_us: self.waits.silence_us,
            }
        };
        let mut forget = |_: &[u8]| Progress::InFrame;
        self.port
            .receive(limits, &mut forget)
            .await
            .map_err(Error::Port)
    }
}

impl<P: Port> Writing<'_, P> {
    /// Sends a write once, after a read that wakes the BMS; the next request waits until it is stored.
    ///
    /// This is the bare write: no range, no limit of the device and no order between the limits is checked, reserved registers
    /// among 300 to 399 are not refused, and nothing is read back; `Ok` is the confirmation of the BMS and no more. For settings
    /// there is [`Writing::apply`].
    pub async fn send<W>(&mut self, request: &W) -> Result<(), Error<P::Error>>
    where
        W: Write + for<'a> Request<Reply<'a> = ()>,
    {
        let mut sent = [0; FRAME_MAX];
        let sent = request.emit(&mut sent).map_err(Error::Build)?;
        // Also when it fails: it may have been carried out.
        let pause_us = self.client.waits.after_write_us;
        let result = self
            .client
            .exchange(sent)
            .await
            .map(|reply| request.decode(reply));
        self.client.pause_at_least(pause_us);
        result?.map_err(Error::Reply)
    }

    /// Empties the event log. Does not clear a fault.
    pub async fn clear_events(&mut self) -> Result<(), Error<P::Error>> {
        self.send(&Act(Action::ClearEvents)).await
    }

    /// Empties the statistics.
    pub async fn clear_statistics(&mut self) -> Result<(), Error<P::Error>> {
        self.send(&Act(Action::ClearStatistics)).await
    }

    /// Restarts the BMS: its switches open. The confirmation may not arrive, so [`Error::Unconfirmed`] does not mean
    /// that nothing happened; the next request waits until it should be up again.
    pub async fn reset(&mut self) -> Result<(), Error<P::Error>> {
        let result = self.send(&Act(Action::Reset)).await;
        self.client.pause_at_least(self.client.waits.after_reset_us);
        result
    }

    /// Carries a plan out, one write after the other; stops at the first that fails.
    ///
    /// Before each write the register is read and must hold what the plan started from; after it, it must hold what was
    /// written. The two registers that only can be written are not compared.
    pub async fn apply(&mut self, plan: &Plan) -> Result<(), Error<P::Error>> {
        for write in plan.writes() {
            self.carry_out(&write).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, write: &PlannedWrite) -> Result<(), Error<P::Error>> {
        if write.reads_back() {
            let found = self.read_back(write).await?;
            write.check_before(found).map_err(Error::Changed)?;
        }
        let request = write.request().map_err(Error::Build)?;
        self.send(&request).await?;
        if write.restarts() {
            self.client.pause_at_least(self.client.waits.after_reset_us);
        }
        if write.reads_back() {
            let found = match self.read_back(write).await {
                Err(Error::Reply(error)) => return Err(Error::NotReadBack(error)),
                found => found?,
            };
            write.check_after(found).map_err(Error::NotWritten)?;
        }
        Ok(())
    }

    async fn read_back(&mut self, write: &PlannedWrite) -> Result<Registers<'_>, Error<P::Error>> {
        self.client.registers(write.address(), write.count()).await
    }
}

/// Takes an exchange from its first step to its last.
async fn run<P: Port>(port: &mut P, exchange: &mut Exchange<'_>) -> Result<(), Error<P::Error>> {
    loop {
        match exchange.step() {
            Step::Send(bytes) => port.send(bytes).await.map_err(Error::Port)?,
            Step::Receive(limits) => {
                let mut take = |bytes: &[u8]| exchange.received(bytes);
                port.receive(limits, &mut take).await.map_err(Error::Port)?;
                exchange.time_is_up();
            }
            Step::Done => return Ok(()),
        }
    }
}

fn failed<E>(failure: Failure) -> Error<E> {
    match failure {
        Failure::Reply(error) => Error::Reply(error),
        Failure::NotAwake(error) => Error::NotAwake(error),
        Failure::Unconfirmed(error) => Error::Unconfirmed(error),
    }
}

/// Cannot happen after a reply of the right length.
fn incomplete<E>(start: u16, count: u8) -> Error<E> {
    Error::Build(BuildError::InvalidAddress {
        start,
        count: usize::from(count),
    })
}
