//! The rows of the inbox, by one statement: what waits is found by the index of each table, and the number of it stands in the menu of
//! every page of a coordinator, so it is asked for at once and not table by table. The connection of two kinds has no UNION: it is SQL
//! as written, the same for both engines (see docs/decisions/0023-one-statement-for-the-inbox.md).

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text, Timestamp};

use crate::attention::inbox::{Booked, Difference, Find, Inbox, Invited, Queued};
use crate::attention::{AHEAD_DAYS, AtRisk, Holding, Travel, at_risk};
use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, FindId, HandoverId, InvitationId, SchoolId, WaitId};
use crate::bookings::{Kind, Slot, State, last_day_of};
use crate::catalogue::Item;
use crate::catalogue::store::{item_of, state_of};
use crate::db::asks::{LONGEST_HOLD, with_backend};
use crate::db::{Error, Result, Tx};
use crate::journeys::Place;
use crate::journeys::store::custody_of;
use crate::people::RoleKind;
use crate::year::store::{TermRow, days_of_journeys, put_together};

/// A loan that nobody fetched is listed for so many days after its last one.
const NEVER_FETCHED_DAYS: i64 = 28;

/// A row of the statement. What a part has no value for is NULL, or an empty text.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    copy_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    booking_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    school_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    to_school_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    handover_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    person_id: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    moment: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Date>)]
    first_day: Option<Day>,
    #[diesel(sql_type = Nullable<Date>)]
    last_day: Option<Day>,
    #[diesel(sql_type = Nullable<Date>)]
    held_until: Option<Day>,
    #[diesel(sql_type = Nullable<Date>)]
    half_last: Option<Day>,
    #[diesel(sql_type = Text)]
    word: String,
    #[diesel(sql_type = Text)]
    more: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    resource_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    home_school_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tag: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    strand: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    icon: Option<String>,
}

/// The copies that do not simply lie in their store, that lack something, or cannot be lent.
const HOLDINGS: &str = "
    SELECT * FROM (SELECT 'holding' AS part, custody.copy_id AS id, custody.copy_id AS copy_id, custody.booking_id AS booking_id,
        custody.school_id AS school_id, custody.to_school_id AS to_school_id, custody.handover_id AS handover_id,
        custody.person_id AS person_id, custody.since AS moment, bookings.first_day AS first_day, bookings.last_day AS last_day,
        bookings.held_until AS held_until, CAST(NULL AS date) AS half_last, custody.place AS word, custody.short_essentials AS more,
        CASE WHEN EXISTS (SELECT 1 FROM handovers h JOIN counts n ON n.cluster_id = h.cluster_id AND n.handover_id = h.id
                WHERE h.cluster_id = custody.cluster_id AND h.copy_id = custody.copy_id AND h.to_booking_id = custody.booking_id
                    AND n.side = 'receiver' AND n.how <> 'none')
            OR EXISTS (SELECT 1 FROM counts n WHERE n.cluster_id = custody.cluster_id AND n.booking_id = custody.booking_id
                    AND n.how <> 'none')
            THEN 1 ELSE 0 END AS number
    FROM custody
    JOIN copies ON copies.cluster_id = custody.cluster_id AND copies.id = custody.copy_id
    LEFT JOIN bookings ON bookings.cluster_id = custody.cluster_id AND bookings.id = custody.booking_id
    WHERE custody.cluster_id = $1 AND copies.state <> 'retired'
        AND (custody.place <> 'store' OR custody.short_essentials <> '' OR copies.state <> 'in_service')
    ORDER BY custody.since, custody.copy_id LIMIT 500) AS holdings";

/// The bookings to come of such copies: some of them are at risk.
const TO_COME: &str = "
    UNION ALL SELECT * FROM (SELECT 'to come', bookings.id, bookings.copy_id, CAST(NULL AS bigint), bookings.school_id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), bookings.first_day, bookings.last_day,
        bookings.held_until, CAST(NULL AS date), bookings.kind, bookings.state, 0
    FROM custody
    JOIN copies ON copies.cluster_id = custody.cluster_id AND copies.id = custody.copy_id
    JOIN bookings ON bookings.cluster_id = custody.cluster_id AND bookings.copy_id = custody.copy_id
    WHERE custody.cluster_id = $1 AND copies.state <> 'retired'
        AND (custody.place <> 'store' OR custody.short_essentials <> '' OR copies.state <> 'in_service')
        AND bookings.held_until >= $2 AND bookings.first_day >= $3 AND bookings.first_day <= $4
        AND bookings.state IN ('requested', 'confirmed') AND bookings.collected_on IS NULL AND bookings.offer_until IS NULL
    ORDER BY bookings.first_day, bookings.id LIMIT 500) AS to_come";

