//! Sets of packs, held against sets of the standard library.

use std::collections::BTreeSet;

use parallelator_core::PackSet;
use proptest::prelude::*;

/// The indices whose bit is set, found by division.
fn members(bits: u32) -> BTreeSet<usize> {
    (0..32)
        .filter(|&index| (u64::from(bits) / 2u64.pow(index)) % 2 == 1)
        .map(|index| index as usize)
        .collect()
}

fn indices(set: PackSet) -> Vec<usize> {
    set.iter().collect()
}

fn assert_same(set: PackSet, expected: &BTreeSet<usize>) {
    assert_eq!(indices(set), expected.iter().copied().collect::<Vec<_>>());
    assert_eq!(set.len(), expected.len());
    assert_eq!(set.is_empty(), expected.is_empty());
    for index in 0..64 {
        assert_eq!(set.contains(index), expected.contains(&index), "{index}");
    }
    let bits: u64 = expected.iter().map(|&index| 2u64.pow(index as u32)).sum();
    assert_eq!(u64::from(set.bits()), bits);
}

proptest! {
    #[test]
    fn a_set_is_what_its_bits_say(a in any::<u32>(), b in any::<u32>()) {
        let (left, right) = (members(a), members(b));
        assert_same(PackSet::from_bits(a), &left);
        let (set, other) = (PackSet::from_bits(a), PackSet::from_bits(b));
        assert_same(set.union(other), &(&left | &right));
        assert_same(set.minus(other), &(&left - &right));
        assert_same(left.iter().copied().collect(), &left);
    }

    #[test]
    fn a_pack_is_put_in_and_taken_out_alone(bits in any::<u32>(), index in 0usize..32) {
        let set = PackSet::from_bits(bits);
        let mut expected = members(bits);
        let alone: BTreeSet<_> = expected.iter().copied().filter(|&one| one == index).collect();
        assert_same(set.only(index), &alone);
        expected.insert(index);
        assert_same(set.with(index), &expected);
        expected.remove(&index);
        assert_same(set.without(index), &expected);
    }

    #[test]
    fn a_place_beyond_the_largest_rack_is_in_no_set(bits in any::<u32>(), far in 32usize..) {
        let set = PackSet::from_bits(bits);
        for index in [32, 63, 64, far, usize::MAX] {
            prop_assert!(!set.contains(index));
            prop_assert_eq!(set.with(index), set);
            prop_assert_eq!(set.without(index), set);
            prop_assert!(set.only(index).is_empty());
        }
    }
}

#[test]
fn the_empty_set_and_the_full_one() {
    assert_same(PackSet::EMPTY, &BTreeSet::new());
    assert_eq!(PackSet::default(), PackSet::EMPTY);
    assert_same(PackSet::from_bits(u32::MAX), &(0..32).collect());
    assert_same((0..100).collect(), &(0..32).collect());
}
