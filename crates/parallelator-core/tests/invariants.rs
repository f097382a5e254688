//! Invariants of the decision over random racks, random faults and random time. The judge works from the inputs and
//! the commands alone; it knows nothing of the core's memory.

mod world;

use std::collections::HashMap;

use battery_units::{Milliamps, Milliohms, Millivolts, Permille};
use parallelator_core::*;
use proptest::prelude::*;
use world::{IdealPack, World};

/// What happens before a step.
#[derive(Debug, Clone)]
enum Happening {
    Nothing,
    Load(f64),
    LoadObeys(bool),
    Gap(u64),
    Back(u64),
    Sensor(usize, bool),
    Offset(usize, f64),
    Weld(usize, bool),
    Break(usize, bool),
    Voltage(usize, f64),
    Disable(usize, bool),
    Clear(usize, usize),
    Arm,
    EStop(bool),
    EStopCommand,
    ReadBack(bool),
    Write(bool),
    Topology(bool),
    BrownOut(bool),
    Alert(usize, bool),
    Hint(ModeHint),
    Wild(usize, i32, i32),
}

fn happenings() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let pack = 0..8usize;
    let rarely = prop_oneof![4 => Just(false), 1 => Just(true)];
    prop_oneof![
        60 => Just(H::Nothing),
        4 => (0.0..60.0f64).prop_map(H::Load),
        1 => any::<bool>().prop_map(H::LoadObeys),
        4 => (0..2_000u64).prop_map(H::Gap),
        1 => (0..5_000u64).prop_map(H::Back),
        3 => (pack.clone(), any::<bool>()).prop_map(|(p, on)| H::Sensor(p, on)),
        2 => (pack.clone(), -10.0..4.0f64).prop_map(|(p, v)| H::Offset(p, v)),
        3 => pack.clone().prop_map(|p| H::Offset(p, 0.0)),
        1 => (pack.clone(), rarely.clone()).prop_map(|(p, on)| H::Weld(p, on)),
        1 => (pack.clone(), rarely.clone()).prop_map(|(p, on)| H::Break(p, on)),
        2 => (pack.clone(), 24.0..29.0f64).prop_map(|(p, v)| H::Voltage(p, v)),
        2 => (pack.clone(), any::<bool>()).prop_map(|(p, on)| H::Disable(p, on)),
        3 => (pack.clone(), 0..Fault::ALL.len()).prop_map(|(p, f)| H::Clear(p, f)),
        3 => Just(H::Arm),
        1 => rarely.clone().prop_map(H::EStop),
        1 => Just(H::EStopCommand),
        1 => any::<bool>().prop_map(H::ReadBack),
        1 => any::<bool>().prop_map(H::Write),
        1 => any::<bool>().prop_map(H::Topology),
        1 => rarely.clone().prop_map(H::BrownOut),
        1 => (pack.clone(), rarely).prop_map(|(p, on)| H::Alert(p, on)),
        2 => prop_oneof![
            Just(ModeHint::Auto), Just(ModeHint::Charge), Just(ModeHint::Discharge), Just(ModeHint::Idle)
        ].prop_map(H::Hint),
        1 => (pack, any::<i32>(), any::<i32>()).prop_map(|(p, v, i)| H::Wild(p, v, i)),
    ]
}

fn rack() -> impl Strategy<Value = Vec<IdealPack>> {
    prop::collection::vec((25.5..28.5f64, 0.0..0.6f64, 0.036..=0.084f64), 1..=8).prop_map(|packs| {
        let middle = packs[0].0;
        packs
            .into_iter()
            .map(|(_, near, r)| IdealPack::new(middle + near, r))
            .collect()
    })
}

/// What the judge remembers from step to step.
struct Judge {
    params: Params,
    closed: Vec<bool>,
    last_join_ms: Option<u64>,
    core_ms: u64,
    last_now_ms: u64,
    latched: HashMap<usize, &'static str>,
    cooling: HashMap<usize, u64>,
    closes: Vec<u32>,
    joins: Vec<(u64, usize)>,
    last_good_ms: Vec<Option<u64>>,
    last_good_volts: Vec<Millivolts>,
    real_ms: u64,
    estopped: bool,
    seq: u32,
    last_good_current: Vec<i32>,
    waiting_since: Vec<Option<u64>>,
}

