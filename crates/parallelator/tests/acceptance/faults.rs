//! A4: how a row of the fault table is tried, and what has to come of it.
//!
//! A row is injected into a rack in operation. The evidence a rule asks for (so many samples, so long an overload) takes
//! its ticks; from then on the class of the fault says how many ticks the core may take. After that the state must be the
//! one the class names, the events must name the pack and the reason, and nobody else may be accused.

use std::{collections::BTreeMap, time::Duration};

use battery_sim::plant::{Chemistry, FusePlace, Load, PackConfig};
use parallelator_core::{
    Command, Event, EventKind, Fault, FaultClass, PackState, Reason, SwitchCommand, SystemState,
};

use super::{
    demand::{Ask, Demand},
    fault_rows::OWN,
    faults_loading::loading,
    faults_measuring::measuring,
    faults_switching::switching,
    field::{Field, Fitting},
    fleet::{Fleet, LARGEST_LIMIT_A, Limits, params_of},
};

/// Whom the report has to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// These packs and no other; several of them in one write.
    Packs(&'static [usize]),
    /// Every pack, in one write.
    All,
    /// The rack.
    Rack,
    /// Nobody: the fault must not disturb anything.
    Nobody,
}

/// What has to be the case after the reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Open until cleared.
    Latched,
    /// Open for a back-off, with a score.
    Cooldown,
    /// Open, and not a candidate.
    Open,
    /// Reported as conducting.
    StuckClosed,
    /// Everything open, in truth too.
    SafeOff,
    /// Reported, and nobody joins.
    Alarm,
    /// As before.
    Undisturbed,
}

/// One row.
pub struct Row {
    /// As section 8 of the requirements names it.
    pub fault: &'static str,
    /// Which case of it.
    pub case: &'static str,
    /// The rack before it.
    pub start: Start,
    /// Breaks something.
    pub inject: fn(&mut Field),
    /// Ticks after which it is mended, when it is.
    pub mended_after: Option<u64>,
    /// Ticks that the evidence takes.
    pub evidence: u64,
    /// No reaction before this tick: until then load and charger have no permit instead (D14).
    pub earliest: u64,
    /// Class of section 7.
    pub class: FaultClass,
    /// Whom the report names.
    pub who: Who,
    /// Reasons the report may give.
    pub reasons: &'static [Fault],
    /// What comes of it.
    pub then: Then,
}

/// A rack in operation.
#[derive(Debug, Clone)]
pub struct Start {
    /// Open-circuit voltages, V.
    pub volts: &'static [f64],
    /// Path resistances, Ohm; 60 mΩ where there are too few.
    pub ohm: &'static [f64],
    /// Packs the operator keeps open.
    pub disabled: &'static [usize],
    /// The load from the time on when the packs are connected.
    pub demand: Demand,
    /// The load obeys the permit.
    pub controllable: bool,
    /// With a measured bus, without, or both.
    pub bus: &'static [bool],
    /// The fault is there before the rack starts.
    pub broken_at_start: bool,
    /// Where the fuses are.
    pub fuse: FusePlace,
}

impl Start {
    /// Four equal packs at 30 % load.
    pub const FOUR: Self = Self {
        volts: &[26.0, 26.02, 25.99, 26.01],
        ohm: &[],
        disabled: &[],
        demand: Demand::Steady(Ask {
            load_a: 12.0,
            charger_a: 0.0,
        }),
        controllable: true,
        bus: &[false, true],
        broken_at_start: false,
        fuse: FusePlace::BeforeTap,
    };

    /// Makes the rack.
    pub fn field(&self, bus_measured: bool) -> Field {
        let packs: Vec<_> = self
            .volts
            .iter()
            .enumerate()
            .map(|(index, &volts)| {
                let ohm = self.ohm.get(index).copied().unwrap_or(0.060);
                let mut pack = PackConfig::from_start(volts, ohm, Chemistry::Nmc);
                pack.fuse.place = self.fuse;
                pack
            })
            .collect();
        let own = Limits {
            discharge_a: LARGEST_LIMIT_A,
            charge_a: LARGEST_LIMIT_A,
        };
        let fleet = Fleet {
            limits: vec![own; packs.len()],
            packs,
            params: params_of(Chemistry::Nmc),
        };
        let fitting = Fitting {
            bus_measured,
            hinted: self.broken_at_start,
            load_controllable: self.controllable,
            charger_controllable: self.controllable,
            ..Fitting::default()
        };
        let mut field = Field::new(fleet, Demand::Steady(Ask::default()), fitting);
        for &pack in self.disabled {
            field.command(Command::Disable { pack: pack as u8 });
        }
        field
    }

    /// Lets the packs join and the load begin.
    pub fn settle(&self, field: &mut Field) -> Result<(), String> {
        let wanted = self.volts.len() - self.disabled.len();
        for stage in ["form", "stay"] {
            field.run_ms(10_000);
            if field.closed() != wanted {
                return Err(format!("the rack did not {stage}: {}", told(field, 0)));
            }
            field.demand = self.demand.clone();
        }
        Ok(())
    }
}

