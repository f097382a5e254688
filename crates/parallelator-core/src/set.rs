//! A set of packs as one word.

/// A set of packs, by index; at most 32.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PackSet(u32);

impl PackSet {
    /// No pack.
    pub const EMPTY: Self = Self(0);

    /// The set whose bit i says whether pack i belongs to it.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Bit i is set when pack i belongs to the set.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    fn bit(index: usize) -> u32 {
        match u32::try_from(index) {
            Ok(shift) => 1u32.checked_shl(shift).unwrap_or(0),
            Err(_) => 0,
        }
    }

    /// Whether pack `index` belongs to the set; an index above 31 never does.
    #[must_use]
    pub fn contains(self, index: usize) -> bool {
        self.0 & Self::bit(index) != 0
    }

    /// The set with pack `index` in it.
    #[must_use]
    pub fn with(self, index: usize) -> Self {
        Self(self.0 | Self::bit(index))
    }

    /// The set without pack `index`.
    #[must_use]
    pub fn without(self, index: usize) -> Self {
        Self(self.0 & !Self::bit(index))
    }

    /// The set with nothing but pack `index`, if that is in it.
    #[must_use]
    pub fn only(self, index: usize) -> Self {
        Self(self.0 & Self::bit(index))
    }

    /// Everything that is in one of the two.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether no pack belongs to the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many packs belong to the set.
    #[must_use]
    pub fn len(self) -> usize {
        usize::try_from(self.0.count_ones()).unwrap_or(usize::MAX)
    }

    /// The indices, rising.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            // Takes the lowest bit away; zero stays zero.
            left &= left.wrapping_sub(1);
            (lowest < 32).then(|| usize::try_from(lowest).unwrap_or(usize::MAX))
        })
    }
}

impl FromIterator<usize> for PackSet {
    fn from_iter<I: IntoIterator<Item = usize>>(indices: I) -> Self {
        indices.into_iter().fold(Self::EMPTY, Self::with)
    }
}
