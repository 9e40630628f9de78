//! Permission as a parameter type: a handler that takes a [`Coordinator`] cannot be reached by anybody else.
//!
//! Each type is built from the session's cookie and the cluster in the address. No role in that cluster: 404, as if it were
//! not there. The wrong role: 403, in words that say who can.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use maud::Markup;

use super::{Cluster, Membership, Role, RoleKind, giving, store};
use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::SessionId;
use crate::base::secret::Secret;
use crate::db::{self, Actor, Scope, Snapshot};
use crate::people::store::roles;
use crate::people::store::sessions::{self, Found, Here};
use crate::web::app::{Site, Waiting};
use crate::web::page::{Around, Nav, Own, Shell};
use crate::web::{App, Error, compress, guard};

/// A person with some role in the cluster of the address.
pub struct Member {
    facts: Membership,
    actor: Actor,
    /// The transaction in which who it is was asked, where the request asks for a page and brings nothing to wait for.
    snapshot: Snapshot,
    /// When the request came; what is stored is dated by the transaction.
    pub now: DateTime<Utc>,
    csrf: String,
    base: String,
    demo: bool,
    /// What waits for whoever has an inbox; `None` for others, and on the page that lists it.
    waiting: Option<Waiting>,
}

impl Deref for Member {
    type Target = Membership;
    fn deref(&self) -> &Membership {
        &self.facts
    }
}

impl Member {
    /// The context of this person's transactions.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::new(self.facts.cluster.id, self.actor.clone()).within(&self.snapshot)
    }

    /// The day it is at the schools.
    #[must_use]
    pub fn today(&self) -> Day {
        clock::today(self.now)
    }

    /// The beginning of every address in this cluster: `/c/south-milford`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token that forms carry.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// The hidden field that every form needs.
    #[must_use]
    pub fn csrf_field(&self) -> Markup {
        guard::field(&self.csrf)
    }

    /// What waits for this person, as the menu counts it.
    #[must_use]
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// What the shell around a page shows.
    #[must_use]
    pub fn shell(&self, nav: Nav) -> Shell {
        Shell {
            base: self.base.clone(),
            cluster: self.cluster.name.clone(),
            person: self.name.clone(),
            place: self
                .own_school()
                .map(|school| school.short_name.clone())
                .or_else(|| self.roles.first().map(|role| role.kind.words().to_owned()))
                .unwrap_or_default(),
            coordinator: self.is(RoleKind::Coordinator),
            week: self.roles.iter().any(|role| role.kind != RoleKind::Bursar),
            inbox: self.waiting.as_ref().map(|waiting| waiting.many),
            csrf: self.csrf.clone(),
            others: self.elsewhere.iter().map(|other| (format!("/c/{}", other.slug), other.name.clone())).collect(),
            demo: self.demo,
            nav,
        }
    }

    /// The tag of a page that depends on nothing but the cluster's rows, the day and who looks: exact, because every write
    /// raises the cluster's version.
    #[must_use]
    pub fn etag(&self, req: &HttpRequest) -> String {
        let mut hash = DefaultHasher::new();
        (self.facts.person.0, self.facts.session.0, &self.facts.name, self.today(), req.query_string(), req.path()).hash(&mut hash);
        req.headers().contains_key("hx-request").hash(&mut hash);
        for role in &self.facts.roles {
            (role.kind, role.school.as_ref().map(|school| (school.id.0, &school.short_name))).hash(&mut hash);
        }
        for other in &self.facts.elsewhere {
            (&other.slug, &other.name).hash(&mut hash);
        }
        if let Some(waiting) = &self.waiting {
            waiting.many.hash(&mut hash);
            waiting.chips.iter().for_each(|chip| chip.words.hash(&mut hash));
        }
        crate::web::assets::asset("app.css").hash(&mut hash);
        env!("CARGO_PKG_VERSION").hash(&mut hash);
        format!("W/\"{}-{:x}\"", self.cluster.version, hash.finish())
    }

    /// "Not modified", when the browser has the page as it is now.
    #[must_use]
    pub fn unchanged(&self, req: &HttpRequest) -> Option<HttpResponse> {
        let tag = self.etag(req);
        let known = req.headers().get(header::IF_NONE_MATCH)?.to_str().ok()?;
        known.split(',').any(|one| one.trim() == tag).then(|| {
            HttpResponse::NotModified()
                .insert_header((header::ETAG, tag))
                .insert_header((header::CACHE_CONTROL, "private, no-cache"))
                .insert_header((header::VARY, "Cookie, HX-Request"))
                .finish()
        })
    }

    /// A page with its tag, to be asked about again before it is shown again.
    #[must_use]
    pub fn tagged(&self, req: &HttpRequest, page: Markup) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer
            .content_type("text/html; charset=utf-8")
            .insert_header((header::ETAG, self.etag(req)))
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .insert_header((header::VARY, "Cookie, HX-Request"));
        compress::finish(req, answer, page.into_string())
    }

    fn of(Here { facts, actor, waiting }: Here, site: &Site, secret: &Secret, snapshot: Snapshot, now: DateTime<Utc>) -> Self {
        let base = format!("/c/{}", facts.cluster.slug);
        Self { facts, actor, snapshot, now, csrf: guard::token(secret), base, demo: site.demo, waiting }
    }

    /// `counts`: whether what waits in the inbox is asked for.
    async fn from_cookie(req: &HttpRequest, counts: bool) -> Result<Self, Error> {
        let app = app(req)?;
        let next = if req.method() == Method::GET { req.uri().path_and_query().map_or("/", |path| path.as_str()) } else { "/" };
        let next = next.to_owned();
        let secret = guard::session_secret(req, &app.site).ok_or_else(|| Error::SignIn { next: next.clone() })?;
        let asks = [Method::GET, Method::HEAD].contains(req.method());
        let slug = req.match_info().get("cluster").unwrap_or_default().to_owned();
        let now = app.clock.now();
        let (hash, ask) = (secret.hash(), counts.then_some(app.inbox));
        // A form may be long under way: it holds no connection meanwhile.
        let (found, snapshot) = if asks {
            app.db.look(now, move |house| sessions::who(house, &hash, &slug, ask)).await?
        } else {
            (app.db.house_read(now, move |house| sessions::who(house, &hash, &slug, ask)).await?, Snapshot::default())
        };
        match found {
            Found::Here(here) => Ok(Self::of(*here, &app.site, &secret, snapshot, now)),
            Found::Elsewhere => Err(Error::NotFound),
            Found::Nobody => Err(Error::SignIn { next }),
        }
    }
}

