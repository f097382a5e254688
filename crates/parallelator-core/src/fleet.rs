//! What the whole bus may carry (section 4 of the requirements, rules D7 and D11): DCL, CCL, CVL and the permits.

use battery_units::{Milliamps, Millivolts};

use crate::{Core, EventKind, Fault, PackSet, faults::Found, predictor::Predictor, step::Step};

/// Memory of the permits.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Fleet {
    load_permitted: bool,
    /// Core time at which the first pack closed.
    live_since_ms: Option<u64>,
    /// The packs have been gathered; holds until the bus is dead again.
    formed: bool,
    /// A pack that passed the gate is still waiting for its turn.
    candidates_left: bool,
    /// A connected pack reached `v_uv`: no discharge until all are above `v_uv_rec`.
    low: bool,
    /// A connected pack reached `v_ov`: no charge until all are below `v_ov_rec`.
    high: bool,
    /// What the bus was discharged with while packs were closed, a magnitude: what a load that obeys nobody will draw again.
    discharged_with: Milliamps,
    /// No permits until this core time, after an overload.
    withdrawn_until_ms: u64,
}

impl Fleet {
    /// The load to expect on a dead bus that obeys nobody.
    pub(crate) fn discharged_with(&self) -> Milliamps {
        self.discharged_with
    }

    pub(crate) fn note_candidates(&mut self, left: bool) {
        self.candidates_left = left;
    }
}

/// Discharge and charge limit.
#[derive(Clone, Copy)]
struct Limits {
    dcl: i32,
    ccl: i32,
}

impl<const N: usize> Core<N> {
    /// DCL of a set that is not closed yet: no load, and every pack circulates its bound the wrong way.
    pub(crate) fn discharge_limit_of_open_set(
        &self,
        step: &Step<'_, N>,
        predictor: &Predictor<'_>,
        set: PackSet,
    ) -> Milliamps {
        let prediction = predictor.of(set);
        set.iter()
            .map(|index| {
                let (discharge, _) = self.pack_limits(step, index);
                let headroom = discharge
                    .saturating_sub(prediction.bound(index))
                    .saturating_sub(predictor.measurement_error(index));
                prediction.headroom_of_fleet(index, headroom)
            })
            .min()
            .unwrap_or(Milliamps::ZERO)
            .max(Milliamps::ZERO)
    }

    /// DCL and CCL of the connected set from the measured currents; nothing when one of them is not known.
    fn limits_of_connected_set(&self, step: &Step<'_, N>) -> Limits {
        const NONE: Limits = Limits { dcl: 0, ccl: 0 };
        let view = self.view(step);
        let set = view.connected;
        if set.is_empty() || set.iter().any(|index| !view.known.contains(index)) {
            return NONE;
        }
        let predictor = Predictor::new(&self.params, &view.sources);
        let prediction = predictor.of(set);
        let mut limits = Limits {
            dcl: i32::MAX,
            ccl: i32::MAX,
        };
        for (index, pack) in self
            .packs
            .iter()
            .enumerate()
            .filter(|(index, _)| set.contains(*index))
        {
            let (discharge, charge) = self.pack_limits(step, index);
            let error = predictor.measurement_error(index);
            let to_discharge = discharge
                .saturating_add(pack.current())
                .saturating_sub(error);
            let to_charge = charge.saturating_sub(pack.current()).saturating_sub(error);
            let dcl = prediction
                .headroom_of_fleet(index, to_discharge)
                .saturating_sub(view.current);
            let ccl = prediction
                .headroom_of_fleet(index, to_charge)
                .saturating_add(view.current);
            limits.dcl = limits.dcl.min(dcl.get());
            limits.ccl = limits.ccl.min(ccl.get());
        }
        Limits {
            dcl: limits.dcl.max(0),
            ccl: limits.ccl.max(0),
        }
    }

    /// A pack above its continuous current for `t_oc_soft` first costs the permits; when that does not help within
    /// `t_shed`, every pack that is over opens in one write. When the others could not carry the rest, all open with
    /// them: never one after another (rules D10 and D11).
    pub(crate) fn judge_overload(&mut self, step: &mut Step<'_, N>) {
        let moment = step.moment;
        let soft_ms = self.params.t_oc_soft_ms;
        let open_ms = soft_ms.saturating_add(self.params.t_shed_ms);
        let elapsed_ms = u32::try_from(moment.gap_ms).unwrap_or(u32::MAX);
        let leak = self.params.i_leak.get();
        let mut over = PackSet::EMPTY;
        let mut withdraw = false;
        let mut open = false;
        for index in 0..self.count {
            let (discharge, charge) = self.pack_limits(step, index);
            let Some(pack) = self.packs.get_mut(index).filter(|pack| pack.closed) else {
                continue;
            };
            let current = pack.current();
            let within = current <= charge && current.get() >= discharge.get().saturating_neg();
            if within || current.get().saturating_abs() <= leak {
                pack.overload_ms = 0;
                continue;
            }
            pack.overload_ms = pack.overload_ms.saturating_add(elapsed_ms);
            over = over.with(index);
            withdraw |= pack.overload_ms > soft_ms;
            open |= pack.overload_ms > open_ms;
        }
        if withdraw {
            self.fleet.withdrawn_until_ms = moment
                .core_ms
                .saturating_add(self.params.t_backoff0_ms.into());
        }
        if open {
            let closed = self.closed();
            let alone = self.rest_can_carry(step, closed, over);
            let (opened, fault) = if alone {
                (over, Fault::OverCurrentSoft)
            } else {
                (closed, Fault::CollectiveOverload)
            };
            for index in opened.iter() {
                let current = self.packs.get(index).map_or(0, |pack| pack.current().get());
                let (discharge, charge) = self.pack_limits(step, index);
                let limit = if current < 0 { discharge } else { charge };
                self.raise(step, index, &Found::new(fault, current, limit.get()));
            }
        }
    }

