//! The core behind the same trait, with the few lines around it that a node has: measure, step, write the whole word,
//! read it back in the next pass, set an expander up again that lost its supply.

use battery_units::{Milliamps, Millivolts};
use parallelator_core::{
    Command, Core, Decision, Inputs, PackSet, PackState, Params, Quality, RECORD_MAX, Sample,
    SwitchCommand,
};

use crate::controller::{Controller, Request, Seen, Sensor, Setup, Switches};

const N: usize = 32;
/// A measurement is a test in the service mode, which is entered by a command before it.
const SERVICE: Command = Command::Service { enter: true };

pub struct Ours {
    core: Core<N>,
    slots: usize,
    setup: Setup,
    decision: Decision<N>,
    /// Every write of the last pass was acknowledged.
    written: bool,
}

impl Ours {
    pub fn new(slots: usize, setup: Setup) -> Self {
        Self {
            core: Core::new(slots, Params::default()).unwrap(),
            slots,
            setup,
            decision: Decision::default(),
            written: true,
        }
    }

    fn commanded(&self, slot: usize) -> bool {
        self.decision.packs[slot].command == SwitchCommand::Closed
    }

    fn inputs(&self, seen: &Seen<'_>, switches: &Switches) -> Inputs<N> {
        let mut inputs = Inputs::default();
        for (input, sensor) in inputs.packs.iter_mut().zip(seen.sensors) {
            if let Sensor::Reads { mv, ma, at_end } = *sensor {
                input.voltage = Sample::good(Millivolts::new(mv), 0);
                input.current = Sample::good(Milliamps::new(ma), 0);
                if at_end {
                    input.current.quality = Quality::OverRange;
                }
            }
        }
        let alerts = (0..self.slots).filter(|&slot| seen.alerts[slot]);
        inputs.io.alerts = alerts.collect::<PackSet>();
        inputs.io.write_ok = self.written;
        inputs.io.readback_ok =
            (0..self.slots).all(|slot| switches.read(slot) == Ok(self.commanded(slot)));
        inputs.io.brown_out = switches.is_set_up.contains(&false);
        let mut commands = seen.requests.iter().flat_map(|request| match *request {
            Request::Off(pack) => vec![Command::Disable { pack: pack as u8 }],
            Request::MeasureResistance(pack) => vec![SERVICE, Command::Test { pack: pack as u8 }],
            Request::SetMinimum { .. } => vec![],
        });
        inputs.commands.fill_with(|| commands.next());
        inputs.new_params = seen.requests.iter().find_map(|request| match *request {
            Request::SetMinimum { mv } => Some(Params {
                v_uv: Millivolts::new(mv),
                v_uv_rec: Millivolts::new(mv + 1_000),
                ..*self.core.params()
            }),
            _ => None,
        });
        inputs
    }
}

impl Controller for Ours {
    fn pass(&mut self, seen: &Seen<'_>, switches: &mut Switches) {
        let inputs = self.inputs(seen, switches);
        self.decision = self.core.step(seen.now_ms, &inputs);
        self.written = true;
        // An expander that was set up again starts with everything off.
        switches.is_set_up.fill(true);
        for slot in 0..self.slots {
            self.written &= switches.write(slot, self.commanded(slot)).is_ok();
        }
    }

    fn says_closed(&self, slot: usize) -> bool {
        matches!(
            self.decision.packs[slot].state,
            PackState::Closing | PackState::Closed
        )
    }

    fn says_stuck(&self, slot: usize) -> bool {
        self.decision.packs[slot].state == PackState::StuckClosed
    }

    /// No board of ours calibrates so low; here it does, to see what the core makes of a sensor at its end.
    fn full_scale_ma(&self) -> Option<i32> {
        self.setup.own_calibration.then_some(10_000)
    }

    fn reboot(&self) -> Box<dyn Controller> {
        let mut buffer = [0; RECORD_MAX];
        let record = self.core.write_record(&mut buffer).unwrap();
        let mut reborn = Self::new(self.slots, self.setup);
        reborn.core.restore(record).unwrap();
        Box::new(reborn)
    }
}
