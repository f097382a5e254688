//! The state as JSON, by the contract with the page. Every sentence is finished here; the page computes nothing.

use parallelator_core::{Fault, PackDecision, PackState, Reason};
use serde::Serialize;

use crate::{
    hub::{Hub, Noted, SimView, View},
    reading::{age_ms, measured},
    texts::{fault_text, kind_text, measured_text, pack_text, state_text, system_text, title},
};

/// The whole state.
#[derive(Debug, Serialize)]
pub struct StateJson {
    api: u32,
    version: &'static str,
    mode: &'static str,
    language: &'static str,
    title: String,
    now_ms: u64,
    sim: Option<SimJson>,
    system: &'static str,
    system_text: String,
    service: bool,
    bus: BusJson,
    load_permit: bool,
    charge_permit: bool,
    dcl_ma: i32,
    ccl_ma: i32,
    cvl_mv: i32,
    limits: LimitsJson,
    packs: Vec<PackJson>,
    events: Vec<EventJson>,
}

#[derive(Debug, Serialize)]
struct SimJson {
    time_ms: u64,
    speed: f64,
    paused: bool,
    load_ma: i32,
    load_served_ma: i32,
    load_max_ma: i32,
    charger_ma: i32,
    charger_served_ma: i32,
    charger_max_ma: i32,
}

#[derive(Debug, Serialize)]
struct BusJson {
    voltage_mv: Option<i32>,
    current_ma: Option<i32>,
}

#[derive(Debug, Serialize)]
struct LimitsJson {
    i_circ_max_ma: i32,
    dv_max_mv: i32,
}

#[derive(Debug, Serialize)]
struct PackJson {
    index: usize,
    label: String,
    state: &'static str,
    state_text: &'static str,
    command: &'static str,
    reason: &'static str,
    text: String,
    measured_text: Option<String>,
    voltage_mv: Option<i32>,
    current_ma: Option<i32>,
    temperature_dc: Option<i32>,
    age_ms: Option<u32>,
    predicted_ma: Option<i32>,
    limit_ma: i32,
    difference_mv: Option<i32>,
    eligible_in_ms: Option<u32>,
    score: u8,
    closes: u32,
    fault: Option<&'static str>,
    fault_text: Option<&'static str>,
    i_dis_max_ma: i32,
    i_chg_max_ma: i32,
    sim_faults: Vec<&'static str>,
    wiring: String,
}

#[derive(Debug, Serialize)]
struct EventJson {
    seq: u32,
    now_ms: u64,
    pack: Option<u8>,
    kind: &'static str,
    kind_text: String,
    reason: Option<&'static str>,
    text: String,
}

/// The rows kept, one a second, newest last.
#[derive(Debug, Serialize)]
pub struct HistoryJson {
    t_s: Vec<u64>,
    bus_mv: Vec<Option<i32>>,
    packs: Vec<PackHistoryJson>,
}

#[derive(Debug, Serialize)]
struct PackHistoryJson {
    voltage_mv: Vec<Option<i32>>,
    current_ma: Vec<Option<i32>>,
}

/// The state; `None` before the first tick.
#[must_use]
pub fn state_json(hub: &Hub) -> Option<StateJson> {
    let view = hub.view()?;
    let description = hub.description();
    let decision = &view.snapshot.decision;
    let packs = view.snapshot.packs;
    let language = hub.language();
    Some(StateJson {
        api: 1,
        version: env!("CARGO_PKG_VERSION"),
        mode: hub.mode(),
        language: language.code(),
        title: title(language, &description.title, packs),
        now_ms: view.snapshot.now_ms,
        system: decision.system.code(),
        system_text: system_text(language, decision.system, decision.system_reason),
        service: view.service,
        bus: BusJson {
            voltage_mv: decision.bus_voltage.map(Into::into),
            current_ma: decision.bus_current.map(Into::into),
        },
        load_permit: decision.load_permit,
        charge_permit: decision.charge_permit,
        dcl_ma: decision.dcl.get(),
        ccl_ma: decision.ccl.get(),
        cvl_mv: decision.cvl.get(),
        limits: LimitsJson {
            i_circ_max_ma: description.params.i_circ_max.get(),
            dv_max_mv: description.params.dv_max.get(),
        },
        packs: (0..packs)
            .map(|index| pack_json(hub, &view, index))
            .collect(),
        events: view
            .events
            .iter()
            .map(|noted| event_json(hub, noted))
            .collect(),
        sim: view.sim.as_ref().map(sim_json),
    })
}

