//! The averaging cycle both INA twins share: inputs are weighted with the time they were there.

use core::time::Duration;

/// Shunt, bus, die temperature.
pub(crate) type Inputs = [f64; 3];

/// Conversions and averages of one cycle, taken as one mean over its whole length.
#[derive(Debug, Clone)]
pub(crate) struct Cycle {
    inputs: Inputs,
    sums: Inputs,
    elapsed: u64,
    /// Nanoseconds; 0 while nothing is converted.
    length: u64,
    /// Nanoseconds before the first conversion.
    delay: u64,
}

/// Nanoseconds of a duration; five centuries and more are all the same.
pub(crate) fn nanoseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

impl Cycle {
    pub(crate) fn new() -> Self {
        Self {
            inputs: [0.0; 3],
            sums: [0.0; 3],
            elapsed: 0,
            length: 0,
            delay: 0,
        }
    }

    /// Begins a cycle from the start; a length of 0 stops.
    pub(crate) fn start(&mut self, length: u64, delay: u64) {
        self.length = length;
        self.delay = delay;
        self.restart();
    }

    pub(crate) fn stop(&mut self) {
        self.start(0, 0);
    }

    pub(crate) fn runs(&self) -> bool {
        self.length > 0
    }

    pub(crate) fn inputs(&self) -> Inputs {
        self.inputs
    }

    pub(crate) fn set_input(&mut self, which: usize, value: f64) {
        // A plant that went astray must not turn into a chip that answers zero.
        assert!(value.is_finite(), "input {which} of a chip is {value}");
        self.inputs[which] = value;
    }

    /// Nanoseconds of the running cycle that are over.
    pub(crate) fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// Takes time from `left`, at most to the end of the cycle. At the end: the means, and the next cycle begins.
    pub(crate) fn advance(&mut self, left: &mut u64) -> Option<Inputs> {
        if !self.runs() {
            *left = 0;
            return None;
        }
        let waited = self.delay.min(*left);
        self.delay -= waited;
        *left -= waited;
        let step = (self.length - self.elapsed).min(*left);
        *left -= step;
        self.elapsed += step;
        for (sum, input) in self.sums.iter_mut().zip(self.inputs) {
            *sum += input * step as f64;
        }
        if self.elapsed < self.length {
            return None;
        }
        let length = self.length as f64;
        let means = self.sums.map(|sum| sum / length);
        self.restart();
        Some(means)
    }

    /// Of the cycles that fit whole into `left`, drops all but the last: with constant inputs they are all the same.
    pub(crate) fn skip(&mut self, left: &mut u64) -> u64 {
        let Some(whole) = left.checked_div(self.length) else {
            return 0;
        };
        let skipped = whole.saturating_sub(1);
        *left -= skipped * self.length;
        skipped
    }

    fn restart(&mut self) {
        self.elapsed = 0;
        self.sums = [0.0; 3];
    }
}

/// A value in steps of a register, to the nearest; clipped to the ends of the scale.
pub(crate) fn counts(value: f64, step: f64, lowest: i32, highest: i32) -> i32 {
    let counts = libm::round(value / step);
    counts.clamp(f64::from(lowest), f64::from(highest)) as i32
}
