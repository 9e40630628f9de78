//! Who hears of a booking, and with which calendar entry: gathers the facts and stores the letters in the transaction that
//! books (product rule 5).

use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, PersonId, SchoolId};
use crate::bookings::errands::{Errand, Hop};
use crate::bookings::ics::{self, Entry, Organizer, Uid};
use crate::bookings::letters::{self, About, Because, Entered, To};
use crate::bookings::rules::DIRECT_DAYS;
use crate::bookings::store::errands;
use crate::bookings::store::loans::{self, Hands, Loan};
use crate::bookings::store::shelf::Reading;
use crate::bookings::{Booking, Kind, Slot, State};
use crate::clusters;
use crate::db::{Result, Tx};
use crate::mail::choices::{Sending, WayOut};
use crate::mail::store::choices;
use crate::mail::{Calendar, Letter, Method};
use crate::people::store::{Person, roles};
use crate::people::{Membership, RoleKind};
use crate::schools::{School, store};
use crate::web::{App, Site};

/// What every letter needs besides the booking.
#[derive(Debug, Clone)]
pub struct Teller {
    /// `/c/south-milford`.
    base: String,
    /// The cluster's name.
    cluster: String,
    /// Who does it.
    actor: String,
    organizer: Organizer,
}

impl Teller {
    /// For what this person does now.
    #[must_use]
    pub fn new(app: &App, member: &Membership) -> Self {
        Self {
            base: format!("/c/{}", member.cluster.slug),
            cluster: member.cluster.name.clone(),
            actor: member.name.clone(),
            organizer: organizer(&app.site, &member.cluster.name),
        }
    }

    /// For what the time brings. `mail_from`: the address that mails are sent from.
    pub fn of_nobody(tx: &mut Tx<'_>, mail_from: Option<&str>) -> Result<Self> {
        let (slug, cluster) = clusters::store::slug_and_name(tx)?;
        let site = tx.link("");
        let host = url::Url::parse(&site).ok().and_then(|site| site.host_str().map(str::to_owned)).unwrap_or_default();
        let organizer = organizer_at(mail_from.unwrap_or_default(), &host, &cluster);
        Ok(Self { base: format!("/c/{slug}"), cluster, actor: String::new(), organizer })
    }

    /// For what somebody decided a little while ago, and what is carried out now.
    pub fn in_the_name_of(tx: &mut Tx<'_>, mail_from: Option<&str>, name: &str) -> Result<Self> {
        Ok(Self { actor: name.to_owned(), ..Self::of_nobody(tx, mail_from)? })
    }

    /// A request that nobody has answered in time.
    pub fn lapsed(&self, tx: &mut Tx<'_>, id: BookingId) -> Result<()> {
        let facts = self.facts(tx, id)?;
        let about = &facts.about;
        let today = tx.today();
        let removal = (self.entry(&facts), Entered::of(about));
        self.to_school(tx, &facts, |to| letters::lapsed(about, to, today, removal.clone()))
    }

    /// A new booking: to who booked it and the school's science leads; a request also to the coordinators.
    pub fn booked(&self, tx: &mut Tx<'_>, id: BookingId) -> Result<()> {
        let facts = self.facts(tx, id)?;
        self.tell_booked(tx, &facts)
    }

    /// The same for a booking that was made this moment, from the shelf on which it was decided.
    pub fn just_booked(&self, tx: &mut Tx<'_>, reading: &Reading, booking: Booking) -> Result<()> {
        let slot = booking.slot;
        let Some(copy) = reading.title.copies.iter().find(|copy| copy.id == slot.copy) else { return self.booked(tx, slot.id) };
        let title = &reading.title;
        let loan = Loan {
            booking,
            resource: title.id,
            name: title.name.clone(),
            strand: title.strand,
            icon: title.icon.clone(),
            tag: copy.tag.clone(),
            copy_state: copy.state,
            plight: copy.plight.clone(),
            home: copy.home,
            booked_by: self.actor.clone(),
            hands: Hands::Booker,
            changed: tx.now,
            waiting: None,
        };
        let facts = self.facts_of(tx, loan, &reading.schools)?;
        self.tell_booked(tx, &facts)
    }

