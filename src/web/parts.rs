//! The parts pages are put together from: icons, tags, banners, lists, tables. Each is a function that returns markup.

use std::sync::LazyLock;

use maud::{Markup, PreEscaped, Render, html};

use super::assets::asset;
use crate::base::ids::PersonId;
use crate::base::text;

/// An icon of `assets/icons.svg`, silent for a screen reader: the words beside it say what it means.
#[must_use]
pub fn icon(name: &str) -> Markup {
    static SPRITE: LazyLock<&str> = LazyLock::new(|| asset("icons.svg"));
    // Written by hand: some pages hold hundreds. The names are our own words, never a person's.
    PreEscaped(["<svg class=\"i\" aria-hidden=\"true\"><use href=\"", *SPRITE, "#", name, "\"/></svg>"].concat())
}

/// How good or bad something is: the colour of a tag, a banner, a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Tone {
    /// Neither.
    Plain,
    /// In order.
    Good,
    /// Needs attention.
    Warn,
    /// Wrong.
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        self.into()
    }

    /// The icon that goes with it, so that colour never stands alone.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Plain => "info",
            Self::Good => "circle-check",
            Self::Warn | Self::Bad => "triangle-alert",
        }
    }
}

/// A small status in a line of text: icon and words.
#[must_use]
pub fn tag(tone: Tone, symbol: &str, words: &str) -> Markup {
    html! { span class={ "tag " (tone.class()) } { (icon(symbol)) (words) } }
}

/// A status as a filled pill, for cards and task lists.
#[must_use]
pub fn pill(tone: Tone, words: &str) -> Markup {
    html! {
        span class={ "pill " (tone.class()) } {
            @if tone != Tone::Plain { (icon(tone.symbol())) }
            (words)
        }
    }
}

/// The coloured square with a resource's icon. `strand` is `bio`, `chem`, `phys` or empty.
#[must_use]
pub fn strand_icon(strand: &str, symbol: &str) -> Markup {
    html! { span class={ "ic " (strand) } { (icon(symbol)) } }
}

/// A message above the content of a page.
#[must_use]
pub fn banner(tone: Tone, heading: &str, body: impl Render) -> Markup {
    html! {
        section class={ "banner " (tone.class()) } aria-label=(heading) {
            (icon(tone.symbol()))
            div { h2 { (heading) } (body) }
        }
    }
}

/// What has just been done, large, at the top of the page that shows it. Takes the focus, so that it is read out first.
#[must_use]
pub fn confirmation(heading: &str, body: impl Render) -> Markup {
    html! {
        div.done role="status" tabindex="-1" data-focus { h1 { (heading) } (body) }
    }
}

/// One row of a summary list: the name, the value, and a link that changes it (address and what it changes).
#[derive(Debug, Clone)]
pub struct Row {
    name: String,
    value: Markup,
    change: Option<(String, String)>,
}

/// A row without a link.
#[must_use]
pub fn row(name: &str, value: impl Render) -> Row {
    Row { name: name.to_owned(), value: html! { (value) }, change: None }
}

impl Row {
    /// Adds "Change" with the thing it changes for a screen reader: `("…/reserve?…", "the dates")`.
    #[must_use]
    pub fn change(mut self, href: &str, what: &str) -> Self {
        self.change = Some((href.to_owned(), what.to_owned()));
        self
    }
}

/// A list of names and values: check answers, the facts of a loan.
#[must_use]
pub fn summary(rows: &[Row]) -> Markup {
    html! {
        dl.sum {
            @for row in rows {
                div {
                    dt { (row.name) }
                    dd { (row.value) }
                    @if let Some((href, what)) = &row.change { dd.act { a href=(href) { "Change" span.vh { " " (what) } } } }
                }
            }
        }
    }
}

/// Where `count.js` says what this person's phone has kept for want of a connection; the page asks for that script.
#[must_use]
pub fn kept(person: PersonId) -> Markup {
    html! { div.kept role="status" data-kept=(person) hidden {} }
}

/// What an empty page says: what will be here, and how to begin.
#[must_use]
pub fn empty(symbol: &str, heading: &str, text: &str, action: Option<(&str, &str)>) -> Markup {
    html! {
        div.empty {
            (icon(symbol))
            h2 { (heading) }
            p { (text) }
            @if let Some((href, words)) = action { p.acts { a.btn.go href=(href) { (words) } } }
        }
    }
}

/// One fact chip: tone, icon, words, and where it leads.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its colour.
    pub tone: Tone,
    /// Its icon.
    pub symbol: &'static str,
    /// What it says: "2 requests to approve".
    pub words: String,
    /// Where it leads; empty for nowhere.
    pub href: String,
}

