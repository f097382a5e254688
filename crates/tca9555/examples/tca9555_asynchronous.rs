//! Waiting for the interrupt line and for a timer at once, as a firmware task would.
//!
//! The bus and the line are scripted: `cargo run -p tca9555-driver --features async --example tca9555_asynchronous`.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_hal_async::digital::Wait;
use embedded_hal_async::i2c::I2c;
use embedded_hal_mock::eh1::digital;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use tca9555::asynch::Tca9555;
use tca9555::{Address, Changes, WaitError, Watch};

/// A first look, then one round of a task. With a real executor the wait is raced against a timer, and `poll` is called
/// when that wins.
pub async fn first_change<B: I2c, P: Wait>(
    chip: &mut Tca9555<B>,
    line: &mut P,
) -> Result<Changes, WaitError<B::Error, P::Error>> {
    let mut watch = Watch::new(500);
    let first = chip.read_changes(&mut watch, 0).await;
    // The first read only tells how the pins stand.
    println!(
        "at the start: {:04x}",
        first.map_err(WaitError::Expander)?.inputs
    );
    chip.wait_changes(line, &mut watch, || 20).await
}

fn main() {
    let chip = 0x20;
    let read = |bytes: [u8; 2]| Transaction::write_read(chip, vec![0x00], bytes.to_vec());
    let park = || Transaction::write(chip, vec![0x02]);
    let bus = Mock::new(&[read([0xF0, 0x00]), park(), read([0xB0, 0x00]), park()]);
    let mut line = digital::Mock::new(&[digital::Transaction::wait_for_state(digital::State::Low)]);

    let mut expander = Tca9555::new(bus, Address::DEFAULT);
    match block_on(first_change(&mut expander, &mut line)) {
        Ok(changes) => println!("fell: {:04x}", changes.fell),
        Err(error) => println!("nothing is known: {error}"),
    }
    line.done();
    expander.release().done();
}

/// Enough for scripted buses, which are always ready; firmware has its own executor.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
    }
}
