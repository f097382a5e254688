//! Electrical faults of a pack, its path and its switch.

/// What breaks. Any number may be present at once; [`super::Plant::repair`] mends all of a pack.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PlantFault {
    /// The contact stays open whatever is commanded. A body diode is still there.
    StuckOpen,
    /// The contact is closed whatever is commanded: a welded contact.
    StuckClosed,
    /// Every later command takes this many seconds more.
    SlowSwitch(f64),
    /// The fuse is open.
    BlownFuse,
    /// One cell has become a piece of wire: open-circuit voltage and R0 fall by one cell.
    CellShort,
    /// A source of this many volts appears in series with the cells. Through a closed switch it drives a current that holds
    /// the terminal near the bus; a terminal that reads too high while closed is [`PlantFault::SenseShift`].
    OverVoltage(f64),
    /// Pack and its surroundings are this warm, degrees Celsius.
    HotPack(f64),
    /// This many ohm more between cells and tap: a loose terminal.
    ResistanceJump(f64),
    /// Nothing arrives at the voltage sense pin: 0 V.
    BrokenSenseWire,
    /// The voltage sense pin sees this many volts more than the tap: the sense lead touches a higher potential.
    SenseShift(f64),
}

impl PlantFault {
    /// Whether the numbers can be calculated with.
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::StuckOpen
            | Self::StuckClosed
            | Self::BlownFuse
            | Self::CellShort
            | Self::BrokenSenseWire => true,
            Self::SlowSwitch(value) | Self::ResistanceJump(value) => {
                value.is_finite() && value >= 0.0
            }
            Self::HotPack(celsius) => (-50.0..=150.0).contains(&celsius),
            Self::OverVoltage(volts) | Self::SenseShift(volts) => volts.is_finite(),
        }
    }
}