impl Judge {
    fn new(packs: usize, params: Params) -> Self {
        Self {
            params,
            closed: vec![false; packs],
            last_join_ms: None,
            core_ms: 0,
            last_now_ms: 0,
            latched: HashMap::new(),
            cooling: HashMap::new(),
            closes: vec![0; packs],
            joins: Vec::new(),
            last_good_ms: vec![None; packs],
            last_good_volts: vec![Millivolts::ZERO; packs],
            real_ms: 0,
            estopped: false,
            seq: 0,
            last_good_current: vec![0; packs],
            waiting_since: vec![None; packs],
        }
    }

    fn judge(
        &mut self,
        now_ms: u64,
        inputs: &Inputs<{ world::N }>,
        decision: &Decision<{ world::N }>,
    ) {
        let gap = now_ms.saturating_sub(self.last_now_ms);
        self.core_ms += gap.min(300);
        self.real_ms += gap;
        self.last_now_ms = now_ms;
        let now_closed: Vec<bool> = decision.packs[..self.closed.len()]
            .iter()
            .map(|pack| pack.command == SwitchCommand::Closed)
            .collect();
        let joined: Vec<usize> = (0..self.closed.len())
            .filter(|&i| now_closed[i] && !self.closed[i])
            .collect();
        let was_dead = !self.closed.contains(&true);
        let io = &inputs.io;
        for (index, pack) in inputs.packs.iter().take(self.closed.len()).enumerate() {
            let plausible = (0..=45_000).contains(&pack.voltage.value.get());
            if pack.voltage.quality == Quality::Good
                && pack.current.quality == Quality::Good
                && plausible
            {
                self.last_good_ms[index] = Some(self.real_ms);
            }
            if pack.voltage.quality == Quality::Good && plausible {
                self.last_good_volts[index] = pack.voltage.value;
            }
        }
        self.judge_joins(&joined, was_dead, gap, inputs);
        self.judge_commands(inputs);

        // I8: an emergency stop opens everything until it is released and armed.
        if self.estopped {
            assert!(
                !now_closed.contains(&true),
                "I8: closed during an emergency stop"
            );
        }
        // I14: trouble on the way to the switches.
        if !io.readback_ok || !io.write_ok || !io.topology_ok || io.brown_out || io.estop {
            assert!(
                !now_closed.contains(&true),
                "I14: closed without a way to the switches"
            );
            assert_eq!(decision.system, SystemState::SafeOff, "I14");
        }
        // I18: permits need limits and a closed pack.
        let none = !now_closed.contains(&true);
        assert!(
            !(decision.load_permit && (none || decision.dcl <= Milliamps::ZERO)),
            "I18"
        );
        assert!(
            !(decision.charge_permit && (none || decision.ccl <= Milliamps::ZERO)),
            "I18"
        );

        let mut changes: HashMap<usize, u32> = HashMap::new();
        for event in decision.events.iter() {
            assert_eq!(event.seq, self.seq + 1, "events are counted without a gap");
            self.seq = event.seq;
            if matches!(event.kind, EventKind::Closed | EventKind::Opened) {
                assert!(event.reason.is_some(), "I24");
                *changes.entry(event.pack.unwrap().into()).or_default() += 1;
            }
        }
        for (index, &closed) in now_closed.iter().enumerate() {
            let (pack, input) = (&decision.packs[index], &inputs.packs[index]);
            // I24: every change of a command has exactly one event.
            let changed = u32::from(closed != self.closed[index]);
            assert_eq!(
                changes.get(&index).copied().unwrap_or(0),
                changed,
                "I24: pack {index}"
            );
            // I25.
            let open_only = matches!(
                pack.state,
                PackState::Absent
                    | PackState::Disabled
                    | PackState::Fault
                    | PackState::Latched
                    | PackState::Cooldown { .. }
                    | PackState::StuckClosed
            );
            assert!(!(open_only && closed), "I25: {:?}", pack.state);
            // I7.
            let over = input.voltage.quality == Quality::Good
                && (self.params.v_ov_abs.get()..=45_000).contains(&input.voltage.value.get());
            let hard = input.current.quality == Quality::Good
                && input.current.value.get().saturating_abs() >= 14_000;
            // The exception: more than the switch can break waits for the current to fall, t_shed at most (D14).
            let current = match input.current.quality {
                Quality::Missing => self.last_good_current[index],
                _ => input.current.value.get(),
            };
            self.last_good_current[index] = current;
            let waits = (over || hard) && closed && current.saturating_abs() > 20_000;
            // While the clock stands still no reading is newer than the last, so nobody can say that a current fell.
            let still = gap == 0 && self.waiting_since[index].is_some();
            if !waits && !still {
                self.waiting_since[index] = None;
                assert!(!(over && closed), "I7: over-voltage on pack {index}");
                assert!(!(hard && closed), "I7: over-current on pack {index}");
            } else if !still {
                let since = *self.waiting_since[index].get_or_insert(self.real_ms);
                assert!(
                    self.real_ms - since <= 3_000,
                    "D14: pack {index} waited for ever"
                );
                assert!(!decision.load_permit && !decision.charge_permit, "D14");
            }
            assert!(
                !(io.alerts.contains(index) && closed),
                "I7: alert on pack {index}"
            );
            // I15, second half.
            let age = self.last_good_ms[index].map(|at| self.real_ms - at);
            assert!(
                !closed || age.is_some_and(|age| age <= 1_000),
                "I15: pack {index} {age:?}"
            );
            // I9.
            if let Some(&fault) = self.latched.get(&index) {
                let named = cleared(inputs, index).any(|cleared| cleared.code() == fault);
                assert!(
                    pack.state == PackState::Latched || named || stuck(pack) || opening(pack),
                    "I9: pack {index}"
                );
                if named && pack.state != PackState::Latched {
                    self.latched.remove(&index);
                }
            }
            if pack.state == PackState::Latched {
                self.latched.insert(index, pack.reason.code());
                self.cooling.remove(&index);
            }
            // I10.
            if cleared(inputs, index).next().is_some() {
                self.cooling.remove(&index);
            }
            if let PackState::Cooldown { until_ms } = pack.state {
                let earlier = self.cooling.insert(index, until_ms);
                assert!(
                    earlier.is_none_or(|earlier| until_ms >= earlier),
                    "I10: pack {index}"
                );
            }
            if let Some(&until_ms) = self.cooling.get(&index) {
                assert!(
                    !closed || self.core_ms >= until_ms,
                    "I10: pack {index} closed too early"
                );
            }
            // I11.
            assert!(pack.closes >= self.closes[index], "I11");
            assert_eq!(
                pack.closes - self.closes[index],
                u32::from(joined.contains(&index)),
                "closings are counted"
            );
            self.closes[index] = pack.closes;
            // I17: a stuck pack is not reported as open.
            if stuck(pack) {
                assert_ne!(pack.state.code(), "open", "I17");
                assert!(matches!(pack.reason, Reason::Fault(_)), "I17");
            }
        }
        self.closed = now_closed;
    }