/// The school year, by which journeys under way are measured, where there is one; and how long a journey may take.
const YEAR: &str = "
    UNION ALL SELECT 'term', terms.id, CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), terms.first_day, terms.last_day, terms.half_first,
        terms.half_last, terms.season, '', terms.academic_year
    FROM terms WHERE terms.cluster_id = $1
        AND EXISTS (SELECT 1 FROM custody WHERE custody.cluster_id = $1 AND custody.place = 'transit')
    UNION ALL SELECT 'closure', closures.id, CAST(NULL AS bigint), CAST(NULL AS bigint), closures.school_id, CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), closures.first_day, closures.last_day, CAST(NULL AS date),
        CAST(NULL AS date), closures.kind, closures.note, 0
    FROM closures WHERE closures.cluster_id = $1 AND closures.first_day >= $5 AND closures.first_day <= $6
        AND EXISTS (SELECT 1 FROM custody WHERE custody.cluster_id = $1 AND custody.place = 'transit')
    UNION ALL SELECT 'transit days', settings.cluster_id, CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), '', '', settings.transit_days
    FROM settings WHERE settings.cluster_id = $1";

/// The rest of the inbox, a part each. Conditions stand letter for letter as partial indices have them: SQLite takes those only then.
const REST: &str = "
    UNION ALL SELECT * FROM (SELECT 'request', bookings.id, bookings.copy_id, CAST(NULL AS bigint), bookings.school_id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), bookings.first_day, bookings.last_day,
        bookings.held_until, CAST(NULL AS date), '', '', 0
    FROM bookings WHERE bookings.cluster_id = $1 AND bookings.state = 'requested' AND bookings.offer_until IS NULL
        AND bookings.first_day >= $3 ORDER BY bookings.first_day, bookings.id LIMIT 500) AS requests
    UNION ALL SELECT * FROM (SELECT 'never fetched', bookings.id, bookings.copy_id, CAST(NULL AS bigint), bookings.school_id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), bookings.first_day, bookings.last_day,
        bookings.held_until, CAST(NULL AS date), '', '', 0
    FROM bookings WHERE bookings.cluster_id = $1 AND bookings.state = 'confirmed' AND bookings.kind = 'loan'
        AND bookings.collected_on IS NULL AND bookings.unfetched_settled_at IS NULL
        AND bookings.last_day < $2 AND bookings.last_day >= $7 ORDER BY bookings.last_day, bookings.id LIMIT 100) AS never_fetched
    UNION ALL SELECT * FROM (SELECT 'wait', waits.id, waits.copy_id, waits.booking_id, waits.school_id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), bookings.offer_until,
        COALESCE(bookings.first_day, waits.first_day), COALESCE(bookings.last_day, waits.last_day), waits.last_day, CAST(NULL AS date), waits.state, resources.name, 0
    FROM waits JOIN resources ON resources.cluster_id = waits.cluster_id AND resources.id = waits.resource_id
    LEFT JOIN bookings ON bookings.cluster_id = waits.cluster_id AND bookings.id = waits.booking_id
    WHERE waits.cluster_id = $1 AND waits.state IN ('waiting', 'offered') ORDER BY waits.id LIMIT 200) AS places
    UNION ALL SELECT * FROM (SELECT 'find', finds.id, finds.copy_id, CAST(NULL AS bigint), CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), finds.found_at, CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), '', finds.words, 0
    FROM finds WHERE finds.cluster_id = $1 AND finds.done_at IS NULL ORDER BY finds.id LIMIT 100) AS found
    UNION ALL SELECT * FROM (SELECT 'difference', handovers.id, handovers.copy_id, CAST(NULL AS bigint), handovers.from_school_id,
        handovers.to_school_id, CAST(NULL AS bigint), CAST(NULL AS bigint), handovers.received_at, CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), '', '', 0
    FROM handovers WHERE handovers.cluster_id = $1 AND handovers.differs AND handovers.settled_at IS NULL
    ORDER BY handovers.id LIMIT 100) AS differing
    UNION ALL SELECT * FROM (SELECT 'invited', invitations.id, CAST(NULL AS bigint), CAST(NULL AS bigint), invitations.school_id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), invitations.created_at, CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), invitations.kind, CASE WHEN invitations.name = '' THEN invitations.email ELSE invitations.name END, 0
    FROM invitations WHERE invitations.cluster_id = $1 AND invitations.accepted_at IS NULL AND invitations.withdrawn_at IS NULL
    ORDER BY invitations.expires_at LIMIT 100) AS invited
    UNION ALL SELECT * FROM (SELECT 'unled', schools.id, CAST(NULL AS bigint), CAST(NULL AS bigint), schools.id,
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), '', '', 0
    FROM schools JOIN memberships ON memberships.cluster_id = schools.cluster_id AND memberships.school_id = schools.id
    WHERE schools.cluster_id = $1 AND memberships.joined_on <= $2 AND (memberships.left_on IS NULL OR memberships.left_on >= $2)
        AND (memberships.sabbatical_from IS NULL OR memberships.sabbatical_from > $2 OR memberships.sabbatical_to < $2)
        AND NOT EXISTS (SELECT 1 FROM roles WHERE roles.cluster_id = schools.cluster_id AND roles.school_id = schools.id
            AND roles.kind = 'ssl' AND roles.from_day <= $2 AND (roles.to_day IS NULL OR roles.to_day >= $2))
    ORDER BY schools.short_name, schools.id LIMIT 100) AS unled
    UNION ALL SELECT * FROM (SELECT 'unsent', count(*), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS timestamp), CAST(NULL AS date), CAST(NULL AS date),
        CAST(NULL AS date), CAST(NULL AS date), '', '', 0
    FROM messages WHERE messages.cluster_id = $1 AND messages.state = 'failed') AS unsent";

