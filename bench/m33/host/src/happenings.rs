//! What happens to a rack before a step, by the kind of its life.

use battery_units::{Milliamps, Milliohms};
use m33_log::Damage;
use parallelator_core::{
    Anchor, Command, Decision, Fault, Inputs, ModeHint, PackSet, Params, SwitchCommand,
};

use crate::{
    Kind, Rack, Random,
    odd::{distort, drawn_params, refusal},
    plant::PRECHARGE_OHMS,
};

/// Longest pause of an emergency stop, in steps.
const STOP_STEPS: u64 = 8;
/// In a story for counting the bus starts anew after so many steps.
const RESTART_STEPS: u32 = 120;

/// Everything around the core in one story.
#[derive(Debug)]
pub struct World {
    kind: Kind,
    /// The rack.
    pub rack: Rack,
    /// The next time that a step is given.
    pub now_ms: u64,
    random: Random,
    hint: ModeHint,
    load_controllable: bool,
    readback_ok: bool,
    topology_ok: bool,
    write_ok: bool,
    brown_out: bool,
    alerts: u32,
    /// Steps until the emergency stop is released.
    stop_for: u64,
    /// Share of what is permitted that is drawn.
    demand: f64,
    /// Steps in which single packs are tested.
    tests: u32,
    /// Steps in which more is drawn than the packs may carry, and how many times as much.
    greedy_for: u32,
    greed: f64,
    /// New parameters wait until everything is open.
    config: Option<Params>,
    tick_ms: u64,
    /// A pre-charge path is fitted.
    precharge: bool,
}

/// What else happens after a step.
#[derive(Debug, Clone, Copy)]
pub enum After {
    /// Nothing.
    Nothing,
    /// The record is saved.
    Save,
    /// The controller starts anew.
    Reboot(Option<Damage>),
}

impl World {
    /// A healthy rack of this kind.
    pub fn new(kind: Kind, packs: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let spread = match kind {
            Kind::Running => 0.02,
            Kind::Calm => 0.15,
            Kind::Rough | Kind::Wild => 0.3,
            Kind::Joining => 0.04,
        };
        let mut rack = Rack::new(&mut random, packs, 27.6, spread);
        if kind == Kind::Joining {
            for pack in rack.packs.iter_mut().skip(1).step_by(2) {
                pack.volts -= 0.6;
            }
        }
        if matches!(kind, Kind::Joining | Kind::Running) {
            for pack in &mut rack.packs {
                pack.celsius = Some(25.0);
            }
            rack.bus_measured = true;
        }
        Self {
            kind,
            rack,
            now_ms: 0,
            random,
            hint: ModeHint::Auto,
            load_controllable: true,
            readback_ok: true,
            topology_ok: true,
            write_ok: true,
            brown_out: false,
            alerts: 0,
            stop_for: 0,
            demand: 0.0,
            tests: 0,
            greedy_for: 0,
            greed: 1.0,
            config: None,
            tick_ms: 100,
            precharge: seed.is_multiple_of(2),
        }
    }

    /// Parameters that a story of this kind starts with.
    pub fn params(&mut self) -> Params {
        let mut params = Params::default();
        if self.kind == Kind::Joining {
            params.anchor = Anchor::LargestSet;
            params.closes_per_hour_pack = 600;
            params.closes_per_hour_fleet = Some(600);
            params.t_backoff0_ms = 1_000;
            params.t_settle_ms = 200;
        }
        if matches!(self.kind, Kind::Rough | Kind::Wild) {
            // Long back-offs and tight budgets would make a short story a quiet one.
            params.t_backoff0_ms = 1_000;
            params.t_decay_ms = 60_000;
            params.closes_per_hour_pack = 120;
            params.closes_per_hour_fleet = Some(600);
            params.n_lock = 12;
        }
        if self.kind != Kind::Running && self.precharge {
            params.r_pre = Milliohms::new((PRECHARGE_OHMS * 1_000.0) as u32);
        }
        params
    }

