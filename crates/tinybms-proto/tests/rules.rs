//! Properties: build and parse are inverse, one flipped bit is refused, pieces do not matter, any bytes are answered.

mod harness;

use battery_units::Millivolts;

use harness::{checksum as reference, frame};
use proptest::prelude::*;
use tinybms_proto::{
    Event, Exchange, Frame, Packets, Progress, Question, ReadBlock, ReadBlockInPackets, ReadEach,
    ReadPackVoltage, ReadRegisters, ReadStatus, Received, Receiver, ReplyError, Request, Seconds,
    Single, Step, Waits, WriteEach, WriteRegisters, checksum,
};

/// Everything that a receiver makes of a stream, and when: the place in the stream counts, not the piece.
fn events(question: Question<'_>, stream: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut receiver = Receiver::new(question);
    let mut found = Vec::new();
    let mut start = 0;
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    places.push(stream.len());
    places.sort_unstable();
    for end in places {
        let mut rest = &stream[start..end];
        loop {
            let before = rest.len();
            let (taken, received) = receiver.push(rest);
            rest = &rest[taken..];
            assert!(taken <= before);
            if received == Received::NeedMore {
                assert!(rest.is_empty(), "bytes left over");
                break;
            }
            found.push(format!("{:?} before {}", received, end - rest.len()));
        }
        start = end;
    }
    loop {
        match receiver.finish() {
            Ok(frame) => found.push(format!("late {frame:?}")),
            Err(error) => {
                found.push(format!("{error:?}, {} skipped", receiver.skipped()));
                return found;
            }
        }
    }
}

fn request_bytes() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        (any::<u16>(), 1..=127_u8).prop_map(|(start, count)| {
            let [high, low] = start.to_be_bytes();
            vec![0xAA, 0x03, high, low, 0, count]
        }),
        (1..=31_u8).prop_map(|count| vec![0xAA, 0x07, count, 0, 0]),
        Just(vec![0xAA, 0x09, 2, 0x32, 0x01]),
        Just(vec![0xAA, 0x0D, 4, 0x2C, 0x01, 0x42, 0x0E]),
        Just(vec![0xAA, 0x10, 1, 0x2C, 0, 1, 2, 0x0E, 0x42]),
        Just(vec![0xAA, 0x12]),
        (0x14..=0x20_u8).prop_map(|command| vec![0xAA, command]),
    ];
    body.prop_map(|body| frame(&body))
}

/// Bytes with a liking for heads and commands.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        2 => Just(0xAA_u8),
        2 => 0..0x21_u8,
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..80)
}

