//! The rack description: which sensor and which switch belong to which pack, by address and pin.
//!
//! A pack is tied to its sensor and switch by what is written here, never by the order in which chips answer: a missing
//! sensor shifts nothing.

use core::fmt;

use battery_units::{Microohms, MilliampHours, Milliamps, Milliohms};
use parallelator_core::{ParamError, Params, Problem};

/// Which kind of chip measures a pack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Sensor {
    /// INA226 or one of its equals: ±81.92 mV at the shunt, 36 V.
    Ina226,
    /// INA237 or INA238: ±163.84 mV at the shunt, 85 V.
    #[default]
    Ina237,
}

impl Sensor {
    /// Largest voltage at the shunt that can be measured, in microvolts.
    #[must_use]
    pub const fn full_scale_uv(self) -> i64 {
        match self {
            Self::Ina226 => 81_917,
            Self::Ina237 => 163_835,
        }
    }
}

/// A name for people, at most 24 bytes of UTF-8.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Label {
    bytes: [u8; Label::MAX],
    len: u8,
}

impl Label {
    /// Longest label, in bytes.
    pub const MAX: usize = 24;

    /// A label, or `None` when the text is too long.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        Some(Self {
            bytes,
            len: u8::try_from(text.len()).ok()?,
        })
    }

    /// The text; empty when none was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes
            .get(..usize::from(self.len))
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }
}

/// Everything about the wiring of one pack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackWiring {
    /// Number of the I2C bus.
    pub bus: u8,
    /// Address of the sensor, 0x40 to 0x4F.
    pub sensor: u8,
    /// Kind of the sensor.
    pub sensor_kind: Sensor,
    /// Address of the expander that drives the switch, 0x20 to 0x27.
    pub expander: u8,
    /// Pin of the switch, 0 to 15; high closes it.
    pub switch_pin: u8,
    /// Pin of the sensor's alert line, low when it fires.
    pub alert_pin: Option<u8>,
    /// Pin of the red lamp, high lights it.
    pub red_pin: Option<u8>,
    /// Pin of the green lamp, high lights it.
    pub green_pin: Option<u8>,
    /// Resistance of the shunt.
    pub shunt: Microohms,
    /// The shunt is wired so that a charging current reads negative at the chip.
    pub reversed: bool,
    /// Capacity, where it is known.
    pub capacity: Option<MilliampHours>,
    /// Own discharge limit, a magnitude.
    pub i_dis_max: Option<Milliamps>,
    /// Own charge limit.
    pub i_chg_max: Option<Milliamps>,
    /// What people call it.
    pub label: Label,
}

impl PackWiring {
    /// The pins in use, with what each is for.
    pub fn pins(&self) -> impl Iterator<Item = (&'static str, u8)> {
        [
            ("switch_pin", Some(self.switch_pin)),
            ("alert_pin", self.alert_pin),
            ("red_pin", self.red_pin),
            ("green_pin", self.green_pin),
        ]
        .into_iter()
        .filter_map(|(name, pin)| Some((name, pin?)))
    }

    /// Largest current the sensor can measure through its shunt, a magnitude.
    #[must_use]
    pub fn full_scale(&self) -> Milliamps {
        let uv = self.sensor_kind.full_scale_uv();
        let ma = uv
            .saturating_mul(1_000)
            .checked_div(self.shunt.get().into())
            .unwrap_or(0);
        Milliamps::new(i32::try_from(ma).unwrap_or(i32::MAX))
    }
}

/// What is wrong with a rack description: the pack (from 0), the field, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RackError {
    /// No pack, or more than fit.
    PackCount {
        /// What was given.
        found: usize,
        /// The most that fit.
        max: usize,
    },
    /// A value outside its range.
    OutsideRange {
        /// The pack.
        pack: usize,
        /// The field.
        field: &'static str,
        /// What was given.
        value: u32,
        /// Smallest value allowed.
        min: u32,
        /// Largest value allowed.
        max: u32,
    },
    /// Two packs claim the same sensor.
    SensorTwice {
        /// The pack.
        pack: usize,
        /// The pack that has it already.
        other: usize,
    },
    /// A pin of an expander is used twice.
    PinTwice {
        /// The pack.
        pack: usize,
        /// The field.
        field: &'static str,
        /// The pack that has it already.
        other: usize,
    },
    /// The sensor cannot measure the current at which the pack must be opened.
    ///
    /// Full scale must be at least 1.2 times the hard trip, or the trip never fires.
    FullScale {
        /// The pack.
        pack: usize,
        /// What the sensor reaches.
        full_scale: Milliamps,
        /// What it must reach.
        needed: Milliamps,
    },
    /// The parameters speak of a pre-charge resistor, and no output of this rack drives such a path: every start would
    /// wait for it in vain.
    NoPrecharge {
        /// The resistor of the parameters.
        r_pre: Milliohms,
    },
}

