//! What was ordered, and what is known about the chip.

use core::num::NonZeroU8;

use crate::registers::{Pair, Word};

/// The three words that can be written to a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Words<W = u16> {
    /// Levels of the output pins; bits of input pins are kept for the day they become outputs.
    pub outputs: W,
    /// 1 = input, 0 = output.
    pub directions: W,
    /// 1 = the input word shows the opposite of the pin.
    pub polarity: W,
}

impl<W: Word> Words<W> {
    /// What the chip holds after power-on: all pins inputs, all output bits set, nothing inverted.
    pub const POWER_ON: Self = Self {
        outputs: W::ONES,
        directions: W::ONES,
        polarity: W::ZERO,
    };
}

/// Outputs and directions as read back from the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadBack<W = u16> {
    /// Output registers: what output pins are told to drive.
    pub outputs: W,
    /// Direction registers, 1 = input.
    pub directions: W,
}

impl<W: Word> ReadBack<W> {
    /// Pins that really drive a high level: outputs with their bit set.
    #[must_use]
    pub fn driven_high(self) -> W {
        self.outputs & !self.directions
    }
}

/// The groups that are written, in the order of a safe start.
const WRITTEN: [Pair; 3] = [Pair::Outputs, Pair::Directions, Pair::Polarity];

bitflags::bitflags! {
    /// Groups to be written, in the order of a safe start, and whether they must be read back.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Todo: u8 {
        const OUTPUTS = 1;
        const DIRECTIONS = 1 << 1;
        const POLARITY = 1 << 2;
        /// The chip may hold something else than was acknowledged. Above the groups, so that it is never a place.
        const CHECK = 1 << 3;
    }
}

impl Todo {
    /// Every group, and no reading back.
    pub(crate) const ALL: Self = Self::OUTPUTS.union(Self::DIRECTIONS).union(Self::POLARITY);

    const fn of(pair: Pair) -> Self {
        match pair {
            Pair::Inputs => Self::empty(),
            Pair::Outputs => Self::OUTPUTS,
            Pair::Directions => Self::DIRECTIONS,
            Pair::Polarity => Self::POLARITY,
        }
    }
}

/// What a driver remembers about its chip: small, `Copy`, and without the bus.
///
/// ```text
///             order            acknowledged
///   nothing ---------> ordered ------------> known
///                         ^                    |
///                         +--------------------+
///                 any error, or a call that was dropped half way
/// ```
///
/// An order stands until another replaces it, also when its transfer failed: nobody can tell how much of it the chip
/// has taken. The chip is known to hold the orders only between an acknowledged write and the next error of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State<W = u16> {
    /// In the order of a safe start.
    words: [W; 3],
    /// Every group that was ordered, and `CHECK` while the chip is not known to hold the orders: what the next call
    /// has to write then.
    todo: Todo,
}

impl<W: Word> State<W> {
    /// Nothing ordered, nothing known.
    pub const UNKNOWN: Self = Self {
        words: [W::ZERO; 3],
        todo: Todo::empty(),
    };

    /// A chip that is known to hold these words, for example [`Words::POWER_ON`] on a board that switches the chip's
    /// supply. Without such knowledge start from [`State::UNKNOWN`].
    #[must_use]
    pub const fn known(words: Words<W>) -> Self {
        Self {
            words: [words.outputs, words.directions, words.polarity],
            todo: Todo::ALL,
        }
    }

    /// Output word the chip is known to hold; `None` if that is unknown.
    #[must_use]
    pub fn outputs(&self) -> Option<W> {
        self.copy(Pair::Outputs)
    }

    /// Direction word the chip is known to hold, 1 = input; `None` if that is unknown.
    #[must_use]
    pub fn directions(&self) -> Option<W> {
        self.copy(Pair::Directions)
    }

    /// Polarity word the chip is known to hold, 1 = inverted; `None` if that is unknown.
    #[must_use]
    pub fn polarity(&self) -> Option<W> {
        self.copy(Pair::Polarity)
    }

    /// Whether the chip is known to hold everything that was ordered, so that the next order is one transfer.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.todo.contains(Todo::CHECK)
    }

    /// The last order for a group, carried out or not.
    pub(crate) fn order(&self, pair: Pair) -> Option<W> {
        let [outputs, directions, polarity] = self.words;
        let word = match pair {
            Pair::Inputs => return None,
            Pair::Outputs => outputs,
            Pair::Polarity => polarity,
            Pair::Directions => directions,
        };
        self.todo.contains(Todo::of(pair)).then_some(word)
    }

    /// Takes the first group out of the set, with its order; `None` when no group is left.
    pub(crate) fn next_order(&self, todo: &mut Todo) -> Option<(Pair, W)> {
        let bits = NonZeroU8::new(todo.intersection(Todo::ALL).bits())?;
        let place = usize::try_from(bits.trailing_zeros()).ok()?;
        let pair = *WRITTEN.get(place)?;
        let word = *self.words.get(place)?;
        *todo = Todo::from_bits_retain(todo.bits() & todo.bits().wrapping_sub(1));
        Some((pair, word))
    }

    /// Takes an order and tells what must be written for it. Nothing is known until that has ended well.
    pub(crate) fn set_order(&mut self, pair: Pair, word: W) -> Todo {
        let [outputs, directions, polarity] = &mut self.words;
        match pair {
            Pair::Inputs => {}
            Pair::Outputs => *outputs = word,
            Pair::Polarity => *polarity = word,
            Pair::Directions => *directions = word,
        }
        let before = self.todo;
        self.todo = before | Todo::of(pair) | Todo::CHECK;
        if before.contains(Todo::CHECK) {
            self.todo
        } else {
            Todo::of(pair)
        }
    }

    /// As [`Self::set_order`], for all groups.
    pub(crate) fn set_orders(&mut self, words: Words<W>) -> Todo {
        *self = Self::known(words);
        self.todo |= Todo::CHECK;
        self.todo
    }

    /// To be called before a transfer: what is known now counts again only if the transfer ends well.
    pub(crate) fn forget(&mut self) -> Todo {
        let before = self.todo;
        self.todo = before | Todo::CHECK;
        before
    }

    /// To be called with what `forget` gave, after a transfer that ended well.
    pub(crate) fn restore(&mut self, before: Todo) {
        self.todo = before;
    }

    /// The chip holds everything that was ordered.
    pub(crate) fn confirm(&mut self) {
        self.todo.remove(Todo::CHECK);
    }

    fn copy(&self, pair: Pair) -> Option<W> {
        self.order(pair).filter(|_| self.is_known())
    }
}

/// Whether what was read back is what was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Different {
        pair: Pair,
        expected: u16,
        found: u16,
    },
    Reset,
}

/// Compares what a chip holds with what it should hold.
///
/// Directions that fell back to all inputs mean a reset even when the outputs are right: they may have been written
/// after it. On a chip with inputs only, the outputs must tell.
pub(crate) fn compare<W: Word>(expected: ReadBack<W>, found: ReadBack<W>) -> Verdict {
    let lost_directions = found.directions == W::ONES && expected.directions != W::ONES;
    let lost_outputs =
        found.outputs == W::ONES && expected.outputs != W::ONES && found.directions == W::ONES;
    if lost_directions || lost_outputs {
        Verdict::Reset
    } else if found.outputs != expected.outputs {
        Verdict::Different {
            pair: Pair::Outputs,
            expected: expected.outputs.into(),
            found: found.outputs.into(),
        }
    } else if found.directions != expected.directions {
        Verdict::Different {
            pair: Pair::Directions,
            expected: expected.directions.into(),
            found: found.directions.into(),
        }
    } else {
        Verdict::Same
    }
}
