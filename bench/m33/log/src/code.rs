//! Values as bytes: writing, reading, and the macros that do both from one list of fields.

/// Where bytes go. A writer that explains differences also wants to know which field they belong to.
pub trait Sink {
    /// Takes the bytes of one value.
    fn put(&mut self, bytes: &[u8]);

    /// What comes now lies here, inside of what was entered before.
    fn enter(&mut self, _place: Place) {}

    /// The place entered last ends.
    fn leave(&mut self) {}
}

/// One step of the way to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A field of a struct.
    Field(&'static str),
    /// An element of a list.
    Item(usize),
}

/// What can be written.
pub trait Put {
    /// Writes the value.
    fn put(&self, sink: &mut impl Sink);
}

/// What can be read back.
pub trait Get: Sized {
    /// The value at the front of the reader; `None` when no value has these bytes.
    fn get(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Bytes that have not been read yet.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes from the front.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next bytes, when there are as many.
    pub fn take<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (taken, rest) = self.0.split_first_chunk::<LENGTH>()?;
        self.0 = rest;
        Some(*taken)
    }

    /// So many next bytes, when there are as many.
    pub(crate) fn take_slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Put for $number {
            fn put(&self, sink: &mut impl Sink) {
                sink.put(&self.to_le_bytes());
            }
        }
        impl Get for $number {
            fn get(reader: &mut Reader<'_>) -> Option<Self> {
                reader.take().map(Self::from_le_bytes)
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64, i32, i64);

impl Put for bool {
    fn put(&self, sink: &mut impl Sink) {
        u8::from(*self).put(sink);
    }
}

impl Get for bool {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        match u8::get(reader)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// One byte that says whether there is a value, then the value.
impl<T: Put> Put for Option<T> {
    fn put(&self, sink: &mut impl Sink) {
        self.is_some().put(sink);
        if let Some(value) = self {
            value.put(sink);
        }
    }
}

impl<T: Get> Get for Option<T> {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        if bool::get(reader)? {
            T::get(reader).map(Some)
        } else {
            Some(None)
        }
    }
}

/// All elements; the length is part of the type and not written.
impl<T: Put, const N: usize> Put for [T; N] {
    fn put(&self, sink: &mut impl Sink) {
        for (index, item) in self.iter().enumerate() {
            sink.enter(Place::Item(index));
            item.put(sink);
            sink.leave();
        }
    }
}

impl<T: Get + Default + Copy, const N: usize> Get for [T; N] {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::get(reader)?;
        }
        Some(items)
    }
}

/// Four bytes of length, then the bytes.
impl Put for [u8] {
    fn put(&self, sink: &mut impl Sink) {
        length(self.len()).put(sink);
        sink.put(self);
    }
}

impl Put for str {
    fn put(&self, sink: &mut impl Sink) {
        self.as_bytes().put(sink);
    }
}

/// A length or a position, of the same width everywhere.
impl Get for usize {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        Self::try_from(u32::get(reader)?).ok()
    }
}

impl Put for usize {
    fn put(&self, sink: &mut impl Sink) {
        length(*self).put(sink);
    }
}

/// A length or a position, of the same width everywhere.
pub(crate) fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Quantities by their plain number.
macro_rules! quantities {
    ($($quantity:ident($number:ty)),* $(,)?) => { $(
        impl Put for battery_units::$quantity {
            fn put(&self, sink: &mut impl Sink) {
                <$number>::put(&self.get(), sink);
            }
        }
        impl Get for battery_units::$quantity {
            fn get(reader: &mut Reader<'_>) -> Option<Self> {
                <$number>::get(reader).map(Self::new)
            }
        }
    )* };
}

quantities!(
    Millivolts(i32),
    Milliamps(i32),
    DeciCelsius(i32),
    MilliampHours(u32),
    Milliohms(u32),
    Permille(u16),
    Percent(u8),
);

/// Writes a struct, taken apart whole: a new field does not compile until it is listed.
macro_rules! put_struct {
    ($name:ty $([$($generics:tt)*])? { $($field:ident),* $(,)? }) => {
        impl $(<$($generics)*>)? $crate::Put for $name {
            fn put(&self, sink: &mut impl $crate::Sink) {
                let Self { $($field),* } = self;
                $(
                    sink.enter($crate::Place::Field(stringify!($field)));
                    $crate::Put::put($field, sink);
                    sink.leave();
                )*
            }
        }
    };
}

/// Writes and reads a struct by the same list of fields.
macro_rules! code_struct {
    ($name:ty $([$($generics:tt)*])? { $($field:ident),* $(,)? }) => {
        $crate::code::put_struct!($name $([$($generics)*])? { $($field),* });
        impl $(<$($generics)*>)? $crate::Get for $name {
            fn get(reader: &mut $crate::Reader<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::Get::get(reader)?),* })
            }
        }
    };
}

/// Writes an enum without data as one byte; a new variant does not compile until it is listed.
macro_rules! put_choice {
    ($name:ty { $($variant:ident = $byte:literal),* $(,)? }) => {
        impl $crate::Put for $name {
            fn put(&self, sink: &mut impl $crate::Sink) {
                let byte: u8 = match self { $(Self::$variant => $byte),* };
                byte.put(sink);
            }
        }
    };
}

/// Writes and reads an enum without data by the same list.
macro_rules! code_choice {
    ($name:ty { $($variant:ident = $byte:literal),* $(,)? }) => {
        $crate::code::put_choice!($name { $($variant = $byte),* });
        impl $crate::Get for $name {
            fn get(reader: &mut $crate::Reader<'_>) -> Option<Self> {
                match u8::get(reader)? {
                    $($byte => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

/// Writes an enum that may grow as its position in `ALL`.
macro_rules! put_listed {
    ($($name:ty),*) => { $(
        impl $crate::Put for $name {
            fn put(&self, sink: &mut impl $crate::Sink) {
                let position = Self::ALL.iter().position(|one| one == self);
                position.and_then(|position| u8::try_from(position).ok()).unwrap_or(u8::MAX).put(sink);
            }
        }
    )* };
}

pub(crate) use {code_choice, code_struct, put_choice, put_listed, put_struct};
