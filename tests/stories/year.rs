//! A school year of nine schools, day by day: loans are booked, fetched, given back, some late, some never; the worker is away for up to
//! three days at a time, is killed between sending and recording, and there are two of them at once. What it sent is compared, day by
//! day, with a model of its own that knows nothing of the program's table: every reminder that is due was sent, none twice but the one
//! in flight at a kill, none in a wrong state, none to somebody who has left.

mod acts;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use boxrota::base::ids::{BookingId, ClusterId, HandoverId, LegId, PersonId};
use boxrota::db::Scope;
use boxrota::mail::{Message, store as outbox};
use boxrota::reminders::acts::round::Sweep;
use boxrota::worker::Worker;
use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use tokio::sync::watch;

use crate::harness::{Chance, Engine, Ground, Raw, TestApp, World, science_lead};

/// The same year each time.
const SEED: u64 = 20_260_907;
/// The science lead of this school wants what can wait together, once a day.
const DAILY: &str = "Cedar";
/// The science lead of this school has switched off the question whether a box was counted.
const MUTES: &str = "Elder";
/// The whole cluster closes on this Wednesday, which is entered on the Monday before.
const SNOW: [&str; 2] = ["2027-03-08", "2027-03-10"];
/// The science lead of this school leaves in the middle of the year, and nobody follows.
const LEAVES: &str = "Fir";

#[test]
fn sqlite() {
    live(Engine::Sqlite, "2026-09-01", "2027-07-31");
}

#[test]
fn postgres() {
    live(Engine::Postgres, "2026-09-01", "2027-07-31");
}

fn live(engine: Engine, from: &str, to: &str) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(Ground::migrated(engine), |_| {});
        app.at(&format!("{from}T06:00:00Z"));
        app.found(&World::nine_schools()).await;
        let mut year = Year::begin(&app);
        for day in day(from).iter_days().take_while(|today| *today <= day(to)) {
            Box::pin(year.morning(day)).await;
            year.school_day(day).await;
        }
        year.end().await;
    });
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A loan as the model knows it.
#[derive(Debug, Clone)]
struct Loan {
    id: BookingId,
    copy: i64,
    school: usize,
    first: NaiveDate,
    last: NaiveDate,
    booked: NaiveDate,
    collected: Option<NaiveDate>,
    returned: Option<NaiveDate>,
    cancelled: bool,
}

impl Loan {
    fn is_out(&self) -> bool {
        self.collected.is_some() && self.returned.is_none()
    }
}

/// A planned leg as the database has it: the one thing that the model asks it for.
struct Leg {
    id: String,
    copy: i64,
    day: NaiveDate,
    from: usize,
    to: usize,
    stays: bool,
    changed: chrono::DateTime<chrono::Utc>,
}

/// A box that a school has given up for its store, and that nobody has received yet.
#[derive(Clone)]
struct Journey {
    handover: HandoverId,
    leg: LegId,
    copy: i64,
    from: usize,
    home: usize,
    given: NaiveDate,
    arrives: NaiveDate,
}

struct School {
    id: i64,
    name: String,
    lead: Option<(PersonId, String)>,
}

/// A reminder: kind, subject, to whom; with the day of the how-many-th time where it comes again.
type Key = (String, String, String, NaiveDate);

struct Year {
    app: TestApp,
    /// One session for all that the model asks the database.
    raw: RefCell<Raw>,
    workers: [Worker; 2],
    chance: Chance,
    cluster: ClusterId,
    schools: Vec<School>,
    copies: Vec<i64>,
    loans: Vec<Loan>,
    away_until: Option<NaiveDate>,
    /// What the model says was due on some day, and was therefore sent.
    known: BTreeSet<Key>,
    /// Letters in flight when a worker was killed.
    in_flight: BTreeSet<String>,
    sent: BTreeMap<String, usize>,
    /// The Mondays of the weeks in which it was time for the weekly letter, and whether there was anything to say.
    weeks: BTreeMap<NaiveDate, bool>,
    /// What waits for the daily letter: the loan, and the first day on which it goes.
    waiting: Vec<(BookingId, NaiveDate)>,
    snows: bool,
    journeys: Vec<Journey>,
    diary: Vec<String>,
    kinds: BTreeMap<String, usize>,
    away: usize,
}

