//! Reading the project's own files: which there are, and a Rust text without its comments, strings and tests.

use std::path::{Path, PathBuf};

/// Past this many lines a file is told of.
pub const LONG: usize = 400;
/// Past this many lines it fails.
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
}

impl Rust {
    /// From a path and a text.
    pub fn new(path: &str, text: &str) -> Self {
        let text = text.to_owned();
        let code = without_tests(&blanked(&text, true), &blanked(&text, true));
        let spoken = without_tests(&blanked(&text, false), &blanked(&text, true));
        Self { path: path.to_owned(), text, code, spoken }
    }

    /// The room: the folder under `src/`; `None` for files directly in `src/` and for tests.
    pub fn room(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
    }

    /// The door: the file's or folder's name under the room, without `.rs`.
    pub fn door(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?.split_once('/')?.1;
        rest.split('/').next().map(|name| name.trim_end_matches(".rs"))
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

/// Every file under the folders with one of the extensions, as (path from the root, text); without what is built or fetched.
pub fn files(folders: &[&str], extensions: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, extensions: &[&str], found: &mut Vec<(String, String)>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.map(|entry| entry.expect("a readable folder")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !["target", "node_modules", ".git", "boxrota-demo", "results"].contains(&name.as_str()) {
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
    for file in found.iter_mut().filter(|file| only_tests.contains(&file.path)) {
        file.code.clear();
        file.spoken.clear();
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

/// The text with comments replaced by spaces, and, if asked, what stands in string literals too.
fn blanked(text: &str, strings: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
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
            out.push(letters[i]);
            i += 1;
        } else if rest[0] == '/' {
            out.extend(rest[..len].iter().map(|c| blank(*c)));
            i += len;
        } else {
            let keep = |at: usize| !strings || at == 0 || at == len - 1;
            out.extend(rest[..len].iter().enumerate().map(|(at, c)| if keep(at) { *c } else { blank(*c) }));
            i += len;
        }
    }
    out
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

/// Cuts every `#[cfg(test)] mod … { … }`: replaced by blank lines. `code` tells where the braces are; both have the same letters' places.
fn without_tests(text: &str, code: &str) -> String {
    let (mut text, code): (Vec<char>, Vec<char>) = (text.chars().collect(), code.chars().collect());
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut i = 0;
    while i + mark.len() <= code.len() {
        if code[i..i + mark.len()] != mark[..] {
            i += 1;
            continue;
        }
        let mut depth = 0usize;
        let mut end = i;
        while end < code.len() {
            match code[end] {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 && matches!(code[end - 1], '}' | ';') {
                break;
            }
        }
        for letter in &mut text[i..end] {
            if *letter != '\n' {
                *letter = ' ';
            }
        }
        i = end;
    }
    text.into_iter().collect()
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
    fn rooms_and_doors_are_read_from_the_path() {
        let at = |path: &str| Rust::new(path, "");
        assert_eq!((at("src/bookings/pages/term.rs").room(), at("src/bookings/pages/term.rs").door()), (Some("bookings"), Some("pages")));
        assert_eq!((at("src/bookings/mod.rs").room(), at("src/bookings/mod.rs").door()), (Some("bookings"), Some("mod")));
        assert_eq!(at("src/app.rs").room(), None);
    }
}
