//! Why a pack is, or is not, connected, and what would help.

use parallelator_core::{
    Explanation, PackDecision, PackState, Reason, Remedy, SwitchCommand, Waiting,
};

use super::{fault, number::left, reason, waiting};

pub(in crate::texts) fn sentence(pack: &PackDecision) -> String {
    let (value, limit) = (pack.value, pack.limit);
    let because = || reason::words(pack.reason, value, limit);
    match (pack.state, pack.reason) {
        (PackState::Opening, _) if pack.command == SwitchCommand::Closed => format!(
            "S’ouvrira dès que son courant sera tombé sous le pouvoir de coupure : {}",
            because()
        ),
        (PackState::Opening, Reason::Waiting(Waiting::Opening)) => {
            waiting::sentence(Waiting::Opening, pack)
        }
        (PackState::Opening, _) => {
            format!("Ouverture : {} ; relecture en attente", because())
        }
        (PackState::Closed, Reason::Fault(_)) => {
            format!("Connecté, avec une alarme : {}", because())
        }
        (_, Reason::Fault(found)) => fault::sentence(found, value, limit),
        (_, Reason::Waiting(awaited)) => waiting::sentence(awaited, pack),
    }
}

pub(in crate::texts) fn remedy(why: &Explanation) -> Option<String> {
    match (why.remedy, why.state) {
        (Remedy::Wait { ms }, PackState::Cooldown { .. }) => {
            Some(format!(" ; nouvel essai possible dans {}", left(ms)))
        }
        (Remedy::Wait { ms }, PackState::Precharge) if ms > 0 => {
            Some(format!(", encore {} au plus", left(ms)))
        }
        (Remedy::Wait { ms }, _) if ms > 0 => Some(format!(", encore {} environ", left(ms))),
        (Remedy::Condition, PackState::Fault) => Some(" ; attend que cela cesse".to_owned()),
        (Remedy::Clear { fault }, PackState::StuckClosed) => Some(format!(
            " ; l’isoler par l’extérieur, puis acquitter avec {}",
            fault.code()
        )),
        (Remedy::Clear { fault }, _) => Some(format!(
            " ; verrouillé jusqu’à l’acquittement avec {}",
            fault.code()
        )),
        (Remedy::Arm, _) => Some(" jusqu’au réarmement".to_owned()),
        (Remedy::Enable, _) => Some(" jusqu’à sa remise en service".to_owned()),
        (Remedy::None | Remedy::Wait { .. } | Remedy::Condition, _) => None,
    }
}

pub(in crate::texts) fn measured(value: &str, limit: &str) -> String {
    format!("{value}, seuil {limit}")
}

pub(in crate::texts) fn difference(volts: &str) -> String {
    format!("écart au bus {volts}")
}

pub(in crate::texts) fn bound(amps: &str) -> String {
    format!("au plus {amps} prévus")
}

pub(in crate::texts) fn wait(left: &str) -> String {
    format!("encore {left}")
}
