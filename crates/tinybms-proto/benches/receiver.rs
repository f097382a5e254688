//! Throughput of the receiver: `cargo bench -p tinybms-proto`.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use tinybms_proto::{Question, Received, Receiver, checksum};

/// Bytes of one stream.
const STREAM: usize = 1 << 16;
/// As a serial port hands them over.
const PIECE: usize = 64;

fn sealed(body: &[u8]) -> Vec<u8> {
    [body, &checksum(body).to_le_bytes()].concat()
}

/// The reply with all live data, 117 bytes.
fn live() -> Vec<u8> {
    let mut body = vec![0xAA, 0x03, 112];
    body.extend((0..112_u8).map(|byte| byte.wrapping_mul(37)));
    sealed(&body)
}

fn repeated(part: &[u8]) -> Vec<u8> {
    part.iter()
        .copied()
        .cycle()
        .take(STREAM / part.len() * part.len())
        .collect()
}

/// Frames that were found.
fn receive(question: Question<'_>, stream: &[u8]) -> usize {
    let mut receiver = Receiver::new(question);
    let mut frames = 0;
    for piece in stream.chunks(PIECE) {
        let mut rest = piece;
        loop {
            let (taken, received) = receiver.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            match received {
                Received::NeedMore => break,
                Received::Frame(_) => frames += 1,
                Received::Refused(_) => {}
            }
        }
    }
    frames
}

fn main() {
    let request = sealed(&[0xAA, 0x03, 0, 0, 0, 56]);
    let text = b"BPV:55.79\tMINCV:3.981\tMAXCV:3.991\tBPC:-3.50\tSOC:84\tBMST:8.40\r\n";
    let foreign = sealed(&[0xAA, 0x18, 0x97, 0x00]);
    // Heads of long replies that do not go on.
    let false_starts = [0xAA, 0x03, 112, 0xAA, 0x00, 0x55];
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("receiver");
    for (name, part, per_part) in [
        ("replies", live(), 1),
        ("replies and text", [text.as_slice(), &live()].concat(), 1),
        ("replies and foreign frames", [foreign, live()].concat(), 1),
        ("text only", text.to_vec(), 0),
        ("false starts only", false_starts.to_vec(), 0),
    ] {
        let stream = repeated(&part);
        let question = Question::new(&request);
        assert_eq!(
            receive(question, &stream),
            per_part * (stream.len() / part.len()),
            "{name}"
        );
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(name, |b| b.iter(|| receive(question, black_box(&stream))));
    }
    group.finish();
    criterion.final_summary();
}
