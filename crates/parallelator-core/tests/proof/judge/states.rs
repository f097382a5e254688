//! What holds for the states of a pack: I9, I10, I11, I16, the report of I17, and I25.

use parallelator_core::*;

use super::{Judge, Seen, clears};

impl Judge {
    pub(super) fn judge_states(&mut self, seen: &Seen<'_>) {
        for index in 0..self.count {
            // The answer says which clear commands were obeyed; each must have named what it cleared.
            let mut cleared = false;
            for event in Self::events(seen, EventKind::Cleared) {
                if event.pack.map(usize::from) != Some(index) {
                    continue;
                }
                cleared = true;
                let named = clears(seen.inputs)
                    .any(|(pack, fault)| pack == index && event.reason == Some(fault.into()));
                self.holds(9, named, || format!("pack {index} was cleared by nobody"));
                let code = event.reason.map(Reason::code);
                if self.latched[index] == code
                    && self.previous.packs[index].state != PackState::StuckClosed
                {
                    self.latched[index] = None;
                }
            }
            self.i09_a_latch_stays(seen, index, cleared);
            // What hardware has seen takes a latch over, which is told.
            for event in Self::events(seen, EventKind::Latched) {
                let alert = event.reason == Some(Fault::HardwareAlert.into());
                if alert && event.pack.map(usize::from) == Some(index) {
                    self.latched[index] = event.reason.map(Reason::code);
                }
            }
            self.i10_a_cool_down_lasts(seen, index, cleared);
            self.i11_counters_never_fall(seen, index, cleared);
            self.i25_out_means_open(seen, index);
            self.i17_a_stuck_pack_is_shown(seen, index);
        }
        self.score_at_reboot = None;
        self.i16_a_real_step_is_believed(seen);
    }

    fn i09_a_latch_stays(&mut self, seen: &Seen<'_>, index: usize, cleared: bool) {
        let pack = &seen.decision.packs[index];
        if let Some(fault) = self.latched[index] {
            let named = clears(seen.inputs)
                .any(|(named, with)| named == index && (with.code() == fault || cleared));
            let hidden = matches!(pack.state, PackState::StuckClosed | PackState::Opening);
            let stays = pack.state == PackState::Latched || hidden;
            self.holds(9, stays || (named && cleared), || {
                format!("pack {index} left the latch {fault} as {:?}", pack.state)
            });
            self.holds(9, !seen.closed(index) || cleared, || {
                format!("latched pack {index} closed")
            });
            if !stays && cleared {
                self.latched[index] = None;
            }
        }
        if pack.state == PackState::Latched {
            self.latched[index] = Some(pack.reason.code());
            self.cooling[index] = None;
        }
    }

    fn i10_a_cool_down_lasts(&mut self, seen: &Seen<'_>, index: usize, cleared: bool) {
        let pack = &seen.decision.packs[index];
        if cleared {
            self.cooling[index] = None;
        }
        let until = match pack.state {
            PackState::Cooldown { until_ms } => Some(until_ms),
            _ => None,
        };
        if let Some(earlier) = self.cooling[index] {
            let later = until.is_none_or(|until| until >= earlier);
            self.holds(10, later, || {
                format!("pack {index}: {until:?} after {earlier}")
            });
            let core_ms = self.core_ms;
            self.holds(10, !seen.closed(index) || core_ms >= earlier, || {
                format!("pack {index} closed at {core_ms}, cooling until {earlier}")
            });
        }
        self.cooling[index] = until.or(self.cooling[index]);
        if seen.closed(index) {
            self.cooling[index] = None;
        }
    }

    fn i11_counters_never_fall(&mut self, seen: &Seen<'_>, index: usize, cleared: bool) {
        let (before, now) = (&self.previous.packs[index], &seen.decision.packs[index]);
        let joined = seen.closed(index) && !self.was_closed(index);
        let (was, is) = (before.closes, now.closes);
        if joined || was != is || self.score_at_reboot.is_some() {
            self.holds(11, is == was + u32::from(joined), || {
                format!("pack {index}: {was} closings became {is}")
            });
        }
        if let Some(score) = self.score_at_reboot.map(|scores| scores[index]) {
            let is = seen.decision.packs[index].score;
            self.holds(11, is >= score || cleared, || {
                format!("pack {index}: score {score} became {is} by a reboot")
            });
        }
    }

    fn i25_out_means_open(&mut self, seen: &Seen<'_>, index: usize) {
        let pack = &seen.decision.packs[index];
        let out = matches!(
            pack.state,
            PackState::Absent
                | PackState::Disabled
                | PackState::Fault
                | PackState::Latched
                | PackState::Cooldown { .. }
        );
        if out {
            self.holds(25, pack.command == SwitchCommand::Open, || {
                format!("pack {index} is {:?} while {:?}", pack.command, pack.state)
            });
        }
    }

    fn i17_a_stuck_pack_is_shown(&mut self, seen: &Seen<'_>, index: usize) {
        let (before, now) = (&self.previous.packs[index], &seen.decision.packs[index]);
        if before.state != PackState::StuckClosed && now.state != PackState::StuckClosed {
            return;
        }
        let cleared = clears(seen.inputs).any(|(pack, _)| pack == index);
        let shown = now.state == PackState::StuckClosed && matches!(now.reason, Reason::Fault(_));
        self.holds(17, shown || cleared, || {
            format!("stuck pack {index} shown as {:?}", now.state)
        });
    }

    /// Alone on a bus that is not measured, the voltage of the bus is the one the core believes of the pack.
    fn i16_a_real_step_is_believed(&mut self, seen: &Seen<'_>) {
        let mut closed = (0..self.count).filter(|&index| self.was_closed(index));
        let (Some(alone), None, None) = (closed.next(), closed.next(), seen.inputs.bus.voltage)
        else {
            return;
        };
        let leak = i64::from(self.params.i_leak.get());
        let others_rest = (0..self.count)
            .filter(|&index| index != alone)
            .all(|index| {
                let state = |decision: &Decision<{ crate::rack::N }>| {
                    matches!(
                        decision.packs[index].state,
                        PackState::Opening | PackState::StuckClosed | PackState::Precharge
                    )
                };
                !state(&self.previous)
                    && !state(seen.decision)
                    && !seen.closed(index)
                    && self.last_current(index).abs() <= leak
            });
        let Some(believed) = seen.decision.bus_voltage.filter(|_| others_rest) else {
            return;
        };
        let window = usize::from(self.params.k_reject) + 1;
        let offered = self.readings[alone].offered;
        if self.moving < offered.len() {
            return;
        }
        let recent = &offered[..window.min(offered.len())];
        let known = recent
            .iter()
            .flatten()
            .any(|&volts| volts == believed.get());
        self.holds(16, known, || {
            format!("pack {alone}: {believed:?} believed after {recent:?}")
        });
    }
}