impl Year {
    fn begin(app: &TestApp) -> Self {
        let mut raw = app.raw();
        let names = raw.texts("SELECT short_name AS t FROM schools ORDER BY short_name");
        let schools = names
            .into_iter()
            .map(|name| {
                let id = raw.number(&format!("SELECT id AS n FROM schools WHERE short_name = '{name}'"));
                let email = science_lead(&name);
                let person = raw.number(&format!("SELECT id AS n FROM people WHERE email = '{email}'"));
                School { id, name, lead: Some((PersonId(person), email)) }
            })
            .collect();
        let copies =
            raw.texts("SELECT CAST(id AS TEXT) AS t FROM copies ORDER BY tag").iter().map(|id| id.parse().expect("an id")).collect();
        let cluster = ClusterId(raw.number("SELECT id AS n FROM clusters WHERE slug = 'nine'"));
        raw.must(&format!(
            "UPDATE people SET rhythm = 'daily' WHERE email = '{}';
             INSERT INTO muted_kinds (person_id, kind) SELECT id, 'loan_not_counted' FROM people WHERE email = '{}'",
            science_lead(DAILY),
            science_lead(MUTES)
        ));
        // A second process: its own connections, the same clock, the same letters' way out.
        let other = Worker { db: app.beside().app.db.clone().by(app.clock.clone()), ..app.worker() };
        Self {
            app: app.clone(),
            raw: RefCell::new(raw),
            workers: [app.worker(), other],
            chance: Chance(SEED),
            cluster,
            schools,
            copies,
            loans: Vec::new(),
            away_until: None,
            known: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            sent: BTreeMap::new(),
            weeks: BTreeMap::new(),
            waiting: Vec::new(),
            snows: false,
            journeys: Vec::new(),
            diary: Vec::new(),
            kinds: BTreeMap::new(),
            away: 0,
        }
    }

    /// At seven, eight or nine: two workers look and send, unless they are away. Now and then one looks at night, too, and says nothing.
    async fn morning(&mut self, today: NaiveDate) {
        if self.away_until.is_none_or(|until| today > until) && self.chance.percent(12) {
            let days = i64::try_from(self.chance.below(3)).unwrap();
            self.away_until = Some(today + TimeDelta::days(days));
        }
        if self.away_until.is_some_and(|until| today <= until) {
            self.away += 1;
            return;
        }
        let (_stop, stopped) = watch::channel(false);
        if self.chance.percent(10) {
            self.app.at(&format!("{today}T03:00:00Z"));
            let worker = &self.workers[0];
            worker.remind(&mut Sweep::default(), &stopped).await.expect("what is due");
            worker.bring_together(&mut Sweep::default(), &stopped).await.expect("what is due together");
            let at_night: Vec<String> =
                self.app.letters().await.into_iter().map(|letter| letter.kind).filter(|kind| kind != "leg_changed").collect();
            assert!(at_night.is_empty(), "{today} at night: {at_night:?}");
        }
        let hour = 7 + self.chance.below(3);
        self.app.at(&format!("{today}T0{hour}:00:00Z"));
        let due = self.due(today);
        let [one, other] = &self.workers;
        let (mut sweep, mut beside) = (Sweep::default(), Sweep::default());
        let (a, b) = tokio::join!(one.remind(&mut sweep, &stopped), other.remind(&mut beside, &stopped));
        a.and(b).expect("what is due");
        let (a, b) = tokio::join!(one.bring_together(&mut sweep, &stopped), other.bring_together(&mut beside, &stopped));
        a.and(b).expect("what is due together");
        if self.chance.percent(30) {
            self.killed().await;
        }
        let (a, b) = tokio::join!(self.workers[0].send_due(&stopped), self.workers[1].send_due(&stopped));
        a.and(b).expect("letters");
        // The lease of what a killed worker held runs out.
        self.app.later(TimeDelta::minutes(11));
        let letters = self.app.letters().await;
        self.compare(today, due, &letters);
    }