/// A sound reply to anything, a damaged one, text or noise.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        (
            prop::sample::select(vec![0x03, 0x11, 0x12, 0x1B, 0x1C, 0x1D]),
            words
        )
            .prop_map(|(command, words)| {
                let mut body = vec![0xAA, command, words.len() as u8];
                body.extend(words);
                frame(&body)
            }),
        any::<[u8; 4]>().prop_map(|v| frame(&[0xAA, 0x14, v[0], v[1], v[2], v[3]])),
        any::<[u8; 2]>().prop_map(|v| frame(&[0xAA, 0x18, v[0], v[1]])),
        any::<[u8; 2]>().prop_map(|v| frame(&[0xAA, 0x00, v[0], v[1]])),
        any::<u8>().prop_map(|v| frame(&[0xAA, 0x01, v])),
        noise(),
        "[A-Z0-9:\t.]{0,60}\r?\n?".prop_map(String::into_bytes),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(part(), 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_cutting_of_the_stream_gives_the_same(
        sent in request_bytes(),
        stream in stream(),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        for question in [Question::new(&sent), Question::ANY] {
            let whole = events(question, &stream, &[]);
            let every_byte: Vec<usize> = (0..stream.len()).collect();
            prop_assert_eq!(&events(question, &stream, &cuts), &whole);
            prop_assert_eq!(&events(question, &stream, &every_byte), &whole);
        }
    }

    /// What comes out of noise is sound, and a good reply behind any noise comes out.
    #[test]
    fn a_good_reply_behind_noise_is_found(noise in noise(), words in prop::array::uniform4(any::<u16>())) {
        let mut buffer = [0; 8];
        let request = ReadRegisters::new(36, 4).unwrap();
        let sent = request.emit(&mut buffer).unwrap();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let reply = frame(&[[0xAA, 0x03, 8].as_slice(), &bytes].concat());
        let mut receiver = Receiver::new(Question::new(sent));
        let all = [noise, reply.clone()].concat();
        let (_, received) = receiver.push(&all);
        let found = match received {
            Received::Frame(frame) => frame.bytes().to_vec(),
            Received::NeedMore => receiver.finish().unwrap().bytes().to_vec(),
            Received::Refused(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(&found, &reply);
        let found: Vec<u16> = request.decode_bytes(&found).unwrap().words().collect();
        prop_assert_eq!(found, words);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300), sent in request_bytes()) {
        if let Ok(frame) = Frame::parse(&bytes) {
            prop_assert_eq!(frame.bytes(), &bytes[..]);
            let _ = Question::new(&sent).judge(frame);
        }
        let _ = events(Question::new(&sent), &bytes, &[]);
    }

    #[test]
    fn what_is_read_by_block_is_what_was_sent(start in any::<u16>(), words in prop::collection::vec(any::<u16>(), 1..=31)) {
        let count = words.len() as u8;
        prop_assume!(usize::from(start) + words.len() <= 65_536);
        let request = ReadBlock::new(start, count).unwrap();
        let mut buffer = [0; 16];
        let [low, high] = start.to_le_bytes();
        prop_assert_eq!(request.emit(&mut buffer).unwrap(), frame(&[0xAA, 7, count, low, high]));
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let reply = frame(&[[0xAA, 0x07, 2 * count].as_slice(), &bytes].concat());
        let found: Vec<u16> = request.decode_bytes(&reply).unwrap().words().collect();
        prop_assert_eq!(found, words);
    }

    #[test]
    fn what_is_read_one_by_one_is_what_was_sent(pairs in prop::collection::vec(any::<(u16, u16)>(), 1..=15)) {
        let addresses: Vec<u16> = pairs.iter().map(|pair| pair.0).collect();
        let request = ReadEach::new(&addresses).unwrap();
        let mut buffer = [0; 64];
        let sent = request.emit(&mut buffer).unwrap();
        let asked: Vec<u8> = addresses.iter().flat_map(|word| word.to_le_bytes()).collect();
        prop_assert_eq!(sent, frame(&[[0xAA, 9, asked.len() as u8].as_slice(), &asked].concat()));
        let bytes: Vec<u8> = pairs.iter().flat_map(|(a, v)| [a.to_le_bytes(), v.to_le_bytes()]).flatten().collect();
        let reply = frame(&[[0xAA, 9, bytes.len() as u8].as_slice(), &bytes].concat());
        let found: Vec<(u16, u16)> = request.decode_bytes(&reply).unwrap().collect();
        prop_assert_eq!(found, pairs);
    }

    #[test]
    fn what_is_written_stands_in_the_frame(start in 300..400_u16, values in prop::collection::vec(any::<u16>(), 1..=100)) {
        let fits = usize::from(start) + values.len() <= 400;
        match WriteRegisters::new(start, &values) {
            Err(_) => prop_assert!(!fits),
            Ok(request) => {
                prop_assert!(fits);
                let mut buffer = [0; 260];
                let sent = request.emit(&mut buffer).unwrap();
                let [high, low] = start.to_be_bytes();
                let count = values.len() as u8;
                let mut body = vec![0xAA, 0x10, high, low, 0, count, 2 * count];
                body.extend(values.iter().flat_map(|word| word.to_be_bytes()));
                prop_assert_eq!(sent, frame(&body));
                prop_assert!(request.decode_bytes(&frame(&body[..6])).is_ok());
            }
        }
    }

    #[test]
    fn every_address_of_a_write_is_a_setting(pairs in prop::collection::vec((290..410_u16, any::<u16>()), 1..=16)) {
        let fits = pairs.len() <= 15 && pairs.iter().all(|(address, _)| (300..400).contains(address));
        prop_assert_eq!(WriteEach::new(&pairs).is_ok(), fits);
    }

    /// Against the floating point unit, where it is exact.
    #[test]
    fn a_number_comes_out_as_the_nearest_whole_one(bits in any::<u32>(), small in -3_000_000.0..3_000_000.0_f32) {
        for bits in [bits, small.to_bits()] {
            let value = f64::from(f32::from_bits(bits));
            let found = Single::from_bits(bits).scaled(1_000);
            // The product of 24 and 10 bits is exact in 53; round() takes ties away from zero too.
            let expected = (value * 1_000.0).round();
            if value.is_finite() && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&expected) {
                prop_assert_eq!(found.map(f64::from), Ok(expected + 0.0));
            } else {
                prop_assert!(found.is_err());
            }
        }
    }

    #[test]
    fn an_event_younger_than_194_days_gets_its_time_back(now in any::<u32>(), age in 0..0x0100_0000_u32) {
        let time = now.wrapping_sub(age);
        let event = Event::new(0x61, time & 0x00FF_FFFF, Seconds::new(now)).unwrap();
        prop_assert_eq!(event.age.get(), age);
        prop_assert_eq!(event.time.get(), time);
    }

    #[test]
    fn packets_in_order_give_the_block_back(count in 1..=127_u8, first in 0..=1_u8, seed in any::<u8>()) {
        let request = ReadBlockInPackets::new(0, count).unwrap();
        let bytes: Vec<u8> = (0..2 * u32::from(count)).map(|n| (n as u8).wrapping_mul(31) ^ seed).collect();
        let chunks: Vec<&[u8]> = bytes.chunks(63).collect();
        let mut packets: Packets = request.packets();
        let mut out = [0; 254];
        for (place, chunk) in chunks.iter().enumerate() {
            let is_last = place + 1 == chunks.len();
            let flags = if is_last { chunk.len() as u8 } else { 0x80 | (place as u8 + first) };
            let packet = frame(&[[0xAA, 7, flags].as_slice(), chunk].concat());
            let done = packets.push(Frame::parse(&packet).unwrap(), &mut out);
            prop_assert_eq!(done, Ok(is_last));
        }
        prop_assert_eq!(&out[..bytes.len()], &bytes[..]);
    }

    /// An exchange never sends a write twice, sends a read at most as often as it may, and always ends.
    #[test]
    fn every_exchange_ends(sent in request_bytes(), pieces in prop::collection::vec(part(), 0..8), sends in 0..5_u8) {
        let waits = Waits { sends, ..Waits::WIRE };
        let mut exchange = Exchange::new(&sent, waits);
        let mut requests = 0;
        let mut steps = 0;
        let mut pieces = pieces.into_iter();
        loop {
            match exchange.step() {
                Step::Send(bytes) => requests += u8::from(bytes == sent),
                Step::Receive(_) => {
                    if exchange.received(&pieces.next().unwrap_or_default()) != Progress::Complete {
                        exchange.time_is_up();
                    }
                }
                Step::Done => break,
            }
            steps += 1;
            prop_assert!(steps < 30);
        }
        prop_assert!(exchange.outcome().is_some());
        let most = if Question::new(&sent).is_write() { 1 } else { sends.max(1) };
        prop_assert!(requests <= most);
    }
}

