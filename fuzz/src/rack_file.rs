//! The rack file of the program: any bytes, and a file in the right form with the fuzzer's numbers.

use std::{env, fmt::Write, fs, path::Path, process, thread};

use parallelator::{
    PACKS,
    rack::{self, Description},
};

use crate::bytes::Bytes;

/// The numbers of one pack as they were written into the file.
struct Written {
    bus: u8,
    sensor: u8,
    expander: u8,
    switch_pin: u8,
    shunt_uohm: u32,
}

/// A file is taken whole, and then it is a rack that the node takes; or every fault it is refused for names a line of
/// the file. Numbers that were taken are the numbers that were written.
pub fn rack_file(data: &[u8]) {
    let Some((form, data)) = data.split_first() else {
        return;
    };
    if form & 1 == 0 {
        read(data);
        return;
    }
    let mut bytes = Bytes::new(data);
    let packs: Vec<Written> = (0..usize::from(form >> 1) % (PACKS + 2))
        .map(|index| Written::near_a_good_one(index, &mut bytes))
        .collect();
    let text: String = packs.iter().map(Written::to_toml).collect();
    if let Some(description) = read(text.as_bytes()) {
        assert_eq!(description.packs.len(), packs.len());
        for (taken, written) in description.packs.iter().zip(&packs) {
            assert_eq!(taken.bus, written.bus);
            assert_eq!(taken.sensor, written.sensor);
            assert_eq!(taken.expander, written.expander);
            assert_eq!(taken.switch_pin, written.switch_pin);
            assert_eq!(taken.shunt.get(), written.shunt_uohm);
        }
    }
}

impl Written {
    /// Wired as the KXKM rack is, so that a file can be good; each byte that is not zero changes one number.
    fn near_a_good_one(index: usize, bytes: &mut Bytes<'_>) -> Self {
        let index = u8::try_from(index).unwrap();
        let on_bus = index % 16;
        Self {
            bus: (index / 16).wrapping_add(bytes.u8()),
            sensor: (0x40 + on_bus).wrapping_add(bytes.u8()),
            expander: (0x20 + on_bus / 4).wrapping_add(bytes.u8()),
            switch_pin: (on_bus % 4).wrapping_add(bytes.u8()),
            shunt_uohm: u32::from(bytes.u16()) + 500,
        }
    }

    fn to_toml(&self) -> String {
        let mut text = String::new();
        writeln!(text, "[[pack]]\nbus = {}", self.bus).unwrap();
        writeln!(text, "sensor = {:#04x}", self.sensor).unwrap();
        writeln!(text, "expander = {:#04x}", self.expander).unwrap();
        writeln!(text, "switch_pin = {}", self.switch_pin).unwrap();
        writeln!(text, "shunt_uohm = {}", self.shunt_uohm).unwrap();
        text
    }
}

fn read(content: &[u8]) -> Option<Description> {
    // Tests run in several threads of one process.
    let (process, thread) = (process::id(), thread::current().id());
    let path = env::temp_dir().join(format!("parallelator-fuzz-{process}-{thread:?}.toml"));
    fs::write(&path, content).unwrap();
    let outcome = judged(&path, content);
    fs::remove_file(&path).unwrap();
    outcome
}

fn judged(path: &Path, content: &[u8]) -> Option<Description> {
    match rack::read(path) {
        Ok(description) => {
            assert!(!description.packs.is_empty() && description.packs.len() <= PACKS);
            description.params.check().unwrap();
            description.to_node_rack().unwrap();
            Some(description)
        }
        Err(errors) => {
            let lines = content.split(|byte| *byte == b'\n').count();
            let text = errors.to_string();
            for fault in errors.faults() {
                assert!((1..=lines).contains(&fault.line), "{text}");
                let place = format!("{}:{}: {}", path.display(), fault.line, fault.field);
                assert!(text.contains(&place), "{text}");
            }
            assert!(!errors.faults().is_empty() || std::str::from_utf8(content).is_err());
            None
        }
    }
}
