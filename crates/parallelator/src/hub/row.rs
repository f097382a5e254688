//! One second of the rack, for charts and logs.

use parallelator_core::{PackState, Params, Reason, SystemState};
use parallelator_node::Snapshot;

use crate::{PACKS, reading::measured};

/// One pack in one second. What was not measured is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPack {
    /// Voltage in millivolts.
    pub voltage_mv: Option<i32>,
    /// Current in milliamperes, positive charges the pack.
    pub current_ma: Option<i32>,
    /// Temperature in tenths of a degree Celsius.
    pub temperature_dc: Option<i32>,
    /// State of the pack.
    pub state: PackState,
    /// Why it is, or is not, connected.
    pub reason: Reason,
}

/// One second of the rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Time of the loop.
    pub now_ms: u64,
    /// State of the rack.
    pub system: SystemState,
    /// Bus voltage in millivolts.
    pub bus_mv: Option<i32>,
    /// Sum of the pack currents in milliamperes.
    pub bus_ma: Option<i32>,
    /// The load is permitted.
    pub load_permit: bool,
    /// Charging is permitted.
    pub charge_permit: bool,
    /// Discharge limit of the bus in milliamperes.
    pub dcl_ma: i32,
    /// Charge limit of the bus in milliamperes.
    pub ccl_ma: i32,
    /// Charge voltage limit in millivolts.
    pub cvl_mv: i32,
    /// The packs by index.
    pub packs: Vec<RowPack>,
}

impl Row {
    /// The second that this result belongs to.
    #[must_use]
    pub fn new(snapshot: &Snapshot<PACKS>, params: &Params) -> Self {
        let decision = &snapshot.decision;
        let packs = snapshot
            .inputs
            .packs
            .iter()
            .zip(&decision.packs)
            .take(snapshot.packs)
            .map(|(input, pack)| RowPack {
                voltage_mv: measured(&input.voltage, params).map(Into::into),
                current_ma: measured(&input.current, params).map(Into::into),
                temperature_dc: input
                    .temperature
                    .and_then(|sample| measured(&sample, params))
                    .map(Into::into),
                state: pack.state,
                reason: pack.reason,
            })
            .collect();
        Self {
            now_ms: snapshot.now_ms,
            system: decision.system,
            bus_mv: decision.bus_voltage.map(Into::into),
            bus_ma: decision.bus_current.map(Into::into),
            load_permit: decision.load_permit,
            charge_permit: decision.charge_permit,
            dcl_ma: decision.dcl.get(),
            ccl_ma: decision.ccl.get(),
            cvl_mv: decision.cvl.get(),
            packs,
        }
    }
}
