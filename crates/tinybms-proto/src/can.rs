//! The maker's UART-CAN adapter: 500 kbit/s, 11-bit identifiers (TinyBMS rev D, chapter "CAN").
//!
//! It works only while the BMS is awake, and cannot wake it. 07h, 09h, 0Bh, 0Dh and 1Fh do not exist here. Frames carry
//! no checksum of their own. The layouts of the value commands, of 1Bh and of 11h were seen in the firmware of a vehicle;
//! the others are the document's.

mod reply;
mod request;

pub use reply::{CanError, Content, Reply, Series};
pub use request::{Message, Messages, Query};

use embedded_can::StandardId;

/// Requests go to this identifier plus the node.
const REQUEST: u16 = 0x200;
/// Replies come from this identifier plus the node.
const REPLY: u16 = 0x240;

/// Number of an adapter on the bus, 1 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Node(u8);

impl Node {
    /// As the adapter comes from the factory.
    pub const DEFAULT: Self = Self(1);

    /// A node with this number; `None` for 0 and for more than 63.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=63 => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Identifier of requests to it.
    #[must_use]
    pub fn request_id(self) -> StandardId {
        identifier(REQUEST, self.0)
    }

    /// Identifier of its replies.
    #[must_use]
    pub fn reply_id(self) -> StandardId {
        identifier(REPLY, self.0)
    }

    /// The node that a reply comes from.
    #[must_use]
    pub fn from_reply_id(id: StandardId) -> Option<Self> {
        let number = id.as_raw().checked_sub(REPLY)?;
        Self::new(u8::try_from(number).ok()?)
    }
}

/// Identifier of the request for the number of whoever is there.
fn everybody() -> StandardId {
    identifier(REQUEST, 0)
}

/// Below 800h for every node, so it is always one.
fn identifier(base: u16, node: u8) -> StandardId {
    StandardId::new(base.saturating_add(u16::from(node))).unwrap_or(StandardId::ZERO)
}
