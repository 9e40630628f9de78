//! Calendar feeds: the page on which one gets, renews and removes the secret addresses, and the feeds themselves.
//!
//! A feed needs no session, since a calendar program has none: its secret is the permission. It works while its person has a
//! role in the cluster; renewed or removed, it is gone at once.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::ids::{FeedId, ResourceId};
use crate::base::secret::Secret;
use crate::bookings::ics::{self, Entry};
use crate::bookings::pages::see_other;
use crate::bookings::{Kind, tell};
use crate::calendar::acts;
use crate::calendar::store::{self, Event, Feed, Shows};
use crate::catalogue::store as catalogue;
use crate::db::{Actor, Scope};
use crate::people::Member;
use crate::web::answer::unkept;
use crate::web::forms::{field, verb};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, banner, details, head, icon};
use crate::web::{App, Error};

/// What was done on the page before, as a word.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Query {
    #[serde(default)]
    done: String,
}

/// Shows the person's feeds.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let person = member.person;
    let read = app.db.read(member.scope(), move |tx| Ok::<_, Error>((store::of_person(tx, person)?, catalogue::names(tx)?)));
    let (feeds, resources) = read.await?;
    let view = View { app: &app, member: &member, feeds: &feeds, resources: &resources };
    let page = page(&member.shell(Nav::Feeds), "Calendar feeds", &view.page(&query.done));
    // The page holds secrets: no copy of it stays behind on a shared machine.
    Ok(unkept(StatusCode::OK).body(page.into_string()))
}

/// What a new feed shows: a resource's letters, or nothing for the own loans.
#[derive(Debug, Default, serde::Deserialize)]
pub struct New {
    #[serde(default)]
    resource: String,
}

/// Makes a feed.
///
/// # Errors
/// 404 when the resource is not in this cluster; when the database cannot be written.
pub async fn create(app: web::Data<App>, member: Member, form: Posted<New>) -> Result<HttpResponse, Error> {
    let resource = match form.0.resource.as_str() {
        "" => None,
        letters => Some(letters.parse::<ResourceId>().map_err(|_| Error::NotFound)?),
    };
    let id = app.db.write(member.scope(), move |tx| Ok::<_, Error>(acts::create(tx, resource)?)).await?;
    Ok(back(&member, "created", Some(id)))
}

/// Gives a feed a new address; the old one is dead at once.
///
/// # Errors
/// 404 when it is not this person's; when the database cannot be written.
pub async fn renew(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, FeedId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let new = app.db.write(member.scope(), move |tx| Ok::<_, Error>(acts::renew(tx, id)?)).await?;
    Ok(back(&member, "renewed", Some(new)))
}

/// Removes a feed.
///
/// # Errors
/// 404 when it is not this person's; when the database cannot be written.
pub async fn remove(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, FeedId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    app.db.write(member.scope(), move |tx| Ok::<_, Error>(acts::remove(tx, id)?)).await?;
    Ok(back(&member, "removed", None))
}

fn back(member: &Member, done: &str, feed: Option<FeedId>) -> HttpResponse {
    let place = feed.map(|id| format!("#f-{id}")).unwrap_or_default();
    see_other(&format!("{}/feeds?done={done}{place}", member.base()))
}

/// The feed itself. `GET /feed/{token}.ics`, without a session.
///
/// # Errors
/// 404 when the address is wrong, renewed or removed, or its person has left.
pub async fn serve(app: web::Data<App>, req: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&path).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let token = secret.reveal().to_owned();
    let feed = app.db.house_read(now, move |house| Ok::<_, Error>(store::by_token(house, &token)?)).await?.ok_or(Error::NotFound)?;
    let scope = Scope::new(feed.cluster, Actor::Bearer(feed.person));
    // Exact, like a page's tag: every write raises the version, and the window moves with the day.
    let mut hash = DefaultHasher::new();
    (feed.person.0, &feed.slug, &feed.cluster_name, crate::base::clock::today(now), env!("CARGO_PKG_VERSION")).hash(&mut hash);
    (feed.resource.as_ref().map(|(id, name)| (id.0, name)), feed.schools.iter().map(|school| school.0).collect::<Vec<_>>()).hash(&mut hash);
    let tag = format!("\"{}-{:x}\"", feed.version, hash.finish());
    let known = req.headers().get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut answer = if same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // No keeping: a renewed address must die at once, wherever a copy of it went.
    answer.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if same {
        return Ok(answer.finish());
    }
    let base = app.site.link(&format!("/c/{}", feed.slug));
    let organizer = tell::organizer(&app.site, &feed.cluster_name);
    let what = feed.resource.as_ref().map_or("Boxes", |(_, name)| name.as_str());
    let name = format!("{what} ({})", feed.cluster_name);
    let events = app.db.read(scope, move |tx| Ok::<_, Error>(store::events(tx, &feed)?)).await?;
    let entries: Vec<Entry> = events.into_iter().map(|event| entry(event, &base)).collect();
    Ok(answer.content_type("text/calendar; charset=utf-8").body(ics::feed(&name, &entries, &organizer)))
}

/// A booking as an entry: the same UID as in its letters, so that no calendar shows it twice.
fn entry(event: Event, base: &str) -> Entry {
    let lines = [("Class", &event.class_name), ("For", &event.purpose)];
    let lines: Vec<String> = lines.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}: {text}")).collect();
    Entry {
        id: event.id,
        sequence: event.sequence,
        changed: event.changed,
        state: event.state,
        days: event.days,
        summary: match event.kind {
            Kind::Loan => format!("{} ({}) at {}", event.name, event.tag, event.school),
            Kind::Restock => format!("{} ({}) is being restocked", event.name, event.tag),
        },
        location: event.school,
        description: lines.join("\n"),
        url: format!("{base}/bookings/{}", event.id),
    }
}

