//! The fault buttons of the page.

use battery_sim::rack::{Rack, RackFault};

use crate::hub::SimFault;

/// Which faults are in force, for the page.
#[derive(Debug)]
pub(super) struct Faults {
    packs: Vec<Vec<SimFault>>,
    short: bool,
}

fn named(fault: SimFault) -> RackFault {
    match fault {
        SimFault::OverVoltage => RackFault::OverVoltage,
        SimFault::DeadSensor => RackFault::DeadSensor,
        SimFault::StuckSwitch => RackFault::StuckSwitch,
        SimFault::LostWrite => RackFault::LostWrite,
        SimFault::Short => RackFault::Short,
    }
}

impl Faults {
    pub(super) fn new(packs: usize) -> Self {
        Self {
            packs: vec![Vec::new(); packs],
            short: false,
        }
    }

    pub(super) fn inject(&mut self, rack: &Rack, pack: Option<usize>, fault: SimFault) {
        // The short is one of the bus, whichever pack it was asked for.
        rack.inject(pack.unwrap_or(0), named(fault));
        if fault == SimFault::Short {
            self.short = true;
        } else if let Some(faults) = pack.and_then(|pack| self.packs.get_mut(pack))
            && !faults.contains(&fault)
        {
            faults.push(fault);
        }
    }

    /// Mends a pack and the bus, or the bus with what its short destroyed.
    pub(super) fn repair(&mut self, rack: &Rack, pack: Option<usize>) {
        self.short = false;
        match pack {
            Some(pack) => {
                rack.repair(pack);
                if let Some(faults) = self.packs.get_mut(pack) {
                    faults.clear();
                }
            }
            None => rack.plant_mut(|plant| {
                plant.set_bus_short(None);
                for pack in 0..plant.len() {
                    plant.replace_destroyed(pack);
                }
            }),
        }
    }

    /// The names by pack; a short of the bus is named at each of them.
    pub(super) fn names(&self) -> Vec<Vec<&'static str>> {
        let short = self.short.then_some(SimFault::Short);
        self.packs
            .iter()
            .map(|faults| {
                faults
                    .iter()
                    .copied()
                    .chain(short)
                    .map(SimFault::name)
                    .collect()
            })
            .collect()
    }
}
