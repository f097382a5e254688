//! What holds for joins: I1, I2, I5, I6, I12, I13, the first half of I15, I17 and I28.

use battery_units::DeciCelsius;
use parallelator_core::*;

use super::{Judge, Seen, clears};
use crate::rack::N;

/// An hour in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// Amperes that rounding in the answer may cost.
const ROUNDING_A: f64 = 0.001;

/// Whether a pack waits because joining would be wrong, and not for its turn or for somebody's word.
///
/// The budget of closings is not among them: a smaller first set may fit into it where a larger one does not.
fn is_refusal(reason: Reason) -> bool {
    let Reason::Waiting(waiting) = reason else {
        return false;
    };
    matches!(
        waiting,
        Waiting::CirculatingCurrent
            | Waiting::DifferenceTooLarge
            | Waiting::PackLimit
            | Waiting::VoltageLow
            | Waiting::VoltageHigh
            | Waiting::TemperatureWindow
            | Waiting::WouldCharge
            | Waiting::WouldDischarge
            | Waiting::StaleSample
            | Waiting::CollectingSamples
            | Waiting::CurrentWhileOpen
            | Waiting::MemberUnknown
            | Waiting::ClockJump
            | Waiting::UnknownSource
            | Waiting::CurrentSum
            | Waiting::PathResistance
    )
}

impl Judge {
    pub(super) fn judge_joins(&mut self, seen: &Seen<'_>) {
        self.i28_tighter_limits_admit_nobody_new(seen);
        let joined: PackSet = (0..self.count)
            .filter(|&index| seen.closed(index) && !self.was_closed(index))
            .collect();
        self.i01_stays_closed_only_while_it_was(seen, joined);
        if joined.is_empty() {
            return;
        }
        self.i01_passed_the_gate(seen, joined);
        self.i02_i05_i17_true_currents(seen);
        self.i06_one_join_at_a_time(seen, joined);
        self.i12_within_the_budget(joined);
        self.i13_no_command_closes(seen, joined);
        self.i15_joined_on_a_fresh_sample(joined);
    }

    fn i01_stays_closed_only_while_it_was(&mut self, seen: &Seen<'_>, joined: PackSet) {
        for index in 0..self.count {
            if !seen.closed(index) || joined.contains(index) {
                continue;
            }
            let (before, now) = (
                self.previous.packs[index].state,
                seen.decision.packs[index].state,
            );
            let was = matches!(
                before,
                PackState::Closing | PackState::Closed | PackState::Opening
            );
            let is = matches!(
                now,
                PackState::Closing | PackState::Closed | PackState::Opening
            );
            self.holds(1, was && is, || {
                format!("pack {index} is closed as {before:?}, {now:?}")
            });
        }
    }

    /// Rule D3, as far as inputs tell.
    fn i01_passed_the_gate(&mut self, seen: &Seen<'_>, joined: PackSet) {
        let params = self.params;
        let hint = seen.inputs.bus.mode_hint;
        let floor = match hint {
            ModeHint::Discharge | ModeHint::Idle => params.v_uv,
            ModeHint::Charge | ModeHint::Auto => params.v_uv_abs,
        };
        let top = if hint == ModeHint::Charge {
            params.v_ov_rec
        } else {
            params.v_ov
        };
        for index in joined.iter() {
            let input = &seen.inputs.packs[index];
            let volts = self.readings[index].voltage.map_or(0, |(_, volts)| volts);
            self.holds(1, (floor.get()..=top.get()).contains(&volts), || {
                format!("pack {index} joined at {volts} mV")
            });
            let count = self.readings[index].count;
            self.holds(1, count >= 5, || {
                format!("pack {index} joined after {count} samples")
            });
            let state = seen.decision.packs[index].state;
            let system = seen.decision.system;
            let running = matches!(
                system,
                SystemState::Running | SystemState::Shedding | SystemState::Service
            );
            self.holds(1, state == PackState::Closing && running, || {
                format!("pack {index} joined as {state:?} while {system:?}")
            });
            let alert = seen.inputs.io.alerts.contains(index);
            self.holds(1, !alert && self.regular, || {
                format!("pack {index} joined in a bad moment")
            });
            // Below absolute zero it is no reading.
            let read =
                |t: &Sample<DeciCelsius>| t.quality == Quality::Good && t.value.get() > -2_732;
            if let Some(temperature) = input.temperature.filter(read) {
                let value = temperature.value;
                let charge = value >= params.t_chg_min && value <= params.t_chg_max;
                let discharge = value >= params.t_dis_min && value <= params.t_dis_max;
                let fits = match hint {
                    ModeHint::Charge => charge,
                    ModeHint::Discharge => discharge,
                    _ => charge || discharge,
                };
                let fresh = i128::from(temperature.age_ms) <= 0;
                self.holds(1, fits || !fresh, || {
                    format!("pack {index} joined at {value:?}")
                });
            }
            if let Some(bus) = seen.inputs.bus.voltage.filter(|_| self.closed_before() > 0) {
                let apart = (i64::from(volts) - i64::from(bus.get())).abs();
                self.holds(1, apart <= i64::from(params.dv_max.get()), || {
                    format!("pack {index} joined {apart} mV from the bus")
                });
            }
        }
    }

