//! What every page says of an act that waits: until when it can be undone, with the button that undoes it.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::time_of;
use crate::base::ids::PendingId;
use crate::web::forms::verb;
use crate::web::parts::{Tone, banner};

/// The address that undoes an act, below the cluster's.
#[must_use]
pub fn address(base: &str, id: PendingId) -> String {
    format!("{base}/undo/{id}")
}

/// "The booking is cancelled", until when that can be undone, and the button. `words`: what holds until then.
#[must_use]
pub fn can_be_undone(base: &str, id: PendingId, until: DateTime<Utc>, token: &str, heading: &str, words: &str) -> Markup {
    banner(
        Tone::Plain,
        heading,
        html! {
            p { "You can undo this until " (time_of(until)) ". " (words) }
            (button(base, id, token))
        },
    )
}

/// The button alone.
#[must_use]
pub fn button(base: &str, id: PendingId, token: &str) -> Markup {
    html! { div.verbs { (verb(&address(base, id), token, "Undo", "repeat")) } }
}

/// For those who cannot undo it: when it is carried out.
#[must_use]
pub fn is_about_to_happen(until: DateTime<Utc>, heading: &str) -> Markup {
    banner(Tone::Plain, heading, html! { p { "That takes effect at " (time_of(until)) "." } })
}
