//! The one place where the clock starts work: stores the reminders that are due, sends the letters, and clears away what has run out.
//!
//! A round comes every half minute. Beside it letters are sent, when one has been stored (the database rings) and every half minute, so
//! that a mail server that hangs keeps nothing else. Several workers, in one process or in many, may run at once: a letter is taken by one
//! conditional update. When the program is told to stop, the letter in hand is finished; one that was in hand when it was killed is taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::accounts::{acts, kinds};
use crate::base::ids::{ClusterId, MessageId};
use crate::base::steady::{Lived, Rhythm};
use crate::base::{Clock, clock, days};
use crate::bookings::missing::Lacking;
use crate::bookings::store::{days as booked, ledger};
use crate::bookings::{acts as booking, still as bookings};
use crate::clusters::acts as founding;
use crate::clusters::store::with_half_term_news;
use crate::db::{self, Db, Scope, Tx};
use crate::joining::acts as joining;
use crate::mail::acts::{Overtaken, Taken};
use crate::mail::mailer::Mailer;
use crate::mail::store as outbox;
use crate::mail::{self, Outcome, Record, State, Stored, after};
use crate::reminders::acts::digests::Rooms;
use crate::reminders::acts::round::{Came, Pass, Sweep};
use crate::reminders::still as reminding;
use crate::undo::store as pending;
use crate::waiting::{store as waits, tell as wait_tell};
use crate::web::health::Rounds as Told;
use crate::{attention, front, handovers, journeys, waiting};

/// Between two rounds when nobody rings: another process may have stored letters, and letters may have become due again.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest pause of sending when the mail server cannot be reached; the first is [`PAUSE`], and each is twice the one before. A
/// sign-in link lasts for a quarter of an hour.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// Letters looked up at a time.
const BATCH: i64 = 50;
/// Between two looks for letters that bring several things together: no index says in which clusters the week's letter is due.
const BETWEEN_DIGESTS: Duration = Duration::from_secs(10 * 60);
/// Between two clearings.
const BETWEEN_CLEARINGS: Duration = Duration::from_secs(60 * 60);
/// Days of the plan are kept this long after they are past, though nothing can be booked there any more.
const PAST_DAYS_KEPT: i64 = 28;
/// Past days of the plan cleared away at a time; in one step each, a few rows per box.
const DAYS_CLEARED: usize = 60;

/// What a worker carries from round to round.
#[derive(Debug, Clone)]
pub struct Rounds {
    sweep: Sweep,
    digests: Rhythm,
    clearings: Rhythm,
    lived: Lived,
    /// Whether something of the last round failed.
    failed: bool,
}

impl Default for Rounds {
    fn default() -> Self {
        let (digests, clearings) = (Rhythm::of(BETWEEN_DIGESTS), Rhythm::of(BETWEEN_CLEARINGS));
        Self { sweep: Sweep::default(), digests, clearings, lived: Lived::default(), failed: false }
    }
}

impl Rounds {
    fn fail(&mut self, fault: &db::Error, what: &str) {
        self.failed = true;
        tracing::error!(%fault, "{what}");
    }
}

/// What sending came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Letters that were dealt with.
    pub letters: usize,
    /// Whether it ended because the mail server could not be reached.
    pub cut_off: bool,
}

/// Sends letters and clears away.
#[derive(Clone)]
pub struct Worker {
    /// The database.
    pub db: Db,
    /// Where "now" comes from.
    pub clock: Clock,
    /// How letters leave.
    pub mailer: Arc<Mailer>,
}

impl Worker {
    /// Works until `stop` turns true, and begins again when a fault in the program broke the work off: letters that nobody
    /// sends would go unseen.
    pub async fn keep_at_it(self, mut stop: watch::Receiver<bool>, told: Arc<Told>) {
        while let Err(fault) = tokio::spawn(self.clone().run_telling(stop.clone(), told.clone())).await {
            // Not its words: a panic may quote what somebody typed.
            tracing::error!(panicked = fault.is_panic(), "the worker broke off; it begins again");
            if tokio::time::timeout(PAUSE, stop.wait_for(|stop| *stop)).await.is_ok() {
                return;
            }
        }
    }

