//! A body with one temperature: heat goes in, leaves to the ambient.

/// Joules a kilogram of pack takes for one kelvin.
const PACK_HEAT_J_PER_KG_K: f64 = 900.0;
const PACK_K_PER_W: f64 = 2.0;
const SWITCH_J_PER_K: f64 = 2.0;
const SWITCH_K_PER_W: f64 = 20.0;

/// State of a body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) celsius: f64,
    pub(crate) ambient_c: f64,
    per_joule: f64,
    watts_per_kelvin: f64,
}

impl Body {
    /// A pack; an isothermal one keeps its temperature.
    pub(crate) fn pack(celsius: f64, ambient_c: f64, mass_kg: f64, isothermal: bool) -> Self {
        let per_joule = if isothermal {
            0.0
        } else {
            1.0 / (PACK_HEAT_J_PER_KG_K * mass_kg)
        };
        Self {
            celsius,
            ambient_c,
            per_joule,
            watts_per_kelvin: 1.0 / PACK_K_PER_W,
        }
    }

    /// A switch, as warm as its surroundings.
    pub(crate) fn switch(ambient_c: f64) -> Self {
        Self {
            celsius: ambient_c,
            ambient_c,
            per_joule: 1.0 / SWITCH_J_PER_K,
            watts_per_kelvin: 1.0 / SWITCH_K_PER_W,
        }
    }

    /// Steps are short against the 40 s of a switch, so the old temperature decides what leaves.
    pub(crate) fn heat(&mut self, joules: f64, seconds: f64) {
        let leaving = (self.celsius - self.ambient_c) * self.watts_per_kelvin * seconds;
        self.celsius += (joules - leaving) * self.per_joule;
    }
}
