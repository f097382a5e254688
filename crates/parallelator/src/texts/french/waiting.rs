//! What a pack without a fault waits for.

use battery_units::Millivolts;
use parallelator_core::{PackDecision, Waiting};

use super::number::{amps, celsius, magnitude, time, volts};

pub(super) fn sentence(waiting: Waiting, pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    match waiting {
        Waiting::WaitingTurn => match pack.predicted {
            Some(predicted) => format!(
                "Attend son tour : peut se connecter avec au plus {} entre les packs",
                amps(predicted.get())
            ),
            None => "Attend son tour".to_owned(),
        },
        Waiting::WaitingForSet if value > limit => format!(
            "Attend : d’autres packs alimentent d’abord le bus ; avec eux, jusqu’à {} pourraient circuler entre les packs, la limite est de {}",
            amps(value),
            amps(limit)
        ),
        Waiting::CirculatingCurrent => format!(
            "Attend : la connexion pourrait faire circuler jusqu’à {} entre les packs, la limite est de {}{}",
            amps(value),
            amps(limit),
            apart(pack)
        ),
        Waiting::DifferenceTooLarge => {
            let side = pack.difference.map_or("d’écart avec le", side);
            format!(
                "Refusé : {} {side} bus, au plus {} sont admis",
                volts(value),
                volts(limit)
            )
        }
        Waiting::PackLimit if value == 0 && limit == 0 => {
            "Attend : sa propre limite pour l’usage actuel du bus est nulle".to_owned()
        }
        Waiting::PackLimit => format!(
            "Attend : avec la consommation actuelle, un pack de l’ensemble porterait {}, sa limite est de {}",
            magnitude(value),
            magnitude(limit)
        ),
        Waiting::VoltageLow => format!(
            "Attend : {} sont au-dessous de {}, la tension minimale de connexion",
            volts(value),
            volts(limit)
        ),
        Waiting::VoltageHigh => format!(
            "Attend : {} sont au-dessus de {}, la tension maximale de connexion",
            volts(value),
            volts(limit)
        ),
        Waiting::TemperatureWindow => format!(
            "Attend : {} sont hors des températures de connexion, qui s’arrêtent à {}",
            celsius(value),
            celsius(limit)
        ),
        Waiting::WouldCharge => format!(
            "Attend : il serait chargé avec jusqu’à {}, ce qui n’est pas permis maintenant",
            magnitude(value)
        ),
        Waiting::WouldDischarge => format!(
            "Attend : il serait déchargé avec jusqu’à {}, ce qui n’est pas permis maintenant",
            magnitude(value)
        ),
        Waiting::WearBudget => {
            format!("Attend : {value} fermetures dans la dernière heure, le quota est de {limit}")
        }
        Waiting::CurrentWhileOpen => format!(
            "Attend : {} passent malgré l’interrupteur ouvert, au plus {} sont admis",
            magnitude(value),
            magnitude(limit)
        ),
        Waiting::StaleSample => format!(
            "Attend : sa dernière mesure date de {}, au plus {} sont admis",
            time(value),
            time(limit)
        ),
        Waiting::UnknownSource => format!(
            "Attend : une autre source tient le bus ; la connexion pourrait faire passer jusqu’à {}, la limite est de {}",
            amps(value),
            amps(limit)
        ),
        Waiting::LoadNotCovered => format!(
            "Attend : les packs compatibles peuvent fournir {}, la consommation demande {}",
            amps(value),
            amps(limit)
        ),
        other => plain(other).to_owned(),
    }
}

/// The sentences without numbers.
fn plain(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Connected => "Connecté",
        Waiting::Closing => "Fermeture : attend la relecture de son interrupteur",
        Waiting::Opening => "Ouverture : attend la relecture de son interrupteur",
        Waiting::Precharging => "Précharge : le bus se charge à travers sa résistance",
        Waiting::ServiceTest => {
            "Ouvert : essai demandé par l’opérateur ; il se reconnectera de lui-même"
        }
        Waiting::CurrentSum => {
            "Attend : la somme des courants des packs ne donne pas le courant du bus ; chercher un circuit non mesuré ou un shunt erroné"
        }
        Waiting::PathResistance => {
            "Attend : ses variations de charge montrent une résistance de liaison hors de la plage des paramètres ; vérifier les bornes et le shunt"
        }
        Waiting::Boot => "Attend : le rack confirme encore que chaque interrupteur est ouvert",
        Waiting::NoSensor => {
            "Aucune mesure : son capteur n’a jamais répondu ; vérifier le capteur, son alimentation et son adresse"
        }
        Waiting::CollectingSamples => "Attend : recueille des mesures",
        Waiting::WaitingForSet => "Attend : un autre pack alimente d’abord le bus",
        Waiting::MemberUnknown => {
            "Attend : un pack connecté n’a pas de mesure récente, aucune prévision n’est possible"
        }
        Waiting::ClockJump => "Attend : l’horloge a fait un saut à ce pas",
        Waiting::BusSuspect => {
            "Attend : un court-circuit a fait ouvrir les derniers packs du bus ; acquitter leurs défauts après réparation"
        }
        Waiting::SystemOff => "Ouvert : le rack est mis en sécurité",
        Waiting::Operator => "Exclu par l’opérateur",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}

fn side(difference: Millivolts) -> &'static str {
    if difference.get() < 0 {
        "au-dessous du"
    } else {
        "au-dessus du"
    }
}

/// How far the pack stands from the bus, as an addition to a sentence.
fn apart(pack: &PackDecision) -> String {
    match pack.difference {
        Some(Millivolts::ZERO) | None => String::new(),
        Some(difference) => format!(
            " ({} {} bus)",
            volts(difference.get().saturating_abs()),
            side(difference)
        ),
    }
}