/// What stands around a page that is nobody's own, or that says what went wrong, for whoever is signed in: the cluster of the address, or
/// his only one; where he has several, his account. `None` for a stranger, and where the database cannot say.
pub async fn around(req: &HttpRequest) -> Option<Around> {
    let app = app(req).ok()?;
    let secret = guard::session_secret(req, &app.site)?;
    let mut parts = req.path().split('/').skip(1);
    let slug = parts.next().filter(|first| *first == "c").and_then(|_| parts.next()).unwrap_or_default().to_owned();
    let (hash, ask, now) = (secret.hash(), app.inbox, app.clock.now());
    let found = app
        .db
        .house_read(now, move |house| {
            if let Some(here) = sessions::here(house, &hash, &slug, Some(ask))? {
                return Ok::<_, db::Error>((Some(here), None));
            }
            let Some((person, _, clusters)) = sessions::signed_in(house, &hash)? else { return Ok((None, None)) };
            let only = match clusters.as_slice() {
                [only] => sessions::here(house, &hash, &only.slug, Some(ask))?,
                _ => None,
            };
            Ok((only, Some((person, clusters))))
        })
        .await
        .ok()?;
    match found {
        (Some(here), _) => Some(Around::Cluster(Member::of(here, &app.site, &secret, Snapshot::default(), now).shell(Nav::Other))),
        (None, Some((person, clusters))) => Some(Around::Own(Own {
            person: person.name,
            csrf: guard::token(&secret),
            clusters: clusters.into_iter().map(|cluster| (format!("/c/{}", cluster.slug), cluster.name)).collect(),
            demo: app.site.demo,
        })),
        (None, None) => None,
    }
}

fn app(req: &HttpRequest) -> Result<web::Data<App>, Error> {
    req.app_data::<web::Data<App>>().cloned().ok_or_else(|| Error::Broken("no app".into()))
}

impl FromRequest for Member {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            match Self::from_cookie(&req, true).await {
                Err(fault @ (Error::NotFound | Error::SignIn { .. })) => Err(too_late(&req, fault, |_| true).await),
                done => done,
            }
        })
    }
}

