//! Sentences for faults.

use parallelator_core::Fault;

use super::number::{age, celsius, magnitude, volts};

/// What happened, with the value and the limit it broke. Both zero: the core gave no numbers.
pub(super) fn sentence(fault: Fault, value: i32, limit: i32) -> String {
    let numbers = value != 0 || limit != 0;
    match fault {
        Fault::HardwareAlert if numbers => format!(
            "Alerte matérielle du capteur ou de l’interrupteur, à {}",
            magnitude(value)
        ),
        Fault::OverVoltageAbs if numbers => format!(
            "Surtension : {}, le seuil absolu est de {}",
            volts(value),
            volts(limit)
        ),
        Fault::OverCurrentHard if numbers => format!(
            "Surintensité : {}, le seuil de coupure immédiate est de {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::CurrentOnOpenSwitch if numbers => format!(
            "{} traversent son interrupteur, pourtant commandé ouvert",
            magnitude(value)
        ),
        Fault::OverTemperature if numbers => format!(
            "Température de {}, la limite est de {}",
            celsius(value),
            celsius(limit)
        ),
        Fault::UnderVoltageAbs if numbers => format!(
            "Tension de {}, sous le plancher de {}",
            volts(value),
            volts(limit)
        ),
        Fault::StaleData if numbers => format!(
            "Aucune mesure valable depuis {}, au plus {} sont admis",
            age(value),
            age(limit)
        ),
        Fault::JoinMismatch if numbers => format!(
            "Après une connexion, son courant s’écartait de {} de la prévision, les tolérances expliquent {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::CollectiveOverload if numbers => format!(
            "Le bus portait {}, ses packs peuvent porter {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::OverCurrentSoft if numbers => format!(
            "{} pendant trop longtemps, la limite permanente est de {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::UnderVoltage if numbers => format!(
            "Tension de {}, le seuil bas est de {}",
            volts(value),
            volts(limit)
        ),
        Fault::Imbalance if numbers => format!(
            "Courant de circulation de {}, la limite est de {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Frozen if numbers => format!(
            "Son capteur a donné {value} fois la même mesure alors que les autres packs variaient, {limit} sont admises"
        ),
        Fault::StuckOpen if numbers => format!(
            "Son interrupteur est commandé fermé, mais il n’y passe que {}",
            magnitude(value)
        ),
        Fault::StuckClosed if numbers => format!(
            "Son interrupteur est commandé ouvert, mais il y passe {}, plus que le seuil de fuite de {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Swapped if numbers => format!(
            "Son câblage est interverti avec celui d’un autre pack : {} mesurés, seuil {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Kirchhoff if numbers => format!(
            "La somme des courants des packs s’écarte de {} du courant du bus, les erreurs de mesure expliquent {}",
            magnitude(value),
            magnitude(limit)
        ),
        Fault::Precharge if numbers => {
            format!("La précharge n’a pas abouti, essais épuisés : {value} sur {limit}")
        }
        other => capitalised(cause(other)),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A fault in a few words, without numbers.
pub(in crate::texts) fn cause(fault: Fault) -> &'static str {
    match fault {
        Fault::HardwareAlert => "alerte matérielle",
        Fault::EStop => "arrêt d’urgence",
        Fault::OverVoltageAbs => "surtension absolue",
        Fault::OverCurrentHard => "surintensité au-delà du seuil de coupure immédiate",
        Fault::CurrentOnOpenSwitch => "courant à travers un interrupteur ouvert",
        Fault::Topology => "les interrupteurs et les capteurs ne correspondent pas",
        Fault::Config => "configuration ou mémoire des défauts illisible",
        Fault::ReadBack => "la relecture des sorties diffère de la commande",
        Fault::WriteFailed => "impossible d’écrire les sorties des interrupteurs",
        Fault::BrownOut => "un module de sorties a perdu son alimentation",
        Fault::OverTemperature => "température hors limites",
        Fault::UnderVoltageAbs => "tension sous le plancher",
        Fault::StaleData => "aucune mesure valable depuis trop longtemps",
        Fault::JoinMismatch => "courant après connexion différent de la prévision",
        Fault::CollectiveOverload => "surcharge de tout le bus",
        Fault::OverCurrentSoft => "surintensité prolongée",
        Fault::UnderVoltage => "sous-tension",
        Fault::Imbalance => "courant de circulation au-dessus de la limite",
        Fault::Frozen => "capteur figé",
        Fault::StuckOpen => "l’interrupteur ne se ferme pas",
        Fault::StuckClosed => "l’interrupteur ne s’ouvre pas",
        Fault::Swapped => "câblage interverti avec un autre pack",
        Fault::Kirchhoff => "la somme des courants des packs ne donne pas le courant du bus",
        Fault::ResistanceRange => "résistance de liaison non plausible",
        Fault::Precharge => "précharge inachevée",
        // A code that this program does not know yet is better shown bare than hidden.
        other => other.code(),
    }
}
