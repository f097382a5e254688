//! Reasons as they go on after a colon.

use parallelator_core::{Reason, Waiting};

use super::fault;

/// A reason in small letters, with the numbers when there are any.
pub(super) fn words(reason: Reason, value: i32, limit: i32) -> String {
    match reason {
        Reason::Fault(found) => decapitalised(&fault::sentence(found, value, limit)),
        Reason::Waiting(waiting) => short(waiting).to_owned(),
    }
}

fn decapitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn short(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Connected => "il est connecté",
        Waiting::Closing => "il se fermait",
        Waiting::Opening => "il s’ouvrait",
        Waiting::Precharging => "précharge terminée",
        Waiting::ServiceTest => "essai demandé par l’opérateur",
        Waiting::CurrentSum => "la somme des courants est fausse",
        Waiting::PathResistance => {
            "ses variations de charge montrent une résistance de liaison hors plage"
        }
        Waiting::Boot => "le rack démarre",
        Waiting::NoSensor => "son capteur n’a jamais répondu",
        Waiting::CollectingSamples => "trop peu de mesures",
        Waiting::WaitingTurn => "un autre pack passe avant",
        Waiting::WaitingForSet => "d’autres packs alimentent d’abord le bus",
        Waiting::CirculatingCurrent => "courant de circulation trop élevé",
        Waiting::DifferenceTooLarge => "trop loin de la tension du bus",
        Waiting::PackLimit => "un pack de l’ensemble dépasserait sa limite",
        Waiting::VoltageLow => "tension trop basse pour la connexion",
        Waiting::VoltageHigh => "tension trop haute pour la connexion",
        Waiting::TemperatureWindow => "hors des températures de connexion",
        Waiting::WouldCharge => "il serait chargé",
        Waiting::WouldDischarge => "il serait déchargé",
        Waiting::WearBudget => "quota horaire de fermetures épuisé",
        Waiting::CurrentWhileOpen => "courant malgré l’interrupteur ouvert",
        Waiting::StaleSample => "dernière mesure trop ancienne",
        Waiting::MemberUnknown => "un pack connecté n’est pas mesuré",
        Waiting::ClockJump => "saut d’horloge",
        Waiting::BusSuspect => "court-circuit possible sur le bus",
        Waiting::UnknownSource => "une autre source tient le bus",
        Waiting::LoadNotCovered => "la consommation n’est pas couverte",
        Waiting::SystemOff => "le rack est mis en sécurité",
        Waiting::Operator => "par l’opérateur",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}
