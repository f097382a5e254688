//! Registers, readings and calibrations of the INA226 family, against arithmetic in 128 bits.

use battery_units::{Microamps, Microohms, Nanoamps};
use ina226::{
    Calibration, Current, CurrentStep, Part, Power, ShuntRange, Wiring,
    registers::{Readable, Writable, ina226 as old, ina228 as wide, ina237 as new},
};

use crate::bytes::Bytes;

/// Counts of the shunt input in picovolts and the constant of the calibration register (SBOS547, section "Programming
/// the calibration register": 0.00512 = 2048 × 2.5 µV).
const INA226_SHUNT_PV: i128 = 2_500_000;
const INA226_IDENTITY: i128 = 2_048;
const PARTS: [Part; 4] = [Part::Ina226, Part::Ina237, Part::Ina238, Part::Ina228];

/// Every word survives being read and written; readings are the exact product, rounded once; a calibration that was
/// accepted measures what was asked for.
pub fn ina226_registers(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    while !bytes.is_empty() {
        words([bytes.u8(), bytes.u8()]);
        voltages([bytes.u8(), bytes.u8()]);
        let counts = bytes.i32() >> (bytes.u8() % 32);
        let step = i64::from(bytes.i32()) >> (bytes.u8() % 32);
        currents(counts, step);
        let choice = bytes.u8();
        let part = PARTS[usize::from(choice & 3)];
        let range = [ShuntRange::Wide, ShuntRange::Narrow][usize::from(choice >> 7)];
        let shunt = Microohms::new(bytes.i32().unsigned_abs() >> (choice & 0x1F));
        let max = Microamps::new(bytes.i32());
        calibrations(part, range, shunt, max);
    }
}

fn words(word: [u8; 2]) {
    fn kept<R: Readable<Bytes = [u8; 2]> + Writable>(word: [u8; 2]) {
        assert_eq!(R::decode(word).encode(), word);
    }
    kept::<old::Configuration>(word);
    kept::<old::Calibration>(word);
    kept::<old::MaskEnable>(word);
    kept::<old::AlertLimit>(word);
    kept::<new::Config>(word);
    kept::<new::AdcConfig>(word);
    kept::<new::ShuntCal>(word);
    kept::<new::DiagAlert>(word);
    kept::<wide::ShuntTempco>(word);
    let configuration = old::Configuration::decode(word);
    let again = configuration
        .with_averaging(configuration.averaging())
        .with_bus_time(configuration.bus_time())
        .and_then(|same| same.with_shunt_time(configuration.shunt_time()));
    assert_eq!(again, Ok(configuration));
    let mode = configuration.mode();
    assert_eq!(configuration.with_mode(mode).unwrap().mode(), mode);
    let adc = new::AdcConfig::decode(word);
    let again = adc
        .with_averaging(adc.averaging())
        .with_bus_time(adc.bus_time())
        .and_then(|same| same.with_shunt_time(adc.shunt_time()))
        .and_then(|same| same.with_temperature_time(adc.temperature_time()));
    assert_eq!(again, Ok(adc));
}

/// 1.25 mV a count (SBOS547, table 5), 3.125 mV a count (SLYS025, section 7.6).
fn voltages(word: [u8; 2]) {
    let counts = i128::from(u16::from_be_bytes(word));
    let negative = counts > 0x7FFF;
    let read = old::BusVoltage::decode(word).to_voltage(Part::Ina226);
    assert_eq!(read.is_none(), negative);
    if let Some(read) = read {
        assert_eq!(i128::from(read.to_microvolts().get()), counts * 1_250);
        let mv = nearest(counts * 1_250, 1_000);
        assert_eq!(i128::from(read.to_millivolts().get()), mv);
    }
    let read = new::BusVoltage::decode(word).to_voltage(Part::Ina238);
    assert_eq!(read.is_none(), negative);
    if let Some(read) = read {
        assert_eq!(i128::from(read.to_microvolts().get()), counts * 3_125);
        let mv = nearest(counts * 3_125, 1_000);
        assert_eq!(i128::from(read.to_millivolts().get()), mv);
    }
}

fn currents(counts: i32, step: i64) {
    let Ok(step) = CurrentStep::new(Nanoamps::new(step)) else {
        assert!(step <= 0, "{step} nA was refused");
        return;
    };
    reading(counts, step);
    let power = counts.unsigned_abs() & 0x00FF_FFFF;
    // 25 steps of the current register a count (SBOS547, table 7).
    let picowatts = i128::from(power) * 25 * i128::from(step.as_picoamps());
    let read = Power::new(Part::Ina226, power, step).to_nanowatts();
    assert_eq!(i128::from(read.get()), nearest(picowatts, 1_000));
}

/// The counts of no chip have more than 20 bits.
fn reading(counts: i32, step: CurrentStep) {
    let read = Current::new(counts, step);
    let counts = i128::from(counts.clamp(-0x8_0000, 0x8_0000));
    let exact = counts * i128::from(step.as_picoamps());
    assert_eq!(i128::from(read.to_nanoamps().get()), nearest(exact, 1_000));
    assert_eq!(
        i128::from(read.to_microamps().get()),
        held(nearest(exact, 1_000_000))
    );
    assert_eq!(
        i128::from(read.to_milliamps().get()),
        held(nearest(exact, 1_000_000_000))
    );
}

fn calibrations(part: Part, range: ShuntRange, shunt: Microohms, max: Microamps) {
    for wiring in [Wiring::Direct, Wiring::Reversed] {
        let Ok(plain) = Calibration::new(part, range, shunt, wiring) else {
            continue;
        };
        reading(0x7FFF, plain.shunt_step());
        reading(-0x8000, plain.shunt_step());
        let wished = Calibration::for_max_current(part, range, shunt, wiring, max);
        if let Ok(wished) = wished {
            assert!((1..=0x7FFF).contains(&wished.register_value()));
            let asked = i64::from(max.get()) * 1_000;
            assert!(wished.full_scale().get() >= asked, "{wished:?}");
            reading(0x7FFF, wished.register_step());
        }
        if part == Part::Ina226 {
            let shunt = i128::from(shunt.get());
            let step = i128::from(plain.shunt_step().as_picoamps());
            assert_eq!(step, nearest(INA226_SHUNT_PV * 1_000_000, shunt));
            for calibration in [Ok(plain), wished].into_iter().flatten() {
                let value = i128::from(calibration.register_value());
                let unit = INA226_SHUNT_PV * INA226_IDENTITY * 1_000_000;
                let step = i128::from(calibration.register_step().as_picoamps());
                assert_eq!(step, nearest(unit, shunt * value));
            }
        }
    }
}

/// To nearest, ties away from zero.
fn nearest(value: i128, unit: i128) -> i128 {
    let size = (value.abs() + unit / 2) / unit;
    size * value.signum()
}

/// At the ends of 32 bits.
fn held(value: i128) -> i128 {
    value.clamp(i32::MIN.into(), i32::MAX.into())
}
