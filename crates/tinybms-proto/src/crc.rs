//! Checksum of every frame: CRC-16/MODBUS.
//!
//! Polynomial 8005h, both ways reflected, start FFFFh, nothing added at the end; `123456789` gives 4B37h. It covers all
//! bytes from AAh to the one before it and travels low byte first, in every command (TinyBMS rev D, section "CRC").

/// What a checksum begins with.
const START: u16 = 0xFFFF;

#[cfg(feature = "crc-table")]
static TABLE: [u16; 256] = {
    let [table] = *crc::Crc::<u16>::new(&crc::CRC_16_MODBUS).table();
    table
};

/// Checksum of `bytes`. Over a whole good frame, its checksum included, it is 0.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(START, |crc, byte| step(crc, *byte))
}

/// A checksum that grows byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running(u16);

impl Running {
    pub(crate) const fn new() -> Self {
        Self(START)
    }

    pub(crate) fn take(&mut self, byte: u8) {
        self.0 = step(self.0, byte);
    }

    /// Whether the bytes so far end with their own checksum.
    pub(crate) const fn is_good(self) -> bool {
        self.0 == 0
    }
}

#[cfg(feature = "crc-table")]
fn step(crc: u16, byte: u8) -> u16 {
    let index = usize::from((crc ^ u16::from(byte)) & 0xFF);
    (crc >> 8) ^ TABLE.get(index).copied().unwrap_or_default()
}

/// One byte without a table.
///
/// The polynomial has all terms but four equal to zero, so eight steps of the division come down to two shifts of the
/// low byte and its parity. Compared with the table for every state and byte in the tests.
#[cfg(not(feature = "crc-table"))]
fn step(crc: u16, byte: u8) -> u16 {
    let low = (crc ^ u16::from(byte)) & 0xFF;
    let folded = low ^ (low >> 4);
    // Bit n of the word: parity of the four-bit number n.
    let parity = (0x6996_u16 >> (folded & 0x0F)) & 1;
    let ends = parity.wrapping_neg() & 0xC001;
    (crc >> 8) ^ (low << 6) ^ (low << 7) ^ ends
}
