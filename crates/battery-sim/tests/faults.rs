//! Each kind of fault, alone; then any plan and any bytes.

use std::time::Duration;

use battery_sim::{
    BusError, Chip, Effect, Fault, FaultPlan, Ina226, Ina237, Model237, Shared, SimBus, Target,
    Tca9555, Variant, When, shared,
};
use embedded_hal::i2c::{I2c, Operation};
use proptest::prelude::*;

const EXPANDER: u8 = 0x20;
const SENSOR: u8 = 0x40;
const BIT: Duration = Duration::from_micros(10);

struct Rig {
    bus: SimBus,
    expander: Shared<Tca9555>,
    sensor: Shared<Ina226>,
}

/// 100 kHz, 11.98 V measured, outputs 0000 on pins that are all outputs.
fn rig(plan: FaultPlan) -> Rig {
    let mut bus = SimBus::new(100_000);
    let expander = shared(Tca9555::new(Variant::Tca9535));
    let sensor = shared(Ina226::new());
    bus.place(EXPANDER, expander.clone());
    bus.place(SENSOR, sensor.clone());
    sensor.borrow_mut().set_bus_voltage(11.98);
    bus.write(EXPANDER, &[2, 0, 0]).unwrap();
    bus.write(EXPANDER, &[6, 0, 0]).unwrap();
    bus.tick(Duration::from_millis(5));
    bus.set_faults(plan);
    Rig {
        bus,
        expander,
        sensor,
    }
}

impl Rig {
    fn switch(&mut self, outputs: u16) -> Result<(), BusError> {
        let [port_0, port_1] = outputs.to_le_bytes();
        self.bus.write(EXPANDER, &[2, port_0, port_1])
    }

    fn outputs(&self) -> u16 {
        self.expander.borrow().outputs()
    }

    fn voltage(&mut self) -> Result<u16, BusError> {
        let mut raw = [0; 2];
        self.bus.write_read(SENSOR, &[2], &mut raw)?;
        Ok(u16::from_be_bytes(raw))
    }
}

#[test]
fn refused_transfers_do_nothing_and_name_their_reason() {
    for (effect, error) in [
        (Effect::AddressNack, BusError::AddressNack),
        (Effect::BusError, BusError::Bus),
        (Effect::ArbitrationLoss, BusError::ArbitrationLoss),
        (Effect::Hung, BusError::Hung),
    ] {
        let mut rig = rig(FaultPlan::once(Target::Any, 1, effect));
        rig.switch(0x0001).unwrap();
        assert_eq!(rig.switch(0x0003), Err(error));
        assert_eq!(rig.outputs(), 0x0001);
        rig.switch(0x0007).unwrap();
        assert_eq!(rig.outputs(), 0x0007);
    }
}

#[test]
fn a_refused_data_byte_leaves_the_bytes_before_it() {
    for (byte, left) in [(0, 0x0000), (1, 0x0000), (2, 0x00FF)] {
        let mut rig = rig(FaultPlan::always(Target::Any, Effect::DataNack(byte)));
        let before = rig.bus.wire_time();
        assert_eq!(rig.switch(0xFFFF), Err(BusError::DataNack(byte)));
        assert_eq!(rig.outputs(), left);
        let bits = 1 + 9 + 9 * (u32::try_from(byte).unwrap() + 1) + 1;
        assert_eq!(rig.bus.wire_time() - before, BIT * bits);
    }
    // A transfer without such a byte is left alone.
    let mut rig = rig(FaultPlan::always(Target::Any, Effect::DataNack(3)));
    rig.switch(0xFFFF).unwrap();
    assert_eq!(rig.outputs(), 0xFFFF);
}

#[test]
fn a_lost_write_is_acknowledged_and_changes_nothing() {
    let mut rig = rig(FaultPlan::once(Target::Any, 0, Effect::WriteLost));
    // A read writes its register byte only; it is neither lost nor counted.
    assert_eq!(rig.voltage(), Ok(0x2570));
    assert_eq!(rig.switch(0x0F0F), Ok(()));
    assert_eq!(rig.outputs(), 0x0000);
    assert_eq!(rig.switch(0x0F0F), Ok(()));
    assert_eq!(rig.outputs(), 0x0F0F);
}