    /// A worker takes a letter, sends it, and is killed before it can write that down.
    async fn killed(&mut self) {
        let now = self.app.clock.now();
        let db = &self.app.app.db;
        let due = db.house_read(now, |house| outbox::due(house, 50)).await.expect("what is due");
        // One that is overtaken would not have been sent.
        let Some((cluster, id)) = due.first().copied() else { return };
        let scope = Scope::of_worker(cluster);
        let taken = db.write(scope, move |tx| outbox::take(tx, id, "dying")).await.expect("a letter").expect("it is due");
        self.workers[0].mailer.send(&taken).await;
        self.in_flight.insert(id.to_string());
    }

    /// What the model says is due today and was not said before.
    fn due(&mut self, today: NaiveDate) -> BTreeSet<Key> {
        let mut due = self.reminders(today);
        due.retain(|key| !self.known.contains(key));
        self.known.extend(due.iter().cloned());
        // What the one who wants it so gets together waits for the next weekday.
        let email = science_lead(DAILY);
        let next = today.iter_days().skip(1).find(|on| on.weekday().number_from_monday() < 6).expect("a weekday");
        let (waits, mut due): (BTreeSet<Key>, BTreeSet<Key>) =
            due.into_iter().partition(|key| key.0 == "loan_not_counted" && key.2 == email);
        let loan = |key: &Key| key.1.trim_start_matches("booking:").parse().expect("a booking");
        self.waiting.extend(waits.iter().map(|key| (loan(key), next)));
        let (ready, rest) = std::mem::take(&mut self.waiting).into_iter().partition(|(_, on)| *on <= today);
        self.waiting = rest;
        let ready: Vec<(BookingId, NaiveDate)> = ready;
        if ready.iter().any(|(id, _)| self.loans.iter().any(|loan| loan.id == *id && loan.is_out())) {
            let lead = self.schools.iter().find(|school| school.name == DAILY).and_then(|school| school.lead.as_ref());
            due.extend(lead.map(|(person, email)| ("gathered_letters".into(), format!("gathered:{person}"), email.clone(), today)));
        }
        due.extend(self.week(today));
        due
    }

    /// The next loan of a copy, when it is near and was not booked a moment ago.
    fn next(&self, copy: i64, today: NaiveDate) -> Option<&Loan> {
        let coming = |next: &&Loan| next.copy == copy && !next.cancelled && next.collected.is_none() && next.last >= today;
        let next = self.loans.iter().filter(coming).min_by_key(|next| next.first);
        next.filter(|next| next.first <= today + TimeDelta::days(28) && next.booked < today - TimeDelta::days(1))
    }

    /// The weekly letter, on the first school day of the week or the first day after it on which somebody looks.
    fn week(&mut self, today: NaiveDate) -> Option<Key> {
        let monday = today.week(Weekday::Mon).first_day();
        let sunday = monday + TimeDelta::days(6);
        // Beech has no closed day of its own.
        let first = monday.iter_days().take(7).find(|on| self.is_school_day(*on, 1))?;
        if today < first || self.weeks.contains_key(&monday) {
            return None;
        }
        let late = self.loans.iter().any(|loan| loan.is_out() && loan.last < today);
        // Nobody counts here, and what nobody fetched stands in the inbox for four weeks.
        let out = self.loans.iter().any(Loan::is_out);
        let forgotten = |loan: &Loan| !loan.cancelled && loan.collected.is_none() && (1..=28).contains(&(today - loan.last).num_days());
        let unled = self.schools.iter().any(|school| school.lead.is_none());
        let something = late
            || out
            || unled
            || self.loans.iter().any(forgotten)
            || !self.journeys.is_empty()
            || self.legs().iter().any(|leg| !leg.stays && (monday..=sunday).contains(&leg.day));
        self.weeks.insert(monday, something);
        let letter = ("weekly_digest".into(), format!("week:{}", self.cluster), "coordinator@nine.example".into(), monday);
        something.then_some(letter)
    }

