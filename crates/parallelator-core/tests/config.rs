//! The record of the parameters.

use battery_units::Milliamps;
use parallelator_core::*;
use proptest::prelude::*;

fn record(params: &Params) -> Vec<u8> {
    let mut buffer = [0xAA; CONFIG_MAX];
    params.write_config(&mut buffer).unwrap().to_vec()
}

/// CRC-32/ISO-HDLC bit by bit.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    crc.to_le_bytes()
}

/// The record with some bytes changed and a checksum that fits.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = record(&Params::default());
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    bytes.extend(crc(&bytes.clone()));
    bytes
}

/// Where the number of a parameter stands.
fn place(name: &str) -> usize {
    let position = Params::fields().iter().position(|field| field.name == name);
    5 + 4 * position.unwrap()
}

#[test]
fn what_was_written_is_read_again() {
    let mut changed = Params {
        anchor: Anchor::LargestSet,
        switch_kind: SwitchKind::DiodeDischarge,
        last_pack_policy: LastPackPolicy::Safety,
        closes_per_hour_fleet: Some(77),
        i_load_expect: Milliamps::new(16_000_000),
        ..Params::for_chemistry(Chemistry::Lto)
    };
    changed.t_chg_min = battery_units::DeciCelsius::new(-400);
    for params in [Params::default(), changed] {
        assert_eq!(Params::from_config(&record(&params)), Ok(params));
    }
}

#[test]
fn the_layout_is_the_one_that_is_documented() {
    let bytes = record(&Params::default());
    let (numbers, choices) = (Params::fields().len(), Params::choices().len());
    assert_eq!(bytes.len(), 5 + 4 * numbers + choices + 4);
    assert_eq!(bytes[..5], [b'P', b'C', 1, numbers as u8, choices as u8]);
    assert_eq!(bytes[5..9], 100i32.to_le_bytes(), "tick_ms comes first");
    let cold = place("t_dis_min_dc");
    assert_eq!(bytes[cold..cold + 4], (-200i32).to_le_bytes());
    let end = bytes.len() - 4;
    assert_eq!(bytes[end - 3..end], [0, 1, 0], "the choices come last");
    assert_eq!(bytes[end..], crc(&bytes[..end]));
    assert!(bytes.len() <= CONFIG_MAX);
}

#[test]
fn a_buffer_must_take_all_of_it() {
    let needed = record(&Params::default()).len();
    let mut exact = vec![0; needed];
    assert!(Params::default().write_config(&mut exact).is_ok());
    let mut short = vec![0; needed - 1];
    let found = needed - 1;
    assert_eq!(
        Params::default().write_config(&mut short),
        Err(ConfigError::Length { found, needed })
    );
}

#[test]
fn bytes_of_another_length_are_refused() {
    let needed = record(&Params::default()).len();
    let refused = |bytes: &[u8]| Params::from_config(bytes).unwrap_err();
    for found in [0, 3, 4, 8] {
        assert_eq!(
            refused(&vec![b'P'; found]),
            ConfigError::Length { found, needed }
        );
    }
    assert_eq!(
        refused(&forged(|bytes| bytes.push(0))),
        ConfigError::Length {
            found: needed + 1,
            needed
        }
    );
    let shorter = forged(|bytes| {
        bytes.pop();
    });
    let found = needed - 1;
    assert_eq!(refused(&shorter), ConfigError::Length { found, needed });
}

#[test]
fn strangers_other_versions_and_torn_records_are_told_apart() {
    let refused = |bytes: &[u8]| Params::from_config(bytes).unwrap_err();
    assert_eq!(
        refused(&forged(|bytes| bytes[0] = b'X')),
        ConfigError::NotAConfig
    );
    assert_eq!(
        refused(&forged(|bytes| bytes[2] = 2)),
        ConfigError::Version {
            found: 2,
            expected: 1
        }
    );
    for at in [3, 4] {
        assert_eq!(
            refused(&forged(|bytes| bytes[at] += 1)),
            ConfigError::Version {
                found: 1,
                expected: 1
            },
            "another number of parameters"
        );
    }
    let mut torn = record(&Params::default());
    torn[40] ^= 1;
    assert_eq!(refused(&torn), ConfigError::Checksum);
}

#[test]
fn a_choice_that_names_nothing_is_refused() {
    let count = Params::choices().len();
    for (index, choice) in Params::choices().iter().enumerate() {
        let beyond = choice.options.len() as u8;
        let bytes = forged(|bytes| {
            let at = bytes.len() - count + index;
            bytes[at] = beyond;
        });
        assert_eq!(
            Params::from_config(&bytes),
            Err(ConfigError::Choice {
                field: choice.name,
                found: beyond
            })
        );
    }
}

#[test]
fn parameters_that_are_not_valid_are_refused_with_the_first_fault() {
    for (name, value) in [
        ("v_uv_mv", 25_000i32),
        ("n_lock", 300),
        ("tick_ms", -5),
        ("i_dis_max_ma", i32::MAX),
    ] {
        let at = place(name);
        let bytes = forged(|bytes| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes()));
        match Params::from_config(&bytes) {
            Err(ConfigError::Invalid(error)) => assert_eq!(error.field, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn every_refusal_is_a_sentence() {
    let invalid = Params {
        n_lock: 0,
        ..Params::default()
    };
    for (error, text) in [
        (
            ConfigError::Length {
                found: 3,
                needed: 184,
            },
            "3 bytes given, 184 needed",
        ),
        (ConfigError::NotAConfig, "not a record of parameters"),
        (
            ConfigError::Version {
                found: 2,
                expected: 1,
            },
            "version 2 of the parameters, this is version 1",
        ),
        (
            ConfigError::Checksum,
            "the checksum does not fit, the parameters were torn",
        ),
        (
            ConfigError::Choice {
                field: "anchor",
                found: 9,
            },
            "anchor: there is no option 9",
        ),
        (
            ConfigError::Invalid(invalid.check().unwrap_err()),
            "n_lock: 0 is outside 1 to 20",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

proptest! {
    #[test]
    fn a_flipped_bit_is_never_taken(position in 0..184usize, bit in 0..8u8) {
        let mut bytes = record(&Params::default());
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        prop_assert!(Params::from_config(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Params::from_config(&bytes);
    }
}