impl RackError {
    /// The pack it concerns, from 0; `None` for the rack.
    #[must_use]
    pub fn pack(&self) -> Option<usize> {
        match *self {
            Self::PackCount { .. } | Self::NoPrecharge { .. } => None,
            Self::OutsideRange { pack, .. }
            | Self::SensorTwice { pack, .. }
            | Self::PinTwice { pack, .. }
            | Self::FullScale { pack, .. } => Some(pack),
        }
    }

    /// The field it concerns.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match *self {
            Self::PackCount { .. } => "packs",
            Self::OutsideRange { field, .. } | Self::PinTwice { field, .. } => field,
            Self::SensorTwice { .. } => "sensor",
            Self::FullScale { .. } => "shunt_uohm",
            Self::NoPrecharge { .. } => "r_pre_mohm",
        }
    }

    /// The same as a fault of the parameters that this rack cannot follow.
    pub(crate) fn as_param_error(&self, params: &Params) -> ParamError {
        if let Self::NoPrecharge { r_pre } = *self {
            return ParamError {
                field: "r_pre_mohm",
                value: r_pre.get().into(),
                problem: Problem::OutsideRange { min: 0, max: 0 },
            };
        }
        // The wiring itself was checked before it came to parameters: what is left is the larger current.
        let (field, current) = if params.i_chg_max > params.i_dis_max {
            ("i_chg_max_ma", params.i_chg_max)
        } else {
            ("i_dis_max_ma", params.i_dis_max)
        };
        let full_scale = match *self {
            Self::FullScale { full_scale, .. } => i64::from(full_scale.get()),
            _ => 0,
        };
        let trip = full_scale.saturating_mul(5).div_euclid(6);
        let limit = trip
            .saturating_mul(1_000)
            .checked_div(params.k_oc.get().into())
            .unwrap_or(0);
        ParamError {
            field,
            value: current.get().into(),
            problem: Problem::Above {
                other: "what the sensors can measure of a hard trip",
                limit,
            },
        }
    }
}

/// The packs of a message count from 1, as people do.
impl fmt::Display for RackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let human = |pack: usize| pack.saturating_add(1);
        match *self {
            Self::PackCount { found, max } => {
                write!(f, "{found} packs given, 1 to {max} are possible")
            }
            Self::OutsideRange {
                pack,
                field,
                value,
                min,
                max,
            } => {
                write!(
                    f,
                    "pack {}: {field} {value} is outside {min} to {max}",
                    human(pack)
                )
            }
            Self::SensorTwice { pack, other } => {
                write!(
                    f,
                    "pack {}: pack {} has the same bus and sensor address",
                    human(pack),
                    human(other)
                )
            }
            Self::PinTwice { pack, field, other } => {
                write!(
                    f,
                    "pack {}: {field} is already used by pack {}",
                    human(pack),
                    human(other)
                )
            }
            Self::FullScale {
                pack,
                full_scale,
                needed,
            } => write!(
                f,
                "pack {}: the sensor reaches {full_scale} through this shunt, the hard trip needs {needed}",
                human(pack)
            ),
            Self::NoPrecharge { r_pre } => write!(
                f,
                "r_pre_mohm {} is given, but no output of this rack drives a pre-charge path; it has to be 0",
                r_pre.get()
            ),
        }
    }
}

impl core::error::Error for RackError {}

/// A whole rack, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rack<const N: usize> {
    packs: [PackWiring; N],
    count: usize,
}

