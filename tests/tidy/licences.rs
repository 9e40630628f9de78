//! Whose licences we live under. Read from `cargo metadata` and the browser tests' lock file, without the network.

use std::collections::BTreeSet;
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand, PackageId, Resolve};

use crate::source::root;

/// Permissive licences: they ask for their text to be kept, nothing more.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Allowed besides in what only tests use and nobody is handed: file-level copyleft, unchanged.
const ALLOWED_IN_TESTS: [&str; 2] = ["MPL-2.0", "BlueOak-1.0.0"];

/// Allowed besides by name: file-level copyleft, unchanged, whose source is where the crate is. They are the one well-kept library
/// for passkeys.
const ALLOWED_BY_NAME: [(&str, &str); 5] = [
    ("crypto-glue", "MPL-2.0"),
    ("webauthn-rs", "MPL-2.0"),
    ("webauthn-rs-core", "MPL-2.0"),
    ("webauthn-rs-proto", "MPL-2.0"),
    ("webauthn-attestation-ca", "MPL-2.0"),
];

/// The crates in the dependency tree of this machine's platform whose licence is not on the list.
pub fn of_the_crates() -> Vec<String> {
    let host = Command::new("rustc").arg("-vV").output().expect("rustc");
    let host =
        String::from_utf8_lossy(&host.stdout).lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)).expect("a host line");
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(["--locked".to_owned(), "--filter-platform".to_owned(), host])
        .exec()
        .expect("cargo metadata");
    let resolve = metadata.resolve.as_ref().expect("a resolved tree");
    let shipped = shipped(resolve);
    assert!(shipped.len() > 50 && resolve.nodes.len() > shipped.len(), "{} shipped: is the tree read at all?", shipped.len());
    let mut faults = Vec::new();
    for node in &resolve.nodes {
        let package = &metadata[&node.id];
        let besides: &[&str] = if shipped.contains(&node.id) { &[] } else { &ALLOWED_IN_TESTS };
        let licence = package.license.as_deref().unwrap_or_default();
        if !acceptable(licence, besides) && !ALLOWED_BY_NAME.contains(&(package.name.as_str(), licence)) {
            faults.push(format!("{} {}: licence {:?} is not on the list", package.name, package.version, package.license));
        }
    }
    faults
}

/// What becomes part of the program, or builds it: everything that the root needs but for its tests.
fn shipped(resolve: &Resolve) -> BTreeSet<PackageId> {
    let mut seen = BTreeSet::new();
    let mut open = vec![resolve.root.clone().expect("a root package")];
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = resolve.nodes.iter().find(|node| node.id == id).expect("a node for each package");
        let wanted = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development));
        open.extend(wanted.map(|dep| dep.pkg.clone()));
    }
    seen
}

/// The same for the packages of the browser tests.
pub fn of_the_browser_tests() -> Vec<String> {
    let lock = std::fs::read_to_string(root().join("tests/browser/package-lock.json")).expect("the lock file");
    let lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
    let packages = lock["packages"].as_object().expect("packages");
    assert!(packages.len() > 4, "only {} packages: is the lock read at all?", packages.len());
    packages.iter().filter(|(name, _)| !name.is_empty()).filter_map(|(name, package)| npm_fault(name, package)).collect()
}

/// A package without a good licence, or fetched from anywhere but the public registry.
fn npm_fault(name: &str, package: &serde_json::Value) -> Option<String> {
    let licence = package["license"].as_str().unwrap_or_default();
    if !acceptable(licence, &ALLOWED_IN_TESTS) {
        return Some(format!("{name}: licence {licence:?} is not on the list"));
    }
    let from = package["resolved"].as_str().unwrap_or("https://registry.npmjs.org/");
    (!from.starts_with("https://registry.npmjs.org/")).then(|| format!("{name}: fetched from {from}"))
}

/// Whether an SPDX expression can be met from the lists: `OR` (or the old `/`) by one side, `AND` by both.
fn acceptable(expression: &str, besides: &[&str]) -> bool {
    let expression = expression.trim().replace('/', " OR ");
    let expression = expression.trim();
    // The weakest operator outside brackets splits first.
    for (operator, all) in [(" OR ", false), (" AND ", true)] {
        let parts = split(expression, operator);
        if parts.len() > 1 {
            return if all { parts.iter().all(|p| acceptable(p, besides)) } else { parts.iter().any(|p| acceptable(p, besides)) };
        }
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => acceptable(inner, besides),
        None => ALLOWED.contains(&expression) || besides.contains(&expression),
    }
}

/// Splits at an operator that stands in no bracket.
fn split<'a>(expression: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in expression.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(operator) => {
                parts.push(&expression[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_can_fail() {
        for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"] {
            assert!(acceptable(good, &[]), "{good}");
        }
        for bad in ["", "GPL-3.0-or-later", "AGPL-3.0", "LGPL-2.1", "MIT AND GPL-2.0", "(MIT OR ISC) AND GPL-3.0", "SSPL-1.0", "MPL-2.0"] {
            assert!(!acceptable(bad, &[]), "{bad}");
        }
        assert!(acceptable("MPL-2.0", &ALLOWED_IN_TESTS));
    }

    #[test]
    fn browser_packages_can_fail() {
        assert!(npm_fault("a", &serde_json::json!({"license": "GPL-3.0"})).is_some());
        assert!(npm_fault("a", &serde_json::json!({"license": "MIT", "resolved": "http://mirror.local/a.tgz"})).is_some());
        assert!(npm_fault("a", &serde_json::json!({"license": "MIT"})).is_none());
    }
}