    fn tell_booked(&self, tx: &mut Tx<'_>, facts: &Facts) -> Result<()> {
        let (loan, about) = (&facts.loan, &facts.about);
        let today = tx.today();
        let calendar = self.entry(facts);
        let asked = loan.booking.slot.state == State::Requested;
        self.to_school(tx, facts, |to| {
            if asked { letters::requested(about, to, today) } else { letters::reserved(about, to, today, Some(calendar.clone())) }
        })?;
        if asked { self.to_coordinators(tx, about) } else { Ok(()) }
    }

    /// The answer to a request; `reason` of a refusal.
    pub fn answered(&self, tx: &mut Tx<'_>, id: BookingId, reason: &str) -> Result<()> {
        let facts = self.facts(tx, id)?;
        let (loan, about) = (&facts.loan, &facts.about);
        let today = tx.today();
        let calendar = self.entry(&facts);
        let yes = loan.booking.slot.state == State::Confirmed;
        let entered = Entered::of(about);
        self.to_school(tx, &facts, |to| {
            if yes {
                letters::approved(about, to, today, Some(calendar.clone()))
            } else {
                letters::declined(about, to, today, reason, (calendar.clone(), entered))
            }
        })
    }

    /// Other days or another copy.
    pub fn changed(&self, tx: &mut Tx<'_>, id: BookingId, before: (Period, &str)) -> Result<()> {
        let facts = self.facts(tx, id)?;
        let (loan, about) = (&facts.loan, &facts.about);
        let today = tx.today();
        let calendar = self.entry(&facts);
        self.to_school(tx, &facts, |to| letters::changed(about, to, today, before, Some(calendar.clone())))?;
        if loan.booking.slot.state == State::Requested { self.to_coordinators(tx, about) } else { Ok(()) }
    }

    /// Given back before its last day. `before`: its days until then.
    pub fn ended_early(&self, tx: &mut Tx<'_>, id: BookingId, before: Period) -> Result<()> {
        let facts = self.facts(tx, id)?;
        let about = &facts.about;
        let today = tx.today();
        let calendar = self.entry(&facts);
        self.to_school(tx, &facts, |to| letters::ended_early(about, to, today, before, calendar.clone()))
    }

    /// Cancelled.
    pub fn cancelled(&self, tx: &mut Tx<'_>, id: BookingId, reason: &str) -> Result<()> {
        let facts = self.facts(tx, id)?;
        let about = &facts.about;
        let today = tx.today();
        let calendar = self.entry(&facts);
        self.to_school(tx, &facts, |to| letters::cancelled(about, to, today, reason, Some(calendar.clone())))
    }

    /// The booking as a calendar file.
    pub fn file(&self, tx: &mut Tx<'_>, id: BookingId) -> Result<String> {
        let facts = self.facts(tx, id)?;
        Ok(ics::file(&entry(&facts), &self.organizer))
    }

    fn facts(&self, tx: &mut Tx<'_>, id: BookingId) -> Result<Facts> {
        let loan = loans::one(tx, id)?;
        let schools = store::schools(tx)?;
        self.facts_of(tx, loan, &schools)
    }

    fn facts_of(&self, tx: &mut Tx<'_>, loan: Loan, schools: &[School]) -> Result<Facts> {
        let booking = &loan.booking;
        let name = |id| schools.iter().find(|school| school.id == id).map_or_else(String::new, |school| school.short_name.clone());
        let slot = booking.slot;
        let hops = hops(tx, &slot)?;
        let of: Vec<SchoolId> = std::iter::once(slot.school).chain(others(&hops, slot.school)).collect();
        let (keeper, leads) = roles::person_and_leads(tx, hands(&loan).0, &of)?;
        let errand = Errand::of(slot.id, slot.days, &hops, name, |school| contact(&leads, school));
        let leads = leads.into_iter().filter(|(school, _)| *school == slot.school).map(|(_, lead)| lead).collect();
        let about = About {
            booking: booking.slot.id,
            sequence: booking.sequence,
            resource: loan.name.clone(),
            tag: loan.tag.clone(),
            school: name(booking.slot.school),
            days: booking.slot.days,
            class_name: booking.class_name.clone(),
            purpose: booking.purpose.clone(),
            pupils: booking.pupils,
            override_reason: booking.override_reason.clone(),
            errand,
            by: self.actor.clone(),
            url: tx.link(&format!("{}/bookings/{}", self.base, booking.slot.id)),
        };
        let place = schools.iter().find(|school| school.id == booking.slot.school).map_or_else(String::new, place);
        Ok(Facts { loan, about, place, keeper, leads })
    }