#[test]
fn a_lost_write_still_needs_a_chip() {
    let mut rig = rig(FaultPlan::always(Target::Any, Effect::WriteLost));
    rig.expander.borrow_mut().set_powered(false);
    assert_eq!(rig.switch(1), Err(BusError::AddressNack));
}

#[test]
fn a_cut_write_is_acknowledged_and_takes_effect_in_part() {
    let mut rig = rig(FaultPlan::always(Target::Any, Effect::WriteCut(2)));
    assert_eq!(rig.switch(0xFFFF), Ok(()));
    assert_eq!(rig.outputs(), 0x00FF);
}

#[test]
fn a_late_error_comes_after_the_effect() {
    let mut rig = rig(FaultPlan::once(Target::Any, 0, Effect::LateBusError));
    assert_eq!(rig.switch(0x0F0F), Err(BusError::Bus));
    assert_eq!(rig.outputs(), 0x0F0F);
}

#[test]
fn wrong_answers_are_wrong_in_the_way_they_were_told() {
    for (effect, answer) in [
        (Effect::ReadOnes, 0xFFFF),
        (Effect::ReadReplaced(vec![0x12, 0x34]), 0x1234),
        (Effect::ReadReplaced(vec![0x12]), 0x1270),
        (Effect::ReadReplaced(vec![0x12, 0x34, 0x56]), 0x1234),
        (Effect::ReadBitFlipped(0), 0x2570 ^ 0x8000),
        (Effect::ReadBitFlipped(15), 0x2570 ^ 0x0001),
        (Effect::ReadBitFlipped(16), 0x2570 ^ 0x8000),
    ] {
        let mut rig = rig(FaultPlan::once(Target::Any, 1, effect.clone()));
        assert_eq!(rig.voltage(), Ok(0x2570));
        assert_eq!(rig.voltage(), Ok(answer), "{effect:?}");
        assert_eq!(rig.voltage(), Ok(0x2570));
    }
}

#[test]
fn a_wrong_answer_in_pieces_is_the_same_as_in_one() {
    for effect in [
        Effect::ReadReplaced(vec![1, 2, 3]),
        Effect::ReadBitFlipped(17),
        Effect::ReadOnes,
    ] {
        let plan = FaultPlan::always(Target::Any, effect);
        let mut whole = [0; 4];
        rig(plan.clone()).bus.read(SENSOR, &mut whole).unwrap();
        let (mut first, mut second) = ([0; 1], [0; 3]);
        rig(plan)
            .bus
            .transaction(
                SENSOR,
                &mut [Operation::Read(&mut first), Operation::Read(&mut second)],
            )
            .unwrap();
        assert_eq!(whole, [first[0], second[0], second[1], second[2]]);
    }
}

#[test]
fn in_a_longer_transfer_the_first_write_is_cut_and_answers_are_replaced_in_order() {
    let mut rig = rig(FaultPlan::always(Target::Any, Effect::WriteCut(2)));
    let mut none = [0; 1];
    rig.bus
        .transaction(
            EXPANDER,
            &mut [
                Operation::Write(&[2]),
                Operation::Write(&[0x11, 0x22]),
                Operation::Read(&mut none),
                Operation::Write(&[4, 0x33]),
                Operation::Write(&[0x44]),
            ],
        )
        .unwrap();
    assert_eq!(rig.outputs(), 0x0011);
    assert_eq!(rig.expander.borrow().polarity(), 0x4433);

    let bytes = vec![1, 2, 3, 4, 5];
    rig.bus
        .set_faults(FaultPlan::always(Target::Any, Effect::ReadReplaced(bytes)));
    let (mut a, mut b, mut c, mut d) = ([0; 1], [0; 1], [0; 1], [0; 1]);
    rig.bus
        .transaction(
            EXPANDER,
            &mut [
                Operation::Read(&mut a),
                Operation::Write(&[4]),
                Operation::Read(&mut b),
                Operation::Read(&mut c),
                Operation::Write(&[4]),
                Operation::Read(&mut d),
            ],
        )
        .unwrap();
    assert_eq!((a, b, c, d), ([1], [2], [3], [4]));
}

