//! Parts of pages that show what the catalogue holds.

use maud::{Markup, html};

use crate::catalogue::store::Kept;

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
