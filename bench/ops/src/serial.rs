//! Four registers over a serial line: the request is built, and the reply that came is checked and taken apart.

use ours_tinybms::{ReadRegisters, Request};
use rmodbus::{ModbusProto, client::ModbusRequest};

use crate::Sink;

/// Slave number, which is the first byte of every frame.
const SLAVE: u8 = 0xAA;
const START: u16 = 36;
const COUNT: u8 = 4;
/// Bytes of the request and of the reply.
pub const WIRE_BYTES: usize = 8 + REPLY_BYTES;
/// Bytes of the reply.
pub const REPLY_BYTES: usize = 13;

/// Ours.
pub fn tinybms(reply: &[u8], rounds: u32, sink: &mut impl Sink) {
    for _ in 0..rounds {
        let mut buffer = [0; 8];
        let Ok(request) = ReadRegisters::new(START, COUNT) else {
            return;
        };
        let Ok(sent) = request.emit(&mut buffer) else {
            return;
        };
        for byte in sent {
            sink.put(u32::from(*byte));
        }
        if let Ok(registers) = request.decode_bytes(reply) {
            for word in registers.words() {
                sink.put(u32::from(word));
            }
        }
    }
}

/// rmodbus 0.13.
pub fn rmodbus(reply: &[u8], rounds: u32, sink: &mut impl Sink) {
    for _ in 0..rounds {
        let mut request = ModbusRequest::new(SLAVE, ModbusProto::Rtu);
        let mut sent: heapless::Vec<u8, 16> = heapless::Vec::new();
        if request
            .generate_get_holdings(START, u16::from(COUNT), &mut sent)
            .is_err()
        {
            return;
        }
        for byte in &sent {
            sink.put(u32::from(*byte));
        }
        let mut words: heapless::Vec<u16, 32> = heapless::Vec::new();
        if request.parse_u16(reply, &mut words).is_ok() {
            for word in &words {
                sink.put(u32::from(*word));
            }
        }
    }
}

/// By hand, with a checksum bit by bit.
pub fn floor(reply: &[u8], rounds: u32, sink: &mut impl Sink) {
    for _ in 0..rounds {
        let [high, low] = START.to_be_bytes();
        let body = [SLAVE, 3, high, low, 0, COUNT];
        for byte in body.into_iter().chain(checksum(&body)) {
            sink.put(u32::from(byte));
        }
        let Some((body, end)) = reply.split_last_chunk::<2>() else {
            return;
        };
        if let [SLAVE, 3, 8, words @ ..] = body
            && words.len() == 8
            && checksum(body) == *end
        {
            for pair in words.as_chunks().0 {
                sink.put(u32::from(u16::from_be_bytes(*pair)));
            }
        }
    }
}

#[inline(never)]
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 0 {
                crc >> 1
            } else {
                crc >> 1 ^ 0xA001
            };
        }
    }
    crc.to_le_bytes()
}