#[test]
fn only_one_bit_of_a_longer_transfer_is_flipped() {
    let mut rig = rig(FaultPlan::always(Target::Any, Effect::ReadBitFlipped(7)));
    let (mut a, mut b) = ([0; 2], [0; 2]);
    rig.bus
        .transaction(
            SENSOR,
            &mut [
                Operation::Write(&[2]),
                Operation::Read(&mut a),
                Operation::Write(&[2]),
                Operation::Read(&mut b),
            ],
        )
        .unwrap();
    assert_eq!((a, b), ([0x24, 0x70], [0x25, 0x70]));
}

#[test]
fn a_spoilt_read_clears_the_flags_of_the_chip_all_the_same() {
    let mut rig = rig(FaultPlan::once(Target::Any, 0, Effect::ReadOnes));
    assert_eq!(rig.sensor.borrow().register(6), Some(8));
    rig.bus.write_read(SENSOR, &[6], &mut [0; 2]).unwrap();
    assert_eq!(rig.sensor.borrow().register(6), Some(0));
}

#[test]
fn a_hung_bus_costs_the_patience_of_the_controller() {
    let patience = Duration::from_millis(25);
    let mut rig = rig(FaultPlan::hung_between(1, 3).with_hang_time(patience));
    rig.voltage().unwrap();
    let before = rig.bus.wire_time();
    assert_eq!(rig.voltage(), Err(BusError::Hung));
    assert_eq!(rig.switch(0xFFFF), Err(BusError::Hung));
    assert_eq!(rig.bus.wire_time() - before, patience * 2);
    assert_eq!(rig.outputs(), 0);
    assert_eq!(rig.voltage(), Ok(0x2570));
    rig.bus.set_faults(FaultPlan::hung());
    for _ in 0..100 {
        assert_eq!(rig.voltage(), Err(BusError::Hung));
    }
    rig.bus.set_faults(FaultPlan::new());
    assert_eq!(rig.voltage(), Ok(0x2570));
}

#[test]
fn targets_choose_and_count_their_own_transfers() {
    let mut rig = rig(FaultPlan::once(
        Target::Address(SENSOR),
        1,
        Effect::AddressNack,
    ));
    rig.switch(1).unwrap();
    rig.switch(2).unwrap();
    rig.voltage().unwrap();
    rig.switch(3).unwrap();
    assert_eq!(rig.voltage(), Err(BusError::AddressNack));
    rig.voltage().unwrap();

    let output_register = Target::Register {
        address: EXPANDER,
        register: 2,
    };
    rig.bus
        .set_faults(FaultPlan::always(output_register, Effect::WriteLost));
    rig.bus.write(EXPANDER, &[3, 0x77]).unwrap();
    assert_eq!(rig.outputs(), 0x7703);
    rig.switch(0).unwrap();
    assert_eq!(rig.outputs(), 0x7703);
    // A bare read names no register.
    let named = Target::Register {
        address: SENSOR,
        register: 2,
    };
    rig.bus
        .set_faults(FaultPlan::always(named, Effect::ReadOnes));
    let mut raw = [0; 2];
    rig.bus.read(SENSOR, &mut raw).unwrap();
    assert_eq!(raw, [0x25, 0x70]);
    assert_eq!(rig.voltage(), Ok(0xFFFF));
}

