//! One build carries one operation, chosen by its feature; `rounds` is how often it runs.

use crate::bus::{Bus, Results, reply, seed};

macro_rules! operation {
    ($feature:literal, $rounds:ident => $call:expr) => {
        #[cfg(feature = $feature)]
        #[inline(never)]
        pub fn run($rounds: u32) {
            $call;
        }
    };
}

/// 2 milliohms, known at run time only.
fn shunt() -> u32 {
    2_000 + (seed() & 1)
}

/// 40 A, known at run time only.
fn max() -> i32 {
    40_000 + (seed() & 1).cast_signed()
}

/// Output levels, known at run time only.
fn outputs() -> u16 {
    (seed() & 0xFFFF) as u16
}

operation!("op-empty", rounds => crate::bus::put(rounds));

operation!("op-ours-ina226", rounds => ops::ours::ina226(Bus, shunt(), max(), rounds, &mut Results));
operation!("op-ours-ina226-all", rounds => {
    use ours_ina226::Part;
    let part = if seed() == 0 { Part::Ina226 } else { Part::Ina237 };
    ops::ours::ina226_all(Bus, part, shunt(), max(), rounds, &mut Results)
});
operation!("op-ina226", rounds => {
    let factor = f64::from(1 + (seed() & 1));
    ops::monitors::ina226(Bus, 0.002 * factor, 50.0 * factor, rounds, &mut Results)
});
operation!("op-ina226-folded", rounds => ops::monitors::ina226(Bus, 0.002, 50.0, rounds, &mut Results));
operation!("op-ina226-tp", rounds => ops::monitors::ina226_tp(Bus, rounds, &mut Results));
operation!("op-embedded-devices", rounds => ops::monitors::embedded_devices(
    Bus, crate::bus::NoDelay, rounds, &mut Results,
));
operation!("op-floor-ina226", rounds => {
    ops::floor::ina226(Bus, shunt(), 1_526 + (seed() & 1), rounds, &mut Results)
});

operation!("op-ours-tca9555", rounds => ops::ours::tca9555(Bus, outputs(), rounds, &mut Results));
operation!("op-ours-tca9555-start", rounds => {
    // What the replies hold, so that every step is found in order.
    let orders = ours_tca9555::Words {
        outputs: 0x7225 ^ outputs(),
        directions: 0x00F0 ^ outputs(),
        polarity: outputs(),
    };
    ops::ours::tca9555_start(Bus, orders, rounds, &mut Results)
});
operation!("op-tca9555", rounds => ops::expanders::tca9555(Bus, outputs(), rounds, &mut Results));
operation!("op-tca9535", rounds => ops::expanders::tca9535(Bus, outputs(), rounds, &mut Results));
operation!("op-port-expander", rounds => {
    ops::expanders::port_expander(Bus, Bus, outputs(), rounds, &mut Results)
});
operation!("op-pca9555", rounds => ops::expanders::pca9555(Bus, outputs(), rounds, &mut Results));
operation!("op-floor-tca9555", rounds => ops::floor::tca9555(Bus, outputs(), rounds, &mut Results));

operation!("op-ours-tinybms", rounds => ops::serial::tinybms(&reply(), rounds, &mut Results));
operation!("op-ours-tinybms-table", rounds => ops::serial::tinybms(&reply(), rounds, &mut Results));
operation!("op-rmodbus", rounds => ops::serial::rmodbus(&reply(), rounds, &mut Results));
operation!("op-floor-modbus", rounds => ops::serial::floor(&reply(), rounds, &mut Results));
