//! The reserve form as it comes: texts, parsed once into what the rules decide on.

use serde::Deserialize;

use crate::base::days::{Day, Period, parse_iso};
use crate::base::ids::{CopyId, PersonId, ResourceId, SchoolId};
use crate::base::secret::Secret;
use crate::base::text;
use crate::bookings::acts::Wanted;
use crate::bookings::store::ledger::Details;
use crate::bookings::{By, Kind, Wish};
use crate::people::{Membership, RoleKind};
use crate::web::forms::Errors;

/// The fields of the form, as typed; also the query of every address on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Ask {
    /// The first day, ISO.
    pub from: String,
    /// The last day, ISO.
    pub to: String,
    /// The chosen copy, or empty for any.
    pub copy: String,
    /// The school it is for, or empty for one's own.
    pub school: String,
    /// The class or year group.
    pub class: String,
    /// What it is for.
    pub purpose: String,
    /// How many pupils.
    pub pupils: String,
    /// Why a coordinator sets a rule aside; why something is cancelled or declined.
    pub reason: String,
    /// "yes" when a coordinator keeps it to restock or mend it.
    pub restock: String,
    /// The booking it repeats.
    pub repeat: String,
    /// The form's key: the same form sent twice books once.
    pub key: String,
    /// Another class than those to choose from; it wins.
    pub class_other: String,
    /// The weeks that were tapped: see `Picks::pick`.
    pub pick: String,
    /// A day of the weeks to show.
    pub at: String,
}

impl Ask {
    /// The answers with the class that was typed in place of the one that was chosen.
    #[must_use]
    pub fn settled(self) -> Self {
        if self.class_other.trim().is_empty() { self } else { Self { class: self.class_other, class_other: String::new(), ..self } }
    }

    /// The first day, when it is one.
    #[must_use]
    pub fn first(&self) -> Option<Day> {
        parse_iso(&self.from)
    }

    /// The last day, when it is one.
    #[must_use]
    pub fn last(&self) -> Option<Day> {
        parse_iso(&self.to)
    }

    /// The days, when both are there and in order.
    #[must_use]
    pub fn days(&self) -> Option<Period> {
        Period::new(self.first()?, self.last()?)
    }

    /// The chosen copy.
    #[must_use]
    pub fn copy_id(&self) -> Option<CopyId> {
        self.copy.parse().ok()
    }

    /// The school that the form is for: the one asked for where the person may book for it, else the own one. `None` for a
    /// coordinator without a school who has not chosen yet.
    #[must_use]
    pub fn school_id(&self, member: &Membership) -> Option<SchoolId> {
        let asked = self.school.parse().ok().filter(|school| member.may_book_for(*school));
        asked.or_else(|| member.own_school().map(|school| school.id).filter(|school| member.may_book_for(*school)))
    }

    /// The address of a page with these answers.
    #[must_use]
    pub fn at(&self, page: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }

    /// The same answers with other days, and a copy where one is named.
    #[must_use]
    pub fn moved(&self, days: Period, copy: Option<CopyId>) -> Self {
        let copy = copy.map_or_else(|| self.copy.clone(), |copy| copy.to_string());
        Self { from: days.first().to_string(), to: days.last().to_string(), copy, ..self.clone() }
    }

    /// Name and value of each field that is an answer.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("from", self.from.as_str()),
            ("to", &self.to),
            ("copy", &self.copy),
            ("school", &self.school),
            ("class", &self.class),
            ("purpose", &self.purpose),
            ("pupils", &self.pupils),
            ("reason", &self.reason),
            ("restock", &self.restock),
            ("repeat", &self.repeat),
        ]
        .into_iter()
    }

    /// Reads the form. Every field that lacks something is named.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn parse(&self, member: &Membership) -> Result<Wanted, Errors> {
        let mut errors = Errors::new();
        let coordinator = member.is(RoleKind::Coordinator);
        let first = self.first();
        if first.is_none() {
            errors.add("from", "Choose the first day on which you use it");
        }
        let last = self.last();
        if last.is_none() {
            errors.add("to", "Choose the last day on which you use it");
        }
        if !self.copy.is_empty() && self.copy_id().is_none() {
            errors.add("copy", "Choose one of the copies in the list");
        }
        let named = self.school.parse::<SchoolId>().ok();
        let school = self.school_id(member).filter(|school| self.school.is_empty() || named == Some(*school));
        if school.is_none() {
            errors.add("school", "Choose the school that it is for");
        }
        let kind = if self.restock == "yes" && coordinator { Kind::Restock } else { Kind::Loan };
        let class_name = errors.check("class", line(&self.class, 60)).unwrap_or_default();
        if class_name.is_empty() && kind == Kind::Loan {
            errors.add("class", "Enter the class or year group, for example Year 4");
        }
        let purpose = errors.check("purpose", line(&self.purpose, 300)).unwrap_or_default();
        let pupils = errors.check("pupils", pupils(&self.pupils)).flatten();
        let override_reason = errors.check("reason", line(&self.reason, 300)).unwrap_or_default();
        let (Some(first), Some(last), Some(school), true) = (first, last, school, errors.is_empty()) else { return Err(errors) };
        let by = if coordinator { By::Coordinator } else { By::School(school) };
        Ok(Wanted {
            school,
            wish: Wish { kind, copy: self.copy_id(), first, last, by, override_reason },
            details: Details { class_name, purpose, pupils },
            repeat: self.repeat.parse().ok(),
        })
    }

    /// What makes the form the same as one sent before, when it has a key that our page has made: the key, who sends it, for
    /// which resource, and every answer. Sent twice it is the same; somebody who goes back and sends other answers with the
    /// same key wants something else.
    #[must_use]
    pub fn request_key(&self, person: PersonId, resource: ResourceId) -> Option<String> {
        let key = Secret::parse(&self.key)?;
        Some(key.derive(&format!("{person} wants {resource} {}", self.at(""))))
    }
}

