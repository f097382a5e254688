//! The page `docs/cosim.md` against the program. The folder is not part of the published crate.

use std::{fs, path::Path, process::Command};

use parallelator::cosim::{Line, Session};
use serde_json::Value;

fn page() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let text = fs::read_to_string(root.join("docs/cosim.md")).ok();
    if text.is_none() {
        println!("SKIP: no docs folder beside the crate");
    }
    text
}

/// The blocks of code in this language, in the order of the page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = page.split(fence.as_str()).skip(1);
    starts
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// The first cell of each row of the tables under a heading, without its code marks.
fn names<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|line| line.split('|').nth(1).unwrap());
    cells
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim().trim_matches('`'))
        .filter(|name| !name.starts_with('{') && !name.ends_with('}'))
        .collect()
}

#[test]
fn the_lines_of_the_page_work_and_its_keys_are_all_there_are() {
    let Some(page) = page() else { return };
    let lines = blocks(&page, "json");
    let mut session = Session::start(Line::Whole(lines[0].trim().as_bytes())).unwrap();
    let step = lines[2].trim().replace(", null]", ", null, null, null]");
    assert!(
        session.reply(2, Line::Whole(step.as_bytes())).stepped,
        "{step}"
    );
    for name in names(&page, "Steps") {
        // A key that is known is not refused as one, whatever is wrong with its value.
        let places = [
            format!("{{\"{name}\":\"\"}}"),
            format!("{{\"now_ms\":0,\"packs\":[{{\"{name}\":\"\"}},null,null,null]}}"),
            format!("{{\"now_ms\":0,\"packs\":[null,null,null,null],\"io\":{{\"{name}\":\"\"}}}}"),
        ];
        let known = places.iter().filter(|line| {
            let reply = session.reply(3, Line::Whole(line.as_bytes()));
            !reply.text.contains("is no key here")
        });
        assert_eq!(known.count(), 1, "{name}");
    }
    let answer: Value = serde_json::from_str(lines[3]).unwrap();
    let pack = answer["packs"][0].as_object().unwrap();
    let keys: Vec<&String> = answer
        .as_object()
        .unwrap()
        .keys()
        .chain(pack.keys())
        .collect();
    let mut told = names(&page, "Answers");
    told.sort_unstable();
    let mut keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(told, keys);
}

#[test]
fn the_loop_of_the_page_joins_its_packs() {
    let Some(page) = page() else { return };
    let script = blocks(&page, "python")[0];
    let program = Path::new(env!("CARGO_BIN_EXE_parallelator"));
    let script = script.replace(
        "[\"parallelator\", \"cosim\"]",
        &format!("[{:?}, \"cosim\"]", program.to_str().unwrap()),
    );
    let Ok(output) = Command::new("python3").arg("-c").arg(&script).output() else {
        println!("SKIP: no python3 here");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    // Three packs of 60 mΩ from 26.40 to 26.52 V carry 4 A: the mean, less 4 A through 20 mΩ.
    assert!(said.starts_with("26.38 "), "{said}");
    assert!(
        said.ends_with("['connected', 'connected', 'connected']\n"),
        "{said}"
    );
}
