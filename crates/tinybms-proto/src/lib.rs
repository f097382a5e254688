//! The whole protocol of the TinyBMS over its serial port, and over the maker's CAN adapter.
#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

#[cfg(feature = "async")]
pub mod asynch;
pub mod blocking;
#[cfg(feature = "can")]
pub mod can;
mod cells;
mod crc;
mod error;
mod events;
mod exchange;
mod frame;
pub mod port;
mod question;
mod reading;
mod receiver;
pub mod registers;
mod requests;
mod settings;
mod single;
mod text;

pub use cells::{CellCount, CellFault, CellOrder, CellSlots, CellValues, SLOTS};
pub use crc::checksum;
pub use error::{BuildError, Error, Mismatch, NackCode, NotAvailable, ReplyError};
pub use events::{Class, Event, EventId, EventLog, RING_SLOTS, RING_START, ring};
pub use exchange::{Exchange, Failure, Limits, Progress, Step, Waits};
pub use frame::{Command, FRAME_MAX, Frame, HEADER, Kind, PACKET_BYTES, ReplyLength, reply_length};
pub use question::{Packets, Question};
pub use reading::{
    ExtendedVersion, Firmware, Seconds, StateOfCharge, StateOfHealth, Status, Temperatures, Travel,
    Version, cell_voltage, temperature,
};
pub use receiver::{Received, Receiver};
pub use requests::{
    Act, Action, Read, ReadAllEvents, ReadBlock, ReadBlockInPackets, ReadCellVoltages, ReadEach,
    ReadExtendedVersion, ReadLifetime, ReadMaxCell, ReadMinCell, ReadNewestEvents, ReadPackCurrent,
    ReadPackVoltage, ReadRegisters, ReadSettings, ReadStateOfCharge, ReadStatus, ReadTemperatures,
    ReadTravel, ReadVersion, Registers, Request, SETTINGS_FIRST, SETTINGS_LAST, SettingsOption,
    Values, Words, Write, WriteBlock, WriteEach, WriteRegisters,
};
pub use settings::{
    BroadcastInterval, BroadcastProtocol, Changes, ChargerDetection, ChargerSwitchType,
    ChargerType, DeviceLimits, Difference, DistanceUnit, Export, IgnitionInput, ImportError,
    ImportFault, OperationMode, Plan, PlannedWrite, PrechargeDuration, PrechargePin,
    SETTINGS_COUNT, Setting, SettingError, Settings, SpeedSensorInput, SwitchType,
    TemperatureSensorType, UnknownChoice,
};
pub use single::{PackCurrent, PackVoltage, Single, Speed};
pub use text::{Ascii, CaV3, Line, Lines, Switch, Switches, TextError};
