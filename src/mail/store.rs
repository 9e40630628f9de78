//! The rows of the outbox.

pub mod choices;

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Calendar, Choice, Kind, LEASE, Letter, Listing, Message, Record, State, letter, one_line, without_secrets};
use crate::base::Day;
use crate::base::ids::{ClusterId, MessageId, PersonId};
use crate::db::asks::insert_all;
use crate::db::schema::messages;
use crate::db::{Error, HOUSE, House, Result, Tx};

/// What a letter says that carries the address by which its kind is switched off.
pub const SWITCH_OFF: &str = "You can switch such e-mails off in Boxrota, under My account.";

/// Stores a letter, to be sent by the worker, who is rung after COMMIT; in the transaction of the fact that caused it. `false` when the same letter
/// (kind, subject, day, address) is there already: then nothing is stored.
pub fn enqueue(tx: &mut Tx<'_>, letter: &Letter) -> Result<bool> {
    enqueue_with(tx, letter, "")
}

/// The same for a letter whose kind can be switched off: `unsubscribe` is the address that does it in one click. It carries a
/// secret, and goes when the letter has been sent.
pub fn enqueue_with(tx: &mut Tx<'_>, letter: &Letter, unsubscribe: &str) -> Result<bool> {
    // Under the cluster's lock nobody can come between the question and the insert; the unique key stands behind it.
    if is_there(tx, letter)? {
        return Ok(false);
    }
    insert(tx, &[(letter, unsubscribe)])?;
    Ok(true)
}

/// Writes letters down, each with the address that switches its kind off; none of them is there.
fn insert(tx: &mut Tx<'_>, letters: &[(&Letter, &str)]) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    let now = tx.stamp();
    let letters: Vec<(Letter, &str)> = letters.iter().map(|(letter, way_out)| (says_how_to_end_it(letter, way_out), *way_out)).collect();
    let rows = letters.iter().map(|(letter, unsubscribe)| {
        (
            messages::cluster_id.eq(tx.cluster.0),
            messages::id.eq(MessageId::fresh(tx.now).0),
            messages::kind.eq(letter.kind.key),
            messages::subject.eq(letter.subject.clone()),
            messages::day.eq(letter.day),
            messages::person_id.eq(letter.to.person.map(|person| person.0)),
            messages::to_address.eq(letter.to.address.as_str().to_owned()),
            messages::to_name.eq(one_line(&letter.to.name)),
            messages::reason.eq(letter.reason.clone()),
            messages::title.eq(one_line(&letter.title)),
            messages::text_body.eq(letter::text(letter)),
            messages::html_body.eq(letter::html(letter)),
            messages::calendar.eq(letter.calendar.as_ref().map(|calendar| calendar.text.clone())),
            messages::calendar_method.eq(letter.calendar.as_ref().map(|calendar| calendar.method.to_string())),
            messages::unsubscribe.eq((*unsubscribe).to_owned()),
            messages::state.eq(text(State::Waiting)),
            messages::next_attempt_at.eq(now),
            messages::created_at.eq(now),
        )
    });
    insert_all!(tx.conn, diesel::insert_into(messages::table), rows.collect())?;
    tx.letter_waits();
    Ok(())
}

/// The letter with the sentence that it can be switched off, when it carries the address that does so: said here and nowhere else, so
/// that no letter says it that cannot.
fn says_how_to_end_it(letter: &Letter, way_out: &str) -> Letter {
    let mut letter = letter.clone();
    // Whoever does not want letters together has said there what comes instead.
    if !way_out.is_empty() && letter.kind.choice != Choice::Rhythm {
        letter.reason = format!("{} {SWITCH_OFF}", letter.reason);
    }
    letter
}

