//! A picture, served to who may see it.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::base::ids::PhotoId;
use crate::files::store;
use crate::people::Member;
use crate::web::{App, Error};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::get;
    routes.route("/photos/{photo}", get().to(photo));
}

/// A picture, to people of the cluster only; it never changes, but others who use the browser shall not find it.
///
/// # Errors
/// When it is not there.
pub async fn photo(app: web::Data<App>, member: Member, path: web::Path<(String, PhotoId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let photo = app.db.read(member.scope(), move |tx| Ok::<_, Error>(store::photo(tx, id)?)).await?;
    Ok(HttpResponse::Ok()
        .content_type(photo.content_type)
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .insert_header((header::VARY, "Cookie"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(photo.bytes))
}
