//! The papers: links that lead somewhere, and nothing that is true on one machine only.

use std::path::Path;

/// Relative links whose file does not exist, and `#anchors` of the same paper without a heading.
pub fn dead_links(path: &str, text: &str, root: &Path) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut faults = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        for target in targets(line) {
            if target.contains("://") || target.starts_with("mailto:") || target.is_empty() {
                continue;
            }
            let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
            let there = file.is_empty() || root.join(folder).join(file).exists();
            let held = match anchor {
                Some(anchor) if file.is_empty() => anchors(text).any(|heading| heading == anchor),
                _ => true,
            };
            if !there || !held {
                faults.push(format!("{path}:{}: the link `{target}` leads nowhere", number + 1));
            }
        }
    }
    faults
}

/// The targets of `[words](target)` and `![words](target "title")` in a line, outside `code`.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("](") {
        let in_code = line[..at].matches('`').count() % 2 == 1;
        if let Some(end) = line[at + 2..].find(')').filter(|_| !in_code) {
            found.push(line[at + 2..at + 2 + end].split_whitespace().next().unwrap_or_default());
        }
    }
    found
}

/// The anchors that a paper's headings make.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-').map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// Absolute paths into somebody's home or workplace.
pub fn machine_paths(path: &str, text: &str) -> Vec<String> {
    if path.starts_with("tests/tidy/") {
        return vec![];
    }
    let homes = ["/home/", "/Users/", "/root/", "/work/", "C:\\Users"];
    let hits = text.lines().enumerate().filter(|(_, line)| homes.iter().any(|home| starts_a_path(line, home)));
    hits.map(|(number, _)| format!("{path}:{}: a path of somebody's machine", number + 1)).collect()
}

/// The home stands at the start of a path, not in the middle of one (`src/work/…`, `https://x.example/home/`).
fn starts_a_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"./_-)}".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_can_fail() {
        let root = crate::source::root();
        let dead = |text: &str| dead_links("tests/x.md", text, &root).len();
        assert_eq!(dead("see [this](nowhere.md)"), 1);
        assert_eq!(dead("![x](../Cargo.toml) [y](../nowhere.png \"title\")"), 1);
        assert_eq!(dead("# A heading, here\n[up](#a-heading-here) [gone](#gone)"), 1);
        assert_eq!(dead("[web](https://example.org) `[x](y)`\n```\n[x](y)\n```"), 0);
    }

    #[test]
    fn machine_paths_can_fail() {
        assert_eq!(machine_paths("README.md", "see /home/ann/boxrota").len(), 1);
        assert_eq!(machine_paths("README.md", "\"/root/x\" and\n(/work/main)").len(), 2);
        assert!(machine_paths("README.md", "tests/work/x and https://x.example/home/").is_empty());
    }
}
