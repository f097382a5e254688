//! Buses: one that expects exactly the transfers of a vector, one that remembers, one that must stay silent.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use ina226::Part;
use serde_json::Value;

use super::{Fault, Keys, bytes};

/// The error of these buses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub NoAcknowledgeSource);

impl embedded_hal::i2c::Error for Refused {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(self.0)
    }
}

/// One expected transfer.
struct Step {
    write: Vec<u8>,
    read: Option<Vec<u8>>,
    nack: Option<NoAcknowledgeSource>,
}

/// What happened on the bus.
struct Record {
    address: u8,
    expected: VecDeque<Step>,
    faults: Vec<Fault>,
}

/// A bus with a script; clones are the same one.
#[derive(Clone)]
pub struct ScriptBus(Rc<RefCell<Record>>);

impl ScriptBus {
    pub fn new(address: u8, bus: &[Value]) -> Result<Self, Fault> {
        let expected = bus.iter().map(step_of).collect::<Result<_, _>>()?;
        Ok(Self(Rc::new(RefCell::new(Record {
            address,
            expected,
            faults: Vec::new(),
        }))))
    }

    /// Everything came, and nothing else.
    pub fn finish(&self) -> Result<(), Fault> {
        let record = self.0.borrow();
        if let Some(fault) = record.faults.first() {
            return Err(fault.clone());
        }
        match record.expected.front() {
            Some(step) => Err(format!("never sent {:02x?}", step.write)),
            None => Ok(()),
        }
    }
}

fn step_of(value: &Value) -> Result<Step, Fault> {
    let mut keys = Keys::new("bus", value)?;
    let write = bytes(keys.text("w")?)?;
    let read = match keys.optional("r") {
        Some(_) => Some(bytes(keys.text("r")?)?),
        None => None,
    };
    let nack = match keys.optional("nack") {
        None => None,
        Some(Value::String(text)) if text == "addr" => Some(NoAcknowledgeSource::Address),
        Some(Value::Number(_)) => {
            let index: usize = keys.number("nack")?;
            if index < write.len() {
                Some(NoAcknowledgeSource::Data)
            } else {
                return Err(format!("nack of byte {index} that is not sent"));
            }
        }
        Some(other) => return Err(format!("nack {other}")),
    };
    keys.done()?;
    Ok(Step { write, read, nack })
}

impl Record {
    fn transfer(&mut self, operations: &mut [Operation<'_>]) -> Result<(), Refused> {
        let Some(step) = self.expected.pop_front() else {
            return Err(self.complain("a transfer too many".into()));
        };
        let (sent, buffer) = match operations {
            [Operation::Write(sent)] => (*sent, None),
            [Operation::Write(sent), Operation::Read(buffer)] => (*sent, Some(buffer)),
            other => return Err(self.complain(format!("unexpected transfer {other:02x?}"))),
        };
        if sent != step.write {
            let expected = &step.write;
            return Err(self.complain(format!("sent {sent:02x?}, expected {expected:02x?}")));
        }
        if let Some(source) = step.nack {
            return Err(Refused(source));
        }
        match (buffer, step.read) {
            (None, None) => Ok(()),
            (Some(buffer), Some(read)) if buffer.len() == read.len() => {
                buffer.copy_from_slice(&read);
                Ok(())
            }
            (buffer, read) => {
                let asked = buffer.map(|buffer| buffer.len());
                Err(self.complain(format!("reads {asked:?} bytes, expected {read:02x?}")))
            }
        }
    }

    fn complain(&mut self, fault: Fault) -> Refused {
        self.faults.push(fault);
        Refused(NoAcknowledgeSource::Unknown)
    }
}

impl ErrorType for ScriptBus {
    type Error = Refused;
}

impl I2c for ScriptBus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Refused> {
        let mut record = self.0.borrow_mut();
        if address != record.address {
            return Err(record.complain(format!("sent to {address:02x}")));
        }
        record.transfer(operations)
    }
}

#[cfg(feature = "async")]
impl embedded_hal_async::i2c::I2c for ScriptBus {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Refused> {
        I2c::transaction(self, address, operations)
    }
}

/// Remembers what is written and gives it back; clones are the same bus.
#[derive(Clone)]
pub struct Recorder(Rc<RefCell<BTreeMap<u8, [u8; 2]>>>);

impl Recorder {
    /// With the identity of a part.
    pub fn of(part: Part) -> Self {
        let mut registers = BTreeMap::new();
        for register in [0x3E, 0xFE] {
            registers.insert(register, [0x54, 0x49]);
        }
        let device = match part {
            Part::Ina234 => [0xA4, 0x80],
            Part::Ina236 => [0xA0, 0x80],
            Part::Ina237 => [0x23, 0x70],
            Part::Ina238 => [0x23, 0x80],
            Part::Ina228 => [0x22, 0x80],
            _ => [0x22, 0x60],
        };
        registers.insert(0x3F, device);
        registers.insert(0xFF, device);
        Self(Rc::new(RefCell::new(registers)))
    }

    pub fn word(&self, register: u8) -> u16 {
        u16::from_be_bytes(self.0.borrow()[&register])
    }
}

impl ErrorType for Recorder {
    type Error = Refused;
}

impl I2c for Recorder {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), Refused> {
        match operations {
            [Operation::Write([register, high, low])] => {
                self.0.borrow_mut().insert(*register, [*high, *low]);
                Ok(())
            }
            [Operation::Write([register]), Operation::Read(buffer)] => {
                let registers = self.0.borrow();
                let word = registers
                    .get(register)
                    .ok_or(Refused(NoAcknowledgeSource::Unknown))?;
                buffer.copy_from_slice(word);
                Ok(())
            }
            _ => Err(Refused(NoAcknowledgeSource::Unknown)),
        }
    }
}

/// Nothing may be sent here.
pub struct Silent;

impl ErrorType for Silent {
    type Error = Refused;
}

impl I2c for Silent {
    fn transaction(&mut self, _: u8, _: &mut [Operation<'_>]) -> Result<(), Refused> {
        Err(Refused(NoAcknowledgeSource::Unknown))
    }
}