/// What whoever sends a form hears who is not let in. Who was let in once, by a role with which `would` be allowed or by a session that is
/// over, hears that he comes too late, and gets back what he typed; others hear `fault` and learn nothing.
async fn too_late(req: &HttpRequest, fault: Error, would: impl Fn(&Role) -> bool) -> Error {
    let Ok(app) = app(req) else { return fault };
    let sends = ![Method::GET, Method::HEAD].contains(req.method());
    let Some(secret) = guard::session_secret(req, &app.site).filter(|_| sends) else { return fault };
    let (hash, slug) = (secret.hash(), req.match_info().get("cluster").unwrap_or_default().to_owned());
    let past = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(sessions::past(house, &hash, &slug)?)).await;
    // Of a stranger, whatever cookie he has made up, nothing is read.
    let Ok(Some(past)) = past else { return fault };
    guard::form_is_read(req).await;
    let lost = past.ended.iter().find(|held| would(&Role { kind: held.kind, school: held.school.clone() }));
    match lost {
        Some(held) => Error::RoleEnded(held.words()),
        None if past.over => Error::SessionOver,
        None => fault,
    }
}

/// Declares a member with a further condition.
macro_rules! kinds_of_member {
    ($($(#[$doc:meta])* $name:ident($counts:expr): $has:expr, $else:expr;)+) => {$(
        $(#[$doc])*
        pub struct $name(Member);

        impl Deref for $name {
            type Target = Member;
            fn deref(&self) -> &Member {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Error;
            type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                let req = req.clone();
                Box::pin(async move {
                    let member = match Member::from_cookie(&req, $counts).await {
                        Err(fault @ (Error::NotFound | Error::SignIn { .. })) => return Err(too_late(&req, fault, |_| true).await),
                        done => done?,
                    };
                    let has: fn(&Membership) -> bool = $has;
                    if has(&member) {
                        return Ok(Self(member));
                    }
                    let would = |role: &Role| has(&Membership { roles: vec![role.clone()], ..member.facts.clone() });
                    Err(too_late(&req, Error::NotAllowed($else), would).await)
                })
            }
        }
    )+};
}

kinds_of_member! {
    /// A person who may book: a science lead, or the coordinator on behalf of a school.
    Borrower(true): Membership::may_borrow,
        "Only science leads and the coordinator reserve, count and hand over boxes. Ask the science lead of your school.";
    /// A person who may say when a school is closed: a science lead for the own school, or the coordinator.
    DayKeeper(true): Membership::may_borrow,
        "Only science leads and the coordinator enter closed days. Ask the science lead of your school.";
    /// The cluster's coordinator.
    Coordinator(true): |member| member.is(RoleKind::Coordinator),
        "Only the coordinator of the cluster can do this.";
    /// Who answers for the cluster itself: its coordinator, or its programme director.
    Overseer(true): |member| member.is(RoleKind::Coordinator) || member.is(RoleKind::Director),
        "Only the coordinator and the programme director of the cluster can do this.";
    /// Who has an inbox, on the page that lists it: what waits is read there, and not twice.
    InboxReader(false): Membership::has_inbox,
        "Only the coordinator and the bursar of the cluster have an inbox.";
}

/// A signed-in person, in whatever cluster: the front page and signing out.
pub struct SignedIn {
    /// Who.
    pub person: store::Person,
    /// The device.
    pub session: SessionId,
    /// Where he has a role today.
    pub clusters: Vec<Cluster>,
    /// The token that forms carry.
    pub csrf: String,
}

impl SignedIn {
    /// As whom the person acts on what belongs to no cluster.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Person { person: self.person.id, session: self.session, roles: [].into() }
    }
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let app = app(&req)?;
            let next = if req.method() == Method::GET { req.uri().path_and_query().map_or("/", |path| path.as_str()) } else { "/" };
            let sign_in = || Error::SignIn { next: next.to_owned() };
            let secret = guard::session_secret(&req, &app.site).ok_or_else(sign_in)?;
            let hash = secret.hash();
            let found = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(sessions::signed_in(house, &hash)?)).await?;
            let Some((person, session, clusters)) = found else { return Err(too_late(&req, sign_in(), |_| true).await) };
            Ok(Self { person, session, clusters, csrf: guard::token(&secret) })
        })
    }
}

/// A person who may create clusters: a programme director, as [`giving::may_found`] says.
pub struct ClusterMaker(SignedIn);

impl Deref for ClusterMaker {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl FromRequest for ClusterMaker {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let signed_in = SignedIn::from_request(&req, payload);
        Box::pin(async move {
            let who = signed_in.await?;
            let (app, person) = (app(&req)?, who.person.id);
            let standing = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(roles::standing(house, person)?)).await?;
            giving::may_found(&standing).map_err(|refusal| Error::NotAllowed(refusal.words()))?;
            Ok(Self(who))
        })
    }
}
