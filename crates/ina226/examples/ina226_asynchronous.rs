//! A rack loop in small: the bus is borrowed for each chip, and what is known of the chip is kept in between.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use battery_units::{Microohms, Millivolts};
use embedded_hal_async::i2c::I2c;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use ina226::asynch::Ina2xx;
use ina226::{Address, AddressPin, Error, Part, Reading, Settings, Setup, Wiring};

/// Starts the chip and tells what is known of it from then on.
pub async fn start<B: I2c>(bus: B) -> Result<Setup, Error<B::Error>> {
    let mut settings = Settings::new(Part::Ina237, Microohms::new(2_000));
    settings.wiring = Wiring::Reversed;
    settings.limits.over_voltage = Some(Millivolts::new(30_000));
    Ina2xx::new(bus, address()).init(&settings).await
}

/// One look at the chip, by whoever has the bus.
pub async fn look<B: I2c>(bus: B, setup: Setup) -> Result<Reading, Error<B::Error>> {
    let reading = Ina2xx::resume(bus, address(), setup).reading().await?;
    println!("{reading}");
    Ok(reading)
}

fn address() -> Address {
    Address::from_pins(AddressPin::Gnd, AddressPin::Vs)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bus = Mock::new(&script());
    block_on(async {
        let setup = start(&mut bus).await?;
        for _ in 0..2 {
            look(&mut bus, setup).await?;
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;
    bus.done();
    Ok(())
}

/// What a chip would answer.
fn script() -> Vec<Transaction> {
    let written = [
        (0x00, [0x00, 0x00]),
        (0x01, [0xBB, 0x6A]),
        (0x02, [0x10, 0x00]),
        (0x0C, [0x7F, 0xFF]),
        (0x0D, [0x80, 0x00]),
        (0x0E, [0x25, 0x80]),
        (0x0F, [0x00, 0x00]),
        (0x10, [0x7F, 0xF0]),
        (0x11, [0xFF, 0xFF]),
        (0x0B, [0x80, 0x01]),
    ];
    let read = |(register, word): (u8, [u8; 2])| {
        Transaction::write_read(0x41, vec![register], word.to_vec())
    };
    let write = |(register, [high, low]): (u8, [u8; 2])| {
        Transaction::write(0x41, vec![register, high, low])
    };
    let mut script = vec![read((0x3E, [0x54, 0x49])), read((0x3F, [0x23, 0x71]))];
    script.extend(written.map(write));
    script.extend(written.map(read));
    for current in [[0xFB, 0x50], [0xFB, 0x4F]] {
        script.push(read((0x05, [0x20, 0xD0])));
        script.push(read((0x04, current)));
        script.push(read((0x0B, [0x80, 0x03])));
    }
    script
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
