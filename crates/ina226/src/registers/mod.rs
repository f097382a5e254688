//! One type per register, for whoever wants the chip itself.
//!
//! The clients read and write any of these with `read` and `write`; the modules name the family, and a register of the
//! other family read from a chip means nothing. [`ina226`] serves INA226, INA230, INA231, INA232, INA234 and INA236,
//! [`ina237`] INA237 and INA238, [`ina228`] what the INA228 has wider or on top.

pub mod ina226;
pub mod ina228;
pub mod ina237;

/// A register with an address.
pub trait Register {
    /// Its address.
    const ADDRESS: u8;
}

/// A register that can be read.
pub trait Readable: Register + Sized {
    /// As many bytes as it has.
    type Bytes: AsMut<[u8]> + Default;

    /// From the bytes in wire order, most significant first. Any bytes are accepted; unknown bits are kept.
    fn decode(bytes: Self::Bytes) -> Self;
}

/// A register that can be written; these all have 16 bits.
pub trait Writable: Register {
    /// Into bytes in wire order, most significant first.
    fn encode(&self) -> [u8; 2];
}

/// Cuts a field out of a word.
const fn field(word: u16, mask: u16, shift: u32) -> u16 {
    (word & mask) >> shift
}

/// Puts a field into a word; bits of `value` outside the field are dropped.
const fn with_field(word: u16, mask: u16, shift: u32, value: u16) -> u16 {
    (word & !mask) | ((value << shift) & mask)
}
