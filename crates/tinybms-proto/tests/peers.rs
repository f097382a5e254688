//! What other programs for this BMS get wrong, each as a case of its own.

mod harness;

use battery_units::{DeciCelsius, Microvolts, Millivolts};
use harness::{frame, silence, turn};
use tinybms_proto::registers::{CurrentSensor, Live, VersionRegisters};
use tinybms_proto::{
    Act, Action, BuildError, CellCount, CellOrder, CellSlots, Error, Event, Frame, Kind, Lines,
    NackCode, Question, ReadAllEvents, ReadBlock, ReadBlockInPackets, ReadCellVoltages, ReadEach,
    ReadPackVoltage, ReadRegisters, ReadStatus, ReadTemperatures, Received, Receiver, Registers,
    ReplyError, Request, Seconds, Setting, Settings, Status, WriteBlock, WriteEach, WriteRegisters,
};

fn emitted(request: &impl Request) -> Vec<u8> {
    let mut out = [0; 260];
    request.emit(&mut out).unwrap().to_vec()
}

/// What a receiver makes of a stream as a whole.
fn outcome(request: &impl Request, stream: &[u8]) -> Result<Vec<u8>, ReplyError> {
    let sent = emitted(request);
    let mut receiver = Receiver::new(Question::new(&sent));
    match receiver.push(stream).1 {
        Received::Frame(frame) => Ok(frame.bytes().to_vec()),
        Received::Refused(error) => Err(error),
        Received::NeedMore => receiver.finish().map(|frame| frame.bytes().to_vec()),
    }
}

#[test]
fn the_third_byte_of_a_confirmation_is_no_length() {
    let request = WriteEach::new(&[(300, 3_650)]).unwrap();
    let confirmation = frame(&[0xAA, 0x01, 0x0D]);
    assert_eq!(outcome(&request, &confirmation), Ok(confirmation.clone()));
    let kind = Frame::parse(&confirmation).unwrap().kind();
    assert!(matches!(kind, Kind::Ack { command } if command.code() == 0x0D));
}

#[test]
fn a_confirmation_with_zero_in_place_of_the_command_is_none() {
    let request = WriteEach::new(&[(300, 3_650)]).unwrap();
    let answer = outcome(&request, &frame(&[0xAA, 0x01, 0x00]));
    assert!(
        matches!(answer, Err(ReplyError::AckMismatch { .. })),
        "{answer:?}"
    );
}

#[test]
fn a_refusal_has_zero_as_its_second_byte_and_not_81() {
    let refused = frame(&[0xAA, 0x00, 0x14, 0x00]);
    let answer = outcome(&ReadPackVoltage, &refused);
    assert_eq!(answer, Err(ReplyError::Nack(NackCode::Command)));
    let invented = outcome(&ReadPackVoltage, &frame(&[0xAA, 0x81, 0x14, 0x00]));
    assert!(
        matches!(invented, Err(ReplyError::NoFrame { .. })),
        "{invented:?}"
    );
}

#[test]
fn a_single_register_comes_back_with_its_address() {
    let request = ReadEach::new(&[306]).unwrap();
    let found = [0xAA, 0x09, 0x04, 0x32, 0x01, 0x40, 0x01, 0x4F, 0x2B];
    let pairs: Vec<_> = request.decode_bytes(&found).unwrap().collect();
    // 306 is the address and 320 the value.
    assert_eq!(pairs, [(306, 320)]);
    let without = frame(&[0xAA, 0x09, 0x02, 0x40, 0x01]);
    assert!(request.decode_bytes(&without).is_err());
}

#[test]
fn more_than_fifteen_single_registers_or_thirty_one_in_a_block_are_refused() {
    let addresses: Vec<u16> = (0..59).collect();
    let refused = BuildError::InvalidCount {
        found: 59,
        largest: 15,
    };
    assert_eq!(ReadEach::new(&addresses).err(), Some(refused));
    let refused = BuildError::InvalidCount {
        found: 45,
        largest: 31,
    };
    assert_eq!(ReadBlock::new(300, 45).err(), Some(refused));
}