fn sim_json(sim: &SimView) -> SimJson {
    SimJson {
        time_ms: sim.time_ms,
        speed: sim.speed,
        paused: sim.paused,
        load_ma: sim.load_ma,
        load_served_ma: sim.load_served_ma,
        load_max_ma: sim.load_max_ma,
        charger_ma: sim.charger_ma,
        charger_served_ma: sim.charger_served_ma,
        charger_max_ma: sim.charger_max_ma,
    }
}

/// The fault that a clear command has to name.
fn fault_to_clear(pack: &PackDecision) -> Option<Fault> {
    match (pack.state, pack.reason) {
        (
            PackState::Latched
            | PackState::Cooldown { .. }
            | PackState::Fault
            | PackState::StuckClosed,
            Reason::Fault(fault),
        ) => Some(fault),
        _ => None,
    }
}

fn pack_json(hub: &Hub, view: &View, index: usize) -> PackJson {
    let description = hub.description();
    let params = &description.params;
    let input = &view.snapshot.inputs.packs[index];
    let decision = &view.snapshot.decision;
    let pack = &decision.packs[index];
    let language = hub.language();
    let fault = fault_to_clear(pack);
    let (i_dis_max, i_chg_max) = description.current_limits(index);
    PackJson {
        index,
        label: description.label(index),
        state: pack.state.code(),
        state_text: state_text(language, pack.state),
        command: pack.command.code(),
        reason: pack.reason.code(),
        text: pack_text(language, decision, index).unwrap_or_default(),
        measured_text: decision
            .explain(index)
            .and_then(|explanation| measured_text(language, &explanation)),
        voltage_mv: measured(&input.voltage, params).map(Into::into),
        current_ma: measured(&input.current, params).map(Into::into),
        temperature_dc: input
            .temperature
            .and_then(|sample| measured(&sample, params))
            .map(Into::into),
        age_ms: age_ms(&input.voltage),
        predicted_ma: pack.predicted.map(Into::into),
        limit_ma: params.i_circ_max.get(),
        difference_mv: pack.difference.map(Into::into),
        eligible_in_ms: pack.eligible_in_ms,
        score: pack.score,
        closes: pack.closes,
        fault: fault.map(Fault::code),
        fault_text: fault.map(|fault| fault_text(language, fault)),
        i_dis_max_ma: i_dis_max.get(),
        i_chg_max_ma: i_chg_max.get(),
        sim_faults: view
            .sim
            .as_ref()
            .and_then(|sim| sim.faults.get(index).cloned())
            .unwrap_or_default(),
        wiring: description.wiring(language, index),
    }
}

fn event_json(hub: &Hub, noted: &Noted) -> EventJson {
    let event = &noted.event;
    EventJson {
        seq: event.seq,
        now_ms: event.now_ms,
        pack: event.pack,
        kind: event.kind.code(),
        kind_text: kind_text(hub.language(), event.kind),
        reason: event.reason.map(Reason::code),
        text: noted.text(hub),
    }
}

/// The history kept so far.
#[must_use]
pub fn history_json(hub: &Hub) -> HistoryJson {
    let rows = hub.rows();
    let packs = rows.last().map_or(0, |row| row.packs.len());
    let of_pack = |index: usize| PackHistoryJson {
        voltage_mv: rows.iter().map(|row| row.packs[index].voltage_mv).collect(),
        current_ma: rows.iter().map(|row| row.packs[index].current_ma).collect(),
    };
    HistoryJson {
        t_s: rows.iter().map(|row| row.now_ms / 1_000).collect(),
        bus_mv: rows.iter().map(|row| row.bus_mv).collect(),
        packs: (0..packs).map(of_pack).collect(),
    }
}
