//! One entry of the log: something that is done to a core.

use parallelator_core::{Inputs, Params};

use crate::{
    Get, Put, Reader, Sink,
    code::{code_struct, length},
};

/// Longer than any entry of a core for 32 packs.
pub const ENTRY_MAX: usize = 8 * 1024;

/// Length of the head of an entry in bytes.
pub const HEAD: usize = 5;

/// What stands before each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the entry.
    pub length: u32,
    /// Capacity of the core it is for.
    pub capacity: u8,
}

code_struct!(Head { length, capacity });

impl Head {
    /// The head of an entry that was written as so many bytes.
    #[must_use]
    pub fn of(bytes: usize, capacity: u8) -> Self {
        Self {
            length: length(bytes),
            capacity,
        }
    }
}

/// Something that is done to a core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Entry<const N: usize> {
    /// A new core for so many packs, with these parameters.
    Start {
        /// Number of packs.
        packs: u8,
        /// Parameters.
        params: Params,
    },
    /// One step.
    Step {
        /// Time since boot.
        now_ms: u64,
        /// What the core is told.
        inputs: Inputs<N>,
    },
    /// The reboot record is written.
    Save,
    /// A new core with the parameters in force takes the record of the old one.
    Reboot {
        /// What happened to the record in between.
        damage: Option<Damage>,
    },
}

/// What a torn write does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// So many bytes are left.
    pub length: u16,
    /// Which of them is changed.
    pub at: u16,
    /// The bits of it that change.
    pub flip: u8,
}

code_struct!(Damage { length, at, flip });

impl<const N: usize> Put for Entry<N> {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::Start { packs, params } => {
                sink.put(&[0, *packs]);
                params.put(sink);
            }
            Self::Step { now_ms, inputs } => {
                1u8.put(sink);
                now_ms.put(sink);
                inputs.put(sink);
            }
            Self::Save => 2u8.put(sink),
            Self::Reboot { damage } => {
                3u8.put(sink);
                damage.put(sink);
            }
        }
    }
}

impl<const N: usize> Get for Entry<N> {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(reader)? {
            0 => Self::Start {
                packs: u8::get(reader)?,
                params: Params::get(reader)?,
            },
            1 => Self::Step {
                now_ms: u64::get(reader)?,
                inputs: Inputs::get(reader)?,
            },
            2 => Self::Save,
            3 => Self::Reboot {
                damage: Option::get(reader)?,
            },
            _ => return None,
        })
    }
}