/// Whether the same letter (kind, subject, day, address) was stored before, however it fared.
pub fn is_there(tx: &mut Tx<'_>, letter: &Letter) -> Result<bool> {
    let there = messages::table
        .filter(messages::cluster_id.eq(tx.cluster.0))
        .filter(messages::kind.eq(letter.kind.key))
        .filter(messages::subject.eq(&letter.subject))
        .filter(messages::day.eq(letter.day))
        .filter(messages::to_address.eq(letter.to.address.as_str()));
    Ok(diesel::select(diesel::dsl::exists(there)).get_result(tx.conn)?)
}

/// The addresses to which letters of this kind about this, for this day, were stored.
pub fn told(tx: &mut Tx<'_>, kind: &Kind, subject: &str, day: Day) -> Result<Vec<String>> {
    Ok(messages::table
        .filter(messages::cluster_id.eq(tx.cluster.0))
        .filter(messages::kind.eq(kind.key))
        .filter(messages::subject.eq(subject))
        .filter(messages::day.eq(day))
        .select(messages::to_address)
        .load(tx.conn)?)
}

/// Of how many of these subjects a letter of this kind for this day has gone out, or is kept to be read where no mail is sent.
pub fn sent_about(tx: &mut Tx<'_>, kind: &Kind, subjects: &[String], day: Day) -> Result<u32> {
    let count: i64 = messages::table
        .filter(messages::cluster_id.eq(tx.cluster.0))
        .filter(messages::kind.eq(kind.key))
        .filter(messages::subject.eq_any(subjects))
        .filter(messages::day.eq(day))
        .filter(messages::state.eq_any([text(State::Sent), text(State::Kept)]))
        .select(diesel::dsl::count(messages::subject).aggregate_distinct())
        .first(tx.conn)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Letters of all clusters that are due: those that wait and whose time has come, and those whose worker has held them
/// longer than its lease, which means that it died.
pub fn due(house: &mut House<'_>, most: i64) -> Result<Vec<(ClusterId, MessageId)>> {
    let rows: Vec<(i64, i64)> = messages::table
        .filter(open())
        .filter(messages::next_attempt_at.le(house.stamp()))
        .order(messages::next_attempt_at)
        .limit(most)
        .select((messages::cluster_id, messages::id))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(cluster, id)| (ClusterId(cluster), MessageId(id))).collect())
}

/// Takes a due letter in hand for [`LEASE`], which counts as an attempt. `None` when somebody else was faster, or it is no
/// longer due: one conditional update decides, so two workers never both get it. `claim` is made up for this attempt alone.
pub fn take(tx: &mut Tx<'_>, id: MessageId, claim: &str) -> Result<Option<Message>> {
    let now = tx.stamp();
    let taken = diesel::update(row(tx, id).filter(open()).filter(messages::next_attempt_at.le(now)))
        .set((
            messages::state.eq(text(State::Sending)),
            messages::claimed_by.eq(Some(claim)),
            messages::next_attempt_at.eq(now + LEASE),
            messages::attempts.eq(messages::attempts + 1),
        ))
        .execute(tx.conn)?;
    if taken == 0 { Ok(None) } else { message(tx, id).map(Some) }
}

/// Writes down what the attempt came to. `false` when the letter is no longer held under this claim: the lease ran out and
/// another worker has it. A letter loses the secret of its link when it is done with. One of a cluster that failed keeps it,
/// because a coordinator may send it once more; no page shows it.
pub fn record(tx: &mut Tx<'_>, id: MessageId, claim: &str, record: &Record) -> Result<bool> {
    let now = tx.stamp();
    let finished = (record.state != State::Waiting).then_some(now);
    let recorded = diesel::update(row(tx, id).filter(messages::claimed_by.eq(claim)))
        .set((
            messages::state.eq(text(record.state)),
            messages::claimed_by.eq(None::<String>),
            messages::next_attempt_at.eq(record.next_attempt_at.map_or(now, |at| at.naive_utc())),
            messages::last_error.eq(&record.last_error),
            messages::finished_at.eq(finished),
        ))
        .execute(tx.conn)?;
    let done_with = finished.is_some() && (tx.cluster == HOUSE || record.state != State::Failed);
    if recorded == 1 && done_with {
        let (words, html, carried): (String, String, String) =
            row(tx, id).select((messages::text_body, messages::html_body, messages::unsubscribe)).first(tx.conn)?;
        let bare = (without_secrets(&words), without_secrets(&html));
        if !carried.is_empty() {
            diesel::update(row(tx, id)).set(messages::unsubscribe.eq("")).execute(tx.conn)?;
        }
        if (&bare.0, &bare.1) != (&words, &html) {
            diesel::update(row(tx, id)).set((messages::text_body.eq(bare.0), messages::html_body.eq(bare.1))).execute(tx.conn)?;
        }
    }
    Ok(recorded == 1)
}

