//! Random steps, drawn once and told twice: as a line, and as what the core takes.

use std::fmt::Write;

use battery_units::{DeciCelsius, MilliampHours, Milliamps, Millivolts, Permille};
use parallelator_core::{
    Command, Fault, Inputs, ModeHint, PackSet, Quality, Sample, SwitchFeedback,
};

pub(crate) const PACKS: usize = 32;

/// A small generator of its own, so that a seed means the same on every machine and for ever.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    /// Once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn from(&mut self, low: i32, high: i32) -> i32 {
        let span = i64::from(high) - i64::from(low) + 1;
        (i64::from(low) + self.below(span as u64) as i64) as i32
    }
}

/// A rack whose voltages and currents wander.
#[derive(Debug, Clone)]
pub(crate) struct Rack {
    pub(crate) packs: usize,
    dice: Dice,
    now_ms: u64,
    voltages: Vec<i32>,
}

/// One step as a line and as inputs.
pub(crate) struct Drawn {
    pub(crate) line: String,
    pub(crate) now_ms: u64,
    pub(crate) inputs: Inputs<PACKS>,
}

/// Collects the entries of an object.
#[derive(Default)]
struct Entries(Vec<String>);

impl Entries {
    fn add(&mut self, key: &str, value: impl std::fmt::Display) {
        self.0.push(format!("\"{key}\": {value}"));
    }

    /// The object, its entries turned by `turn`: their order means nothing.
    fn object(mut self, turn: usize) -> String {
        if !self.0.is_empty() {
            let middle = turn % self.0.len();
            self.0.rotate_left(middle);
        }
        format!("{{{}}}", self.0.join(", "))
    }
}

impl Rack {
    pub(crate) fn new(packs: usize, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let voltages = (0..packs).map(|_| dice.from(26_000, 26_600)).collect();
        Self {
            packs,
            dice,
            now_ms: 0,
            voltages,
        }
    }

    pub(crate) fn first_line(&self) -> String {
        format!("{{\"packs\": {}}}", self.packs)
    }

    pub(crate) fn step(&mut self) -> Drawn {
        self.now_ms = match self.dice.below(200) {
            0 => self.now_ms + 5_000,
            1 => self.now_ms.saturating_sub(250),
            2 => self.dice.next(),
            _ => self.now_ms.wrapping_add(100),
        };
        let mut inputs = Inputs::default();
        let mut step = Entries::default();
        step.add("now_ms", self.now_ms);
        let packs: Vec<String> = (0..self.packs)
            .map(|index| self.pack(index, &mut inputs))
            .collect();
        step.add("packs", format!("[{}]", packs.join(", ")));
        self.bus(&mut inputs, &mut step);
        self.io(&mut inputs, &mut step);
        self.commands(&mut inputs, &mut step);
        Drawn {
            line: step.object(self.dice.index(8)),
            now_ms: self.now_ms,
            inputs,
        }
    }

    fn pack(&mut self, index: usize, inputs: &mut Inputs<PACKS>) -> String {
        let dice = &mut self.dice;
        let input = &mut inputs.packs[index];
        if dice.once_in(40) {
            return "null".to_owned();
        }
        let voltage = &mut self.voltages[index];
        *voltage = match dice.below(400) {
            0 => dice.from(i32::MIN, i32::MAX),
            1 => dice.from(20_000, 31_000),
            _ => voltage.saturating_add(dice.from(-5, 5)),
        };
        let mut entries = Entries::default();
        let age_ms = if dice.once_in(20) {
            dice.from(0, 1_500) as u32
        } else {
            0
        };
        let usable = !dice.once_in(50);
        let current = match dice.below(500) {
            0 => dice.from(i32::MIN, i32::MAX),
            1 => dice.from(-30_000, 30_000),
            _ => dice.from(-60, 60),
        };
        if usable {
            entries.add("voltage_mv", *voltage);
            entries.add("current_ma", current);
            input.voltage = Sample::good(Millivolts::new(*voltage), age_ms);
            input.current = Sample::good(Milliamps::new(current), age_ms);
        } else {
            entries.add("voltage_mv", "null");
            entries.add("current_ma", current);
            input.voltage.quality = Quality::Missing;
            input.current = Sample::good(Milliamps::new(current), age_ms);
        }
        if age_ms > 0 || dice.once_in(2) {
            entries.add("age_ms", age_ms);
        }
        if dice.once_in(2) {
            let temperature = match dice.below(200) {
                0 => dice.from(i32::MIN, i32::MAX),
                1 => dice.from(-450, 900),
                _ => dice.from(150, 350),
            };
            entries.add("temperature_dc", temperature);
            input.temperature = Some(Sample::good(DeciCelsius::new(temperature), age_ms));
        }
        if dice.once_in(100) {
            let (name, feedback) = if dice.once_in(2) {
                ("\"open\"", SwitchFeedback::Open)
            } else {
                ("\"closed\"", SwitchFeedback::Closed)
            };
            entries.add("switch_feedback", name);
            input.switch_feedback = Some(feedback);
        }
        self.gauge(index, inputs, &mut entries);
        entries.object(self.dice.index(8))
    }

