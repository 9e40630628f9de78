//! Calendar feeds: the page on which one gets, renews and removes the secret addresses, and the feeds themselves.
//!
//! A feed needs no session, since a calendar program has none: its secret is the permission. It works while its person has a
//! role in the cluster; renewed or removed, it is gone at once.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::Period;
use crate::base::ids::{FeedId, ResourceId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::errands::{Errand, Hop, Task, Way};
use crate::bookings::ics::{self, Entry, Uid};
use crate::bookings::pages::see_other;
use crate::bookings::store::errands::{self, Of, Shown};
use crate::bookings::{Kind, State, tell};
use crate::calendar::acts;
use crate::calendar::store::{self, Event, Feed, Shows, Subscription};
use crate::catalogue::store as catalogue;
use crate::db::{self, Actor, Scope, Tx};
use crate::people::Member;
use crate::people::store::{Person, roles};
use crate::schools::{self, SchoolNames};
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
    let shown = app.db.read(scope, move |tx| Ok::<_, Error>(FeedPage::read(tx, feed)?)).await?;
    let entries = shown.entries(&base);
    Ok(answer.content_type("text/calendar; charset=utf-8").body(ics::feed(&name, &entries, &organizer)))
}

/// What a feed is made of.
struct FeedPage {
    /// The schools whose tasks the handovers are; none: nobody's.
    mine: Vec<SchoolId>,
    events: Vec<Event>,
    handovers: Vec<Shown>,
    names: SchoolNames,
    leads: Vec<(SchoolId, Person)>,
}

impl FeedPage {
    /// Four queries.
    fn read(tx: &mut Tx<'_>, feed: Subscription) -> db::Result<Self> {
        let events = store::events(tx, &feed)?;
        let of = match (&feed.resource, feed.schools.as_slice()) {
            (Some((id, _)), _) => Of::Resource(*id),
            (None, []) => Of::All,
            (None, schools) => Of::Schools(schools.to_vec()),
        };
        let handovers = errands::within(tx, store::shown_days(tx.today()), &of)?;
        let names = schools::store::school_names(tx)?;
        let mut ends: Vec<SchoolId> = handovers.iter().flat_map(|one| [one.hop.ends.from, one.hop.ends.to]).collect();
        ends.sort_unstable();
        ends.dedup();
        let leads = roles::leads_of_schools(tx, &ends)?;
        Ok(Self { mine: feed.schools, events, handovers, names, leads })
    }

    /// The loans, and each handover as an entry of its own.
    fn entries(&self, base: &str) -> Vec<Entry> {
        let loans = self.events.iter().map(|event| self.loan(event, base));
        loans.chain(self.handovers.iter().map(|one| self.handover(one, base))).collect()
    }

    /// A loan has the same UID as in its letters, so that no calendar shows it twice. What is said of how it comes and goes changes with
    /// its legs.
    fn loan(&self, event: &Event, base: &str) -> Entry {
        let own: Vec<&Shown> =
            self.handovers.iter().filter(|one| [one.hop.from_booking, one.hop.to_booking].contains(&Some(event.id))).collect();
        let hops: Vec<Hop> = own.iter().map(|one| one.hop.clone()).collect();
        let errand = Errand::of(event.id, event.days, &hops, |id| self.names.of(id).to_owned(), |id| tell::contact(&self.leads, id));
        let typed = [("Class", event.class_name.clone()), ("For", event.purpose.clone())];
        let planned = if event.kind == Kind::Loan { errand.lines() } else { Vec::new() };
        let lines: Vec<String> =
            typed.into_iter().chain(planned).filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}: {text}")).collect();
        Entry {
            uid: Uid::Loan(event.id),
            sequence: event.sequence,
            changed: own.iter().map(|one| one.changed).fold(event.changed, Ord::max),
            state: event.state,
            days: event.days,
            summary: match event.kind {
                Kind::Loan => format!("{} ({}) at {}", event.name, event.tag, event.school),
                Kind::Restock => format!("{} ({}) is being restocked", event.name, event.tag),
            },
            location: event.school.clone(),
            description: lines.join("\n"),
            url: format!("{base}/bookings/{}", event.id),
        }
    }

    fn handover(&self, one: &Shown, base: &str) -> Entry {
        let (hop, ends) = (&one.hop, &one.hop.ends);
        let name = |id: SchoolId| self.names.of(id).to_owned();
        let task = Task::of(ends, &self.mine);
        // Of the side that reads it, with the other one to speak with.
        let gives = self.mine.contains(&ends.from) && !self.mine.contains(&ends.to);
        let (label, words) = if gives || ends.to_store {
            hop.hand_over(name, &tell::contact(&self.leads, ends.to))
        } else {
            hop.fetch(name, &tell::contact(&self.leads, ends.from))
        };
        Entry {
            uid: Uid::Handover(hop.leg),
            sequence: one.revision,
            changed: one.changed,
            state: State::Confirmed,
            days: Period::day(hop.day),
            summary: task.words(&one.item, &name(ends.from), &name(ends.to), ends.to_store),
            location: if ends.way == Way::Bring { name(ends.to) } else { name(ends.from) },
            description: format!("{label}: {words}"),
            url: format!("{base}/legs/{}", hop.leg),
        }
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
                                p { "Every loan and request, a year back and two years ahead, and each handover to come on its day." }
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
