//! The rows of pictures.

use diesel::prelude::*;

use crate::base::ids::{CountId, HandoverId, PhotoId};
use crate::db::schema::{counts, handovers, photos};
use crate::db::{Result, Tx};

/// A picture, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg` or `image/png`.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Keeps a picture with a count.
pub fn keep_photo(tx: &mut Tx<'_>, count: CountId, photo: &Photo) -> Result<PhotoId> {
    let id = PhotoId::fresh(tx.now);
    diesel::insert_into(photos::table)
        .values((
            photos::cluster_id.eq(tx.cluster.0),
            photos::id.eq(id.0),
            photos::count_id.eq(count.0),
            photos::content_type.eq(&photo.content_type),
            photos::bytes.eq(&photo.bytes),
        ))
        .execute(tx.conn)?;
    Ok(id)
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
