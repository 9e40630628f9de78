//! New clusters: the secrets for setting up the first one, the rows a cluster begins with, and what is said of it.

pub mod log;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::base::days::Day;
use crate::base::ids::{ClusterId, LeadSchoolId, MembershipId, PersonId, RoleId, SchoolId};
use crate::base::secret::Secret;
use crate::clusters::longest::Longest;
use crate::clusters::settings::{All, Further, Settings};
use crate::clusters::{About, Founding, LeadSchool, SET_UP_LASTS};
use crate::db::asks::today;
use crate::db::schema::{clusters, lead_schools, memberships, roles, schools, set_up_tokens, settings, settings as rules};
use crate::db::{self, Actor, HOUSE, House, Result, Tx};
use crate::people::RoleKind;
use crate::people::store::{person_for, roles as held};

/// Whether the site has a cluster.
pub fn any_cluster(house: &mut House<'_>) -> Result<bool> {
    let some = clusters::table.filter(clusters::id.ne(HOUSE.0));
    Ok(diesel::select(diesel::dsl::exists(some)).get_result(house.conn)?)
}

/// Makes an address for setting up: stores its hash and returns the secret. Those that are over are cleared away.
pub fn add_set_up_token(house: &mut House<'_>) -> Result<Secret> {
    let (secret, now) = (Secret::fresh(), house.stamp());
    diesel::delete(set_up_tokens::table.filter(set_up_tokens::expires_at.le(now))).execute(house.conn)?;
    diesel::insert_into(set_up_tokens::table)
        .values((
            set_up_tokens::token_hash.eq(secret.hash()),
            set_up_tokens::created_at.eq(now),
            set_up_tokens::expires_at.eq(now + SET_UP_LASTS),
        ))
        .execute(house.conn)?;
    Ok(secret)
}

/// Until when an address for setting up works; `None` when nobody printed it.
pub fn set_up_token(house: &mut House<'_>, secret: &Secret) -> Result<Option<DateTime<Utc>>> {
    let until: Option<NaiveDateTime> =
        set_up_tokens::table.find(secret.hash()).select(set_up_tokens::expires_at).first(house.conn).optional()?;
    Ok(until.map(|until| until.and_utc()))
}

/// Ends every address for setting up.
pub fn end_set_up(house: &mut House<'_>) -> Result<()> {
    diesel::delete(set_up_tokens::table).execute(house.conn)?;
    Ok(())
}

/// Stores a new cluster with its lead school and its coordinator. `actor` is who does it; without one, the coordinator sets the site up.
/// The short name must be free, under the house's lock.
pub fn found(house: &mut House<'_>, founding: &Founding, actor: Option<Actor>) -> Result<(ClusterId, PersonId)> {
    let id = ClusterId::fresh(house.now);
    diesel::insert_into(clusters::table)
        .values((
            clusters::id.eq(id.0),
            clusters::slug.eq(&founding.slug),
            clusters::name.eq(&founding.about.name),
            clusters::cohort_year.eq(founding.about.cohort_year),
            clusters::nation.eq(<&str>::from(founding.about.nation)),
            // Version 0 is a cluster without rows; a page may have been kept under no other.
            clusters::version.eq(db::fresh_version()),
            clusters::created_at.eq(house.stamp()),
        ))
        .execute(house.conn)?;
    let coordinator = person_for(house, &founding.coordinator.email, &founding.coordinator.name)?;
    let mut tx = house.enter(id, actor.unwrap_or(Actor::SetUp(Some(coordinator))));
    tx.log("clusters", &id, "created", "", &format!("short name: {}\n{}", founding.slug, founding.about.lines()))?;
    // The defaults of the schema.
    diesel::insert_into(settings::table).values(settings::cluster_id.eq(id.0)).execute(tx.conn)?;
    add_lead_school(&mut tx, &founding.school)?;
    add_role(&mut tx, coordinator, RoleKind::Coordinator)?;
    Ok((id, coordinator))
}

