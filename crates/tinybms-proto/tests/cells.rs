//! Slots and cells, for every number of cells.

use battery_units::Microvolts;
use tinybms_proto::registers::Live;
use tinybms_proto::{CellCount, CellFault, CellSlots, Registers};

/// Voltages in 0.1 mV: the cell n of a pack reads 30 000 + n.
fn pack(cells: u16) -> [u16; 16] {
    let mut slots = [0; 16];
    for cell in 1..=cells {
        // The wiring rule of the manual: cell n goes to pin 16 - N + n, and pin p is register p - 1.
        let pin = 16 - cells + cell;
        slots[usize::from(pin) - 1] = 30_000 + cell;
    }
    slots
}

#[test]
fn every_cell_of_every_pack_has_its_place() {
    for cells in 4..=16 {
        let count = CellCount::new(cells).unwrap();
        let slots = CellSlots(pack(cells));
        assert_eq!(slots.check(count), Ok(()));
        let expected: Vec<Microvolts> = (1..=i32::from(cells))
            .map(|n| Microvolts::new(3_000_000 + 100 * n))
            .collect();
        assert_eq!(slots.cells(count).collect::<Vec<_>>(), expected, "{cells}");
        for cell in 1..=count.get() {
            let slot = count.slot(cell).unwrap();
            assert_eq!(slots.0[usize::from(slot)], 30_000 + u16::from(cell));
            assert_eq!(count.cell(slot), Some(cell));
            assert_eq!(count.by_cell(1 << slot), 1 << (cell - 1));
            assert_eq!(
                slots.cell(count, cell),
                Some(expected[usize::from(cell) - 1])
            );
        }
        assert_eq!(count.slot(0), None);
        assert_eq!(count.slot(count.get() + 1), None);
        for slot in 0..16 - count.get() {
            assert_eq!(count.cell(slot), None);
        }
        assert_eq!(count.cell(16), None);
    }
}

#[test]
fn numbers_of_cells_that_are_none_are_refused() {
    for cells in [0, 1, 3, 17, 255, 256, 65_535] {
        assert_eq!(
            CellCount::new(cells),
            Err(CellFault::Count { found: cells })
        );
    }
}

#[test]
fn fewer_cells_than_configured_are_a_fault() {
    let found = CellCount::agreed(13, 14);
    assert_eq!(
        found,
        Err(CellFault::CountMismatch {
            configured: 14,
            detected: 13
        })
    );
}

#[test]
fn a_slot_too_much_or_too_few_is_a_fault() {
    let count = CellCount::new(14).unwrap();
    let mut slots = CellSlots(pack(14));
    slots.0[1] = 1;
    let found = Microvolts::new(100);
    assert_eq!(
        slots.check(count),
        Err(CellFault::UnusedSlotNotZero { slot: 1, found })
    );
    let mut slots = CellSlots(pack(14));
    slots.0[15] = 0;
    assert_eq!(slots.check(count), Err(CellFault::CellMissing { cell: 14 }));
}

#[test]
fn live_data_tell_how_many_cells_there_are() {
    let mut words = [0_u16; 56];
    words[..16].copy_from_slice(&pack(12));
    words[53] = 12;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let live = Live::decode(Registers::low_first(0, &bytes)).unwrap();
    assert_eq!(live.check_cells(12).map(CellCount::get), Ok(12));
    assert!(live.check_cells(13).is_err());
    assert_eq!(Live::decode(Registers::low_first(0, &bytes[..110])), None);
    assert_eq!(Live::decode(Registers::low_first(1, &bytes)), None);
}
