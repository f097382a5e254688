//! One step of the line format, as the core takes it.

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::{
    BusInput, Gauge, Inputs, IoHealth, ModeHint, PackInput, PackSet, Quality, Sample,
    SwitchFeedback,
};

use super::{
    InputError, Json, Object,
    command::{Context, Orders},
    object::{choice, flag, list, nullable, whole},
};
use crate::PACKS;

const STEP_KEYS: [&str; 8] = [
    "now_ms",
    "packs",
    "bus",
    "mode",
    "load_controllable",
    "charger_controllable",
    "io",
    "commands",
];

const PACK_KEYS: [&str; 11] = [
    "voltage_mv",
    "current_ma",
    "temperature_dc",
    "age_ms",
    "switch_feedback",
    "capacity_mah",
    "soc_permille",
    "soh_permille",
    "i_dis_max_ma",
    "i_chg_max_ma",
    "alarm_bits",
];

const BUS_KEYS: [&str; 2] = ["voltage_mv", "current_ma"];

const IO_KEYS: [&str; 6] = [
    "readback_ok",
    "topology_ok",
    "write_ok",
    "brown_out",
    "estop",
    "alerts",
];

const MODES: [(&str, ModeHint); 4] = [
    ("auto", ModeHint::Auto),
    ("charge", ModeHint::Charge),
    ("discharge", ModeHint::Discharge),
    ("idle", ModeHint::Idle),
];

const FEEDBACK: [(&str, SwitchFeedback); 2] = [
    ("open", SwitchFeedback::Open),
    ("closed", SwitchFeedback::Closed),
];

const NUMBER: std::ops::RangeInclusive<i32> = i32::MIN..=i32::MAX;

/// Reads one step. `before` are the packs of the step before: a pack without a sample keeps its gauge data.
pub(super) fn read(
    json: &Json<'_>,
    rack: &Context<'_>,
    before: &[PackInput; PACKS],
) -> Result<(u64, Inputs<PACKS>), InputError> {
    let object = Object::of(json, &STEP_KEYS)?;
    let now_ms = object.need("now_ms", "a time in milliseconds", whole(0..=u64::MAX))?;
    let packs = object.need("packs", "a list with an entry for each pack", |json| {
        packs(json, rack.packs, before)
    })?;
    let mut bus = object.get("bus", bus)?.unwrap_or_default();
    bus.mode_hint = object.get("mode", choice(&MODES))?.unwrap_or_default();
    bus.load_controllable = object.get("load_controllable", flag)?.unwrap_or(false);
    bus.charger_controllable = object.get("charger_controllable", flag)?.unwrap_or(false);
    let io = object.get("io", |json| io(json, rack))?.unwrap_or_default();
    let orders = object.get("commands", |json| Orders::read(json, rack))?;
    let orders = orders.unwrap_or_else(Orders::none);
    let inputs = Inputs {
        packs,
        bus,
        io,
        commands: orders.commands,
        new_params: orders.new_params,
        // A line that cannot be read is refused before it becomes a step.
        unreadable_params: None,
    };
    Ok((now_ms, inputs))
}

fn packs(
    json: &Json<'_>,
    count: usize,
    before: &[PackInput; PACKS],
) -> Result<[PackInput; PACKS], InputError> {
    let items = list(json)?;
    if items.len() != count {
        let given = items.len();
        return Err(InputError::new(format!(
            "{given} packs, the rack has {count}; one without a sample is null"
        )));
    }
    let mut packs = [PackInput::default(); PACKS];
    for (index, ((slot, item), before)) in packs.iter_mut().zip(items).zip(before).enumerate() {
        *slot = match item {
            // No sample says nothing about what is known of the pack itself.
            Json::Null => PackInput {
                gauge: before.gauge,
                ..PackInput::default()
            },
            other => pack(other).map_err(|error| error.at(index))?,
        };
    }
    Ok(packs)
}

