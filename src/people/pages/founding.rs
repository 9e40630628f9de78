//! The form for a new cluster, which setting up and adding one share: its fields, and what they become.

use maud::{Markup, html};
use serde::Deserialize;
use strum::IntoEnumIterator;

use crate::base::days::{self, Day};
use crate::people::founding::{self, About, Founding, LeadSchool, Nation, Newcomer};
use crate::web::forms::{self, Errors};

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FoundingForm {
    #[serde(default)]
    person: String,
    #[serde(default)]
    email: String,
    /// Ticked: looks after several clusters.
    #[serde(default)]
    pub directs: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    cohort_year: String,
    #[serde(default)]
    nation: String,
    #[serde(default)]
    school: String,
    #[serde(default)]
    short_name: String,
    #[serde(default)]
    letters: String,
    #[serde(default)]
    urn: String,
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    address: String,
    #[serde(default, rename = "since-day")]
    since_day: String,
    #[serde(default, rename = "since-month")]
    since_month: String,
    #[serde(default, rename = "since-year")]
    since_year: String,
}

impl FoundingForm {
    /// The form before anybody has typed: the year's cohort, and a member from today.
    #[must_use]
    pub fn fresh(today: Day) -> Self {
        use chrono::Datelike;
        Self {
            cohort_year: founding::usual_cohort(today).to_string(),
            nation: Nation::default().to_string(),
            since_day: today.day().to_string(),
            since_month: today.month().to_string(),
            since_year: today.year().to_string(),
            ..Self::default()
        }
    }

    /// Whether the box "I look after several clusters" is ticked.
    #[must_use]
    pub fn directs(&self) -> bool {
        self.directs == "yes"
    }

    /// What it becomes.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read(&self) -> Result<Founding, Errors> {
        let mut errors = Errors::new();
        let person = errors.check("person", founding::person_name(&self.person));
        let email = errors.check("email", self.email.parse());
        let about = read_about(&self.name, &self.cohort_year, &self.nation, &mut errors);
        let slug = match &about {
            // Without a name there is nothing to make a short name of, and one message is enough.
            None if self.slug.trim().is_empty() => None,
            _ => errors.check("slug", founding::slug(&self.slug, &self.name)),
        };
        let school = errors.check("school", founding::school_name(&self.school));
        let full = school.as_deref().unwrap_or_default();
        let short_name = errors.check("short_name", founding::school_short_name(&self.short_name, full));
        let letters = errors.check("letters", founding::letters(&self.letters, short_name.as_deref().unwrap_or_default()));
        let urn = errors.check("urn", founding::urn(&self.urn));
        let address = errors.check("address", founding::address(&self.address));
        let postcode = errors.check("postcode", founding::postcode(&self.postcode));
        let since = errors.check("since", founding::day(&self.since_day, &self.since_month, &self.since_year));
        let whole = || {
            Some(Founding {
                slug: slug?,
                about: about?,
                school: LeadSchool {
                    name: school?,
                    short_name: short_name?,
                    letters: letters?,
                    urn: urn?,
                    address: address?,
                    postcode: postcode?,
                    since: since?,
                },
                coordinator: Newcomer { name: person?, email: email? },
            })
        };
        whole().ok_or(errors)
    }

    /// The fields of a person, under the heading of the page.
    #[must_use]
    pub fn person_fields(&self, name: &str, email: &str, hint: &str, errors: &Errors) -> Markup {
        html! {
            (forms::field("person", name, &self.person).width("full").text(errors))
            (forms::field("email", email, &self.email).hint(hint).email().width("full").text(errors))
        }
    }

    /// The fields of the cluster and its lead school.
    #[must_use]
    pub fn cluster_fields(&self, errors: &Errors) -> Markup {
        html! {
            h2 { "The cluster" }
            (about_fields(&self.name, &self.cohort_year, &self.nation, errors))
            (forms::field("slug", "Short name for addresses", &self.slug).hint("Small letters, digits and hyphens, like south-milford. It cannot be changed later. Leave it empty to have it made from the name.").optional().text(errors))
            h2 { "The lead school" }
            p.hint { "It holds the cluster's money. You add the other schools afterwards." }
            (forms::field("school", "Full name of the school", &self.school).width("full").text(errors))
            (forms::field("short_name", "Short name", &self.short_name).hint("For lists and the calendar, like Saxton. Leave it empty to have it made from the name.").optional().text(errors))
            (forms::field("letters", "Two-letter code", &self.letters).hint("Where space is narrow, like SA. Leave it empty to have it made from the short name.").optional().width("w4").text(errors))
            (forms::field("address", "Address, without the postcode", &self.address).optional().width("full").text(errors))
            (forms::field("postcode", "Postcode", &self.postcode).width("w10").text(errors))
            (forms::field("urn", "URN", &self.urn).hint("The unique reference number of a school in England: six digits.").optional().width("w10").text(errors))
            (forms::day_month_year("since", "Member and lead school since", "For example, 1 9 2026", [&self.since_day, &self.since_month, &self.since_year], errors))
        }
    }
}

/// What is said of a cluster, from what was typed.
pub fn read_about(name: &str, cohort_year: &str, nation: &str, errors: &mut Errors) -> Option<About> {
    let name = errors.check("name", founding::cluster_name(name));
    let cohort_year = errors.check("cohort_year", founding::cohort_year(cohort_year));
    let nation = errors.check("nation", founding::nation(nation));
    Some(About { name: name?, cohort_year: cohort_year?, nation: nation? })
}

/// The fields of what can be changed later.
#[must_use]
pub fn about_fields(name: &str, cohort_year: &str, nation: &str, errors: &Errors) -> Markup {
    let nations: Vec<_> = Nation::iter().map(|one| forms::choice(one.to_string(), one.words())).collect();
    html! {
        (forms::field("name", "Name of the cluster", name).hint("For example, South Milford").width("full").text(errors))
        (forms::field("cohort_year", "Cohort year", cohort_year).hint("The year in which its programme started.").optional().number().text(errors))
        (forms::radios("nation", "Nation", "It decides nothing but what forms suggest.", nation, errors, &nations))
    }
}

/// The cohort year, or that nobody has said it.
#[must_use]
pub fn cohort_words(year: Option<i32>) -> String {
    year.map_or_else(|| "Not said".to_owned(), |year| year.to_string())
}

/// The lead school and since when, or that there is none.
#[must_use]
pub fn since_words(lead: Option<&(String, Day)>) -> String {
    lead.map_or_else(|| "None at the moment".to_owned(), |(name, since)| format!("{name}, since {}", days::long(*since)))
}
