//! Sizes: a file and a room can be held in the head, and a file is worth opening. Tests do not count.

use std::collections::BTreeMap;

use crate::faults::Fault;
use crate::source::Rust;

/// The most lines of a file.
const FILE: usize = 500;
/// The fewest lines of a file that is no door of its folder.
const SHARD: usize = 40;
/// The most lines of a room.
const ROOM: usize = 6500;

/// Files that are too long or too short, and rooms that are too large.
pub fn sizes(files: &[Rust]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    // Only tests see what has no lines.
    for file in files.iter().filter(|file| file.lines > 0) {
        let mut at_fault = |what: String| {
            faults.push(Fault {
                path: file.path.clone(),
                line: file.lines - 1,
                what,
                why: format!("it has {} lines without its tests", file.lines),
            });
        };
        if file.lines > FILE {
            at_fault(format!("over {FILE} lines"));
        }
        if file.lines < SHARD && !may_be_short(file, files) {
            at_fault(format!("under {SHARD} lines"));
        }
        if let Some(room) = file.room() {
            *rooms.entry(room).or_default() += file.lines;
        }
    }
    let large = rooms.into_iter().filter(|(_, lines)| *lines > ROOM);
    faults.extend(large.map(|(room, lines)| Fault {
        path: format!("src/{room}"),
        line: 0,
        what: format!("over {ROOM} lines"),
        why: format!("the room has {lines} lines without its tests"),
    }));
    faults
}

/// The doors of a room and of a folder, and what stands above the rooms. `store.rs` beside `store/` is the folder's `mod.rs`.
fn may_be_short(file: &Rust, files: &[Rust]) -> bool {
    let folder = format!("{}/", file.path.trim_end_matches(".rs"));
    let door =
        file.path.ends_with("/mod.rs") || file.path.ends_with("/pages.rs") || files.iter().any(|other| other.path.starts_with(&folder));
    door || file.room().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, usize)]) -> Vec<String> {
        let files: Vec<Rust> = files.iter().map(|(path, lines)| Rust::new(path, &"x\n".repeat(*lines))).collect();
        sizes(&files).into_iter().map(|fault| format!("{} {}", fault.path, fault.what)).collect()
    }

    #[test]
    fn a_size_can_fail() {
        assert_eq!(found(&[("src/a/x.rs", 501), ("src/a/mod.rs", 501), ("src/app.rs", 501)]).len(), 3);
        assert_eq!(found(&[("src/a/x.rs", 39), ("src/a/store/y.rs", 1), ("src/a/tell.rs", 12)]).len(), 3);
        assert_eq!(
            found(&[("src/a/x.rs", 500), ("src/a/y.rs", 40), ("src/a/mod.rs", 1), ("src/a/pages.rs", 1), ("src/app.rs", 1)]),
            [""; 0]
        );
        assert_eq!(found(&[("src/a/store.rs", 9), ("src/a/store/y.rs", 40)]), [""; 0]);
        let thirteen: Vec<String> = (0..13).map(|n| format!("src/a/x{n}.rs")).collect();
        let mut room: Vec<(&str, usize)> = thirteen.iter().map(|path| (path.as_str(), 500)).collect();
        assert_eq!(found(&room), [""; 0]);
        room.push(("src/a/mod.rs", 1));
        assert_eq!(found(&room), ["src/a over 6500 lines"]);
    }

    #[test]
    fn tests_do_not_count() {
        let long = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(450), "y\n".repeat(300));
        assert!(sizes(&[Rust::new("src/a/x.rs", &long)]).is_empty());
        let short = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(30), "y\n".repeat(30));
        assert_eq!(sizes(&[Rust::new("src/a/x.rs", &short)]).len(), 1);
    }
}
