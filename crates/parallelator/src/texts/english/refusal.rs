//! Sentences for commands that the core refused: what has to be so before it takes them.

use parallelator_core::Command;

use super::fault;

/// Why the command was refused; `label` is what people call a pack.
pub(in crate::texts) fn sentence(command: Command, label: impl Fn(usize) -> String) -> String {
    let who = |pack: u8| label(pack.into());
    match command {
        Command::Enable { pack } => {
            format!("{} was not enabled: the rack has no such pack", who(pack))
        }
        Command::Disable { pack } => {
            format!("{} was not disabled: the rack has no such pack", who(pack))
        }
        Command::Clear { pack, fault } => format!(
            "{} was not cleared ({}): that fault is not the one in force, or the pack still conducts",
            who(pack),
            fault::cause(fault)
        ),
        Command::Arm => {
            "The rack was not armed: nothing waits for it, or the emergency stop is still pressed"
                .to_owned()
        }
        Command::EStop => "The emergency stop was refused".to_owned(),
        Command::Service { enter: true } => {
            "The service mode was refused: the rack is starting or shut off; wait until it is ready or running"
                .to_owned()
        }
        Command::Service { enter: false } => {
            "The service mode was not left: it is still on".to_owned()
        }
        Command::Test { pack } => format!(
            "The test of {} was refused: it needs the service mode and a connected pack; wait until the last change has settled and the other packs can carry the load",
            who(pack)
        ),
    }
}
