//! Records the log with the core on the host, and judges what the core on the emulated target answered.
#![forbid(unsafe_code)]

mod bytes;
mod happenings;
mod judge;
mod odd;
mod plant;
mod random;
mod record;
mod story;

pub use bytes::{Named, to_bytes};
pub use judge::{Instructions, Report, Returned, judge};
pub use plant::{Pack, Rack};
pub use random::Random;
pub use record::{Recording, Seen, Told, explain, record};
pub use story::{Kind, STORIES, Story};