/// Every kind of reply with its request.
fn replies() -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all = vec![
        (
            vec![0xAA, 0x03, 0, 0x24, 0, 4],
            vec![0xAA, 0x03, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (
            vec![0xAA, 0x07, 2, 0x24, 0],
            vec![0xAA, 0x07, 4, 1, 2, 3, 4],
        ),
        (
            vec![0xAA, 0x09, 2, 0x32, 1],
            vec![0xAA, 0x09, 4, 0x32, 1, 0x40, 1],
        ),
        (
            vec![0xAA, 0x0D, 4, 0x2C, 1, 0x42, 0x0E],
            vec![0xAA, 0x01, 0x0D],
        ),
        (
            vec![0xAA, 0x10, 1, 0x2C, 0, 1, 2, 0x0E, 0x42],
            vec![0xAA, 0x10, 1, 0x2C, 0, 1],
        ),
        (
            vec![0xAA, 0x12],
            vec![0xAA, 0x12, 8, 9, 0, 0, 0, 1, 0, 0, 0x61],
        ),
        (vec![0xAA, 0x14], vec![0xAA, 0x14, 0xD7, 0x23, 0x5F, 0x42]),
        (vec![0xAA, 0x18], vec![0xAA, 0x18, 0x97, 0]),
        (vec![0xAA, 0x18], vec![0xAA, 0x00, 0x18, 0]),
        (
            vec![0xAA, 0x1C],
            vec![0xAA, 0x1C, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (vec![0xAA, 0x1D, 2, 0, 2], vec![0xAA, 0x1D, 4, 1, 2, 3, 4]),
        (
            vec![0xAA, 0x20],
            vec![0xAA, 0x20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        ),
    ];
    for (request, reply) in &mut all {
        *request = frame(request);
        *reply = frame(reply);
    }
    all
}

#[test]
fn one_flipped_bit_of_any_reply_is_refused() {
    for (request, reply) in replies() {
        let question = Question::new(&request);
        assert!(is_taken(question, &reply), "{reply:02X?}");
        for bit in 0..reply.len() * 8 {
            let mut flipped = reply.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Frame::parse(&flipped).is_err(), "{flipped:02X?}");
            assert!(!is_taken(question, &flipped), "{flipped:02X?}");
        }
    }
}

/// Whether a stream holds a reply or a refusal.
fn is_taken(question: Question<'_>, stream: &[u8]) -> bool {
    let mut receiver = Receiver::new(question);
    match receiver.push(stream).1 {
        Received::NeedMore => match receiver.finish() {
            Ok(_) => true,
            Err(error) => error.is_refusal(),
        },
        _ => true,
    }
}

#[test]
fn every_cut_of_every_reply_is_a_bounded_error() {
    for (request, reply) in replies() {
        for end in 0..reply.len() {
            let mut receiver = Receiver::new(Question::new(&request));
            assert_eq!(receiver.push(&reply[..end]), (end, Received::NeedMore));
            let error = receiver.finish().unwrap_err();
            let is_family = matches!(
                error,
                ReplyError::Timeout | ReplyError::NoFrame { .. } | ReplyError::Truncated { .. }
            );
            assert!(is_family, "{error:?} after {end} of {reply:02X?}");
        }
    }
}

#[test]
fn the_checksum_is_that_of_the_crate_for_every_state_and_byte() {
    assert_eq!(checksum(b"123456789"), 0x4B37);
    // Two bytes reach every state, the third is any byte.
    for state in 0..=u16::MAX {
        let [a, b] = state.to_le_bytes();
        assert_eq!(checksum(&[a, b]).to_le_bytes(), reference(&[a, b]));
        let third = (state % 251) as u8;
        assert_eq!(
            checksum(&[a, b, third]).to_le_bytes(),
            reference(&[a, b, third])
        );
    }
    for third in 0..=u8::MAX {
        assert_eq!(
            checksum(&[1, 2, third]).to_le_bytes(),
            reference(&[1, 2, third])
        );
    }
}

#[test]
fn a_reply_of_one_maximum_that_looks_like_its_request_is_an_echo() {
    let request = frame(&[0xAA, 0x1D, 2, 0, 1]);
    let mut receiver = Receiver::new(Question::new(&request));
    assert_eq!(receiver.push(&request).1, Received::NeedMore);
    assert_eq!(receiver.finish(), Err(ReplyError::Echo));
}

#[test]
fn numbers_that_are_none_have_a_name() {
    let voltage = |bits: u32| {
        let [a, b, c, d] = bits.to_le_bytes();
        let reply = frame(&[0xAA, 0x14, a, b, c, d]);
        ReadPackVoltage
            .decode_bytes(&reply)
            .unwrap()
            .to_millivolts()
    };
    use tinybms_proto::NotAvailable::*;
    assert_eq!(voltage(0x7FC0_0000), Err(NotANumber { bits: 0x7FC0_0000 }));
    assert_eq!(voltage(0xFFFF_FFFF), Err(NotANumber { bits: 0xFFFF_FFFF }));
    assert_eq!(voltage(0x7F80_0000), Err(Infinite { bits: 0x7F80_0000 }));
    assert_eq!(voltage(0xFF80_0000), Err(Infinite { bits: 0xFF80_0000 }));
    assert_eq!(voltage(0x7F7F_FFFF), Err(OutOfRange { bits: 0x7F7F_FFFF }));
    for nothing in [0x0000_0000, 0x8000_0000, 0x0000_0001, 0x8000_0001] {
        assert_eq!(voltage(nothing).map(Millivolts::get), Ok(0));
    }
}

#[test]
fn a_request_needs_its_buffer_and_nothing_more() {
    for size in 0..8 {
        let mut small = vec![0; size];
        assert!(ReadRegisters::new(0, 1).unwrap().emit(&mut small).is_err());
    }
    assert!(ReadRegisters::new(0, 1).unwrap().emit(&mut [0; 8]).is_ok());
    assert_eq!(ReadStatus.emit(&mut [0; 4]).unwrap().len(), 4);
}
