//! What the strict content security policy forbids, found before a browser has to refuse it.

use crate::source::Rust;

/// The mail's letter alone has inline styles: no mail program reads a style sheet.
const LETTERS: &str = "src/mail/letter";

/// The attributes that carry a script; as in `onclick="…"`.
const EVENTS: [&str; 16] = [
    "click",
    "change",
    "submit",
    "input",
    "load",
    "error",
    "focus",
    "blur",
    "keydown",
    "keyup",
    "keypress",
    "mousedown",
    "mouseover",
    "pointerdown",
    "toggle",
    "beforeunload",
];

/// No inline style, script or handler in what makes pages.
pub fn inline(file: &Rust) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in file.spoken.lines().enumerate() {
        if !file.path.starts_with(LETTERS) && (attribute(line, "style") || opens(line, "style") || line.contains("<style")) {
            faults.push(file.fault(number, "inline style: the policy refuses it, use a class"));
        }
        if opens(line, "script") || line.contains("<script") {
            faults.push(file.fault(number, "inline script: put it into assets/"));
        }
        if EVENTS.iter().any(|event| attribute(line, &format!("on{event}"))) || line.contains("hx-on") {
            faults.push(file.fault(number, "a handler in an attribute: listen from a file in assets/"));
        }
        if line.contains("\"js:") || line.contains("javascript:") {
            faults.push(file.fault(number, "a script in a value needs eval, which the policy refuses"));
        }
    }
    faults
}

/// Scripts of ours need no eval. (The libraries' own files are exempt: the policy keeps watch over them in the browser tests.)
pub fn script(path: &str, text: &str) -> Vec<String> {
    if path.contains("htmx") {
        return vec![];
    }
    let bad = ["eval(", "new Function", ".innerHTML", ".outerHTML", "insertAdjacentHTML", "document.write"];
    text.lines()
        .enumerate()
        .flat_map(|(number, line)| bad.iter().filter(move |b| line.contains(**b)).map(move |b| (number, *b)))
        .map(|(number, b)| format!("{path}:{}: `{b}`: build nodes, and no text becomes markup or program", number + 1))
        .collect()
}

/// Every form comes through the extractor that checks origin and token.
pub fn unguarded(file: &Rust) -> Vec<String> {
    if file.path.starts_with("src/web/") {
        return vec![];
    }
    let raw = |line: &str| {
        let ways = ["web::Form", "web::Json", "web::Payload", "web::Bytes", "Multipart", "MultipartForm", "actix_multipart"];
        ways.iter().any(|way| line.match_indices(way).any(|(at, _)| !line[at + way.len()..].starts_with(char::is_alphanumeric)))
    };
    file.code
        .lines()
        .enumerate()
        .filter(|(_, line)| raw(line))
        .map(|(number, _)| file.fault(number, "read it through Posted<T> or Uploaded<T>, which check origin and token"))
        .collect()
}

/// `name="…"`, `name=(…)`, `name={…}` as markup writes an attribute, not `name = "…"` as Rust writes a binding.
fn attribute(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}=")).any(|(at, hit)| {
        let before = line[..at].chars().next_back();
        let after = line[at + hit.len()..].chars().next();
        before.is_none_or(char::is_whitespace) && matches!(after, Some('"' | '(' | '{' | '[' | '\''))
    })
}

/// `name {` at the start of an element, as in `script { "…" }`; an element with a `src` has attributes before the brace.
fn opens(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('{')) || line.contains(&format!("{{ {name} {{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: fn(&Rust) -> Vec<String>, path: &str, text: &str) -> usize {
        check(&Rust::new(path, text)).len()
    }

    #[test]
    fn inline_style_and_script_can_fail() {
        for bad in [
            "div style=\"color:red\" {}",
            "div class=\"a\" style=(wide) {}",
            "style { \"a{}\" }",
            "head { style { (css) } }",
            "script { \"alert()\" }",
            "let page = \"<script>x</script>\";",
            "button onclick=\"go()\" {}",
            "div hx-on:click=\"x\" {}",
            "div hx-vals=\"js:{a:1}\" {}",
            "a href=\"javascript:void(0)\" {}",
        ] {
            assert_eq!(faults(inline, "src/bookings/pages.rs", bad), 1, "{bad}");
        }
        for good in ["script src=(url) defer {}", "let style = \"solid\";", "link rel=\"stylesheet\" href=(css);", "// style=\"\""] {
            assert_eq!(faults(inline, "src/bookings/pages.rs", good), 0, "{good}");
        }
        assert_eq!(faults(inline, "src/mail/letter.rs", "p style=\"margin:0\" {}"), 0);
    }

    #[test]
    fn scripts_and_forms_can_fail() {
        assert_eq!(script("assets/app.js", "el.innerHTML = x;\neval(y)").len(), 2);
        assert!(script("assets/app.js", "el.textContent = x;").is_empty());
        assert_eq!(faults(unguarded, "src/people/pages.rs", "async fn post(form: web::Form<X>) {}"), 1);
        assert_eq!(faults(unguarded, "src/people/pages.rs", "async fn post(form: MultipartForm<X>) {}"), 1);
        assert_eq!(faults(unguarded, "src/app.rs", "web::PayloadConfig::new(1)"), 0);
        assert_eq!(faults(unguarded, "src/web/guard.rs", "web::Form::<X>::from_request(req)"), 0);
    }
}
