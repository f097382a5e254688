//! The published vectors that speak about chips: `chip_model` against the twins, `transaction` over the bus.

use std::time::Duration;

use battery_sim::{Chip, Ina226, Ina237, Model237, Shared, SimBus, Tca9555, Variant, shared};
use embedded_hal::i2c::I2c;
use serde_json::Value;

const INA226: &str = include_str!("vectors/ina226.json");
const TCA9555: &str = include_str!("vectors/tca9555.json");

const VARIANTS: [Variant; 4] = [
    Variant::Tca9555,
    Variant::Tca9535,
    Variant::Pca9555,
    Variant::Pca9535,
];

fn vectors(file: &str, kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).unwrap();
    let all = file["vectors"].as_array().unwrap();
    let chosen: Vec<Value> = all
        .iter()
        .filter(|vector| vector["kind"] == kind)
        .cloned()
        .collect();
    assert!(!chosen.is_empty(), "no vector of kind {kind}");
    chosen
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn word(hex: &Value) -> u16 {
    u16::from_str_radix(hex.as_str().unwrap(), 16).unwrap()
}

fn keys(value: &Value, known: &[&str]) {
    for key in value.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "unknown key {key}");
    }
}

/// Two cycles of a chip with power-up settings.
const TWO_CYCLES: Duration = Duration::from_micros(2 * 2_200);

fn hold(chip: &Shared<Ina226>, register: u8, raw: u16) {
    let signed = f64::from(raw.cast_signed());
    match register {
        1 | 4 => chip.borrow_mut().set_shunt_voltage(signed * 2.5e-6),
        2 => chip.borrow_mut().set_bus_voltage(signed * 1.25e-3),
        _ => {}
    }
}

#[test]
fn ina226_computes_what_the_vectors_say() {
    for vector in vectors(INA226, "chip_model") {
        println!("{}", vector["id"]);
        let (given, wanted) = (&vector["in"], &vector["out"]);
        keys(given, &["shunt_raw", "bus_raw", "cal"]);
        keys(wanted, &["current_raw", "power_raw", "ovf"]);
        let chip = shared(Ina226::new());
        hold(&chip, 1, word(&given["shunt_raw"]));
        hold(&chip, 2, word(&given["bus_raw"]));
        let mut bus = SimBus::new(400_000);
        bus.place(0x40, chip);
        let [high, low] = u16::try_from(given["cal"].as_u64().unwrap())
            .unwrap()
            .to_be_bytes();
        bus.write(0x40, &[5, high, low]).unwrap();
        bus.tick(TWO_CYCLES);
        let mut read = |register: u8| {
            let mut raw = [0; 2];
            bus.write_read(0x40, &[register], &mut raw).unwrap();
            u16::from_be_bytes(raw)
        };
        assert_eq!(read(1), word(&given["shunt_raw"]));
        assert_eq!(read(2), word(&given["bus_raw"]));
        assert_eq!(read(4), word(&wanted["current_raw"]));
        assert_eq!(read(3), word(&wanted["power_raw"]));
        assert_eq!(read(6) & 4 != 0, wanted["ovf"].as_bool().unwrap());
    }
}

#[test]
fn ina226_takes_every_transaction_of_the_vectors() {
    for vector in vectors(INA226, "transaction") {
        println!("{}", vector["id"]);
        let address = bytes(&vector["in"]["address"])[0];
        let chip = shared(Ina226::new());
        let mut bus = SimBus::new(400_000);
        bus.place(address, chip.clone());
        // Identity calibration: the current register then shows the shunt register.
        bus.write(address, &[5, 0x08, 0x00]).unwrap();
        for step in vector["out"]["bus"].as_array().unwrap() {
            keys(step, &["w", "r"]);
            let written = bytes(&step["w"]);
            if step["r"].is_null() {
                bus.write(address, &written).unwrap();
                if written[1] & 0x80 == 0 || written[0] != 0 {
                    let held = chip.borrow().register(written[0]);
                    let sent = u16::from_be_bytes([written[1], written[2]]);
                    assert_eq!(held, Some(u32::from(sent)));
                } else {
                    assert_eq!(chip.borrow().register(0), Some(0x4127));
                    assert_eq!(chip.borrow().register(5), Some(0));
                }
            } else {
                hold(&chip, written[0], word(&step["r"]));
                bus.tick(TWO_CYCLES);
                let mut answer = vec![0; bytes(&step["r"]).len()];
                bus.write_read(address, &written, &mut answer).unwrap();
                assert_eq!(answer, bytes(&step["r"]));
            }
        }
    }
}

