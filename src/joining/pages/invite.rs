//! Inviting somebody, and the invitations that nobody has answered yet: sent again, or withdrawn.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::person::answer;
use crate::base::ids::InvitationId;
use crate::base::{Day, EmailAddress, clock, days};
use crate::db::Stop;
use crate::joining::acts::{self, Sender};
use crate::joining::pages::forms::RoleForm;
use crate::joining::store::Invitation;
use crate::joining::{self, InvitationRefusal, Wanted};
use crate::people::giving::{self, By, Change, RoleRefusal};
use crate::people::store::roles;
use crate::people::{Held, Member, Overseer};
use crate::schools::{self, School};
use crate::web::answer::see_other;
use crate::web::forms::{Errors, csrf_field, error_summary, field, submit, verb};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, head, pill, table_or_cards};
use crate::web::{App, Error};

/// The school that a link of ours has chosen already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    school: String,
}

/// Who, with which role: the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InviteForm {
    name: String,
    email: String,
    #[serde(flatten)]
    role: RoleForm,
}

impl InviteForm {
    /// Who is wanted as what.
    fn read(&self, today: Day) -> Result<Wanted, Errors> {
        let mut errors = Errors::new();
        let name = errors.check("name", joining::name(&self.name));
        let email = errors.check("email", self.email.parse::<EmailAddress>());
        match (name, email, self.role.offer(today, &mut errors)) {
            (Some(name), Some(email), Some(offer)) => Ok(Wanted { name, email, offer }),
            _ => Err(errors),
        }
    }
}

/// The form.
///
/// # Errors
/// When the database cannot be read.
pub async fn form(app: web::Data<App>, member: Overseer, query: web::Query<Chosen>) -> Result<HttpResponse, Error> {
    let mut role = RoleForm::fresh(member.today());
    if !query.school.is_empty() {
        role.school.clone_from(&query.school);
        role.role = "ssl".into();
    }
    invite_page(&app, &member, &InviteForm { role, ..InviteForm::default() }, &Errors::new()).await
}

async fn invite_page(app: &App, member: &Overseer, form: &InviteForm, errors: &Errors) -> Result<HttpResponse, Error> {
    let (schools, answering) =
        app.db.read(member.scope(), |tx| Ok::<_, Error>((schools::store::schools(tx)?, roles::answering(tx)?))).await?;
    let givable = giving::givable(member.person, None, &answering, member.today());
    let here = format!("{}/people", member.base());
    let main = html! {
        (back(&here, "People and schools"))
        (error_summary(errors))
        (head("Invite somebody", "They get an e-mail with a link. The role begins when they accept, and not before its first day.", html! {}))
        section.panel.card {
            form.form method="post" action={ (here) "/invite" } novalidate {
                (csrf_field(member.csrf()))
                (field("name", "Name", &form.name).hint("As colleagues know them. For example: Sam Okoro").text(errors))
                (field("email", "E-mail address", &form.email).hint("Their school address. The link goes there.").email().text(errors))
                (form.role.fields(errors, &givable, &schools, member.today()))
                div.acts { (submit("Send the invitation")) a.btn href=(here) { "Cancel" } }
            }
        }
    };
    Ok(answer(errors, &form_page(&member.shell(Nav::Cluster), "Invite somebody", !errors.is_empty(), &main)))
}