/// A value that was read, or one that was read and is not usable.
fn sample<T: Default>(value: Option<T>, age_ms: u32) -> Sample<T> {
    match value {
        Some(value) => Sample::good(value, age_ms),
        None => Sample {
            value: T::default(),
            age_ms,
            quality: Quality::Missing,
        },
    }
}

fn pack(json: &Json<'_>) -> Result<PackInput, InputError> {
    let object = Object::of(json, &PACK_KEYS)?;
    let number = |key| {
        object
            .get(key, nullable(whole(NUMBER)))
            .map(Option::flatten)
    };
    let age_ms = object.get("age_ms", whole(0..=u32::MAX))?.unwrap_or(0);
    let voltage = number("voltage_mv")?.map(Millivolts::new);
    let current = number("current_ma")?.map(Milliamps::new);
    let temperature = number("temperature_dc")?.map(DeciCelsius::new);
    let feedback = object.get("switch_feedback", nullable(choice(&FEEDBACK)))?;
    Ok(PackInput {
        voltage: sample(voltage, age_ms),
        current: sample(current, age_ms),
        temperature: temperature.map(|temperature| Sample::good(temperature, age_ms)),
        switch_feedback: feedback.flatten(),
        gauge: gauge(&object)?,
    })
}

fn gauge(object: &Object<'_, '_>) -> Result<Gauge, InputError> {
    let limit = |key| {
        let magnitude = object.get(key, nullable(whole(0..=i32::MAX)))?;
        Ok::<_, InputError>(magnitude.flatten().map(Milliamps::new))
    };
    let share = |key| {
        let share = object.get(key, nullable(whole(0..=u16::MAX)))?;
        Ok::<_, InputError>(share.flatten().map(Permille::new))
    };
    let capacity = object.get("capacity_mah", nullable(whole(0..=u32::MAX)))?;
    let alarms = object.get("alarm_bits", nullable(whole(0..=u32::MAX)))?;
    Ok(Gauge {
        capacity: capacity.flatten().map(MilliampHours::new),
        soc: share("soc_permille")?,
        soh: share("soh_permille")?,
        i_dis_max: limit("i_dis_max_ma")?,
        i_chg_max: limit("i_chg_max_ma")?,
        alarm_bits: alarms.flatten().unwrap_or(0),
    })
}

fn bus(json: &Json<'_>) -> Result<BusInput, InputError> {
    if *json == Json::Null {
        return Ok(BusInput::default());
    }
    let object = Object::of(json, &BUS_KEYS)?;
    let number = |key| {
        object
            .get(key, nullable(whole(NUMBER)))
            .map(Option::flatten)
    };
    Ok(BusInput {
        voltage: number("voltage_mv")?.map(Millivolts::new),
        current: number("current_ma")?.map(Milliamps::new),
        ..BusInput::default()
    })
}

fn io(json: &Json<'_>, rack: &Context<'_>) -> Result<IoHealth, InputError> {
    let object = Object::of(json, &IO_KEYS)?;
    let healthy = IoHealth::default();
    let state = |key, usual| object.get(key, flag).map(|given| given.unwrap_or(usual));
    Ok(IoHealth {
        readback_ok: state("readback_ok", healthy.readback_ok)?,
        topology_ok: state("topology_ok", healthy.topology_ok)?,
        write_ok: state("write_ok", healthy.write_ok)?,
        brown_out: state("brown_out", healthy.brown_out)?,
        estop: state("estop", healthy.estop)?,
        alerts: object
            .get("alerts", |json| alerts(json, rack))?
            .unwrap_or_default(),
    })
}

fn alerts(json: &Json<'_>, rack: &Context<'_>) -> Result<PackSet, InputError> {
    let mut set = PackSet::EMPTY;
    for (index, item) in list(json)?.iter().enumerate() {
        let pack = rack.pack(item).map_err(|error| error.at(index))?;
        if set.contains(pack.into()) {
            let words = format!("pack {pack} is listed twice, once is enough");
            return Err(InputError::new(words).at(index));
        }
        set = set.with(pack.into());
    }
    Ok(set)
}
