//! States, in a word or two.

use parallelator_core::{Fault, PackState, SystemState};

use super::fault;

pub(in crate::texts) fn of_pack(state: PackState) -> &'static str {
    match state {
        PackState::Absent => "Absent",
        PackState::Init => "Démarrage",
        PackState::Open => "Ouvert",
        PackState::Precharge => "Précharge",
        PackState::Closing => "Fermeture",
        PackState::Closed => "Fermé",
        PackState::Opening => "Ouverture",
        PackState::Cooldown { .. } => "Temporisé",
        PackState::Fault => "Défaut",
        PackState::Latched => "Verrouillé",
        PackState::StuckClosed => "Collé fermé",
        PackState::Disabled => "Exclu",
    }
}

pub(in crate::texts) fn of_rack(state: SystemState, cause: Option<Fault>) -> String {
    let words = match (state, cause) {
        (SystemState::Boot, _) => "Démarrage",
        (SystemState::Idle, _) => "Prêt, aucun pack connecté",
        (SystemState::Running, _) => "En marche",
        (SystemState::Shedding, _) => "Délestage demandé avant l’ouverture d’un pack",
        (SystemState::Service, _) => "Maintenance : essais autorisés",
        (SystemState::SafeOff, Some(cause)) => {
            return format!("Mise en sécurité : {}", fault::cause(cause));
        }
        (SystemState::SafeOff, None) => "Mise en sécurité",
    };
    words.to_owned()
}
