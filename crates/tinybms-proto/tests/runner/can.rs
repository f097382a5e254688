//! Messages of the CAN adapter.

use battery_units::DeciCelsius;
use embedded_can::{Frame, Id, StandardId};
use tinybms_proto::can::{Content, Node, Query, Reply, Series};
use tinybms_proto::{Command, NackCode, PackVoltage, Single, Status, temperature};

use super::bytes::{bytes, number};
use super::{Fault, Keys, same};

/// The least frame there is.
#[derive(Debug, Clone)]
struct TestFrame {
    id: Id,
    data: Vec<u8>,
}

impl Frame for TestFrame {
    fn new(id: impl Into<Id>, data: &[u8]) -> Option<Self> {
        (data.len() <= 8).then(|| Self {
            id: id.into(),
            data: data.to_vec(),
        })
    }

    fn new_remote(_: impl Into<Id>, _: usize) -> Option<Self> {
        None
    }

    fn is_extended(&self) -> bool {
        matches!(self.id, Id::Extended(_))
    }

    fn is_remote_frame(&self) -> bool {
        false
    }

    fn id(&self) -> Id {
        self.id
    }

    fn dlc(&self) -> usize {
        self.data.len()
    }

    fn data(&self) -> &[u8] {
        &self.data
    }
}

pub fn can(vector: &mut Keys) -> Result<(), Fault> {
    let id = number(vector.text("can_id")?)?;
    let id = u16::try_from(id).ok().and_then(StandardId::new);
    let id = id.ok_or("no identifier")?;
    if id.as_raw() < 0x240 {
        return request(id, vector);
    }
    let node = Node::from_reply_id(id).ok_or("no node")?;
    let messages: Vec<Vec<u8>> = if vector.has("data_frames") {
        let list = vector.list("data_frames")?.iter();
        let read: Result<_, Fault> = list
            .map(|text| bytes(text.as_str().unwrap_or_default()))
            .collect();
        read?
    } else {
        vec![bytes(vector.text("data")?)?]
    };
    let replies: Result<Vec<Reply>, Fault> = messages
        .iter()
        .map(|data| {
            let frame = TestFrame::new(id, data).ok_or("too long")?;
            Reply::from_frame(&frame, node).map_err(|error| error.to_string())
        })
        .collect();
    let mut decoded = Keys::new("decoded", vector.value("decoded")?)?;
    answer(&replies?, &mut decoded)?;
    decoded.done()
}

fn request(id: StandardId, vector: &mut Keys) -> Result<(), Fault> {
    let data = bytes(vector.text("data")?)?;
    let query = match *data {
        [0x28] => Query::NodeNumber,
        [0x29, new] => Query::SetNode(Node::new(new).ok_or("no node")?),
        [0x03, high, low, 0, count] => Query::Read {
            start: u16::from_be_bytes([high, low]),
            count,
        },
        [command] => Query::Value(Command::new(command)),
        _ => return Err("unknown request".into()),
    };
    let node = Node::new((id.as_raw() - 0x200) as u8).unwrap_or(Node::DEFAULT);
    let message = query.message(node).map_err(|error| error.to_string())?;
    let frame: TestFrame = message.to_frame().ok_or("does not fit")?;
    same("identifier", &frame.id(), &Id::Standard(id))?;
    same("bytes", &frame.data, &data)
}

fn answer(replies: &[Reply], decoded: &mut Keys) -> Result<(), Fault> {
    let fault = |error: tinybms_proto::can::CanError| error.to_string();
    let first = replies.first().ok_or("no message")?;
    if let Some(code) = first.refusal() {
        decoded.compare_truth("nack", true)?;
        let number = match code {
            NackCode::Command => 0,
            NackCode::Crc => 1,
            NackCode::Other(other) => other,
        };
        return decoded.compare("error", number);
    }
    let command = first.command();
    if replies.len() == 1 {
        return match command {
            Command::PACK_VOLTAGE => {
                let bits = first.double().map_err(fault)?;
                let voltage = PackVoltage(Single::from_bits(bits)).to_millivolts();
                decoded.compare_scaled("volts", 1e3, voltage.map_err(|e| e.to_string())?.get())
            }
            Command::STATUS => {
                let status = Status::from(first.word().map_err(fault)?);
                decoded.compare_text("status", status.name())
            }
            other => Err(format!("unknown reply to {other}")),
        };
    }
    let mut series = Series::new(command);
    let mut words = Vec::new();
    for reply in replies {
        match series.push(reply).map_err(fault)? {
            Content::Word(word) => words.push(word),
            other => return Err(format!("{other:?}")),
        }
    }
    match command {
        Command::READ_MODBUS => same("registers", &words, &decoded.numbers("registers")?),
        Command::TEMPERATURES => {
            let keys = ["internal_dC", "ext1_dC", "ext2_dC"];
            same("values", &words.len(), &keys.len())?;
            for (key, word) in keys.into_iter().zip(words) {
                let found = temperature(word.cast_signed()).map(DeciCelsius::get);
                decoded.compare_option(key, found)?;
            }
            Ok(())
        }
        other => Err(format!("unknown series of {other}")),
    }
}
