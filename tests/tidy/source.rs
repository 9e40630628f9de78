//! Reading the project's own files: which there are, and a Rust text without its comments, strings and tests.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// Past this many lines a file is told of.
pub const LONG: usize = 400;
/// Past this many lines it fails, tests and all. What a file of the program may have without them is in `sizes`.
pub const TOO_LONG: usize = 600;

/// One Rust file.
pub struct Rust {
    /// From the project's root, with `/`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// The program alone: comments gone, what strings hold blanked out, `#[cfg(test)]` modules cut. Lines keep their numbers.
    pub code: String,
    /// As `code`, but with the strings.
    pub spoken: String,
    /// As `code`, but with the tests.
    pub whole: String,
    /// How many lines it has without its tests.
    pub lines: usize,
}

impl Rust {
    /// From a path and a text.
    pub fn new(path: &str, text: &str) -> Self {
        let (whole, spoken) = blanked(text);
        let tests = tests_in(&whole);
        let cut: usize = tests.iter().map(|part| whole[part.clone()].lines().count()).sum();
        let (code, spoken) = (without(&whole, &tests), without(&spoken, &tests));
        Self { path: path.to_owned(), text: text.to_owned(), code, spoken, whole, lines: text.lines().count() - cut }
    }

    /// The room: the folder under `src/`; `None` for files directly in `src/` and for tests.
    pub fn room(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
    }

    /// A fault at a line of this file.
    pub fn fault(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

/// Where the project is.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under the folders with one of the extensions, as (path from the root, text); without what is built or fetched, and
/// without samples, which are as somebody else has written them.
pub fn files(folders: &[&str], extensions: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, extensions: &[&str], found: &mut Vec<(String, String)>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.map(|entry| entry.expect("a readable folder")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !["target", "node_modules", ".git", "boxrota-demo", "results", "samples"].contains(&name.as_str()) {
                    walk(&path, extensions, found);
                }
            } else if path.extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted)) {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let short = path.strip_prefix(root()).expect("under the root").to_string_lossy().replace('\\', "/");
                found.push((short, text));
            }
        }
    }
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), extensions, &mut found);
    }
    found.sort();
    found
}

/// The Rust files under the folders. A file that only tests see (`#[cfg(test)] mod name;` in the file above it) has no code.
pub fn rust_files(folders: &[&str]) -> Vec<Rust> {
    let mut found: Vec<Rust> = files(folders, &["rs"]).iter().map(|(path, text)| Rust::new(path, text)).collect();
    let only_tests: Vec<String> = found.iter().flat_map(test_modules).collect();
    let sees = |path: &str, tests: &String| path == tests || path.starts_with(&format!("{}/", tests.trim_end_matches(".rs")));
    for file in found.iter_mut().filter(|file| only_tests.iter().any(|tests| sees(&file.path, tests))) {
        file.code.clear();
        file.spoken.clear();
        file.lines = 0;
    }
    found
}

/// The paths of the modules that a file declares for tests alone.
fn test_modules(file: &Rust) -> Vec<String> {
    let ends = ["/mod.rs", "/lib.rs", ".rs"];
    let folder = ends.iter().find_map(|end| file.path.strip_suffix(end)).unwrap_or_default();
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let marked = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    marked.filter_map(|pair| pair[1].rsplit_once("mod ")?.1.strip_suffix(';')).map(|name| format!("{folder}/{name}.rs")).collect()
}

/// Fails with all the faults that the check finds in the files.
pub fn faults_in(files: &[Rust], check: fn(&Rust) -> Vec<String>) {
    assert!(!files.is_empty(), "no files found to check");
    let faults: Vec<String> = files.iter().flat_map(check).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// A file begins with `//!` and a sentence.
pub fn head(file: &Rust) -> Vec<String> {
    let said = file.text.lines().next().and_then(|line| line.strip_prefix("//!")).is_some_and(|words| words.trim().len() > 10);
    if said { vec![] } else { vec![file.fault(0, "begin with `//!` and what the file is for")] }
}

/// A file is at most [`TOO_LONG`] lines.
pub fn length(file: &Rust) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines > TOO_LONG { vec![file.fault(lines - 1, &format!("{lines} lines: make it a folder, a file a screen"))] } else { vec![] }
}

