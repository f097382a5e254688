//! What the codes of the core mean, in sentences with their numbers, in two languages. Page, terminal and lines print these.
//!
//! `english` and `french` hold the same files with the same functions; `spoken!` picks one of the two, so a sentence that
//! is missing in one of them does not compile.

mod english;
mod french;
mod language;
mod number;
mod quantity;
mod screen;

use parallelator_core::{
    Command, Decision, Event, EventKind, Explanation, Fault, PackState, Reason, SystemState,
};

pub use language::Language;
pub use number::{amps, celsius, figure, seconds, volts};
pub use screen::{
    Simulated, bus_line, how_to_end, page_address, row_titles, simulated_line, title, when_open,
    wiring,
};

/// The function of this name in the folder of the language.
macro_rules! spoken {
    ($language:expr, $file:ident::$function:ident($($argument:expr),* $(,)?)) => {
        match $language {
            $crate::texts::Language::English => $crate::texts::english::$file::$function($($argument),*),
            $crate::texts::Language::French => $crate::texts::french::$file::$function($($argument),*),
        }
    };
}
use spoken;

/// Why a pack is, or is not, connected, and what would help; `None` beyond the capacity.
#[must_use]
pub fn pack_text<const N: usize>(
    language: Language,
    decision: &Decision<N>,
    index: usize,
) -> Option<String> {
    let why = decision.explain(index)?;
    let pack = decision.packs.get(index)?;
    let mut text = spoken!(language, pack::sentence(pack));
    if let Some(help) = spoken!(language, pack::remedy(&why)) {
        text.push_str(&help);
    }
    Some(language.typeset(text))
}

/// What was measured against the limit of the reason; `None` where the reason has no numbers.
#[must_use]
pub fn measured_text(language: Language, why: &Explanation) -> Option<String> {
    let quantity = quantity::of(why.reason)?;
    if (why.value, why.limit) == (0, 0) {
        return None;
    }
    let value = quantity.written(language, why.value);
    let limit = quantity.written(language, why.limit);
    let text = spoken!(language, pack::measured(&value, &limit));
    Some(language.typeset(text))
}

/// The numbers of an explanation in one line: distance to the bus, bound of the join, value against limit, time left.
#[must_use]
pub fn numbers_text(language: Language, why: &Explanation) -> String {
    let difference = why.difference.map(|difference| {
        let signed = number::signed_volts(language, difference.get());
        spoken!(language, pack::difference(&signed))
    });
    let bound = why.bound.map(|bound| {
        let bound = amps(language, bound.get());
        spoken!(language, pack::bound(&bound))
    });
    let wait = why.eligible_in_ms.map(|left| {
        let left = seconds(language, left.into());
        spoken!(language, pack::wait(&left))
    });
    let parts = [difference, bound, measured_text(language, why), wait];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    language.typeset(parts.join(" · "))
}

/// What happened, as one sentence; `label` is what people call a pack.
#[must_use]
pub fn event_text(language: Language, event: &Event, label: impl Fn(usize) -> String) -> String {
    let pack = event.pack.map(|pack| label(pack.into()));
    let text = spoken!(language, event::sentence(event, pack));
    language.typeset(text)
}

/// Why a command was refused, and what has to be so before it is taken; `label` is what people call a pack.
#[must_use]
pub fn refusal_text(
    language: Language,
    command: Command,
    label: impl Fn(usize) -> String,
) -> String {
    let text = spoken!(language, refusal::sentence(command, label));
    language.typeset(text)
}

/// The kind of an event in a word or two.
#[must_use]
pub fn kind_text(language: Language, kind: EventKind) -> String {
    spoken!(language, event::kind(kind))
}

/// A fault in a few words.
#[must_use]
pub fn fault_text(language: Language, fault: Fault) -> &'static str {
    spoken!(language, fault::cause(fault))
}

/// The state of a pack in a word or two.
#[must_use]
pub fn state_text(language: Language, state: PackState) -> &'static str {
    spoken!(language, state::of_pack(state))
}

/// The state of the rack, with the cause when it is shut off.
#[must_use]
pub fn system_text(language: Language, state: SystemState, reason: Option<Reason>) -> String {
    let cause = match reason {
        Some(Reason::Fault(fault)) => Some(fault),
        _ => None,
    };
    let text = spoken!(language, state::of_rack(state, cause));
    language.typeset(text)
}
