//! Wear of the switches (rule D3, invariant I12): closings in any sliding hour, counted in buckets that err upwards.

/// Length of a bucket.
const BUCKET_MS: u64 = 300_000;

/// Twelve buckets make an hour; one more covers the part of the hour before the running bucket.
const BUCKETS: usize = 13;

/// Closings of the last hour, or up to five minutes more.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Wear {
    buckets: [u16; BUCKETS],
    /// Which bucket since the start is the running one.
    running: u32,
}

impl Wear {
    /// Counts a closing.
    pub(crate) fn add(&mut self, core_ms: u64) {
        self.turn(core_ms);
        let [first, ..] = &mut self.buckets;
        *first = first.saturating_add(1);
    }

    /// Closings that may lie within the last hour.
    pub(crate) fn closings(&mut self, core_ms: u64) -> u32 {
        self.turn(core_ms);
        self.buckets.iter().map(|&count| u32::from(count)).sum()
    }

    /// Moves the buckets on: the running one comes first.
    fn turn(&mut self, core_ms: u64) {
        let bucket = u32::try_from(core_ms.div_euclid(BUCKET_MS)).unwrap_or(u32::MAX);
        let passed = bucket.saturating_sub(self.running);
        self.running = bucket;
        for _ in 0..passed.min(13) {
            self.buckets.rotate_right(1);
            let [first, ..] = &mut self.buckets;
            *first = 0;
        }
    }
}
