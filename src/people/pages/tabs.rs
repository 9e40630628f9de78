//! The pages about the cluster itself, side by side: people and schools, the school year, the rules, what was changed.

use maud::{Markup, html};

use crate::people::{Member, RoleKind};

/// One of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// People and schools.
    People,
    /// The cluster itself.
    About,
    /// Terms and closed days.
    Year,
    /// Cluster meetings.
    Meetings,
    /// The settings.
    Rules,
    /// What was changed.
    Changes,
}

impl Tab {
    /// Its path in the cluster, its name, and whether only a coordinator has it.
    const ALL: [(Self, &'static str, &'static str, bool); 6] = [
        (Self::People, "people", "People and schools", false),
        (Self::Year, "terms", "School year", false),
        (Self::Meetings, "meetings", "Meetings", false),
        (Self::Rules, "settings", "Rules", true),
        (Self::About, "about", "About the cluster", true),
        (Self::Changes, "changes", "Change log", true),
    ];
}

/// The links to the pages that this member may open; nothing where there is only one.
#[must_use]
pub fn tabs(member: &Member, here: Tab) -> Markup {
    let coordinator = member.is(RoleKind::Coordinator);
    // A programme director answers for the cluster itself, too.
    let director = member.is(RoleKind::Director);
    let may = |tab: Tab, only_coordinator: bool| coordinator || !only_coordinator || director && tab == Tab::About;
    let shown: Vec<_> = Tab::ALL.into_iter().filter(|(tab, .., only_coordinator)| may(*tab, *only_coordinator)).collect();
    html! {
        @if shown.len() > 1 {
            nav.tabs aria-label="About the cluster" {
                ul {
                    @for (tab, path, name, _) in shown {
                        li { a href={ (member.base()) "/" (path) } aria-current=[(tab == here).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}
