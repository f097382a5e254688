//! Settings: ranges, packed registers, order, device limits, text.

mod harness;

use std::collections::BTreeMap;

use harness::frame;
use proptest::prelude::*;
use tinybms_proto::registers::{Access, Format, MAP, Value, entry};
use tinybms_proto::{
    Changes, DeviceLimits, Difference, Export, Firmware, ImportFault, Plan, PrechargePin,
    Registers, Setting, SettingError, Settings,
};

const PRESENT: Firmware = Firmware::new(254);
/// The four voltages in ascending order, by register.
const WINDOW: [u16; 4] = [316, 301, 300, 315];

fn words() -> [u16; 44] {
    let mut words = [0; 44];
    for (register, value) in [
        (300, 4_150),
        (301, 3_000),
        (303, 3_200),
        (304, 1_000),
        (305, 80),
        (306, 6_600),
        (307, 14),
        (308, 15),
        (310, 20),
        (311, 5),
        (312, 1_000),
        (314, 2),
        (315, 4_200),
        (316, 2_900),
        (317, 60),
        (318, 20),
        (319, 60),
        (320, 1),
        (321, 90),
        (322, 1_000),
        (323, 0xFFFF),
        (328, 0xFFFF),
        (329, 0xFFF8),
        (330, 0x0501),
        (332, 5),
        (333, 1),
        (335, 1),
        (338, 7),
        (342, 4),
    ] {
        words[register - 300] = value;
    }
    words
}

fn settings() -> Settings {
    Settings::from_words(words())
}

/// A device that takes everything of the document.
fn limits() -> DeviceLimits {
    let (mut minimum, mut maximum) = ([0; 44], [0; 44]);
    for setting in Setting::ALL {
        let entry = setting.entry();
        let place = usize::from(entry.address - 300);
        let (from, to) = entry.range.unwrap_or((0, 65_535));
        match entry.format {
            Format::High => {
                minimum[place] |= (from as u16) << 8;
                maximum[place] |= (to as u16) << 8;
            }
            Format::Bits { .. } => {}
            Format::Double => {
                (minimum[place], minimum[place + 1]) = (from as u16, (from >> 16) as u16);
                (maximum[place], maximum[place + 1]) = (to as u16, (to >> 16) as u16);
            }
            _ => {
                minimum[place] |= from as u16;
                maximum[place] |= to as u16;
            }
        }
    }
    DeviceLimits {
        minimum: Settings::from_words(minimum),
        maximum: Settings::from_words(maximum),
    }
}

fn changes(pairs: &[(Setting, i32)]) -> Changes {
    let mut changes = Changes::new();
    for (setting, value) in pairs {
        changes.set(*setting, *value).unwrap();
    }
    changes
}

/// Address and words of every write of a plan.
fn writes(plan: &Plan) -> Vec<(u16, Vec<u16>)> {
    plan.writes()
        .map(|write| (write.address(), write.words().to_vec()))
        .collect()
}

fn planned(pairs: &[(Setting, i32)]) -> Result<Vec<(u16, Vec<u16>)>, SettingError> {
    Plan::new(&settings(), &changes(pairs), PRESENT, &limits()).map(|plan| writes(&plan))
}

