//! A4: what the rows of the fault table are made of, and the faults that need a procedure of their own.

use parallelator_core::FaultClass;

use super::{
    demand::{Ask, Demand},
    faults::{Row, Start, Then, Who},
    field::Field,
    sensor::SensorFault,
    trials,
};

/// Samples of D16, D15, and of a voltage jump that is believed (D17).
pub const MISSING: u64 = 5;
pub const LEAK: u64 = 3;
pub const BELIEVED: u64 = 4;
/// Ticks of `t_settle`, `age_hard`, `t_oc_soft`, `t_shed`.
pub const SETTLE: u64 = 5;
pub const AGE_HARD: u64 = 10;
pub const OC_SOFT: u64 = 20;
pub const SHED: u64 = 30;
/// Identical samples of D17, and one second of D17's current sum.
pub const IDENTICAL: u64 = 50;
pub const KIRCHHOFF: u64 = 10;

/// Racks without a measured bus only.
pub const UNMEASURED: &[bool] = &[false];
/// Racks with a measured bus only.
pub const MEASURED: &[bool] = &[true];
/// Rest.
pub const NO_LOAD: Demand = Demand::Steady(Ask {
    load_a: 0.0,
    charger_a: 0.0,
});

/// Four packs at 30 % load.
pub const FOUR: Start = Start::FOUR;
/// Pack 3 rests 0.19 V above the others: it joins last, with a circulating current that can be judged.
pub const ONE_ABOVE: Start = Start {
    volts: &[26.0, 26.0, 26.0, 26.19],
    demand: NO_LOAD,
    broken_at_start: true,
    ..FOUR
};
/// All alike, nobody obeys.
pub const DEAF: Start = Start {
    volts: &[26.0; 4],
    controllable: false,
    ..FOUR
};
/// Load on and off each second; pack 3 waits for the operator.
pub const STEPS: Start = Start {
    demand: Demand::Turns(0.0, 21.0, 1_000),
    disabled: &[3],
    ..FOUR
};
/// Eight, since what one draws the others give.
pub const EIGHT: Start = Start {
    volts: &[26.0; 8],
    demand: NO_LOAD,
    ..FOUR
};

/// Breaks the sensor of a pack.
pub fn sensor(field: &mut Field, pack: usize, fault: SensorFault) {
    field.sensors[pack].set_fault(Some(fault));
}

/// A row about pack 2 of four packs under load; the rest is filled in.
pub fn row(fault: &'static str, case: &'static str, class: FaultClass) -> Row {
    Row {
        fault,
        case,
        start: FOUR,
        inject: |_| {},
        mended_after: None,
        evidence: 0,
        earliest: 0,
        class,
        who: Who::Packs(&[2]),
        reasons: &[],
        then: Then::Cooldown,
    }
}

type Trial = fn() -> Result<String, String>;

/// Faults that need a procedure of their own.
pub const OWN: &[(&str, &str, &str, Trial)] = &[
    (
        "switch stuck open",
        "the first pack on a bus nobody measures",
        "S2",
        trials::first_pack_stuck_open,
    ),
    (
        "switch stuck open",
        "the first pack on a measured bus",
        "S2",
        trials::first_pack_stuck_open_measured,
    ),
    (
        "charger over-voltage",
        "32 V on full packs",
        "H1",
        trials::charger_over_voltage,
    ),
    (
        "clock jump",
        "an hour forward",
        "S2",
        trials::clock_jump_forward,
    ),
    ("clock jump", "a minute back", "S2", trials::clock_jump_back),
    (
        "missed ticks",
        "in the middle of the joins",
        "S2",
        trials::missed_ticks_while_joining,
    ),
    (
        "reboot",
        "at every step",
        "H1",
        trials::reboot_at_every_step,
    ),
    (
        "config corruption",
        "any bit of the record",
        "H1",
        trials::corrupted_record,
    ),
    (
        "config corruption",
        "parameters that are not valid",
        "H1",
        trials::invalid_parameters,
    ),
    (
        "power loss while writing",
        "at every byte",
        "H1",
        trials::torn_record,
    ),
];