    /// What the core is told next, after the switches were as in `last`.
    pub fn next<const N: usize>(&mut self, step: u32, last: &Decision<N>) -> Inputs<N> {
        let gap_ms = self.advance();
        self.drive(last);
        let commands = last.packs.map(|pack| pack.command);
        self.rack.pass(&commands, gap_ms.min(1_000) as f64);
        let mut commands = Vec::new();
        match self.kind {
            Kind::Calm if self.random.once_in(150) => self.happen(&mut commands),
            Kind::Rough if self.random.once_in(12) => self.happen(&mut commands),
            Kind::Joining if step % RESTART_STEPS == RESTART_STEPS - 1 => self.restart(step),
            _ => {}
        }
        let mut inputs = self.rack.inputs::<N>(&mut self.random, gap_ms);
        self.tell(&mut inputs, &mut commands);
        for (slot, command) in inputs.commands.iter_mut().zip(commands) {
            *slot = Some(command);
        }
        if self.kind == Kind::Wild && !self.random.once_in(3) {
            distort(&mut self.random, &mut inputs);
        }
        if matches!(self.kind, Kind::Calm | Kind::Rough) {
            self.repair();
        }
        inputs
    }

    /// What happens between this step and the next.
    pub fn after(&mut self) -> After {
        if matches!(self.kind, Kind::Joining | Kind::Running) {
            return After::Nothing;
        }
        if self.random.once_in(40) {
            return After::Save;
        }
        if !self.random.once_in(300) {
            return After::Nothing;
        }
        self.now_ms = 0;
        let damage = self.random.once_in(3).then(|| Damage {
            length: self.random.whole(0, 300) as u16,
            at: self.random.whole(0, 60) as u16,
            flip: self.random.bits() as u8,
        });
        After::Reboot(damage)
    }

    /// Moves the clock and says by how much the rack felt it.
    fn advance(&mut self) -> u64 {
        let before = self.now_ms;
        let jumps = match self.kind {
            Kind::Calm => 400,
            Kind::Rough => 60,
            Kind::Wild => 4,
            Kind::Joining | Kind::Running => u64::MAX,
        };
        self.now_ms = if !self.random.once_in(jumps) {
            before.saturating_add(self.tick_ms)
        } else {
            match self
                .random
                .below(if self.kind == Kind::Wild { 6 } else { 4 })
            {
                0 => before.saturating_add(self.random.below(400)),
                1 => before.saturating_add(self.random.below(20_000)),
                2 => before.saturating_sub(self.random.below(5_000)),
                3 => before,
                4 => self.random.bits(),
                _ => u64::MAX,
            }
        };
        if self.kind == Kind::Wild && self.random.once_in(50) {
            // Back to where time can go on.
            self.now_ms = self.random.below(1_000_000);
        }
        self.now_ms.saturating_sub(before)
    }

    /// Load or charger by what was permitted.
    fn drive<const N: usize>(&mut self, last: &Decision<N>) {
        self.demand = (self.demand + self.random.between(-0.1, 0.1)).clamp(-0.9, 0.95);
        if self.random.once_in(100) {
            self.demand = 0.0;
        }
        let amps = |limit: Milliamps| f64::from(limit.get()) / 1_000.0;
        let permitted = if self.demand > 0.0 && (last.load_permit || !self.load_controllable) {
            amps(last.dcl)
        } else if self.demand < 0.0 && last.charge_permit {
            amps(last.ccl)
        } else {
            0.0
        };
        self.rack.load = self.demand * permitted;
        if self.greedy_for > 0 {
            self.greedy_for -= 1;
            let closed = last
                .packs
                .iter()
                .filter(|pack| pack.command == SwitchCommand::Closed);
            // What every pack may carry, and more: nobody asks what is permitted.
            self.rack.load = closed.count() as f64 * 10.0 * self.greed;
        }
    }

    /// One thing happens.
    fn happen(&mut self, commands: &mut Vec<Command>) {
        let random = &mut self.random;
        let count = self.rack.packs.len() as u64;
        let index = random.below(count);
        let pack = index as u8;
        let one = &mut self.rack.packs[index as usize];
        match random.below(28) {
            0 | 1 => one.answers = !one.answers,
            2 => one.offset = random.between(-0.5, 0.5),
            3 => one.offset = random.between(-12.0, 4.0),
            4 => one.welded = !one.welded,
            5 => one.broken = !one.broken,
            6 => one.volts = random.between(24.5, 29.2),
            7 => one.celsius = Some(random.between(-30.0, 80.0)),
            8 => one.gauge.i_dis_max = Some(Milliamps::new(random.whole(-100, 9_000) as i32)),
            9 => commands.push(Command::Disable { pack }),
            10 => commands.push(Command::Enable { pack }),
            11 => commands.push(Command::Enable { pack: 200 }),
            12 => commands.push(Command::Service { enter: true }),
            13 => commands.push(Command::EStop),
            14 => self.stop_for = 1 + random.below(STOP_STEPS),
            15 => self.readback_ok = false,
            16 => self.topology_ok = false,
            17 => self.write_ok = false,
            18 => self.brown_out = true,
            19 => self.alerts |= 1 << pack,
            20 => {
                self.hint = match random.below(4) {
                    0 => ModeHint::Auto,
                    1 => ModeHint::Charge,
                    2 => ModeHint::Discharge,
                    _ => ModeHint::Idle,
                }
            }
            21 => self.load_controllable = !self.load_controllable,
            22 => self.rack.bus_measured = !self.rack.bus_measured,
            23 => {
                let near = random.between(25.0, 28.5);
                self.rack.foreign = random.once_in(2).then_some(near);
                self.stop_for = STOP_STEPS;
            }
            24 => {
                self.demand = 0.95;
                self.greedy_for = 80;
                self.greed = if random.once_in(4) { 3.0 } else { 1.1 };
            }
            25 | 26 => {
                commands.push(Command::Service { enter: true });
                self.tests = 100;
            }
            _ => {
                self.config = Some(drawn_params(random));
                self.stop_for = STOP_STEPS;
            }
        }
    }

