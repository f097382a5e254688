//! Move the upper voltage limits of a BMS: read, plan, show the frames, write, read back. A script stands in for the
//! serial port of a board.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tinybms_proto::asynch::TinyBms;
use tinybms_proto::port::asynch::Port;
use tinybms_proto::{
    Changes, Error, Limits, Plan, Progress, Setting, SettingError, Waits, checksum,
};

/// What can go wrong here.
#[derive(Debug)]
pub enum Failure<E> {
    /// The BMS.
    Bms(Error<E>),
    /// The wish.
    Wish(SettingError),
}

/// Lowers the voltages at which a cell counts as full and is cut off.
pub async fn go_easy<P: Port>(client: &mut TinyBms<P>) -> Result<(), Failure<P::Error>> {
    let firmware = client
        .versions()
        .await
        .map_err(Failure::Bms)?
        .version
        .firmware;
    let limits = client.device_limits().await.map_err(Failure::Bms)?;
    let present = client.settings().await.map_err(Failure::Bms)?;
    let mut wanted = Changes::new();
    for (setting, millivolts) in [
        (Setting::OverVoltageCutoff, 4_100),
        (Setting::FullyChargedVoltage, 4_050),
    ] {
        wanted.set(setting, millivolts).map_err(Failure::Wish)?;
    }
    for difference in wanted.differences(&present) {
        let from = difference.from.unwrap_or_default();
        println!("{}: {from} to {}", difference.setting, difference.to);
    }
    let plan = Plan::new(&present, &wanted, firmware, &limits).map_err(Failure::Wish)?;
    for write in plan.writes() {
        let mut frame = [0; 16];
        println!("{:02X?}", write.emit(&mut frame).unwrap_or_default());
    }
    client
        .allow_writes()
        .apply(&plan)
        .await
        .map_err(Failure::Bms)
}

fn main() {
    let mut client = TinyBms::new(Script::new(), Waits::WIRE);
    block_on(go_easy(&mut client)).unwrap();
}

/// A BMS that only knows registers; see `parallelator twin tinybms` for a real model.
struct Script {
    registers: BTreeMap<u16, u16>,
    reply: Vec<u8>,
}

impl Script {
    fn new() -> Self {
        let registers = [
            (502, 254),
            (300, 4_150),
            (301, 3_000),
            (315, 4_200),
            (316, 2_900),
        ];
        Self {
            registers: registers.into(),
            reply: Vec::new(),
        }
    }

    fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let word = |place: usize| u16::from_be_bytes([request[place], request[place + 1]]);
        match request[1] {
            0x03 => {
                let read = |address| self.registers.get(&address).copied().unwrap_or(0);
                let words = (word(2)..word(2) + word(4)).flat_map(|a| read(a).to_be_bytes());
                [
                    [0xAA, 0x03, 2 * request[5]].into(),
                    words.collect::<Vec<u8>>(),
                ]
                .concat()
            }
            0x10 => {
                self.registers.insert(word(2), word(7));
                request[..6].to_vec()
            }
            0x1D => {
                let end = [0_u8, if request[2] == 1 { 0 } else { 0x7F }];
                [
                    [0xAA, 0x1D, 2 * request[4]].into(),
                    end.repeat(request[4].into()),
                ]
                .concat()
            }
            _ => vec![0xAA, 0x18, 0x97, 0x00],
        }
    }
}

impl Port for Script {
    type Error = Infallible;

    async fn send(&mut self, request: &[u8]) -> Result<(), Infallible> {
        let mut reply = self.answer(request);
        reply.extend(checksum(&reply).to_le_bytes());
        self.reply = reply;
        Ok(())
    }

    async fn receive(
        &mut self,
        limits: Limits,
        take: &mut impl FnMut(&[u8]) -> Progress,
    ) -> Result<(), Infallible> {
        // Before each request the client takes away what nobody asked for.
        if limits.first_us > 0 {
            take(&std::mem::take(&mut self.reply));
        }
        Ok(())
    }

    async fn pause(&mut self, _: u32) {}
}

/// Stands for the executor of a board.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
    }
}
