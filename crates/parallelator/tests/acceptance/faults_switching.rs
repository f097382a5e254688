//! A4: faults on the way to the switches, of switches and of fuses.

use battery_sim::plant::{FusePlace, PlantFault};
use parallelator_core::{Command, Fault, FaultClass};

use super::{
    fault_rows::{FOUR, LEAK, MISSING, ONE_ABOVE, SETTLE, row},
    faults::{Row, Start, Then, Who},
    outputs::OutputFault,
};
/// The way to the switches, switches and fuses.
pub fn switching() -> Vec<Row> {
    vec![
        Row {
            inject: |field| {
                field.outputs.set_fault(Some(OutputFault::Refused));
            },
            mended_after: Some(1),
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::WriteFailed],
            then: Then::SafeOff,
            ..row("lost write", "not acknowledged once", FaultClass::H1)
        },
        Row {
            inject: |field| {
                field.outputs.set_fault(Some(OutputFault::Lost));
                field.command(Command::Disable { pack: 1 });
            },
            mended_after: Some(1),
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::ReadBack],
            then: Then::SafeOff,
            ..row("lost write", "acknowledged, without effect", FaultClass::H1)
        },
        Row {
            inject: |field| {
                field.outputs.set_fault(Some(OutputFault::Partial));
                field.command(Command::Disable { pack: 3 });
            },
            mended_after: Some(1),
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::ReadBack],
            then: Then::SafeOff,
            ..row("partial write", "the upper half is missing", FaultClass::H1)
        },
        Row {
            inject: |field| field.outputs.set_fault(Some(OutputFault::WrongReadBack)),
            mended_after: Some(3),
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::ReadBack],
            then: Then::SafeOff,
            ..row("wrong read-back", "of right outputs", FaultClass::H1)
        },
        Row {
            inject: |field| field.outputs.set_fault(Some(OutputFault::BrownOut)),
            mended_after: Some(3),
            evidence: 1,
            who: Who::Rack,
            reasons: &[Fault::BrownOut],
            then: Then::SafeOff,
            ..row("power loss", "of an expander", FaultClass::H1)
        },
        Row {
            inject: |field| field.plant.inject(2, PlantFault::StuckOpen),
            evidence: MISSING,
            reasons: &[Fault::StuckOpen],
            then: Then::Open,
            ..row("switch stuck open", "under load", FaultClass::S2)
        },
        Row {
            start: ONE_ABOVE,
            inject: |field| field.plant.inject(3, PlantFault::StuckOpen),
            evidence: MISSING,
            who: Who::Packs(&[3]),
            reasons: &[Fault::StuckOpen],
            then: Then::Open,
            ..row("switch stuck open", "from the start", FaultClass::S2)
        },
        Row {
            inject: |field| {
                field.plant.inject(2, PlantFault::StuckClosed);
                field.command(Command::Disable { pack: 2 });
            },
            evidence: SETTLE + LEAK,
            reasons: &[Fault::StuckClosed],
            then: Then::StuckClosed,
            ..row("switch stuck closed", "when it should open", FaultClass::S2)
        },
        Row {
            inject: |field| {
                field.plant.inject(2, PlantFault::SlowSwitch(0.3));
                field.command(Command::Disable { pack: 2 });
            },
            who: Who::Nobody,
            then: Then::Undisturbed,
            ..row("slow switch", "within t_settle", FaultClass::W)
        },
        Row {
            inject: |field| {
                field.plant.inject(2, PlantFault::SlowSwitch(3.0));
                field.command(Command::Disable { pack: 2 });
            },
            evidence: SETTLE + LEAK,
            reasons: &[Fault::StuckClosed],
            then: Then::StuckClosed,
            ..row("slow switch", "opens 3 s late", FaultClass::S2)
        },
        Row {
            start: ONE_ABOVE,
            inject: |field| field.plant.inject(3, PlantFault::SlowSwitch(3.0)),
            evidence: MISSING,
            who: Who::Packs(&[3]),
            reasons: &[Fault::StuckOpen, Fault::JoinMismatch],
            then: Then::Open,
            ..row("slow switch", "closes 3 s late", FaultClass::S2)
        },
        Row {
            start: Start {
                fuse: FusePlace::BehindTap,
                ..FOUR
            },
            inject: |field| field.plant.inject(2, PlantFault::BlownFuse),
            evidence: MISSING,
            reasons: &[Fault::StuckOpen],
            then: Then::Open,
            ..row("blown fuse", "behind the tap", FaultClass::S2)
        },
        Row {
            inject: |field| field.plant.inject(2, PlantFault::BlownFuse),
            who: Who::Nobody,
            then: Then::Undisturbed,
            // The tap follows the bus: nothing stands apart, and nothing can go wrong with the pack either.
            ..row("blown fuse", "before the tap", FaultClass::W)
        },
    ]
}