/// Puts a letter that was taken in hand back until a later time; that was no attempt.
pub fn postpone(tx: &mut Tx<'_>, id: MessageId, claim: &str, until: NaiveDateTime) -> Result<()> {
    diesel::update(row(tx, id).filter(messages::claimed_by.eq(claim)))
        .set((
            messages::state.eq(text(State::Waiting)),
            messages::claimed_by.eq(None::<String>),
            messages::next_attempt_at.eq(until),
            messages::attempts.eq(messages::attempts - 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Puts a letter that was given up back in line. `false` when it was not given up.
pub fn retry(tx: &mut Tx<'_>, id: MessageId) -> Result<bool> {
    let failed = row(tx, id).filter(messages::state.eq(text(State::Failed)));
    if diesel::update(failed).set(again(tx.stamp())).execute(tx.conn)? == 0 {
        return Ok(false);
    }
    tx.letter_waits();
    tx.log("messages", &id, "put in line again", "Not sent", "Waiting")?;
    Ok(true)
}

/// Puts every letter of the cluster that was given up back in line, and says how many there were.
pub fn retry_all(tx: &mut Tx<'_>) -> Result<usize> {
    let failed = messages::table.filter(messages::cluster_id.eq(tx.cluster.0)).filter(messages::state.eq(text(State::Failed)));
    let many = diesel::update(failed).set(again(tx.stamp())).execute(tx.conn)?;
    if many > 0 {
        tx.letter_waits();
        tx.log("messages", &"all", "put in line again", &format!("{many} not sent"), "Waiting")?;
    }
    Ok(many)
}

/// How many letters of the cluster were given up and wait for a coordinator.
pub fn failed_count(tx: &mut Tx<'_>) -> Result<i64> {
    let failed = messages::table.filter(messages::cluster_id.eq(tx.cluster.0)).filter(messages::state.eq(text(State::Failed)));
    Ok(failed.count().get_result(tx.conn)?)
}

/// One letter of this cluster.
pub fn message(tx: &mut Tx<'_>, id: MessageId) -> Result<Message> {
    let found: MessageRow = row(tx, id).select(MessageRow::as_select()).first(tx.conn)?;
    found.try_into()
}

/// A page of letters without their bodies, newest first, and whether there are newer and older ones.
pub fn list(tx: &mut Tx<'_>, listing: &Listing) -> Result<Page> {
    let mut query = messages::table.filter(messages::cluster_id.eq(tx.cluster.0)).select(Line::as_select()).into_boxed();
    if let Some(person) = listing.person {
        query = query.filter(messages::person_id.eq(person.0));
    }
    if let Some(state) = listing.state {
        query = query.filter(messages::state.eq(text(state)));
    }
    let forwards = listing.newer_than.filter(|_| listing.older_than.is_none());
    query = match (forwards, listing.older_than) {
        (Some(id), _) => query.filter(messages::id.gt(id.0)).order(messages::id.asc()),
        (None, Some(id)) => query.filter(messages::id.lt(id.0)).order(messages::id.desc()),
        (None, None) => query.order(messages::id.desc()),
    };
    // One more than is shown tells whether the list goes on.
    let mut lines: Vec<Line> = query.limit(listing.most + 1).load(tx.conn)?;
    let more = i64::try_from(lines.len()).unwrap_or(i64::MAX) > listing.most;
    lines.truncate(usize::try_from(listing.most).unwrap_or(0));
    if forwards.is_some() {
        lines.reverse();
        // Somebody came from an older page, so there is one.
        return Ok(Page { lines, newer: more, older: true });
    }
    Ok(Page { lines, newer: listing.older_than.is_some(), older: more })
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The letters, newest first.
    pub lines: Vec<Line>,
    /// Whether newer ones may be there.
    pub newer: bool,
    /// Whether older ones are there.
    pub older: bool,
}

/// A letter in the list.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Line {
    id: i64,
    /// The subject line.
    pub title: String,
    /// The recipient's name; may be empty.
    pub to_name: String,
    /// Where it goes.
    pub to_address: String,
    /// Why this person gets it.
    pub reason: String,
    state: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is due again.
    pub next_attempt_at: NaiveDateTime,
    /// What went wrong.
    pub last_error: String,
    /// When it was written.
    pub created_at: NaiveDateTime,
    /// When it was over.
    pub finished_at: Option<NaiveDateTime>,
}

impl Line {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> MessageId {
        MessageId(self.id)
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.parse().unwrap_or(State::Failed)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct MessageRow {
    cluster_id: i64,
    id: i64,
    kind: String,
    subject: String,
    day: Day,
    person_id: Option<i64>,
    to_address: String,
    to_name: String,
    reason: String,
    title: String,
    text_body: String,
    html_body: String,
    calendar: Option<String>,
    calendar_method: Option<String>,
    unsubscribe: String,
    state: String,
    attempts: i32,
    next_attempt_at: NaiveDateTime,
    last_error: String,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
}

impl TryFrom<MessageRow> for Message {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self> {
        let unknown = |what: &str| Error::Check(format!("messages.{what} holds a word that this version does not know"));
        let calendar = match (row.calendar, row.calendar_method) {
            (Some(text), Some(method)) => Some(Calendar { text, method: method.parse().map_err(|_| unknown("calendar_method"))? }),
            _ => None,
        };
        Ok(Self {
            cluster: ClusterId(row.cluster_id),
            id: MessageId(row.id),
            kind: row.kind,
            subject: row.subject,
            day: row.day,
            person: row.person_id.map(PersonId),
            to_address: row.to_address,
            to_name: row.to_name,
            reason: row.reason,
            title: row.title,
            text: row.text_body,
            html: row.html_body,
            calendar,
            unsubscribe: row.unsubscribe,
            state: row.state.parse().map_err(|_| unknown("state"))?,
            attempts: u32::try_from(row.attempts).unwrap_or_default(),
            next_attempt_at: row.next_attempt_at.and_utc(),
            last_error: row.last_error,
            created_at: row.created_at.and_utc(),
            finished_at: row.finished_at.map(|at| at.and_utc()),
        })
    }
}

fn text(state: State) -> &'static str {
    state.into()
}

/// The condition of the partial index `messages_due`, letter for letter: SQLite takes such an index only then, and not when
/// the words are bound.
fn open() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("state IN ('waiting', 'sending')")
}

type Key = diesel::dsl::And<diesel::dsl::Eq<messages::cluster_id, i64>, diesel::dsl::Eq<messages::id, i64>>;

fn row(tx: &Tx<'_>, id: MessageId) -> diesel::dsl::Filter<messages::table, Key> {
    messages::table.filter(messages::cluster_id.eq(tx.cluster.0).and(messages::id.eq(id.0)))
}

type Again = (
    diesel::dsl::Eq<messages::state, &'static str>,
    diesel::dsl::Eq<messages::attempts, i32>,
    diesel::dsl::Eq<messages::next_attempt_at, NaiveDateTime>,
    diesel::dsl::Eq<messages::finished_at, Option<NaiveDateTime>>,
);

fn again(now: NaiveDateTime) -> Again {
    (messages::state.eq(text(State::Waiting)), messages::attempts.eq(0), messages::next_attempt_at.eq(now), messages::finished_at.eq(None))
}
