//! The sensors: setting them up, reading them once a tick, and telling how old each value is.

use battery_units::Milliamps;
use embedded_hal_async::i2c::{ErrorKind, I2c};
use ina226::{
    Address, Averaging, ConversionTime, Error, Flags, Part, Reading, Settings, Setup, Wiring,
    asynch::Ina2xx,
};
use parallelator_core::{
    Decision, Inputs, PackInput, PackSet, Params, Quality, Sample, SwitchCommand,
};

use crate::{Board, PackWiring, Rack, Sensor, SensorHealth, trouble::BusTrouble};

/// Flags that a short circuit raises.
const SHORT_CIRCUIT: Flags = Flags::CURRENT_ABOVE.union(Flags::CURRENT_BELOW);

/// What of a chip's set-up comes from the parameters; the rest is wiring and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tuning {
    averaging: Averaging,
    /// Current at which the chip itself gives an alert, a magnitude.
    short: Milliamps,
}

/// How a chip was set up.
#[derive(Debug, Clone, Copy)]
struct Tuned {
    setup: Setup,
    tuning: Tuning,
}

/// What is known about the sensor of one pack.
#[derive(Debug, Default, Clone, Copy)]
struct Link {
    /// `None` before the first set-up, after one that failed, and after a reset of the chip.
    tuned: Option<Tuned>,
    health: SensorHealth,
    /// When the last fresh result was read; zero before the first.
    fresh_at_ms: u64,
}

/// All sensors of the rack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensors<const N: usize> {
    links: [Link; N],
    /// The packs whose switch was last told to close.
    closed: PackSet,
    turns: Turns,
    shedding: Shedding,
}

/// Time given to the load after limits became tighter: until then currents up to the former hard trip open nobody.
#[derive(Debug, Default, Clone, Copy)]
struct Shedding {
    until_ms: u64,
    former: Milliamps,
}

/// The sensors that wait to be set up.
#[derive(Debug, Default, Clone, Copy)]
struct Waiting {
    /// Those that cannot be read before, or must not be.
    unread: PackSet,
    /// Those that are read with what they were set up for before the parameters changed.
    outdated: PackSet,
}

/// Whose sensor is set up next: sensors that are not read and outdated ones by turns, so that one that never answers does
/// not keep the new limits from the others, nor do many outdated ones leave a pack unseen.
#[derive(Debug, Default, Clone, Copy)]
struct Turns {
    unread: usize,
    outdated: usize,
    outdated_first: bool,
}

impl<const N: usize> Default for Sensors<N> {
    fn default() -> Self {
        Self {
            links: [Link::default(); N],
            closed: PackSet::EMPTY,
            turns: Turns::default(),
            shedding: Shedding::default(),
        }
    }
}

/// What a look at one sensor came to.
enum Look {
    Read(Reading),
    /// The numbers are the ends of a range; the flags say which.
    OverRange(Reading),
    Nothing,
    /// Nothing, and the bus itself is in trouble.
    BusTrouble,
}

impl Tuning {
    /// Averaged over most of a tick, with the alert far above the hard trip, for short circuits.
    fn of(pack: &PackWiring, params: &Params) -> Self {
        let hard = hard_trip(params).get();
        let full_scale = pack.full_scale().get();
        let short = hard
            .saturating_mul(2)
            .min(full_scale.saturating_sub(full_scale.div_euclid(20)));
        Self {
            averaging: averaging(params.tick_ms),
            short: Milliamps::new(short),
        }
    }
}

/// The larger one of both directions.
fn hard_trip(params: &Params) -> Milliamps {
    params.hard_charge().max(params.hard_discharge())
}

/// How the chip of a pack is set up: voltage and current continuously, with an alert for short circuits.
fn settings(pack: &PackWiring, tuning: Tuning) -> Settings {
    let (part, time) = match pack.sensor_kind {
        Sensor::Ina226 => (Part::Ina226, ConversionTime::Us588),
        Sensor::Ina237 => (Part::Ina237, ConversionTime::Us540),
    };
    let mut settings = Settings::new(part, pack.shunt);
    settings.wiring = if pack.reversed {
        Wiring::Reversed
    } else {
        Wiring::Direct
    };
    settings.max_current = Some(tuning.short);
    settings.averaging = tuning.averaging;
    settings.bus_time = time;
    settings.shunt_time = time;
    settings.limits.current_below = Some(Milliamps::new(tuning.short.get().saturating_neg()));
    // The INA226 watches one thing at a time: a short circuit discharges.
    settings.limits.current_above = (pack.sensor_kind == Sensor::Ina237).then_some(tuning.short);
    settings
}

