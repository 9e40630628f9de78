//! What a file names: every path of its code, in full. `use` trees are taken apart, and `super`, `self` and what a `use` or a `mod`
//! brought in are followed, so that `store::loans` in a handler is known as `crate::bookings::store::loans`.

use std::collections::BTreeMap;

use crate::source::Rust;

/// A path that a file names.
pub struct Named {
    /// Counted from 0.
    pub line: usize,
    /// The word that it begins with in the text.
    pub said: String,
    /// In full: `crate` first when it is ours, else the other crate's name.
    pub path: Vec<String>,
}

/// That one file names another, or something in it.
pub struct Use<'a> {
    /// Who names it.
    pub from: &'a Rust,
    /// Where, counted from 0.
    pub line: usize,
    /// The room of what is named, or the file directly in `src/`, without `.rs`.
    pub part: String,
    /// The file in which it stands; the folder when there is no such file.
    pub to: String,
}

/// A word, `::` or a sign of the code.
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// What stands in a module's scope: (module, name) to what it means, as it was written in that module.
type Scope = BTreeMap<(Vec<String>, String), Vec<String>>;

/// What every file names of the others, `text` of it being read.
pub fn between(files: &[Rust], text: fn(&Rust) -> &str) -> Vec<Use<'_>> {
    let modules: BTreeMap<Vec<String>, &str> = files.iter().map(|file| (module(&file.path), file.path.as_str())).collect();
    let mut all = Vec::new();
    for from in files {
        for Named { line, path, .. } in named(&from.path, text(from)) {
            let Some(part) = path.get(1).filter(|_| path[0] == "crate") else { continue };
            let file = (2..=path.len()).rev().find_map(|len| modules.get(&path[..len]));
            let to = file.map_or_else(|| format!("src/{part}"), |file| (*file).to_owned());
            if to != from.path {
                all.push(Use { from, line, part: part.clone(), to });
            }
        }
    }
    all
}

/// The module that a file is.
pub fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut all: Vec<String> = std::iter::once("crate").chain(inner.split('/')).map(str::to_owned).collect();
    if all.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        all.pop();
    }
    all
}

/// Every path that the code of the file names.
pub fn named(path: &str, code: &str) -> Vec<Named> {
    let base = module(path);
    let tokens = tokens(code);
    let (mut scope, mut raw) = (Scope::new(), Vec::new());
    // The modules that are open here, and how deep in braces each began.
    let (mut inside, mut open, mut depth) = (base.clone(), Vec::new(), 0usize);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut i = 0;
    while i < tokens.len() {
        match text(i) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if open.last() == Some(&depth) {
                    open.pop();
                    inside.pop();
                }
            }
            // `pub(super)` says who may see, and names nothing.
            "pub" if text(i + 1) == "(" => i += tokens[i..].iter().position(|token| token.text == ")").unwrap_or(0),
            "mod" if is_word(text(i + 1)) => {
                let mut child = inside.clone();
                child.push(text(i + 1).to_owned());
                scope.insert((inside.clone(), text(i + 1).to_owned()), child.clone());
                if text(i + 2) == "{" {
                    inside = child;
                    open.push(depth);
                }
                i += 1;
            }
            "use" if text(i + 1) != "<" => {
                i += 1;
                let mut leaves = Vec::new();
                tree(&tokens, &mut i, &[], &mut leaves);
                for (line, path, name) in leaves {
                    scope.insert((inside.clone(), name), path.clone());
                    raw.push((line, inside.clone(), path));
                }
            }
            word if is_word(word) && text(i + 1) == "::" && (i == 0 || text(i - 1) != "::") => {
                let (line, mut path) = (tokens[i].line, vec![word.to_owned()]);
                while text(i + 1) == "::" && is_word(text(i + 2)) {
                    path.push(text(i + 2).to_owned());
                    i += 2;
                }
                raw.push((line, inside.clone(), path));
            }
            _ => {}
        }
        i += 1;
    }
    let whole = |(line, inside, path): (usize, Vec<String>, Vec<String>)| {
        let full = resolved(&scope, base.len(), &inside, &path, 0);
        Named { line, said: path.into_iter().next().unwrap_or_default(), path: full }
    };
    raw.into_iter().map(whole).collect()
}

/// The leaves of a `use` tree: (line, path, the name it gets). Stops behind the tree.
fn tree(tokens: &[Token<'_>], at: &mut usize, prefix: &[String], leaves: &mut Vec<(usize, Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    let mut name = None;
    let mut line = 0;
    while let Some(token) = tokens.get(*at) {
        match token.text {
            "," | "}" | ";" => break,
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| token.text != "}") {
                    if tokens[*at].text == "," {
                        *at += 1;
                    } else {
                        tree(tokens, at, &path, leaves);
                    }
                }
                *at += 1;
                return;
            }
            "as" => {
                *at += 1;
                name = tokens.get(*at).map(|token| token.text.to_owned());
            }
            "*" => name = Some("*".to_owned()),
            "self" if !prefix.is_empty() => line = token.line,
            word => {
                line = token.line;
                if word != "::" {
                    path.push(word.to_owned());
                }
            }
        }
        *at += 1;
    }
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    leaves.push((line, path, name));
}