#[test]
fn when_says_which_of_them() {
    let failing = |when: When| -> Vec<u64> {
        let mut rig = rig(FaultPlan::new().with(Fault {
            target: Target::Any,
            when,
            effect: Effect::AddressNack,
        }));
        (0..10).filter(|_| rig.voltage().is_err()).collect()
    };
    assert_eq!(failing(When::Always), (0..10).collect::<Vec<_>>());
    assert_eq!(failing(When::Once(4)), [4]);
    assert_eq!(failing(When::From(7)), [7, 8, 9]);
    assert_eq!(failing(When::Between { from: 2, to: 5 }), [2, 3, 4]);
    assert_eq!(
        failing(When::Every {
            first: 1,
            period: 4
        }),
        [1, 5, 9]
    );
    assert_eq!(
        failing(When::Every {
            first: 0,
            period: 0
        }),
        []
    );
}

#[test]
fn the_first_rule_that_applies_decides() {
    let rule = |when, effect| Fault {
        target: Target::Any,
        when,
        effect,
    };
    let mut rig = rig(FaultPlan::new()
        .with(rule(When::Once(1), Effect::AddressNack))
        .with(rule(When::From(0), Effect::Hung)));
    assert_eq!(rig.voltage(), Err(BusError::Hung));
    assert_eq!(rig.voltage(), Err(BusError::AddressNack));
    assert_eq!(rig.voltage(), Err(BusError::Hung));
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::AddressNack),
        (0_usize..6).prop_map(Effect::DataNack),
        Just(Effect::BusError),
        Just(Effect::ArbitrationLoss),
        Just(Effect::LateBusError),
        Just(Effect::WriteLost),
        (0_usize..6).prop_map(Effect::WriteCut),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Effect::ReadReplaced),
        any::<usize>().prop_map(Effect::ReadBitFlipped),
        Just(Effect::ReadOnes),
        Just(Effect::Hung),
    ]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        Just(When::Always),
        (0_u64..20).prop_map(When::Once),
        (0_u64..20).prop_map(When::From),
        (0_u64..20, 0_u64..20).prop_map(|(from, to)| When::Between { from, to }),
        (0_u64..20, 0_u64..5).prop_map(|(first, period)| When::Every { first, period }),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    let addresses = prop::sample::select(vec![EXPANDER, SENSOR, 0x41]);
    prop_oneof![
        Just(Target::Any),
        addresses.clone().prop_map(Target::Address),
        (addresses, 0_u8..8).prop_map(|(address, register)| Target::Register { address, register }),
    ]
}

fn plan() -> impl Strategy<Value = FaultPlan> {
    prop::collection::vec((target(), when(), effect()), 0..4).prop_map(|rules| {
        rules
            .into_iter()
            .fold(FaultPlan::new(), |plan, (target, when, effect)| {
                plan.with(Fault {
                    target,
                    when,
                    effect,
                })
            })
    })
}

fn full_bus() -> SimBus {
    let bus = SimBus::new(400_000);
    bus.place(EXPANDER, shared(Tca9555::new(Variant::Tca9535)));
    bus.place(0x21, shared(Tca9555::new(Variant::Pca9555)));
    bus.place(SENSOR, shared(Ina226::new()));
    bus.place(0x41, shared(Ina237::new(Model237::Ina237)));
    bus
}

const ADDRESSES: [u8; 4] = [EXPANDER, 0x21, SENSOR, 0x41];

