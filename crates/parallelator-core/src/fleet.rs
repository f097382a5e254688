//! What the whole bus may carry (section 4 of the requirements, rules D7 and D11): DCL, CCL, CVL and the permits.

use battery_units::{Milliamps, Millivolts};

use crate::{
    Core, EventKind, PackSet,
    clock::Motion,
    pack::Pack,
    precharge::Draw,
    predictor::{Prediction, Predictor},
    step::Step,
    view::View,
    windows::Windows,
};

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
    /// Connected packs that were at `v_uv` and have not been at `v_uv_rec` since: no discharge.
    low: PackSet,
    /// A connected pack reached `v_ov`: no charge until all are below `v_ov_rec`.
    high: bool,
    /// Connected packs too cold or too hot to be charged: no charge until they are well inside their window again.
    no_charge: PackSet,
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

impl Limits {
    const NONE: Self = Self { dcl: 0, ccl: 0 };

    /// What the whole bus may carry beyond `fleet` so that no pack uses up more than its room: of each pack its index, and
    /// how much more it may discharge and charge.
    fn of_rooms(
        prediction: &Prediction<'_>,
        fleet: Milliamps,
        rooms: impl Iterator<Item = (usize, Milliamps, Milliamps)>,
    ) -> Self {
        let (mut dcl, mut ccl) = (Milliamps::MAX, Milliamps::MAX);
        for (index, to_discharge, to_charge) in rooms {
            let more = prediction.headroom_of_fleet(index, to_discharge);
            dcl = dcl.min(more.saturating_sub(fleet));
            let more = prediction.headroom_of_fleet(index, to_charge);
            ccl = ccl.min(more.saturating_add(fleet));
        }
        Self {
            dcl: dcl.get(),
            ccl: ccl.get(),
        }
        .held()
    }

    /// Nothing at the least.
    fn held(self) -> Self {
        Self {
            dcl: self.dcl.max(0),
            ccl: self.ccl.max(0),
        }
    }

    /// What is left beside the packs behind their resistors.
    fn less(self, draw: Draw) -> Self {
        Self {
            dcl: self.dcl.saturating_sub(draw.takes.get()),
            ccl: self.ccl.saturating_sub(draw.gives.get()),
        }
    }

    fn lower(self, other: Self) -> Self {
        Self {
            dcl: self.dcl.min(other.dcl),
            ccl: self.ccl.min(other.ccl),
        }
    }
}

