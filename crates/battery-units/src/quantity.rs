//! The quantities: one newtype a unit, all made alike.

use core::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($repr:ty), $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        pub struct $name($repr);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);
            /// The smallest value the type holds.
            pub const MIN: Self = Self(<$repr>::MIN);
            /// The largest value the type holds.
            pub const MAX: Self = Self(<$repr>::MAX);

            #[doc = concat!("A quantity of `count` ", $unit, ".")]
            #[must_use]
            pub const fn new(count: $repr) -> Self {
                Self(count)
            }

            #[doc = concat!("The plain number of ", $unit, ".")]
            #[must_use]
            pub const fn get(self) -> $repr {
                self.0
            }

            /// Sum, or `None` when it does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// Difference, or `None` when it does not fit.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }

            /// Sum, held at the ends of the type's range.
            #[must_use]
            pub const fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// Difference, held at the ends of the type's range.
            #[must_use]
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)?;
                f.write_str(concat!(" ", $unit))
            }
        }

        impl From<$repr> for $name {
            fn from(count: $repr) -> Self {
                Self(count)
            }
        }

        impl From<$name> for $repr {
            fn from(quantity: $name) -> Self {
                quantity.0
            }
        }
    };
}

quantity! {
    /// Voltage in millivolts: what the decision core works with.
    Millivolts(i32), "mV"
}
quantity! {
    /// Voltage in microvolts, up to about 2147 V either way.
    Microvolts(i32), "µV"
}
quantity! {
    /// Voltage in nanovolts: the finest step of the INA family is 78.125 nV.
    Nanovolts(i64), "nV"
}
quantity! {
    /// Current in milliamperes; positive charges the pack.
    Milliamps(i32), "mA"
}
quantity! {
    /// Current in microamperes, up to about 2147 A either way; positive charges the pack.
    Microamps(i32), "µA"
}
quantity! {
    /// Current in nanoamperes; positive charges the pack.
    Nanoamps(i64), "nA"
}
quantity! {
    /// Power in milliwatts.
    Milliwatts(i32), "mW"
}
quantity! {
    /// Power in microwatts.
    Microwatts(i64), "µW"
}
quantity! {
    /// Power in nanowatts.
    Nanowatts(i64), "nW"
}
quantity! {
    /// Resistance in milliohms.
    Milliohms(u32), "mΩ"
}
quantity! {
    /// Resistance in microohms: shunts below one milliohm are normal in battery work.
    Microohms(u32), "µΩ"
}
quantity! {
    /// Charge in milliampere-hours.
    MilliampHours(u32), "mAh"
}
quantity! {
    /// Temperature in tenths of a degree Celsius: what the decision core works with.
    DeciCelsius(i32), "0.1 °C"
}
quantity! {
    /// Temperature in hundredths of a degree Celsius.
    CentiCelsius(i32), "0.01 °C"
}
quantity! {
    /// Temperature in thousandths of a degree Celsius.
    MilliCelsius(i32), "0.001 °C"
}
quantity! {
    /// Absolute temperature in tenths of a kelvin, as smart-battery gauges give it.
    DeciKelvin(u16), "0.1 K"
}
quantity! {
    /// A share in hundredths; gauges may report more than 100.
    Percent(u8), "%"
}
quantity! {
    /// A share in thousandths.
    Permille(u16), "‰"
}
