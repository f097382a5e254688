//! The judge of A2: it looks at the true plant only and knows nothing of the predictor.

use std::fmt;

use battery_sim::plant::Plant;

use super::fleet::Limits;

/// The largest value of something, and where it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Worst {
    /// The value.
    pub value: f64,
    /// Time since the start of the plant, s.
    pub at_s: f64,
    /// Pack.
    pub pack: usize,
    /// Connected packs, one bit each.
    pub members: u32,
    /// In the moment of a join, with the currents that it causes.
    pub joining: bool,
}

impl Worst {
    fn take(&mut self, seen: Self) {
        // Not a number must not pass for small.
        if seen.value > self.value || seen.value.is_nan() {
            *self = seen;
        }
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.3} at {:.1} s{}, pack {} of {:#b}",
            self.value,
            self.at_s,
            if self.joining { " (a join)" } else { "" },
            self.pack,
            self.members
        )
    }
}

/// What the judge has seen.
#[derive(Debug, Clone)]
pub struct Judge {
    limits: Vec<Limits>,
    /// How many A a current may be above its limit: the error of the sensors.
    margin_a: f64,
    members: u32,
    /// Circulating current without a load right after a join, A.
    pub at_join: Worst,
    /// The same at any other time, A.
    pub later: Worst,
    /// Current of a pack as a part of its limit, without the margin.
    pub share_of_limit: Worst,
    /// Joins seen.
    pub joins: u64,
}

impl Judge {
    /// Knows the limits of the packs.
    pub fn new(limits: Vec<Limits>, margin_a: f64) -> Self {
        Self {
            limits,
            margin_a,
            members: 0,
            at_join: Worst::default(),
            later: Worst::default(),
            share_of_limit: Worst::default(),
            joins: 0,
        }
    }

    /// Limits of the packs.
    pub fn limits(&self) -> &[Limits] {
        &self.limits
    }

    /// Packs that conduct, one bit each.
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Looks at the plant as it is now.
    ///
    /// The circulating current is the closed form: what would flow between the connected packs in the moment in which
    /// load and charger are gone, from the true voltages behind the true resistances.
    pub fn look(&mut self, plant: &Plant) {
        let at_s = plant.elapsed().as_secs_f64();
        let packs: Vec<_> = (0..plant.len()).map(|index| plant.pack(index)).collect();
        let mut members = 0u32;
        let (mut conductance, mut driven) = (0.0, 0.0);
        for (index, pack) in packs.iter().enumerate().filter(|(_, p)| p.switch_conducts) {
            members |= 1 << index;
            let siemens = 1.0 / (pack.path_ohm + pack.behind_ohm);
            conductance += siemens;
            driven += siemens * pack.internal_v;
        }
        let joined = members & !self.members != 0;
        self.members = members;
        self.joins += u64::from(joined);
        let seen = |pack, value| Worst {
            value,
            at_s,
            pack,
            members,
            joining: joined,
        };
        for (index, pack) in packs.iter().enumerate().filter(|(_, p)| p.switch_conducts) {
            let resistance = pack.path_ohm + pack.behind_ohm;
            let circulating = (driven / conductance - pack.internal_v).abs() / resistance;
            let worst = if joined {
                &mut self.at_join
            } else {
                &mut self.later
            };
            worst.take(seen(index, circulating));
            let limit = if pack.current_a > 0.0 {
                self.limits[index].charge_a
            } else {
                self.limits[index].discharge_a
            };
            let share = (pack.current_a.abs() - self.margin_a) / limit;
            self.share_of_limit.take(seen(index, share));
        }
    }
}
