//! What the rules look at in one step: what is known of every pack electrically, which packs hold the bus, what flows.

use battery_units::{Milliamps, Millivolts};

use crate::{Core, PackSet, pack::Pack, resistance::typical, source::Source, step::Step};

/// The rack as one step sees it.
pub(crate) struct View<const N: usize> {
    pub(crate) sources: [Source; N],
    /// Packs with a sample that is not older than `age_soft`.
    pub(crate) known: PackSet,
    pub(crate) connected: PackSet,
    /// Those of them that are on the bus directly; the others stand behind their pre-charge resistors.
    pub(crate) holding: PackSet,
    pub(crate) bus: Option<Millivolts>,
    /// Sum of the currents of the connected packs; `None` with no pack connected or one of them unknown.
    pub(crate) current: Option<Milliamps>,
}

impl<const N: usize> View<N> {
    /// What the connected packs carry together, as far as it is known.
    pub(crate) fn fleet(&self) -> Milliamps {
        self.current.unwrap_or(Milliamps::ZERO)
    }
}

/// The voltages of some packs, for the mean of all of them or of all but one.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Voltages {
    sum: i32,
    count: i32,
}

impl Voltages {
    pub(crate) fn mean(&self) -> Option<Millivolts> {
        let rounded = self.sum.saturating_add(self.count >> 1);
        (self.count > 0).then(|| Millivolts::new(rounded.div_euclid(self.count)))
    }

    /// Without this one of them; `None` leaves all.
    pub(crate) fn without(self, one: Option<Millivolts>) -> Self {
        one.map_or(self, |voltage| Self {
            sum: self.sum.saturating_sub(voltage.get()),
            count: self.count.saturating_sub(1),
        })
    }
}

impl<const N: usize> Core<N> {
    /// The voltage of pack `index` as it counts in the mean of a set: one that comes late does not.
    pub(crate) fn counted_voltage(&self, index: usize) -> Option<Millivolts> {
        let fresh = |pack: &&Pack| pack.is_fresh(self.params.age_soft_ms);
        self.packs.get(index).filter(fresh)?.samples.voltage()
    }

    /// The voltages of the packs of a set that are measured, for their mean.
    pub(crate) fn voltages_of(&self, set: PackSet) -> Voltages {
        let mut voltages = Voltages::default();
        for index in set.iter() {
            if let Some(voltage) = self.counted_voltage(index) {
                voltages.sum = voltages.sum.saturating_add(voltage.get());
                voltages.count = voltages.count.saturating_add(1);
            }
        }
        voltages
    }

    /// Mean voltage of the packs of a set that are measured.
    pub(crate) fn mean_voltage(&self, set: PackSet) -> Option<Millivolts> {
        self.voltages_of(set).mean()
    }

    /// Sum of the currents of the connected packs; `None` with no pack connected or one of them unknown.
    pub(crate) fn current_of(&self, connected: PackSet) -> Option<Milliamps> {
        if connected.is_empty() {
            return None;
        }
        self.packs
            .iter()
            .enumerate()
            .filter(|(index, _)| connected.contains(*index))
            .try_fold(Milliamps::ZERO, |sum, (_, pack)| {
                let current = pack.samples.current().filter(|_| !pack.stale)?;
                Some(sum.saturating_add(current))
            })
    }

    /// The path of a pack that has not shown its own, in thousandths of `r_nom`.
    pub(crate) fn typical_path(&self) -> u16 {
        let learned = self.packs.iter().take(self.count).map(|pack| &pack.learned);
        typical::<N>(learned)
    }

    /// Those of a set of connected packs that no pre-charge resistor keeps from the voltage of the bus.
    pub(crate) fn on_the_bus(&self, connected: PackSet) -> PackSet {
        let behind = |pack: &Pack| pack.is_behind_resistor();
        let direct = |index: &usize| !self.packs.get(*index).is_some_and(behind);
        connected.iter().filter(direct).collect()
    }

    /// Looks at the rack as it stands.
    pub(crate) fn view(&self, step: &Step<'_, N>) -> View<N> {
        let mut sources = [Source::default(); N];
        let mut known = PackSet::EMPTY;
        for ((index, pack), slot) in self
            .packs
            .iter()
            .take(self.count)
            .enumerate()
            .zip(&mut sources)
        {
            if let Some(source) = pack.source(&self.params, &step.moment, step.typical) {
                *slot = source;
                known = known.with(index);
            }
        }
        let connected = self.connected();
        let holding = self.on_the_bus(connected);
        // What one carries that leaves its resistor in this step stays on the bus when it closes.
        let fed = |(_, pack): &(usize, &Pack)| pack.precharge.is_done();
        let fed = self.packs.iter().enumerate().filter(fed);
        let carrying = fed.fold(connected, |set, (index, _)| set.with(index));
        View {
            sources,
            known,
            connected,
            holding,
            bus: step
                .inputs
                .bus
                .voltage
                .or_else(|| self.mean_voltage(holding))
                .or_else(|| self.mean_voltage(connected)),
            current: self.current_of(carrying).filter(|_| !connected.is_empty()),
        }
    }
}
