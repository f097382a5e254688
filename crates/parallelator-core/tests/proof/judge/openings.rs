//! What holds for openings: I7, I8, I14, the second half of I15, I20, I21 and I24.

use parallelator_core::*;

use super::{Judge, Offer, Seen};

/// Whether a fault is a soft one in the sense of the rules.
fn is_soft(reason: Option<Reason>) -> bool {
    let Some(Reason::Fault(fault)) = reason else {
        return false;
    };
    matches!(
        fault.class(),
        FaultClass::S1 | FaultClass::S2 | FaultClass::W
    )
}

impl Judge {
    pub(super) fn judge_openings(&mut self, seen: &Seen<'_>) {
        self.i07_absolute_limits(seen);
        self.i08_emergency_stop(seen);
        self.i09_a_lost_record_closes_nothing(seen);
        self.i14_no_way_to_the_switches(seen);
        self.i15_no_old_sample(seen);
        self.i20_no_cascade(seen);
        self.i21_the_last_pack_rides_through(seen);
        self.i24_one_event_for_each_change(seen);
    }

    fn i07_absolute_limits(&mut self, seen: &Seen<'_>) {
        let both = self.tripping();
        let v_ov_abs = i64::from(both[0].v_ov_abs.max(both[1].v_ov_abs).get());
        let possible = i64::from(both[0].v_ov_abs.min(both[1].v_ov_abs).get()) * 3 / 2;
        let hard = |limit: fn(&Params) -> i32| {
            let of = |params: &Params| i64::from(limit(params)) * i64::from(params.k_oc.get());
            of(&both[0]).max(of(&both[1]))
        };
        let (hard_dis, hard_chg) = (hard(|p| p.i_dis_max.get()), hard(|p| p.i_chg_max.get()));
        for index in 0..self.count {
            let input = &seen.inputs.packs[index];
            let volts = i64::from(input.voltage.value.get());
            let over = match input.voltage.quality {
                Quality::Good => (v_ov_abs..=possible).contains(&volts),
                Quality::OverRange => volts >= v_ov_abs,
                Quality::Missing => false,
            };
            let current = i64::from(input.current.value.get());
            // What is not newer than the last reading says nothing new.
            let over = over && self.readings[index].voltage_is_new;
            let flows =
                input.current.quality != Quality::Missing && self.readings[index].current_is_new;
            let hard = flows
                && (current * 1_000 >= hard_chg
                    || -current * 1_000 >= hard_dis
                    || input.current.quality == Quality::OverRange);
            let alert = seen.inputs.io.alerts.contains(index);
            let closed = seen.closed(index);
            if alert {
                self.holds(7, !closed, || {
                    format!("pack {index} closed in spite of its alert")
                });
            }
            if !over && !hard {
                self.waiting_since[index] = None;
                continue;
            }
            // More than the switch can break waits for the current to fall (D14).
            let too_much = self.last_current(index).abs()
                > i64::from(self.params.i_break_max.get())
                || current.abs() > i64::from(self.params.i_break_max.get());
            if !closed || !too_much {
                self.waiting_since[index] = None;
                self.holds(7, !closed, || {
                    format!("pack {index} closed at {volts} mV, {current} mA")
                });
                continue;
            }
            let since = *self.waiting_since[index].get_or_insert(self.real_ms);
            let waited = self.real_ms - since;
            let longest = both[0].t_shed_ms.max(both[1].t_shed_ms);
            self.holds(7, waited <= i128::from(longest), || {
                format!("pack {index} has waited {waited} ms for its current to fall")
            });
            let decision = seen.decision;
            self.holds(7, !decision.load_permit && !decision.charge_permit, || {
                format!("a permit while pack {index} waits for its current to fall")
            });
        }
    }

    fn i08_emergency_stop(&mut self, seen: &Seen<'_>) {
        let commands = &seen.inputs.commands;
        if seen.inputs.io.estop || commands.contains(&Some(Command::EStop)) {
            self.estopped = true;
        } else if commands.contains(&Some(Command::Arm)) {
            self.estopped = false;
        }
        if !self.estopped {
            return;
        }
        let open =
            (0..self.count).all(|index| seen.decision.packs[index].command == SwitchCommand::Open);
        self.holds(8, open, || {
            "not everything is open in an emergency stop".to_owned()
        });
        let system = seen.decision.system;
        self.holds(8, system == SystemState::SafeOff, || {
            format!("{system:?} in an emergency stop")
        });
    }

    /// Whoever lost the record lost the latches in it: nothing closes until somebody arms the rack.
    fn i09_a_lost_record_closes_nothing(&mut self, seen: &Seen<'_>) {
        let held = seen.inputs.io.estop || seen.inputs.commands.contains(&Some(Command::EStop));
        if seen.inputs.commands.contains(&Some(Command::Arm)) && !held {
            self.record_lost = false;
        }
        if self.record_lost {
            let open = (0..self.count)
                .all(|index| seen.decision.packs[index].command == SwitchCommand::Open);
            self.holds(9, open, || {
                "closed after the record was lost, and nobody armed".to_owned()
            });
        }
    }

    fn i14_no_way_to_the_switches(&mut self, seen: &Seen<'_>) {
        let io = &seen.inputs.io;
        let rejected = Self::events(seen, EventKind::ConfigRejected)
            .next()
            .is_some();
        let applied = Self::events(seen, EventKind::ConfigApplied)
            .next()
            .is_some();
        let must_refuse = match seen.offer {
            Offer::Invalid => true,
            Offer::Looser => self.closed_before() > 0,
            Offer::Tighter | Offer::None => false,
        };
        if must_refuse {
            let offer = seen.offer;
            self.holds(14, rejected && !applied, || {
                format!("{offer:?} parameters were taken")
            });
        }
        if io.readback_ok && io.write_ok && io.topology_ok && !io.brown_out {
            return;
        }
        let open =
            (0..self.count).all(|index| seen.decision.packs[index].command == SwitchCommand::Open);
        self.holds(
            14,
            open && seen.decision.system == SystemState::SafeOff,
            || format!("{:?} without a way to the switches", seen.decision.system),
        );
    }