#[test]
fn requests_have_no_lengths_that_are_not_in_the_document() {
    assert_eq!(emitted(&Act(Action::Reset)), [0xAA, 0x02, 0x05, 0x90, 0x83]);
    assert_eq!(
        emitted(&ReadRegisters::new(36, 2).unwrap()),
        [0xAA, 0x03, 0x00, 0x24, 0x00, 0x02, 0x9D, 0xDB]
    );
    assert_eq!(
        emitted(&ReadBlock::new(5, 5).unwrap()),
        [0xAA, 0x07, 0x05, 0x05, 0x00, 0x2E, 0x3D]
    );
    let write = WriteBlock::new(300, &[3_650, 3_250]).unwrap();
    assert_eq!(
        emitted(&write),
        [
            0xAA, 0x0B, 0x06, 0x2C, 0x01, 0x42, 0x0E, 0xB2, 0x0C, 0x90, 0x96
        ]
    );
}

#[test]
fn modbus_addresses_go_out_high_byte_first() {
    // Swapped, 300 would ask for register 11 265 and get filler.
    assert_eq!(
        emitted(&ReadRegisters::new(300, 1).unwrap())[2..4],
        [0x01, 0x2C]
    );
    let write = WriteRegisters::new(300, &[3_650]).unwrap();
    assert_eq!(emitted(&write)[7..9], [0x0E, 0x42]);
}

#[test]
fn the_checksum_of_the_guide_for_the_pack_voltage_is_not_sent() {
    assert_eq!(emitted(&ReadPackVoltage), [0xAA, 0x14, 0x7F, 0x1F]);
}

#[test]
fn a_modbus_float_has_its_low_word_first() {
    let request = ReadRegisters::new(36, 2).unwrap();
    let reply = frame(&[0xAA, 0x03, 0x04, 0x23, 0xD7, 0x42, 0x5F]);
    let bits = request.decode_bytes(&reply).unwrap().double(36);
    assert_eq!(bits, Some(0x425F_23D7));
}

#[test]
fn register_306_reads_the_capacity_also_when_its_block_comes_in_packets() {
    let words: Vec<u8> = (300..345_u16)
        .flat_map(|address| if address == 306 { 320 } else { address }.to_le_bytes())
        .collect();
    let request = ReadBlockInPackets::new(300, 45).unwrap();
    let mut packets = request.packets();
    let mut out = [0; 90];
    let first = frame(&[[0xAA, 0x07, 0x80].as_slice(), &words[..63]].concat());
    let last = frame(&[[0xAA, 0x07, 27].as_slice(), &words[63..]].concat());
    // The last packet alone, taken for the reply, put another register in its place.
    let alone = request
        .packets()
        .push(Frame::parse(&last).unwrap(), &mut out);
    assert!(matches!(alone, Err(ReplyError::LengthMismatch { .. })));
    assert_eq!(
        packets.push(Frame::parse(&first).unwrap(), &mut out),
        Ok(false)
    );
    assert_eq!(
        packets.push(Frame::parse(&last).unwrap(), &mut out),
        Ok(true)
    );
    assert_eq!(request.registers(&out).get(306), Some(320));
    // Register 331 straddles the packets.
    assert_eq!(request.registers(&out).get(331), Some(331));
}

#[test]
fn packets_that_do_not_follow_each_other_are_named() {
    let request = ReadBlockInPackets::new(300, 127).unwrap();
    let packet = |flags: u8, bytes: usize| {
        frame(&[[0xAA, 0x07, flags].as_slice(), &vec![0; bytes]].concat())
    };
    for (first, second, expected) in [
        (0x80, 0x82, 1),
        (0x81, 0x81, 2),
        (0x80, 0x80, 1),
        (0x82, 0x83, 0),
    ] {
        let (first, second) = (packet(first, 63), packet(second, 63));
        let mut packets = request.packets();
        let mut out = [0; 254];
        let mut push = |bytes: &[u8]| packets.push(Frame::parse(bytes).unwrap(), &mut out);
        let answer = push(&first).and_then(|_| push(&second));
        let found = match answer {
            Err(ReplyError::PacketSequence { expected, .. }) => expected,
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected);
    }
}

#[test]
fn a_disconnected_sensor_is_not_zero_degrees() {
    let reply = frame(&[0xAA, 0x1B, 6, 0x54, 0x00, 0x00, 0x80, 0x00, 0x00]);
    let found = ReadTemperatures.decode_bytes(&reply).unwrap();
    assert_eq!(found.external, [None, Some(DeciCelsius::new(0))]);
}

#[test]
fn temperatures_below_zero_have_a_sign() {
    let reply = frame(&[0xAA, 0x1B, 6, 0xCC, 0xFF, 0x85, 0xFF, 0x70, 0xFE]);
    let found = ReadTemperatures.decode_bytes(&reply).unwrap();
    assert_eq!(found.internal, Some(DeciCelsius::new(-52)));
    assert_eq!(
        found.external,
        [Some(DeciCelsius::new(-123)), Some(DeciCelsius::new(-400))]
    );
}