    /// Commands and states that every story has.
    fn tell<const N: usize>(&mut self, inputs: &mut Inputs<N>, commands: &mut Vec<Command>) {
        inputs.bus.mode_hint = self.hint;
        inputs.bus.load_controllable = self.load_controllable;
        inputs.io.readback_ok = self.readback_ok;
        inputs.io.topology_ok = self.topology_ok;
        inputs.io.write_ok = self.write_ok;
        inputs.io.brown_out = self.brown_out;
        inputs.io.alerts = PackSet::from_bits(self.alerts);
        inputs.io.estop = self.stop_for > 0;
        if self.stop_for > 0 {
            self.stop_for -= 1;
            if self.stop_for == 1 {
                inputs.new_params = self.config.take();
            }
            if self.stop_for == 0 {
                // In the next step at the earliest it is obeyed.
                self.demand = 0.0;
            }
        } else if self.random.once_in(15) {
            commands.push(Command::Arm);
        }
        let counting = matches!(self.kind, Kind::Joining | Kind::Running);
        if !counting && self.random.once_in(10) {
            let faults = Fault::ALL.len() as u64;
            for _ in 0..4 {
                commands.push(Command::Clear {
                    pack: self.random.below(self.rack.packs.len() as u64) as u8,
                    fault: Fault::ALL[self.random.below(faults) as usize],
                });
            }
        }
        if self.tests > 0 {
            self.tests -= 1;
            if self.random.once_in(6) {
                let pack = self.random.below(self.rack.packs.len() as u64) as u8;
                commands.push(Command::Test { pack });
            }
            if self.tests == 0 {
                commands.push(Command::Service { enter: false });
            }
        }
        if !counting && self.random.once_in(200) {
            inputs.unreadable_params = Some(refusal(&mut self.random));
        }
        if !counting && self.random.once_in(200) {
            inputs.new_params = Some(drawn_params(&mut self.random));
        }
    }

    /// The bus goes dead and starts again in another way.
    fn restart(&mut self, step: u32) {
        self.stop_for = 3;
        self.demand = 0.0;
        let turn = step / RESTART_STEPS;
        self.load_controllable = turn.is_multiple_of(2);
        self.rack.bus_measured = !turn.is_multiple_of(3);
        self.hint = match turn % 4 {
            0 => ModeHint::Idle,
            1 => ModeHint::Discharge,
            2 => ModeHint::Charge,
            _ => ModeHint::Auto,
        };
    }

    /// What broke is repaired sooner or later.
    fn repair(&mut self) {
        let random = &mut self.random;
        self.readback_ok |= random.once_in(4);
        self.write_ok |= random.once_in(4);
        self.topology_ok |= random.once_in(6);
        self.brown_out &= !random.once_in(3);
        if random.once_in(10) {
            self.alerts = 0;
        }
        if random.once_in(80) {
            self.rack.foreign = None;
        }
        for pack in &mut self.rack.packs {
            pack.answers |= random.once_in(30);
            pack.welded &= !random.once_in(60);
            pack.broken &= !random.once_in(60);
            if random.once_in(60) {
                pack.offset = 0.0;
            }
            if random.once_in(200) {
                pack.volts = 27.6 + random.between(-0.2, 0.2);
                pack.celsius = pack.celsius.map(|_| 25.0);
                pack.gauge.i_dis_max = None;
            }
        }
    }
}