/// What each row says of its copy.
fn statement(parts: &[&str]) -> String {
    format!(
        "SELECT lines.*, copies.resource_id, copies.home_school_id, copies.state, copies.tag, resources.name, resources.strand, resources.icon
         FROM ({}) AS lines
         LEFT JOIN copies ON copies.cluster_id = $1 AND copies.id = lines.copy_id
         LEFT JOIN resources ON resources.cluster_id = copies.cluster_id AND resources.id = copies.resource_id",
        parts.concat()
    )
}

/// The copies that do not simply lie in their store, that lack something, or cannot be lent, and the bookings that are at risk for it as
/// far ahead as [`AHEAD_DAYS`]. One query.
pub fn holdings(tx: &mut Tx<'_>) -> Result<(Vec<Holding>, Vec<AtRisk>)> {
    let inbox = ask(tx, &[HOLDINGS, TO_COME, YEAR], false)?;
    Ok((inbox.holdings, inbox.at_risk))
}

/// All that waits for somebody. One query.
pub fn read(tx: &mut Tx<'_>) -> Result<Inbox> {
    ask(tx, &[HOLDINGS, TO_COME, YEAR, REST], true)
}

/// Asks for these parts; `whole`: for what nobody fetched, too.
fn ask(tx: &mut Tx<'_>, parts: &[&str], whole: bool) -> Result<Inbox> {
    let (sql, today, journeys) = (statement(parts), tx.today(), days_of_journeys(tx.today()));
    let day = |away| days::add(today, away);
    // In the order of their first appearance; no closure is longer than a year, so the index bounds both ends.
    let mut days = vec![today, day(-LONGEST_HOLD), day(AHEAD_DAYS), days::add(journeys.first(), -366), journeys.last()];
    days.extend(whole.then(|| day(-NEVER_FETCHED_DAYS)));
    let rows: Vec<Row> = with_backend!(tx.conn, conn => {
        let query = diesel::sql_query(sql).into_boxed().bind::<BigInt, _>(tx.cluster.0);
        days.into_iter().fold(query, |query, day| query.bind::<Date, _>(day)).load(conn)
    })?;
    sorted(today, rows)
}

