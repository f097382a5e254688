//! The serial port with simulated time: wire time, limits, async, and the faults of the line.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use battery_sim::tinybms::{LineEffect, LineFaultPlan};
use battery_sim::{
    PortError, Shared, SimClock, SimPort, TinyBms, TinyBmsConfig, When, serial, shared,
};
use embedded_hal_async::delay::DelayNs as _;
use embedded_io::{Read, ReadReady, Write};

const STATUS: [u8; 4] = [0xAA, 0x18, 0x7F, 0x1A];
const IDLE: [u8; 6] = [0xAA, 0x18, 0x97, 0x00, 0xCF, 0xCB];
const LIMIT: Duration = Duration::from_millis(50);
const BYTE: Duration = Duration::from_nanos(86_806);

fn line() -> (Shared<TinyBms>, SimPort, SimClock) {
    let bms = shared(TinyBms::new(TinyBmsConfig::new(14)));
    let (port, clock) = serial::line(bms.clone());
    clock.set_read_limit(Some(LIMIT));
    (bms, port, clock)
}

/// Everything that comes until nothing comes for the read limit.
fn exchange(port: &mut SimPort) -> Vec<u8> {
    port.write_all(&STATUS).unwrap();
    let mut all = Vec::new();
    let mut buffer = [0; 32];
    while let Ok(count) = port.read(&mut buffer) {
        all.extend(&buffer[..count]);
    }
    all
}

/// What an exchange gives with this fault, and whether the next one is as usual.
fn with_fault(effect: LineEffect) -> Vec<u8> {
    let (bms, mut port, clock) = line();
    bms.borrow_mut().set_faults(LineFaultPlan::once(0, effect));
    let answer = exchange(&mut port);
    clock.advance(Duration::from_secs(4));
    assert_eq!(exchange(&mut port), IDLE);
    answer
}

#[test]
fn a_read_jumps_to_the_next_byte_and_no_further() {
    let (_, mut port, clock) = line();
    port.write_all(&STATUS).unwrap();
    assert_eq!(clock.now(), 4 * BYTE);
    let mut buffer = [0; 16];
    assert_eq!(port.read(&mut buffer).unwrap(), 1);
    assert_eq!(clock.now(), 5 * BYTE + Duration::from_millis(1));
    clock.advance(Duration::from_millis(10));
    let before = clock.now();
    assert_eq!(port.read(&mut buffer).unwrap(), 5);
    assert_eq!(clock.now(), before);
    assert_eq!(clock.take_written(), STATUS);
    assert_eq!(clock.take_written(), []);
}

#[test]
fn a_read_ends_at_its_limit_and_without_one_after_an_hour() {
    let (_, mut port, clock) = line();
    let mut buffer = [0; 4];
    assert_eq!(port.read(&mut buffer), Err(PortError::TimedOut));
    assert_eq!(clock.now(), LIMIT);
    assert_eq!(port.read(&mut []), Ok(0));
    clock.set_read_limit(None);
    assert_eq!(port.read(&mut buffer), Err(PortError::TimedOut));
    assert_eq!(clock.now(), LIMIT + Duration::from_secs(3_600));
}

#[test]
fn a_client_that_only_asks_whether_something_is_there_sees_time_pass() {
    let (_, mut port, clock) = line();
    port.write_all(&STATUS).unwrap();
    let mut looks = 0;
    while !port.read_ready().unwrap() {
        looks += 1;
        assert!(looks < 100);
    }
    assert!(looks > 10);
    assert!(clock.now_ms() < 2);
}

