//! Client over the asynchronous I2C trait.
//!
//! Every call moves whole groups of registers and is safe to repeat. What is known about the chip counts again only
//! after a transfer has ended well, so an error and a dropped future leave the same mark: unknown.

use embedded_hal_async::i2c::I2c;

use crate::changes::{Changes, Watch};
use crate::error::Error;
use crate::registers::{Address, Pair, Pin, Word};
use crate::state::{ReadBack, State, Todo, Verdict, Words, compare};

mod pins;

pub use pins::{InputPin, OutputPin, Pins8, Pins16, Shared, UnusedPin};

/// A sixteen-pin expander: TCA9555, TCA9535, PCA9555, PCA9535 and chips with the same registers.
pub type Tca9555<I2C> = Expander<I2C, u16>;

/// An eight-pin expander: TCA6408A, which has the same four registers, one of each.
pub type Tca6408<I2C> = Expander<I2C, u8>;

/// An I/O expander with one bit a pin in words `W`.
#[derive(Debug)]
pub struct Expander<I2C, W> {
    i2c: I2C,
    address: Address,
    state: State<W>,
}

impl<I2C, W: Word> Expander<I2C, W> {
    /// Takes the bus; sends nothing and assumes nothing about the chip.
    #[must_use]
    pub fn new(i2c: I2C, address: Address) -> Self {
        Self::resume(i2c, address, State::UNKNOWN)
    }

    /// Takes the bus and what an earlier driver of the same chip knew; sends nothing.
    #[must_use]
    pub fn resume(i2c: I2C, address: Address, state: State<W>) -> Self {
        Self {
            i2c,
            address,
            state,
        }
    }

    /// What was ordered and what is known, for [`Self::resume`].
    #[must_use]
    pub fn state(&self) -> State<W> {
        self.state
    }

    /// Address of the chip.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// Gives the bus back.
    #[must_use]
    pub fn release(self) -> I2C {
        self.i2c
    }
}

impl<I2C: I2c, W: Word> Expander<I2C, W> {
    /// Safe start, checked: all pins as ordered, no inversion. See [`Self::start_with`].
    ///
    /// # Errors
    ///
    /// As [`Self::start_with`].
    pub async fn start(&mut self, outputs: W, directions: W) -> Result<(), Error<I2C::Error>> {
        self.start_with(Words {
            outputs,
            directions,
            polarity: W::ZERO,
        })
        .await
    }

    /// Safe start, checked.
    ///
    /// Three transactions bring the pins to the ordered state: output registers written, output registers read back,
    /// directions written. A pin is never driven at a level that was not ordered, whatever the chip did before, and
    /// also when a write was acknowledged and lost. Three more settle what no pin shows: directions read back,
    /// polarity written and read back.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] if the chip holds something else than it acknowledged; if that concerns the outputs, the
    /// directions were not touched. [`Error::Bus`] from any transfer.
    pub async fn start_with(&mut self, words: Words<W>) -> Result<(), Error<I2C::Error>> {
        let todo = self.state.set_orders(words);
        self.carry_out(todo).await
    }

    /// Safe start in three writes and nothing else: outputs, directions, polarity.
    ///
    /// Safe as far as an acknowledged write took effect. [`Self::verify`] should follow.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`] from any transfer; the later ones are then not sent.
    pub async fn start_unverified(&mut self, words: Words<W>) -> Result<(), Error<I2C::Error>> {
        let todo = self.state.set_orders(words);
        self.carry_out(todo & Todo::ALL).await
    }

    /// Takes over a running chip as it is: reads outputs, directions and polarity, and writes nothing.
    ///
    /// For a controller that restarted while the expander kept its supply. The answer equals [`Words::POWER_ON`] if
    /// the chip was not running after all: then it needs a start.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`] from any transfer; what was ordered before stays ordered.
    pub async fn take_over(&mut self) -> Result<Words<W>, Error<I2C::Error>> {
        let words = Words {
            outputs: self.read(Pair::Outputs).await.map_err(Error::Bus)?,
            directions: self.read(Pair::Directions).await.map_err(Error::Bus)?,
            polarity: self.read(Pair::Polarity).await.map_err(Error::Bus)?,
        };
        self.state = State::known(words);
        Ok(words)
    }

