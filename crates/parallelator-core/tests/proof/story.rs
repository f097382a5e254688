//! Random stories: a rack, what happens to it, and the judge beside every step.

use battery_units::{DeciCelsius, Milliamps, Millivolts};
use parallelator_core::*;

use crate::{
    draw,
    judge::{Judge, Offer, Seen},
    offers::{any_params, changed, invalid, looser, tighter},
    rack::{N, Rack},
    random::Random,
    tally::Tally,
};

/// What may happen in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Nothing but errors inside their bounds.
    Healthy,
    /// The same with switches that do not do what they are told.
    Welded,
    /// Everything.
    Faulty,
    /// Any numbers at all.
    Wild,
}

/// One story while it is told.
struct Telling {
    profile: Profile,
    random: Random,
    core: Core<N>,
    rack: Rack,
    inputs: Inputs<N>,
    decision: Decision<N>,
    judge: Judge,
    now_ms: u64,
    offer: Offer,
    /// Shares of DCL and CCL that are used.
    shares: (f64, f64),
    /// What a load that obeys nobody draws, in amperes.
    stubborn_a: f64,
    /// Packs that nobody reads, for so many steps.
    dark: (PackSet, u8),
}

/// Tells the story of a seed and adds what was judged; the words carry the seed when a sentence did not hold.
pub fn tell(profile: Profile, seed: u64, longest: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let params = draw::params(&mut random);
    let packs = draw::count(&mut random);
    let rack = draw::rack(&mut random, &params, packs);
    let mut inputs = Inputs::default();
    inputs.bus.load_controllable = random.once_in(2);
    inputs.bus.charger_controllable = random.once_in(2);
    inputs.bus.mode_hint = random.one_of(&[
        ModeHint::Auto,
        ModeHint::Auto,
        ModeHint::Idle,
        ModeHint::Discharge,
    ]);
    let mut telling = Telling {
        profile,
        core: Core::new(packs, params).unwrap(),
        judge: Judge::new(packs, params),
        rack,
        inputs,
        decision: Decision::default(),
        now_ms: random.below(1_000),
        offer: Offer::None,
        shares: (0.0, 0.0),
        stubborn_a: 0.0,
        dark: (PackSet::EMPTY, 0),
        random,
    };
    for step in 0..longest {
        telling.step();
        if let Some(first) = telling.judge.tally.broken.first_mut() {
            *first = format!("PROOF_SEED={profile:?}:{seed} step {step}: {first}");
            telling.judge.tally.broken.truncate(1);
            break;
        }
    }
    telling.judge.tally.stories = 1;
    tally.add(std::mem::take(&mut telling.judge.tally));
}

impl Telling {
    fn step(&mut self) {
        self.inputs.commands = [None; MAX_COMMANDS];
        self.inputs.new_params = None;
        self.offer = Offer::None;
        self.happen();
        let tick = u64::from(self.core.params().tick_ms);
        let (gap, back) = match self.random.below(600) {
            0 => (self.random.below(8_000), 0),
            1 => (0, self.random.below(5_000)),
            2..=30 => (self.random.below(tick * 3 + 1), 0),
            _ => (tick, 0),
        };
        self.now_ms = self.now_ms.saturating_add(gap).saturating_sub(back);
        let seconds = gap as f64 / 1_000.0;
        self.rack
            .measure(seconds, &mut self.random, &mut self.inputs);
        match self.profile {
            Profile::Healthy | Profile::Welded => {}
            Profile::Faulty => self.spoil(),
            Profile::Wild => self.run_wild(),
        }
        let before = self.core;
        self.decision = self.core.step(self.now_ms, &self.inputs);
        let without = self.inputs.commands.iter().any(Option::is_some).then(|| {
            let mut inputs = self.inputs;
            inputs.commands = [None; MAX_COMMANDS];
            before.clone_step(self.now_ms, &inputs)
        });
        let tightened = (self.inputs.new_params.is_none() && self.random.once_in(8)).then(|| {
            let mut inputs = self.inputs;
            inputs.new_params = tighter(before.params(), &mut self.random);
            let name = inputs
                .new_params
                .and_then(|next| changed(before.params(), &next));
            (
                before.clone_step(self.now_ms, &inputs),
                name.unwrap_or("nothing"),
            )
        });
        let io = &self.inputs.io;
        self.rack
            .follow(&self.decision, io.write_ok && !io.brown_out);
        self.draw_current();
        let truth = self.rack.truth();
        let shown = |index: usize| {
            self.decision.packs[index].command == SwitchCommand::Closed
                || self.decision.packs[index].state == PackState::StuckClosed
        };
        let bounded = matches!(self.profile, Profile::Healthy | Profile::Welded);
        let healthy = self.profile == Profile::Healthy;
        let milliamps = self.rack.net * 1_000.0;
        let within = milliamps >= -f64::from(self.decision.dcl.get())
            && milliamps <= f64::from(self.decision.ccl.get());
        self.judge.judge(&Seen {
            now_ms: self.now_ms,
            inputs: &self.inputs,
            decision: &self.decision,
            truth: &truth,
            exact: bounded && truth.conducts.iter().all(shown),
            obeys: healthy && within,
            healthy,
            offer: self.offer,
            without_commands: without.as_ref(),
            tightened: tightened.as_ref().map(|(decision, name)| (decision, *name)),
        });
    }

