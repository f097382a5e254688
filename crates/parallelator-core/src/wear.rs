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

/// The number of the bucket in which a core time lies.
fn bucket_of(core_ms: u64) -> u32 {
    u32::try_from(core_ms.div_euclid(BUCKET_MS)).unwrap_or(u32::MAX)
}

impl Wear {
    /// Counts a closing.
    pub(crate) fn add(&mut self, core_ms: u64) {
        self.turn(core_ms);
        let [first, ..] = &mut self.buckets;
        *first = first.saturating_add(1);
    }

    /// Before the first step: so many closings at least, all of them just made as far as anybody knows.
    pub(crate) fn restore(&mut self, closings: u16) {
        let [first, ..] = &mut self.buckets;
        *first = closings.max(*first);
    }

    /// Closings that may lie within the last hour.
    pub(crate) fn closings(&self, core_ms: u64) -> u32 {
        let left = BUCKETS.saturating_sub(self.passed(core_ms));
        let buckets = self.buckets.iter().take(left);
        buckets.map(|&count| u32::from(count)).sum()
    }

    /// How many buckets have begun since the running one.
    fn passed(&self, core_ms: u64) -> usize {
        let passed = bucket_of(core_ms).saturating_sub(self.running);
        usize::try_from(passed).unwrap_or(BUCKETS).min(BUCKETS)
    }

    /// Moves the buckets on: the running one comes first.
    fn turn(&mut self, core_ms: u64) {
        for _ in 0..self.passed(core_ms) {
            let mut newer = 0;
            for bucket in &mut self.buckets {
                newer = core::mem::replace(bucket, newer);
            }
        }
        self.running = bucket_of(core_ms);
    }
}
