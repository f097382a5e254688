//! A4: faults of packs, of loads and chargers, and of time.

use battery_sim::plant::{Load, PlantFault};
use parallelator_core::{Fault, FaultClass, PackSet};

use super::{
    demand::Demand,
    fault_rows::{DEAF, EIGHT, FOUR, OC_SOFT, SHED, STEPS, UNMEASURED, row},
    faults::{Row, Start, Then, Who},
};
/// Packs, loads and chargers, and time.
pub fn loading() -> Vec<Row> {
    vec![
        Row {
            start: EIGHT,
            inject: |field| field.plant.inject(2, PlantFault::CellShort),
            // Above the breaking current of the switch: first the permits (D14).
            evidence: SHED,
            earliest: SHED + 1,
            reasons: &[Fault::OverCurrentHard],
            then: Then::Latched,
            ..row("cell short", "of a connected pack", FaultClass::H1)
        },
        Row {
            inject: |field| field.plant.inject(2, PlantFault::HotPack(70.0)),
            reasons: &[Fault::OverTemperature],
            ..row("hot pack", "70 degrees under load", FaultClass::H2)
        },
        Row {
            start: STEPS,
            inject: |field| field.plant.inject(2, PlantFault::ResistanceJump(0.060)),
            // Five steps of the load, and the way to the first.
            evidence: 60,
            reasons: &[Fault::ResistanceRange],
            then: Then::Alarm,
            ..row("R jump", "60 mΩ more, steps of the load", FaultClass::S2)
        },
        Row {
            start: STEPS,
            inject: |field| field.plant.inject(2, PlantFault::ResistanceJump(0.200)),
            // Five steps of the load, and the way to the first.
            evidence: 60,
            reasons: &[Fault::ResistanceRange],
            then: Then::Alarm,
            ..row("R jump", "200 mΩ more, steps of the load", FaultClass::S2)
        },
        Row {
            start: Start {
                demand: Demand::Turns(0.0, 36.0, 3_000),
                ..FOUR
            },
            who: Who::Nobody,
            then: Then::Undisturbed,
            ..row("load step", "within DCL, every 3 s", FaultClass::W)
        },
        Row {
            start: DEAF,
            inject: |field| field.force_load(Load::ConstantCurrent(48.0)),
            evidence: OC_SOFT,
            who: Who::All,
            reasons: &[Fault::CollectiveOverload],
            ..row("load step", "12 A a pack, nobody obeys", FaultClass::H2)
        },
        Row {
            start: Start {
                volts: &[26.0; 4],
                ..FOUR
            },
            inject: |field| field.force_load(Load::ConstantCurrent(48.0)),
            evidence: OC_SOFT + SHED,
            who: Who::All,
            reasons: &[Fault::CollectiveOverload],
            ..row(
                "load step",
                "12 A a pack, the load does not obey",
                FaultClass::H2,
            )
        },
        Row {
            inject: |field| {
                field.plant.set_bus_short(Some(0.05));
                field.inputs.io.alerts = (0..4).collect::<PackSet>();
            },
            who: Who::All,
            reasons: &[Fault::HardwareAlert],
            then: Then::Latched,
            ..row("load short", "50 mΩ, the comparators fire", FaultClass::H0)
        },
        Row {
            start: Start {
                volts: &[26.0; 4],
                ..FOUR
            },
            inject: |field| field.plant.set_bus_short(Some(0.40)),
            who: Who::All,
            reasons: &[Fault::OverCurrentHard],
            then: Then::Latched,
            ..row("load short", "0.4 Ω, no comparator", FaultClass::H1)
        },
        Row {
            start: Start {
                volts: &[26.0; 4],
                ..FOUR
            },
            inject: |field| field.plant.set_bus_short(Some(0.15)),
            // Above the breaking current of the switches: first the permits (D14).
            evidence: SHED,
            earliest: SHED + 1,
            who: Who::All,
            reasons: &[Fault::OverCurrentHard],
            then: Then::Latched,
            ..row(
                "load short",
                "0.15 Ω, above the breaking current",
                FaultClass::H1,
            )
        },
        Row {
            start: DEAF,
            inject: |field| field.force_load(Load::ConstantCurrent(-48.0)),
            evidence: OC_SOFT,
            who: Who::All,
            reasons: &[Fault::CollectiveOverload],
            ..row("regeneration", "12 A into each pack", FaultClass::H2)
        },
        Row {
            start: DEAF,
            inject: |field| field.force_load(Load::ConstantCurrent(-62.0)),
            who: Who::All,
            reasons: &[Fault::OverCurrentHard],
            then: Then::Latched,
            ..row("regeneration", "15.5 A into each pack", FaultClass::H1)
        },
        Row {
            start: Start {
                bus: UNMEASURED,
                demand: Demand::Turns(0.0, 36.0, 1_000),
                ..FOUR
            },
            inject: |field| field.miss_ms(500),
            who: Who::Nobody,
            then: Then::Undisturbed,
            ..row("missed ticks", "five of them", FaultClass::W)
        },
    ]
}