    fn judge_joins(
        &mut self,
        joined: &[usize],
        was_dead: bool,
        gap: u64,
        inputs: &Inputs<{ world::N }>,
    ) {
        if joined.is_empty() {
            return;
        }
        // I6.
        assert!(
            joined.len() == 1 || (was_dead && !inputs.bus.load_controllable),
            "I6: {joined:?}"
        );
        if let Some(last) = self.last_join_ms {
            assert!(
                self.core_ms - last >= u64::from(self.params.t_settle_ms),
                "I6: too soon"
            );
        }
        self.last_join_ms = Some(self.core_ms);
        assert!(gap <= 300, "D19: a join in a clock jump");
        for &index in joined {
            // I15, first half.
            let age = self.last_good_ms[index].map(|at| self.real_ms - at);
            assert!(
                age.is_some_and(|age| age <= 300),
                "I15: pack {index} joined with {age:?}"
            );
            let volts = self.last_good_volts[index];
            assert!(
                volts >= self.params.v_uv_abs && volts <= self.params.v_ov,
                "D3: {volts}"
            );
            self.joins.push((self.core_ms, index));
        }
        // I12.
        let recent = |joins: &[(u64, usize)], now: u64| {
            joins
                .iter()
                .filter(|(at, _)| now - at < 3_600_000)
                .map(|(_, pack)| *pack)
                .collect::<Vec<_>>()
        };
        let last_hour = recent(&self.joins, self.core_ms);
        assert!(last_hour.len() <= 60, "I12: fleet");
        for &index in joined {
            assert!(
                last_hour.iter().filter(|&&pack| pack == index).count() <= 12,
                "I12: pack {index}"
            );
        }
    }

    fn judge_commands(&mut self, inputs: &Inputs<{ world::N }>) {
        let commanded = inputs.commands.contains(&Some(Command::EStop));
        if inputs.io.estop || commanded {
            self.estopped = true;
        } else if inputs.commands.contains(&Some(Command::Arm)) {
            self.estopped = false;
        }
    }
}

fn stuck(pack: &PackDecision) -> bool {
    pack.state == PackState::StuckClosed
}

fn opening(pack: &PackDecision) -> bool {
    pack.state == PackState::Opening
}

