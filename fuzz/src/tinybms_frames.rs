//! Replies of the TinyBMS protocol with the fuzzer's content and a repaired checksum, through every decoder.

use tinybms_proto::registers::{Live, Statistics, VersionRegisters};
use tinybms_proto::{
    Act, Action, CellCount, Frame, Packets, Question, ReadAllEvents, ReadBlock, ReadCellVoltages,
    ReadEach, ReadExtendedVersion, ReadPackCurrent, ReadPackVoltage, ReadRegisters,
    ReadStateOfCharge, ReadStatus, ReadTemperatures, ReadTravel, Registers, Request, Setting,
    Settings, WriteEach, WriteRegisters,
};

use crate::bytes::Bytes;
use crate::tinybms_stream::{request, sealed, tinybms_stream};

/// Second bytes that replies have.
const COMMANDS: [u8; 18] = [
    0x00, 0x01, 0x03, 0x07, 0x09, 0x10, 0x11, 0x12, 0x14, 0x18, 0x1A, 0x1B, 0x1C, 0x1D, 0x1F, 0x20,
    0x83, 0x90,
];

/// A sound frame is decoded by its own request only, and a number is what its bytes say; what no decoder takes is
/// named. The same frames in a row are a stream like any other.
pub fn tinybms_frames(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let mut stream = vec![bytes.u8(), bytes.u8()];
    while !bytes.is_empty() {
        let frame = reply(&mut bytes);
        decode(&frame);
        stream.extend(frame);
    }
    tinybms_stream(&stream);
    blocks(data);
}

/// A frame whose length byte fits, unless the fuzzer says otherwise.
fn reply(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let choice = bytes.u8();
    let command = COMMANDS[usize::from(choice) % COMMANDS.len()];
    let content = bytes.slice(254);
    let length = u8::try_from(content.len()).unwrap();
    let body = match command {
        0x03 | 0x07 | 0x09 | 0x11 | 0x12 | 0x1B..=0x1F => {
            [[0xAA, command, length].as_slice(), content].concat()
        }
        _ => [[0xAA, command].as_slice(), content].concat(),
    };
    sealed(&body)
}

fn decode(bytes: &[u8]) {
    let Ok(frame) = Frame::parse(bytes) else {
        return;
    };
    assert_eq!(frame.bytes(), bytes);
    let mut taken = 0;
    let mut judged = 0;
    for choice in 0..12 {
        let sent = request(choice);
        judged += u32::from(Question::new(&sent).judge(frame).is_ok());
    }
    let values = [(300, 0x0E42)];
    taken += u32::from(Act(Action::Reset).decode(frame).is_ok());
    taken += u32::from(ReadRegisters::new(36, 4).unwrap().decode(frame).is_ok());
    taken += u32::from(ReadBlock::new(5, 5).unwrap().decode(frame).is_ok());
    taken += u32::from(ReadEach::new(&[34, 35]).unwrap().decode(frame).is_ok());
    taken += u32::from(WriteEach::new(&values).unwrap().decode(frame).is_ok());
    taken += u32::from(
        WriteRegisters::new(300, &[0x0E42])
            .unwrap()
            .decode(frame)
            .is_ok(),
    );
    taken += u32::from(ReadTravel.decode(frame).is_ok());
    if let Ok(log) = ReadAllEvents.decode(frame) {
        taken += 1;
        for event in log.events() {
            let behind = log.now().get().wrapping_sub(event.time.get());
            assert_eq!(behind, event.age.get());
            assert_eq!(event.time.get() & 0x00FF_FFFF, event.raw_time);
        }
    }
    if let Ok(voltage) = ReadPackVoltage.decode(frame) {
        taken += 1;
        let value = f64::from(f32::from_bits(voltage.0.bits()));
        match voltage.to_millivolts() {
            Ok(found) => assert!((f64::from(found.get()) - value * 1e3).abs() <= 0.5),
            Err(_) => assert!(!value.is_finite() || value.abs() > 2e6),
        }
    }
    if let Ok(values) = ReadCellVoltages.decode(frame) {
        taken += 1;
        assert!(values.steps().count() <= 16);
    }
    if let Ok(status) = ReadStatus.decode(frame) {
        taken += 1;
        assert_eq!(status.code().to_le_bytes(), frame.content());
    }
    let _ = ReadTemperatures.decode(frame);
    let _ = ReadExtendedVersion.decode(frame);
    let _ = ReadStateOfCharge
        .decode(frame)
        .map(|charge| charge.to_permille());
    let _ = ReadPackCurrent
        .decode(frame)
        .map(|current| current.to_microamps());
    let mut out = [0; 254];
    let _ = Packets::new(usize::from(bytes[1])).push(frame, &mut out);
    assert!(
        taken <= 1 && judged <= 1,
        "a frame is the reply to one request"
    );
}

/// The same bytes as registers.
fn blocks(data: &[u8]) {
    if let Some(live) = Live::decode(Registers::low_first(0, data)) {
        for cells in 0..=17 {
            if let Ok(count) = live.check_cells(cells) {
                assert_eq!(live.slots.cells(count).len(), usize::from(cells));
                assert_eq!(CellCount::new(cells), Ok(count));
            }
        }
    }
    let _ = Statistics::decode(Registers::low_first(100, data));
    let _ = VersionRegisters::decode(Registers::low_first(500, data));
    if let Some(settings) = Settings::from_registers(Registers::low_first(300, data)) {
        for setting in Setting::ALL {
            assert!(settings.get(setting).is_none() || setting.is_readable());
        }
    }
}