    fn entry(&self, facts: &Facts) -> Calendar {
        let (loan, entry) = (&facts.loan, entry(facts));
        let method = if loan.booking.slot.state.is_live() { Method::Publish } else { Method::Cancel };
        Calendar { text: ics::file(&entry, &self.organizer), method }
    }

    fn to_school(&self, tx: &mut Tx<'_>, facts: &Facts, write: impl Fn(&To<'_>) -> Letter) -> Result<()> {
        let Facts { loan, about, keeper, leads, .. } = facts;
        let (hands, because) = hands(loan);
        let mut sendings: Vec<Sending> = Vec::new();
        // Whoever has left since then hears no more of the cluster.
        if let Some(recipient) = keeper.as_ref().and_then(Person::recipient) {
            sendings.push(Sending { letter: write(&To { recipient, because }), may_mute: None });
        }
        let others = leads.iter().filter(|lead| Some(lead.id) != hands);
        let because = Because::LeadOf(&about.school);
        for recipient in others.filter_map(Person::recipient) {
            let letter = write(&To { recipient, because });
            let may_mute = because.may_mute(letter.kind).then_some(WayOut::Carried);
            sendings.push(Sending { letter, may_mute });
        }
        if sendings.is_empty() {
            sendings = self.instead(tx, loan, about, write)?;
        }
        choices::post_all(tx, &sendings)?;
        Ok(())
    }

    /// Nobody at the school hears of it: those who were invited there do, and until they accept the coordinators.
    fn instead(&self, tx: &mut Tx<'_>, loan: &Loan, about: &About, write: impl Fn(&To<'_>) -> Letter) -> Result<Vec<Sending>> {
        let invited = roles::invited_to_lead(tx, loan.booking.slot.school)?;
        let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
        let invited = invited.into_iter().map(|recipient| (recipient, Because::Invited(&about.school)));
        let because = Because::InsteadOf(&about.school, &self.cluster);
        let others = coordinators.iter().filter_map(Person::recipient).map(|recipient| (recipient, because));
        let letter = |(recipient, because)| Sending { letter: write(&To { recipient, because }), may_mute: None };
        Ok(invited.chain(others).map(letter).collect())
    }

    fn to_coordinators(&self, tx: &mut Tx<'_>, about: &About) -> Result<()> {
        let today = tx.today();
        let requests = tx.link(&format!("{}/inbox#requests", self.base));
        let because = Because::Coordinates(&self.cluster);
        let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
        let write = |recipient| letters::to_approve(about, &To { recipient, because }, today, &requests);
        let all: Vec<Letter> = coordinators.iter().filter_map(Person::recipient).map(write).collect();
        let some = wanted(tx, all.clone(), because)?;
        // Somebody has to answer: what all of them have switched off goes to all of them.
        let (letters, may_mute) = if some.is_empty() { (all, None) } else { (some.clone(), Some(WayOut::where_several(some.len()))) };
        let sendings: Vec<Sending> = letters.into_iter().map(|letter| Sending { letter, may_mute }).collect();
        choices::post_all(tx, &sendings)?;
        Ok(())
    }
}

/// In whose hands a booking is, and why that person hears of it.
fn hands(loan: &Loan) -> (Option<PersonId>, Because<'static>) {
    match &loan.hands {
        Hands::Booker => (Some(loan.booking.person), Because::Booked),
        Hands::Keeper(keeper, _) => (Some(*keeper), Because::Keeps),
        Hands::School => (None, Because::Keeps),
    }
}

/// Those of the letters, all of one kind, that their recipients have not switched off.
fn wanted(tx: &mut Tx<'_>, letters: Vec<Letter>, because: Because<'_>) -> Result<Vec<Letter>> {
    let Some(kind) = letters.first().map(|letter| letter.kind).filter(|kind| because.may_mute(kind)) else { return Ok(letters) };
    let to: Vec<PersonId> = letters.iter().filter_map(|letter| letter.to.person).collect();
    let muted = choices::muted(tx, kind, &to)?;
    Ok(letters.into_iter().filter(|letter| letter.to.person.is_none_or(|person| !muted.contains(&person))).collect())
}