/// The most averages whose cycle, at most 2 × 588 µs and a tenth for the oscillator, fits into a tick.
fn averaging(tick_ms: u32) -> Averaging {
    match tick_ms {
        83.. => Averaging::X64,
        21.. => Averaging::X16,
        _ => Averaging::X4,
    }
}

impl Link {
    async fn set_up<I2C: I2c>(
        &mut self,
        bus: &mut I2C,
        pack: &PackWiring,
        params: &Params,
    ) -> Look {
        let Ok(address) = Address::new(pack.sensor) else {
            return Look::Nothing;
        };
        // Until the last word is read back, nobody knows what is in the chip.
        self.tuned = None;
        let tuning = Tuning::of(pack, params);
        match Ina2xx::new(bus, address)
            .init(&settings(pack, tuning))
            .await
        {
            Ok(setup) => {
                self.tuned = Some(Tuned { setup, tuning });
                self.health = SensorHealth::Ready;
                Look::Nothing
            }
            Err(Error::WrongDevice { found }) => {
                self.health = SensorHealth::WrongDevice(found.device);
                Look::Nothing
            }
            Err(error) => self.note_failure(&error),
        }
    }

    async fn read<I2C: I2c>(&mut self, bus: &mut I2C, pack: &PackWiring) -> Look {
        let (Ok(address), Some(tuned)) = (Address::new(pack.sensor), &self.tuned) else {
            return Look::Nothing;
        };
        match Ina2xx::resume(bus, address, tuned.setup).reading().await {
            Ok(reading) => {
                self.health = SensorHealth::Ready;
                Look::Read(reading)
            }
            Err(Error::OverRange(reading)) => Look::OverRange(reading),
            Err(Error::ChipReset { .. } | Error::NotInitialised) => {
                self.tuned = None;
                self.health = SensorHealth::Reset;
                Look::Nothing
            }
            Err(error) => self.note_failure(&error),
        }
    }

    fn note_failure<E: embedded_hal_async::i2c::Error>(&mut self, error: &Error<E>) -> Look {
        if self.health != SensorHealth::Missing {
            self.health = SensorHealth::Lost;
        }
        match error {
            Error::Bus(bus) if !matches!(bus.kind(), ErrorKind::NoAcknowledge(_)) => {
                Look::BusTrouble
            }
            _ => Look::Nothing,
        }
    }
}

impl Turns {
    /// The sensor to set up in this tick.
    fn take(&mut self, waiting: Waiting) -> Option<usize> {
        self.outdated_first = !self.outdated_first;
        let mut unread = || next_of(waiting.unread, &mut self.unread);
        let mut outdated = || next_of(waiting.outdated, &mut self.outdated);
        if self.outdated_first {
            outdated().or_else(unread)
        } else {
            unread().or_else(outdated)
        }
    }
}

/// The first of `packs` from `next` on, around the ring; `next` then stands behind it.
fn next_of(packs: PackSet, next: &mut usize) -> Option<usize> {
    let from_there = packs.iter().find(|index| index >= next);
    let turn = from_there.or_else(|| packs.iter().next())?;
    *next = turn.saturating_add(1);
    Some(turn)
}

/// Puts a look into the input of the pack. A value that was not converted anew is no new value.
fn record(link: &mut Link, input: &mut PackInput, look: &Look, now_ms: u64) {
    let (reading, quality) = match look {
        Look::Read(reading) => (reading, Quality::Good),
        Look::OverRange(reading) => (reading, Quality::OverRange),
        Look::Nothing | Look::BusTrouble => {
            input.voltage.quality = Quality::Missing;
            input.current.quality = Quality::Missing;
            return;
        }
    };
    if !reading.flags.conversion_ready() {
        // The registers hold the last value, or after a set-up nothing at all: what was measured before goes on ageing.
        return;
    }
    link.fresh_at_ms = now_ms;
    let of = |saturated: bool| if saturated { quality } else { Quality::Good };
    input.voltage = Sample {
        value: reading.voltage.to_millivolts(),
        age_ms: 0,
        quality: of(reading.flags.contains(Flags::VOLTAGE_SATURATED)),
    };
    input.current = Sample {
        value: reading.current.to_milliamps(),
        age_ms: 0,
        quality: of(reading
            .flags
            .intersects(Flags::CURRENT_SATURATED | Flags::OVERFLOW)),
    };
}

