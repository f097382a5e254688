//! The stories of the log: how many packs, what kind of life, and for how long.

/// What kind of life a rack has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Packs join, work and now and then something breaks.
    Calm,
    /// Something breaks, jumps or is commanded all the time.
    Rough,
    /// Numbers that no rack gives.
    Wild,
    /// For counting: the bus starts again and again, half of the packs fit together and the others are refused.
    Joining,
    /// For counting: every pack connected, under a load that moves.
    Running,
}

/// One life of one rack.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// What kind of life.
    pub kind: Kind,
    /// Capacity of the core: 4, 16 or 32.
    pub capacity: u8,
    /// Number of packs.
    pub packs: u8,
    /// Everything random in it.
    pub seed: u64,
    /// Number of steps.
    pub steps: u32,
}

const fn story(kind: Kind, capacity: u8, packs: u8, seed: u64, steps: u32) -> Story {
    Story {
        kind,
        capacity,
        packs,
        seed,
        steps,
    }
}

/// All of them, in the order of the log.
pub const STORIES: &[Story] = &[
    story(Kind::Calm, 16, 1, 11, 1_000),
    story(Kind::Rough, 16, 1, 12, 1_500),
    story(Kind::Wild, 16, 1, 13, 1_000),
    story(Kind::Calm, 16, 4, 21, 1_500),
    story(Kind::Rough, 16, 4, 22, 2_500),
    story(Kind::Rough, 16, 4, 23, 2_500),
    story(Kind::Wild, 16, 4, 24, 1_500),
    story(Kind::Calm, 16, 16, 31, 2_000),
    story(Kind::Calm, 16, 16, 32, 2_000),
    story(Kind::Rough, 16, 16, 33, 2_500),
    story(Kind::Rough, 16, 16, 34, 2_500),
    story(Kind::Wild, 16, 16, 35, 1_500),
    story(Kind::Joining, 4, 4, 41, 1_500),
    story(Kind::Running, 4, 4, 42, 1_000),
    story(Kind::Joining, 16, 16, 43, 1_500),
    story(Kind::Running, 16, 16, 44, 1_000),
    story(Kind::Joining, 32, 32, 45, 1_500),
    story(Kind::Running, 32, 32, 46, 1_000),
    story(Kind::Rough, 32, 32, 47, 1_000),
    story(Kind::Wild, 32, 32, 48, 500),
];