impl<const N: usize> Rack<N> {
    /// A rack of these packs.
    ///
    /// # Errors
    /// The first contradiction; [`check_wiring`] shows all of them.
    pub fn new(packs: &[PackWiring], params: &Params) -> Result<Self, RackError> {
        let max = N.min(32);
        let found = packs.len();
        if found == 0 || found > max {
            return Err(RackError::PackCount { found, max });
        }
        let mut first = None;
        check_wiring(packs, params, |error| {
            first.get_or_insert(error);
        });
        if let Some(error) = first {
            return Err(error);
        }
        let mut all = [PackWiring::default(); N];
        for (slot, pack) in all.iter_mut().zip(packs) {
            *slot = *pack;
        }
        Ok(Self {
            packs: all,
            count: found,
        })
    }

    /// The packs.
    #[must_use]
    pub fn packs(&self) -> &[PackWiring] {
        self.packs.get(..self.count).unwrap_or(&[])
    }
}

/// The wiring of pack `index` (from 0) in the KXKM rack.
///
/// Four packs share one TCA9535 with reversed pin order and four INA237 with 2 mΩ shunts; sixteen packs make a bus,
/// the next sixteen sit on a second bus with the same map.
#[must_use]
pub fn kxkm_wiring(index: usize) -> PackWiring {
    let index = u8::try_from(index).unwrap_or(u8::MAX);
    let (bus, on_bus) = (index.div_euclid(16), index.rem_euclid(16));
    let (group, channel) = (on_bus.div_euclid(4), on_bus.rem_euclid(4));
    let reversed_channel = 3u8.saturating_sub(channel);
    let lamp = channel.saturating_mul(2);
    PackWiring {
        bus,
        sensor: 0x40u8.saturating_add(on_bus),
        sensor_kind: Sensor::Ina237,
        expander: 0x20u8.saturating_add(group),
        switch_pin: reversed_channel,
        alert_pin: Some(reversed_channel.saturating_add(4)),
        red_pin: Some(lamp.saturating_add(8)),
        green_pin: Some(lamp.saturating_add(9)),
        shunt: Microohms::new(2_000),
        ..PackWiring::default()
    }
}

/// Shows every contradiction in a wiring.
pub fn check_wiring(packs: &[PackWiring], params: &Params, mut show: impl FnMut(RackError)) {
    let hard = params.hard_charge().max(params.hard_discharge()).get();
    let needed = Milliamps::new(hard.saturating_add(hard.div_euclid(5)));
    if params.r_pre.get() > 0 {
        let r_pre = params.r_pre;
        show(RackError::NoPrecharge { r_pre });
    }
    for (index, pack) in packs.iter().enumerate() {
        let mut within = |field, value: u32, min, max| {
            if value < min || value > max {
                show(RackError::OutsideRange {
                    pack: index,
                    field,
                    value,
                    min,
                    max,
                });
            }
        };
        within("bus", pack.bus.into(), 0, 1);
        within("sensor", pack.sensor.into(), 0x40, 0x4F);
        within("expander", pack.expander.into(), 0x20, 0x27);
        within("shunt_uohm", pack.shunt.get(), 10, 10_000_000);
        for (field, pin) in pack.pins() {
            within(field, pin.into(), 0, 15);
        }
        let full_scale = pack.full_scale();
        if full_scale < needed {
            show(RackError::FullScale {
                pack: index,
                full_scale,
                needed,
            });
        }
        for (other, earlier) in packs.iter().enumerate().take(index) {
            if (earlier.bus, earlier.sensor) == (pack.bus, pack.sensor) {
                show(RackError::SensorTwice { pack: index, other });
            }
        }
        for (position, (field, pin)) in pack.pins().enumerate() {
            let own = pack.pins().take(position).map(|(_, taken)| (index, taken));
            let others = packs
                .iter()
                .enumerate()
                .take(index)
                .filter(|(_, other)| (other.bus, other.expander) == (pack.bus, pack.expander))
                .flat_map(|(other, wiring)| wiring.pins().map(move |(_, taken)| (other, taken)));
            if let Some((other, _)) = others.chain(own).find(|&(_, taken)| taken == pin) {
                show(RackError::PinTwice {
                    pack: index,
                    field,
                    other,
                });
            }
        }
    }
}
