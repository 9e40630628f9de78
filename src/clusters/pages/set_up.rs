//! Setting up: a site without a cluster gets its first one, its lead school and its operator, by the address that the program
//! printed at its start. `GET` and `POST /set-up/{token}`.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::Markup;
use maud::html;
use serde::Deserialize;
use strum::IntoEnumIterator as _;

use crate::base::clock;
use crate::base::days::{self, Day};
use crate::base::secret::Secret;
use crate::clusters::{self, About, Founding, LeadSchool, Nation, Newcomer, SetUpRefusal, acts};
use crate::db::{Actor, Scope, Stop};
use crate::people::pages::{signed_in, user_agent};
use crate::web::answer::unkept;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::parts::head;
use crate::web::{App, Error, page};

/// Makes an address for setting up, which the start of the program prints; `None` when there is a cluster.
///
/// # Errors
/// When the database cannot be used.
pub async fn address(app: &App) -> Result<Option<String>, Error> {
    let made = app.db.write(Scope::of_house(Actor::SetUp(None)), acts::offer_set_up).await?;
    Ok(made.map(|secret| app.site.link(&format!("/set-up/{}", secret.reveal()))))
}

/// `GET /set-up/{token}`.
///
/// # Errors
/// Not found when there is a cluster, or nobody printed this address.
pub async fn form(req: HttpRequest, app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    match app.db.house_read(now, move |house| acts::check_set_up(house, &secret)).await {
        Ok(()) => Ok(answer(&req, &app, &token, &FoundingForm::fresh(clock::today(now)), &Errors::new())),
        Err(stop) => stopped(&app, stop),
    }
}

/// `POST /set-up/{token}`: everything in one transaction, once.
///
/// # Errors
/// Not found when there is a cluster, or nobody printed this address.
pub async fn set_up(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
    form: Posted<FoundingForm>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let founding = match form.read() {
        Ok(founding) => founding,
        Err(errors) => {
            return match app.db.house_read(now, move |house| acts::check_set_up(house, &secret)).await {
                Ok(()) => Ok(answer(&req, &app, &token, &form, &errors)),
                Err(stop) => stopped(&app, stop),
            };
        }
    };
    let (agent, directs) = (user_agent(&req), form.directs());
    let next = format!("/c/{}/about?done=set-up", founding.slug);
    match app.db.write(Scope::of_house(Actor::SetUp(None)), move |tx| acts::set_up(tx, &secret, &founding, directs, &agent)).await {
        Ok(session) => Ok(signed_in(&req, &app, &session, &next)),
        Err(stop) => stopped(&app, stop),
    }
}

fn answer(req: &HttpRequest, app: &App, token: &str, form: &FoundingForm, errors: &Errors) -> HttpResponse {
    let known = guard::visitor_secret(req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let body = html! {
        (head("Set up Boxrota", "Say who you are, and enter your first cluster and its lead school. You need about five minutes.", html! {}))
        (forms::error_summary(errors))
        div.panel.card.form {
            form method="post" action={ "/set-up/" (token) } novalidate {
                (guard::field(&guard::token(&visitor)))
                h2 { "You" }
                (form.person_fields("Your name", "Your e-mail address", "Sign-in links go to it. You become the coordinator of the cluster, and can hand that on later.", errors))
                (forms::checkbox("directs", "I look after several clusters", "You can then add more clusters, and see them all on one page.", form.directs(), errors))
                (form.cluster_fields(errors))
                (forms::submit("Set up Boxrota"))
            }
        }
    };
    let mut answer = unkept(if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY });
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    answer.body(page::outside("Set up Boxrota", app.site.demo, !errors.is_empty(), &body).into_string())
}

fn stopped(app: &App, stop: Stop<SetUpRefusal>) -> Result<HttpResponse, Error> {
    match stop {
        Stop::Refused(SetUpRefusal::NotThere) => return Err(Error::NotFound),
        Stop::Fault(fault) => return Err(fault.into()),
        Stop::Refused(SetUpRefusal::Expired) => {}
    }
    let body = html! {
        div.head { h1 { "This address does not work any more" } }
        div.panel.card.form {
            p { "An address for setting up works for 24 hours. This one is older." }
            p { "Start Boxrota again: each start prints a new one until there is a cluster." }
        }
    };
    Ok(unkept(StatusCode::UNPROCESSABLE_ENTITY)
        .body(page::outside("This address does not work any more", app.site.demo, false, &body).into_string()))
}

/// What a site without a cluster says in place of its sign-in page, without the secret.
#[must_use]
pub fn waiting(app: &App) -> HttpResponse {
    let body = html! {
        div.head { h1 { "This Boxrota waits to be set up" } }
        div.panel.card.form {
            p { "There is no cluster here yet, so nobody can sign in." }
            h2 { "If you run it" }
            p { "When the program started, it printed an address that begins with " b { "Set up Boxrota at" } ". Open that address. It stands in the program's output: in the terminal, in " code { "journalctl -u boxrota" } " or in " code { "docker logs" } "." }
            p { "The address works for 24 hours. If it is older, or you cannot find it, start the program again: it prints a new one." }
            h2 { "If you do not" }
            p { "Ask the person who gave you this address." }
        }
    };
    unkept(StatusCode::OK).body(page::outside("This Boxrota waits to be set up", app.site.demo, false, &body).into_string())
}

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
            cohort_year: clusters::usual_cohort(today).to_string(),
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
        let person = errors.check("person", clusters::person_name(&self.person));
        let email = errors.check("email", self.email.parse());
        let about = read_about(&self.name, &self.cohort_year, &self.nation, &mut errors);
        let slug = match &about {
            // Without a name there is nothing to make a short name of, and one message is enough.
            None if self.slug.trim().is_empty() => None,
            _ => errors.check("slug", clusters::slug(&self.slug, &self.name)),
        };
        let school = errors.check("school", clusters::school_name(&self.school));
        let full = school.as_deref().unwrap_or_default();
        let short_name = errors.check("short_name", clusters::school_short_name(&self.short_name, full));
        let letters = errors.check("letters", clusters::letters(&self.letters, short_name.as_deref().unwrap_or_default()));
        let urn = errors.check("urn", clusters::urn(&self.urn));
        let address = errors.check("address", clusters::address(&self.address));
        let postcode = errors.check("postcode", clusters::postcode(&self.postcode));
        let since = errors.check("since", clusters::day(&self.since_day, &self.since_month, &self.since_year));
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
    let name = errors.check("name", clusters::cluster_name(name));
    let cohort_year = errors.check("cohort_year", clusters::cohort_year(cohort_year));
    let nation = errors.check("nation", clusters::nation(nation));
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
