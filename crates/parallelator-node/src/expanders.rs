//! The expanders that drive the switches: which word each of them gets, and whether it took it.

use embedded_hal_async::i2c::{ErrorKind, I2c};
use parallelator_core::{Decision, PackSet, PackState, SwitchCommand};
use tca9555::{Address, Error, State, Words, asynch::Tca9555};

use crate::{Board, PackWiring, Rack, trouble::BusTrouble};

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
    /// It was started and has not been found with other registers since.
    started: bool,
    /// It was started again in this tick, against what was decided.
    restarted: bool,
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
                    started: false,
                    restarted: false,
                });
                expander.directions &= !outputs;
            }
        }
        expanders
    }

    /// Packs whose alert line is low. An expander that does not answer reports none, and is not trusted again before
    /// its registers have been read.
    pub(crate) async fn alerts<B: Board<N>, const N: usize>(
        &mut self,
        board: &mut B,
        rack: &Rack<N>,
        trouble: &mut BusTrouble,
    ) -> PackSet {
        let mut alerts = PackSet::EMPTY;
        for expander in self.all.iter_mut().flatten() {
            let Some(bus) = trouble.bus(board, expander.bus) else {
                continue;
            };
            let mut chip = Tca9555::resume(bus, expander.address, expander.state);
            let levels = chip.read_inputs().await;
            expander.state = chip.state();
            let levels = match levels {
                Ok(levels) => levels,
                Err(error) => {
                    note(trouble, expander.bus, &error);
                    continue;
                }
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
        trouble: &mut BusTrouble,
    ) -> Outcome {
        let mut outcome = Outcome {
            written: true,
            confirmed: true,
            brown_out: false,
        };
        for expander in self.all.iter_mut().flatten() {
            let (word, open) =
                wired_to(rack, expander).fold((0, 0), |(word, open), (index, pack)| {
                    let outputs = pack_outputs(decision, index, pack, now_ms);
                    (word | outputs, open | (outputs & !mask(pack.switch_pin)))
                });
            let written = match trouble.bus(board, expander.bus) {
                Some(bus) => expander.write(bus, word, open, trouble).await,
                None => Written::Failed,
            };
            expander.restarted = written == Written::Restarted && word != open;
            outcome.written &= written != Written::Failed;
            outcome.brown_out |= expander.restarted;
        }
        for expander in self.all.iter_mut().flatten() {
            let found = match trouble.bus(board, expander.bus) {
                Some(bus) => expander.read_back(bus, trouble).await,
                None => ReadBack::Unreadable,
            };
            // A chip that was started again holds open switches, whatever was decided: that is not what was ordered.
            outcome.confirmed &= found == ReadBack::Same && !expander.restarted;
            outcome.brown_out |= found == ReadBack::PowerUp;
        }
        outcome
    }
}

/// How a write ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Ordered,
    /// The chip had lost its registers, or nobody knew them: started again with every switch open.
    Restarted,
    Failed,
}

/// Counts what was no missing acknowledge against the bus.
fn note<E: embedded_hal_async::i2c::Error>(trouble: &mut BusTrouble, bus: u8, error: &Error<E>) {
    if let Error::Bus(error) = error {
        if !matches!(error.kind(), ErrorKind::NoAcknowledge(_)) {
            trouble.count(bus);
        }
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
    /// One transaction when the chip is known to hold its directions.
    ///
    /// After any error the registers are read first. A chip that still holds them goes on; any other is started again,
    /// outputs first, with every switch open (`open`): what it did in between nobody knows.
    async fn write<I2C: I2c>(
        &mut self,
        bus: &mut I2C,
        word: u16,
        open: u16,
        trouble: &mut BusTrouble,
    ) -> Written {
        let mut chip = Tca9555::resume(bus, self.address, self.state);
        if self.started && !chip.state().is_known() {
            if let Ok(found) = chip.verify().await {
                let words = Words {
                    outputs: found.outputs,
                    directions: found.directions,
                    polarity: 0,
                };
                let bus = chip.release();
                chip = Tca9555::resume(bus, self.address, State::known(words));
            }
        }
        let (written, how) = if self.started && chip.state().is_known() {
            (chip.write_outputs(word).await, Written::Ordered)
        } else {
            (chip.start(open, self.directions).await, Written::Restarted)
        };
        self.state = chip.state();
        match written {
            Ok(()) => {
                self.started = true;
                how
            }
            Err(error) => {
                note(trouble, self.bus, &error);
                Written::Failed
            }
        }
    }

    async fn read_back<I2C: I2c>(&mut self, bus: &mut I2C, trouble: &mut BusTrouble) -> ReadBack {
        let mut chip = Tca9555::resume(bus, self.address, self.state);
        let found = chip.verify().await;
        self.state = chip.state();
        match found {
            Ok(_) => ReadBack::Same,
            Err(Error::Reset) => {
                self.started = false;
                ReadBack::PowerUp
            }
            Err(error @ Error::Bus(_)) => {
                note(trouble, self.bus, &error);
                ReadBack::Unreadable
            }
            Err(_) => {
                self.started = false;
                ReadBack::Different
            }
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
