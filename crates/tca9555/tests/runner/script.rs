//! A bus that expects exactly the transfers of a vector.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};
use serde_json::Value;
use tca9555::Words;

use super::{Fault, Keys, bytes};

/// One expected transfer.
struct Step {
    write: Vec<u8>,
    read: Option<Vec<u8>>,
    nack: Option<NoAcknowledgeSource>,
}

/// What happened on the bus.
pub struct Record {
    address: u8,
    expected: VecDeque<Step>,
    /// Register contents as far as writes tell, to judge a pair written instead of one port.
    registers: [u8; 8],
    loose: bool,
    faults: Vec<Fault>,
}

/// The bus; clones are the same one.
#[derive(Clone)]
pub struct ScriptBus(Rc<RefCell<Record>>);

impl ScriptBus {
    /// `loose`: one port and its whole pair with the other byte unchanged count as the same, as the vectors allow for
    /// changes of single pins.
    pub fn new(address: u8, bus: &[Value], before: Words, loose: bool) -> Result<Self, Fault> {
        let mut expected = VecDeque::new();
        for step in bus {
            expected.push_back(step_of(step)?);
        }
        let mut registers = [0; 8];
        for (at, word) in [
            (2, before.outputs),
            (4, before.polarity),
            (6, before.directions),
        ] {
            registers[at..at + 2].copy_from_slice(&word.to_le_bytes());
        }
        Ok(Self(Rc::new(RefCell::new(Record {
            address,
            expected,
            registers,
            loose,
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
            let index = keys.number("nack")?;
            if usize::try_from(index).is_ok_and(|index| index < write.len()) {
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
        let after = self.after(sent);
        let equal = sent == step.write
            || (self.loose && same_pair(sent, &step.write) && after == self.after(&step.write));
        if !equal {
            let expected = &step.write;
            return Err(self.complain(format!("sent {sent:02x?}, expected {expected:02x?}")));
        }
        if let Some(source) = step.nack {
            return Err(Refused(source));
        }
        self.registers = after;
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

    /// Registers after these bytes.
    fn after(&self, sent: &[u8]) -> [u8; 8] {
        let mut registers = self.registers;
        if let Some((command, data)) = sent.split_first() {
            let mut at = usize::from(*command);
            for byte in data {
                if let Some(register) = registers.get_mut(at) {
                    *register = *byte;
                }
                at ^= 1;
            }
        }
        registers
    }
}

fn same_pair(left: &[u8], right: &[u8]) -> bool {
    match (left, right) {
        ([a, _, ..], [b, _, ..]) => a & !1 == b & !1,
        _ => false,
    }
}

/// The error of this bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub NoAcknowledgeSource);

impl embedded_hal::i2c::Error for Refused {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(self.0)
    }
}

impl ErrorType for ScriptBus {
    type Error = Refused;
}

impl embedded_hal::i2c::I2c for ScriptBus {
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
        embedded_hal::i2c::I2c::transaction(self, address, operations)
    }
}