    /// Whether the closed packs without these could carry the present current, each within its limits.
    fn rest_can_carry(&self, step: &Step<'_, N>, closed: PackSet, over: PackSet) -> bool {
        let view = self.view(step);
        let rest = PackSet::from_bits(closed.bits() & !over.bits());
        let prediction = Predictor::new(&self.params, &view.sources);
        let prediction = prediction.of(rest);
        !rest.is_empty()
            && rest.iter().all(|index| {
                let current = prediction.current(index, view.current);
                let (discharge, charge) = self.pack_limits(step, index);
                let known = view.known.contains(index);
                known && current <= charge && current.get() >= discharge.get().saturating_neg()
            })
    }

    /// Packs commanded closed.
    fn closed(&self) -> PackSet {
        self.packs
            .iter()
            .enumerate()
            .take(self.count)
            .filter(|(_, pack)| pack.closed)
            .map(|(index, _)| index)
            .collect()
    }

    /// Sets limits, voltages, currents and permits of the decision.
    pub(crate) fn limit_fleet(&mut self, step: &mut Step<'_, N>) {
        let connected = self.connected();
        let closed = self.closed();
        self.note_forming(step, closed);
        if let Some(current) = self.bus_current().filter(|_| !closed.is_empty()) {
            let drawn = current.get().saturating_neg().max(0);
            self.fleet.discharged_with = Milliamps::new(drawn);
        }
        self.note_voltages(closed);
        let mut limits = self.limits_of_connected_set(step);
        let withdrawn = step.moment.core_ms < self.fleet.withdrawn_until_ms;
        if closed.is_empty() || withdrawn || self.fleet.low {
            limits.dcl = 0;
        }
        if closed.is_empty() || withdrawn || self.fleet.high {
            limits.ccl = 0;
        }
        let decision = &mut step.decision;
        decision.dcl = Milliamps::new(limits.dcl);
        decision.ccl = Milliamps::new(limits.ccl);
        decision.cvl = if closed.is_empty() {
            Millivolts::ZERO
        } else {
            self.params.v_ov
        };
        decision.bus_voltage = step
            .inputs
            .bus
            .voltage
            .or_else(|| self.mean_voltage(connected));
        decision.bus_current = self.bus_current();
        decision.load_permit = limits.dcl > 0 && self.fleet.formed;
        decision.charge_permit = limits.ccl > 0;
        self.system.note_connected(!connected.is_empty());
        if decision.load_permit != self.fleet.load_permitted {
            self.fleet.load_permitted = decision.load_permit;
            let kind = if self.fleet.load_permitted {
                EventKind::LoadPermitted
            } else {
                EventKind::LoadWithdrawn
            };
            self.event(step, None, kind, None, limits.dcl, 0);
        }
    }

    /// Rule D7: the load waits until the packs have been gathered.
    fn note_forming(&mut self, step: &Step<'_, N>, closed: PackSet) {
        let core_ms = step.moment.core_ms;
        if closed.is_empty() {
            self.fleet.live_since_ms = None;
            self.fleet.formed = false;
            return;
        }
        let since_ms = *self.fleet.live_since_ms.get_or_insert(core_ms);
        let waited_ms = core_ms.saturating_sub(since_ms);
        let settled = self.settling_ms(core_ms) == 0;
        let gathered = settled && !self.fleet.candidates_left;
        self.fleet.formed |= gathered || waited_ms >= self.params.t_form_ms.into();
    }

    /// Soft voltage limits of the connected packs, with their hysteresis.
    fn note_voltages(&mut self, closed: PackSet) {
        let params = self.params;
        let voltages = || {
            self.packs
                .iter()
                .enumerate()
                .filter(|(index, _)| closed.contains(*index))
                .map(|(_, pack)| pack.voltage())
        };
        let low = voltages().any(|voltage| voltage <= params.v_uv);
        let high = voltages().any(|voltage| voltage >= params.v_ov);
        let all_above = voltages().all(|voltage| voltage >= params.v_uv_rec);
        let all_below = voltages().all(|voltage| voltage <= params.v_ov_rec);
        self.fleet.low = low || (self.fleet.low && !all_above);
        self.fleet.high = high || (self.fleet.high && !all_below);
    }
}
