//! Service tests (rule D20): one pack at a time is opened for a moment and comes back by the joining rules.
//!
//! The short opening exercises the switch, and the step of the current shows the path resistance (`resistance.rs`). A test
//! opens a switch and never closes one: the pack joins again as any other, and the whole time everything else goes on.

use crate::{Core, EventKind, PackState, SystemState, Waiting, pack::Pack, step::Step};

/// Memory of the service mode.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Service {
    on: bool,
    /// The pack whose test is not over: it has not joined again.
    testing: Option<u8>,
}

impl Service {
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }
}

impl<const N: usize> Core<N> {
    /// Enters or leaves the service mode; entering is refused while the rack is starting or shut off.
    pub(crate) fn set_service(&mut self, step: &mut Step<'_, N>, enter: bool) -> bool {
        let able = matches!(
            self.system.state(),
            SystemState::Idle | SystemState::Running
        );
        if enter && !able {
            return false;
        }
        if self.service.on != enter {
            self.service = Service {
                on: enter,
                testing: None,
            };
            let kind = if enter {
                EventKind::ServiceEntered
            } else {
                EventKind::ServiceLeft
            };
            step.rack_event(kind, None, 0, 0);
        }
        true
    }

    /// Opens a pack for a test; refused unless the others can carry the load, nothing else is going on, and the switch may
    /// break what the pack carries: an opening that had to wait would last longer than what was judged here.
    pub(crate) fn test(&mut self, step: &mut Step<'_, N>, index: usize) -> bool {
        let moment = step.moment;
        let state = |index: usize| self.packs.get(index).map(|pack| pack.state(&moment));
        let tested = self.service.testing.map(usize::from);
        let breakable =
            |pack: &Pack| pack.current().get().saturating_abs() <= self.params.i_break_max.get();
        let over = tested.is_none_or(|tested| state(tested) == Some(PackState::Closed));
        let quiet = self.joining.unjudged.is_none()
            && self.settling_ms(moment.core_ms) == 0
            && !self.shedding.is_on()
            && !self.any_breaking();
        let rest = self.closed().without(index);
        let view = self.view(step);
        let able = self.service.on
            && state(index) == Some(PackState::Closed)
            && over
            && quiet
            && self.packs.get(index).is_some_and(breakable)
            && self.rest_can_carry(step, &view, rest);
        if able {
            self.service.testing = u8::try_from(index).ok();
            self.open(step, index, Waiting::ServiceTest.into(), 0, 0);
        }
        able
    }

    /// The service mode does not outlast a shut-off.
    pub(crate) fn judge_service(&mut self, step: &mut Step<'_, N>) {
        if self.service.on && !self.system.allows_joins() {
            self.set_service(step, false);
        }
    }
}
