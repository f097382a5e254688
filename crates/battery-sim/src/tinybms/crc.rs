//! CRC-16/MODBUS (TinyBMS rev D): reflected polynomial A001, start FFFF, on the wire low byte first. Bit by bit and by hand: the
//! twin judges drivers and shares no table with them.

const START: u16 = 0xFFFF;
const POLYNOMIAL: u16 = 0xA001;

/// Over these bytes; "123456789" gives 4B37.
pub(super) fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(START, |sum, &byte| {
        (0..8).fold(sum ^ u16::from(byte), |sum, _| {
            if sum & 1 == 0 {
                sum >> 1
            } else {
                (sum >> 1) ^ POLYNOMIAL
            }
        })
    })
}

/// Appends the check value.
pub(super) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// Whether the last two bytes are the check value of the others.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.len() > 2 && crc(bytes) == 0
}
