//! The rows of meetings, and the names that letters about legs need.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{CopyId, MeetingId, SchoolId};
use crate::db::schema::{copies, legs, meetings, resources};
use crate::db::{Result, Tx};
use crate::journeys::agreeing::Meeting;

/// The most meetings that a page lists.
const MOST: i64 = 100;

type Row = (i64, Day, Option<i64>, String, String, Option<NaiveDateTime>);

fn meeting_of((id, day, school, place, note, cancelled): Row) -> Meeting {
    Meeting { id: MeetingId(id), day, school: school.map(SchoolId), place, note, cancelled: cancelled.is_some() }
}

macro_rules! meeting_columns {
    () => {
        (meetings::id, meetings::day, meetings::school_id, meetings::place, meetings::note, meetings::cancelled_at)
    };
}

/// One meeting of this cluster.
pub fn one(tx: &mut Tx<'_>, id: MeetingId) -> Result<Meeting> {
    let row: Row = meetings::table.find((tx.cluster.0, id.0)).select(meeting_columns!()).first(tx.conn)?;
    Ok(meeting_of(row))
}

/// The meetings in the window that were not called off, by day.
pub fn within(tx: &mut Tx<'_>, window: Period) -> Result<Vec<Meeting>> {
    let rows: Vec<Row> = meetings::table
        .filter(meetings::cluster_id.eq(tx.cluster.0))
        .filter(meetings::day.between(window.first(), window.last()))
        .filter(meetings::cancelled_at.is_null())
        .order((meetings::day, meetings::id))
        .limit(MOST)
        .select(meeting_columns!())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(meeting_of).collect())
}

/// A new meeting.
pub fn add(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<()> {
    diesel::insert_into(meetings::table)
        .values((
            meetings::cluster_id.eq(tx.cluster.0),
            meetings::id.eq(meeting.id.0),
            meetings::day.eq(meeting.day),
            meetings::school_id.eq(meeting.school.map(|id| id.0)),
            meetings::place.eq(&meeting.place),
            meetings::note.eq(&meeting.note),
        ))
        .execute(tx.conn)?;
    tx.log("meetings", &meeting.id, "added", "", &days::long(meeting.day))
}

/// Called off.
pub fn cancel(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<()> {
    diesel::update(meetings::table.find((tx.cluster.0, meeting.id.0))).set(meetings::cancelled_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    tx.log("meetings", &meeting.id, "called off", &days::long(meeting.day), "")
}

/// The planned legs that are to happen at the meeting, or that somebody suggests for it; by id.
pub fn legs_at(tx: &mut Tx<'_>, id: MeetingId) -> Result<Vec<crate::base::ids::LegId>> {
    let found: Vec<i64> = legs::table
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::state.eq("planned"))
        .filter(legs::meeting_id.eq(id.0).or(legs::proposed_meeting_id.eq(id.0)))
        .order(legs::id)
        .select(legs::id)
        .load(tx.conn)?;
    Ok(found.into_iter().map(crate::base::ids::LegId).collect())
}

/// "the cluster meeting at Sherburn, Room 4"; `name` gives a school's short name.
#[must_use]
pub fn words(meeting: &Meeting, name: impl Fn(SchoolId) -> String) -> String {
    let place = [meeting.school.map(name).unwrap_or_default(), meeting.place.clone()];
    let place: Vec<&str> = place.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    format!("the cluster meeting at {}", place.join(", "))
}

/// The resource's name and the tag of each of the copies.
pub fn copy_names(tx: &mut Tx<'_>, of: &[CopyId]) -> Result<BTreeMap<CopyId, (String, String)>> {
    let rows: Vec<(i64, String, String)> = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::id.eq_any(of.iter().map(|id| id.0)))
        .select((copies::id, resources::name, copies::tag))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, name, tag)| (CopyId(id), (name, tag))).collect())
}