proptest! {
    #[test]
    fn any_bytes_are_answered(
        transfers in prop::collection::vec(
            (0_usize..4, prop::collection::vec(any::<u8>(), 0..8), 0_usize..8, 0_u64..100_000),
            1..40,
        ),
    ) {
        let mut bus = full_bus();
        for (chip, written, length, idle_us) in transfers {
            let address = ADDRESSES[chip];
            bus.tick(Duration::from_micros(idle_us));
            prop_assert_eq!(bus.write(address, &written), Ok(()));
            let mut answer = vec![0; length];
            prop_assert_eq!(bus.read(address, &mut answer), Ok(()));
            prop_assert_eq!(bus.write_read(address, &written, &mut answer), Ok(()));
        }
    }

    #[test]
    fn any_inputs_are_measured(
        volts in -1e6_f64..1e6,
        shunt in -1e3_f64..1e3,
        celsius in -1e5_f64..1e5,
        settings in any::<u16>(),
        calibration in any::<u16>(),
    ) {
        let [high, low] = settings.to_be_bytes();
        let [cal_high, cal_low] = calibration.to_be_bytes();
        let mut old = Ina226::new();
        let mut new = Ina237::new(Model237::Ina238);
        old.set_bus_voltage(volts);
        old.set_shunt_voltage(shunt);
        new.set_bus_voltage(volts);
        new.set_shunt_voltage(shunt);
        new.set_die_temperature(celsius);
        old.write(&[5, cal_high, cal_low]).unwrap();
        new.write(&[2, cal_high, cal_low]).unwrap();
        old.write(&[0, high & 0x7F, low | 7]).unwrap();
        new.write(&[1, high | 0xF0, low]).unwrap();
        old.tick(Duration::from_secs(20));
        new.tick(Duration::from_secs(20));
        prop_assert!(old.conversions() > 0);
        prop_assert!(new.conversions() > 0);
        prop_assert!(old.register(2).unwrap() <= 0x7FFF);
        prop_assert!(new.register(5).unwrap() <= 0x7FFF);
        prop_assert!(new.register(8).unwrap() <= 0x00FF_FFFF);
    }

    #[test]
    fn how_time_is_cut_does_not_matter(
        pieces in prop::collection::vec(1_u64..50_000, 1..60),
        setting in 0_u16..0x0800,
    ) {
        let [high, low] = (0x4007 | setting).to_be_bytes();
        let mut whole = Ina226::new();
        let mut cut = Ina226::new();
        for chip in [&mut whole, &mut cut] {
            chip.set_bus_voltage(12.0);
            chip.set_shunt_voltage(-0.01);
            chip.write(&[0, high, low]).unwrap();
        }
        whole.tick(Duration::from_micros(pieces.iter().sum()));
        for piece in pieces {
            cut.tick(Duration::from_micros(piece));
        }
        prop_assert_eq!(whole.conversions(), cut.conversions());
        for register in 0..8 {
            prop_assert_eq!(whole.register(register), cut.register(register));
        }
    }

    #[test]
    fn any_plan_meets_any_transaction(
        plan in plan(),
        transfers in prop::collection::vec(
            (
                0_usize..4,
                prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..4)), 0..7),
            ),
            1..20,
        ),
    ) {
        let mut bus = full_bus();
        bus.set_faults(plan.clone());
        for (chip, mut pieces) in transfers {
            let mut operations: Vec<Operation<'_>> = pieces
                .iter_mut()
                .map(|(read, bytes)| if *read {
                    Operation::Read(bytes)
                } else {
                    Operation::Write(bytes)
                })
                .collect();
            let result = bus.transaction(ADDRESSES[chip], &mut operations);
            prop_assert!(!plan.faults().is_empty() || result.is_ok());
        }
    }

    #[test]
    fn any_plan_is_carried_out_and_ends_with_itself(
        plan in plan(),
        transfers in prop::collection::vec(
            (0_usize..4, prop::collection::vec(any::<u8>(), 0..6), 0_usize..6),
            1..30,
        ),
    ) {
        let mut bus = full_bus();
        bus.set_faults(plan.clone());
        bus.start_log();
        let may_fail = !plan.faults().is_empty();
        for (chip, written, length) in &transfers {
            let mut answer = vec![0; *length];
            let before = bus.wire_time();
            let result = bus.write_read(ADDRESSES[*chip], written, &mut answer);
            prop_assert!(may_fail || result.is_ok());
            prop_assert!(bus.wire_time() > before);
        }
        prop_assert_eq!(bus.transfers(), transfers.len() as u64);
        prop_assert_eq!(bus.take_log().len(), transfers.len());
        bus.set_faults(FaultPlan::new());
        for address in ADDRESSES {
            prop_assert_eq!(bus.write(address, &[0]), Ok(()));
        }
    }
}
