//! The rack on paper: which sensor and switch belong to which pack, the parameters, and what people call things.
//!
//! The default is the KXKM rack (four TCA9535, sixteen INA237 a bus); a file in TOML describes any other.

mod entry;
mod file;
mod position;
mod reader;
pub mod start;

use battery_units::Milliamps;
use parallelator_core::{Chemistry, Params};
use parallelator_node::{Label, PackWiring, Rack, RackError, kxkm_wiring};

pub(crate) use entry::nearest;
pub use file::{FileError, FileErrors, read};

use crate::{
    PACKS,
    texts::{self, Language},
};

/// A rack description, checked as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What people call the rack.
    pub title: String,
    /// What the packs are made of; sets the voltages where the file gives none.
    pub chemistry: Chemistry,
    /// The packs by index.
    pub packs: Vec<PackWiring>,
    /// Limits and times of the decision.
    pub params: Params,
}

impl Description {
    /// The KXKM rack with its first `packs` positions.
    #[must_use]
    pub fn kxkm(packs: usize, chemistry: Chemistry) -> Self {
        Self {
            title: "KXKM rack".to_owned(),
            chemistry,
            packs: (0..packs)
                .map(|index| PackWiring {
                    label: Label::new(&format!("Pack {}", index + 1)).unwrap_or_default(),
                    ..kxkm_wiring(index)
                })
                .collect(),
            params: Params::for_chemistry(chemistry),
        }
    }

    /// The rack as the node takes it.
    ///
    /// # Errors
    /// The first contradiction in the wiring.
    pub fn to_node_rack(&self) -> Result<Rack<PACKS>, RackError> {
        Rack::new(&self.packs, &self.params)
    }

    /// What people call pack `index`; its number where no label was given.
    #[must_use]
    pub fn label(&self, index: usize) -> String {
        match self
            .packs
            .get(index)
            .map(|pack| pack.label.as_str().to_owned())
        {
            Some(label) if !label.is_empty() => label,
            _ => format!("Pack {}", index + 1),
        }
    }

    /// Where pack `index` is wired, in words.
    #[must_use]
    pub fn wiring(&self, language: Language, index: usize) -> String {
        self.packs
            .get(index)
            .map_or_else(String::new, |pack| texts::wiring(language, pack))
    }

    /// Largest continuous discharge and charge current of pack `index`: its own or the common one, whichever is smaller.
    #[must_use]
    pub fn current_limits(&self, index: usize) -> (Milliamps, Milliamps) {
        let pack = self.packs.get(index);
        let smaller =
            |own: Option<Milliamps>, common: Milliamps| own.map_or(common, |own| own.min(common));
        (
            smaller(pack.and_then(|pack| pack.i_dis_max), self.params.i_dis_max),
            smaller(pack.and_then(|pack| pack.i_chg_max), self.params.i_chg_max),
        )
    }
}

/// The name of a chemistry on the command line and in rack files.
#[must_use]
pub fn chemistry_name(chemistry: Chemistry) -> &'static str {
    match chemistry {
        Chemistry::Nmc => "nmc",
        Chemistry::Lfp => "lfp",
        Chemistry::Lto => "lto",
        Chemistry::LeadAcid => "lead-acid",
    }
}

/// Every chemistry, in the order of the documentation.
pub const CHEMISTRIES: [Chemistry; 4] = [
    Chemistry::Nmc,
    Chemistry::Lfp,
    Chemistry::Lto,
    Chemistry::LeadAcid,
];