/// From whom calendar entries come: the cluster, under the address that mails are sent from.
#[must_use]
pub fn organizer(site: &Site, cluster: &str) -> Organizer {
    organizer_at(site.mail_from.as_deref().unwrap_or_default(), site.public_url.host_str().unwrap_or("localhost"), cluster)
}

fn organizer_at(from: &str, host: &str, cluster: &str) -> Organizer {
    let address = from.rsplit_once('<').map_or(from, |(_, rest)| rest).trim_end_matches('>').trim();
    let address = if address.is_empty() { format!("boxrota@{host}") } else { address.to_owned() };
    Organizer { name: cluster.to_owned(), address }
}

/// The window in which a copy's neighbours are looked for.
#[must_use]
pub fn around(days: Period) -> Period {
    Period::new(days::add(days.first(), -2 * DIRECT_DAYS), days::add(days.last(), 2 * DIRECT_DAYS)).unwrap_or(days)
}

/// The journeys that are planned for a loan. A request has none yet, and what has ended none any more. In a transaction that has just
/// changed the loan they are laid here: they follow from it.
/// Whether journeys to and from a booking are said.
#[must_use]
pub fn travels(slot: &Slot) -> bool {
    slot.state == State::Confirmed && slot.kind == Kind::Loan && slot.returned_on.is_none()
}

fn hops(tx: &mut Tx<'_>, slot: &Slot) -> Result<Vec<Hop>> {
    if !travels(slot) {
        return Ok(Vec::new());
    }
    tx.settle()?;
    errands::of_booking(tx, slot.id)
}

/// The other schools that have a part in the journeys of a school's loan.
fn others(hops: &[Hop], own: SchoolId) -> impl Iterator<Item = SchoolId> + '_ {
    hops.iter().flat_map(|hop| [hop.ends.from, hop.ends.to]).filter(move |school| *school != own)
}

/// How a loan comes and goes, and the journeys that say so: two queries.
pub fn errand(tx: &mut Tx<'_>, slot: &Slot, name: impl Fn(SchoolId) -> String) -> Result<(Errand, Vec<Hop>)> {
    let hops = hops(tx, slot)?;
    Ok((errand_of(tx, slot, &hops, name)?, hops))
}

/// The same where the journeys are known: one query.
pub fn errand_of(tx: &mut Tx<'_>, slot: &Slot, hops: &[Hop], name: impl Fn(SchoolId) -> String) -> Result<Errand> {
    let of: Vec<SchoolId> = others(hops, slot.school).collect();
    let leads = if of.is_empty() { Vec::new() } else { roles::leads_of_schools(tx, &of)? };
    Ok(Errand::of(slot.id, slot.days, hops, name, |school| contact(&leads, school)))
}

/// Whom one speaks with at a school; empty when nobody is there.
#[must_use]
pub fn contact(leads: &[(SchoolId, Person)], school: SchoolId) -> String {
    leads.iter().find(|(of, _)| *of == school).map_or_else(String::new, |(_, lead)| lead.contact())
}

/// A booking with what is said of it.
struct Facts {
    loan: Loan,
    about: About,
    /// Where the school is, in a line.
    place: String,
    /// In whose hands the booking is, while that person is here.
    keeper: Option<Person>,
    /// The science leads of the school.
    leads: Vec<Person>,
}

/// "Saxton CE Primary School, Dam Lane, Saxton, LS24 9QF".
fn place(school: &School) -> String {
    let parts = [&school.name, &school.address, &school.postcode];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The calendar entry of a booking.
fn entry(Facts { loan, about, place, .. }: &Facts) -> Entry {
    let booking = &loan.booking;
    let mut lines = Vec::new();
    let mut say = |label: &str, text: &str| {
        if !text.trim().is_empty() {
            lines.push(format!("{label}: {text}"));
        }
    };
    say("Class", &booking.class_name);
    say("For", &booking.purpose);
    for (label, words) in about.errand.lines() {
        say(label, &words);
    }
    say("Reason", &booking.ended_reason);
    Entry {
        uid: Uid::Loan(booking.slot.id),
        sequence: booking.sequence,
        changed: loan.changed,
        state: booking.slot.state,
        days: booking.slot.days,
        summary: format!("{} ({}) at {}", loan.name, loan.tag, about.school),
        location: place.clone(),
        description: lines.join("\n"),
        url: about.url.clone(),
    }
}