    /// Orders all output levels, in one transaction.
    ///
    /// After an error it writes everything that was ordered, in the order of a safe start, outputs first.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`]; [`Error::Mismatch`] when everything had to be written. The order stands.
    pub async fn write_outputs(&mut self, outputs: W) -> Result<(), Error<I2C::Error>> {
        self.order(Pair::Outputs, outputs).await
    }

    /// Orders all outputs low, in one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::write_outputs`].
    pub async fn all_low(&mut self) -> Result<(), Error<I2C::Error>> {
        self.write_outputs(W::ZERO).await
    }

    /// Orders the levels of the pins in `mask` as in `levels`, the others stay; one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::write_outputs`], and [`Error::NoOutputs`] before any whole word was ordered.
    pub async fn modify_outputs(&mut self, mask: W, levels: W) -> Result<(), Error<I2C::Error>> {
        let before = self.ordered_outputs()?;
        self.write_outputs((before & !mask) | (levels & mask)).await
    }

    /// Inverts the ordered levels of the pins in `mask`; one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::modify_outputs`]. A toggle that failed is not an order that stands: repeating it asks for the same.
    pub async fn toggle_outputs(&mut self, mask: W) -> Result<(), Error<I2C::Error>> {
        let before = self.ordered_outputs()?;
        let outcome = self.write_outputs(before ^ mask).await;
        if outcome.is_err() {
            self.state.set_order(Pair::Outputs, before);
        }
        outcome
    }

    /// Orders all directions, 1 = input, in one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::write_outputs`], and [`Error::NoOutputs`] if a pin would be driven at a level nobody ordered.
    pub async fn write_directions(&mut self, directions: W) -> Result<(), Error<I2C::Error>> {
        if directions != W::ONES {
            self.ordered_outputs()?;
        }
        self.order(Pair::Directions, directions).await
    }

    /// Orders which inputs are read inverted, in one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::write_outputs`].
    pub async fn write_polarity(&mut self, inverted: W) -> Result<(), Error<I2C::Error>> {
        self.order(Pair::Polarity, inverted).await
    }

    /// Orders the level of one pin; writes its port only.
    ///
    /// # Errors
    ///
    /// As [`Self::modify_outputs`].
    pub async fn set_pin(&mut self, pin: Pin<W>, high: bool) -> Result<(), Error<I2C::Error>> {
        let word = with_pin(self.ordered_outputs()?, pin, high);
        self.order_port(Pair::Outputs, word, pin.port()).await
    }

    /// Inverts the ordered level of one pin; writes its port only.
    ///
    /// # Errors
    ///
    /// As [`Self::toggle_outputs`].
    pub async fn toggle_pin(&mut self, pin: Pin<W>) -> Result<(), Error<I2C::Error>> {
        let before = self.ordered_outputs()?;
        let word = before ^ pin.mask();
        let outcome = self.order_port(Pair::Outputs, word, pin.port()).await;
        if outcome.is_err() {
            self.state.set_order(Pair::Outputs, before);
        }
        outcome
    }

    /// Makes one pin an output: level first, direction second, its port only.
    ///
    /// # Errors
    ///
    /// As [`Self::modify_outputs`]; also [`Error::NoOutputs`] before any directions were ordered.
    pub async fn make_output(&mut self, pin: Pin<W>, high: bool) -> Result<(), Error<I2C::Error>> {
        let directions = self.ordered_directions()?;
        self.set_pin(pin, high).await?;
        let word = with_pin(directions, pin, false);
        self.order_port(Pair::Directions, word, pin.port()).await
    }

    /// Makes one pin an input; writes its port only. Its output level stays ordered.
    ///
    /// # Errors
    ///
    /// As [`Self::make_output`].
    pub async fn make_input(&mut self, pin: Pin<W>) -> Result<(), Error<I2C::Error>> {
        let word = with_pin(self.ordered_directions()?, pin, true);
        self.order_port(Pair::Directions, word, pin.port()).await
    }

