//! The demo without a seed: packs that join in turn, one that has to wait, one that is refused, and a load that changes.

use battery_sim::plant::{Chemistry, PackConfig};

use crate::board::sim::LoadPlan;

/// Small high-power packs: what happens in half an hour with large ones is seen in two minutes.
const CAPACITY_AH: f64 = 6.0;

/// Distance of each pack from the rest voltage of the rack, in millivolts, and its path resistance, in milliohms.
///
/// The last but one stands too far from the others to join at first; they come down to it under load. The last one has
/// nothing to do with this rack.
const EIGHT: [(i32, u32); 8] = [
    (0, 55),
    (-25, 61),
    (18, 58),
    (-48, 66),
    (35, 52),
    (-12, 63),
    (-330, 57),
    (-1_800, 60),
];

/// Rest voltage of the rack, in millivolts.
fn rest_mv(chemistry: Chemistry) -> i32 {
    match chemistry {
        Chemistry::Nmc => 27_900,
        Chemistry::Lfp => 26_500,
        Chemistry::Lto => 26_000,
        Chemistry::LeadAcid => 25_200,
    }
}

/// The packs: the row of eight again and again.
pub(super) fn packs(count: usize, chemistry: Chemistry) -> Vec<PackConfig> {
    EIGHT
        .into_iter()
        .cycle()
        .take(count)
        .map(|(offset_mv, path_mohm)| {
            let voltage = f64::from(rest_mv(chemistry) + offset_mv) / 1_000.0;
            let path = f64::from(path_mohm) / 1_000.0;
            let mut pack = PackConfig::from_start(voltage, path, chemistry);
            pack.capacity_ah = CAPACITY_AH;
            pack
        })
        .collect()
}

/// The load, in milliamperes for each eight packs: nothing, some, much, little.
pub(super) fn load(packs: usize) -> LoadPlan {
    const STEPS: [(u64, i32); 3] = [(20_000, 15_000), (60_000, 35_000), (100_000, 10_000)];
    let packs = i32::try_from(packs).unwrap_or(i32::MAX);
    let steps = STEPS.map(|(from_ms, milliamps)| (from_ms, milliamps / 8 * packs));
    LoadPlan::Steps(steps.to_vec())
}
