//! What people do in the year: they book, fetch, give back, give up for the store and receive, cancel, leave; it snows.

use boxrota::base::ids::{CopyId, PersonId, SchoolId};
use boxrota::bookings::store::ledger::{self, Details, New};
use boxrota::bookings::store::loans;
use boxrota::bookings::{By, Decision, Kind, State, changes};
use boxrota::db::{self, Scope, Tx};
use boxrota::handovers::Next;
use boxrota::handovers::store::handovers::{self, Said};
use boxrota::journeys::store::{self, legs};
use boxrota::journeys::{Custody, Place};
use boxrota::year::{Closure, ClosureKind};
use chrono::{NaiveDate, TimeDelta};

use super::{Journey, LEAVES, Loan, SNOW, Year, day};

impl Year {
    /// Ten o'clock: what people do.
    pub(super) async fn school_day(&mut self, today: NaiveDate) {
        self.app.at(&format!("{today}T10:00:00Z"));
        if today == day(SNOW[0]) {
            let days = boxrota::base::days::Period::day(day(SNOW[1]));
            let closure = Closure { school: None, kind: ClosureKind::Closure, days, note: "Snow".into() };
            self.write(move |tx| boxrota::year::store::add_closure(tx, &closure)).await;
            self.snows = true;
        }
        if today == day("2027-02-03") {
            let leaver = self.schools.iter_mut().find(|school| school.name == LEAVES).expect("the school");
            let (person, _) = leaver.lead.take().expect("a lead");
            self.app.raw().must(&format!("UPDATE roles SET to_day = '{}' WHERE person_id = {}", today - TimeDelta::days(1), person.0));
        }
        self.receives(today).await;
        for at in 0..self.loans.len() {
            let loan = self.loans[at].clone();
            if !self.is_school_day(today, loan.school) || loan.cancelled || loan.returned.is_some() {
                continue;
            }
            let copy_is_out = self.loans.iter().any(|other| other.copy == loan.copy && other.is_out())
                || self.journeys.iter().any(|way| way.copy == loan.copy);
            if loan.is_out() && today >= loan.last && self.chance.percent(if today == loan.last { 60 } else { 8 }) {
                let goes_on = self.chance.percent(35);
                if goes_on && self.gives_up(&loan, today).await {
                    self.loans[at].returned = Some(today);
                    continue;
                }
                self.write(move |tx| {
                    let loan = loans::one(tx, loan.id)?;
                    let back = changes::hand_back(&loan.booking.slot, By::Coordinator, tx.today()).expect("it is out");
                    ledger::hand_back(tx, &loan, back)
                })
                .await;
                self.loans[at].returned = Some(today);
            } else if loan.collected.is_none() && !copy_is_out && (loan.first..=loan.last).contains(&today) && self.chance.percent(85) {
                self.write(move |tx| {
                    let loan = loans::one(tx, loan.id)?;
                    ledger::collect(tx, &loan)
                })
                .await;
                self.loans[at].collected = Some(today);
            } else if loan.first > today && self.chance.percent(1) {
                self.write(move |tx| {
                    let loan = loans::one(tx, loan.id)?;
                    ledger::set_state(tx, &loan, State::Cancelled, "Another plan")
                })
                .await;
                self.loans[at].cancelled = true;
            }
        }
        if self.is_school_day(today, 1) && self.chance.percent(60) {
            self.book(today).await;
        }
    }

    /// A school gives a box up for its store, whose school says days later that it has arrived. `false` when it goes elsewhere.
    async fn gives_up(&mut self, loan: &Loan, today: NaiveDate) -> bool {
        let id = loan.id;
        let Some((person, _)) = self.schools[loan.school].lead.clone() else { return false };
        let given = self
            .write(move |tx| {
                let slot = loans::one(tx, id)?.booking.slot;
                let leg = legs::of_booking(tx, id)?.into_iter().find(|leg| leg.from_booking == Some(id));
                let Some(leg) = leg.filter(|leg| leg.to_booking.is_none() && leg.from != leg.to) else { return Ok(None) };
                let next = Next { leg: Some(leg.id), from: leg.from, from_booking: Some(id), at: leg.to, slot: None, day: Some(leg.day) };
                let handover = handovers::given(tx, slot.copy, &next, person, &Said { condition: None, note: String::new() })?;
                let before = store::one(tx, slot.copy)?;
                let after = Custody { place: Place::Transit, booking: None, handover: Some(handover), person: Some(person), ..before };
                store::put(tx, &after)?;
                ledger::hand_over(tx, id)?;
                Ok(Some((handover, leg)))
            })
            .await;
        let Some((handover, leg)) = given else { return false };
        let home = self.schools.iter().position(|school| school.id == leg.to.0).expect("a school");
        let arrives = today + TimeDelta::days(1 + i64::try_from(self.chance.below(14)).unwrap());
        self.journeys.push(Journey { handover, leg: leg.id, copy: loan.copy, from: loan.school, home, given: today, arrives });
        true
    }

    async fn receives(&mut self, today: NaiveDate) {
        let (arrived, rest) = std::mem::take(&mut self.journeys).into_iter().partition(|way| way.arrives <= today);
        self.journeys = rest;
        let arrived: Vec<Journey> = arrived;
        for way in arrived {
            let by = PersonId(self.app.raw().number("SELECT id AS n FROM people WHERE email = 'coordinator@nine.example'"));
            let at = SchoolId(self.schools[way.home].id);
            self.write(move |tx| {
                let said = Said { condition: None, note: String::new() };
                handovers::answered(tx, way.handover, by, &said, "", false, None)?;
                let next = Next { leg: None, from: at, from_booking: None, at, slot: None, day: None };
                store::put(tx, &handovers::custody_after(CopyId(way.copy), &next, by, tx.now))
            })
            .await;
        }
    }

    async fn book(&mut self, today: NaiveDate) {
        let school = self.chance.below(self.schools.len());
        let copy = self.copies[self.chance.below(self.copies.len())];
        let Some((person, _)) = self.schools[school].lead.clone() else { return };
        let ahead = 1 + i64::try_from(self.chance.below(40)).unwrap();
        let length = i64::try_from(self.chance.below(12)).unwrap();
        let first = self.school_days(today + TimeDelta::days(ahead - 1), today + TimeDelta::days(ahead + 60), school);
        let Some(first) = first.first().copied() else { return };
        let last = self.last_school_day_before(first + TimeDelta::days(length + 1), school);
        let taken = |loan: &&Loan| loan.copy == copy && !loan.cancelled && loan.first <= last && first <= loan.last;
        if last < first || self.loans.iter().any(|loan| taken(&loan)) {
            return;
        }
        let days = boxrota::base::days::Period::new(first, last).expect("in order");
        let decision = Decision {
            copy: CopyId(copy),
            tag: String::new(),
            school: SchoolId(self.schools[school].id),
            kind: Kind::Loan,
            days,
            held_until: last,
            state: State::Confirmed,
            asked: None,
            waived: vec![],
        };
        let new = New {
            person,
            details: Details { class_name: "Year 4".into(), ..Details::default() },
            override_reason: String::new(),
            request_key: format!("{:032}", self.loans.len()),
            repeated_from: None,
            offer_until: None,
        };
        let id = self.write(move |tx| ledger::insert(tx, &decision, &new)).await;
        self.loans.push(Loan { id, copy, school, first, last, booked: today, collected: None, returned: None, cancelled: false });
    }

    async fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>) -> db::Result<T> + Send + 'static) -> T {
        let scope = Scope::of_worker(self.cluster);
        self.app.app.db.write(scope, work).await.expect("a change")
    }
}