#[test]
fn every_cycle_ends_when_the_vectors_say() {
    for vector in vectors(INA226, "config") {
        println!("{}", vector["id"]);
        let microseconds = vector["out"]["cycle_us_typ"].as_u64().unwrap();
        let mut chip = Ina226::new();
        chip.write(&bytes(&vector["out"]["bytes"])).unwrap();
        let before = chip.conversions();
        if microseconds == 0 {
            chip.tick(Duration::from_secs(60));
            assert_eq!(chip.conversions(), before);
            continue;
        }
        chip.tick(Duration::from_micros(microseconds) - Duration::from_nanos(1));
        assert_eq!(chip.conversions(), before);
        chip.tick(Duration::from_nanos(1));
        assert_eq!(chip.conversions(), before + 1);
    }
}

#[test]
fn expanders_behave_as_the_vectors_say() {
    for vector in vectors(TCA9555, "chip_model") {
        for variant in VARIANTS {
            println!("{} {variant:?}", vector["id"]);
            let given = &vector["in"];
            keys(given, &["pins_outside", "ops"]);
            keys(&vector["out"], &["trace", "end"]);
            let chip = shared(Tca9555::with_pins(variant, word(&given["pins_outside"])));
            let mut bus = SimBus::new(400_000);
            bus.place(0x20, chip.clone());
            let trace = vector["out"]["trace"].as_array().unwrap();
            let steps = given["ops"].as_array().unwrap();
            assert_eq!(steps.len(), trace.len());
            for (step, wanted) in steps.iter().zip(trace) {
                keys(step, &["w", "n", "pins"]);
                keys(wanted, &["w", "r", "pins_outside", "int"]);
                if !step["pins"].is_null() {
                    chip.borrow_mut().set_pins(word(&step["pins"]));
                } else if step["n"].is_null() {
                    bus.write(0x20, &bytes(&step["w"])).unwrap();
                } else {
                    let length = usize::try_from(step["n"].as_u64().unwrap()).unwrap();
                    let mut answer = vec![0; length];
                    bus.write_read(0x20, &bytes(&step["w"]), &mut answer)
                        .unwrap();
                    assert_eq!(answer, bytes(&wanted["r"]));
                }
                let int = chip.borrow().int_asserted();
                assert_eq!(int, wanted["int"].as_bool().unwrap());
            }
            let end = &vector["out"]["end"];
            keys(
                end,
                &["output", "direction", "polarity", "driven_pins", "levels"],
            );
            let chip = chip.borrow();
            assert_eq!(chip.outputs(), word(&end["output"]));
            assert_eq!(chip.directions(), word(&end["direction"]));
            assert_eq!(chip.polarity(), word(&end["polarity"]));
            assert_eq!(!chip.directions(), word(&end["driven_pins"]));
            assert_eq!(chip.pin_levels(), word(&end["levels"]));
        }
    }
}

