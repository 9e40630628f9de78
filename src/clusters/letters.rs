//! The letter about a new cluster. Pure: from facts to a letter.

use crate::base::Day;
use crate::base::ids::{ClusterId, PersonId};
use crate::clusters::Founding;
use crate::mail::{Block, Choice, Kind, Letter, Recipient};

/// To the coordinator of a new cluster.
pub const WELCOME: &Kind =
    &Kind { key: "welcome", name: "You coordinate a new cluster", to: "The coordinator", choice: Choice::Once, waits: false };

/// The letters of founding.
pub const KINDS: &[&Kind] = &[WELCOME];

/// The letter to the coordinator of a new cluster. It holds no secret: whoever has the mailbox asks for a link. `sign_in`: the absolute
/// address of the sign-in page.
#[must_use]
pub fn welcome(founding: &Founding, cluster: ClusterId, coordinator: PersonId, sign_in: &str, day: Day) -> Letter {
    let (name, newcomer) = (&founding.about.name, &founding.coordinator);
    Letter {
        kind: WELCOME,
        subject: format!("cluster:{cluster}:coordinator:{coordinator}"),
        day,
        to: Recipient { person: Some(coordinator), address: newcomer.email.clone(), name: newcomer.name.clone() },
        reason: format!("You get this mail because you were entered as the coordinator of the cluster {name}."),
        title: format!("Welcome to Boxrota: you coordinate {name}"),
        blocks: vec![
            Block::heading(format!("You coordinate {name}")),
            Block::paragraph(format!(
                "Boxrota helps the schools of a cluster to share science kit. The cluster {name} is there now, with {} as its lead school.",
                founding.school.name
            )),
            Block::paragraph("There is no password. Open this page and enter your e-mail address; a link to sign in comes at once."),
            Block::button("Go to the sign-in page", sign_in),
            Block::paragraph(format!("Sign in with {}. Then add the other schools and their science leads.", newcomer.email)),
        ],
        calendar: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::clusters::{About, LeadSchool, Nation, Newcomer};
    use crate::mail::letter;

    #[test]
    fn the_letter_of_welcome_says_how_to_come_in_and_holds_no_secret() {
        let day = parse_iso("2026-11-23").unwrap();
        let founding = Founding {
            slug: "elmfield".into(),
            about: About { name: "Elmfield".into(), cohort_year: Some(2026), nation: Nation::England },
            school: LeadSchool {
                name: "Elm Primary School".into(),
                short_name: "Elm".into(),
                letters: "EL".into(),
                urn: None,
                address: String::new(),
                postcode: "LS25 5AU".into(),
                since: day,
            },
            coordinator: Newcomer { name: "Coordinator".into(), email: "c@elm.example".parse().unwrap() },
        };
        let letter = welcome(&founding, ClusterId(1), PersonId(2), "https://boxes.example/sign-in", day);
        insta::assert_snapshot!(letter::text(&letter), @r"
        You coordinate Elmfield
        -----------------------

        Boxrota helps the schools of a cluster to share science kit. The cluster
        Elmfield is there now, with Elm Primary School as its lead school.

        There is no password. Open this page and enter your e-mail address; a
        link to sign in comes at once.

        Go to the sign-in page:
        https://boxes.example/sign-in

        Sign in with c@elm.example. Then add the other schools and their science
        leads.

        You get this mail because you were entered as the coordinator of the
        cluster Elmfield.
        Boxrota
        ");
    }
}
