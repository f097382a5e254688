//! Sinks of the host: plain bytes, and one that knows which field each byte belongs to.

use std::{fmt::Write, ops::Range};

use m33_log::{Place, Put, Sink};

/// Bytes and nothing beside them.
#[derive(Debug, Default)]
pub(crate) struct Plain(pub(crate) Vec<u8>);

impl Sink for Plain {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The bytes of a value.
#[must_use]
pub fn to_bytes<T: Put + ?Sized>(value: &T) -> Vec<u8> {
    let mut plain = Plain::default();
    value.put(&mut plain);
    plain.0
}

/// Bytes with the name of each.
#[derive(Debug, Default)]
pub struct Named {
    bytes: Vec<u8>,
    places: Vec<Place>,
    names: Vec<(Range<usize>, String)>,
}

impl Named {
    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The field that byte `at` belongs to, as in `packs[3].reason`.
    #[must_use]
    pub fn name(&self, at: usize) -> &str {
        self.names
            .iter()
            .find(|(range, _)| range.contains(&at))
            .map_or("behind the end", |(_, name)| name)
    }
}

impl Sink for Named {
    fn put(&mut self, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let mut name = String::new();
        for place in &self.places {
            match place {
                Place::Field(field) if name.is_empty() => name.push_str(field),
                Place::Field(field) => {
                    name.push('.');
                    name.push_str(field);
                }
                Place::Item(index) => {
                    // Writing to a string cannot fail.
                    let _ = write!(name, "[{index}]");
                }
            }
        }
        self.names.push((start..self.bytes.len(), name));
    }

    fn enter(&mut self, place: Place) {
        self.places.push(place);
    }

    fn leave(&mut self) {
        self.places.pop();
    }
}
