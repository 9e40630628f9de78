//! The letters about a cluster: that it is there, and that a rule can be said in other words. Pure: from facts to a letter.

use crate::base::Day;
use crate::base::ids::{ClusterId, PersonId};
use crate::clusters::Founding;
use crate::mail::{Block, Choice, Kind, Letter, Recipient};

/// To the coordinator of a new cluster.
pub const WELCOME: &Kind =
    &Kind { key: "welcome", name: "You coordinate a new cluster", to: "The coordinator", choice: Choice::Once, waits: false };

/// To the coordinators of a cluster that lent for 28 days when a half-term became the usual rule.
pub const HALF_TERMS: &Kind =
    &Kind { key: "half_terms", name: "A loan can last a half-term", to: "Coordinators", choice: Choice::Once, waits: false };

/// The letters about a cluster.
pub const KINDS: &[&Kind] = &[WELCOME, HALF_TERMS];

/// The letter that says once that a half-term can be the longest loan. `rules`: the absolute address of the page of rules.
#[must_use]
pub fn half_terms(cluster: &str, id: ClusterId, to: Recipient, rules: &str, day: Day) -> Letter {
    Letter {
        kind: HALF_TERMS,
        subject: format!("cluster:{id}:half_terms"),
        day,
        to,
        reason: format!("You get this mail once, because you coordinate the cluster {cluster}."),
        title: "A loan can last a half-term now".to_owned(),
        blocks: vec![
            Block::heading("A loan can last a half-term now"),
            Block::paragraph(format!(
                "In {cluster} a loan can last 28 days at most, and that stays so until you change it. Most half-terms are longer: whoever wants \
                 a box for a whole half-term is refused."
            )),
            Block::paragraph(
                "You can say the longest loan in words that schools use now: a half-term, a term, school weeks or days. A half-term is that of \
                 the school that borrows. New clusters begin with a half-term.",
            ),
            Block::button("Look at the rules", rules),
            Block::paragraph(
                "Another rule counts more kindly: the most loans of a school now means loans at the same time, so that a school can plan its \
                 whole year in September.",
            ),
        ],
        calendar: None,
    }
}

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
    fn the_letter_about_half_terms_says_what_stays_and_what_can_be_set() {
        let to = Recipient { person: Some(PersonId(2)), address: "c@elm.example".parse().unwrap(), name: "Coordinator".into() };
        let day = parse_iso("2026-11-30").unwrap();
        let letter = half_terms("Elmfield", ClusterId(1), to, "https://boxes.example/c/elmfield/settings", day);
        let text = letter::text(&letter);
        for words in [
            "28 days at most, and that stays so",
            "A half-term is that of the\nschool",
            "boxes.example/c/elmfield/settings",
            "You get this mail once",
        ] {
            assert!(text.replace('\n', " ").contains(&words.replace('\n', " ")), "{words}: {text}");
        }
    }

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