#[test]
fn expanders_take_every_transaction_of_the_vectors() {
    for vector in vectors(TCA9555, "transaction") {
        println!("{}", vector["id"]);
        let address = bytes(&vector["in"]["address"])[0];
        let chip = shared(Tca9555::new(Variant::Tca9535));
        let mut bus = SimBus::new(100_000);
        bus.place(address, chip.clone());
        let registers = [("output", 2), ("polarity", 4), ("direction", 6)];
        for (name, register) in registers {
            let before = &vector["in"]["before"][name];
            if !before.is_null() {
                let [port_0, port_1] = word(before).to_le_bytes();
                bus.write(address, &[register, port_0, port_1]).unwrap();
            }
        }
        for step in vector["out"]["bus"].as_array().unwrap() {
            let written = bytes(&step["w"]);
            if step["r"].is_null() {
                bus.write(address, &written).unwrap();
                continue;
            }
            let wanted = bytes(&step["r"]);
            if written[0] < 2 {
                let mut levels = wanted.clone();
                levels.resize(2, 0);
                levels.rotate_right(usize::from(written[0]));
                let levels = u16::from_le_bytes([levels[0], levels[1]]);
                chip.borrow_mut().set_pins(levels);
            }
            let mut answer = vec![0; wanted.len()];
            bus.write_read(address, &written, &mut answer).unwrap();
            assert_eq!(answer, wanted);
        }
        let chip = chip.borrow();
        let held = [chip.outputs(), chip.polarity(), chip.directions()];
        for ((name, _), held) in registers.into_iter().zip(held) {
            let cached = &vector["out"]["cache"][name];
            if !cached.is_null() {
                assert_eq!(held, word(cached), "{name}");
            }
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_i64().unwrap() as f64
}

/// The quantity a register stands for, put at the pins, must give the register of the vector.
#[test]
fn what_the_vectors_decode_is_what_the_twins_measured() {
    let kinds = ["shunt_decode", "bus_decode", "die_temp_decode"];
    let mut seen = [0; 2];
    for vector in kinds.iter().flat_map(|kind| vectors(INA226, kind)) {
        println!("{}", vector["id"]);
        let (given, wanted) = (&vector["in"], &vector["out"]);
        keys(given, &["raw", "adcrange"]);
        keys(wanted, &["nV", "uV", "mV", "pV", "milliC"]);
        let kind = vector["kind"].as_str().unwrap();
        let (mut old, mut new) = (Ina226::new(), Ina237::new(Model237::Ina238));
        if given["adcrange"] == 1 {
            new.write(&[0x00, 0x00, 0x10]).unwrap();
        }
        let volts = match (kind, wanted["nV"].is_null()) {
            ("shunt_decode", false) => number(&wanted["nV"]) / 1e9,
            (_, true) if !wanted["uV"].is_null() => number(&wanted["uV"]) / 1e6,
            _ => 0.0,
        };
        match kind {
            "shunt_decode" => {
                old.set_shunt_voltage(volts);
                new.set_shunt_voltage(volts);
            }
            "bus_decode" => {
                old.set_bus_voltage(volts);
                new.set_bus_voltage(volts);
            }
            _ => new.set_die_temperature(number(&wanted["milliC"]) / 1e3),
        }
        old.tick(Duration::from_millis(10));
        new.tick(Duration::from_millis(10));
        let raw = |vector: &Value| u32::from(word(vector));
        match (vector["part"].as_str().unwrap(), kind) {
            ("ina226", "shunt_decode") => assert_eq!(old.register(1), Some(raw(&given["raw"]))),
            ("ina226", "bus_decode") => assert_eq!(old.register(2), Some(raw(&given["raw"]))),
            ("ina237 ina238", "shunt_decode") => {
                assert_eq!(new.register(4), Some(raw(&given["raw"])));
            }
            ("ina237 ina238", "bus_decode") => {
                assert_eq!(new.register(5), Some(raw(&given["raw"])));
            }
            ("ina237 ina238", "die_temp_decode") => {
                assert_eq!(new.register(6), Some(raw(&given["raw"])));
            }
            ("ina228", _) => continue,
            (part, kind) => panic!("{kind} of {part}"),
        }
        seen[usize::from(vector["part"] != "ina226")] += 1;
    }
    assert_eq!(seen, [11, 5], "vectors of the INA226 and of the INA237");
}

#[test]
fn the_ina237_averages_as_long_as_the_vectors_say() {
    for vector in vectors(INA226, "adc_config") {
        println!("{}", vector["id"]);
        let mut chip = Ina237::new(Model237::Ina237);
        let [high, low] = word(&vector["out"]["word"]).to_be_bytes();
        chip.write(&[0x01, high, low]).unwrap();
        let cycle = Duration::from_micros(vector["out"]["cycle_us_typ"].as_u64().unwrap());
        chip.tick(cycle - Duration::from_nanos(1));
        assert_eq!(chip.conversions(), 0);
        chip.tick(Duration::from_nanos(1));
        assert_eq!(chip.conversions(), 1);
    }
}

/// Half of the wished full-scale current must come out as half of the register, within one step of rounding a product.
#[test]
fn the_shunt_calibrations_of_the_vectors_give_the_current_they_promise() {
    for vector in vectors(INA226, "shunt_cal") {
        if vector["part"] != "ina237 ina238" {
            continue;
        }
        println!("{}", vector["id"]);
        let given = &vector["in"];
        let amps = number(&given["max_current_uA"]) / 1e6 / 2.0;
        let mut chip = Ina237::new(Model237::Ina237);
        chip.set_shunt_voltage(amps * number(&given["shunt_uohm"]) / 1e6);
        chip.write(&bytes(&vector["out"]["bytes"])).unwrap();
        chip.tick(Duration::from_millis(10));
        let steps = f64::from(chip.register(7).unwrap());
        let measured = steps * number(&vector["out"]["current_lsb_pA"]) / 1e12;
        assert!((measured / amps - 1.0).abs() < 1e-3, "{measured} A");
    }
}