    /// Works until `stop` turns true; the letter in hand is finished. Sending runs beside the rest, so that a mail server that hangs keeps
    /// nothing but letters.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        self.run_telling(stop, Arc::default()).await;
    }

    async fn run_telling(self, stop: watch::Receiver<bool>, told: Arc<Told>) {
        told.begin(self.clock.steady());
        tokio::join!(self.keep_sending(stop.clone()), Box::pin(self.keep_looking(stop, &told)));
    }

    async fn keep_sending(&self, mut stop: watch::Receiver<bool>) {
        let mut pause = PAUSE;
        while !*stop.borrow() {
            let cut_off = match self.send_due(&stop).await {
                Ok(sent) => sent.cut_off,
                Err(fault) => {
                    tracing::error!(%fault, "letters could not be looked up");
                    false
                }
            };
            if cut_off {
                tracing::warn!(operator = true, seconds = pause.as_secs(), "the mail server cannot be reached; letters wait");
            }
            let rung = async {
                // What has been stored meanwhile would not get through either.
                if cut_off { std::future::pending().await } else { self.db.letters().await }
            };
            tokio::select! {
                () = rung => {}
                () = tokio::time::sleep(if cut_off { pause } else { PAUSE }) => {}
                // An error means that whoever could say stop is gone.
                changed = stop.changed() => if changed.is_err() { break },
            }
            pause = if cut_off { LONGEST_PAUSE.min(pause * 2) } else { PAUSE };
        }
        self.mailer.rest().await;
    }

    async fn keep_looking(&self, mut stop: watch::Receiver<bool>, told: &Told) {
        let mut rounds = Rounds::default();
        while !*stop.borrow() {
            let goes_on = self.round(&mut rounds, &stop).await;
            told.ended(self.clock.steady(), !rounds.failed);
            // More may be due than one pass deals with.
            let pause = if goes_on { Duration::ZERO } else { front::undo::until_next(&self.db, self.clock.now(), PAUSE).await };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // An error means that whoever could say stop is gone.
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// One round of everything but sending. Whether more is due than one round deals with. What fails is logged, and keeps nothing else.
    pub async fn round(&self, rounds: &mut Rounds, stop: &watch::Receiver<bool>) -> bool {
        let (now, steady) = (self.clock.now(), self.clock.steady());
        rounds.failed = false;
        if let Some(by) = rounds.lived.see(now, steady) {
            tracing::warn!(
                operator = true,
                seconds = by.num_seconds(),
                "the clock has leapt; nothing is cleared away until it has kept its time for a day"
            );
            if let Err(fault) = put_back_days(&self.db, now).await {
                rounds.fail(&fault, "the days of the bookings to come could not be looked through");
            }
        }
        if let Err(fault) = self.carry_out().await {
            rounds.fail(&fault, "what can be undone no more could not be carried out");
        }
        if let Err(fault) = self.pass_on().await {
            rounds.fail(&fault, "offers that have run out could not be passed on");
        }
        let mut goes_on = match self.remind(&mut rounds.sweep, stop).await {
            Ok(came) => came.goes_on(),
            Err(fault) => {
                rounds.fail(&fault, "what is due could not be looked up");
                false
            }
        };
        if rounds.digests.due(steady) && !*stop.borrow() {
            if let Err(fault) = self.tell_of_half_terms().await {
                rounds.fail(&fault, "who is to be told of a rule could not be looked up");
            }
            match self.bring_together(&mut rounds.sweep, stop).await {
                Ok(came) => {
                    goes_on |= came.goes_on();
                    if !came.more {
                        rounds.digests.done(steady);
                    }
                }
                Err(fault) => rounds.fail(&fault, "what is due together could not be looked up"),
            }
        }
        if rounds.clearings.due(steady) && !*stop.borrow() {
            // By the time that was looked at above: the clock may leap now.
            let cleared = if rounds.lived.a_day() { self.clear_by(now).await } else { self.clear_questions(now).await };
            match cleared {
                Ok(()) => rounds.clearings.done(steady),
                Err(fault) => rounds.fail(&fault, "what has run out could not be cleared away"),
            }
        }
        goes_on
    }

    /// Carries out the acts that could be undone and whose time has come (see `undo`), each in a transaction of its own.
    ///
    /// # Errors
    /// When the database cannot say which. A fault with one is logged and does not keep the others.
    pub async fn carry_out(&self) -> db::Result<()> {
        front::undo::carry_out_due(&self.db, self.clock.now(), self.mailer.sent_from()).await
    }

    /// Passes on what the waiting list offered and nobody took in time: in each such cluster a write, which settles it.
    ///
    /// # Errors
    /// When the database cannot say where. A fault in one cluster is logged and does not keep the others.
    pub async fn pass_on(&self) -> db::Result<()> {
        let now = self.clock.now();
        let since = waiting::acts::lately(now);
        let clusters = self.db.house_read(now, move |house| ledger::with_offers_run_out(house, since)).await?;
        for cluster in clusters {
            // A write that changes nothing itself: what follows from the time is brought up to date at its end.
            if let Err(fault) = self.db.write(Scope::of_worker(cluster), |_| Ok::<_, db::Error>(())).await {
                tracing::error!(%cluster, %fault, "a cluster could not be brought up to date");
            }
        }
        Ok(())
    }

    /// Tells those coordinators once whose cluster has kept the longest loan of old.
    ///
    /// # Errors
    /// When the database cannot say who they are. A fault in one cluster is logged and does not keep the others.
    pub async fn tell_of_half_terms(&self) -> db::Result<()> {
        for cluster in self.db.house_read(self.clock.now(), with_half_term_news).await? {
            if let Err(fault) = self.db.write(Scope::of_worker(cluster), founding::tell_of_half_terms).await {
                tracing::error!(%cluster, %fault, "coordinators could not be told of a rule");
            }
        }
        Ok(())
    }

    /// Looks at legs and copies at which it is time to look, and stores the reminders that are due, from where the sweep has come to.
    ///
    /// # Errors
    /// When the database cannot say what is due.
    pub async fn remind(&self, sweep: &mut Sweep, stop: &watch::Receiver<bool>) -> db::Result<Came> {
        self.pass().looks(sweep, || *stop.borrow()).await
    }

    /// Stores the letters that bring several things together: weekly ones of coordinators, and what people want once a day or a week.
    ///
    /// # Errors
    /// When the database cannot say what is due.
    pub async fn bring_together(&self, sweep: &mut Sweep, stop: &watch::Receiver<bool>) -> db::Result<Came> {
        self.pass().digests(sweep, Rooms { kind: kinds::find, overtaken }, || *stop.borrow()).await
    }

    fn pass(&self) -> Pass {
        Pass { db: self.db.clone(), now: self.clock.now() }
    }

    /// Sends everything that is due, one letter after the other, until the mail server cannot be reached.
    ///
    /// # Errors
    /// When the database cannot say what is due. A fault with one letter is logged and does not keep the others.
    pub async fn send_due(&self, stop: &watch::Receiver<bool>) -> db::Result<Sent> {
        let mut done = Sent::default();
        loop {
            let due = self.db.house_read(self.clock.now(), |house| outbox::due(house, BATCH)).await?;
            let before = done;
            if !self.mailer.sends() {
                done.letters += self.keep(due).await;
                if done == before {
                    return Ok(done);
                }
                continue;
            }
            for (cluster, id) in due {
                if *stop.borrow() {
                    return Ok(done);
                }
                match self.deal_with(cluster, id).await {
                    Ok(Some((state, cut_off))) => {
                        tracing::info!(%id, %cluster, %state, "letter");
                        done.letters += 1;
                        if cut_off {
                            return Ok(Sent { cut_off, ..done });
                        }
                    }
                    Ok(None) => {}
                    Err(fault) => tracing::error!(%id, %cluster, %fault, "a letter could not be dealt with"),
                }
            }
            // Without progress the rest is in other hands, or cannot be dealt with now.
            if done == before {
                self.mailer.rest().await;
                return Ok(done);
            }
        }
    }

    /// Where no letter leaves there is nobody to wait for: all that are due in a cluster are written down as kept in
    /// one transaction, instead of two for each, so that they do not stand in the way of who is reserving.
    async fn keep(&self, due: Vec<(ClusterId, MessageId)>) -> usize {
        let mut by_cluster: BTreeMap<ClusterId, Vec<MessageId>> = BTreeMap::new();
        for (cluster, id) in due {
            by_cluster.entry(cluster).or_default().push(id);
        }
        let mut kept = 0;
        for (cluster, ids) in by_cluster {
            let claim = format!("{:016x}", rand::random::<u64>());
            let work = move |tx: &mut Tx<'_>| mail::acts::keep(tx, &ids, &claim, overtaken);
            match self.db.write(Scope::of_worker(cluster), work).await {
                Ok(done) => kept += done,
                Err(fault) => tracing::error!(%cluster, %fault, "letters could not be kept"),
            }
        }
        kept
    }

    /// Takes one letter, asks whether it is still true, sends it, writes down what came of it, and says how it stands and whether the mail
    /// server could not be reached. `None` when somebody else has it.
    async fn deal_with(&self, cluster: ClusterId, id: MessageId) -> db::Result<Option<(State, bool)>> {
        let claim = format!("{:016x}", rand::random::<u64>());
        let (scope, own) = (Scope::of_worker(cluster), claim.clone());
        let message = match self.db.write(scope, move |tx| mail::acts::take(tx, id, &own, reminding::opens, overtaken)).await? {
            None => return Ok(None),
            Some(Taken::Over(state)) => return Ok(Some((state, false))),
            Some(Taken::ToSend(message)) => message,
        };
        let outcome = self.mailer.send(&message).await;
        let cut_off = self.mailer.is_cut_off();
        if let Outcome::Passing(words) | Outcome::Refused(words) = &outcome {
            tracing::warn!(%id, %cluster, attempt = message.attempts, words, "a letter was not taken");
        }
        let record = after(outcome, message.attempts, self.clock.now());
        let state = record.state;
        if !self.write_down(cluster, id, &claim, &record).await? {
            tracing::warn!(%id, %cluster, "a letter took longer than its lease; another worker has it");
        }
        Ok(Some((state, cut_off)))
    }

    /// Writes down what an attempt came to; a letter that was sent and is not written down would be sent again, so it is
    /// tried for a while.
    async fn write_down(&self, cluster: ClusterId, id: MessageId, claim: &str, record: &Record) -> db::Result<bool> {
        let mut tries = 5;
        loop {
            let (claim, record) = (claim.to_owned(), record.clone());
            let work = move |tx: &mut Tx<'_>| outbox::record(tx, id, &claim, &record);
            match self.db.write(Scope::of_worker(cluster), work).await {
                Err(fault) if tries > 0 => {
                    tracing::warn!(%id, %cluster, %fault, "what came of a letter could not be written down; trying again");
                    tries -= 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                done => return done,
            }
        }
    }

    /// Clears away sign-in links and sessions that ended long ago, places on waiting lists whose days are past, and the days of the
    /// plan that are long past. Nothing brings them back: a round does it on a day that was lived through alone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn clear(&self) -> db::Result<()> {
        self.clear_by(self.clock.now()).await
    }

    async fn clear_questions(&self, now: DateTime<Utc>) -> db::Result<()> {
        self.until_empty(now, acts::clear_questions).await.map(drop)
    }

    /// Clears a portion at a time, so that no lock is held for long, until nothing is left: what comes in faster would pile up.
    async fn until_empty(&self, now: DateTime<Utc>, portion: fn(&mut db::House<'_>) -> db::Result<usize>) -> db::Result<usize> {
        let mut gone = 0;
        loop {
            match self.db.house(now, portion).await? {
                0 => return Ok(gone),
                some => gone += some,
            }
        }
    }

    async fn clear_by(&self, now: DateTime<Utc>) -> db::Result<()> {
        self.clear_questions(now).await?;
        let gone = self.until_empty(now, acts::clear).await?;
        if gone > 0 {
            tracing::info!(gone, "old sign-in links and sessions cleared away");
        }
        self.until_empty(now, pending::clear).await?;
        let ever = DateTime::UNIX_EPOCH.naive_utc();
        let past =
            move |house: &mut db::House<'_>| Ok::<_, db::Error>((waits::with_past_days(house)?, ledger::with_offers_run_out(house, ever)?));
        let (waiting, offered) = self.db.house_read(now, past).await?;
        for cluster in waiting.into_iter().chain(offered).collect::<BTreeSet<_>>() {
            if let Err(fault) = self.db.write(Scope::of_worker(cluster), waiting::acts::clear).await {
                tracing::error!(%cluster, %fault, "places of the waiting list that are past could not be ended");
            }
        }
        let mail_from = self.mailer.sent_from();
        for cluster in self.db.house_read(now, ledger::with_requests_lapsed).await? {
            let mail_from = mail_from.clone();
            if let Err(fault) = self.db.write(Scope::of_worker(cluster), move |tx| booking::lapse(tx, mail_from.as_deref())).await {
                tracing::error!(%cluster, %fault, "requests that nobody answered could not be ended");
            }
        }
        let before = days::add(clock::today(now), -PAST_DAYS_KEPT);
        for _ in 0..DAYS_CLEARED {
            // The bookings stay; only the table that keeps two of them from sharing a day gets smaller.
            if self.db.house(now, move |house| booked::clear_oldest_day(house, before)).await? == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// How many days of bookings to come were missing from the plan, and how many of them are with another booking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DaysPutBack {
    /// Put back.
    pub days: usize,
    /// With another booking, and left there.
    pub taken: usize,
}

/// Looks whether every live booking has its days from today on, and puts back those that are missing; each is an error in the log, since
/// in the meantime somebody else could have booked it.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn put_back_days(db: &Db, now: DateTime<Utc>) -> db::Result<DaysPutBack> {
    let (mut sum, mut after) = (DaysPutBack::default(), db::HOUSE);
    loop {
        let clusters = db.house_read(now, move |house| booked::clusters_after(house, after)).await?;
        let Some(last) = clusters.last().copied() else { return Ok(sum) };
        for cluster in clusters {
            if db.read(Scope::of_worker(cluster), booking::lacks_days).await? {
                put_back_in(db, cluster, &mut sum).await?;
            }
        }
        after = last;
    }
}

async fn put_back_in(db: &Db, cluster: ClusterId, sum: &mut DaysPutBack) -> db::Result<()> {
    let mut after = None;
    loop {
        let (done, last) = db.write(Scope::of_worker(cluster), move |tx| booking::put_back_days(tx, after)).await?;
        for Lacking { booking, day, .. } in &done.days {
            tracing::error!(%cluster, %booking, %day, "a booking to come had lost a day; it has been put back");
        }
        for (Lacking { booking, day, .. }, other) in &done.taken {
            tracing::error!(%cluster, %booking, %day, %other, "a booking to come had lost a day, and another booking has it now");
        }
        sum.days += done.days.len();
        sum.taken += done.taken.len();
        if last.is_none() {
            return Ok(());
        }
        after = last;
    }
}

/// The rooms that write letters, each with what it says of one of its own.
const ROOMS: [Overtaken; 8] = [
    acts::overtaken,
    joining::overtaken,
    reminding::overtaken,
    journeys::tell::overtaken,
    handovers::tell::overtaken,
    wait_tell::overtaken,
    attention::tell::overtaken,
    bookings::overtaken,
];

/// Why a letter is no longer true, asked at the moment of sending; `None` when it is, or when its kind has nothing that could change.
fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> db::Result<Option<String>> {
    for room in ROOMS {
        if let Some(why) = room(tx, letter)? {
            return Ok(Some(why));
        }
    }
    Ok(None)
}