/// Ticks of 100 ms in which a class acts once the evidence is there.
pub fn ticks_of(class: FaultClass) -> u64 {
    match class {
        FaultClass::H0 | FaultClass::H1 => 1,
        FaultClass::H2 => 3,
        FaultClass::S1 => 20,
        FaultClass::S2 => 100,
        FaultClass::W => 300,
    }
}

/// The watchdog and one tick: after that a rack that is shut off is open in truth.
const TRULY_OPEN_TICKS: u64 = 21;
/// How long an alarm is watched for joins.
const ALARM_TICKS: u64 = 100;

impl Row {
    fn try_on(&self, bus_measured: bool) -> Result<String, String> {
        let mut field = self.start.field(bus_measured);
        if !self.start.broken_at_start {
            self.start.settle(&mut field)?;
        }
        let begun = field.steps;
        (self.inject)(&mut field);
        field.plant.step(Duration::ZERO);
        let budget = self.evidence + ticks_of(self.class);
        // A rack that starts needs its time to join.
        let ticks = budget + if self.start.broken_at_start { 100 } else { 20 };
        let mut open_in_truth = None;
        let mut permits_at_first = false;
        for tick in 1..=ticks {
            field.tick();
            permits_at_first |=
                tick == 1 && (field.decision.load_permit || field.decision.charge_permit);
            if self.mended_after == Some(tick) {
                mend(&mut field);
            }
            if open_in_truth.is_none() && field.judge.members() == 0 {
                open_in_truth = Some(tick);
            }
        }
        self.accusations(&field, begun)?;
        if self.then == Then::Undisturbed {
            return Ok(format!("undisturbed for {ticks} ticks"));
        }
        let named = self.named(&field, begun)?;
        let (first, last) = (named.values().min(), named.values().max());
        let (first, last) = (*first.unwrap_or(&0), *last.unwrap_or(&0));
        if first != last {
            return Err(format!("not in one write: {named:?}"));
        }
        if self.earliest > 0 && (first < self.earliest || permits_at_first) {
            return Err(format!(
                "opened after {first} ticks, {} to come first; permits in the first tick: {permits_at_first}; {}",
                self.earliest,
                told(&field, begun)
            ));
        }
        let counted_from = if self.start.broken_at_start {
            self.evidence_at_start(&field)?
        } else {
            self.evidence
        };
        if last > counted_from + ticks_of(self.class) {
            return Err(format!(
                "reacted after {last} ticks, {counted_from} of evidence and {} of class {:?} are allowed",
                ticks_of(self.class),
                self.class
            ));
        }
        self.state_after(&mut field, &named, open_in_truth)?;
        Ok(format!("{last} ticks, {counted_from} of them evidence"))
    }

    /// Where the fault is there from the start, the evidence begins with the join of the broken pack.
    fn evidence_at_start(&self, field: &Field) -> Result<u64, String> {
        let Who::Packs(packs) = self.who else {
            return Ok(self.evidence);
        };
        let closed = field.events.iter().find(|(_, event)| {
            event.kind == EventKind::Closed && event.pack.is_some_and(|p| packs.contains(&p.into()))
        });
        let (step, _) = closed.ok_or("the broken pack never joined")?;
        Ok(step + 1 + self.evidence)
    }

    /// The tick of the first event that names each pack, or the rack, with a right reason.
    fn named(&self, field: &Field, begun: u64) -> Result<BTreeMap<Option<usize>, u64>, String> {
        let wanted: Vec<Option<usize>> = match self.who {
            Who::Packs(packs) => packs.iter().map(|&pack| Some(pack)).collect(),
            Who::All => (0..field.plant.len()).map(Some).collect(),
            Who::Rack => vec![None],
            Who::Nobody => vec![],
        };
        wanted
            .into_iter()
            .map(|who| {
                let event = field.events.iter().find(|(step, event)| {
                    let right = fault_of(event).is_some_and(|fault| self.reasons.contains(&fault));
                    let acts = self.is_reaction(event.kind);
                    *step >= begun && right && acts && event.pack.map(usize::from) == who
                });
                match event {
                    Some((step, _)) => Ok((who, step - begun + 1)),
                    None => Err(format!(
                        "{} never named for {}; events: {}",
                        who.map_or("rack".into(), |pack| format!("pack {pack}")),
                        self.reasons
                            .iter()
                            .map(|fault| fault.code())
                            .collect::<Vec<_>>()
                            .join(" or "),
                        told(field, begun)
                    )),
                }
            })
            .collect()
    }

    /// Whether an event of this kind is what the row waits for; asking the load to go down, for one, is not an opening.
    fn is_reaction(&self, kind: EventKind) -> bool {
        match self.then {
            Then::Latched | Then::Cooldown | Then::Open => {
                matches!(kind, EventKind::Opened | EventKind::Fault)
            }
            Then::StuckClosed => kind == EventKind::StuckClosed,
            Then::SafeOff => kind == EventKind::SafeOff,
            Then::Alarm => matches!(kind, EventKind::Alarm | EventKind::Fault),
            Then::Undisturbed => false,
        }
    }

