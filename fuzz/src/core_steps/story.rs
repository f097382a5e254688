//! What the core is told: a healthy rack in which the fuzzer changes one thing after the other.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Milliohms, Millivolts};
use parallelator_core::{
    BusInput, Command, Fault, Inputs, ModeHint, PackInput, PackSet, Params, Quality, Sample,
    SwitchFeedback,
};

use super::SMALL;
use crate::bytes::Bytes;

/// Voltage around which the packs are, in mV.
const MIDDLE: i32 = 26_000;
/// What a sensor needs from measuring to the step, in ms.
const AGE: u32 = 5;

pub(super) struct Story {
    pub(super) now_ms: u64,
    pub(super) inputs: Inputs<SMALL>,
    gap_ms: u64,
}

impl Story {
    pub(super) fn new() -> Self {
        let healthy = PackInput {
            voltage: Sample::good(Millivolts::new(MIDDLE), AGE),
            current: Sample::good(Milliamps::new(0), AGE),
            ..PackInput::default()
        };
        let bus = BusInput {
            load_controllable: true,
            charger_controllable: true,
            ..BusInput::default()
        };
        let inputs = Inputs {
            packs: [healthy; SMALL],
            bus,
            ..Inputs::default()
        };
        Self {
            now_ms: 0,
            inputs,
            gap_ms: 100,
        }
    }

    pub(super) fn pass_time(&mut self) {
        self.now_ms = self.now_ms.saturating_add(self.gap_ms);
    }

    /// Commands and new parameters are for one step.
    pub(super) fn forget_orders(&mut self) {
        self.inputs.commands = Default::default();
        self.inputs.new_params = None;
    }

    /// Changes one thing; says how many steps to make with it.
    pub(super) fn change(&mut self, bytes: &mut Bytes<'_>, packs: usize, params: &Params) -> u8 {
        let choice = bytes.u8();
        // One beyond the rack: its inputs and commands must not matter.
        let index = usize::from(choice >> 4) % (packs + 1).min(SMALL);
        let pack = &mut self.inputs.packs[index];
        match choice & 0x0F {
            0 | 1 => return bytes.u8() % 64,
            2 => pack.voltage.value = Millivolts::new(MIDDLE + i32::from(bytes.i16()) / 8),
            3 => pack.current.value = Milliamps::new(bytes.i16().into()),
            4 => pack.voltage.value = Millivolts::new(bytes.i32()),
            5 => pack.current.value = Milliamps::new(bytes.i32()),
            6 => {
                let quality = [Quality::Good, Quality::OverRange, Quality::Missing];
                let how = bytes.u8();
                let quality = quality[usize::from(how & 0x7F) % 3];
                let age_ms = u32::from(bytes.u16());
                if how & 0x80 == 0 {
                    (pack.voltage.quality, pack.voltage.age_ms) = (quality, age_ms);
                } else {
                    (pack.current.quality, pack.current.age_ms) = (quality, age_ms);
                }
            }
            7 => {
                let deci = DeciCelsius::new(bytes.i16().into());
                pack.temperature = (choice < 0xF0).then_some(Sample::good(deci, AGE));
            }
            8 => {
                let feedback = [
                    None,
                    Some(SwitchFeedback::Open),
                    Some(SwitchFeedback::Closed),
                ];
                pack.switch_feedback = feedback[usize::from(bytes.u8()) % 3];
            }
            9 => {
                pack.gauge.capacity = Some(MilliampHours::new(u32::from(bytes.u16()) << 16));
                pack.gauge.i_dis_max = Some(Milliamps::new(bytes.i32()));
                pack.gauge.i_chg_max = Some(Milliamps::new(bytes.i16().into()));
            }
            10 => {
                let bits = bytes.u8();
                let io = &mut self.inputs.io;
                io.readback_ok = bits & 1 == 0;
                io.topology_ok = bits & 2 == 0;
                io.write_ok = bits & 4 == 0;
                io.brown_out = bits & 8 != 0;
                io.estop = bits & 16 != 0;
                io.alerts = PackSet::from_bits(if bits & 32 == 0 { 0 } else { bytes.u8().into() });
            }
            11 => {
                let bus = &mut self.inputs.bus;
                let bits = bytes.u8();
                bus.voltage = (bits & 1 != 0).then(|| Millivolts::new(bytes.i32()));
                bus.current = (bits & 2 != 0).then(|| Milliamps::new(bytes.i32()));
                bus.load_controllable = bits & 4 == 0;
                bus.charger_controllable = bits & 8 == 0;
                bus.mode_hint = [
                    ModeHint::Auto,
                    ModeHint::Charge,
                    ModeHint::Discharge,
                    ModeHint::Idle,
                ][usize::from(bits >> 6)];
            }
            12 => {
                let place = usize::from(choice >> 4) % self.inputs.commands.len();
                self.inputs.commands[place] = Some(command(bytes));
            }
            13 => self.gap_ms = u64::from(bytes.u16()),
            // A clock that was set, by anything and to anything.
            14 => self.now_ms = u64::from_le_bytes([bytes.u8(); 8]) >> (choice >> 2),
            _ => self.inputs.new_params = Some(changed(*params, bytes)),
        }
        0
    }
}

fn command(bytes: &mut Bytes<'_>) -> Command {
    let pack = bytes.u8();
    let fault = Fault::ALL[usize::from(bytes.u8()) % Fault::ALL.len()];
    match pack >> 5 {
        0 => Command::Enable { pack },
        1 => Command::Disable { pack: pack & 0x1F },
        2 | 3 => Command::Clear {
            pack: pack & 0x1F,
            fault,
        },
        4 => Command::EStop,
        5 => Command::Service {
            enter: pack & 1 == 0,
        },
        _ => Command::Arm,
    }
}

/// One parameter set to anything that its type holds, valid or not.
fn changed(mut params: Params, bytes: &mut Bytes<'_>) -> Params {
    let field = &Params::fields()[usize::from(bytes.u8()) % Params::fields().len()];
    let (min, max) = field.range().into_inner();
    let span = u64::try_from(max - min).unwrap_or(0) + 1;
    let value = min + i64::try_from(u64::from(bytes.u16()) % span).unwrap();
    field.set(&mut params, value).unwrap();
    if bytes.u8() & 1 == 1 {
        params.v_ov_abs = Millivolts::new(bytes.i32());
        params.r_nom = Milliohms::new(bytes.u16().into());
    }
    params
}