/// The rows as what they are.
fn sorted(today: Day, rows: Vec<Row>) -> Result<Inbox> {
    let (mut terms, mut closures, mut transit_days) = (Vec::new(), Vec::new(), None);
    let mut inbox = Inbox {
        today,
        holdings: Vec::new(),
        at_risk: Vec::new(),
        requests: Vec::new(),
        never_fetched: Vec::new(),
        waits: Vec::new(),
        finds: Vec::new(),
        differences: Vec::new(),
        invited: Vec::new(),
        unled: Vec::new(),
        unsent: 0,
    };
    let mut to_come = Vec::new();
    for row in rows {
        match row.part.as_str() {
            "holding" => inbox.holdings.push(row.holding()?),
            "to come" => to_come.push(row.slot()?),
            "request" => inbox.requests.push(row.booked()?),
            "never fetched" => inbox.never_fetched.push(row.booked()?),
            "wait" => inbox.waits.push(row.queued()?),
            "find" => inbox.finds.push(Find { id: FindId(row.id), item: row.item()?, home: row.home()?, on: row.on()?, words: row.more }),
            "difference" => inbox.differences.push(Difference {
                id: HandoverId(row.id),
                item: row.item()?,
                home: row.home()?,
                from: row.school()?,
                to: row.to_school_id.map(SchoolId),
                on: row.moment.map(|at| clock::today(at.and_utc())),
            }),
            "invited" => inbox.invited.push(row.invited()?),
            "term" => terms.push(row.term()?),
            "closure" => closures.push((row.id, row.school_id, row.word.clone(), row.days()?.first(), row.days()?.last(), row.more)),
            "transit days" => transit_days = u32::try_from(row.number).ok(),
            "unled" => inbox.unled.push(SchoolId(row.id)),
            _ => inbox.unsent = usize::try_from(row.id).unwrap_or_default(),
        }
    }
    let travels = |holding: &&mut Holding| holding.custody.place == Place::Transit;
    let calendar = put_together(terms, closures, transit_days)?;
    for holding in inbox.holdings.iter_mut().filter(travels) {
        holding.travel = Some(Travel::of(&calendar, holding.since(), holding.bound_for(), today));
    }
    inbox.at_risk = at_risk(&inbox.holdings, &to_come, today);
    Ok(inbox)
}

/// A row without what its part always has: no schema of ours gives one.
fn lacks(what: &str) -> Error {
    Error::Check(format!("inbox_{what}"))
}

impl Row {
    fn school(&self) -> Result<SchoolId> {
        self.school_id.map(SchoolId).ok_or_else(|| lacks("school"))
    }

    fn home(&self) -> Result<SchoolId> {
        self.home_school_id.map(SchoolId).ok_or_else(|| lacks("home"))
    }

    fn days(&self) -> Result<Period> {
        self.first_day.zip(self.last_day).and_then(|(first, last)| Period::new(first, last)).ok_or_else(|| lacks("days"))
    }

    fn on(&self) -> Result<Day> {
        self.moment.map(|at| clock::today(at.and_utc())).ok_or_else(|| lacks("moment"))
    }

    fn item(&self) -> Result<Item> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (copy, resource) = self.copy_id.zip(self.resource_id).ok_or_else(|| lacks("copy"))?;
        item_of((copy, resource, text(&self.name), text(&self.strand), text(&self.icon), text(&self.tag)))
    }

    fn holding(self) -> Result<Holding> {
        let (item, days) = (self.item()?, self.days().ok());
        let home = self.home()?;
        let copy_state = state_of(self.state.as_deref().unwrap_or_default())?;
        let since = self.moment.ok_or_else(|| lacks("moment"))?;
        let place = (self.booking_id, self.to_school_id, self.handover_id, self.person_id);
        let custody = custody_of((self.id, self.word.clone(), self.school()?.0, place.0, place.1, place.2, place.3, since, self.more))?;
        Ok(Holding { item, copy_state, home, custody, days, counted: self.number == 1, travel: None })
    }

    fn term(self) -> Result<TermRow> {
        let days = self.days()?;
        Ok((self.id, self.word, self.number, days.first(), days.last(), self.held_until, self.half_last))
    }

    fn slot(self) -> Result<Slot> {
        let days = self.days()?;
        Ok(Slot {
            id: BookingId(self.id),
            copy: CopyId(self.copy_id.ok_or_else(|| lacks("copy"))?),
            school: self.school()?,
            kind: self.word.parse::<Kind>().map_err(|_| lacks("kind"))?,
            state: self.more.parse::<State>().map_err(|_| lacks("state"))?,
            days,
            held_until: self.held_until.unwrap_or(days.last()),
            collected_on: None,
            returned_on: None,
            offer_until: None,
        })
    }

    fn booked(self) -> Result<Booked> {
        Ok(Booked { id: BookingId(self.id), item: self.item()?, home: self.home()?, school: self.school()?, days: self.days()? })
    }

    fn queued(self) -> Result<Queued> {
        let offered_to = self.moment.filter(|_| self.word == "offered").map(|at| last_day_of(at.and_utc()));
        Ok(Queued { id: WaitId(self.id), school: self.school()?, days: self.days()?, name: self.more, offered_to })
    }

    fn invited(self) -> Result<Invited> {
        let kind: RoleKind = self.word.parse().map_err(|_| lacks("role"))?;
        Ok(Invited { id: InvitationId(self.id), on: self.on()?, who: self.more, kind, school: self.school_id.map(SchoolId) })
    }
}