impl<const N: usize> Sensors<N> {
    /// Reads every sensor once; sets up at most one that waits for it, so that a tick keeps its length.
    /// Returns the packs whose chip has seen a short circuit.
    pub(crate) async fn read<B: Board<N>>(
        &mut self,
        board: &mut B,
        rack: &Rack<N>,
        params: &Params,
        inputs: &mut Inputs<N>,
        trouble: &mut BusTrouble,
    ) -> PackSet {
        let mut shorts = PackSet::EMPTY;
        let waiting = self.waiting(rack, params, board.now_ms());
        let turn = self.turns.take(waiting);
        let packs = rack
            .packs()
            .iter()
            .zip(&mut inputs.packs)
            .zip(&mut self.links);
        for (index, ((pack, input), link)) in packs.enumerate() {
            let look = match trouble.bus(board, pack.bus) {
                Some(bus) if !waiting.unread.contains(index) => link.read(bus, pack).await,
                _ => Look::Nothing,
            };
            if matches!(look, Look::BusTrouble) {
                trouble.count(pack.bus);
            }
            if let Look::Read(reading) | Look::OverRange(reading) = &look {
                if reading.flags.alert() && reading.flags.intersects(SHORT_CIRCUIT) {
                    shorts = shorts.with(index);
                }
            }
            record(link, input, &look, board.now_ms());
            // Read first, so that no sample is missing.
            if turn != Some(index) {
                continue;
            }
            if let Some(bus) = trouble.bus(board, pack.bus) {
                if matches!(link.set_up(bus, pack, params).await, Look::BusTrouble) {
                    trouble.count(pack.bus);
                }
            }
        }
        shorts
    }

    /// Sets up every sensor that answers; for the start, when nothing has to be kept alive yet.
    pub(crate) async fn set_up_all<B: Board<N>>(
        &mut self,
        board: &mut B,
        rack: &Rack<N>,
        params: &Params,
    ) {
        let mut trouble = BusTrouble::default();
        for (pack, link) in rack.packs().iter().zip(&mut self.links) {
            let bus = trouble.bus(board, pack.bus);
            let Some(bus) = bus else {
                continue;
            };
            if matches!(link.set_up(bus, pack, params).await, Look::BusTrouble) {
                trouble.count(pack.bus);
            }
        }
    }

    /// Notes which switches were told to close.
    pub(crate) fn note_switches(&mut self, decision: &Decision<N>) {
        self.closed = decision
            .packs
            .iter()
            .enumerate()
            .filter(|(_, pack)| pack.command != SwitchCommand::Open)
            .map(|(index, _)| index)
            .collect();
    }

    /// Notes that other parameters were in force before this step. A second change does not prolong the time given by the
    /// first.
    pub(crate) fn note_change(&mut self, before: &Params, now_ms: u64) {
        let former = hard_trip(before);
        if self.closed.is_empty() {
            self.shedding = Shedding::default();
        } else if now_ms < self.shedding.until_ms {
            self.shedding.former = self.shedding.former.max(former);
        } else {
            let until_ms = now_ms.saturating_add(before.t_shed_ms.into());
            self.shedding = Shedding { until_ms, former };
        }
    }

    /// The sensors that are not set up for these parameters.
    ///
    /// A chip that is set up for others goes on being read, so that nobody is unseen until its turn. One whose alert would
    /// come before the current that is allowed now is different as long as its switch is open: the core could close it and
    /// take an allowed current for a short circuit, so the pack is not shown before the chip knows better. For the same
    /// reason a chip gets no limit below the former hard trip as long as the load is given time.
    fn waiting(&self, rack: &Rack<N>, params: &Params, now_ms: u64) -> Waiting {
        let Shedding { until_ms, former } = self.shedding;
        let mut waiting = Waiting::default();
        for (index, (pack, link)) in rack.packs().iter().zip(&self.links).enumerate() {
            let wanted = Tuning::of(pack, params);
            match link.tuned.map(|tuned| tuned.tuning) {
                Some(tuning) if tuning == wanted => {}
                Some(tuning)
                    if now_ms < until_ms
                        && wanted.short < former
                        && wanted.short < tuning.short => {}
                Some(tuning) if tuning.short >= wanted.short || self.closed.contains(index) => {
                    waiting.outdated = waiting.outdated.with(index);
                }
                _ => waiting.unread = waiting.unread.with(index),
            }
        }
        waiting
    }

    /// Tells how old each value is at the time of the decision.
    pub(crate) fn age(&self, now_ms: u64, inputs: &mut Inputs<N>) {
        for (link, input) in self.links.iter().zip(&mut inputs.packs) {
            let age_ms = now_ms.saturating_sub(link.fresh_at_ms);
            let age_ms = u32::try_from(age_ms).unwrap_or(u32::MAX);
            input.voltage.age_ms = age_ms;
            input.current.age_ms = age_ms;
        }
    }

    pub(crate) fn health(&self) -> [SensorHealth; N] {
        self.links.map(|link| link.health)
    }
}