struct View<'a> {
    app: &'a App,
    member: &'a Member,
    feeds: &'a [Feed],
    resources: &'a [(ResourceId, String)],
}

impl View<'_> {
    fn page(&self, done: &str) -> Markup {
        let own = self.feeds.iter().find(|feed| feed.shows == Shows::Own);
        let others: Vec<&Feed> = self.feeds.iter().filter(|feed| feed.shows != Shows::Own).collect();
        let whose = match self.member.own_school() {
            Some(school) => format!("Loans of {}", school.short_name),
            None => "All loans of the cluster".to_owned(),
        };
        html! {
            (head("Calendar feeds", "Loans in your own calendar. They change there when they change here.", html! {}))
            @match done {
                "created" => { (banner(Tone::Good, "Your feed is ready", html! { p { "Copy its address into your calendar, as this page shows." } })) }
                "renewed" => { (banner(Tone::Good, "The feed has a new address", html! { p { "The old one no longer works. Copy the new one into your calendar." } })) }
                "removed" => { (banner(Tone::Good, "The feed is removed", html! { p { "Its address no longer works. You can now take it out of your calendar." } })) }
                _ => {}
            }
            div.side {
                div.stack {
                    section.panel.card {
                        h2 { (whose) }
                        @match own {
                            Some(feed) => { (self.feed(feed, &whose)) }
                            None => {
                                p { "Every loan and request, a year back and two years ahead." }
                                div.acts.end { (verb(&self.address(""), self.member.csrf(), "Make my feed", "rss")) }
                            }
                        }
                    }
                    section.panel.card {
                        h2 { "One box or kit" }
                        @if others.is_empty() { p.hint { "Follow one box wherever it goes: every school's loans of it." } }
                        @for feed in &others {
                            @if let Shows::Resource { id, name } = &feed.shows {
                                h3 { a href={ (self.member.base()) "/boxes/" (id) } { (name) } }
                                (self.feed(feed, name))
                            }
                        }
                        (self.choose(&others))
                    }
                }
                (self.help())
            }
        }
    }

    fn address(&self, rest: &str) -> String {
        format!("{}/feeds{rest}", self.member.base())
    }

    fn feed(&self, feed: &Feed, what: &str) -> Markup {
        let url = self.app.site.link(&format!("/feed/{}.ics", feed.token));
        let webcal = url.split_once("://").map(|(_, rest)| format!("webcal://{rest}")).unwrap_or_default();
        let (name, token) = (format!("f-{}", feed.id), self.member.csrf());
        html! {
            div.feed {
                label for=(name) { "Secret address" span.vh { " of " (what) } }
                div.copy {
                    input.in.full id=(name) type="text" value=(url) readonly data-select;
                    button.btn type="button" data-copy=(name) hidden { "Copy" span.vh { " the address of " (what) } }
                }
                div.acts {
                    a.btn href=(webcal) { (icon("calendar-plus")) "Open in my calendar" }
                    (verb(&self.address(&format!("/{}/renew", feed.id)), token, "Give it a new address", "repeat"))
                    (verb(&self.address(&format!("/{}/remove", feed.id)), token, "Remove", "x"))
                }
            }
        }
    }

    fn choose(&self, others: &[&Feed]) -> Markup {
        let has = |id: ResourceId| others.iter().any(|feed| matches!(&feed.shows, Shows::Resource { id: own, .. } if *own == id));
        let left: Vec<(String, String)> =
            self.resources.iter().filter(|(id, _)| !has(*id)).map(|(id, name)| (id.to_string(), name.clone())).collect();
        html! {
            @if !left.is_empty() {
                form method="post" action=(self.address("")) {
                    (self.member.csrf_field())
                    (field("resource", if others.is_empty() { "Box or kit" } else { "Another one" }, "").select(&crate::web::forms::Errors::new(), &left))
                    button.btn type="submit" { (icon("rss")) "Make a feed" }
                }
            }
        }
    }

    fn help(&self) -> Markup {
        html! {
            section.panel.card {
                h2 { "How to use it" }
                p { "Copy the secret address, then:" }
                (details("Outlook", html! {
                    ol.steps {
                        li { "Open the calendar on the web (outlook.office.com) or in Outlook." }
                        li { "Choose " b { "Add calendar" } ", then " b { "Subscribe from web" } "." }
                        li { "Paste the address, give it a name and choose " b { "Import" } "." }
                    }
                }))
                (details("Google Calendar", html! {
                    ol.steps {
                        li { "Open calendar.google.com on a computer." }
                        li { "Beside " b { "Other calendars" } " choose the plus sign, then " b { "From URL" } "." }
                        li { "Paste the address and choose " b { "Add calendar" } ". Google looks for changes about twice a day." }
                    }
                }))
                (details("Apple Calendar, iPhone and iPad", html! {
                    ol.steps {
                        li { "Choose " b { "Open in my calendar" } " on the device itself, and say yes." }
                        li { "Or in Calendar on a Mac: " b { "File" } ", " b { "New Calendar Subscription" } ", and paste the address." }
                    }
                }))
                @if self.app.site.demo { p.hint { "In this demo only a calendar program on this machine can reach the address." } }
                h3.gap { "Keep it to yourself" }
                p { "Whoever has the address can see the loans, without signing in. It shows nothing else and can change nothing. If it got about, give it a new one: the old one stops at once." }
            }
        }
    }
}