    /// Levels at all pins, whatever their direction, inverted where the polarity says so; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_inputs(&mut self) -> Result<W, Error<I2C::Error>> {
        self.read(Pair::Inputs).await.map_err(Error::Bus)
    }

    /// As [`Self::read_inputs`], then moves the chip's register pointer away from the inputs; two transactions.
    ///
    /// The PCA9555 lets go of its INT line when any other chip on the bus acknowledges a read while the pointer is at
    /// 00h (SCPS131J, section 8.4.1.1). The second transaction, one byte that changes nothing, prevents that.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`] from either transfer.
    pub async fn read_inputs_and_park(&mut self) -> Result<W, Error<I2C::Error>> {
        let inputs = self.read(Pair::Inputs).await.map_err(Error::Bus)?;
        self.park().await.map_err(Error::Bus)?;
        Ok(inputs)
    }

    /// Levels at the eight pins of this pin's port; one transaction. Leaves an interrupt of the other port standing.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_port_of(&mut self, pin: Pin<W>) -> Result<u8, Error<I2C::Error>> {
        let mut raw = [0];
        self.fetch(W::register_of(Pair::Inputs, pin.port()), &mut raw)
            .await
            .map_err(Error::Bus)?;
        let [byte] = raw;
        Ok(byte)
    }

    /// Level at one pin, inverted if its polarity says so; reads its port only.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_pin(&mut self, pin: Pin<W>) -> Result<bool, Error<I2C::Error>> {
        let byte = self.read_port_of(pin).await?;
        Ok(byte & pin.mask().port(pin.port()) != 0)
    }

    /// Output registers, which are not the levels at the pins; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_outputs(&mut self) -> Result<W, Error<I2C::Error>> {
        self.read(Pair::Outputs).await.map_err(Error::Bus)
    }

    /// Direction registers, 1 = input; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_directions(&mut self) -> Result<W, Error<I2C::Error>> {
        self.read(Pair::Directions).await.map_err(Error::Bus)
    }

    /// Polarity registers, 1 = inverted; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`].
    pub async fn read_polarity(&mut self) -> Result<W, Error<I2C::Error>> {
        self.read(Pair::Polarity).await.map_err(Error::Bus)
    }

    /// Output and direction registers as they are, compared with nothing; two transactions.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`] from either transfer.
    pub async fn read_back(&mut self) -> Result<ReadBack<W>, Error<I2C::Error>> {
        Ok(ReadBack {
            outputs: self.read(Pair::Outputs).await.map_err(Error::Bus)?,
            directions: self.read(Pair::Directions).await.map_err(Error::Bus)?,
        })
    }

    /// Reads outputs and directions and compares them with the orders; two transactions, 10 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Reset`] if the chip fell back to its power-on state, [`Error::Mismatch`] if it holds anything else
    /// than was ordered, [`Error::NoOutputs`] before outputs and directions were ordered, [`Error::Bus`].
    pub async fn verify(&mut self) -> Result<ReadBack<W>, Error<I2C::Error>> {
        let expected = ReadBack {
            outputs: self.ordered_outputs()?,
            directions: self.ordered_directions()?,
        };
        let found = self.read_back().await?;
        match compare(expected, found) {
            Verdict::Same => Ok(found),
            Verdict::Reset => {
                self.state.forget();
                Err(Error::Reset)
            }
            Verdict::Different {
                pair,
                expected,
                found,
            } => {
                self.state.forget();
                Err(Error::Mismatch {
                    pair,
                    expected,
                    found,
                })
            }
        }
    }

    /// Reads the outputs and compares them with the order; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::NoOutputs`] before outputs were ordered, [`Error::Bus`].
    pub async fn verify_outputs(&mut self) -> Result<bool, Error<I2C::Error>> {
        let expected = self.ordered_outputs()?;
        let same = self.read(Pair::Outputs).await.map_err(Error::Bus)? == expected;
        if !same {
            self.state.forget();
        }
        Ok(same)
    }

    /// Output pins whose level is not the ordered one: shorted, overloaded or held by something else; one transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Bus`]; [`Error::NoOutputs`] while outputs, directions or polarity are not known.
    pub async fn stuck_outputs(&mut self) -> Result<W, Error<I2C::Error>> {
        let (Some(outputs), Some(directions), Some(polarity)) = (
            self.state.outputs(),
            self.state.directions(),
            self.state.polarity(),
        ) else {
            return Err(Error::NoOutputs);
        };
        let levels = self.read(Pair::Inputs).await.map_err(Error::Bus)? ^ polarity;
        Ok((levels ^ outputs) & !directions)
    }

    /// Reads the inputs if the interrupt line or the clock asks for it, and tells what changed; at most two
    /// transactions. `Ok(None)`: nothing asked, nothing was sent.
    ///
    /// `int_low` is the level of the chip's INT line, `now_ms` any clock that does not run backwards. Why both are
    /// needed is told at [`Watch`].
    ///
    /// # Errors
    ///
    /// [`Error::Bus`]. The next call reads at once, and reports changes that this one had seen.
    pub async fn poll(
        &mut self,
        watch: &mut Watch<W>,
        int_low: bool,
        now_ms: u64,
    ) -> Result<Option<Changes<W>>, Error<I2C::Error>> {
        if watch.is_due(int_low, now_ms) {
            self.read_changes(watch, now_ms).await.map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads the inputs now and tells what changed since the last report; at most two transactions.
    ///
    /// # Errors
    ///
    /// As [`Self::poll`].
    pub async fn read_changes(
        &mut self,
        watch: &mut Watch<W>,
        now_ms: u64,
    ) -> Result<Changes<W>, Error<I2C::Error>> {
        watch.begin();
        let inputs = self.read(Pair::Inputs).await.map_err(Error::Bus)?;
        watch.record(inputs);
        if watch.parks() {
            self.park().await.map_err(Error::Bus)?;
        }
        Ok(watch.finish(inputs, now_ms))
    }

    /// Points the chip at its outputs; changes nothing.
    async fn park(&mut self) -> Result<(), I2C::Error> {
        let before = self.state.forget();
        self.send(&[W::register(Pair::Outputs)]).await?;
        self.state.restore(before);
        Ok(())
    }

    /// Orders a word and carries it out, with everything else if the chip's state is unknown.
    async fn order(&mut self, pair: Pair, word: W) -> Result<(), Error<I2C::Error>> {
        let todo = self.state.set_order(pair, word);
        self.carry_out(todo).await
    }

    /// As `order`, for a word that differs from the order before in one port only.
    async fn order_port(&mut self, pair: Pair, word: W, port: u8) -> Result<(), Error<I2C::Error>> {
        let todo = self.state.set_order(pair, word);
        if todo.contains(Todo::CHECK) {
            return self.carry_out(todo).await;
        }
        self.send(&[W::register_of(pair, port), word.port(port)])
            .await
            .map_err(Error::Bus)?;
        self.state.confirm();
        Ok(())
    }

    /// Writes the orders for these groups, outputs first. If they are to be checked, each word is read back before the
    /// next is written, so that a pin changes its direction only after its level was seen in the chip.
    async fn carry_out(&mut self, mut todo: Todo) -> Result<(), Error<I2C::Error>> {
        while let Some((pair, expected)) = self.state.next_order(&mut todo) {
            self.send(expected.to_frame(pair).as_ref())
                .await
                .map_err(Error::Bus)?;
            if todo.is_empty() {
                break; // the usual case, one word and nothing to check, is told first
            }
            if !todo.contains(Todo::CHECK) {
                continue;
            }
            let found = self.read(pair).await.map_err(Error::Bus)?;
            if found != expected {
                return Err(Error::Mismatch {
                    pair,
                    expected: expected.into(),
                    found: found.into(),
                });
            }
        }
        self.state.confirm();
        Ok(())
    }

    async fn read(&mut self, pair: Pair) -> Result<W, I2C::Error> {
        let mut raw = W::Raw::default();
        self.fetch(W::register(pair), raw.as_mut()).await?;
        Ok(W::from_raw(raw))
    }

    /// Whoever calls this has forgotten the state before.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), I2C::Error> {
        self.i2c.write(self.address.get(), bytes).await
    }

    async fn fetch(&mut self, register: u8, raw: &mut [u8]) -> Result<(), I2C::Error> {
        let before = self.state.forget();
        self.i2c
            .write_read(self.address.get(), &[register], raw)
            .await?;
        self.state.restore(before);
        Ok(())
    }

    fn ordered_outputs(&self) -> Result<W, Error<I2C::Error>> {
        self.state.order(Pair::Outputs).ok_or(Error::NoOutputs)
    }

    fn ordered_directions(&self) -> Result<W, Error<I2C::Error>> {
        self.state.order(Pair::Directions).ok_or(Error::NoOutputs)
    }
}

/// The word with one pin set or cleared.
fn with_pin<W: Word>(word: W, pin: Pin<W>, set: bool) -> W {
    if set {
        word | pin.mask()
    } else {
        word & !pin.mask()
    }
}
