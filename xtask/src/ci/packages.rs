//! The packages of the workspace, as cargo sees them.

use std::path::Path;

use serde_json::Value;

use super::command::Call;

/// One package of a workspace.
pub(super) struct Package {
    /// Name in the registry.
    pub(super) name: String,
    /// Names of its features, `default` left out.
    pub(super) features: Vec<String>,
    /// Oldest compiler it promises to build with.
    pub(super) rust_version: Option<String>,
    /// Whether it promises to build without an operating system.
    pub(super) is_bare: bool,
    /// The table `[package.metadata]`.
    pub(super) metadata: Value,
}

/// Every package of the workspace in `folder`.
pub(super) fn members(folder: &Path) -> Result<Vec<Package>, String> {
    let text = Call::cargo(folder)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .read()?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    Ok(packages.iter().map(package).collect())
}

/// The libraries that promise to build without an operating system; at least one.
pub(super) fn bare_members(root: &Path) -> Result<Vec<Package>, String> {
    let bare: Vec<Package> = members(root)?
        .into_iter()
        .filter(|package| package.is_bare)
        .collect();
    if bare.is_empty() {
        return Err("no package has the category no-std".to_owned());
    }
    Ok(bare)
}

/// Every subset of `features`, the empty one first, each joined by commas.
pub(super) fn powerset(features: &[String]) -> Vec<String> {
    let mut sets = vec![String::new()];
    for feature in features {
        for index in 0..sets.len() {
            let comma = if sets[index].is_empty() { "" } else { "," };
            sets.push(format!("{}{comma}{feature}", sets[index]));
        }
    }
    sets
}

fn package(value: &Value) -> Package {
    let text = |field: &str| value[field].as_str().map(str::to_owned);
    let categories = value["categories"].as_array();
    Package {
        name: text("name").unwrap_or_default(),
        features: value["features"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .filter(|feature| *feature != "default")
            .cloned()
            .collect(),
        rust_version: text("rust_version"),
        is_bare: categories.is_some_and(|list| list.iter().any(|entry| entry == "no-std")),
        metadata: value["metadata"].clone(),
    }
}
