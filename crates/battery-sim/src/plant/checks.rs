//! The model checks itself: does the current sum vanish at the node, does energy go anywhere it should not?

/// Largest current sum at the node that passes, A.
pub const NODE_LIMIT_A: f64 = 1e-3;
/// Largest energy error that passes, as a part of the energy turned over.
pub const ENERGY_LIMIT: f64 = 1e-3;

/// Energy of a plant since its start, J.
///
/// `charger - load = stored - stored_at_start - injected + dissipated + absorbed`, where the stored energy is a function of
/// the state (charge, RC pairs, capacitor) and the other terms are summed step by step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Account {
    /// Given by the charger.
    pub charger_j: f64,
    /// Taken by the load; what a load feeds back counts negative.
    pub load_j: f64,
    /// Turned to heat in cells, paths, switches, bleed resistor and short.
    pub dissipated_j: f64,
    /// Taken by the sources of over-voltage faults.
    pub absorbed_j: f64,
    /// Added to what is stored by injecting and repairing faults.
    pub injected_j: f64,
    /// Stored at the start, counted from empty packs.
    pub stored_at_start_j: f64,
    /// Stored now.
    pub stored_j: f64,
    /// Energy that passed pack terminals, load and charger, whatever the direction.
    pub turned_over_j: f64,
}

impl Account {
    /// What is missing from the balance, J.
    #[must_use]
    pub fn error_j(&self) -> f64 {
        let came_in = self.charger_j - self.load_j - self.dissipated_j - self.absorbed_j;
        came_in - (self.stored_j - self.stored_at_start_j - self.injected_j)
    }
}

/// Result of the checks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checks {
    /// Largest sum of all currents at the node in any step so far, A.
    pub node_error_a: f64,
    /// Missing energy as a part of the energy turned over; 0 while that is below 1 J.
    pub energy_error: f64,
}

impl Checks {
    pub(crate) fn of(account: &Account, node_error_a: f64) -> Self {
        let energy_error = if account.turned_over_j > 1.0 {
            account.error_j().abs() / account.turned_over_j
        } else {
            0.0
        };
        Self {
            node_error_a,
            energy_error,
        }
    }

    /// Whether both are within their limits; not a number is not.
    #[must_use]
    pub fn pass(&self) -> bool {
        self.node_error_a <= NODE_LIMIT_A && self.energy_error <= ENERGY_LIMIT
    }
}
