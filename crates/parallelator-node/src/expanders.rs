//! The expanders that drive the switches: which word each of them gets, and whether it took it.

use embedded_hal_async::i2c::I2c;
use parallelator_core::{Decision, PackSet, PackState, SwitchCommand};
use tca9555::{Address, Error, State, asynch::Tca9555};

use crate::{Board, PackWiring, Rack};

/// Two buses with eight addresses each.
pub(crate) const MAX_EXPANDERS: usize = 16;

/// Half a period of a blinking lamp.
const BLINK_MS: u64 = 500;

/// One expander of the rack.
#[derive(Debug, Clone, Copy)]
struct Expander {
    bus: u8,
    address: Address,
    /// 1 = input.
    directions: u16,
    state: State,
    /// The chip took the last word and gave it back.
    confirmed: bool,
}

/// What the write and read-back of a tick came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Every write was acknowledged.
    pub(crate) written: bool,
    /// Every expander gave back what was written.
    pub(crate) confirmed: bool,
    /// One of them was found in its power-up state.
    pub(crate) brown_out: bool,
}

/// All expanders of the rack, each once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expanders {
    all: [Option<Expander>; MAX_EXPANDERS],
}

fn mask(pin: u8) -> u16 {
    1u16.checked_shl(pin.into()).unwrap_or(0)
}

impl Expanders {
    /// Every expander that a pack of the rack names; pins that nobody names stay inputs.
    pub(crate) fn of<const N: usize>(rack: &Rack<N>) -> Self {
        let mut expanders = Self::default();
        for pack in rack.packs() {
            let Ok(address) = Address::new(pack.expander) else {
                continue;
            };
            let outputs = [Some(pack.switch_pin), pack.red_pin, pack.green_pin]
                .into_iter()
                .flatten()
                .fold(0, |outputs, pin| outputs | mask(pin));
            let slot = expanders.all.iter_mut().find(|slot| {
                slot.is_none_or(|expander| (expander.bus, expander.address) == (pack.bus, address))
            });
            if let Some(slot) = slot {
                let expander = slot.get_or_insert(Expander {
                    bus: pack.bus,
                    address,
                    directions: u16::MAX,
                    state: State::UNKNOWN,
                    confirmed: false,
                });
                expander.directions &= !outputs;
            }
        }
        expanders
    }

    /// Packs whose alert line is low. An expander that does not answer reports none: its read-back fails as well, and
    /// that shuts the rack off.
    pub(crate) async fn alerts<B: Board<N>, const N: usize>(
        &mut self,
        board: &mut B,
        rack: &Rack<N>,
    ) -> PackSet {
        let mut alerts = PackSet::EMPTY;
        for expander in self.all.iter_mut().flatten() {
            let Some(bus) = board.bus(expander.bus) else {
                continue;
            };
            let mut chip = Tca9555::resume(bus, expander.address, expander.state);
            let levels = chip.read_inputs().await;
            expander.state = chip.state();
            let Ok(levels) = levels else {
                continue;
            };
            let fired = wired_to(rack, expander)
                .filter(|(_, pack)| pack.alert_pin.is_some_and(|pin| levels & mask(pin) == 0));
            alerts = fired.fold(alerts, |alerts, (index, _)| alerts.with(index));
        }
        alerts
    }

    /// Writes the whole decision, every expander in one transaction, and reads it back.
    pub(crate) async fn apply<B: Board<N>, const N: usize>(
        &mut self,
        board: &mut B,
        rack: &Rack<N>,
        decision: &Decision<N>,
        now_ms: u64,
    ) -> Outcome {
        let mut outcome = Outcome {
            written: true,
            confirmed: true,
            brown_out: false,
        };
        for expander in self.all.iter_mut().flatten() {
            let word = wired_to(rack, expander).fold(0, |word, (index, pack)| {
                word | pack_outputs(decision, index, pack, now_ms)
            });
            let written = match board.bus(expander.bus) {
                Some(bus) => expander.write(bus, word).await,
                None => false,
            };
            outcome.written &= written;
        }
        for expander in self.all.iter_mut().flatten() {
            let found = match board.bus(expander.bus) {
                Some(bus) => expander.read_back(bus).await,
                None => ReadBack::Unreadable,
            };
            expander.confirmed = found == ReadBack::Same;
            outcome.confirmed &= expander.confirmed;
            outcome.brown_out |= found == ReadBack::PowerUp;
        }
        outcome
    }
}

/// What a read-back shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadBack {
    Same,
    Different,
    PowerUp,
    Unreadable,
}

impl Expander {
    /// One transaction when the chip is known to hold its directions; a whole safe start, outputs first, when not.
    async fn write<I2C: I2c>(&mut self, bus: &mut I2C, word: u16) -> bool {
        let mut chip = Tca9555::resume(bus, self.address, self.state);
        let written = if self.confirmed {
            chip.write_outputs(word).await
        } else {
            chip.start(word, self.directions).await
        };
        self.state = chip.state();
        written.is_ok()
    }

    async fn read_back<I2C: I2c>(&mut self, bus: &mut I2C) -> ReadBack {
        let mut chip = Tca9555::resume(bus, self.address, self.state);
        let found = chip.verify().await;
        self.state = chip.state();
        match found {
            Ok(_) => ReadBack::Same,
            Err(Error::Reset) => ReadBack::PowerUp,
            Err(Error::Bus(_)) => ReadBack::Unreadable,
            Err(_) => ReadBack::Different,
        }
    }
}

fn wired_to<'a, const N: usize>(
    rack: &'a Rack<N>,
    expander: &Expander,
) -> impl Iterator<Item = (usize, &'a PackWiring)> {
    let (bus, address) = (expander.bus, expander.address.get());
    rack.packs()
        .iter()
        .enumerate()
        .filter(move |(_, pack)| (pack.bus, pack.expander) == (bus, address))
}

/// The output bits of one pack: its switch; green when it is connected, red when it is not, blinking red for a fault.
fn pack_outputs<const N: usize>(
    decision: &Decision<N>,
    index: usize,
    pack: &PackWiring,
    now_ms: u64,
) -> u16 {
    let Some(decided) = decision.packs.get(index) else {
        return 0;
    };
    let closed = decided.command == SwitchCommand::Closed;
    let faulty = matches!(
        decided.state,
        PackState::Fault | PackState::Cooldown { .. } | PackState::Latched | PackState::StuckClosed
    );
    let lit = now_ms.div_euclid(BLINK_MS).rem_euclid(2) == 0;
    [
        (Some(pack.switch_pin), closed),
        (pack.green_pin, closed),
        (pack.red_pin, !closed && (!faulty || lit)),
    ]
    .into_iter()
    .filter_map(|(pin, high)| pin.filter(|_| high))
    .fold(0, |bits, pin| bits | mask(pin))
}