#[test]
fn register_328_is_never_the_state_of_charge() {
    let settings = Settings::from_words([25_000; 44]);
    assert_eq!(settings.get(Setting::StateOfChargeToSet), None);
    assert_eq!(settings.get(Setting::StateOfHealthToSet), None);
}

#[test]
fn registers_323_and_328_stand_alone_and_329_holds_the_flags() {
    assert_eq!(Setting::StateOfHealthToSet.entry().words(), 1);
    assert_eq!(Setting::StateOfChargeToSet.entry().words(), 1);
    let mut words = [0; 44];
    words[29] = 0b100;
    let settings = Settings::from_words(words);
    assert_eq!(settings.get(Setting::EnableChargeRestartLevel), Some(1));
    assert_eq!(settings.get(Setting::InvertCurrentSensor), Some(0));
}

/// Registers 0 to 15 of the 14-cell unit of which dumps were published.
const FOURTEEN: [u16; 16] = [
    0, 0, 39_810, 39_830, 39_830, 39_830, 39_830, 39_850, 39_900, 39_900, 39_840, 39_840, 39_850,
    39_840, 39_880, 39_890,
];

#[test]
fn fourteen_cells_are_cell_1_to_14_and_none_of_them_reads_zero() {
    let count = CellCount::agreed(14, 14).unwrap();
    let slots = CellSlots(FOURTEEN);
    assert_eq!(slots.check(count), Ok(()));
    let cells: Vec<Microvolts> = slots.cells(count).collect();
    assert_eq!(cells.len(), 14);
    assert_eq!(cells[0], Microvolts::new(3_981_000));
    assert_eq!(cells[13], Microvolts::new(3_989_000));
    assert_eq!(slots.cell(count, 1), Some(Microvolts::new(3_981_000)));
    // Lowest and highest as the BMS tells them in registers 40 and 41, in whole millivolts.
    assert_eq!(cells.iter().min(), Some(&Microvolts::new(3_981_000)));
    assert_eq!(cells.iter().max(), Some(&Microvolts::new(3_990_000)));
    // With 14 cells, bit 2 is cell 1.
    assert_eq!(count.by_cell(0b1000_0000_0000_0100), 0b10_0000_0000_0001);
}

#[test]
fn the_order_of_the_cell_command_is_found_and_not_assumed() {
    let count = CellCount::new(14).unwrap();
    let mut forward = vec![0xAA, 0x1C, 28];
    forward.extend(FOURTEEN[2..].iter().flat_map(|word| word.to_le_bytes()));
    let mut backward = vec![0xAA, 0x1C, 28];
    backward.extend(
        FOURTEEN[2..]
            .iter()
            .rev()
            .flat_map(|word| word.to_le_bytes()),
    );
    let slots = CellSlots(FOURTEEN);
    for (body, expected) in [
        (forward, CellOrder::NegativeEndFirst),
        (backward, CellOrder::PositiveEndFirst),
    ] {
        let reply = frame(&body);
        let values = ReadCellVoltages.decode_bytes(&reply).unwrap();
        assert_eq!(
            values.order(&slots, count, Microvolts::new(1_000)),
            Some(expected)
        );
        assert_eq!(values.order(&slots, count, Microvolts::new(100_000)), None);
    }
}

#[test]
fn minimum_and_maximum_of_the_cells_have_another_unit_than_the_slots() {
    let mut bytes = vec![0; 112];
    bytes[80..84].copy_from_slice(&[0x8D, 0x0F, 0x97, 0x0F]);
    let live = Live::decode(Registers::low_first(0, &bytes)).unwrap();
    assert_eq!(
        (live.min_cell, live.max_cell),
        (Millivolts::new(3_981), Millivolts::new(3_991))
    );
}

#[test]
fn the_flags_of_register_501_stand_in_its_high_byte() {
    let words = [0x0102_u16, 0x0301, 0x00F2, 0x0418];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let found = VersionRegisters::decode(Registers::low_first(500, &bytes)).unwrap();
    assert!(found.high_power);
    assert_eq!(found.current_sensor, CurrentSensor::InternalHall);
    assert_eq!(found.version.firmware_public, 1);
}