#[test]
fn every_documented_setting_is_there_once_and_no_reserved_register_is() {
    let mut by_register: BTreeMap<u16, usize> = BTreeMap::new();
    for setting in Setting::ALL {
        assert_eq!(Setting::from_name(setting.name()), Some(setting));
        assert_eq!(entry(setting.name()), Some(setting.entry()));
        *by_register.entry(setting.entry().address).or_default() += 1;
    }
    let reserved = [302, 309, 313, 324, 325, 326, 327];
    let expected: Vec<u16> = (300..=343).filter(|r| !reserved.contains(r)).collect();
    assert_eq!(by_register.keys().copied().collect::<Vec<u16>>(), expected);
    let shared: Vec<_> = by_register
        .iter()
        .filter(|(_, count)| **count > 1)
        .collect();
    assert_eq!(shared, [(&329, &3), (&330, &2)]);
    let mut names: Vec<&str> = MAP.iter().map(|entry| entry.name).collect();
    names.extend(Setting::ALL.map(Setting::name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name stands for two things");
    assert!(MAP.iter().all(|entry| entry.access == Access::Read));
}

#[test]
fn the_ends_of_every_range_are_taken_and_what_is_beyond_is_refused() {
    for setting in Setting::ALL {
        let (from, to) = setting.entry().range.unwrap_or((0, 65_535));
        let mut changes = Changes::new();
        for value in [from, to] {
            assert_eq!(changes.set(setting, value), Ok(()), "{setting} {value}");
            // 10h of the pre-charge pin is the same as 0Ah.
            let known = if setting == Setting::PrechargePin && value == 16 {
                10
            } else {
                value
            };
            assert_eq!(changes.get(setting), Some(known), "{setting}");
        }
        for value in [from - 1, to + 1, i32::MIN, i32::MAX] {
            let refused = SettingError::OutOfRange {
                setting,
                value,
                range: (from, to),
            };
            assert_eq!(changes.set(setting, value), Err(refused));
        }
    }
    let refused = Changes::new().set(Setting::PrechargePin, 1);
    assert!(matches!(
        refused,
        Err(SettingError::NotAChoice { value: 1, .. })
    ));
}

#[test]
fn what_stands_already_is_not_written() {
    assert_eq!(
        planned(&[(Setting::FullyChargedVoltage, 4_150)]),
        Ok(vec![])
    );
    assert_eq!(
        planned(&[(Setting::AllowedDisbalance, 20)]),
        Ok(vec![(308, vec![20])])
    );
}

#[test]
fn a_dry_run_gives_the_frames() {
    let plan = Plan::new(
        &settings(),
        &changes(&[(Setting::AllowedDisbalance, 20)]),
        PRESENT,
        &limits(),
    );
    let mut buffer = [0; 16];
    let frames: Vec<Vec<u8>> = plan
        .unwrap()
        .writes()
        .map(|write| write.emit(&mut buffer).unwrap().to_vec())
        .collect();
    assert_eq!(
        frames,
        [frame(&[
            0xAA, 0x10, 0x01, 0x34, 0x00, 0x01, 0x02, 0x00, 0x14
        ])]
    );
}

#[test]
fn packed_registers_keep_their_other_bits() {
    let flags = [
        (Setting::InvertCurrentSensor, 1),
        (Setting::EnableChargeRestartLevel, 1),
    ];
    assert_eq!(planned(&flags), Ok(vec![(329, vec![0xFFFD])]));
    assert_eq!(
        planned(&[(Setting::DischargeOverCurrentTimeout, 30)]),
        Ok(vec![(330, vec![0x1E01])])
    );
    assert_eq!(
        planned(&[(Setting::ChargerType, 2)]),
        Ok(vec![(330, vec![0x0502])])
    );
}

#[test]
fn a_long_setting_is_one_write_of_two_registers_low_word_first() {
    assert_eq!(
        planned(&[(Setting::PulsesPerUnit, 100_000)]),
        Ok(vec![(312, vec![34_464, 1])])
    );
}

#[test]
fn negative_settings_are_written_in_twos_complement_and_read_back() {
    assert_eq!(
        planned(&[(Setting::LowTemperatureChargeCutoff, -10)]),
        Ok(vec![(320, vec![65_526])])
    );
    let mut words = words();
    words[20] = 65_526;
    assert_eq!(
        Settings::from_words(words).get(Setting::LowTemperatureChargeCutoff),
        Some(-10)
    );
}

#[test]
fn what_only_can_be_set_is_written_whatever_it_reads() {
    assert_eq!(
        planned(&[(Setting::StateOfChargeToSet, 50_000)]),
        Ok(vec![(328, vec![50_000])])
    );
    let mut words = words();
    words[28] = 50_000;
    let plan = Plan::new(
        &Settings::from_words(words),
        &changes(&[(Setting::StateOfChargeToSet, 50_000)]),
        PRESENT,
        &limits(),
    );
    let plan = plan.unwrap();
    assert_eq!(plan.writes().count(), 1);
    assert!(plan.writes().all(|write| !write.reads_back()));
}

#[test]
fn limits_that_come_too_near_are_refused() {
    for (setting, value) in [
        (Setting::UnderVoltageCutoff, 2_991),
        (Setting::FullyDischargedVoltage, 2_909),
        (Setting::FullyChargedVoltage, 4_191),
        (Setting::OverVoltageCutoff, 4_159),
    ] {
        let refused = planned(&[(setting, value)]);
        assert!(
            matches!(refused, Err(SettingError::Order { gap: 10, .. })),
            "{setting}: {refused:?}"
        );
        let next = if value % 10 == 1 {
            value - 1
        } else {
            value + 1
        };
        assert!(planned(&[(setting, next)]).is_ok(), "{setting}");
    }
    let refused = planned(&[(Setting::DischargeOverCurrentCutoff, 80)]);
    assert!(matches!(refused, Err(SettingError::Order { gap: 1, .. })));
    assert!(planned(&[(Setting::DischargeOverCurrentCutoff, 79)]).is_ok());
}

#[test]
fn the_device_has_the_last_word() {
    let mut narrow = limits();
    let mut words = *narrow.maximum.words();
    words[17] = 70;
    narrow.maximum = Settings::from_words(words);
    let wanted = changes(&[(Setting::DischargeOverCurrentCutoff, 71)]);
    let refused = Plan::new(&settings(), &wanted, PRESENT, &narrow).err();
    let setting = Setting::DischargeOverCurrentCutoff;
    assert_eq!(
        refused,
        Some(SettingError::BeyondDevice {
            setting,
            value: 71,
            range: (1, 70)
        })
    );
    // It may also give nothing at all.
    let nothing = Settings::from_words([0; 44]);
    let none = DeviceLimits {
        minimum: nothing,
        maximum: nothing,
    };
    assert!(Plan::new(&settings(), &wanted, PRESENT, &none).is_err());
}

#[test]
fn the_last_precharge_pin_is_written_as_the_device_numbers_it() {
    let pin = PrechargePin::Aiho2ActiveHigh.code();
    for (largest, expected) in [(10, Some(10)), (16, Some(16)), (9, None)] {
        let mut device = limits();
        let mut words = *device.maximum.words();
        words[37] = largest;
        device.maximum = Settings::from_words(words);
        let plan = Plan::new(
            &settings(),
            &changes(&[(Setting::PrechargePin, pin)]),
            PRESENT,
            &device,
        );
        let found = plan.ok().map(|plan| writes(&plan));
        assert_eq!(found, expected.map(|word| vec![(337, vec![word])]));
    }
    for code in [10, 16] {
        assert_eq!(
            PrechargePin::try_from(code),
            Ok(PrechargePin::Aiho2ActiveHigh)
        );
    }
}

#[test]
fn settings_are_not_written_to_firmware_that_does_not_have_them() {
    let plan = |setting, value, firmware| {
        let firmware = Firmware::new(firmware);
        Plan::new(
            &settings(),
            &changes(&[(setting, value)]),
            firmware,
            &limits(),
        )
        .map(|_| ())
    };
    let old = plan(Setting::AllowedDisbalance, 20, 235);
    assert_eq!(
        old,
        Err(SettingError::UnsupportedFirmware(Firmware::new(235)))
    );
    assert_eq!(plan(Setting::AllowedDisbalance, 20, 236), Ok(()));
    assert!(plan(Setting::InvertCurrentSensor, 1, 242).is_err());
    assert_eq!(plan(Setting::InvertCurrentSensor, 1, 243), Ok(()));
    for setting in [
        Setting::EnableChargeRestartLevel,
        Setting::PeakDischargeCurrent,
        Setting::ChargerStartUpDelay,
        Setting::ChargerDisableDelay,
        Setting::ChargeRestartLevel,
        Setting::BatteryMaximumCycles,
        Setting::StateOfHealthToSet,
        Setting::DischargeOverCurrentTimeout,
    ] {
        assert!(setting.entry().exists_on(Firmware::new(254)), "{setting}");
        assert!(!setting.entry().exists_on(Firmware::new(253)), "{setting}");
    }
}

#[test]
fn the_soc_bar_text_is_never_asked_for_too_often() {
    let refused = planned(&[
        (Setting::BroadcastProtocol, 2),
        (Setting::BroadcastInterval, 3),
    ]);
    assert_eq!(refused, Err(SettingError::BroadcastTooFast));
    let slow = planned(&[
        (Setting::BroadcastProtocol, 2),
        (Setting::BroadcastInterval, 5),
    ]);
    assert_eq!(slow, Ok(vec![(342, vec![5]), (343, vec![2])]));
    let mut words = words();
    words[43] = 2;
    let present = Settings::from_words(words);
    let wanted = changes(&[
        (Setting::BroadcastProtocol, 1),
        (Setting::BroadcastInterval, 1),
    ]);
    let plan = Plan::new(&present, &wanted, PRESENT, &limits()).unwrap();
    assert_eq!(writes(&plan), [(343, vec![1]), (342, vec![1])]);
}

#[test]
fn what_restarts_the_bms_comes_last() {
    let all = planned(&[
        (Setting::OperationMode, 1),
        (Setting::BroadcastInterval, 0),
        (Setting::AllowedDisbalance, 20),
    ]);
    assert_eq!(all.unwrap().last(), Some(&(340, vec![1])));
}

#[test]
fn an_export_can_be_imported_and_is_the_same() {
    let text = Export::new(&settings(), PRESENT).to_string();
    assert!(text.contains("fully_charged_voltage = 4150 mV\n"), "{text}");
    assert!(text.contains("precharge_duration = five\n"), "{text}");
    assert!(!text.contains("_to_set"), "{text}");
    let read = Changes::parse(&text).unwrap();
    assert_eq!(read.differences(&settings()).count(), 0);
    assert_eq!(read.iter().count(), 38);
    let plan = Plan::new(&settings(), &read, PRESENT, &limits()).unwrap();
    assert!(plan.is_empty());
}

#[test]
fn differences_tell_what_is_and_what_is_to_be() {
    let text = "# winter\n\nfully_charged_voltage = 4100 mV  # less\nload_switch_type = aido1\nstate_of_charge_to_set=25000\n";
    let wanted = Changes::parse(text).unwrap();
    let found: Vec<Difference> = wanted.differences(&settings()).collect();
    let expected = [
        (Setting::FullyChargedVoltage, Some(4_150), 4_100),
        (Setting::StateOfChargeToSet, None, 25_000),
        (Setting::LoadSwitchType, Some(0), 1),
    ];
    let expected = expected.map(|(setting, from, to)| Difference { setting, from, to });
    assert_eq!(found, expected);
}

#[test]
fn wrong_lines_are_named() {
    for (text, line, fault) in [
        ("\nfully_charged_voltage", 2, ImportFault::Form),
        ("full = 1", 1, ImportFault::Name),
        ("load_switch_type = relay", 1, ImportFault::Value),
        ("load_switch_type =", 1, ImportFault::Value),
        (
            "over_voltage_cutoff = 4.2 V",
            1,
            ImportFault::Unit(Setting::OverVoltageCutoff),
        ),
        (
            "series_cells = 4\n#\nseries_cells = 5",
            3,
            ImportFault::Twice(Setting::SeriesCells),
        ),
    ] {
        let error = Changes::parse(text).unwrap_err();
        assert_eq!((error.line, error.fault), (line, fault), "{text}");
    }
    let error = Changes::parse("series_cells = 17").unwrap_err();
    assert!(matches!(
        error.fault,
        ImportFault::Setting(SettingError::OutOfRange { .. })
    ));
}

#[test]
fn the_map_reads_what_the_registers_hold() {
    let bytes: Vec<u8> = (0..56_u16)
        .flat_map(|address| (address * 0x0101).to_le_bytes())
        .collect();
    let registers = Registers::low_first(0, &bytes);
    let read = |name: &str| entry(name).unwrap().read(registers);
    assert_eq!(read("cell_slot_3"), Some(Value::Number(0x0303)));
    assert_eq!(read("lifetime"), Some(Value::Number(0x2121_2020)));
    assert_eq!(read("total_distance"), None);
    let bytes = [0x00, 0x80, 0xFF, 0xFF];
    let registers = Registers::low_first(42, &bytes);
    assert_eq!(
        entry("external_temperature_1").unwrap().read(registers),
        Some(Value::NotConnected)
    );
    assert_eq!(
        entry("external_temperature_2").unwrap().read(registers),
        Some(Value::Number(-1))
    );
}

fn window() -> impl Strategy<Value = [u16; 4]> {
    // Inside every range, ascending by 10 at least.
    (1_200..2_900_u16, 10..200_u16, 10..400_u16, 10..400_u16)
        .prop_map(|(a, b, c, d)| [a, a + b, a + b + c, a + b + c + d])
}

proptest! {
    /// From any allowed window to any other, every step in between is allowed too.
    #[test]
    fn every_step_of_a_moving_window_is_in_order(from in window(), to in window()) {
        let mut words = words();
        for (register, value) in WINDOW.iter().zip(from) {
            words[usize::from(*register) - 300] = value;
        }
        let by_register = |register| Setting::ALL.into_iter().find(|s| s.entry().address == register).unwrap();
        let wanted: Vec<(Setting, i32)> = WINDOW.iter().zip(to).map(|(r, v)| (by_register(*r), i32::from(v))).collect();
        let plan = Plan::new(&Settings::from_words(words), &changes(&wanted), PRESENT, &limits()).unwrap();
        for (register, values) in writes(&plan) {
            words[usize::from(register) - 300] = values[0];
            let now = WINDOW.map(|register| words[usize::from(register) - 300]);
            prop_assert!(now.windows(2).all(|pair| pair[0] + 10 <= pair[1]), "{:?}", now);
        }
        let now = WINDOW.map(|register| words[usize::from(register) - 300]);
        prop_assert_eq!(now, to);
    }

    #[test]
    fn any_text_is_answered(text in "[a-z_= 0-9#\n.]{0,200}") {
        let _ = Changes::parse(&text);
    }
}

#[test]
fn what_was_read_from_a_device_is_checked_against_the_document_before_it_is_written_to_another() {
    // Pre-charge pin 1 is no choice of the document, though a device may name limits between which it lies.
    let mut words = words();
    words[337 - 300] = 1;
    let read = Changes::from_settings(&Settings::from_words(words), PRESENT);
    assert_eq!(
        Plan::new(&settings(), &read, PRESENT, &limits()),
        Err(SettingError::NotAChoice {
            setting: Setting::PrechargePin,
            value: 1
        })
    );
}
