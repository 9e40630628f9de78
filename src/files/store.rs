//! The rows of pictures, and of what each school has sent today.

use diesel::prelude::*;

use super::Sent;
use crate::base::Day;
use crate::base::ids::{CountId, HandoverId, PhotoId, SchoolId};
use crate::db::schema::{counts, file_days, handovers, photos};
use crate::db::{Result, Tx};

/// A picture, cleaned: as it is read, and with borrowed bytes as it is stored, of which there is no copy more than there must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo<T = String, B = Vec<u8>> {
    /// `image/jpeg` or `image/png`.
    pub content_type: T,
    /// Its bytes.
    pub bytes: B,
}

/// Keeps a picture with a count.
pub fn keep_photo(tx: &mut Tx<'_>, count: CountId, photo: &Photo<&str, &[u8]>) -> Result<PhotoId> {
    let id = PhotoId::fresh(tx.now);
    diesel::insert_into(photos::table)
        .values((
            photos::cluster_id.eq(tx.cluster.0),
            photos::id.eq(id.0),
            photos::count_id.eq(count.0),
            photos::content_type.eq(photo.content_type),
            photos::bytes.eq(photo.bytes),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// What a school has sent today.
pub fn sent_today(tx: &mut Tx<'_>, school: SchoolId) -> Result<Sent> {
    let today = tx.today();
    let row: Option<(Day, i32, i64)> = file_days::table
        .find((tx.cluster.0, school.0))
        .select((file_days::day, file_days::files, file_days::bytes))
        .first(tx.conn)
        .optional()?;
    let sent = row
        .filter(|(day, ..)| *day == today)
        .map(|(_, files, bytes)| Sent { files: u32::try_from(files).unwrap_or_default(), bytes: u64::try_from(bytes).unwrap_or_default() });
    Ok(sent.unwrap_or_default())
}

/// Writes down what a school has sent today, in place of what it sent on an earlier day. The cluster's lock is held, so nobody else
/// writes it meanwhile.
pub fn set_sent_today(tx: &mut Tx<'_>, school: SchoolId, sent: Sent) -> Result<()> {
    let row = (
        file_days::day.eq(tx.today()),
        file_days::files.eq(i32::try_from(sent.files).unwrap_or(i32::MAX)),
        file_days::bytes.eq(i64::try_from(sent.bytes).unwrap_or(i64::MAX)),
    );
    let known = diesel::update(file_days::table.find((tx.cluster.0, school.0))).set(row).execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(file_days::table)
            .values((file_days::cluster_id.eq(tx.cluster.0), file_days::school_id.eq(school.0), row))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// One picture of this cluster.
pub fn photo(tx: &mut Tx<'_>, id: PhotoId) -> Result<Photo> {
    let (content_type, bytes) = photos::table.find((tx.cluster.0, id.0)).select((photos::content_type, photos::bytes)).first(tx.conn)?;
    Ok(Photo { content_type, bytes })
}

/// The pictures of a handover, with whose count each belongs to.
pub fn photos_of(tx: &mut Tx<'_>, handover: HandoverId) -> Result<Vec<(PhotoId, CountId)>> {
    let rows: Vec<(i64, i64)> = photos::table
        .inner_join(counts::table.on(counts::cluster_id.eq(photos::cluster_id).and(counts::id.eq(photos::count_id))))
        .inner_join(handovers::table.on(handovers::cluster_id.eq(counts::cluster_id).and(handovers::id.nullable().eq(counts::handover_id))))
        .filter(photos::cluster_id.eq(tx.cluster.0))
        .filter(handovers::id.eq(handover.0))
        .order(photos::id)
        .limit(20)
        .select((photos::id, photos::count_id))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, count)| (PhotoId(id), CountId(count))).collect())
}
