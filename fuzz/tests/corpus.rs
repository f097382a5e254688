//! The committed seeds through the target functions, on any toolchain and without libFuzzer.

use std::{
    collections::BTreeSet,
    fs, panic,
    path::{Path, PathBuf},
};

use parallelator_fuzz::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_target_survives_its_committed_seeds() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for seed in fs::read_dir(folder("corpus").join(name)).unwrap() {
            let seed = seed.unwrap().path();
            let content = fs::read(&seed).unwrap();
            if panic::catch_unwind(|| target(&content)).is_err() {
                failed.push(seed);
            }
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seed");
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_target_survives_no_bytes_and_one_byte() {
    for (_, target) in TARGETS {
        target(&[]);
        for byte in 0..=u8::MAX {
            target(&[byte]);
        }
    }
}

#[test]
fn each_function_has_a_target_file_and_seeds_and_the_other_way_round() {
    let functions: BTreeSet<String> = TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(names(&folder("fuzz_targets")), functions);
    assert_eq!(names(&folder("corpus")), functions);
}
