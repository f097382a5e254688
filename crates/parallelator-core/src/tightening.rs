//! New parameters while the rack runs (section 3 of the requirements).
//!
//! Parameters are taken as a whole or not at all. Loosening anything, and whatever is neither looser nor tighter, needs every
//! pack open. Limits that only become tighter count at once for joins, DCL and CCL; what opens packs follows `t_shed` later,
//! so that a smaller limit is first a request to the load and not a trip of all packs.

use crate::{ConfigError, Core, EventKind, Fault, Params, step::Step};

/// The parameters that still decide what opens a pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Former {
    /// Those in force, with the former limits where these open packs.
    params: Params,
    /// Until this core time.
    until_ms: u64,
}

/// What opens a pack now: the limits in force, or those before them as long as the load is given time.
pub(crate) fn tripping<'a>(
    former: &'a Option<Former>,
    now: &'a Params,
    core_ms: u64,
) -> &'a Params {
    match former {
        Some(former) if core_ms < former.until_ms => &former.params,
        _ => now,
    }
}

/// New parameters with the limits of those before them that open packs.
#[inline(never)]
fn not_yet(now: &Params, before: &Params) -> Params {
    let mut params = *now;
    params.v_uv = before.v_uv;
    params.v_uv_rec = before.v_uv_rec;
    params.v_ov_abs = before.v_ov_abs;
    params.i_dis_max = before.i_dis_max;
    params.i_chg_max = before.i_chg_max;
    params.k_oc = before.k_oc;
    params.t_oc_soft_ms = before.t_oc_soft_ms;
    params.i_circ_max = before.i_circ_max;
    params.t_chg_min = before.t_chg_min;
    params.t_chg_max = before.t_chg_max;
    params.t_dis_min = before.t_dis_min;
    params.t_dis_max = before.t_dis_max;
    params.age_hard_ms = before.age_hard_ms;
    params
}

impl<const N: usize> Core<N> {
    /// Takes new parameters when they are valid as a whole, and every pack is open or nothing becomes looser.
    pub(crate) fn apply_params(&mut self, step: &mut Step<'_, N>, params: &Params) {
        if params.is_same(&self.params) {
            return;
        }
        let mut faults = 0i32;
        params.for_each_fault(|_| faults = faults.saturating_add(1));
        let running = !self.connected().is_empty();
        if faults > 0 || (running && !params.only_tightens(&self.params, self.count)) {
            step.rack_event(EventKind::ConfigRejected, None, faults, 0);
            return;
        }
        let core_ms = step.moment.core_ms;
        // A second tightening does not prolong the time given by the first.
        let pending = self.former.filter(|former| core_ms < former.until_ms);
        let new_ms = core_ms.saturating_add(params.t_shed_ms.into());
        self.former = running.then(|| Former {
            params: not_yet(params, tripping(&self.former, &self.params, core_ms)),
            until_ms: pending.map_or(new_ms, |former| former.until_ms),
        });
        if params.r_nom != self.params.r_nom || params.dv_err != self.params.dv_err {
            self.forget_paths(step);
        }
        for pack in &mut self.packs {
            pack.learned.fit(params);
        }
        self.params = *params;
        step.rack_event(EventKind::ConfigApplied, None, 0, 0);
    }

    /// Forgets the paths that were learned; they are measured in the parameters.
    fn forget_paths(&mut self, step: &mut Step<'_, N>) {
        for index in 0..self.count {
            let Some(pack) = self.packs.get_mut(index) else {
                continue;
            };
            let outside = pack.learned.is_out_of_range();
            pack.learned.forget();
            if outside {
                step.alarm(index, Fault::ResistanceRange, false, 0, 0);
            }
        }
    }

    /// Writes down that a configuration came which cannot be read, or which whoever read it found useless.
    pub(crate) fn refuse_params(&mut self, step: &mut Step<'_, N>, error: &ConfigError) {
        let read = matches!(error, ConfigError::Invalid(_));
        let reason = (!read).then_some(Fault::Config.into());
        let (value, limit) = error.evidence();
        let kind = EventKind::ConfigRejected;
        step.rack_event(kind, reason, value, limit);
    }
}