/// The row of chips above a calendar.
#[must_use]
pub fn facts(facts: &[Fact]) -> Markup {
    html! {
        @if !facts.is_empty() {
            h2.vh { "At a glance" }
            ul.facts {
                @for fact in facts {
                    li {
                        @if fact.href.is_empty() { span class=(fact.tone.class()) { (icon(fact.symbol)) (fact.words) } }
                        @else { a class=(fact.tone.class()) href=(fact.href) { (icon(fact.symbol)) (fact.words) } }
                    }
                }
            }
        }
    }
}

/// The first line of a page: heading, a line under it, buttons on the right.
#[must_use]
pub fn head(title: &str, lead: impl Render, actions: impl Render) -> Markup {
    let (lead, actions) = (html! { (lead) }, html! { (actions) });
    html! {
        div.head {
            div { h1 { (title) } @if !lead.0.is_empty() { p { (lead) } } }
            @if !actions.0.is_empty() { div.acts { (actions) } }
        }
    }
}

/// The link above a heading that leads one step up.
#[must_use]
pub fn back(href: &str, words: &str) -> Markup {
    html! { p.back { a href=(href) { (icon("arrow-left")) (words) } } }
}

/// A part of the page that opens on demand.
#[must_use]
pub fn details(summary: &str, body: impl Render) -> Markup {
    html! { details.more { summary { (summary) } (body) } }
}

/// A table in a region that scrolls sideways by itself. `heads` are the column headings; a heading that begins with `#` stands over numbers.
#[must_use]
pub fn table(caption: &str, heads: &[&str], rows: impl Render) -> Markup {
    html! {
        section.scroll tabindex="0" aria-label=(caption) {
            table.tbl {
                caption.vh { (caption) }
                thead { tr { @for head in heads {
                    @if let Some(head) = head.strip_prefix('#') { th.n scope="col" { (head) } } @else { th scope="col" { (head) } }
                } } }
                tbody { (rows) }
            }
        }
    }
}

/// A table that turns into cards on a phone: give each cell its heading in `data-h`.
#[must_use]
pub fn table_or_cards(caption: &str, heads: &[&str], rows: impl Render) -> Markup {
    html! {
        table.tbl.cards-on-phone {
            caption.vh { (caption) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        }
    }
}

/// Page numbers. `page` counts from 1; `href` gives the address of a page.
#[must_use]
pub fn pagination(page: usize, pages: usize, href: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav.pages aria-label="Pages" {
                ul {
                    @if page > 1 { li { a href=(href(page - 1)) rel="prev" { "Previous" span.vh { " page" } } } }
                    @for (n, gap) in numbers(page, pages) {
                        @if gap { li { span { "…" } } }
                        li { a href=(href(n)) aria-current=[(n == page).then_some("page")] { span.vh { "Page " } (n) } }
                    }
                    @if page < pages { li { a href=(href(page + 1)) rel="next" { "Next" span.vh { " page" } } } }
                }
            }
        }
    }
}

/// The numbers shown: first, last, and two on either side; true where some were left out before it.
fn numbers(page: usize, pages: usize) -> Vec<(usize, bool)> {
    let mut before = 0;
    let near = |n: &usize| *n == 1 || *n == pages || n.abs_diff(page) <= 2;
    (1..=pages)
        .filter(near)
        .map(|n| {
            let gap = n != before + 1;
            before = n;
            (n, gap)
        })
        .collect()
}

/// "1 box", "2 boxes".
#[must_use]
pub fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", text::number(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_pages_leave_some_out() {
        assert_eq!(numbers(1, 3), [(1, false), (2, false), (3, false)]);
        assert_eq!(numbers(6, 20), [(1, false), (4, true), (5, false), (6, false), (7, false), (8, false), (20, true)]);
        assert_eq!(pagination(1, 1, |n| n.to_string()).0, "");
    }

    #[test]
    fn words_from_people_are_escaped() {
        let list = summary(&[row("Class", "<b>Kestrels</b>").change("/x?a=1&b=2", "the class")]);
        assert!(list.0.contains("&lt;b&gt;Kestrels"));
        assert!(list.0.contains("/x?a=1&amp;b=2"));
    }

    #[test]
    fn every_icon_named_in_the_source_is_in_the_sprite() {
        let sprite = include_str!("../../assets/icons.svg");
        for name in
            ["menu", "package", "calendar-days", "list", "inbox", "mail", "chevron-down", "repeat", "rss", "log-out", "info", "arrow-left"]
        {
            assert!(sprite.contains(&format!("id=\"{name}\"")), "{name}");
        }
        for tone in [Tone::Plain, Tone::Good, Tone::Warn, Tone::Bad] {
            assert!(sprite.contains(&format!("id=\"{}\"", tone.symbol())));
        }
    }
}