    /// What is due one by one.
    fn reminders(&self, today: NaiveDate) -> BTreeSet<Key> {
        let mut due = BTreeSet::new();
        let mut say = |kind: &str, subject: String, to: Option<String>, day: NaiveDate| {
            due.extend(to.map(|to| (kind.to_owned(), subject, to, day)));
        };
        let lead = |school: usize| self.schools[school].lead.as_ref().map(|(_, email)| email.clone());
        for leg in self.legs() {
            let lately = self.app.clock.now() - leg.changed < TimeDelta::hours(24);
            // Whoever has it should have given it back, and has no part in this.
            let kept = self.loans.iter().any(|loan| loan.copy == leg.copy && loan.is_out() && loan.school != leg.from && loan.last < today);
            // What is on its way on this leg, or for longer than a journey takes.
            let away = |way: &Journey| way.copy == leg.copy && (leg.id.contains(&way.leg.to_string()) || self.is_long(way, today));
            if leg.stays || today > leg.day || lately || kept || self.journeys.iter().any(away) {
                continue;
            }
            for side in [leg.from, leg.to] {
                let last = self.last_school_day_before(leg.day, side);
                let week = leg.day - TimeDelta::days(7);
                if today >= last {
                    say("handover_day_before", leg.id.clone(), lead(side), leg.day);
                } else if today >= week {
                    say("handover_week_before", leg.id.clone(), lead(side), leg.day);
                }
            }
        }
        let coordinator = || Some("coordinator@nine.example".to_owned());
        for way in &self.journeys {
            let subject = format!("handover:{}", way.handover);
            match self.school_days(way.given, today, way.home).len() {
                0 => {}
                1 | 2 => say("handover_unconfirmed", subject, lead(way.home), way.given),
                _ => {
                    say("handover_long_way", subject.clone(), lead(way.from), way.given);
                    say("handover_long_way", subject.clone(), lead(way.home), way.given);
                    say("handover_long_way_coordinators", subject, coordinator(), way.given);
                }
            }
            if let Some(next) = self.next(way.copy, today).filter(|_| self.is_long(way, today)) {
                say("booking_at_risk", format!("booking:{}:on_the_way", next.id), lead(next.school), next.first);
            }
        }
        for loan in self.loans.iter().filter(|loan| loan.is_out()) {
            let subject = format!("booking:{}", loan.id);
            let after: Vec<NaiveDate> = self.school_days(loan.last, today, loan.school);
            if !after.is_empty() {
                let time = (after.len() - 1) / 3 + 1;
                let (subject, day) = (format!("late:{}:{time}", loan.id), loan.last);
                say("loan_late", subject.clone(), lead(loan.school), day);
                if time >= 2 {
                    say("loan_late_coordinators", subject.clone(), Some("coordinator@nine.example".into()), day);
                }
                if time >= 3 && self.schools[loan.school].name == "Ash" {
                    say("loan_late_head", subject.clone(), Some("head@nine.example".into()), day);
                }
                if let Some(next) = self.next(loan.copy, today).filter(|next| next.school != loan.school) {
                    say("booking_at_risk", format!("booking:{}:late", next.id), lead(next.school), next.first);
                }
            }
            let collected = loan.collected.expect("it is out");
            let since = self.school_days(collected, today, loan.school);
            if (1..=5).contains(&since.len()) && (since.len() < 5 || since[4] == today) && today <= loan.last {
                let wants = |lead: &String| *lead != science_lead(MUTES);
                say("loan_not_counted", subject, lead(loan.school).filter(wants), collected);
            }
        }
        due
    }

    fn compare(&mut self, today: NaiveDate, due: BTreeSet<Key>, letters: &[Message]) {
        let (mut got, mut read) = (BTreeSet::new(), Vec::new());
        for letter in letters {
            *self.sent.entry(letter.id.to_string()).or_default() += 1;
            *self.kinds.entry(letter.kind.clone()).or_default() += 1;
            // Who hears of a changed plan is told by stories of its own; this one is about reminders.
            if letter.kind == "leg_changed" {
                continue;
            }
            if letter.to_address == science_lead("Beech") && self.sent[&letter.id.to_string()] == 1 {
                read.push(format!("{} {}", today.format("%a %d %b %Y"), letter.title));
            }
            got.insert((letter.kind.clone(), letter.subject.clone(), letter.to_address.clone(), letter.day));
        }
        // Two workers send in no order.
        read.sort();
        self.diary.append(&mut read);
        let missing: Vec<_> = due.difference(&got).collect();
        let wrong: Vec<_> = got.difference(&due).collect();
        assert!(missing.is_empty() && wrong.is_empty(), "{today}\ndue and not sent: {missing:#?}\nsent and not due: {wrong:#?}");
    }

