//! The event ring: 49 slots of 24 bits of time and an id.

/// Slots of the ring.
pub(super) const SLOTS: usize = 49;
/// Event times are seconds of the lifetime counter, modulo this.
const TIME_MASK: u32 = 0x00FF_FFFF;

/// One event as it is stored; id 0 is an empty slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredEvent {
    /// Low 24 bits of the lifetime counter when it happened, s.
    pub seconds: u32,
    /// What happened.
    pub id: u8,
}

impl StoredEvent {
    /// Time, low byte first, then the id.
    pub(super) fn bytes(self) -> [u8; 4] {
        let [low, middle, high, _] = self.seconds.to_le_bytes();
        [low, middle, high, self.id]
    }
}

#[derive(Debug, Clone)]
pub(super) struct Ring {
    slots: [StoredEvent; SLOTS],
    next: usize,
    /// How many have come since command 11 was last answered.
    unread: usize,
}

impl Ring {
    pub(super) fn new(first_slot: u8) -> Self {
        Self {
            slots: [StoredEvent::default(); SLOTS],
            next: usize::from(first_slot) % SLOTS,
            unread: 0,
        }
    }

    pub(super) fn record(&mut self, lifetime_s: u32, id: u8) {
        self.slots[self.next] = StoredEvent {
            seconds: lifetime_s & TIME_MASK,
            id,
        };
        self.next = (self.next + 1) % SLOTS;
        self.unread = (self.unread + 1).min(SLOTS);
    }

    pub(super) fn clear(&mut self) {
        self.slots = [StoredEvent::default(); SLOTS];
        self.unread = 0;
    }

    /// All that are not empty, as they stand in the ring.
    pub(super) fn all(&self) -> Vec<StoredEvent> {
        self.slots
            .iter()
            .copied()
            .filter(|event| event.id != 0)
            .collect()
    }

    /// What has come since this was last asked, oldest first.
    pub(super) fn take_new(&mut self) -> Vec<StoredEvent> {
        let unread = core::mem::take(&mut self.unread);
        (0..unread)
            .map(|index| self.slots[(self.next + SLOTS - unread + index) % SLOTS])
            .collect()
    }

    /// Register 200 + `index`: time bits 15 to 0, then time bits 23 to 16 below the id. `None` behind the last slot.
    pub(super) fn word(&self, index: usize) -> Option<u16> {
        let [low, middle, high, id] = self.slots.get(index / 2)?.bytes();
        Some(if index.is_multiple_of(2) {
            u16::from_le_bytes([low, middle])
        } else {
            u16::from_le_bytes([high, id])
        })
    }
}
