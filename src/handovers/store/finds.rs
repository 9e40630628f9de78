//! Copies by the letters on their lid, what strangers say of where they found one, and which of that is dealt with.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::ids::{ClusterId, CopyId, FindId};
use crate::db::schema::{clusters, copies, finds};
use crate::db::{House, Result, Tx};

/// A copy as its lid names it, whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lid {
    /// The cluster it belongs to.
    pub cluster: ClusterId,
    /// The cluster's part of the address.
    pub slug: String,
    /// The cluster's name.
    pub name: String,
    /// The copy.
    pub copy: CopyId,
}

/// The copy with one of these codes: as it was typed, or with letters for the digits they look like. `None` when there is none.
pub fn by_code(house: &mut House<'_>, codes: &[String]) -> Result<Option<Lid>> {
    let found: Option<(i64, String, String, i64)> = copies::table
        .inner_join(clusters::table.on(clusters::id.eq(copies::cluster_id)))
        .filter(copies::code.eq_any(codes))
        .select((clusters::id, clusters::slug, clusters::name, copies::id))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(cluster, slug, name, copy)| Lid { cluster: ClusterId(cluster), slug, name, copy: CopyId(copy) }))
}

/// When each of a copy's finds was reported with which nobody has dealt.
pub fn open_of(tx: &mut Tx<'_>, copy: CopyId) -> Result<Vec<NaiveDateTime>> {
    Ok(finds::table
        .filter(finds::cluster_id.eq(tx.cluster.0))
        .filter(finds::copy_id.eq(copy.0))
        .filter(finds::done_at.is_null())
        .order(finds::id)
        .select(finds::found_at)
        .load(tx.conn)?)
}

/// Keeps what a stranger said.
pub fn insert(tx: &mut Tx<'_>, copy: CopyId, words: &str) -> Result<FindId> {
    let id = FindId::fresh(tx.now);
    diesel::insert_into(finds::table)
        .values((
            finds::cluster_id.eq(tx.cluster.0),
            finds::id.eq(id.0),
            finds::copy_id.eq(copy.0),
            finds::words.eq(words),
            finds::found_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// A find is dealt with. `false` when that was so already; not found when it is not of this cluster.
pub fn settle(tx: &mut Tx<'_>, id: FindId) -> Result<bool> {
    let done: Option<NaiveDateTime> = finds::table.find((tx.cluster.0, id.0)).select(finds::done_at).first(tx.conn)?;
    if done.is_some() {
        return Ok(false);
    }
    diesel::update(finds::table.find((tx.cluster.0, id.0))).set(finds::done_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    Ok(true)
}