/// The text with comments replaced by spaces, twice: without what stands in string literals, and with it. Every letter keeps its place.
fn blanked(text: &str) -> (String, String) {
    let letters: Vec<char> = text.chars().collect();
    let (mut code, mut spoken) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let mut i = 0;
    while i < letters.len() {
        let rest = &letters[i..];
        let len = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => rest.windows(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |at| at + 2),
            ['r', '"' | '#', ..] if i == 0 || !letters[i - 1].is_alphanumeric() => raw_string(rest),
            ['"', ..] => quoted(rest),
            // A letter in quotes, which may be a quote itself; not a lifetime.
            ['\'', '\\', _, '\'', ..] => 4,
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if len == 0 {
            code.push(letters[i]);
            spoken.push(letters[i]);
            i += 1;
            continue;
        }
        let comment = rest[0] == '/';
        for (at, c) in rest[..len].iter().enumerate() {
            let kept = *c == '\n' || (!comment && (at == 0 || at == len - 1));
            blank(&mut code, *c, kept);
            blank(&mut spoken, *c, kept || !comment);
        }
        i += len;
    }
    (code, spoken)
}

/// Adds a letter, or as many spaces as it has bytes.
fn blank(text: &mut String, letter: char, kept: bool) {
    if kept { text.push(letter) } else { text.extend(std::iter::repeat_n(' ', letter.len_utf8())) }
}

/// How long the quoted string is that these letters begin with.
fn quoted(letters: &[char]) -> usize {
    let mut at = 1;
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

/// How long the raw string is that these letters begin with; 0 when it is none (`r#type`).
fn raw_string(letters: &[char]) -> usize {
    let hashes = letters[1..].iter().take_while(|c| **c == '#').count();
    if letters.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let body = 2 + hashes;
    letters[body..].windows(end.len()).position(|window| window == end).map_or(letters.len(), |at| body + at + end.len())
}

/// Where the parts are that only tests see: `#[cfg(test)]` and what follows it, up to its last brace or semicolon.
fn tests_in(code: &str) -> Vec<Range<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some(start) = code[from..].find(MARK).map(|at| from + at) {
        let (mut depth, mut end) = (0usize, code.len());
        for (at, byte) in code.bytes().enumerate().skip(start + MARK.len()) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(byte, b'}' | b';') {
                end = at + 1;
                break;
            }
        }
        parts.push(start..end);
        from = end;
    }
    parts
}

/// The text with these parts blank.
fn without(text: &str, parts: &[Range<usize>]) -> String {
    let mut left = String::with_capacity(text.len());
    let mut from = 0;
    for part in parts {
        left.push_str(&text[from..part.start]);
        text[part.clone()].chars().for_each(|letter| blank(&mut left, letter, letter == '\n'));
        from = part.end;
    }
    left.push_str(&text[from..]);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_tests_are_not_code() {
        let file = Rust::new(
            "src/x.rs",
            "//! diesel\nlet a = \"diesel \\\" {\"; // diesel\nlet c = '\"'; let r = r#\"diesel \"x\" \"#;\n/* diesel */ let real = 1;\n\
             #[cfg(test)]\nmod tests {\n    fn a() { diesel() }\n}\nlet after = 2;",
        );
        assert!(!file.code.contains("diesel"), "{}", file.code);
        assert!(file.code.contains("let real = 1;") && file.code.contains("let after = 2;"), "{}", file.code);
        assert!(file.spoken.contains("diesel \\\" {") && !file.spoken.contains("diesel()"));
        assert_eq!(file.code.lines().count(), file.text.lines().count());
        assert!(file.whole.contains("fn a() { diesel() }") && file.whole.contains("let after = 2;"));
        assert_eq!((file.text.lines().count(), file.lines), (9, 5));
    }

    #[test]
    fn modules_of_tests_are_known() {
        let file = Rust::new(
            "src/web/mod.rs",
            "pub mod page;\n#[cfg(test)]\nmod sample;\n#[cfg(test)]\npub(super) mod tests;\n#[cfg(test)]\nmod t {}\n",
        );
        assert_eq!(test_modules(&file), ["src/web/sample.rs", "src/web/tests.rs"]);
    }

    #[test]
    fn heads_and_lengths_can_fail() {
        assert_eq!(head(&Rust::new("src/x.rs", "use std::fmt;\n")).len(), 1);
        assert_eq!(head(&Rust::new("src/x.rs", "//! x\n")).len(), 1);
        assert!(head(&Rust::new("src/x.rs", "//! Reads the clock.\n")).is_empty());
        assert_eq!(length(&Rust::new("src/x.rs", &"x\n".repeat(601))).len(), 1);
        assert!(length(&Rust::new("src/x.rs", &"x\n".repeat(600))).is_empty());
    }

    #[test]
    fn rooms_are_read_from_the_path() {
        let room = |path: &str| Rust::new(path, "").room().map(str::to_owned);
        assert_eq!(room("src/bookings/pages/term.rs").as_deref(), Some("bookings"));
        assert_eq!(room("src/app.rs"), None);
    }
}
