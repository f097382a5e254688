//! Numbers that look random and are the same for the same seed, on every machine.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Everything that follows depends on the seed alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `below` - 1.
    pub fn below(&mut self, below: u64) -> u64 {
        self.bits() % below.max(1)
    }

    /// Once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Evenly between the two.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        // 53 bits are what the type holds.
        let share = (self.bits() >> 11) as f64 / (1u64 << 53) as f64;
        low + share * (high - low)
    }

    /// From `low` to `high`, both included.
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        let span = high.wrapping_sub(low).cast_unsigned().wrapping_add(1);
        if span == 0 {
            return self.bits().cast_signed();
        }
        low.wrapping_add((self.bits() % span).cast_signed())
    }

    /// A number that is often at or near an end of the type, or small.
    pub fn odd(&mut self) -> i32 {
        match self.below(6) {
            0 => i32::MIN,
            1 => i32::MAX,
            2 => self.whole(-3, 3) as i32,
            3 => self.whole(20_000, 31_000) as i32,
            4 => self.whole(-30_000, 30_000) as i32,
            _ => self.bits() as i32,
        }
    }
}