    /// The same data in every line, so that a pack without a sample has them by right.
    fn gauge(&self, index: usize, inputs: &mut Inputs<PACKS>, entries: &mut Entries) {
        let gauge = &mut inputs.packs[index].gauge;
        if index.is_multiple_of(3) {
            let capacity = 5_000 + 1_000 * index as u32;
            entries.add("capacity_mah", capacity);
            gauge.capacity = Some(MilliampHours::new(capacity));
        }
        if index % 4 == 1 {
            let limit = 4_000 + 100 * index as i32;
            entries.add("i_dis_max_ma", limit);
            entries.add("i_chg_max_ma", limit / 2);
            gauge.i_dis_max = Some(Milliamps::new(limit));
            gauge.i_chg_max = Some(Milliamps::new(limit / 2));
        }
        if index % 5 == 2 {
            entries.add("soc_permille", 500);
            entries.add("soh_permille", 990);
            entries.add("alarm_bits", u32::MAX);
            gauge.soc = Some(Permille::new(500));
            gauge.soh = Some(Permille::new(990));
            gauge.alarm_bits = u32::MAX;
        }
    }

    fn bus(&mut self, inputs: &mut Inputs<PACKS>, step: &mut Entries) {
        let dice = &mut self.dice;
        let bus = &mut inputs.bus;
        if dice.once_in(3) {
            let voltage = dice.from(26_000, 26_600);
            step.add("bus", format!("{{\"voltage_mv\": {voltage}}}"));
            bus.voltage = Some(Millivolts::new(voltage));
        }
        let modes = [
            ("auto", ModeHint::Auto),
            ("charge", ModeHint::Charge),
            ("discharge", ModeHint::Discharge),
            ("idle", ModeHint::Idle),
        ];
        if dice.once_in(3) {
            let (name, mode) = modes[dice.index(modes.len())];
            step.add("mode", format!("\"{name}\""));
            bus.mode_hint = mode;
        }
        bus.load_controllable = !dice.once_in(4);
        bus.charger_controllable = dice.once_in(2);
        if bus.load_controllable || dice.once_in(2) {
            step.add("load_controllable", bus.load_controllable);
        }
        if bus.charger_controllable || dice.once_in(2) {
            step.add("charger_controllable", bus.charger_controllable);
        }
    }

    fn io(&mut self, inputs: &mut Inputs<PACKS>, step: &mut Entries) {
        let dice = &mut self.dice;
        if !dice.once_in(50) {
            return;
        }
        let io = &mut inputs.io;
        let mut entries = Entries::default();
        for (key, flag) in [
            ("readback_ok", &mut io.readback_ok),
            ("topology_ok", &mut io.topology_ok),
            ("write_ok", &mut io.write_ok),
            ("estop", &mut io.estop),
            ("brown_out", &mut io.brown_out),
        ] {
            if dice.once_in(4) {
                *flag = dice.once_in(2);
                entries.add(key, *flag);
            }
        }
        if dice.once_in(4) {
            let pack = dice.index(self.packs);
            entries.add("alerts", format!("[{pack}]"));
            io.alerts = PackSet::EMPTY.with(pack);
        }
        step.add("io", entries.object(0));
    }

    fn commands(&mut self, inputs: &mut Inputs<PACKS>, step: &mut Entries) {
        let dice = &mut self.dice;
        if !dice.once_in(10) {
            return;
        }
        let mut words = Vec::new();
        for slot in inputs.commands.iter_mut().take(1 + dice.index(8)) {
            let pack = dice.index(self.packs) as u8;
            let mut word = String::new();
            let command = match dice.below(40) {
                0..=9 => {
                    write!(word, "{{\"disable\": {pack}}}").unwrap();
                    Command::Disable { pack }
                }
                10..=25 => {
                    write!(word, "{{\"enable\": {pack}}}").unwrap();
                    Command::Enable { pack }
                }
                26..=33 => {
                    let fault = Fault::ALL[dice.index(Fault::ALL.len())];
                    let name = fault.code();
                    write!(
                        word,
                        "{{\"clear\": {{\"pack\": {pack}, \"fault\": \"{name}\"}}}}"
                    )
                    .unwrap();
                    Command::Clear { pack, fault }
                }
                34..=36 => {
                    word.push_str("{\"arm\": true}");
                    Command::Arm
                }
                37 => {
                    write!(word, "{{\"test\": {pack}}}").unwrap();
                    Command::Test { pack }
                }
                38 => {
                    let enter = dice.once_in(2);
                    write!(word, "{{\"service\": {enter}}}").unwrap();
                    Command::Service { enter }
                }
                _ => {
                    word.push_str("{\"estop\": true}");
                    Command::EStop
                }
            };
            words.push(word);
            *slot = Some(command);
        }
        step.add("commands", format!("[{}]", words.join(", ")));
    }
}