    /// The true rack directly after a join.
    fn i02_i05_i17_true_currents(&mut self, seen: &Seen<'_>) {
        if !seen.exact {
            return;
        }
        let limit = f64::from(self.params.i_circ_max.get()) / 1_000.0 + ROUNDING_A;
        let stuck =
            (0..self.count).any(|index| self.previous.packs[index].state == PackState::StuckClosed);
        for index in seen.truth.conducts.iter() {
            let (pair, circulating) = (seen.truth.worst_pair[index], seen.truth.circulating[index]);
            self.holds(2, pair <= limit, || {
                format!("pack {index}: bound {pair} A of {limit} A")
            });
            self.holds(5, circulating.abs() <= limit, || {
                format!("pack {index} circulates {circulating} A of {limit} A")
            });
            if stuck {
                self.holds(17, pair <= limit, || {
                    format!("pack {index}: {pair} A with a stuck pack, limit {limit} A")
                });
            }
        }
    }

    fn i06_one_join_at_a_time(&mut self, seen: &Seen<'_>, joined: PackSet) {
        let half_floor = self.params.v_uv_abs.get() / 2;
        // A bus that one of them has charged through its resistor was dead before.
        let charged =
            (self.previous.packs.iter()).any(|pack| pack.command == SwitchCommand::Precharge);
        let low = seen
            .inputs
            .bus
            .voltage
            .is_none_or(|volts| volts.get() <= half_floor);
        let dead = self.closed_before() == 0 && (low || charged);
        let whole_set = dead && !seen.inputs.bus.load_controllable;
        self.holds(6, joined.len() == 1 || whole_set, || {
            format!("joined together: {joined:?}")
        });
        if let Some(last_ms) = self.last_join_ms {
            let since = self.core_ms - last_ms;
            let settle = u64::from(self.params.t_settle_ms);
            self.holds(6, since >= settle, || {
                format!("joined {since} ms after the last")
            });
        }
        self.last_join_ms = Some(self.core_ms);
    }

    fn i12_within_the_budget(&mut self, joined: PackSet) {
        let now = self.before_ms + self.core_ms;
        self.joins.retain(|(at, _)| now - at < HOUR_MS);
        self.joins.extend(joined.iter().map(|index| (now, index)));
        let fleet = match self.params.closes_per_hour_fleet {
            Some(budget) => usize::from(budget),
            None => (4 * self.count).max(60),
        };
        let all = self.joins.len();
        self.holds(12, all <= fleet, || {
            format!("{all} closings of the rack, {fleet} allowed")
        });
        for index in joined.iter() {
            let own = self.joins.iter().filter(|(_, pack)| *pack == index).count();
            let budget = usize::from(self.params.closes_per_hour_pack);
            self.holds(12, own <= budget, || {
                format!("pack {index} closed {own} times of {budget}")
            });
        }
    }

    fn i13_no_command_closes(&mut self, seen: &Seen<'_>, joined: PackSet) {
        let Some(without) = seen.without_commands else {
            return;
        };
        // Clearing a stuck pack takes it out of every prediction, which is what the command is for.
        let freed = clears(seen.inputs).any(|(index, _)| {
            index < N && self.previous.packs[index].state == PackState::StuckClosed
        });
        if freed {
            return;
        }
        for index in joined.iter() {
            let other = &without.packs[index];
            let forced = other.command != SwitchCommand::Closed && is_refusal(other.reason);
            self.holds(13, !forced, || {
                format!(
                    "a command closed pack {index}, refused as {:?}",
                    other.reason
                )
            });
        }
    }

    fn i15_joined_on_a_fresh_sample(&mut self, joined: PackSet) {
        for index in joined.iter() {
            let age = self.age_ms(index);
            let fresh = age.is_some_and(|age| age <= i128::from(self.params.age_soft_ms));
            self.holds(15, fresh, || {
                format!("pack {index} joined on a sample of {age:?} ms")
            });
        }
    }

    fn i28_tighter_limits_admit_nobody_new(&mut self, seen: &Seen<'_>) {
        let Some((tight, name)) = seen.tightened else {
            return;
        };
        for index in 0..self.count {
            let joins =
                tight.packs[index].command == SwitchCommand::Closed && !self.was_closed(index);
            if !joins {
                continue;
            }
            let reason = seen.decision.packs[index].reason;
            let refused = !seen.closed(index) && is_refusal(reason);
            self.holds(28, !refused, || {
                format!("pack {index} joins under a tighter {name}, refused before as {reason:?}")
            });
        }
    }
}