    fn i15_no_old_sample(&mut self, seen: &Seen<'_>) {
        let both = self.tripping();
        let hard_ms = both[0].age_hard_ms.max(both[1].age_hard_ms);
        for index in 0..self.count {
            if !seen.closed(index) && !self.was_closed(index) {
                continue;
            }
            let age = self.age_ms(index);
            let old = age.is_none_or(|age| age > i128::from(hard_ms));
            if old {
                self.holds(15, !seen.closed(index), || {
                    format!("pack {index} closed at {age:?} ms")
                });
            }
        }
    }

    fn i20_no_cascade(&mut self, seen: &Seen<'_>) {
        // A switch that is stuck open carries nothing, and exchanged wires both have to go: neither loads the others.
        let soft = |event: &Event| matches!(event.reason, Some(Reason::Fault(fault)) if fault.class() == FaultClass::S1);
        let mut opened = Self::events(seen, EventKind::Opened)
            .filter(soft)
            .peekable();
        if opened.peek().is_none() {
            return;
        }
        let waited = |event: Event| {
            let before = event
                .pack
                .and_then(|pack| self.previous.packs.get(usize::from(pack)));
            before.is_some_and(|pack| pack.state == PackState::Opening)
        };
        let delayed = opened.any(waited);
        let apart = u64::from(self.params.t_shed_ms);
        let too_soon = (self.last_soft_ms).is_some_and(|last_ms| self.core_ms - last_ms < apart);
        if too_soon && delayed && self.last_soft_was_delayed {
            // Several that waited for their currents to fall were decided in one write.
            self.holds(20, true, String::new);
        } else if let Some(last_ms) = self.last_soft_ms {
            let since = self.core_ms - last_ms;
            self.holds(20, since >= apart, || {
                format!("soft openings {since} ms apart")
            });
        } else {
            self.holds(20, true, String::new);
        }
        self.last_soft_ms = Some(self.core_ms);
        self.last_soft_was_delayed = delayed;
    }

    fn i21_the_last_pack_rides_through(&mut self, seen: &Seen<'_>) {
        let now = (0..self.count).filter(|&index| seen.closed(index)).count();
        let rides = self.params.last_pack_policy == LastPackPolicy::RideThrough;
        // A pack that is stuck, carries a current or is not confirmed open holds the bus as well.
        let leak = i64::from(self.params.i_leak.get());
        let others = (0..self.count).any(|index| {
            let state = self.previous.packs[index].state;
            let held = matches!(state, PackState::StuckClosed | PackState::Opening);
            !self.was_closed(index) && (held || self.last_current(index).abs() > leak)
        });
        if !rides || self.closed_before() != 1 || others {
            return;
        }
        let alarmed = (0..self.count).any(|index| {
            seen.closed(index) && matches!(seen.decision.packs[index].reason, Reason::Fault(_))
        });
        if alarmed {
            self.holds(21, true, String::new);
        }
        if now > 0 {
            return;
        }
        let softly = Self::events(seen, EventKind::Opened)
            .filter(|event| event.pack.is_some_and(|pack| self.was_closed(pack.into())))
            .find(|event| is_soft(event.reason) && event.reason != Some(Fault::Swapped.into()))
            .map(|event| event.reason);
        let bus = seen.inputs.bus.voltage;
        let dead = bus.is_some_and(|bus| bus.get() <= self.params.v_uv_abs.get() / 2);
        if dead && softly == Some(Some(Fault::StuckOpen.into())) {
            // It held no bus: measured, that is dead though the pack is commanded closed.
            return;
        }
        self.holds(21, softly.is_none(), || {
            format!("{softly:?} took the last pack")
        });
    }

    fn i24_one_event_for_each_change(&mut self, seen: &Seen<'_>) {
        let mut counted = true;
        for event in seen.decision.events.iter() {
            counted &= event.seq == self.seq.wrapping_add(1);
            self.seq = event.seq;
        }
        if Self::events(seen, EventKind::EventsLost).next().is_some() {
            return;
        }
        self.holds(24, counted, || {
            "events are not counted without a gap".to_owned()
        });
        for index in 0..self.count {
            let (before, now) = (
                self.previous.packs[index].command,
                seen.decision.packs[index].command,
            );
            let expected = match now {
                _ if now == before => None,
                SwitchCommand::Closed => Some(EventKind::Closed),
                SwitchCommand::Precharge => Some(EventKind::Precharging),
                SwitchCommand::Open => Some(EventKind::Opened),
            };
            let switching = [EventKind::Closed, EventKind::Opened, EventKind::Precharging];
            let told: Vec<_> = seen
                .decision
                .events
                .iter()
                .filter(|event| event.pack.map(usize::from) == Some(index))
                .filter(|event| switching.contains(&event.kind))
                .collect();
            let right = told.len() == usize::from(expected.is_some())
                && told
                    .iter()
                    .all(|event| Some(event.kind) == expected && event.reason.is_some());
            if expected.is_some() || !told.is_empty() {
                self.holds(24, right, || {
                    format!("pack {index}: {before:?} to {now:?}, {told:?}")
                });
            }
        }
    }
}
