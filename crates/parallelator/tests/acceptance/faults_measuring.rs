//! A4: faults of sensors, of their wires and of the bus they are on.

use battery_sim::plant::PlantFault;
use parallelator_core::{Fault, FaultClass};

use super::{
    demand::Demand,
    fault_rows::{
        AGE_HARD, BELIEVED, FOUR, IDENTICAL, KIRCHHOFF, LEAK, MEASURED, NO_LOAD, ONE_ABOVE, SETTLE,
        row, sensor,
    },
    faults::{Row, Start, Then, Who},
    outputs::OutputFault,
    sensor::SensorFault,
};
/// Sensors and their wires, and the bus they are on.
pub fn measuring() -> Vec<Row> {
    vec![
        Row {
            start: Start {
                demand: Demand::Turns(0.0, 12.0, 2_000),
                ..FOUR
            },
            inject: |field| sensor(field, 2, SensorFault::Stuck),
            evidence: IDENTICAL,
            reasons: &[Fault::Frozen],
            ..row("sensor stuck", "while the others move", FaultClass::S1)
        },
        Row {
            start: Start {
                volts: &[26.0; 4],
                ..ONE_ABOVE
            },
            inject: |field| sensor(field, 3, SensorFault::VoltageOffset(0.19)),
            evidence: SETTLE,
            who: Who::Packs(&[3]),
            // A pack that reads apart and carries nothing has a wrong voltage or an open switch: nobody can tell.
            reasons: &[Fault::JoinMismatch, Fault::StuckOpen],
            ..row("offset", "190 mV before the join", FaultClass::H2)
        },
        Row {
            start: Start {
                bus: MEASURED,
                disabled: &[3],
                ..FOUR
            },
            inject: |field| sensor(field, 2, SensorFault::CurrentOffset(3.0)),
            evidence: KIRCHHOFF,
            who: Who::Rack,
            reasons: &[Fault::Kirchhoff],
            then: Then::Alarm,
            ..row("offset", "3 A on a connected pack", FaultClass::S2)
        },
        Row {
            start: Start {
                disabled: &[3],
                ..FOUR
            },
            inject: |field| sensor(field, 3, SensorFault::CurrentOffset(1.0)),
            evidence: LEAK,
            who: Who::Packs(&[3]),
            reasons: &[Fault::StuckClosed],
            then: Then::StuckClosed,
            ..row("offset", "1 A on an open pack", FaultClass::S2)
        },
        Row {
            inject: |field| {
                sensor(
                    field,
                    2,
                    SensorFault::Spikes {
                        every: 10,
                        factor: 0.6,
                    },
                );
            },
            who: Who::Nobody,
            then: Then::Undisturbed,
            ..row("noise", "single samples 40 % low", FaultClass::W)
        },
        Row {
            inject: |field| {
                sensor(
                    field,
                    2,
                    SensorFault::Spikes {
                        every: 1,
                        factor: 1.18,
                    },
                );
            },
            reasons: &[Fault::OverVoltageAbs],
            then: Then::Latched,
            ..row("scale", "voltage 18 % high", FaultClass::H1)
        },
        Row {
            start: ONE_ABOVE,
            inject: |field| sensor(field, 3, SensorFault::CurrentScale(5.0)),
            evidence: SETTLE,
            who: Who::Packs(&[3]),
            reasons: &[Fault::JoinMismatch],
            ..row("scale", "current five times as large", FaultClass::H2)
        },
        Row {
            inject: |field| sensor(field, 2, SensorFault::AllOnes),
            evidence: AGE_HARD,
            reasons: &[Fault::StaleData],
            ..row("NaN-like code", "voltage all ones", FaultClass::H2)
        },
        Row {
            start: Start {
                volts: &[26.0, 25.0, 26.0, 26.0],
                demand: NO_LOAD,
                broken_at_start: true,
                ..FOUR
            },
            inject: |field| field.exchanged = Some((1, 3)),
            evidence: SETTLE,
            who: Who::Packs(&[1, 3]),
            reasons: &[Fault::Swapped],
            then: Then::Latched,
            ..row("swapped channels", "of packs 1 V apart", FaultClass::S2)
        },
        Row {
            inject: |field| field.plant.inject(2, PlantFault::BrokenSenseWire),
            evidence: BELIEVED,
            reasons: &[Fault::UnderVoltageAbs],
            ..row("broken sense wire", "reads nothing", FaultClass::H2)
        },
        Row {
            inject: |field| sensor(field, 2, SensorFault::Silent),
            evidence: AGE_HARD,
            reasons: &[Fault::StaleData],
            ..row("bus hang", "one sensor does not answer", FaultClass::H2)
        },
        Row {
            inject: |field| (0..4).for_each(|pack| sensor(field, pack, SensorFault::Silent)),
            evidence: AGE_HARD,
            who: Who::All,
            reasons: &[Fault::StaleData],
            ..row("bus hang", "no sensor answers", FaultClass::H2)
        },
        Row {
            inject: |field| {
                (0..4).for_each(|pack| sensor(field, pack, SensorFault::Silent));
                field.outputs.set_fault(Some(OutputFault::Refused));
            },
            mended_after: None,
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::WriteFailed],
            then: Then::SafeOff,
            ..row(
                "bus hang",
                "neither sensors nor switches answer",
                FaultClass::H1,
            )
        },
    ]
}
