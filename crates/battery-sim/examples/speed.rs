//! How fast plant and rack run on this machine: `cargo run --release --example speed`.

use std::time::{Duration, Instant};

use battery_sim::plant::{Chemistry, Load, Plant, PlantConfig, fleet};
use battery_sim::rack::{Rack, RackConfig};
use embedded_hal::i2c::I2c;

const SIMULATED: Duration = Duration::from_secs(600);

const TICK: Duration = Duration::from_millis(100);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for packs in [8, 16, 32] {
        let mut plant = Plant::new(PlantConfig::new(fleet(1, packs, Chemistry::Nmc)))?;
        for pack in 0..packs {
            plant.set_switch(pack, true);
        }
        plant.set_load(Load::ConstantPower(80.0 * packs as f64));
        let start = Instant::now();
        plant.step(SIMULATED);
        let taken = start.elapsed();
        let steps = SIMULATED.as_millis() / 10;
        println!(
            "{packs} packs: {:.2} us a step, {:.0} x real time, {:?}",
            taken.as_secs_f64() * 1e6 / steps as f64,
            SIMULATED.as_secs_f64() / taken.as_secs_f64(),
            plant.checks()
        );
    }
    for packs in [8, 16] {
        run_rack(packs)?;
    }
    Ok(())
}

/// A controller that reads two registers of each sensor and writes and reads back each expander in every tick.
fn run_rack(packs: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut config = RackConfig::new(fleet(1, packs, Chemistry::Nmc));
    config.bus_hz = 400_000;
    let rack = Rack::new(config)?;
    rack.plant_mut(|plant| plant.set_load(Load::ConstantPower(80.0 * packs as f64)));
    let mut bus = rack.bus(0).ok_or("a rack without a bus")?;
    let expanders = packs.div_ceil(4) as u8;
    for expander in 0..expanders {
        bus.write(0x20 + expander, &[0x02, 0x0F, 0x00])?;
        bus.write(0x20 + expander, &[0x06, 0xF0, 0x00])?;
    }
    let start = Instant::now();
    let mut word = [0; 2];
    while rack.now() < SIMULATED {
        let next = rack.now() + TICK;
        for sensor in 0..packs as u8 {
            bus.write_read(0x40 + sensor, &[0x05], &mut word)?;
            bus.write_read(0x40 + sensor, &[0x04], &mut word)?;
        }
        for expander in 0..expanders {
            bus.write(0x20 + expander, &[0x02, 0x0F, 0x00])?;
            bus.write_read(0x20 + expander, &[0x02], &mut word)?;
        }
        rack.feed_watchdog();
        rack.advance_to(next);
    }
    let taken = start.elapsed();
    println!(
        "rack of {packs}: {} transfers, {:.0} x real time, {:?}",
        bus.transfers(),
        SIMULATED.as_secs_f64() / taken.as_secs_f64(),
        rack.plant(Plant::checks)
    );
    Ok(())
}
