//! A fuse: what is above its rating heats it, what is below lets it cool, at the end it melts.

use super::config::FuseConfig;

/// State of a fuse.
#[derive(Debug, Clone)]
pub(crate) struct Fuse {
    pub(crate) config: FuseConfig,
    /// A²s above the rating so far.
    heat_a2s: f64,
    pub(crate) blown: bool,
}

impl Fuse {
    pub(crate) fn new(config: FuseConfig) -> Self {
        Self {
            config,
            heat_a2s: 0.0,
            blown: false,
        }
    }

    /// Whether it melts in this step, in which the mean square of the current was this.
    pub(crate) fn carry(&mut self, mean_square: f64, seconds: f64) -> bool {
        let surplus = mean_square - self.config.rating_a * self.config.rating_a;
        self.heat_a2s = (self.heat_a2s + surplus * seconds).max(0.0);
        let melts = !self.blown && self.heat_a2s >= self.config.melting_a2s;
        self.blown |= melts;
        melts
    }

    pub(crate) fn replace(&mut self) {
        self.heat_a2s = 0.0;
        self.blown = false;
    }
}