#[test]
fn forty_nine_events_are_one_frame() {
    let mut body = vec![0xAA, 0x12, 200, 0x88, 0x13, 0, 0];
    for number in 0..49 {
        body.extend([number, 0, 0, 0x61]);
    }
    let reply = frame(&body);
    assert_eq!(outcome(&ReadAllEvents, &reply), Ok(reply.clone()));
    assert_eq!(
        ReadAllEvents.decode_bytes(&reply).unwrap().events().count(),
        49
    );
}

#[test]
fn an_event_from_before_the_wrap_of_its_24_bits_keeps_its_time() {
    let event = Event::new(0x61, 16_777_200, Seconds::new(16_777_232)).unwrap();
    assert_eq!((event.age.get(), event.time.get()), (32, 16_777_200));
}

#[test]
fn an_unknown_status_is_kept_and_not_healthy() {
    let reply = frame(&[0xAA, 0x18, 0x95, 0x00]);
    let status = ReadStatus.decode_bytes(&reply).unwrap();
    assert_eq!(status, Status::Unknown(0x95));
    assert!(!status.is_healthy());
}

#[test]
fn a_refusal_is_told_at_once_and_not_waited_out() {
    let sent = emitted(&ReadRegisters::new(0, 4).unwrap());
    let mut receiver = Receiver::new(Question::new(&sent));
    let refused = Received::Refused(ReplyError::Nack(NackCode::Command));
    assert_eq!(receiver.push(&frame(&[0xAA, 0x00, 0x03, 0x00])).1, refused);
}

#[test]
fn one_stray_byte_costs_one_byte() {
    let reply = frame(&[0xAA, 0x18, 0x97, 0x00]);
    for stray in 0..=u8::MAX {
        let stream = [[stray].as_slice(), &reply].concat();
        assert_eq!(
            outcome(&ReadStatus, &stream),
            Ok(reply.clone()),
            "{stray:02X}"
        );
    }
}

#[test]
fn a_reply_to_another_request_is_not_taken() {
    let voltage = frame(&[0xAA, 0x14, 0xD7, 0x23, 0x5F, 0x42]);
    let current = frame(&[0xAA, 0x15, 0x00, 0x00, 0x00, 0x00]);
    assert_eq!(
        outcome(
            &ReadPackVoltage,
            &[current.clone(), voltage.clone()].concat()
        ),
        Ok(voltage)
    );
    let answer = outcome(&ReadPackVoltage, &current);
    assert!(matches!(answer, Err(ReplyError::UnexpectedCommand { found }) if found.code() == 0x15));
}

#[test]
fn a_flipped_bit_in_the_second_byte_is_only_an_error() {
    let reply = frame(&[0xAA, 0x18, 0x97, 0x00]);
    for bit in 0..8 {
        let mut flipped = reply.clone();
        flipped[1] ^= 1 << bit;
        assert!(outcome(&ReadStatus, &flipped).is_err());
    }
}

#[test]
fn the_echo_of_a_sleeping_device_is_no_reading() {
    for request in [
        emitted(&ReadStatus),
        emitted(&ReadPackVoltage),
        emitted(&ReadBlock::new(36, 2).unwrap()),
    ] {
        let mut receiver = Receiver::new(Question::new(&request));
        assert_eq!(receiver.push(&request).1, Received::NeedMore);
        assert!(receiver.finish().is_err());
    }
}

#[test]
fn half_a_line_of_text_is_an_error_and_no_reading() {
    let mut lines = Lines::new();
    let found: Vec<_> = b"MINCV:3.7\r\n"
        .iter()
        .filter_map(|byte| lines.push(*byte))
        .collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].is_err());
}

both_clients!(
    a_device_that_does_not_answer_gives_no_value,
    {
        let request = frame(&[0xAA, 0x14]);
        vec![silence(&request), silence(&request), silence(&request)]
    },
    |client, _line, wait| {
        let answer = wait(client.ask(&ReadPackVoltage));
        assert_eq!(answer, Err(Error::Reply(ReplyError::Timeout)));
    }
);

both_clients!(
    all_live_data_are_one_request_and_nothing_is_ever_written_to_connect,
    {
        let mut body = vec![0xAA, 0x03, 112];
        body.extend([0; 112]);
        vec![turn(&frame(&[0xAA, 0x03, 0, 0, 0, 56]), &frame(&body))]
    },
    |client, line, wait| {
        assert!(wait(client.live()).is_ok());
        assert!(line.now_us() < 15_000, "{} µs", line.now_us());
    }
);
