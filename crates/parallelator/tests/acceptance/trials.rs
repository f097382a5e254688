//! A4: faults that need a procedure of their own: a charger that climbs, clocks, reboots, and what is stored.

use battery_sim::plant::{Charger, PlantFault, Random};
use parallelator_core::{
    Command, EventKind, Fault, PackState, Params, RECORD_MAX, Reason, SwitchCommand, SystemState,
};

use super::{
    demand::{Ask, Demand},
    fault_rows::MEASURED,
    faults::{Start, told},
    field::{Field, TICK_MS},
};

type Outcome = Result<String, String>;

/// Four packs that stay together, without a load.
const RESTING: Start = Start {
    demand: Demand::Steady(Ask {
        load_a: 0.0,
        charger_a: 0.0,
    }),
    ..Start::FOUR
};

fn hold(kept: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if kept { Ok(()) } else { Err(otherwise()) }
}

/// What the core would store now.
fn record(field: &Field) -> Vec<u8> {
    let mut buffer = [0; RECORD_MAX];
    field.core.write_record(&mut buffer).unwrap().to_vec()
}

/// A charger that obeys nobody drives full packs above `v_ov_abs`.
///
/// In each step every pack whose sample shows the limit, or a hard over-current, has to be open; the first opening makes the
/// current of the others larger, so they follow one by one, each for its own sample.
pub fn charger_over_voltage() -> Outcome {
    let start = Start {
        volts: &[29.2; 4],
        controllable: false,
        bus: MEASURED,
        ..RESTING
    };
    let mut field = start.field(true);
    start.settle(&mut field)?;
    let begun = field.steps;
    let params = *field.core.params();
    field.forced_charger = Some(Charger {
        current_a: 52.0,
        voltage_v: 32.0,
    });
    let mut over = [false; 4];
    let mut first = None;
    for tick in 1..=50 {
        field.tick();
        for (pack, over) in over.iter_mut().enumerate() {
            let input = &field.inputs.packs[pack];
            let seen = input.voltage.value >= params.v_ov_abs
                || (input.current.value >= params.hard_charge()
                    && field.decision.packs[pack].closes > 0);
            *over |= seen;
            if *over && first.is_none() {
                first = Some(tick);
            }
            hold(
                !*over || field.decision.packs[pack].command == SwitchCommand::Open,
                || format!("pack {pack} stays closed: {}", told(&field, begun)),
            )?;
        }
    }
    hold(over.contains(&true), || {
        "the charger never got there".into()
    })?;
    for pack in 0..4 {
        let seen = &field.decision.packs[pack];
        let named = matches!(
            seen.reason,
            Reason::Fault(Fault::OverVoltageAbs | Fault::OverCurrentHard)
        );
        hold(seen.state == PackState::Latched && named, || {
            format!("pack {pack} is {:?}: {}", seen.state, told(&field, begun))
        })?;
    }
    Ok(format!(
        "each pack in the step of its sample, the first after {} ticks",
        first.unwrap_or(0)
    ))
}

/// The pack that was first on the bus does not conduct, and nobody measures the bus.
///
/// One join cannot tell which of two packs is broken. Two can: what both had in common is opened (D8), and the healthy ones
/// come back after their cool-down.
pub fn first_pack_stuck_open() -> Outcome {
    let mut field = field_with_broken_highest(false);
    let mut joins = 0;
    let mut named = None;
    for tick in 1..=100 {
        let before = field.count(EventKind::Closed);
        field.tick();
        joins += field.count(EventKind::Closed) - before;
        let open = field.decision.packs[3].command == SwitchCommand::Open;
        if joins > 0 && open && named.is_none() {
            named = Some((tick, joins));
        }
    }
    let story = told(&field, 0);
    let (tick, joins) = named.ok_or_else(|| format!("pack 3 never opened: {story}"))?;
    hold(joins <= 3, || {
        format!("pack 3 was opened after {joins} joins: {story}")
    })?;
    field.run_ms(30_000);
    healthy_packs_are_connected(&field, tick)
}