/// The path in full, as seen from a module. Inline modules, which are longer than the file's own (`base`), also see by `use super::*`.
fn resolved(scope: &Scope, base: usize, from: &[String], path: &[String], turns: usize) -> Vec<String> {
    let rest = |mut whole: Vec<String>| {
        whole.extend_from_slice(&path[1..]);
        whole
    };
    match path[0].as_str() {
        "crate" => return path.to_vec(),
        "self" | "super" => {
            let mut whole = from.to_vec();
            let steps = path.iter().take_while(|step| ["self", "super"].contains(&step.as_str())).count();
            let up = path[..steps].iter().filter(|step| *step == "super").count();
            whole.truncate(whole.len().saturating_sub(up).max(1));
            whole.extend_from_slice(&path[steps..]);
            return whole;
        }
        _ => {}
    }
    for len in (base..=from.len()).rev() {
        let Some(meant) = scope.get(&(from[..len].to_vec(), path[0].clone())) else { continue };
        // `use url;` means itself.
        return if meant[..] == path[..1] || turns > 8 {
            path.to_vec()
        } else {
            rest(resolved(scope, base, &from[..len], meant, turns + 1))
        };
    }
    path.to_vec()
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let (mut all, mut line, mut i) = (Vec::new(), 0, 0);
    while let Some(letter) = code[i..].chars().next() {
        let rest = &code[i..];
        let len = if letter.is_alphanumeric() || letter == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            letter.len_utf8()
        };
        if letter == '\n' {
            line += 1;
        } else if !letter.is_whitespace() {
            all.push(Token { text: &rest[..len], line });
        }
        i += len;
    }
    all
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths that a text names as a file of the bookings' pages.
    fn named(text: &str) -> Vec<String> {
        super::named("src/bookings/pages/loan.rs", text).into_iter().map(|named| named.path.join("::")).collect()
    }

    #[test]
    fn trees_are_taken_apart() {
        let text =
            "pub use crate::{\n    base::{Day, days::{self, Period}},\n    db::*,\n    people::store as who,\n};\nuse ::diesel::update;";
        let all =
            ["crate::base::Day", "crate::base::days", "crate::base::days::Period", "crate::db", "crate::people::store", "diesel::update"];
        assert_eq!(named(text), all);
        assert_eq!(super::named("src/x/mod.rs", text).iter().map(|named| named.line).collect::<Vec<_>>(), [1, 1, 1, 2, 3, 5]);
    }

    #[test]
    fn paths_in_the_code_are_read() {
        assert_eq!(named("fn a(x: &crate::web::App) -> Vec<super::who::Key> {}"), ["crate::web::App", "crate::bookings::pages::who::Key"]);
        assert_eq!(
            named("let x = super::super::store::<u8>::of(self::a());"),
            ["crate::bookings::store", "crate::bookings::pages::loan::a"]
        );
        assert_eq!(named("macro_rules! a { () => { $crate::db::Tx } }"), ["crate::db::Tx"]);
        assert_eq!(named("pub(super) fn a() {}\npub(in crate::people) mod b {}\nlet c = <T as Into<u8>>::into(d);"), [""; 0]);
    }

    #[test]
    fn what_a_name_means_is_followed() {
        assert_eq!(
            named("use crate::people::{self as who, store};\nfn a() { who::pages::b(store::c(), d::E) }\nmod d;")[2..],
            ["crate::people::pages::b", "crate::people::store::c", "crate::bookings::pages::loan::d::E"]
        );
        assert_eq!(named("use actix_web::web;\nuse web::{get, post};")[1..], ["actix_web::web::get", "actix_web::web::post"]);
        assert_eq!(
            named(
                "use super::verbs;\nmod tests {\n    use super::*;\n    fn a() { verbs::b(); super::c::d() }\n}\nfn e() { super::f::g() }"
            ),
            [
                "crate::bookings::pages::verbs",
                "crate::bookings::pages::loan",
                "crate::bookings::pages::verbs::b",
                "crate::bookings::pages::loan::c::d",
                "crate::bookings::pages::f::g",
            ]
        );
        assert_eq!(named("use url;\nfn a() { url::Url::parse() }"), ["url", "url::Url::parse"]);
    }

    #[test]
    fn a_use_leads_to_the_file() {
        let files = [
            Rust::new(
                "src/people/mod.rs",
                "use crate::bookings::store::loans::all; use crate::bookings::Slot; use crate::year::Term; use std::fmt;",
            ),
            Rust::new("src/bookings/mod.rs", "use self::store::loans; impl Slot { fn a() { Slot::b() } }"),
            Rust::new("src/bookings/store/loans.rs", ""),
        ];
        let uses: Vec<String> =
            between(&files, |file| &file.code).iter().map(|one| format!("{} {} {}", one.from.path, one.part, one.to)).collect();
        let all = [
            "src/people/mod.rs bookings src/bookings/store/loans.rs",
            "src/people/mod.rs bookings src/bookings/mod.rs",
            "src/people/mod.rs year src/year",
            "src/bookings/mod.rs bookings src/bookings/store/loans.rs",
        ];
        assert_eq!(uses, all);
    }
}
