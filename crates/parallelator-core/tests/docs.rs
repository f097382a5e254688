//! The pages in `docs` against the code: names, defaults, ranges, classes, and what they point at.
//!
//! The folder belongs to the workspace and is not part of the published crate; without it there is nothing to compare.

use std::{
    fs,
    path::{Path, PathBuf},
};

use parallelator_core::{Chemistry, EventKind, Fault, PackState, Params, SystemState, Waiting};

/// The root of the workspace, when the crate lies in one with its pages.
fn workspace() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    if root.join("docs/parameters.md").is_file() {
        return Some(root.to_owned());
    }
    println!("SKIP: no docs folder beside the crate");
    None
}

fn page(root: &Path, name: &str) -> String {
    fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The cells of every table row that begins with a name in backticks.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let inner = line.trim_end().trim_matches('|');
            inner.split('|').map(str::trim).collect()
        })
        .collect()
}

/// What stands between this heading and the next of its kind.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = format!("\n## {heading}\n");
    let (_, rest) = text
        .split_once(&start)
        .unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

fn bare(cell: &str) -> &str {
    cell.trim_matches('`')
}

fn number(cell: &str) -> i64 {
    let digits = cell.replace(' ', "");
    digits
        .parse()
        .unwrap_or_else(|error| panic!("{cell:?} is not a number: {error}"))
}

fn unit(name: &str) -> Option<&'static str> {
    [
        ("_mv", "mV"),
        ("_ma", "mA"),
        ("_ms", "ms"),
        ("_mohm", "mΩ"),
        ("_permille", "‰"),
        ("_percent", "%"),
        ("_dc", "0.1 °C"),
        ("_samples", "samples"),
    ]
    .into_iter()
    .find_map(|(end, unit)| name.ends_with(end).then_some(unit))
}

#[test]
fn every_parameter_stands_on_its_page_with_its_default_and_range() {
    let Some(root) = workspace() else { return };
    let text = page(&root, "docs/parameters.md");
    let rows = rows(&text);
    let defaults = Params::default();
    let numeric: Vec<_> = rows.iter().filter(|row| row.len() == 5).collect();
    for row in &numeric {
        let name = bare(row[0]);
        let field = Params::field(name).unwrap_or_else(|| panic!("{name} is no parameter"));
        assert_eq!(number(row[2]), field.get(&defaults), "{name}: default");
        let (low, high) = row[3].split_once(" to ").unwrap();
        assert_eq!(
            (number(low), number(high)),
            field.range().into_inner(),
            "{name}: range"
        );
        if let Some(unit) = unit(name) {
            assert_eq!(row[1], unit, "{name}: unit");
        }
        assert!(!row[4].is_empty(), "{name}: meaning");
    }
    for field in Params::fields() {
        let count = numeric.iter().filter(|row| bare(row[0]) == field.name);
        assert_eq!(count.count(), 1, "{}", field.name);
    }
    let chosen: Vec<_> = rows.iter().filter(|row| row.len() == 4).collect();
    assert_eq!(chosen.len(), Params::choices().len());
    for choice in Params::choices() {
        let row = chosen
            .iter()
            .find(|row| bare(row[0]) == choice.name)
            .unwrap_or_else(|| panic!("{} is missing", choice.name));
        assert_eq!(bare(row[1]), choice.get(&defaults), "{}", choice.name);
        let options: Vec<_> = row[2].split(", ").map(bare).collect();
        assert_eq!(options, choice.options, "{}", choice.name);
    }
}

#[test]
fn the_six_voltages_of_each_chemistry_stand_on_the_page() {
    let Some(root) = workspace() else { return };
    let text = page(&root, "docs/parameters.md");
    let table = section(&text, "The six voltages by chemistry");
    let names = [
        "v_uv_abs_mv",
        "v_uv_mv",
        "v_uv_rec_mv",
        "v_ov_rec_mv",
        "v_ov_mv",
        "v_ov_abs_mv",
    ];
    for (name, chemistry) in [
        ("nmc", Chemistry::Nmc),
        ("lfp", Chemistry::Lfp),
        ("lto", Chemistry::Lto),
        ("lead-acid", Chemistry::LeadAcid),
    ] {
        let rows = rows(table);
        let row = rows.iter().find(|row| bare(row[0]) == name).unwrap();
        let written: Vec<_> = row[2..].iter().map(|cell| number(cell)).collect();
        let params = Params::for_chemistry(chemistry);
        let real = names.map(|field| Params::field(field).unwrap().get(&params));
        assert_eq!(written, real, "{name}");
    }
}

