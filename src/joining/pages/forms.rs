//! The fields of a role: which, at which school, from when to when.

use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::Day;
use crate::base::ids::SchoolId;
use crate::joining::{self, OfferRefusal, Until};
use crate::people::{Offer, RoleKind};
use crate::schools::School;
use crate::web::forms::{Errors, choice, day_month_year, field, radios};

/// What stands in the fields of a role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RoleForm {
    /// A kind of role.
    pub role: String,
    /// A school's id, or empty.
    pub school: String,
    #[serde(rename = "from-day")]
    from_day: String,
    #[serde(rename = "from-month")]
    from_month: String,
    #[serde(rename = "from-year")]
    from_year: String,
    #[serde(rename = "to-day")]
    to_day: String,
    #[serde(rename = "to-month")]
    to_month: String,
    #[serde(rename = "to-year")]
    to_year: String,
}

/// A day as its three boxes show it.
#[must_use]
pub fn boxes(day: Day) -> [String; 3] {
    [day.format("%-d").to_string(), day.format("%-m").to_string(), day.format("%Y").to_string()]
}

impl RoleForm {
    /// An empty form that begins today.
    #[must_use]
    pub fn fresh(today: Day) -> Self {
        let [from_day, from_month, from_year] = boxes(today);
        Self { from_day, from_month, from_year, ..Self::default() }
    }

    /// Reads the fields; what is wrong goes into `errors`.
    pub fn offer(&self, today: Day, errors: &mut Errors) -> Option<Offer> {
        let kind = errors.check("role", self.role.parse::<RoleKind>().map_err(|_| "Choose a role"));
        let school = if self.school.is_empty() {
            Some(None)
        } else {
            errors.check("school", self.school.parse::<SchoolId>().map_err(|_| OfferRefusal::NoSchool)).map(Some)
        };
        let school = match (kind, school) {
            (Some(kind), Some(school)) => errors.check("school", joining::school_of(kind, school)),
            _ => None,
        };
        let first = joining::day([&self.from_day, &self.from_month, &self.from_year]);
        let from = errors.check("from", first.and_then(|day| day.ok_or("Enter the first day, for example 1 9 2027")));
        let to = errors.check("to", joining::day([&self.to_day, &self.to_month, &self.to_year]));
        let (kind, school, from, to) = (kind?, school?, from?, to?);
        if let Err((name, message)) = joining::span(from, to, today) {
            errors.add(name, message);
            return None;
        }
        Some(Offer { kind, school, from, to })
    }

    /// The fields; `givable` are the roles that can be chosen.
    #[must_use]
    pub fn fields(&self, errors: &Errors, givable: &[RoleKind], schools: &[School], today: Day) -> Markup {
        let mut kinds = vec![(String::new(), "Choose a role".to_owned())];
        kinds.extend(givable.iter().map(|kind| (kind.to_string(), kind.words().to_owned())));
        let mut places = vec![(String::new(), "For the whole cluster".to_owned())];
        places.extend(current(schools, today).map(|school| (school.id.to_string(), school.name.clone())));
        html! {
            (field("role", "Role", &self.role).select(errors, &kinds))
            @if givable.iter().any(|kind| !kind.answers()) { (field("school", "School", &self.school).hint("Science leads, deputies and head teachers belong to a school.").select(errors, &places)) }
            (day_month_year("from", "First day", "", [&self.from_day, &self.from_month, &self.from_year], errors))
            (day_month_year("to", "Last day (optional)", "Leave it empty when the role goes on.", [&self.to_day, &self.to_month, &self.to_year], errors))
        }
    }
}

/// The schools that are members, or will be.
pub fn current(schools: &[School], today: Day) -> impl Iterator<Item = &School> {
    schools.iter().filter(move |school| joining::stays(school, today))
}

/// When a role ends, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    /// `now` or `day`.
    pub when: String,
    #[serde(rename = "last-day")]
    last_day: String,
    #[serde(rename = "last-month")]
    last_month: String,
    #[serde(rename = "last-year")]
    last_year: String,
}

impl EndForm {
    /// With this day.
    #[must_use]
    pub fn on(day: Day) -> Self {
        let [last_day, last_month, last_year] = boxes(day);
        Self { when: "day".into(), last_day, last_month, last_year }
    }

    /// Reads it.
    pub fn until(&self, errors: &mut Errors) -> Option<Until> {
        match self.when.as_str() {
            "now" => Some(Until::Now),
            "day" => {
                let day = joining::day([&self.last_day, &self.last_month, &self.last_year]);
                errors.check("last", day.and_then(|day| day.ok_or("Enter the last day, for example 31 8 2027"))).map(Until::Day)
            }
            _ => {
                errors.add("when", "Choose when the role ends");
                None
            }
        }
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self, errors: &Errors) -> Markup {
        let mut now = choice("now", "Now");
        now.hint = "At once. Whoever has no other role is signed out on every device.".into();
        let mut day = choice("day", "At the end of a day");
        day.hint = "The role counts on its last day, too.".into();
        html! {
            (radios("when", "When does the role end?", "", &self.when, errors, &[day, now]))
            (day_month_year("last", "Last day", "Not needed when it ends now.", [&self.last_day, &self.last_month, &self.last_year], errors))
        }
    }
}