impl<const N: usize> Core<N> {
    /// DCL of a set that is not closed yet: no load, and every pack circulates its bound the wrong way.
    pub(crate) fn discharge_limit_of_open_set(
        &self,
        step: &Step<'_, N>,
        predictor: &Predictor<'_>,
        set: PackSet,
    ) -> Milliamps {
        let prediction = predictor.bounds_of(set);
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

    /// DCL and CCL of a connected set from the measured currents; nothing when one of them is not known.
    ///
    /// It may be a part of what is connected: at the present bus voltage its packs carry the same currents without the
    /// others, and their sum is where its limits are counted from.
    fn limits_of(&self, step: &Step<'_, N>, view: &View<N>, set: PackSet) -> Limits {
        if set.is_empty() || set.iter().any(|index| !view.known.contains(index)) {
            return Limits::NONE;
        }
        let predictor = Predictor::new(&self.params, &view.sources);
        let prediction = predictor.bounds_of(set);
        let members = || {
            self.packs
                .iter()
                .enumerate()
                .filter(|(index, _)| set.contains(*index))
        };
        let fleet = members().fold(Milliamps::ZERO, |sum, (_, pack)| {
            sum.saturating_add(pack.current())
        });
        let rooms = members().map(|(index, pack)| {
            let (discharge, charge) = self.pack_limits(step, index);
            let error = predictor.measurement_error(index);
            let to_discharge = discharge.saturating_add(pack.current());
            let to_charge = charge.saturating_sub(pack.current());
            (
                index,
                to_discharge.saturating_sub(error),
                to_charge.saturating_sub(error),
            )
        });
        Limits::of_rooms(&prediction, fleet, rooms)
    }

    /// DCL and CCL of a set that has just been joined: the currents still have to become what was predicted, so the worst of
    /// the prediction counts instead of what is measured.
    fn limits_of_joining(&self, step: &Step<'_, N>, view: &View<N>, set: PackSet) -> Limits {
        let predictor = Predictor::new(&self.params, &view.sources);
        let prediction = predictor.bounds_of(set);
        let fleet = view.fleet();
        let rooms = set.iter().map(|index| {
            let (discharge, charge) = self.pack_limits(step, index);
            let range = prediction.current_range(index, fleet);
            let to_discharge = discharge.saturating_add(range.low);
            (index, to_discharge, charge.saturating_sub(range.high))
        });
        Limits::of_rooms(&prediction, fleet, rooms)
    }

    /// DCL and CCL of the packs that hold the bus; a pack that is opening may have left already.
    fn limits_of_holding(&self, step: &Step<'_, N>, view: &View<N>) -> Limits {
        let closed = self.closed();
        let limits = self.limits_of(step, view, view.holding);
        if closed == view.holding {
            return limits;
        }
        limits.lower(self.limits_of(step, view, closed))
    }

    /// Whether the present current stays within the limits when a pack draws so much through its resistor: neither the load
    /// nor the charger has heard of it yet.
    pub(crate) fn leaves_room(&self, step: &Step<'_, N>, view: &View<N>, draw: Draw) -> bool {
        let limits = self.limits_of_holding(step, view).less(draw);
        let fleet = view.fleet().get();
        limits.dcl >= fleet.saturating_neg().max(0) && limits.ccl >= fleet.max(0)
    }

    /// No permits for a while, after an overload.
    pub(crate) fn withdraw_permits(&mut self, step: &Step<'_, N>) {
        self.fleet.withdrawn_until_ms = step
            .moment
            .core_ms
            .saturating_add(self.params.t_backoff0_ms.into());
    }

    /// Packs commanded closed.
    pub(crate) fn closed(&self) -> PackSet {
        self.packs
            .iter()
            .enumerate()
            .take(self.count)
            .filter(|(_, pack)| pack.closed)
            .map(|(index, _)| index)
            .collect()
    }

    /// Sets limits, voltages, currents and permits of the decision.
    pub(crate) fn limit_fleet(&mut self, step: &mut Step<'_, N>, view: &View<N>) {
        let connected = view.connected;
        let closed = self.closed();
        self.note_forming(step, closed);
        // What is about to be opened for it is a short circuit rather than a load.
        let load = !closed.is_empty() && !self.any_breaking();
        if let Some(current) = view.current.filter(|_| load) {
            let drawn = current.get().saturating_neg().max(0);
            self.fleet.discharged_with = Milliamps::new(drawn);
        }
        self.note_voltages(closed);
        self.note_temperatures(closed);
        let mut limits = self.limits_of_holding(step, view);
        // One that the load is shed for is about to leave.
        if let Some(rest) = self.shedding.rest() {
            let rest = self.limits_of(step, view, rest);
            limits.dcl = limits.dcl.min(rest.dcl);
            if !self.shedding.may_charge() {
                limits.ccl = limits.ccl.min(rest.ccl);
            }
        }
        if let Some(unjudged) = &self.joining.unjudged {
            limits = limits.lower(self.limits_of_joining(step, view, unjudged.set));
        }
        let drawn = self.drawn_through_resistors(view);
        limits = drawn.map_or(Limits::NONE, |drawn| limits.less(drawn).held());
        let withdrawn = step.moment.core_ms < self.fleet.withdrawn_until_ms || self.any_breaking();
        if closed.is_empty() || withdrawn || !self.fleet.low.is_empty() {
            limits.dcl = 0;
        }
        if closed.is_empty() || withdrawn || self.fleet.high || !self.fleet.no_charge.is_empty() {
            limits.ccl = 0;
        }
        let decision = &mut *step.decision;
        decision.dcl = Milliamps::new(limits.dcl);
        decision.ccl = Milliamps::new(limits.ccl);
        decision.cvl = if closed.is_empty() {
            Millivolts::ZERO
        } else {
            self.params.v_ov
        };
        decision.bus_voltage = view.bus;
        decision.bus_current = view.current;
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
            step.rack_event(kind, None, limits.dcl, 0);
        }
    }

    /// Rule D7: the load waits until the packs have been gathered. After a jump of the clock nobody may join, which does not
    /// mean that nobody is left.
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
        let judged = settled && step.moment.motion == Motion::Regular;
        let gathered = judged && !self.fleet.candidates_left;
        self.fleet.formed |= gathered || waited_ms >= self.params.t_form_ms.into();
    }

    /// Soft voltage limits of the connected packs, with their hysteresis.
    fn note_voltages(&mut self, closed: PackSet) {
        let params = &self.params;
        let voltages = || {
            self.packs
                .iter()
                .enumerate()
                .filter(|(index, _)| closed.contains(*index))
                .map(|(_, pack)| pack.voltage())
        };
        let high = voltages().any(|voltage| voltage >= params.v_ov);
        let all_below = voltages().all(|voltage| voltage <= params.v_ov_rec);
        self.fleet.high = high || (self.fleet.high && !all_below);
        // A load that goes lets the voltage rise again; one that has been low counts until it has recovered, or is opened.
        let was_low = self.fleet.low;
        let is_low = |(index, pack): &(usize, &Pack)| {
            let (voltage, known) = (pack.voltage(), was_low.contains(*index));
            let unrecovered = known && voltage < params.v_uv_rec;
            unrecovered || pack.soft.is_low() || voltage <= params.v_uv
        };
        let members = self.packs.iter().enumerate();
        let closed = members.filter(|(index, _)| closed.contains(*index));
        self.fleet.low = closed.filter(is_low).map(|(index, _)| index).collect();
    }

    /// Temperature windows for charging of the connected packs, with their hysteresis. A pack outside its window for discharging
    /// leaves the bus as soon as it carries a current; a charger would make all of a cold rack leave it in one step.
    fn note_temperatures(&mut self, closed: PackSet) {
        let was_outside = self.fleet.no_charge;
        let outside = |(index, pack): &(usize, &Pack)| {
            let windows = if was_outside.contains(*index) {
                Windows::thermal_again(pack, &self.params)
            } else {
                Windows::thermal(pack, &self.params)
            };
            !windows.charge
        };
        let measured = |(index, pack): &(usize, &Pack)| {
            pack.samples.has_temperature() && closed.contains(*index)
        };
        let members = self.packs.iter().enumerate().filter(measured);
        self.fleet.no_charge = members.filter(outside).map(|(index, _)| index).collect();
    }
}
