//! Where the chip sits on the bus.

use embedded_hal::i2c::ErrorKind;

use crate::ConfigError;

/// What one of the two address pins is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AddressPin {
    /// Ground.
    Gnd,
    /// Supply.
    Vs,
    /// The data line.
    Sda,
    /// The clock line.
    Scl,
}

impl AddressPin {
    const fn code(self) -> u8 {
        match self {
            Self::Gnd => 0,
            Self::Vs => 1,
            Self::Sda => 2,
            Self::Scl => 3,
        }
    }
}

/// Seven-bit target address, 40h to 4Fh (SBOS547, address table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Address(u8);

impl Address {
    const FIRST: u8 = 0x40;
    const LAST: u8 = 0x4F;

    /// The address as a number, which must be 40h to 4Fh.
    pub const fn new(address: u8) -> Result<Self, ConfigError> {
        if Self::FIRST <= address && address <= Self::LAST {
            Ok(Self(address))
        } else {
            Err(ConfigError::Address { found: address })
        }
    }

    /// The address that the two pins select; the chip samples them at each transfer.
    ///
    /// The INA234 and INA236 have one pin only: give what the variant letter stands for as `a1` (A: ground, B: data).
    #[must_use]
    pub const fn from_pins(a1: AddressPin, a0: AddressPin) -> Self {
        Self(Self::FIRST | (a1.code() << 2) | a0.code())
    }

    /// The seven bits, without the direction bit.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Address to read one byte from after the alert line was pulled (SMBus alert response).
///
/// A chip answers here only with its pin active low and latched (SBOS547, SMBus alert response).
pub const ALERT_RESPONSE: u8 = 0x0C;

/// Who pulled the alert line, from the byte read at [`ALERT_RESPONSE`]; `None` for an address this driver does not serve.
///
/// The address is in bits 7 to 1; bit 0 says something about the kind of alert on some parts and is left out.
#[must_use]
pub const fn alert_source(answer: u8) -> Option<Address> {
    match Address::new(answer >> 1) {
        Ok(address) => Some(address),
        Err(_) => None,
    }
}

/// Whether a failed alert response only means that no chip has an alert.
pub(crate) const fn is_nobody(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NoAcknowledge(_))
}
