//! Bytes as they come from the line: with text, noise and faults.

use tinybms_proto::{Frame, NackCode, Question, Received, Receiver, ReplyError};

use super::bytes::{bytes, number};
use super::{Fault, Keys, same};

/// What a receiver made of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub frames: Vec<Vec<u8>>,
    pub error: Option<ReplyError>,
    pub skipped: u32,
    pub leftover: usize,
}

/// Feeds a stream in pieces of one size; `many` goes on after the first frame.
pub fn receive(question: Question<'_>, stream: &[u8], piece: usize, many: bool) -> Outcome {
    let mut receiver = Receiver::new(question);
    let mut outcome = Outcome {
        frames: Vec::new(),
        error: None,
        skipped: 0,
        leftover: 0,
    };
    let mut used = 0;
    'pieces: for piece in stream.chunks(piece) {
        let mut rest = piece;
        loop {
            let (taken, received) = receiver.push(rest);
            used += taken;
            rest = &rest[taken..];
            match received {
                Received::NeedMore => break,
                Received::Refused(error) => {
                    outcome.error = Some(error);
                    break 'pieces;
                }
                Received::Frame(frame) => {
                    outcome.frames.push(frame.bytes().to_vec());
                    if !many {
                        break 'pieces;
                    }
                }
            }
        }
    }
    if outcome.frames.is_empty() && outcome.error.is_none() {
        match receiver.finish() {
            Ok(frame) => outcome.frames.push(frame.bytes().to_vec()),
            Err(error) => outcome.error = Some(error),
        }
    }
    outcome.skipped = receiver.skipped();
    outcome.leftover = stream.len() - used + receiver.pending();
    outcome
}

/// The same result in any pieces.
pub fn receive_any(question: Question<'_>, stream: &[u8], many: bool) -> Result<Outcome, Fault> {
    let whole = receive(question, stream, stream.len().max(1), many);
    for piece in [1, 2, 3, 7, 64] {
        same("in pieces", &receive(question, stream, piece, many), &whole)?;
    }
    Ok(whole)
}

pub fn stream(vector: &mut Keys) -> Result<(), Fault> {
    if vector.has("hex") {
        return several(vector);
    }
    let sent = bytes(vector.text("request_hex")?)?;
    let received = bytes(vector.text("received_hex")?)?;
    same("expect", &vector.text("expect")?, &"ok")?;
    let accepted = bytes(vector.text("accepted_frame_hex")?)?;
    let outcome = receive_any(Question::new(&sent), &received, false)?;
    same("frames", &outcome.frames, &vec![accepted])?;
    same("error", &outcome.error, &None)?;
    same(
        "skipped",
        &outcome.skipped,
        &vector.number("skipped_bytes")?,
    )?;
    let leftover = vector
        .optional("leftover_bytes")
        .map_or(Ok(0), super::keys::integer)?;
    same("leftover", &(outcome.leftover as i64), &leftover)
}

/// Several replies, heard without a request.
fn several(vector: &mut Keys) -> Result<(), Fault> {
    let received = bytes(vector.text("hex")?)?;
    let outcome = receive_any(Question::ANY, &received, true)?;
    let mut decoded = Keys::new("decoded", vector.value("decoded")?)?;
    let expected: Result<Vec<u32>, Fault> = decoded
        .list("frames")?
        .iter()
        .map(|value| number(value.as_str().unwrap_or_default()))
        .collect();
    let found: Vec<u32> = outcome
        .frames
        .iter()
        .map(|frame| u32::from(Frame::parse(frame).unwrap().command().code()))
        .collect();
    same("frames", &found, &expected?)?;
    decoded.compare("skipped_bytes", outcome.skipped)?;
    decoded.done()
}

pub fn malformed(vector: &mut Keys) -> Result<(), Fault> {
    let sent = bytes(vector.text("request_hex")?)?;
    let received = bytes(vector.text("received_hex")?)?;
    let expected = vector.text("expect")?;
    let mut accepted = vec![expected];
    if vector.has("also_accept") {
        let others = vector.list("also_accept")?.iter();
        accepted.extend(others.filter_map(serde_json::Value::as_str));
    }
    // More registers than one packet holds can only be asked for with the option.
    let is_block = sent[1] == 0x07 && sent[2] > 31;
    let question = if is_block {
        Question::in_packets(&sent)
    } else {
        Question::new(&sent)
    };
    let outcome = receive_any(question, &received, is_block)?;
    let error = if is_block {
        in_packets(&outcome, usize::from(sent[2]) * 2)
    } else {
        outcome.error
    };
    let error = error.ok_or_else(|| format!("taken as good: {:02X?}", outcome.frames))?;
    let (class, code) = class(error);
    // Nothing, noise and a reply that ends early are one family.
    let family = ["timeout", "truncated", "no_frame"];
    let same_family = family.contains(&class) && family.contains(&expected);
    if !accepted.contains(&class) && !same_family {
        return Err(format!("{class} ({error}), expected {expected}"));
    }
    match (vector.optional("code"), code) {
        (None, _) => Ok(()),
        (Some(expected), Some(code)) => {
            same("code", &i64::from(code), &super::keys::integer(expected)?)
        }
        (Some(expected), None) => Err(format!("no code, expected {expected}")),
    }
}

fn in_packets(outcome: &Outcome, bytes: usize) -> Option<ReplyError> {
    let mut packets = tinybms_proto::Packets::new(bytes);
    let mut out = [0; 254];
    for frame in &outcome.frames {
        match packets.push(Frame::parse(frame).unwrap(), &mut out) {
            Ok(true) => return None,
            Ok(false) => {}
            Err(error) => return Some(error),
        }
    }
    Some(outcome.error.unwrap_or(ReplyError::Timeout))
}

/// The class of the fact sheet, and its code.
pub fn class(error: ReplyError) -> (&'static str, Option<u8>) {
    match error {
        ReplyError::Timeout => ("timeout", None),
        ReplyError::NoFrame { .. } | ReplyError::Echo => ("no_frame", None),
        ReplyError::Truncated { .. } => ("truncated", None),
        ReplyError::BadCrc { .. } => ("bad_crc", None),
        ReplyError::UnexpectedCommand { .. } => ("unexpected_command", None),
        ReplyError::AckMismatch { .. } => ("ack_mismatch", None),
        ReplyError::Nack(NackCode::Command) => ("nack_command", Some(0)),
        ReplyError::Nack(NackCode::Crc) => ("nack_crc", Some(1)),
        ReplyError::Nack(NackCode::Other(code)) => ("nack_other", Some(code)),
        ReplyError::ModbusException { code } => ("modbus_exception", Some(code)),
        ReplyError::LengthMismatch { .. } => ("length_mismatch", None),
        ReplyError::AddressMismatch { .. } => ("address_mismatch", None),
        ReplyError::PacketSequence { .. } => ("packet_sequence", None),
        other => panic!("{other:?} has no class"),
    }
}
