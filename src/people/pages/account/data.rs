//! Everything that is kept of the person, as one file. `GET /account/data.json`.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::people::SignedIn;
use crate::people::store::data;
use crate::web::{App, Error};

/// The file.
///
/// # Errors
/// When the database cannot be read.
pub async fn file(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let data = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(data::of(house, person)?)).await?;
    let body = serde_json::to_vec_pretty(&data).map_err(|fault| Error::Broken(fault.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"boxrota-my-data.json\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}
