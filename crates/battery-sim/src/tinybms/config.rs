//! What kind of device a twin is, and what it does where the documents are silent.

use core::time::Duration;

/// Fewest cells of a pack.
pub const FEWEST_CELLS: u8 = 4;
/// Most cells of a pack; also the number of cell slots.
pub const MOST_CELLS: u8 = 16;

/// Which of the two boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    /// 30 A, internal resistor as current sensor.
    Low,
    /// 150 A, internal Hall sensor.
    High,
}

/// What a write of a value outside its range does; nobody has tried it on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// Command error; nothing of the request is stored.
    Refuse,
    /// Acknowledged, the nearest limit is stored.
    Clamp,
    /// Acknowledged and stored as it is.
    Store,
}

/// Order of the values of command 1C; not verified on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellOrder {
    /// Cell 1, at the negative end of the battery, comes first.
    BottomFirst,
    /// The top cell comes first.
    TopFirst,
}

/// A device, and its open questions answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TinyBmsConfig {
    /// Cells in series, 4..=16.
    pub cells: u8,
    /// Board.
    pub board: Board,
    /// Internal firmware version. Registers of the newest map exist from 254 on, register 329 from 243 on.
    pub firmware: u16,
    /// What happens to values outside their range.
    pub out_of_range: OutOfRange,
    /// Order of command 1C.
    pub cell_order: CellOrder,
    /// Number of the first packet of a reply of several packets: 0 or 1.
    pub first_packet: u8,
    /// Slot of the event ring that is filled first; the ring of a device is not sorted.
    pub first_event_slot: u8,
    /// From the last byte of a request to the first of its reply.
    pub answer_time: Duration,
    /// How long nothing is heard after the acknowledgement of a settings write.
    pub flash_silence: Duration,
    /// How long nothing is heard after a reset.
    pub reset_silence: Duration,
    /// Whether the acknowledgement of a reset gets out.
    pub acknowledges_reset: bool,
    /// Silence after which an unfinished request is forgotten.
    pub unfinished_request: Duration,
    /// Node number on CAN, 1..=63.
    pub can_node: u8,
}

impl TinyBmsConfig {
    /// A 150 A board with the newest register map and this many cells, 4..=16.
    #[must_use]
    pub fn new(cells: u8) -> Self {
        Self {
            cells,
            board: Board::High,
            firmware: 254,
            out_of_range: OutOfRange::Refuse,
            cell_order: CellOrder::BottomFirst,
            first_packet: 0,
            first_event_slot: 0,
            answer_time: Duration::from_millis(1),
            flash_silence: Duration::from_millis(400),
            reset_silence: Duration::from_secs(2),
            acknowledges_reset: true,
            unfinished_request: Duration::from_secs(3),
            can_node: 1,
        }
    }
}
