//! The fixed words of the page: each has its French ones, and none is left over.

use std::{collections::BTreeSet, fs, path::PathBuf};

use parallelator_core::SwitchCommand;

fn page_file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web");
    fs::read_to_string(path.join(name)).unwrap()
}

const SCRIPTS: [&str; 8] = [
    "app.js",
    "charts.js",
    "controls.js",
    "diagram.js",
    "events.js",
    "link.js",
    "packs.js",
    "format.js",
];

/// What stands between two double quotes, line by line.
fn quoted(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect()
}

/// The English and the French side of the dictionary.
fn dictionary() -> Vec<(String, String)> {
    let text = page_file("french.js");
    let body = text.split_once('{').unwrap().1;
    let quoted = quoted(body);
    assert_eq!(quoted.len() % 2, 0, "a side is missing");
    quoted
        .chunks(2)
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect()
}

fn english() -> BTreeSet<String> {
    dictionary()
        .into_iter()
        .map(|(english, _)| english)
        .collect()
}

/// The arguments of `say(...)`: every string in the call that is not inside a further call.
fn said(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in script.match_indices("say(") {
        let before = script[..start].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '.') {
            continue;
        }
        let (mut depth, mut argument) = (1, String::new());
        for letter in script[start + 4..].chars() {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 1 && argument.matches('"').count() % 2 == 0 => break,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            argument.push(letter);
        }
        found.extend(quoted(&argument).into_iter().map(str::to_owned));
    }
    found
}

#[test]
fn every_word_that_the_scripts_say_has_a_french_one() {
    let english = english();
    let mut all = 0;
    for name in SCRIPTS {
        for words in said(&page_file(name)) {
            assert!(english.contains(&words), "{name} says {words:?}");
            all += 1;
        }
    }
    assert!(all > 40, "only {all} words were found");
}

/// Words that reach `say` by another way than standing in its call.
#[test]
fn every_word_of_a_table_and_every_composed_one_has_a_french_one() {
    let english = english();
    let mut all: Vec<String> = Vec::new();
    for (name, table, end) in [
        ("app.js", "const LINK_TEXT = {", "};"),
        ("link.js", "const REFUSED = {", "};"),
        ("packs.js", "const FAULTS = [", "\n];"),
    ] {
        let script = page_file(name);
        let body = script.split_once(table).unwrap().1;
        let words = quoted(body.split_once(end).unwrap().0);
        assert!(words.len() > 1, "{table} is empty");
        // Names of faults beside their words are codes.
        let is_code = |words: &&str| words.contains('_');
        all.extend(
            words
                .into_iter()
                .filter(|words| !is_code(words))
                .map(str::to_owned),
        );
    }
    let script = page_file("packs.js");
    for call in script.split("value(\"").skip(1) {
        let title = call.split('"').nth(2).unwrap();
        all.push(title.to_owned());
    }
    for command in [
        SwitchCommand::Open,
        SwitchCommand::Precharge,
        SwitchCommand::Closed,
    ] {
        all.push(format!("commanded {}", command.code()));
    }
    for blade in ["closed", "moving", "open", "unknown"] {
        all.push(format!("switch {blade}"));
    }
    for name in ["load", "charge"] {
        all.extend([format!("{name} permitted"), format!("{name} not permitted")]);
    }
    for words in all {
        assert!(english.contains(&words), "the scripts say {words:?}");
    }
}

#[test]
fn every_word_of_the_page_file_has_a_french_one() {
    let english = english();
    let html = page_file("index.html");
    let body = html.split_once("</head>").unwrap().1;
    let body = body.split_once("<noscript>").unwrap().0;
    let mut all = 0;
    for part in body.split('>') {
        let (text, tag) = part.split_once('<').unwrap_or((part, ""));
        let attributes = ["aria-label=\"", "title=\""]
            .iter()
            .filter_map(|name| Some(tag.split_once(name)?.1.split_once('"')?.0));
        for words in attributes.chain([text.trim()]) {
            if words.starts_with("!--") || !words.chars().any(char::is_alphabetic) {
                continue;
            }
            assert!(english.contains(words), "the page says {words:?}");
            all += 1;
        }
    }
    assert!(all > 40, "only {all} words were found");
}

#[test]
fn no_french_words_are_left_over_and_both_sides_have_the_same_places() {
    let pages: Vec<String> = SCRIPTS
        .into_iter()
        .chain(["index.html"])
        .map(page_file)
        .collect();
    // These are put together from a word and a code of the core.
    let composed = ["commanded ", "switch ", "load ", "charge "];
    for (english, french) in dictionary() {
        let used = pages.iter().any(|page| page.contains(&english));
        let made = composed.iter().any(|head| english.starts_with(head));
        assert!(used || made, "nobody says {english:?}");
        for place in ["{0}", "{1}"] {
            assert_eq!(
                english.contains(place),
                french.contains(place),
                "{english:?} / {french:?}"
            );
        }
    }
}