/// The same on a measured bus: it is dead though a pack is closed on it, which that pack alone explains.
pub fn first_pack_stuck_open_measured() -> Outcome {
    let mut field = field_with_broken_highest(true);
    let mut closed_at = None;
    let mut opened_at = None;
    for tick in 1..=300 {
        field.tick();
        let closed = field.decision.packs[3].command == SwitchCommand::Closed;
        if closed && closed_at.is_none() {
            closed_at = Some(tick);
        }
        if !closed && closed_at.is_some() && opened_at.is_none() {
            opened_at = Some(tick);
        }
    }
    let story = told(&field, 0);
    let (closed, opened) = closed_at
        .zip(opened_at)
        .ok_or(format!("never opened: {story}"))?;
    hold(opened - closed <= 5 + 100, || {
        format!("opened after {} ticks", opened - closed)
    })?;
    healthy_packs_are_connected(&field, opened - closed)
}

/// Pack 3 is the highest, goes first, and does not conduct.
fn field_with_broken_highest(bus_measured: bool) -> Field {
    let start = Start {
        volts: &[26.0, 26.0, 26.0, 26.19],
        ..RESTING
    };
    let mut field = start.field(bus_measured);
    field.plant.inject(3, PlantFault::StuckOpen);
    field
}

fn healthy_packs_are_connected(field: &Field, ticks: u64) -> Outcome {
    let healthy = field.decision.packs.iter().take(3);
    let connected = healthy
        .filter(|pack| pack.state == PackState::Closed)
        .count();
    hold(connected == 3, || {
        format!(
            "{connected} of 3 healthy packs connected: {}",
            told(field, 0)
        )
    })?;
    Ok(format!(
        "opened after {ticks} ticks, the healthy packs connected"
    ))
}

/// A hot pack cools down while the clock jumps an hour: it waits on, and nobody joins in that step.
pub fn clock_jump_forward() -> Outcome {
    jump(
        |field| field.now_ms += 3_600_000,
        Some(EventKind::ClockJump),
    )
}

/// The same with a step back.
pub fn clock_jump_back() -> Outcome {
    jump(
        |field| field.now_ms -= 60_000,
        Some(EventKind::ClockBackwards),
    )
}

/// Without a disturbance the pack that waits joins in that very step: the trial asks this first.
fn jump(disturb: fn(&mut Field), kind: Option<EventKind>) -> Outcome {
    if kind.is_some() {
        jump(|_| {}, None)?;
    }
    let start = Start {
        demand: Demand::Steady(Ask {
            load_a: 3.0,
            charger_a: 0.0,
        }),
        disabled: &[3],
        ..Start::FOUR
    };
    let mut field = start.field(false);
    start.settle(&mut field)?;
    field.run_ms(60_000);
    field.plant.inject(2, PlantFault::HotPack(70.0));
    field.run_ms(1_000);
    field.plant.repair(2);
    field.tick();
    let wait = |field: &Field| field.decision.packs[2].eligible_in_ms;
    let before = wait(&field).ok_or("the hot pack does not cool down")?;
    field.command(Command::Enable { pack: 3 });
    disturb(&mut field);
    let begun = field.steps;
    let closings = field.count(EventKind::Closed);
    field.tick();
    let joined = field.count(EventKind::Closed) > closings;
    hold(joined == kind.is_none(), || {
        format!("joined in that step: {joined}")
    })?;
    let Some(kind) = kind else {
        return Ok("joined at once".into());
    };
    let told_of = field
        .events
        .iter()
        .any(|(step, e)| *step == begun && e.kind == kind);
    hold(told_of, || {
        format!("no {}: {}", kind.code(), told(&field, begun))
    })?;
    let after = wait(&field).ok_or("the cool-down has ended")?;
    // Core time goes on by three ticks at most (D19).
    hold(after + 300 >= before, || {
        format!("cool-down from {before} to {after} ms")
    })?;
    field.run_ms(5_000);
    hold(field.closed() == 3, || {
        format!("pack 3 never joined: {}", told(&field, begun))
    })?;
    Ok("1 tick, no join in it, the cool-down goes on".into())
}