/// Whether the cluster that has this short name is what the same form of this director has made a moment ago.
pub fn just_created(house: &mut House<'_>, founding: &Founding, director: PersonId) -> Result<bool> {
    let lately = house.stamp() - chrono::TimeDelta::minutes(10);
    let own = held::directed_by(house, director)?.into_iter().any(|one| one.cluster.slug == founding.slug);
    let same = clusters::table
        .filter(clusters::slug.eq(&founding.slug))
        .filter(clusters::name.eq(&founding.about.name))
        .filter(clusters::created_at.ge(lately));
    Ok(own && diesel::select(diesel::dsl::exists(same)).get_result::<bool>(house.conn)?)
}

fn add_lead_school(tx: &mut Tx<'_>, school: &LeadSchool) -> Result<()> {
    let (id, lead) = (SchoolId::fresh(tx.now), LeadSchoolId::fresh(tx.now));
    diesel::insert_into(schools::table)
        .values((
            schools::cluster_id.eq(tx.cluster.0),
            schools::id.eq(id.0),
            schools::urn.eq(school.urn.as_deref()),
            schools::name.eq(&school.name),
            schools::short_name.eq(&school.short_name),
            schools::letters.eq(&school.letters),
            schools::address.eq(&school.address),
            schools::postcode.eq(&school.postcode),
        ))
        .execute(tx.conn)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::cluster_id.eq(tx.cluster.0),
            memberships::id.eq(MembershipId::fresh(tx.now).0),
            memberships::school_id.eq(id.0),
            memberships::joined_on.eq(school.since),
        ))
        .execute(tx.conn)?;
    diesel::insert_into(lead_schools::table)
        .values((
            lead_schools::cluster_id.eq(tx.cluster.0),
            lead_schools::id.eq(lead.0),
            lead_schools::school_id.eq(id.0),
            lead_schools::from_day.eq(school.since),
        ))
        .execute(tx.conn)?;
    let what = format!("name: {}\nshort name: {}\nmember since: {}", school.name, school.short_name, school.since);
    tx.log("schools", &id, "added", "", &what)?;
    tx.log("lead_schools", &lead, "became the lead school", "", &format!("{} from {}", school.short_name, school.since))
}

/// Gives somebody a role of the whole cluster, from today on.
pub fn add_role(tx: &mut Tx<'_>, person: PersonId, kind: RoleKind) -> Result<()> {
    let today = tx.today();
    diesel::insert_into(roles::table)
        .values((
            roles::cluster_id.eq(tx.cluster.0),
            roles::id.eq(RoleId::fresh(tx.now).0),
            roles::person_id.eq(person.0),
            roles::kind.eq(<&'static str>::from(kind)),
            roles::from_day.eq(today),
        ))
        .execute(tx.conn)?;
    tx.log("people", &person, "got a role", "", &format!("{} from {today}", kind.words()))
}

/// How many schools are members today, for each of the clusters that has any.
pub fn schools_of(house: &mut House<'_>, of: &[ClusterId]) -> Result<Vec<(ClusterId, i64)>> {
    let today = house.today();
    let rows: Vec<(i64, i64)> = memberships::table
        .filter(memberships::cluster_id.eq_any(of.iter().map(|id| id.0)))
        .filter(memberships::joined_on.le(today))
        .filter(memberships::left_on.is_null().or(memberships::left_on.ge(today)))
        .group_by(memberships::cluster_id)
        .select((memberships::cluster_id, diesel::dsl::count_star()))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, many)| (ClusterId(id), many)).collect())
}

/// What is said of the cluster, with its lead school today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Name, cohort year and nation.
    pub about: About,
    /// When it was entered here.
    pub created_on: Day,
    /// The lead school and the day from which it is that.
    pub lead: Option<(String, Day)>,
}