/// Every state; the match below does not compile when one is missing in it.
fn pack_states() -> Vec<PackState> {
    let all = [
        PackState::Absent,
        PackState::Init,
        PackState::Open,
        PackState::Precharge,
        PackState::Closing,
        PackState::Closed,
        PackState::Opening,
        PackState::Cooldown { until_ms: 0 },
        PackState::Fault,
        PackState::Latched,
        PackState::StuckClosed,
        PackState::Disabled,
    ];
    for (place, state) in all.iter().enumerate() {
        let expected = match state {
            PackState::Absent => 0,
            PackState::Init => 1,
            PackState::Open => 2,
            PackState::Precharge => 3,
            PackState::Closing => 4,
            PackState::Closed => 5,
            PackState::Opening => 6,
            PackState::Cooldown { .. } => 7,
            PackState::Fault => 8,
            PackState::Latched => 9,
            PackState::StuckClosed => 10,
            PackState::Disabled => 11,
        };
        assert_eq!(place, expected);
    }
    all.to_vec()
}

fn system_states() -> Vec<SystemState> {
    let all = [
        SystemState::Boot,
        SystemState::Idle,
        SystemState::Running,
        SystemState::Shedding,
        SystemState::SafeOff,
        SystemState::Service,
    ];
    for (place, state) in all.iter().enumerate() {
        let expected = match state {
            SystemState::Boot => 0,
            SystemState::Idle => 1,
            SystemState::Running => 2,
            SystemState::Shedding => 3,
            SystemState::SafeOff => 4,
            SystemState::Service => 5,
        };
        assert_eq!(place, expected);
    }
    all.to_vec()
}

#[test]
fn every_code_stands_on_its_page_in_the_order_of_the_code() {
    let Some(root) = workspace() else { return };
    let text = page(&root, "docs/codes.md");
    let written = |heading: &str| -> Vec<String> {
        rows(section(&text, heading))
            .iter()
            .map(|row| bare(row[0]).to_owned())
            .collect()
    };
    let real: Vec<_> = pack_states().iter().map(|state| state.code()).collect();
    assert_eq!(written("Pack states"), real);
    let real: Vec<_> = system_states().iter().map(|state| state.code()).collect();
    assert_eq!(written("System states"), real);
    let real: Vec<_> = Waiting::ALL.iter().map(|one| one.code()).collect();
    assert_eq!(written("Waiting reasons"), real);
    let real: Vec<_> = Fault::ALL.iter().map(|fault| fault.code()).collect();
    assert_eq!(written("Faults"), real);
    let real: Vec<_> = EventKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(written("Events"), real);
    for (row, fault) in rows(section(&text, "Faults")).iter().zip(Fault::ALL) {
        assert_eq!(row[1], format!("{:?}", fault.class()), "{}", fault.code());
    }
}

/// The text of every file with this ending below a folder.
fn texts(folder: &Path, ending: &str, into: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            texts(&path, ending, into);
        } else if path.extension().is_some_and(|one| one == ending) {
            into.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// A safety page that names a test nobody wrote would be worse than none.
#[test]
fn every_test_that_the_safety_page_names_exists() {
    let Some(root) = workspace() else { return };
    let page = page(&root, "docs/safety.md");
    let mut sources = String::new();
    for entry in fs::read_dir(root.join("crates")).unwrap().flatten() {
        texts(&entry.path().join("tests"), "rs", &mut sources);
    }
    let table = section(&page, "Which test shows which invariant");
    let names: Vec<_> = table
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('_') && !name.contains('.'))
        .collect();
    assert!(names.len() >= 30, "{} names", names.len());
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "no test {name}");
    }
}

/// Files and folders of this tree that the pages name in backticks or link to.
#[test]
fn every_file_that_the_pages_name_exists() {
    let Some(root) = workspace() else { return };
    let mut pages = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).unwrap().flatten() {
        pages.push(entry.path());
    }
    pages.retain(|path| path.is_file() && path.extension().is_some_and(|one| one == "md"));
    assert!(pages.len() >= 7);
    let mut seen = 0;
    for path in &pages {
        let text = fs::read_to_string(path).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.contains("://") && !link.starts_with('#'))
            .map(|link| path.with_file_name(link.split('#').next().unwrap()));
        let tops = ["crates/", "docs/", "examples/", "fuzz/", "xtask/"];
        let named = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| tops.iter().any(|top| name.starts_with(top)))
            .filter(|name| !name.contains(['<', '*', '{', ' ', '\n']))
            .map(|name| root.join(name));
        for target in links.chain(named) {
            seen += 1;
            assert!(
                target.exists(),
                "{} names {}",
                path.display(),
                target.display()
            );
        }
    }
    assert!(seen >= 40, "{seen} names");
}

/// The examples of the front page are those that the crates' own pages compile and run.
#[test]
fn every_example_of_the_front_page_is_one_of_a_crate() {
    let Some(root) = workspace() else { return };
    let own: Vec<String> = ["crates/ina226/README.md", "crates/tca9555/README.md"]
        .iter()
        .map(|name| page(&root, name))
        .collect();
    let front = page(&root, "README.md");
    let blocks: Vec<_> = front.split("```rust\n").skip(1).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        let code = block.split("```").next().unwrap();
        let is_own = own.iter().any(|text| text.contains(code.trim_end()));
        assert!(is_own, "on no page of a crate:\n{code}");
    }
}