/// Ticks are missed while packs join: never a join in the step after the gap.
pub fn missed_ticks_while_joining() -> Outcome {
    const STORIES: u64 = 40;
    for story in 0..STORIES {
        let mut random = Random::new(story);
        let mut field = RESTING.field(false);
        for round in 0..40 {
            // So many regular steps between the gaps that a join comes due in any place.
            field.run_ms(TICK_MS * (1 + random.bits() % 6));
            field.miss_ms(400);
            let before = field.count(EventKind::Closed);
            field.tick();
            hold(field.count(EventKind::Closed) == before, || {
                format!("story {story}: a join in the step after gap {round}")
            })?;
        }
        hold(field.closed() == 4, || {
            format!("story {story}: {} of 4 joined", field.closed())
        })?;
        hold(field.count(EventKind::Opened) == 0, || {
            format!("story {story}: openings: {}", field.openings())
        })?;
    }
    Ok(format!(
        "{STORIES} stories, no join in a step after a gap, all joined in the end"
    ))
}

/// The controller is reset at each step of a story with joins, a fault, a cool-down and a latch.
pub fn reboot_at_every_step() -> Outcome {
    const STORY_TICKS: u64 = 150;
    const REJOIN_EVERY: u64 = 25;
    const REJOIN_MS: u64 = 1_800_000;
    let mut reboots = 0;
    for at in 0..STORY_TICKS {
        let mut field = RESTING.field(false);
        for tick in 0..at {
            match tick {
                60 => field.plant.inject(1, PlantFault::HotPack(70.0)),
                70 => field.plant.repair(1),
                80 => field.inputs.io.alerts = [2].into_iter().collect(),
                82 => field.inputs.io.alerts = parallelator_core::PackSet::EMPTY,
                _ => {}
            }
            field.demand = Demand::Steady(Ask {
                load_a: if tick > 40 { 6.0 } else { 0.0 },
                charger_a: 0.0,
            });
            field.tick();
        }
        let before = field.decision.packs;
        let stored = record(&field);
        field.inputs.io.alerts = parallelator_core::PackSet::EMPTY;
        field.reboot(Params::default(), Some(&stored));
        hold(field.judge.members() == 0, || {
            format!("step {at}: a switch is closed after the reset")
        })?;
        for _ in 0..STORY_TICKS {
            field.tick();
            for (pack, old) in before.iter().enumerate().take(4) {
                let now = &field.decision.packs[pack];
                hold(now.score >= old.score && now.closes >= old.closes, || {
                    format!("step {at}: pack {pack} forgot its score or its closings")
                })?;
                let latched = old.state == PackState::Latched;
                hold(
                    !latched || now.state == PackState::Latched || now.state == PackState::Opening,
                    || format!("step {at}: latched pack {pack} is {:?}", now.state),
                )?;
                let cooling = old.score > 0 && field.now_ms <= 10_000;
                hold(!cooling || now.command == SwitchCommand::Open, || {
                    format!("step {at}: pack {pack} joined before its back-off was over")
                })?;
            }
        }
        let worst = field.judge.at_join.value.max(field.judge.later.value);
        hold(worst <= 5.0, || {
            format!("step {at}: {worst:.2} A circulate")
        })?;
        if at % REJOIN_EVERY == 0 {
            // A pack that was closed counts as opened under full load and has to rest; a load would part those that joined.
            field.demand = RESTING.demand;
            field.run_ms(REJOIN_MS);
            let free = (0..4)
                .filter(|&pack| before[pack].state != PackState::Latched)
                .count();
            hold(field.closed() == free, || {
                let story = told(&field, 0);
                format!(
                    "step {at}: {} of {free} joined again: {story}",
                    field.closed()
                )
            })?;
        }
        reboots += 1;
    }
    Ok(format!(
        "{reboots} reboots, scores, latches and closings kept"
    ))
}