/// What is said of the cluster.
pub fn about(tx: &mut Tx<'_>) -> Result<Stored> {
    let today = tx.today();
    let (name, cohort_year, nation, created_at): (String, Option<i32>, String, NaiveDateTime) = clusters::table
        .find(tx.cluster.0)
        .select((clusters::name, clusters::cohort_year, clusters::nation, clusters::created_at))
        .first(tx.conn)?;
    let lead: Option<(String, Day)> = lead_schools::table
        .inner_join(schools::table.on(schools::cluster_id.eq(lead_schools::cluster_id).and(schools::id.eq(lead_schools::school_id))))
        .filter(lead_schools::cluster_id.eq(tx.cluster.0))
        .filter(today!(lead_schools, today))
        .order(lead_schools::from_day.desc())
        .select((schools::name, lead_schools::from_day))
        .first(tx.conn)
        .optional()?;
    let nation = nation.parse().unwrap_or_default();
    Ok(Stored { about: About { name, cohort_year, nation }, created_on: created_at.date(), lead })
}

/// Changes what is said of the cluster; nothing happens when it is the same.
pub fn set_about(tx: &mut Tx<'_>, to: &About) -> Result<()> {
    let before = about(tx)?.about;
    if before == *to {
        return Ok(());
    }
    diesel::update(clusters::table.find(tx.cluster.0))
        .set((clusters::name.eq(&to.name), clusters::cohort_year.eq(to.cohort_year), clusters::nation.eq(<&str>::from(to.nation))))
        .execute(tx.conn)?;
    let cluster = tx.cluster;
    tx.log("clusters", &cluster, "changed", &before.lines(), &to.lines())
}

/// The booking rules of a cluster as its row has them, for a query that reads them together with something else.
pub type SettingsRow = (String, i32, Option<i32>, i32, i32, i32, bool, bool);

/// What stands in the column of days where the longest loan is not counted.
const UNCOUNTED: i32 = 28;

/// The columns of a [`SettingsRow`].
macro_rules! settings_columns {
    () => {
        (
            crate::db::schema::settings::longest_loan_unit,
            crate::db::schema::settings::longest_loan_days,
            crate::db::schema::settings::furthest_ahead_days,
            crate::db::schema::settings::shortest_notice_days,
            crate::db::schema::settings::most_live_bookings,
            crate::db::schema::settings::turnaround_days,
            crate::db::schema::settings::approval_needed,
            crate::db::schema::settings::non_school_days,
        )
    };
}
pub(crate) use settings_columns;

/// The cluster's booking rules; the defaults when nobody has changed them.
pub fn settings(tx: &mut Tx<'_>) -> Result<Settings> {
    let row: Option<SettingsRow> = settings::table.find(tx.cluster.0).select(settings_columns!()).first(tx.conn).optional()?;
    Ok(settings_of(row))
}

/// A row of settings, or the defaults.
#[must_use]
pub fn settings_of(row: Option<SettingsRow>) -> Settings {
    // The schema's checks keep each of these at or above zero.
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    row.map_or_else(Settings::default, |(unit, longest, ahead, notice, live, turnaround, approval_needed, non_school_days)| Settings {
        longest: Longest::of(&unit, Some(whole(longest))).unwrap_or_default(),
        furthest_ahead_days: ahead.map(whole),
        shortest_notice_days: whole(notice),
        most_live_bookings: whole(live),
        turnaround_days: whole(turnaround),
        approval_needed,
        non_school_days,
    })
}

/// The cluster's part of the address, and its name: for letters that nobody's request causes.
pub fn slug_and_name(tx: &mut Tx<'_>) -> Result<(String, String)> {
    Ok(clusters::table.find(tx.cluster.0).select((clusters::slug, clusters::name)).first(tx.conn)?)
}

pub(crate) type FurtherRow = (i32, i32, i32, i32, i32, i64, i32);

/// All the settings; the defaults when nobody has changed them. Two queries.
pub fn all_settings(tx: &mut Tx<'_>) -> Result<All> {
    let row: Option<FurtherRow> = rules::table
        .find(tx.cluster.0)
        .select((
            rules::mail_from_hour,
            rules::mail_to_hour,
            rules::transit_days,
            rules::offer_days,
            rules::undo_minutes,
            rules::asset_threshold_pence,
            rules::electrical_test_months,
        ))
        .first(tx.conn)
        .optional()?;
    // The schema's checks keep each of these at or above zero.
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    let further = row.map_or_else(Further::default, |(from, to, transit, offer, undo, pence, months)| Further {
        mail_from_hour: whole(from),
        mail_to_hour: whole(to),
        transit_days: whole(transit),
        offer_days: whole(offer),
        undo_minutes: whole(undo),
        asset_threshold_pence: pence,
        electrical_test_months: whole(months),
    });
    Ok(All { rules: settings(tx)?, further })
}