fn cleared(inputs: &Inputs<{ world::N }>, index: usize) -> impl Iterator<Item = Fault> {
    inputs
        .commands
        .iter()
        .flatten()
        .filter_map(move |command| match command {
            Command::Clear { pack, fault } if usize::from(*pack) == index => Some(*fault),
            _ => None,
        })
}

fn apply(world: &mut World, happening: &Happening) -> u64 {
    use Happening as H;
    let count = world.packs.len();
    let io = &mut world.inputs.io;
    match *happening {
        H::Gap(ms) => return ms,
        H::Back(ms) => {
            world.now_ms = world.now_ms.saturating_sub(ms);
            return 0;
        }
        H::Load(load) => world.load_a = load,
        H::LoadObeys(obeys) => world.load_obeys = obeys,
        H::Sensor(pack, on) => world.packs[pack % count].answers = on,
        H::Offset(pack, volts) => world.packs[pack % count].offset = volts,
        H::Weld(pack, on) => world.packs[pack % count].welded = on,
        H::Break(pack, on) => world.packs[pack % count].broken = on,
        H::Voltage(pack, volts) => world.packs[pack % count].u = volts,
        H::Disable(pack, true) => world.command(Command::Disable {
            pack: (pack % count) as u8,
        }),
        H::Disable(pack, false) => world.command(Command::Enable {
            pack: (pack % count) as u8,
        }),
        H::Clear(pack, fault) => {
            // Half of the clear commands name the right fault, or none would ever succeed.
            let pack = pack % count;
            let right = match world.decision.packs[pack].reason {
                Reason::Fault(right) if fault % 2 == 0 => right,
                _ => Fault::ALL[fault],
            };
            world.command(Command::Clear {
                pack: pack as u8,
                fault: right,
            });
        }
        H::Arm => world.command(Command::Arm),
        H::EStopCommand => world.command(Command::EStop),
        H::EStop(on) => io.estop = on,
        H::ReadBack(ok) => io.readback_ok = ok,
        H::Write(ok) => io.write_ok = ok,
        H::Topology(ok) => io.topology_ok = ok,
        H::BrownOut(on) => io.brown_out = on,
        H::Alert(pack, true) => io.alerts = io.alerts.with(pack % count),
        H::Alert(..) => io.alerts = PackSet::EMPTY,
        H::Hint(hint) => world.inputs.bus.mode_hint = hint,
        H::Nothing | H::Wild(..) => {}
    }
    100
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// I1 (by D3 in the same step), I6 to I12, I14, I15, I17, I18, I24, I25 and rule D19.
    #[test]
    fn the_safety_sentences_hold_after_any_story(
        packs in rack(), story in prop::collection::vec(happenings(), 1..600), controllable: bool,
    ) {
        let params = Params::default();
        let mut judge = Judge::new(packs.len(), params);
        let mut world = World::of(packs, params);
        world.inputs.bus.load_controllable = controllable;
        for happening in &story {
            let gap = apply(&mut world, happening);
            if let Happening::Wild(pack, millivolts, milliamps) = *happening {
                let pack = pack % world.packs.len();
                world.now_ms += gap;
                let mut inputs = world.inputs;
                inputs.packs[pack].voltage = Sample::good(Millivolts::new(millivolts), 0);
                inputs.packs[pack].current = Sample::good(Milliamps::new(milliamps), 0);
                world.decision = world.core.step(world.now_ms, &inputs);
                judge.judge(world.now_ms, &inputs, &world.decision);
                continue;
            }
            let mut inputs = world.inputs;
            world.step_after(gap);
            inputs.packs = world.inputs.packs;
            judge.judge(world.now_ms, &inputs, &world.decision);
        }
    }

    /// I2 and I5: directly after a join the true circulating current stays within the set point, whatever the true
    /// resistances inside the band; and it does not grow while nothing else changes.
    #[test]
    fn no_join_of_healthy_packs_circulates_more_than_the_set_point(
        packs in rack(), load in 0.0..30.0f64, controllable: bool,
    ) {
        let mut world = World::of(packs, Params::default());
        world.inputs.bus.load_controllable = controllable;
        world.load_a = load;
        for _ in 0..200 {
            world.step();
            prop_assert!(world.circulation_ma() <= 5_000.0, "{} mA", world.circulation_ma());
        }
    }

    /// I19 within this reach: while the load keeps to the DCL, no pack exceeds its limit.
    #[test]
    fn a_load_that_keeps_to_the_limit_overloads_nobody(packs in rack()) {
        let mut world = World::of(packs, Params::default());
        world.inputs.bus.mode_hint = ModeHint::Idle;
        for _ in 0..300 {
            world.load_a = f64::from(world.decision.dcl.get()) / 1_000.0;
            let worst = world.currents(world.load()).iter().fold(0.0f64, |worst, i| worst.max(-i));
            prop_assert!(worst <= 10.0, "{worst} A");
            world.step();
        }
    }

    /// I26: all packs that fit together are joined, and none of them leaves again.
    #[test]
    fn packs_that_fit_together_are_all_joined(near in prop::collection::vec((0.0..0.15f64, 0.036..=0.084f64), 2..=8)) {
        let packs: Vec<_> = near.iter().map(|&(v, r)| IdealPack::new(27.0 + v, r)).collect();
        let count = packs.len();
        let mut world = World::of(packs, Params::default());
        world.inputs.bus.mode_hint = ModeHint::Idle;
        world.run_ms(5_000 + 500 * count as u64);
        prop_assert_eq!(world.closed().len(), count);
        let switched = world.events.iter().filter(|e| matches!(e.kind, EventKind::Opened)).count();
        prop_assert_eq!(switched, 0);
    }

    /// I22 and I23: any numbers at all give an answer, and the same answer twice.
    #[test]
    fn any_inputs_are_answered_and_always_alike(
        wild in prop::collection::vec((any::<u64>(), any::<[i32; 6]>(), any::<[u32; 3]>(), any::<u8>()), 1..60),
    ) {
        let mut one = Core::<4>::new(4, Params::default()).unwrap();
        let mut other = one;
        for (now_ms, values, ages, bits) in wild {
            let mut inputs = Inputs::<4>::default();
            for (index, pack) in inputs.packs.iter_mut().enumerate() {
                let quality = [Quality::Good, Quality::OverRange, Quality::Missing][(usize::from(bits) + index) % 3];
                pack.voltage = Sample { value: Millivolts::new(values[index]), age_ms: ages[index % 3], quality };
                pack.current = Sample { value: Milliamps::new(values[5 - index]), age_ms: ages[0], quality: Quality::Good };
                pack.gauge.i_dis_max = (bits & 1 != 0).then(|| Milliamps::new(values[2]));
                pack.gauge.capacity = Some(battery_units::MilliampHours::new(ages[1]));
            }
            inputs.bus.voltage = (bits & 2 != 0).then(|| Millivolts::new(values[4]));
            inputs.bus.load_controllable = bits & 4 != 0;
            inputs.new_params = (bits & 8 != 0).then(|| Params { v_uv: Millivolts::new(values[0]), ..Params::default() });
            inputs.commands[0] = (bits & 16 != 0).then_some(Command::Clear { pack: bits, fault: Fault::EStop });
            prop_assert_eq!(one.step(now_ms, &inputs), other.step(now_ms, &inputs));
        }
    }

    /// Parameters at the ends of their ranges are no reason to panic either.
    #[test]
    fn any_valid_parameters_are_answered(
        r_nom in 1..=2_000u32, r_err in 50..=500u16, i_wish in 100..=500_000i32, volts in prop::collection::vec(any::<i32>(), 8),
    ) {
        // The rebound of a tripped pack, 1.6 × I × R, must find room below the recovery voltage.
        let i_max = i_wish.min(i32::try_from(400_000_u32 * 10_000 / 16 / r_nom).unwrap()).max(100);
        let params = Params {
            r_nom: Milliohms::new(r_nom),
            r_err: Permille::new(r_err),
            i_dis_max: Milliamps::new(i_max),
            i_chg_max: Milliamps::new(i_max),
            i_circ_max: Milliamps::new(i_max),
            i_leak: Milliamps::new(25),
            i_open: Milliamps::new(25),
            v_ov_rec: Millivolts::new(440_000),
            v_ov: Millivolts::new(445_000),
            v_ov_abs: Millivolts::new(450_000),
            ..Params::default()
        };
        let rebound = i64::from(i_max) * i64::from(r_nom) * 16 / 10_000;
        let params = Params { v_uv_rec: Millivolts::new(24_001 + i32::try_from(rebound).unwrap()), ..params };
        prop_assert_eq!(params.check(), Ok(()));
        let mut core = Core::<8>::new(8, params).unwrap();
        let mut inputs = Inputs::<8>::default();
        for (pack, mv) in inputs.packs.iter_mut().zip(&volts) {
            pack.voltage = Sample::good(Millivolts::new(mv.rem_euclid(450_000)), 0);
            pack.current = Sample::good(Milliamps::new(*mv), 0);
        }
        for tick in 0..40 {
            core.step(tick * 100, &inputs);
        }
    }
}
