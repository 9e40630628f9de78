//! Parts of pages that show what the catalogue holds.

use maud::{Markup, html};

use crate::catalogue::missing::{self, Short};
use crate::web::parts::icon;

/// What a copy lacks now, wherever that is said; nothing when it is whole as far as anybody knows.
pub(crate) fn missing_now(missing: &[Short]) -> Markup {
    html! {
        @if !missing.is_empty() {
            span.lacks { (icon("triangle-alert")) span { "Missing: " (missing::words(missing)) } }
        }
    }
}