#[test]
fn a_read_gives_pieces_when_it_is_told_to() {
    let (_, mut port, clock) = line();
    clock.set_piece(4);
    port.write_all(&STATUS).unwrap();
    clock.advance(Duration::from_millis(10));
    let mut buffer = [0; 16];
    assert_eq!(port.read(&mut buffer), Ok(4));
    assert_eq!(port.read(&mut buffer), Ok(2));
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

#[test]
fn async_reads_wait_for_their_bytes_and_delays_for_their_end() {
    let (_, mut port, mut clock) = line();
    clock.set_read_limit(None);
    let answer = block_on(async {
        embedded_io_async::Write::write_all(&mut port, &STATUS)
            .await
            .unwrap();
        let mut answer = [0; 6];
        embedded_io_async::Read::read_exact(&mut port, &mut answer)
            .await
            .unwrap();
        answer
    });
    assert_eq!(answer, IDLE);
    let before = clock.now();
    block_on(clock.delay_ms(30));
    assert_eq!(clock.now() - before, Duration::from_millis(30));
}

#[test]
fn an_async_read_can_lose_a_race_against_a_delay() {
    let (_, mut port, clock) = line();
    clock.set_read_limit(None);
    let mut buffer = [0; 4];
    let mut timer = clock.clone();
    let mut read = pin!(embedded_io_async::Read::read(&mut port, &mut buffer));
    let mut delay = pin!(timer.delay_ms(20));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        assert!(read.as_mut().poll(&mut context).is_pending());
        if delay.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
    assert!((20..21).contains(&clock.now_ms()));
}

#[test]
fn with_a_limit_async_reads_are_ready_at_once() {
    let (_, mut port, _clock) = line();
    let mut buffer = [0; 4];
    let mut read = pin!(embedded_io_async::Read::read(&mut port, &mut buffer));
    let mut context = Context::from_waker(Waker::noop());
    let answer = read.as_mut().poll(&mut context);
    assert_eq!(answer, Poll::Ready(Err(PortError::TimedOut)));
}

#[test]
fn a_lost_or_flipped_byte_of_the_request_never_gives_the_status() {
    for byte in 0..4 {
        let answer = with_fault(LineEffect::RequestByteLost(byte));
        assert_ne!(answer.get(1), Some(&0x18), "byte {byte}: {answer:02X?}");
    }
    for bit in 0..32 {
        let answer = with_fault(LineEffect::RequestBitFlipped(bit));
        assert_ne!(answer.get(1), Some(&0x18), "bit {bit}: {answer:02X?}");
    }
}

#[test]
fn faults_of_the_reply_do_what_they_say() {
    let without = |lost: usize| {
        let mut bytes = IDLE.to_vec();
        bytes.remove(lost);
        bytes
    };
    for byte in 0..6 {
        assert_eq!(with_fault(LineEffect::ReplyByteLost(byte)), without(byte));
    }
    for bit in 0..48 {
        let mut flipped = IDLE;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(with_fault(LineEffect::ReplyBitFlipped(bit)), flipped);
    }
    assert_eq!(with_fault(LineEffect::ReplyCut(3)), IDLE[..3]);
    assert_eq!(with_fault(LineEffect::ReplyLost), []);
    assert_eq!(with_fault(LineEffect::ReplyDoubled), [IDLE, IDLE].concat());
    assert_eq!(with_fault(LineEffect::ReplyReplaced(vec![1, 2])), [1, 2]);
    assert_eq!(with_fault(LineEffect::Echo), [&STATUS[..], &IDLE].concat());
    assert_eq!(
        with_fault(LineEffect::NoiseBefore(vec![7, 8])),
        [&[7, 8][..], &IDLE].concat()
    );
    assert_eq!(
        with_fault(LineEffect::NoiseAfter(vec![9])),
        [&IDLE[..], &[9]].concat()
    );
}

#[test]
fn a_late_or_split_reply_comes_after_its_pause() {
    let pause = Duration::from_millis(30);
    for (after, effect) in [
        (0, LineEffect::ReplyLate(pause)),
        (2, LineEffect::ReplySplit { after: 2, pause }),
    ] {
        let (bms, mut port, clock) = line();
        bms.borrow_mut().set_faults(LineFaultPlan::once(0, effect));
        port.write_all(&STATUS).unwrap();
        clock.advance(Duration::from_millis(20));
        let mut buffer = [0; 16];
        if after > 0 {
            assert_eq!(port.read(&mut buffer), Ok(after));
        }
        clock.advance(Duration::from_millis(20));
        assert_eq!(port.read(&mut buffer), Ok(6 - after));
    }
}

#[test]
fn exchanges_count_from_the_plan_on() {
    let (bms, mut port, _clock) = line();
    exchange(&mut port);
    let plan = LineFaultPlan::new()
        .with(
            When::Every {
                first: 1,
                period: 3,
            },
            LineEffect::ReplyLost,
        )
        .with(When::Always, LineEffect::ReplyCut(2));
    bms.borrow_mut().set_faults(plan);
    let lengths: Vec<usize> = (0..5).map(|_| exchange(&mut port).len()).collect();
    assert_eq!(lengths, [2, 0, 2, 2, 0]);
}

#[test]
fn a_write_whose_reply_is_lost_has_taken_effect() {
    let (bms, mut port, _clock) = line();
    bms.borrow_mut()
        .set_faults(LineFaultPlan::once(0, LineEffect::ReplyLost));
    let write = [0xAA, 0x0D, 0x04, 0x2C, 0x01, 0x42, 0x0E, 0x09, 0xE3];
    port.write_all(&write).unwrap();
    assert_eq!(port.read(&mut [0; 4]), Err(PortError::TimedOut));
    assert_eq!(bms.borrow().register(300), 3_650);
}