/// Invites.
///
/// # Errors
/// When the database refuses.
pub async fn invite(app: web::Data<App>, member: Overseer, form: Posted<InviteForm>) -> Result<HttpResponse, Error> {
    let (Posted(form), sender) = (form, sender(&member));
    let wanted = match form.read(member.today()) {
        Ok(wanted) => wanted,
        Err(errors) => return invite_page(&app, &member, &form, &errors).await,
    };
    match app.db.write(member.scope(), move |tx| acts::invite(tx, &wanted, &sender)).await {
        Ok(()) => Ok(see_other(&format!("{}/people?done=invited", member.base()))),
        Err(Stop::Refused(refusal)) => invite_page(&app, &member, &form, &Errors::one(refusal.field(), refusal.to_string())).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// What the letters say of the cluster and of this person.
pub(super) fn sender(member: &Member) -> Sender {
    Sender { base: member.base().to_owned(), cluster: member.cluster.name.clone(), inviter: member.name.clone() }
}

/// The invitations that nobody has answered, each with what this person can do about it; nothing when there are none.
#[must_use]
pub fn list(member: &Member, open: &[Invitation], answering: &[Held], schools: &[School]) -> Markup {
    let (here, today) = (format!("{}/people/invitations", member.base()), member.today());
    let may = |change| giving::may(By::Person(member.person), change, answering, today).is_ok();
    let verbs = |one: &Invitation| {
        let kind = one.wanted.offer.kind;
        // To one's own address it is to oneself.
        let to = (one.wanted.email.as_str() == member.email).then_some(member.person);
        let again = may(Change::Give { kind, to }) && joining::worth_sending(&one.wanted.offer, schools, today);
        let withdraw = may(Change::Withdraw { kind });
        html! {
            @if again || withdraw {
                div.verbs {
                    @if again { (verb(&format!("{here}/{}/again", one.id), member.csrf(), "Send again", "mail")) }
                    @if withdraw { (verb(&format!("{here}/{}/withdraw", one.id), member.csrf(), "Withdraw", "x")) }
                }
            } @else { "Nothing" }
        }
    };
    let standing = |one: &Invitation| {
        joining::usable(Some(one.standing), member.now, today)
            .and_then(|()| joining::still_given((&one.wanted.offer, one.invited_by, None), answering, schools, today))
    };
    html! {
        @if !open.is_empty() {
            section.panel.card #invitations {
                h2 { "Invitations without an answer" }
                (table_or_cards("Invitations without an answer", &["Who", "Role", "How it stands", "What you can do"], html! {
                    @for one in open {
                        tr {
                            th scope="row" { (one.wanted.name) br; small { (one.wanted.email) } }
                            td data-h="Role" { (one.words()) ", from " (days::long(one.wanted.offer.from)) }
                            td data-h="How it stands" {
                                @match standing(one) {
                                    Ok(()) => { "Open until " (days::long(clock::today(one.standing.expires_at))) },
                                    Err(InvitationRefusal::Over) => (pill(Tone::Warn, "The role is over")),
                                    Err(InvitationRefusal::SchoolLeaves) => (pill(Tone::Warn, "The school leaves before")),
                                    Err(InvitationRefusal::SchoolLeft) => (pill(Tone::Warn, "The school has left")),
                                    Err(InvitationRefusal::Role(_)) => { (pill(Tone::Warn, "Cannot be accepted")) " Who sent it cannot give this role any more." },
                                    Err(_) => (pill(Tone::Warn, "Run out")),
                                }
                            }
                            td data-h="What you can do" { (verbs(one)) }
                        }
                    }
                }))
            }
        }
    }
}

type One = web::Path<(String, InvitationId)>;

/// Sends a new link; the old one is dead.
///
/// # Errors
/// When it is not there, or not this person's to send.
pub async fn again(app: web::Data<App>, member: Overseer, path: One, _: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let (id, sender) = (path.into_inner().1, sender(&member));
    let sent = app.db.write(member.scope(), move |tx| acts::send_again(tx, id, &sender)).await.map_err(not_allowed)?;
    Ok(see_other(&format!("{}/people?done={}", member.base(), if sent { "again" } else { "answered" })))
}

/// Takes an invitation back.
///
/// # Errors
/// When it is not there, or not this person's to take back.
pub async fn withdraw(app: web::Data<App>, member: Overseer, path: One, _: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let done = app.db.write(member.scope(), move |tx| acts::withdraw(tx, id)).await.map_err(not_allowed)?;
    Ok(see_other(&format!("{}/people?done={}", member.base(), if done { "withdrawn" } else { "answered" })))
}

/// What a rule about roles says no with, where there is no form to say it in.
fn not_allowed(stop: Stop<RoleRefusal>) -> Error {
    match stop {
        Stop::Refused(refusal) => Error::NotAllowed(refusal.words()),
        Stop::Fault(fault) => fault.into(),
    }
}
