//! The sensors: setting them up, reading them once a tick, and telling how old each value is.

use battery_units::Milliamps;
use embedded_hal_async::i2c::{ErrorKind, I2c};
use ina226::{
    Address, Averaging, ConversionTime, Error, Flags, Part, Reading, Settings, Setup, Wiring,
    asynch::Ina2xx,
};
use parallelator_core::{Inputs, PackInput, PackSet, Params, Quality, Sample};

use crate::{Board, PackWiring, Rack, Sensor, SensorHealth, trouble::BusTrouble};

/// Flags that a short circuit raises.
const SHORT_CIRCUIT: Flags = Flags::CURRENT_ABOVE.union(Flags::CURRENT_BELOW);

/// What is known about the sensor of one pack.
#[derive(Debug, Default, Clone, Copy)]
struct Link {
    setup: Option<Setup>,
    health: SensorHealth,
    /// When the last fresh result was read.
    fresh_at_ms: Option<u64>,
}

/// All sensors of the rack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensors<const N: usize> {
    links: [Link; N],
    /// The pack whose sensor is set up next, when several wait for it.
    next_setup: usize,
}

impl<const N: usize> Default for Sensors<N> {
    fn default() -> Self {
        Self {
            links: [Link::default(); N],
            next_setup: 0,
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

/// How the chip of a pack is set up: voltage and current continuously, averaged over most of a tick, with its alert
/// far above the hard trip, for short circuits.
fn settings(pack: &PackWiring, params: &Params) -> Settings {
    let (part, time) = match pack.sensor_kind {
        Sensor::Ina226 => (Part::Ina226, ConversionTime::Us588),
        Sensor::Ina237 => (Part::Ina237, ConversionTime::Us540),
    };
    let hard = params.hard_charge().max(params.hard_discharge()).get();
    let full_scale = pack.full_scale().get();
    let short = hard
        .saturating_mul(2)
        .min(full_scale.saturating_sub(full_scale.div_euclid(20)));
    let mut settings = Settings::new(part, pack.shunt);
    settings.wiring = if pack.reversed {
        Wiring::Reversed
    } else {
        Wiring::Direct
    };
    settings.max_current = Some(Milliamps::new(hard));
    settings.averaging = averaging(params.tick_ms);
    settings.bus_time = time;
    settings.shunt_time = time;
    settings.limits.current_below = Some(Milliamps::new(short.saturating_neg()));
    // The INA226 watches one thing at a time: a short circuit discharges.
    settings.limits.current_above =
        (pack.sensor_kind == Sensor::Ina237).then_some(Milliamps::new(short));
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
        match Ina2xx::new(bus, address)
            .init(&settings(pack, params))
            .await
        {
            Ok(setup) => {
                self.setup = Some(setup);
                self.health = SensorHealth::Ready;
                self.fresh_at_ms = None;
                Look::Nothing
            }
            Err(Error::WrongDevice { found }) => {
                self.health = SensorHealth::WrongDevice(found.device);
                Look::Nothing
            }
            Err(error) => self.note_failure(&error),
        }
    }

    async fn read<I2C: I2c>(&mut self, bus: &mut I2C, pack: &PackWiring, setup: Setup) -> Look {
        let Ok(address) = Address::new(pack.sensor) else {
            return Look::Nothing;
        };
        match Ina2xx::resume(bus, address, setup).reading().await {
            Ok(reading) => {
                self.health = SensorHealth::Ready;
                Look::Read(reading)
            }
            Err(Error::OverRange(reading)) => Look::OverRange(reading),
            Err(Error::ChipReset { .. } | Error::NotInitialised) => {
                self.setup = None;
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
    link.fresh_at_ms = Some(now_ms);
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
    /// Reads every sensor once; sets up at most one that is not ready, so that a tick keeps its length.
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
        let setup_turn = self.turn_to_set_up(rack.packs().len());
        let packs = rack
            .packs()
            .iter()
            .zip(&mut inputs.packs)
            .zip(&mut self.links);
        for (index, ((pack, input), link)) in packs.enumerate() {
            let bus = trouble.bus(board, pack.bus);
            let look = match (bus, link.setup) {
                (Some(bus), Some(setup)) => link.read(bus, pack, setup).await,
                (Some(bus), None) if setup_turn == Some(index) => {
                    link.set_up(bus, pack, params).await
                }
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

    /// Forgets how every chip was set up, so that each is set up anew: the limits it watches have changed.
    pub(crate) fn set_up_again(&mut self) {
        for link in &mut self.links {
            link.setup = None;
        }
    }

    /// The next sensor in turn that is not set up.
    fn turn_to_set_up(&mut self, packs: usize) -> Option<usize> {
        let waiting = |index: &usize| {
            self.links
                .get(*index)
                .is_some_and(|link| link.setup.is_none())
        };
        let turn = (self.next_setup..packs)
            .chain(0..self.next_setup.min(packs))
            .find(waiting)?;
        self.next_setup = turn.saturating_add(1);
        Some(turn)
    }

    /// Tells how old each value is at the time of the decision.
    pub(crate) fn age(&self, now_ms: u64, inputs: &mut Inputs<N>) {
        for (link, input) in self.links.iter().zip(&mut inputs.packs) {
            let age_ms = now_ms.saturating_sub(link.fresh_at_ms.unwrap_or(0));
            let age_ms = u32::try_from(age_ms).unwrap_or(u32::MAX);
            input.voltage.age_ms = age_ms;
            input.current.age_ms = age_ms;
        }
    }

    pub(crate) fn health(&self) -> [SensorHealth; N] {
        self.links.map(|link| link.health)
    }
}