/// A text of one line: trimmed, runs of blanks made one, no control characters.
///
/// # Errors
/// When it is longer than `most` characters.
pub fn line(typed: &str, most: usize) -> Result<String, String> {
    let clean = text::plain_line(typed);
    let count = clean.chars().count();
    if count > most { Err(format!("Use {most} characters or fewer; this has {count}")) } else { Ok(clean) }
}

fn pupils(text: &str) -> Result<Option<u16>, &'static str> {
    const WRONG: &str = "Enter the number of pupils as a whole number from 1 to 2000, for example 30, or leave it empty";
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().ok().filter(|count| (1..=2000).contains(count)).map(Some).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{ClusterId, SessionId};
    use crate::people::{Cluster, Role, RoleSchool};

    fn member(kind: RoleKind, school: Option<i64>) -> Membership {
        Membership {
            person: PersonId(1),
            name: "Science lead".into(),
            email: "lead@saxton.example".into(),
            session: SessionId(1),
            cluster: Cluster { id: ClusterId(1), slug: "south-milford".into(), name: "South Milford".into(), version: 0 },
            roles: vec![Role { kind, school: school.map(|id| RoleSchool { id: SchoolId(id), short_name: "Saxton".into() }) }],
            elsewhere: Vec::new(),
        }
    }

    fn full() -> Ask {
        Ask { from: "2026-11-09".into(), to: "2026-11-13".into(), class: " Year\t4 ".into(), pupils: "30".into(), ..Ask::default() }
    }

    #[test]
    fn a_whole_form_is_read_once() {
        let wanted = full().parse(&member(RoleKind::Ssl, Some(2))).unwrap();
        assert_eq!((wanted.school, wanted.details.class_name.as_str(), wanted.details.pupils), (SchoolId(2), "Year 4", Some(30)));
        assert_eq!((wanted.wish.by, wanted.wish.copy, wanted.wish.kind), (By::School(SchoolId(2)), None, Kind::Loan));
    }

    #[test]
    fn what_is_missing_is_named_by_field() {
        let errors =
            Ask { pupils: "many".into(), copy: "x".into(), ..Ask::default() }.parse(&member(RoleKind::Coordinator, None)).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["from", "to", "copy", "school", "class", "pupils"]);
        let long = Ask { class: "x".repeat(61), ..full() }.parse(&member(RoleKind::Ssl, Some(2))).unwrap_err();
        assert_eq!(long.of("class"), Some("Use 60 characters or fewer; this has 61"));
    }

    #[test]
    fn nobody_books_for_a_school_that_is_not_his() {
        let other = Ask { school: SchoolId(3).to_string(), restock: "yes".into(), ..full() };
        assert_eq!(other.parse(&member(RoleKind::Ssl, Some(2))).unwrap_err().of("school"), Some("Choose the school that it is for"));
        let wanted = other.parse(&member(RoleKind::Coordinator, None)).unwrap();
        assert_eq!((wanted.school, wanted.wish.by, wanted.wish.kind), (SchoolId(3), By::Coordinator, Kind::Restock));
        assert!(full().parse(&member(RoleKind::Head, Some(2))).is_err());
    }

    #[test]
    fn a_form_is_the_same_only_with_the_same_answers() {
        let key = |ask: &Ask, person, resource| ask.request_key(PersonId(person), ResourceId(resource));
        let ask = Ask { key: Secret::fresh().reveal().to_owned(), ..full() };
        let first = key(&ask, 1, 2);
        assert!(first.is_some());
        assert_eq!(key(&ask.clone(), 1, 2), first);
        let others = [key(&Ask { to: "2026-11-12".into(), ..ask.clone() }, 1, 2), key(&ask, 3, 2), key(&ask, 1, 4)];
        assert!(others.iter().all(|other| *other != first));
        assert_eq!(key(&full(), 1, 2), None, "a form without a key of ours");
    }

    #[test]
    fn answers_travel_in_the_address() {
        assert_eq!(full().at("/x"), "/x?from=2026-11-09&to=2026-11-13&class=+Year%094+&pupils=30");
        assert_eq!(Ask::default().at("/x"), "/x");
    }
}
