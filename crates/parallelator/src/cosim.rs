//! The co-simulation interface: the decision core, and nothing else, over JSON Lines (`docs/cosim.md`).
//!
//! One object a line comes in, one goes out. A [`Session`] turns lines into answers and knows no file; [`run`] moves the
//! lines between standard input, standard output and the files of the state and the log.

mod answer;
mod command;
mod config;
mod error;
mod json;
mod lines;
mod object;
mod run;
mod session;
mod state_file;
mod step;

pub use error::InputError;
pub use lines::{LONGEST_LINE, Line, Lines};
pub use run::{Files, run};
pub use session::{Reply, Session};

pub(crate) use config::set_by_name;
pub(crate) use error::quoted;
pub(crate) use json::Json;
pub(crate) use object::Object;
pub(crate) use state_file::StateFile;