    /// Nobody but those of the row may be accused of anything.
    fn accusations(&self, field: &Field, begun: u64) -> Result<(), String> {
        let guilty = |pack: Option<u8>| match (self.who, pack) {
            (Who::All, _) | (_, None) => true,
            (Who::Packs(packs), Some(pack)) => packs.contains(&pack.into()),
            // What shuts the rack off opens every pack.
            (Who::Rack, Some(_)) => self.then == Then::SafeOff,
            (Who::Nobody, Some(_)) => false,
        };
        let wrong = field.events.iter().find(|(step, event)| {
            *step >= begun && fault_of(event).is_some() && !guilty(event.pack)
        });
        match wrong {
            Some(_) => Err(format!("accuses somebody else: {}", told(field, begun))),
            None => Ok(()),
        }
    }

    fn state_after(
        &self,
        field: &mut Field,
        named: &BTreeMap<Option<usize>, u64>,
        open_in_truth: Option<u64>,
    ) -> Result<(), String> {
        for pack in named.keys().flatten() {
            let seen = field.decision.packs[*pack];
            let right = match self.then {
                Then::Latched => seen.state == PackState::Latched,
                Then::Cooldown => {
                    matches!(seen.state, PackState::Cooldown { .. }) && seen.score > 0
                }
                Then::Open => matches!(
                    seen.state,
                    PackState::Cooldown { .. } | PackState::Fault | PackState::Latched
                ),
                Then::StuckClosed => seen.state == PackState::StuckClosed,
                Then::SafeOff | Then::Alarm | Then::Undisturbed => true,
            };
            let opened = seen.command == SwitchCommand::Open || self.then == Then::Alarm;
            if !right || !opened {
                let (state, reason) = (seen.state, seen.reason.code());
                return Err(format!(
                    "pack {pack} is {state:?} ({reason}), not {:?}",
                    self.then
                ));
            }
        }
        if self.then == Then::SafeOff {
            let open = open_in_truth.is_some_and(|tick| tick <= self.evidence + TRULY_OPEN_TICKS);
            let off = field.decision.system == SystemState::SafeOff;
            if !open || !off {
                let system = field.decision.system;
                return Err(format!(
                    "the rack is {system:?}, open in truth at {open_in_truth:?}"
                ));
            }
        }
        if self.then == Then::Alarm {
            let before = field.count(EventKind::Closed);
            for &pack in self.start.disabled {
                field.command(Command::Enable { pack: pack as u8 });
            }
            field.run_ms(ALARM_TICKS * 100);
            if field.count(EventKind::Closed) > before {
                return Err("a pack joined during the alarm".into());
            }
        }
        Ok(())
    }
}

fn fault_of(event: &Event) -> Option<Fault> {
    match event.reason {
        Some(Reason::Fault(fault)) => Some(fault),
        _ => None,
    }
}

/// The events since the injection, short.
pub fn told(field: &Field, begun: u64) -> String {
    let told: Vec<_> = field
        .events
        .iter()
        .filter(|(step, _)| *step >= begun)
        .map(|(step, event)| {
            let who = event.pack.map_or("rack".into(), |pack| pack.to_string());
            let why = event.reason.map_or("", |reason| reason.code());
            format!(
                "{}: {who} {} {why} {}",
                step - begun + 1,
                event.kind.code(),
                event.value
            )
        })
        .take(12)
        .collect();
    told.join(", ")
}

fn mend(field: &mut Field) {
    field.outputs.set_fault(None);
    for sensor in &mut field.sensors {
        sensor.set_fault(None);
    }
}

impl Field {
    /// The load does what it likes from now on.
    pub fn force_load(&mut self, load: Load) {
        self.forced_load = Some(load);
        self.plant.set_load(load);
    }
}

#[test]
fn each_injected_fault_gets_the_reaction_of_its_class_and_the_right_name() {
    let mut failed = Vec::new();
    let mut tried = 0;
    let mut told = |name: String, class: &str, result: Result<String, String>| {
        tried += 1;
        match &result {
            Ok(how) => println!("figure: A4 {name} | {class} | {how} | passed"),
            Err(why) => {
                println!("figure: A4 {name} | {class} | failed");
                failed.push(format!("{name}: {why}"));
            }
        }
    };
    for row in measuring().into_iter().chain(switching()).chain(loading()) {
        for &measured in row.start.bus {
            let bus = if measured {
                "bus measured"
            } else {
                "bus not measured"
            };
            let name = format!("{}: {}, {bus}", row.fault, row.case);
            told(name, &format!("{:?}", row.class), row.try_on(measured));
        }
    }
    for (fault, case, class, trial) in OWN {
        told(format!("{fault}: {case}"), class, trial());
    }
    println!("figure: A4 all | cases {tried} | failed {}", failed.len());
    assert!(
        failed.is_empty(),
        "{} of {tried} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
