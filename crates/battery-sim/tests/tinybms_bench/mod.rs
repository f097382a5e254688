//! A device on the table: frames are sealed and cut by other means than the twin's own.

use std::time::Duration;

use battery_sim::{TinyBms, TinyBmsConfig};

/// The long form of the check value: bits of each byte turned round, polynomial 8005, the result turned round.
pub(crate) fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut sum: u32 = 0xFFFF;
    for byte in bytes {
        sum ^= u32::from(byte.reverse_bits()) << 8;
        for _ in 0..8 {
            sum <<= 1;
            if sum > 0xFFFF {
                sum ^= 0x1_8005;
            }
        }
    }
    (sum as u16).reverse_bits().to_le_bytes()
}

pub(crate) fn sealed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &crc(bytes)].concat()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Section 3.1 of the frames: how long a reply is, from its own bytes.
pub(crate) fn reply_length(bytes: &[u8]) -> usize {
    assert_eq!(bytes[0], 0xAA);
    match bytes[1] {
        0x00 | 0x16..=0x18 => 6,
        0x01 => 5,
        0x03 | 0x11 | 0x12 | 0x1B..=0x1F => 5 + usize::from(bytes[2]),
        0x07 | 0x09 if bytes[2] & 0x80 != 0 => 68,
        0x07 | 0x09 => 5 + usize::from(bytes[2] & 0x3F),
        0x10 | 0x14 | 0x15 | 0x19 | 0x1A => 8,
        0x20 => 16,
        other => panic!("no reply begins with AA {other:02X}"),
    }
}

/// A device and what a test does with it.
pub(crate) struct Bench {
    pub(crate) bms: TinyBms,
}

impl Bench {
    pub(crate) fn new(config: TinyBmsConfig) -> Self {
        Self {
            bms: TinyBms::new(config),
        }
    }

    /// 14 cells, everything as it comes.
    pub(crate) fn usual() -> Self {
        Self::new(TinyBmsConfig::new(14))
    }

    /// Sends whole bytes and takes everything that comes within 60 ms, which is more than any reply needs.
    pub(crate) fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.bms.receive(bytes);
        self.bms.tick(ms(60));
        self.bms.take_output()
    }

    /// The same with the check value added, and the one frame of the answer without it.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        let answer = self.exchange(&sealed(request));
        assert!(!answer.is_empty(), "no answer to {request:02X?}");
        assert_eq!(answer.len(), reply_length(&answer), "{answer:02X?}");
        let (frame, check) = answer.split_at(answer.len() - 2);
        assert_eq!(check, crc(frame), "{answer:02X?}");
        frame.to_vec()
    }

    /// Registers by command 03.
    pub(crate) fn registers(&mut self, address: u16, count: u8) -> Vec<u16> {
        let [high, low] = address.to_be_bytes();
        let frame = self.ask(&[0xAA, 0x03, high, low, 0, count]);
        assert_eq!(frame[..3], [0xAA, 0x03, 2 * count], "{frame:02X?}");
        frame[3..]
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect()
    }

    /// Writes by command 10; then the flash silence passes.
    pub(crate) fn write(&mut self, address: u16, words: &[u16]) -> Vec<u8> {
        let count = u8::try_from(words.len()).unwrap();
        let [high, low] = address.to_be_bytes();
        let mut request = vec![0xAA, 0x10, high, low, 0, count, 2 * count];
        request.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        let answer = self.ask(&request);
        self.bms.tick(ms(1_000));
        answer
    }

    /// The write is confirmed.
    pub(crate) fn set(&mut self, address: u16, word: u16) {
        let answer = self.write(address, &[word]);
        let [high, low] = address.to_be_bytes();
        assert_eq!(answer, [0xAA, 0x10, high, low, 0, 1], "{address} = {word}");
    }

    /// The write is refused with a command error, and changes nothing.
    pub(crate) fn refused(&mut self, address: u16, word: u16) {
        let before = self.bms.register(address);
        let answer = self.write(address, &[word]);
        assert_eq!(answer, [0xAA, 0x00, 0x10, 0x00], "{address} = {word}");
        assert_eq!(self.bms.register(address), before);
    }

    /// Ids of the ring, as they stand there.
    pub(crate) fn event_ids(&self) -> Vec<u8> {
        self.bms.events().iter().map(|event| event.id).collect()
    }

    /// How often an id stands in the ring.
    pub(crate) fn times(&self, id: u8) -> usize {
        self.event_ids()
            .iter()
            .filter(|&&found| found == id)
            .count()
    }
}
