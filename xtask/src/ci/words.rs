//! Words that have no place in a published tree: paths of one machine, keys, work left undone.

use std::{fs, path::Path};

use super::{Outcome, Step, command::Call};

/// Halves of the words, so that this file does not contain them.
const FORBIDDEN: [(&str, &str, &str); 9] = [
    ("/wo", "rk/", "a path of one machine"),
    ("/ro", "ot/", "a path of one machine"),
    ("/tmp/tar", "get-", "a path of one machine"),
    ("../sha", "red", "a path outside the tree"),
    ("PRIVATE", " KEY-----", "a private key"),
    ("AKI", "A", "what looks like an access key"),
    ("gh", "p_", "what looks like an access token"),
    ("TO", "DO", "work left undone"),
    ("FIX", "ME", "work left undone"),
];

/// Looks through each file that is tracked or would be.
pub(super) fn words(root: &Path) -> Step {
    let listed = Call::new("git", root)
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .read();
    let Ok(listed) = listed else {
        return Ok(Outcome::Skipped("this is not a git checkout".to_owned()));
    };
    let mut found = Vec::new();
    let mut files = 0;
    for name in listed.lines() {
        // A file that git still lists may be deleted already, and a binary file holds no words.
        let Ok(text) = fs::read_to_string(root.join(name)) else {
            continue;
        };
        files += 1;
        for (number, line) in text.lines().enumerate() {
            for (head, tail, meaning) in FORBIDDEN {
                let word = format!("{head}{tail}");
                if contains_word(line, &word) {
                    found.push(format!("{name}:{}: {word}: {meaning}", number + 1));
                }
            }
        }
    }
    if found.is_empty() {
        println!("{files} files, none of the {} words", FORBIDDEN.len());
        Ok(Outcome::Passed)
    } else {
        Err(found.join("\n"))
    }
}

/// Whether `line` has `word` where it does not continue another word or an address.
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '-' | '.'))
    })
}