/// Each bit of a stored record is turned over once.
pub fn corrupted_record() -> Outcome {
    let good = eventful_record()?;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        stays_off(&bad, &format!("bit {bit}"))?;
    }
    Ok(format!(
        "{} bits, each found; off until armed",
        good.len() * 8
    ))
}

/// A record whose writing was cut off at any byte: the rest is the old one, or erased.
pub fn torn_record() -> Outcome {
    let new = eventful_record()?;
    let old = {
        let mut field = RESTING.field(false);
        RESTING.settle(&mut field)?;
        record(&field)
    };
    hold(old != new && old.len() == new.len(), || {
        "the two records do not differ".into()
    })?;
    let mut torn = 0;
    for cut in 1..new.len() {
        let over_old: Vec<_> = new[..cut].iter().chain(&old[cut..]).copied().collect();
        let erased: Vec<_> = new[..cut]
            .iter()
            .copied()
            .chain(vec![0xFF; new.len() - cut])
            .collect();
        for (bytes, kind) in [
            (over_old, "over the old"),
            (erased, "erased"),
            (new[..cut].to_vec(), "short"),
        ] {
            // A cut in bytes that are alike leaves one of the two whole.
            if bytes == new || bytes == old {
                continue;
            }
            stays_off(&bytes, &format!("cut {cut}, {kind}"))?;
            torn += 1;
        }
    }
    Ok(format!("{torn} torn records, each found; off until armed"))
}

/// The record of a rack with a score, a latch and closings.
fn eventful_record() -> Result<Vec<u8>, String> {
    let start = Start::FOUR;
    let mut field = start.field(false);
    start.settle(&mut field)?;
    field.plant.inject(1, PlantFault::HotPack(70.0));
    field.inputs.io.alerts = [2].into_iter().collect();
    field.run_ms(1_000);
    Ok(record(&field))
}

/// A rack that starts with this record stays off, says why, and starts once it is armed.
fn stays_off(bytes: &[u8], name: &str) -> Result<(), String> {
    let mut field = RESTING.field(false);
    field.reboot(Params::default(), Some(bytes));
    for _ in 0..30 {
        field.tick();
        let off = field.decision.system == SystemState::SafeOff;
        let said = field.decision.system_reason == Some(Reason::Fault(Fault::Config));
        hold(off && said && field.closed() == 0, || {
            let decision = &field.decision;
            format!(
                "{name}: {:?}, {:?}",
                decision.system, decision.system_reason
            )
        })?;
    }
    field.command(Command::Arm);
    field.run_ms(10_000);
    hold(field.closed() == 4, || {
        format!("{name}: {} of 4 joined after arming", field.closed())
    })
}

/// Parameters that are not valid as a whole arrive in operation: an event, and nothing changes.
pub fn invalid_parameters() -> Outcome {
    let start = Start::FOUR;
    let mut field = start.field(false);
    start.settle(&mut field)?;
    let good = *field.core.params();
    let spoil: [fn(&mut Params); 4] = [
        |params| params.v_uv = params.v_uv_rec,
        |params| params.i_circ_max = params.i_dis_max.saturating_add(params.i_dis_max),
        |params| params.age_soft_ms = 1,
        |params| params.t_settle_ms = 0,
    ];
    for (case, spoil) in spoil.iter().enumerate() {
        let mut bad = good;
        spoil(&mut bad);
        hold(bad.check().is_err(), || {
            format!("case {case} is a valid configuration")
        })?;
        field.inputs.new_params = Some(bad);
        let begun = field.steps;
        field.tick();
        let refused = |(step, event): &&(u64, parallelator_core::Event)| {
            *step == begun && event.kind == EventKind::ConfigRejected
        };
        hold(field.events.iter().any(|event| refused(&event)), || {
            format!("case {case}: no event: {}", told(&field, begun))
        })?;
        hold(*field.core.params() == good && field.closed() == 4, || {
            format!("case {case}: something changed: {}", told(&field, begun))
        })?;
        field.run_ms(10 * TICK_MS);
    }
    Ok("1 tick, an event, nothing changed".into())
}