    /// The planned legs.
    fn legs(&self) -> Vec<Leg> {
        let lines = self.raw.borrow_mut().texts(
            "SELECT CAST(id AS TEXT) || ',' || CAST(revision AS TEXT) || ',' || CAST(day AS TEXT) || ',' || CAST(from_school_id AS TEXT) || ',' || CAST(to_school_id AS TEXT)
                 || ',' || way || ',' || CAST(updated_at AS TEXT) || ',' || CAST(copy_id AS TEXT) AS t FROM legs WHERE state = 'planned' ORDER BY id",
        );
        let school = |id: &str| self.schools.iter().position(|school| school.id.to_string() == id).expect("a school");
        let leg = |line: String| {
            let parts: Vec<&str> = line.split(',').collect();
            let id = boxrota::base::ids::LegId(parts[0].parse().expect("an id"));
            let changed = chrono::NaiveDateTime::parse_from_str(parts[6], "%Y-%m-%d %H:%M:%S%.f").expect("a time").and_utc();
            Leg {
                id: format!("leg:{id}:{}", parts[1]),
                copy: parts[7].parse().expect("an id"),
                day: day(parts[2]),
                from: school(parts[3]),
                to: school(parts[4]),
                stays: parts[5] == "stays",
                changed,
            }
        };
        lines.into_iter().map(leg).collect()
    }

    /// The world's school year, said once more.
    fn is_school_day(&self, on: NaiveDate, school: usize) -> bool {
        let within = |first: &str, last: &str| (day(first)..=day(last)).contains(&on);
        let term = within("2026-09-07", "2026-12-18") || within("2027-01-04", "2027-03-25") || within("2027-04-12", "2027-07-21");
        let half = within("2026-10-26", "2026-10-30") || within("2027-02-15", "2027-02-19") || within("2027-05-31", "2027-06-04");
        let closed = on == day("2027-05-03")
            || (self.snows && on == day(SNOW[1]))
            || (on == day("2026-11-27") && self.schools[school].name == "Ash");
        // Of the next year, which begins on 6 September, the stories know the terms as well.
        let next = on >= day("2027-09-06") && on.month() < 10;
        (term && !half && !closed || next) && on.weekday().number_from_monday() < 6
    }

    /// Three school days of its receiver are what a cluster allows.
    fn is_long(&self, way: &Journey, today: NaiveDate) -> bool {
        self.school_days(way.given, today, way.home).len() >= 3
    }

    /// The school days after the one day up to the other.
    fn school_days(&self, after: NaiveDate, to: NaiveDate, school: usize) -> Vec<NaiveDate> {
        after.iter_days().skip(1).take_while(|on| *on <= to).filter(|on| self.is_school_day(*on, school)).collect()
    }

    fn last_school_day_before(&self, before: NaiveDate, school: usize) -> NaiveDate {
        (1..100).map(|back| before - TimeDelta::days(back)).find(|on| self.is_school_day(*on, school)).unwrap_or(day("2026-07-21"))
    }

    async fn end(self) {
        let late = self.loans.iter().filter(|loan| loan.returned.is_some_and(|returned| returned > loan.last)).count();
        let collected = self.loans.iter().filter(|loan| loan.collected.is_some()).count();
        let weeks = self.weeks.values().filter(|something| **something).count();
        let dull = collected < 60 || late < 10 || self.away < 20 || self.in_flight.len() < 20 || weeks < 25;
        assert!(!dull, "{collected} loans, {late} late, {} days away, {} weekly letters", self.away, weeks);
        for kind in [
            "handover_week_before",
            "handover_day_before",
            "loan_late",
            "loan_late_coordinators",
            "loan_late_head",
            "booking_at_risk",
            "loan_not_counted",
            "handover_unconfirmed",
            "handover_long_way",
            "handover_long_way_coordinators",
            "weekly_digest",
            "gathered_letters",
            "leg_changed",
        ] {
            assert!(self.kinds.get(kind).is_some_and(|many| *many > 0), "no {kind} in {:?}", self.kinds);
        }
        // Sent twice is what was in flight at a kill, and nothing else; and that twice at most.
        for (id, times) in &self.sent {
            let most = if self.in_flight.contains(id) { 2 } else { 1 };
            assert!(*times <= most, "letter {id} was sent {times} times");
        }
        insta::assert_snapshot!("a_year_of_one_science_lead", self.diary.join("\n"));
        self.app.end().await;
    }
}
