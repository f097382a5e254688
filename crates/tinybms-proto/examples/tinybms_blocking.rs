//! Read a BMS once: live data, cells by number, newest events. A script stands in for the serial port of a board.

use std::collections::VecDeque;
use std::convert::Infallible;

use tinybms_proto::blocking::TinyBms;
use tinybms_proto::port::blocking::Port;
use tinybms_proto::{CellCount, Error, Limits, Progress, Waits, checksum};

/// Prints what a pack measures.
pub fn look<P: Port>(client: &mut TinyBms<P>) -> Result<(), Error<P::Error>> {
    let live = client.live()?;
    println!(
        "{}, {}, {}",
        live.status, live.pack_voltage, live.pack_current
    );
    println!("state of charge {}", live.state_of_charge);
    let configured = client.registers(307, 1)?.get(307).unwrap_or_default();
    match live.check_cells(configured) {
        Ok(count) => print_cells(count, live.slots.cells(count)),
        // Never a voltage under a wrong number.
        Err(fault) => println!("cells: {fault}"),
    }
    for event in client.newest_events()? {
        println!("{} ago: {}", event.age, event.id);
    }
    Ok(())
}

fn print_cells(count: CellCount, voltages: impl Iterator<Item = battery_units::Microvolts>) {
    println!("{} cells", count.get());
    for (number, voltage) in (1..).zip(voltages) {
        println!("cell {number:2}: {}", voltage.to_millivolts());
    }
}

fn main() {
    let mut client = TinyBms::new(Script::new(), Waits::WIRE);
    look(&mut client).unwrap();
}

/// What a BMS with four cells would answer.
struct Script(VecDeque<Vec<u8>>);

impl Script {
    fn new() -> Self {
        let mut live = vec![0; 112];
        for (slot, voltage) in (12..16).zip([33_010_u16, 33_020, 33_000, 33_050]) {
            live[2 * slot..][..2].copy_from_slice(&voltage.to_be_bytes());
        }
        // 13.208 V, 2.5 A: low word first.
        live[72..80].copy_from_slice(&[0x53, 0xF8, 0x41, 0x53, 0x00, 0x00, 0x40, 0x20]);
        // 64.5 %.
        live[92..96].copy_from_slice(&[0x31, 0xA0, 0x03, 0xD8]);
        live[100..102].copy_from_slice(&[0x00, 0x91]);
        live[106..108].copy_from_slice(&[0x00, 0x04]);
        let replies = [
            [[0xAA, 0x03, 112].as_slice(), &live].concat(),
            vec![0xAA, 0x03, 2, 0, 4],
            vec![0xAA, 0x11, 8, 100, 0, 0, 0, 40, 0, 0, 0x62],
        ];
        Self(replies.into_iter().map(sealed).collect())
    }
}

fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    frame.extend(checksum(&frame).to_le_bytes());
    frame
}

impl Port for Script {
    type Error = Infallible;

    fn send(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Infallible> {
        // Before each request the client takes away what nobody asked for.
        if limits.first_us > 0
            && let Some(reply) = self.0.pop_front()
        {
            take(&reply);
        }
        Ok(())
    }

    fn pause(&mut self, _: u32) {}
}
