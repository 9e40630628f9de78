//! "What happened so far": one record's lines of the change log, for the page of any record.

use maud::{Markup, html};

use crate::base::clock;
use crate::people::log::Line;
use crate::web::parts::details;

/// The history of one record, to be opened; nothing when there is none.
#[must_use]
pub fn history(lines: &[Line]) -> Markup {
    html! {
        @if !lines.is_empty() {
            (details("What happened so far", html! { ul { @for line in lines { li { (one(line)) } } } }))
        }
    }
}

fn one(line: &Line) -> Markup {
    html! {
        b { (clock::spoken(line.at)) } ": " (line.verb) " by " (line.by())
        @if !line.before.is_empty() { ". Before: " (line.before) }
        @if !line.after.is_empty() { ". " (line.after) }
    }
}