/// Changes the settings, and logs a line for each that is another now. How many those are.
pub fn set_all_settings(tx: &mut Tx<'_>, to: &All) -> Result<usize> {
    // A calendar knows how long a journey may take.
    tx.keep_nothing();
    let changes = all_settings(tx)?.changes(to);
    if changes.is_empty() {
        return Ok(0);
    }
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let values = (
        (
            rules::longest_loan_unit.eq(to.rules.longest.unit()),
            rules::longest_loan_days.eq(to.rules.longest.count().map_or(UNCOUNTED, number)),
            // Whoever saves the rules has seen them.
            rules::half_term_news.eq(false),
            rules::furthest_ahead_days.eq(to.rules.furthest_ahead_days.map(number)),
            rules::shortest_notice_days.eq(number(to.rules.shortest_notice_days)),
            rules::most_live_bookings.eq(number(to.rules.most_live_bookings)),
            rules::turnaround_days.eq(number(to.rules.turnaround_days)),
            rules::approval_needed.eq(to.rules.approval_needed),
            rules::non_school_days.eq(to.rules.non_school_days),
        ),
        (
            rules::mail_from_hour.eq(number(to.further.mail_from_hour)),
            rules::mail_to_hour.eq(number(to.further.mail_to_hour)),
            rules::transit_days.eq(number(to.further.transit_days)),
            rules::offer_days.eq(number(to.further.offer_days)),
            rules::undo_minutes.eq(number(to.further.undo_minutes)),
            rules::asset_threshold_pence.eq(to.further.asset_threshold_pence),
            rules::electrical_test_months.eq(number(to.further.electrical_test_months)),
        ),
    );
    if diesel::update(rules::table.find(tx.cluster.0)).set(values).execute(tx.conn)? == 0 {
        diesel::insert_into(rules::table).values((rules::cluster_id.eq(tx.cluster.0), values.0, values.1)).execute(tx.conn)?;
    }
    let before: Vec<String> = changes.iter().map(|(name, before, _)| format!("{name}: {before}")).collect();
    let after: Vec<String> = changes.iter().map(|(name, before, after)| format!("{name}: {before} -> {after}")).collect();
    let cluster = tx.cluster;
    tx.log("settings", &cluster, "changed", &before.join("\n"), &after.join("\n"))?;
    Ok(changes.len())
}

/// The clusters whose coordinators are still to be told that a half-term can be the longest loan; some of them.
pub fn with_half_term_news(house: &mut House<'_>) -> Result<Vec<ClusterId>> {
    let ids: Vec<i64> =
        settings::table.filter(settings::half_term_news.eq(true)).select(settings::cluster_id).limit(50).load(house.conn)?;
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// Whether this cluster's are.
pub fn half_term_news(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(settings::table.find(tx.cluster.0).select(settings::half_term_news).first(tx.conn).optional()?.unwrap_or_default())
}

/// They have been told.
pub fn end_half_term_news(tx: &mut Tx<'_>) -> Result<()> {
    diesel::update(settings::table.find(tx.cluster.0)).set(settings::half_term_news.eq(false)).execute(tx.conn)?;
    Ok(())
}

/// The weekly letter is dealt with until this day.
pub fn set_digest_on(tx: &mut Tx<'_>, again: Day) -> Result<()> {
    if diesel::update(rules::table.find(tx.cluster.0)).set(rules::digest_on.eq(Some(again))).execute(tx.conn)? == 0 {
        diesel::insert_into(rules::table)
            .values((rules::cluster_id.eq(tx.cluster.0), rules::digest_on.eq(Some(again))))
            .execute(tx.conn)?;
    }
    Ok(())
}
