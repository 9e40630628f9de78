//! Parts of pages that show what the catalogue holds.

use maud::{Markup, html};

use crate::catalogue::missing::{self, Short};
use crate::catalogue::store::Kept;
use crate::web::parts::icon;

/// What a copy lacks now, wherever that is said; nothing when it is whole as far as anybody knows.
pub(crate) fn missing_now(missing: &[Short]) -> Markup {
    html! {
        @if !missing.is_empty() {
            span.lacks { (icon("triangle-alert")) span { "Missing: " (missing::words(missing)) } }
        }
    }
}

/// The copies that have their place at a school.
pub(crate) fn kept_list(base: &str, kept: &[Kept]) -> Markup {
    html! {
        ul.links { @for copy in kept {
            li { div {
                a href={ (base) "/boxes/" (copy.resource) } { (copy.name) }
                small { (copy.tag) @if let Some(why) = copy.state.why_not() { ", " (why) } }
            } }
        } }
    }
}
