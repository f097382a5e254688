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
use tca9555::{Address, Changes, Watch};

/// One round of a task. With a real executor the wait is raced against a timer, and `poll` is called when that wins.
async fn next_change<B: I2c, P: Wait>(
    chip: &mut Tca9555<B>,
    line: &mut P,
    watch: &mut Watch,
    now_ms: u64,
) -> Option<Changes> {
    chip.wait_changes(line, watch, || now_ms).await.ok()
}

fn main() {
    let chip = 0x20;
    let read = |bytes: [u8; 2]| Transaction::write_read(chip, vec![0x00], bytes.to_vec());
    let park = || Transaction::write(chip, vec![0x02]);
    let bus = Mock::new(&[read([0xF0, 0x00]), park(), read([0xB0, 0x00]), park()]);
    let mut line = digital::Mock::new(&[digital::Transaction::wait_for_state(digital::State::Low)]);

    let mut expander = Tca9555::new(bus, Address::DEFAULT);
    let mut watch = Watch::new(500);
    block_on(async {
        // The first read only tells how the pins stand.
        let first = expander.poll(&mut watch, false, 0).await;
        println!("at the start: {first:04x?}");
        match next_change(&mut expander, &mut line, &mut watch, 20).await {
            Some(changes) => println!("fell: {:04x}", changes.fell),
            None => println!("the bus or the line failed"),
        }
    });
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
