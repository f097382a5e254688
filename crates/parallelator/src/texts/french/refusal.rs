//! Sentences for commands that the core refused: what has to be so before it takes them.

use parallelator_core::Command;

use super::fault;

/// Why the command was refused; `label` is what people call a pack.
pub(in crate::texts) fn sentence(command: Command, label: impl Fn(usize) -> String) -> String {
    let who = |pack: u8| label(pack.into());
    match command {
        Command::Enable { pack } => {
            format!("{} non remis en service : le rack n’a pas ce pack", who(pack))
        }
        Command::Disable { pack } => {
            format!("{} non exclu : le rack n’a pas ce pack", who(pack))
        }
        Command::Clear { pack, fault } => format!(
            "{} non acquitté ({}) : ce défaut n’est pas celui en vigueur, ou le pack conduit encore",
            who(pack),
            fault::cause(fault)
        ),
        Command::Arm => {
            "Rack non réarmé : rien ne l’attend, ou l’arrêt d’urgence est encore enfoncé".to_owned()
        }
        Command::EStop => "Arrêt d’urgence refusé".to_owned(),
        Command::Service { enter: true } => {
            "Mode maintenance refusé : le rack démarre ou est en sécurité ; attendre qu’il soit prêt ou en marche"
                .to_owned()
        }
        Command::Service { enter: false } => {
            "Mode maintenance non quitté : il reste actif".to_owned()
        }
        Command::Test { pack } => format!(
            "Essai de {} refusé : il faut le mode maintenance et un pack connecté ; attendre que le dernier changement soit stabilisé et que les autres packs puissent porter la consommation",
            who(pack)
        ),
    }
}
