//! Sentences for events.

use parallelator_core::{Event, EventKind, Fault, Reason};

use super::{
    number::{amps, magnitude, time, volts},
    reason,
};

/// What happened; `pack` is what people call the pack, `None` for the rack.
pub(in crate::texts) fn sentence(event: &Event, pack: Option<String>) -> String {
    let who = pack.unwrap_or_else(|| "Le rack".to_owned());
    let (value, limit) = (event.value, event.limit);
    let because = words(event.reason, value, limit);
    let bare = || words(event.reason, 0, 0);
    match event.kind {
        // The bound is zero for a single pack only: with two, the measurement error alone makes it more.
        EventKind::Closed if value == 0 => format!("{who} fermé : c’est le premier sur le bus"),
        EventKind::Closed => format!(
            "{who} fermé : au plus {} prévus entre les packs, la limite est de {}",
            amps(value),
            amps(limit)
        ),
        EventKind::Opened => format!("{who} ouvert : {because}"),
        EventKind::Fault => format!("{who} en défaut : {because}"),
        EventKind::Latched => {
            format!(
                "{who} verrouillé avec un score de défauts de {value} : {}",
                bare()
            )
        }
        EventKind::Recovered => format!("{who} de nouveau sain"),
        EventKind::StuckClosed => format!("{who} : {because}"),
        EventKind::Cleared => format!("{who} acquitté par l’opérateur : {}", bare()),
        EventKind::Enabled => format!("{who} remis en service par l’opérateur"),
        EventKind::Disabled => format!("{who} exclu par l’opérateur"),
        EventKind::EStop => "Arrêt d’urgence : tous les interrupteurs s’ouvrent".to_owned(),
        EventKind::Armed => format!("{who} réarmé"),
        EventKind::SafeOff => format!("{who} s’est mis en sécurité : {because}"),
        EventKind::SafeOffLeft => format!("{who} a quitté la mise en sécurité"),
        EventKind::Ready => {
            format!("{who} est prêt : tous les interrupteurs sont confirmés ouverts")
        }
        EventKind::LoadPermitted => format!("Décharge autorisée, jusqu’à {}", amps(value)),
        EventKind::LoadWithdrawn => "Décharge non autorisée".to_owned(),
        EventKind::BreakingCurrent => format!(
            "{who} ouvert sous {}, le pouvoir de coupure de son interrupteur est de {}",
            magnitude(value),
            amps(limit)
        ),
        EventKind::OpeningDelayed => format!(
            "{who} retarde son ouverture : {} passent, le pouvoir de coupure de son interrupteur est de {} : {}",
            magnitude(value),
            amps(limit),
            bare()
        ),
        EventKind::Shedding => format!(
            "Délestage demandé à la consommation et au chargeur avant l’ouverture d’un pack, en {} : {}",
            time(limit),
            bare()
        ),
        EventKind::SheddingOver => "Fin de la demande de délestage".to_owned(),
        EventKind::Alarm => format!("{who} signale une alarme : {because}"),
        EventKind::AlarmOver => format!("{who} : fin de l’alarme ({})", bare()),
        EventKind::SampleDropped => format!(
            "{who} : la mesure de {} est écartée, impossible ou en saut, comparée à {}",
            volts(value),
            volts(limit)
        ),
        EventKind::Precharging => format!(
            "{who} charge le bus à travers sa résistance : au plus {} prévus, la limite est de {}",
            amps(value),
            amps(limit)
        ),
        EventKind::ServiceEntered => "Mode maintenance : essais pack par pack autorisés".to_owned(),
        EventKind::ServiceLeft => "Fin du mode maintenance".to_owned(),
        _ => of_program(event, &who),
    }
}

/// The kind alone.
pub(in crate::texts) fn kind(kind: EventKind) -> String {
    let words = match kind {
        EventKind::Closed => "fermé",
        EventKind::Opened => "ouvert",
        EventKind::Fault => "défaut",
        EventKind::Latched => "verrouillé",
        EventKind::Recovered => "rétabli",
        EventKind::StuckClosed => "collé fermé",
        EventKind::Cleared => "acquitté",
        EventKind::Enabled => "remis en service",
        EventKind::Disabled => "exclu",
        EventKind::EStop => "arrêt d’urgence",
        EventKind::Armed => "réarmé",
        EventKind::CommandRefused => "commande refusée",
        EventKind::ConfigApplied => "paramètres appliqués",
        EventKind::ConfigRejected => "paramètres refusés",
        EventKind::SafeOff => "mise en sécurité",
        EventKind::SafeOffLeft => "fin de mise en sécurité",
        EventKind::Ready => "prêt",
        EventKind::LoadPermitted => "décharge autorisée",
        EventKind::LoadWithdrawn => "décharge retirée",
        EventKind::ClockJump => "saut d’horloge",
        EventKind::ClockBackwards => "recul d’horloge",
        EventKind::BreakingCurrent => "courant de coupure",
        EventKind::OpeningDelayed => "ouverture retardée",
        EventKind::Shedding => "délestage",
        EventKind::SheddingOver => "fin de délestage",
        EventKind::Alarm => "alarme",
        EventKind::AlarmOver => "fin d’alarme",
        EventKind::SampleDropped => "mesure écartée",
        EventKind::Precharging => "précharge",
        EventKind::ServiceEntered => "maintenance",
        EventKind::ServiceLeft => "fin de maintenance",
        EventKind::EventsLost => "événements perdus",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    };
    words.to_owned()
}

/// Commands, configuration, clock.
fn of_program(event: &Event, who: &str) -> String {
    let (value, limit) = (event.value, event.limit);
    match event.kind {
        EventKind::CommandRefused => {
            "Commande refusée : elle ne convient pas à l’état présent".to_owned()
        }
        EventKind::ConfigApplied => "Nouveaux paramètres en vigueur".to_owned(),
        EventKind::ConfigRejected if event.reason == Some(Reason::Fault(Fault::Config)) => format!(
            "Nouveaux paramètres refusés : illisibles, version ou longueur de {value} au lieu de {limit}"
        ),
        EventKind::ConfigRejected if value > 0 => {
            format!("Nouveaux paramètres refusés en bloc : {value} d’entre eux sont inutilisables")
        }
        EventKind::ConfigRejected => {
            "Nouveaux paramètres refusés : ils relâcheraient une limite alors qu’un pack est connecté".to_owned()
        }
        EventKind::ClockJump => format!(
            "L’horloge a sauté de {}, plus que les {} de trois pas",
            time(value),
            time(limit)
        ),
        EventKind::ClockBackwards => format!("L’horloge a reculé de {}", time(value)),
        EventKind::EventsLost => format!("{value} événements n’avaient plus de place et sont perdus"),
        // A code that this program does not know yet is better shown bare than hidden.
        other => format!("{who} : {}", other.code()),
    }
}

fn words(reason: Option<Reason>, value: i32, limit: i32) -> String {
    reason.map_or_else(
        || "aucune raison donnée".to_owned(),
        |reason| reason::words(reason, value, limit),
    )
}