    /// The load and the charger take what they may, or what they want.
    fn draw_current(&mut self) {
        let decision = &self.decision;
        let part = |permitted: bool, limit: Milliamps, share: f64| {
            if permitted {
                f64::from(limit.get()) / 1_000.0 * share
            } else {
                0.0
            }
        };
        let drawn = if self.inputs.bus.load_controllable {
            part(decision.load_permit, decision.dcl, self.shares.0)
        } else {
            self.stubborn_a
        };
        let charged = part(decision.charge_permit, decision.ccl, self.shares.1);
        self.rack.net = charged - drawn;
    }

    fn command(&mut self, command: Command) {
        if let Some(slot) = self.inputs.commands.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(command);
        }
    }

    fn reboot(&mut self, torn: bool) {
        let mut buffer = [0; RECORD_MAX];
        let length = self.core.write_record(&mut buffer).unwrap().len();
        if torn {
            buffer[self.random.index(length)] ^= 1 << self.random.below(8);
        }
        let mut core = Core::new(self.core.packs(), *self.core.params()).unwrap();
        let restored = core.restore(&buffer[..length]);
        assert_eq!(
            restored.is_err(),
            torn,
            "a record with one wrong bit is not one"
        );
        if torn {
            core.hold_for_lost_record();
        }
        self.core = core;
        self.rack.lose_supply();
        self.now_ms = self.random.below(1_000);
        self.judge.reboot(torn);
    }

    /// What may happen between two steps.
    fn happen(&mut self) {
        let random = &mut self.random;
        let fleet_a = f64::from(self.core.params().i_dis_max.get()) / 1_000.0;
        if random.once_in(30) {
            self.shares = (
                random.one_of(&[0.0, 0.3, 1.0, 1.0]),
                random.one_of(&[0.0, 0.0, 0.5, 1.0]),
            );
            let most = fleet_a * self.rack.packs.len() as f64;
            self.stubborn_a = random.one_of(&[0.0, 0.1, 0.3, 0.6]) * most;
        }
        if random.once_in(250) {
            self.inputs.bus.mode_hint = random.one_of(&[
                ModeHint::Auto,
                ModeHint::Charge,
                ModeHint::Discharge,
                ModeHint::Idle,
            ]);
        }
        if random.once_in(60) {
            self.give_a_command();
        }
        if self.random.once_in(700) {
            let torn = self.profile == Profile::Faulty && self.random.once_in(4);
            self.reboot(torn);
        }
        if self.random.once_in(200) {
            self.offer_parameters();
        }
        match self.profile {
            Profile::Healthy | Profile::Wild => {}
            Profile::Welded => self.break_a_switch(150),
            Profile::Faulty => {
                self.break_a_switch(120);
                self.break_something();
            }
        }
    }

    fn give_a_command(&mut self) {
        let packs = self.rack.packs.len();
        let pack = self.random.index(packs);
        let number = pack as u8;
        // Half of the clear commands name the right fault, or none would ever succeed.
        let right = match self.decision.packs[pack].reason {
            Reason::Fault(fault) if self.random.once_in(2) => fault,
            _ => self.random.one_of(Fault::ALL),
        };
        let rough = matches!(self.profile, Profile::Faulty | Profile::Wild);
        let command = match self.random.below(12) {
            0 | 1 => Command::Disable { pack: number },
            2..=4 => Command::Enable { pack: number },
            5..=7 => Command::Clear {
                pack: number,
                fault: right,
            },
            8 => Command::Service {
                enter: self.random.once_in(2),
            },
            9 => Command::Test { pack: number },
            10 if rough => Command::EStop,
            10 => Command::Test { pack: number },
            _ => Command::Arm,
        };
        self.command(command);
        if rough {
            for _ in 0..self.random.below(3) {
                let pack = self.random.any() as u8;
                self.command(Command::Enable { pack: pack % 40 });
                self.command(Command::Arm);
            }
        }
    }

    fn offer_parameters(&mut self) {
        let now = *self.core.params();
        let (offer, params) = match self.random.below(4) {
            0 => (Offer::Invalid, invalid(&now, &mut self.random)),
            1 => (Offer::Looser, looser(&now, &mut self.random)),
            _ => match tighter(&now, &mut self.random) {
                Some(params) => (Offer::Tighter, params),
                None => return,
            },
        };
        self.offer = offer;
        self.inputs.new_params = Some(params);
    }

    fn break_a_switch(&mut self, times: u64) {
        if !self.random.once_in(times) {
            return;
        }
        let index = self.random.index(self.rack.packs.len());
        let pack = &mut self.rack.packs[index];
        match self.random.below(8) {
            0 => pack.welded = true,
            1 => pack.broken = true,
            2 => pack.slow = self.random.below(4) as u8,
            3 | 4 => pack.welded = false,
            5 | 6 => pack.broken = false,
            _ => pack.slow = 0,
        }
    }

    /// Everything else that breaks, and heals again.
    fn break_something(&mut self) {
        let index = self.random.index(self.rack.packs.len());
        let random = &mut self.random;
        let pack = &mut self.rack.packs[index];
        let io = &mut self.inputs.io;
        match random.below(1_500) {
            0..=19 => pack.answers = random.once_in(2),
            20..=29 => pack.offset = random.between(-12.0, 5.0),
            30..=39 => pack.offset = random.one_of(&[-2.0, -0.4, 0.4, 1.0]),
            40..=79 => pack.offset = 0.0,
            80..=84 => pack.repeats = Some((27_000 + random.whole(-500, 500) as i32, 0)),
            85..=104 => pack.repeats = None,
            105..=124 => pack.u = random.between(23.0, 30.2),
            125..=134 => pack.temperature = Some(random.whole(-300, 700) as i32),
            135..=144 => pack.temperature = Some(250),
            145..=146 => io.readback_ok = false,
            147..=148 => io.write_ok = false,
            149..=150 => io.topology_ok = false,
            151 => io.brown_out = true,
            152 => io.estop = true,
            153..=154 => io.alerts = io.alerts.with(index),
            155..=199 => *io = IoHealth::default(),
            200..=204 => self.rack.foreign = random.one_of(&[0.0, 0.0, 26.0, 27.5]),
            205..=209 => self.inputs.bus.load_controllable = random.once_in(2),
            210..=214 => {
                pack.own_limits =
                    Some((random.whole(0, 9_000) as i32, random.whole(0, 9_000) as i32));
            }
            215..=219 => pack.own_limits = None,
            220..=224 => pack.r *= random.one_of(&[0.5, 2.0, 4.0]),
            _ => {}
        }
    }

    /// Trouble with the readings of this step.
    fn spoil(&mut self) {
        if self.random.once_in(60) {
            let packs = self.random.any() as u32 | self.random.any() as u32;
            self.dark = (PackSet::from_bits(packs), 1 + self.random.below(9) as u8);
        }
        if self.dark.1 > 0 {
            self.dark.1 -= 1;
            for index in self.dark.0.iter() {
                self.inputs.packs[index].voltage = Sample::default();
                self.inputs.packs[index].current = Sample::default();
            }
        }
        if !self.random.once_in(10) {
            return;
        }
        let index = self.random.index(self.rack.packs.len());
        let random = &mut self.random;
        let input = &mut self.inputs.packs[index];
        match random.below(9) {
            0 => input.voltage.value = Millivolts::new(random.whole(-5_000, 60_000) as i32),
            1 => input.current.value = Milliamps::new(random.whole(-60_000, 60_000) as i32),
            2 => input.voltage.age_ms = random.below(3_000) as u32,
            3 => {
                input.voltage.age_ms = random.below(1_500) as u32;
                input.current.age_ms = random.below(1_500) as u32;
            }
            4 => input.voltage.quality = Quality::Missing,
            5 => input.current.quality = random.one_of(&[Quality::OverRange, Quality::Missing]),
            6 => {
                input.switch_feedback = random.one_of(&[
                    None,
                    None,
                    Some(SwitchFeedback::Closed),
                    Some(SwitchFeedback::Open),
                ]);
            }
            7 => self.inputs.bus.voltage = Some(Millivolts::new(random.whole(0, 40_000) as i32)),
            _ => {
                self.inputs.bus.current =
                    Some(Milliamps::new(random.whole(-90_000, 90_000) as i32));
            }
        }
    }

    /// Any numbers in any place.
    fn run_wild(&mut self) {
        let random = &mut self.random;
        let number = |random: &mut Random| {
            let near = random.whole(-70_000, 70_000) as i32;
            random.one_of(&[
                i32::MIN,
                i32::MIN + 1,
                -1,
                0,
                1,
                21_000,
                27_000,
                27_100,
                30_000,
                45_001,
                i32::MAX,
                near,
            ])
        };
        let age = |random: &mut Random| random.one_of(&[0, 0, 0, 0, 100, 301, 1_001, u32::MAX]);
        let quality = |random: &mut Random| {
            random.one_of(&[
                Quality::Good,
                Quality::Good,
                Quality::Good,
                Quality::OverRange,
                Quality::Missing,
            ])
        };
        if random.once_in(40) {
            self.now_ms = random.one_of(&[0, u64::MAX, u64::MAX / 2, random.clone().any()]);
        }
        for input in &mut self.inputs.packs {
            if !random.once_in(40) {
                continue;
            }
            input.voltage = Sample {
                value: Millivolts::new(number(random)),
                age_ms: age(random),
                quality: quality(random),
            };
            input.current = Sample {
                value: Milliamps::new(number(random)),
                age_ms: age(random),
                quality: quality(random),
            };
            input.temperature = random
                .once_in(3)
                .then(|| Sample::good(DeciCelsius::new(number(random)), age(random)));
            input.gauge.i_dis_max = random.once_in(3).then(|| Milliamps::new(number(random)));
            input.gauge.i_chg_max = random.once_in(3).then(|| Milliamps::new(number(random)));
            input.gauge.capacity = random
                .once_in(3)
                .then(|| battery_units::MilliampHours::new(random.any() as u32));
        }
        if random.once_in(40) {
            self.inputs.bus.voltage = random.once_in(2).then(|| Millivolts::new(number(random)));
            self.inputs.bus.current = random.once_in(2).then(|| Milliamps::new(number(random)));
        }
        if random.once_in(100) {
            self.inputs.new_params = Some(any_params(random));
            self.offer = Offer::None;
        }
    }
}

/// A step made by a copy.
trait CloneStep {
    fn clone_step(&self, now_ms: u64, inputs: &Inputs<N>) -> Decision<N>;
}

impl CloneStep for Core<N> {
    fn clone_step(&self, now_ms: u64, inputs: &Inputs<N>) -> Decision<N> {
        let mut copy = *self;
        copy.step(now_ms, inputs)
    }
}
