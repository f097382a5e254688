//! The receiver of the TinyBMS protocol on any bytes in any pieces, the lines of text, and files with settings.

use tinybms_proto::{
    Changes, DeviceLimits, Exchange, Export, Firmware, Frame, Line, Lines, Plan, Progress,
    Question, Received, Receiver, ReplyError, Settings, Step, Waits,
};

use crate::bytes::Bytes;

/// Requests of every kind of reply, without their checksums.
const REQUESTS: [&[u8]; 12] = [
    &[0xAA, 0x02, 0x05],
    &[0xAA, 0x03, 0x00, 0x24, 0x00, 0x04],
    &[0xAA, 0x07, 0x05, 0x05, 0x00],
    &[0xAA, 0x09, 0x04, 0x22, 0x00, 0x23, 0x00],
    &[0xAA, 0x0D, 0x04, 0x2C, 0x01, 0x42, 0x0E],
    &[0xAA, 0x10, 0x01, 0x2C, 0x00, 0x01, 0x02, 0x0E, 0x42],
    &[0xAA, 0x12],
    &[0xAA, 0x14],
    &[0xAA, 0x18],
    &[0xAA, 0x1C],
    &[0xAA, 0x1D, 0x02, 0x00, 0x02],
    &[0xAA, 0x20],
];

/// What a receiver made of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    frames: Vec<(usize, Vec<u8>)>,
    refusals: Vec<(usize, ReplyError)>,
    late: Vec<Vec<u8>>,
    error: ReplyError,
    skipped: u32,
}

/// A stream gives the same in any pieces; what comes out of it is sound, stands in it, and answers the request; an
/// exchange always ends and sends a write once. Text and settings are taken or refused, never half.
pub fn tinybms_stream(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let choice = bytes.u8();
    let piece = usize::from(bytes.u8()) + 1;
    let stream = data.get(2..).unwrap_or_default();
    let sent = request(choice);
    for question in [Question::new(&sent), Question::ANY] {
        let whole = hear(question, stream, stream.len().max(1));
        assert_eq!(hear(question, stream, 1), whole);
        assert_eq!(hear(question, stream, piece), whole);
        judge(question, stream, &whole);
    }
    exchange(&sent, stream, piece);
    text(stream);
    if let Ok(text) = std::str::from_utf8(stream) {
        settings(text);
    }
}

/// The request of a choice, with its checksum.
pub(crate) fn request(choice: u8) -> Vec<u8> {
    sealed(REQUESTS[usize::from(choice) % REQUESTS.len()])
}

/// A frame with its checksum, bit by bit.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xA001 } else { 0 }
        })
    });
    [body, &sum.to_le_bytes()].concat()
}

fn hear(question: Question<'_>, stream: &[u8], piece: usize) -> Heard {
    let mut receiver = Receiver::new(question);
    let (mut frames, mut refusals, mut late) = (Vec::new(), Vec::new(), Vec::new());
    let mut used = 0;
    for piece in stream.chunks(piece) {
        let mut rest = piece;
        loop {
            let (taken, received) = receiver.push(rest);
            used += taken;
            rest = &rest[taken..];
            match received {
                Received::NeedMore => break,
                Received::Frame(frame) => frames.push((used, frame.bytes().to_vec())),
                Received::Refused(error) => refusals.push((used, error)),
            }
        }
        assert!(rest.is_empty());
    }
    let error = loop {
        match receiver.finish() {
            Ok(frame) => late.push(frame.bytes().to_vec()),
            // What follows it is still in the buffer.
            Err(error) if error.is_refusal() => refusals.push((used, error)),
            Err(error) => break error,
        }
    };
    Heard {
        frames,
        refusals,
        late,
        error,
        skipped: receiver.skipped(),
    }
}

fn judge(question: Question<'_>, stream: &[u8], heard: &Heard) {
    let frames = heard.frames.iter().map(|(_, frame)| frame);
    let mut accepted = 0;
    for frame in frames.chain(&heard.late) {
        let (body, _) = frame.split_at(frame.len() - 2);
        assert_eq!(&sealed(body), frame);
        assert!(stream.windows(frame.len()).any(|part| part == frame));
        assert_eq!(question.judge(Frame::parse(frame).unwrap()), Ok(()));
        accepted += frame.len();
    }
    // Six bytes at most are a refusal.
    let refused = 6 * (heard.refusals.len() + 1);
    let all = accepted + heard.skipped as usize;
    assert!(all <= stream.len() && all + refused >= stream.len());
}

fn exchange(sent: &[u8], stream: &[u8], piece: usize) {
    let mut exchange = Exchange::new(sent, Waits::WIRE);
    let mut pieces = stream.chunks(piece);
    let (mut requests, mut steps) = (0, 0);
    loop {
        match exchange.step() {
            Step::Send(bytes) => requests += u32::from(bytes == sent),
            Step::Receive(_) => {
                let progress = exchange.received(pieces.next().unwrap_or_default());
                if progress != Progress::Complete {
                    exchange.time_is_up();
                }
            }
            Step::Done => break,
        }
        steps += 1;
        assert!(steps <= 16);
    }
    let is_write = Question::new(sent).is_write();
    assert!(
        requests
            <= if is_write {
                1
            } else {
                u32::from(Waits::WIRE.sends)
            }
    );
    if let Some(Ok(frame)) = exchange.outcome() {
        assert!(
            stream
                .windows(frame.bytes().len())
                .any(|part| part == frame.bytes())
        );
    }
}

fn text(stream: &[u8]) {
    let mut lines = Lines::new();
    let collected: Vec<_> = stream.iter().filter_map(|byte| lines.push(*byte)).collect();
    let good = collected
        .into_iter()
        .flatten()
        .chain(lines.end().and_then(Result::ok));
    let parsed = stream.split(|byte| matches!(byte, b'\r' | b'\n'));
    let parsed = parsed.filter_map(|line| Line::parse(line).ok());
    // Nothing longer than its buffer is a line, so these may be fewer.
    assert!(good.count() <= parsed.count());
    // A field more is never the same line.
    if Line::parse(stream).is_ok() {
        assert!(Line::parse(&[stream, b"\t0"].concat()).is_err());
    }
}

fn settings(text: &str) {
    let Ok(wanted) = Changes::parse(text) else {
        return;
    };
    let present = Settings::from_words([0; 44]);
    let limits = DeviceLimits {
        minimum: Settings::from_words([0; 44]),
        maximum: Settings::from_words([0x7FFF; 44]),
    };
    let firmware = Firmware::new(254);
    let Ok(plan) = Plan::new(&present, &wanted, firmware, &limits) else {
        return;
    };
    let mut words = *present.words();
    for write in plan.writes() {
        let place = usize::from(write.address() - 300);
        words[place..place + write.words().len()].copy_from_slice(write.words());
    }
    let after = Settings::from_words(words);
    // What was written is what was wanted; and its export says the same.
    assert!(
        wanted
            .differences(&after)
            .all(|difference| difference.from.is_none())
    );
    let exported = Changes::parse(&Export::new(&after, firmware).to_string());
    assert!(exported.is_err() || exported.unwrap().differences(&after).count() == 0);
}
