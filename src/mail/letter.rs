//! A letter's two bodies, HTML and plain text, from the same blocks. The only place where markup carries styles of its own:
//! mail programs read no style sheet.

use maud::{DOCTYPE, Markup, html};

use super::{Block, Letter, one_line};

/// The width at which plain text is wrapped.
const WIDTH: usize = 72;
/// Up to this length the labels of facts line up; a longer one pushes only its own value.
const LABEL: usize = 20;

/// The plain text body, wrapped at 72 letters. Addresses are never broken.
#[must_use]
pub fn text(letter: &Letter) -> String {
    let mut out = String::new();
    for block in &letter.blocks {
        match block {
            Block::Heading(words) => {
                let words = one_line(words);
                out.push_str(&wrap(&words, ""));
                out.push_str(&"-".repeat(words.chars().count().min(WIDTH)));
                out.push('\n');
            }
            Block::Paragraph(words) => out.push_str(&wrap(words, "")),
            Block::Facts(facts) => {
                let column = facts.iter().map(|(label, _)| label.chars().count() + 1).filter(|n| *n <= LABEL).max().unwrap_or(0);
                for (label, value) in facts {
                    let line = format!("{:<column$} {}", format!("{}:", one_line(label)), one_line(value));
                    out.push_str(&wrap(&line, "  "));
                }
            }
            Block::Button { label, url } => {
                out.push_str(&[&one_line(label), ":\n", &one_line(url), "\n"].concat());
            }
        }
        out.push('\n');
    }
    out.push_str(&wrap(&letter.reason, ""));
    out.push_str("Boxrota\n");
    out
}

/// The HTML body: one column, readable without pictures or a style sheet.
#[must_use]
pub fn html(letter: &Letter) -> String {
    const PAGE: &str = "margin:0;padding:16px;background:#f6f4ef;color:#18232b;font:16px/1.5 Figtree,'Segoe UI',Arial,sans-serif";
    const SHEET: &str = "max-width:600px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #d8d3c8;border-radius:8px";
    const FOOT: &str = "max-width:600px;margin:16px auto 0;padding:0 24px;color:#4a5660;font-size:14px";
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light";
                title { (one_line(&letter.title)) }
            }
            body style=(PAGE) {
                div style=(SHEET) {
                    @for (n, block) in letter.blocks.iter().enumerate() { (html_block(block, n == 0)) }
                }
                p style=(FOOT) { (letter.reason) br; "Boxrota" }
            }
        }
    }
    .into_string()
}

fn html_block(block: &Block, first: bool) -> Markup {
    const H1: &str = "margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:700";
    const H2: &str = "margin:24px 0 8px;font-size:18px;line-height:1.3;font-weight:700";
    const P: &str = "margin:0 0 16px";
    const TABLE: &str = "margin:0 0 16px;border-collapse:collapse;width:100%";
    const TH: &str = "padding:6px 16px 6px 0;border-bottom:1px solid #d8d3c8;text-align:left;vertical-align:top;font-weight:700;width:30%";
    const TD: &str = "padding:6px 0;border-bottom:1px solid #d8d3c8;vertical-align:top";
    const BUTTON: &str =
        "display:inline-block;padding:10px 20px;background:#0b5560;color:#ffffff;border-radius:8px;font-weight:700;text-decoration:none";
    html! {
        @match block {
            Block::Heading(words) if first => h1 style=(H1) { (words) },
            Block::Heading(words) => h2 style=(H2) { (words) },
            Block::Paragraph(words) => p style=(P) { (words) },
            Block::Facts(facts) => table style=(TABLE) {
                tbody {
                    @for (label, value) in facts {
                        tr { th scope="row" style=(TH) { (label) } td style=(TD) { (value) } }
                    }
                }
            },
            Block::Button { label, url } => p style=(P) { a href=(url) style=(BUTTON) { (label) } },
        }
    }
}

/// Words wrapped at [`WIDTH`], following lines indented; always ends with a line end. A word that is longer stays whole.
/// Runs of spaces inside a line are kept, as they line facts up.
fn wrap(words: &str, indent: &str) -> String {
    let mut out = String::new();
    for (n, paragraph) in words.lines().enumerate() {
        let mut line = if n > 0 { indent.to_owned() } else { String::new() };
        let mut empty = true;
        for word in paragraph.split(' ') {
            let length = line.chars().count() + word.chars().count() + usize::from(!empty);
            if !empty && !word.is_empty() && length > WIDTH {
                out.push_str(line.trim_end());
                out.push('\n');
                indent.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::mail::{Choice, Kind, Recipient};
    use proptest::prelude::*;

    pub(crate) fn letter(blocks: Vec<Block>) -> Letter {
        Letter {
            kind: &Kind { key: "test", name: "A test", to: "Nobody", choice: Choice::Always, waits: false },
            subject: "test:1".into(),
            day: parse_iso("2026-11-26").unwrap(),
            to: Recipient { person: None, address: "science@saxton.example".parse().unwrap(), name: "Science lead".into() },
            reason: "You got this because you are the science lead of Saxton.".into(),
            title: "Electricity box reserved".into(),
            blocks,
            calendar: None,
        }
    }

    fn sample() -> Letter {
        letter(vec![
            Block::heading("Electricity box is reserved for Saxton"),
            Block::paragraph(
                "It is yours from Monday 30 November to Friday 11 December 2026. Please fetch it from Sherburn, and hand it on to Fairburn afterwards.",
            ),
            Block::facts([
                ("Box", "Electricity box, EL-1"),
                ("Days", "30 November to 11 December 2026"),
                ("Class", ""),
                ("Purpose", "Circuits & <switches>"),
            ]),
            Block::button("See the booking", "https://boxrota.example/c/south-milford/bookings/1W5PNRDCG4T0Z?done=reserved&from=mail"),
        ])
    }

    #[test]
    fn plain_text_is_wrapped_and_addresses_stay_whole() {
        insta::assert_snapshot!(text(&sample()), @r"
        Electricity box is reserved for Saxton
        --------------------------------------

        It is yours from Monday 30 November to Friday 11 December 2026. Please
        fetch it from Sherburn, and hand it on to Fairburn afterwards.

        Box:     Electricity box, EL-1
        Days:    30 November to 11 December 2026
        Purpose: Circuits & <switches>

        See the booking:
        https://boxrota.example/c/south-milford/bookings/1W5PNRDCG4T0Z?done=reserved&from=mail

        You got this because you are the science lead of Saxton.
        Boxrota
        ");
    }

    #[test]
    fn html_says_the_same_and_escapes() {
        let html = html(&sample());
        assert!(html.contains("Circuits &amp; &lt;switches&gt;"));
        assert!(html.contains("?done=reserved&amp;from=mail"));
        assert!(!html.contains("Class"), "a fact without a value is left out");
        assert!(html.contains("You got this because you are the science lead of Saxton."));
        assert!(!html.to_lowercase().contains("<script"));
    }

    proptest! {
        #[test]
        fn both_bodies_carry_every_word(words in "[a-zA-Z0-9éß ]{1,300}") {
            let letter = letter(vec![Block::paragraph(words.clone())]);
            let (text, html) = (text(&letter), html(&letter));
            for word in words.split_whitespace() {
                prop_assert!(text.contains(word));
                prop_assert!(html.contains(word));
            }
            prop_assert!(text.lines().all(|line| line.chars().count() <= WIDTH || !line.contains(' ')));
        }
    }
}
