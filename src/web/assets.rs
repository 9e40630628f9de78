//! The files a page needs (style, scripts, font, icons), embedded in the binary and served under a name that holds their hash.
//!
//! A name never changes its content, so browsers keep them for a year without asking; a new release has new names.
//! Hashing all of them costs under a millisecond at first use; each text is gzipped once, when it is first asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use super::compress::{gzip, takes_gzip};

/// The address of assets.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::get;
    routes.route("/assets/{file}", get().to(serve));
}

#[derive(rust_embed::Embed)]
#[folder = "assets/"]
struct Folder;

struct Asset {
    kind: &'static str,
    text: bool,
    body: web::Bytes,
    gzipped: OnceLock<Option<web::Bytes>>,
}

struct Shelf {
    by_name: HashMap<String, &'static str>,
    by_url: HashMap<String, Asset>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(stock);

/// The address of a file in `assets/`: `asset("app.css")` is `/assets/app.6e6b1c9ad0.css`.
/// A name that is not there gives an address that answers 404; a test walks all that the pages use.
#[must_use]
pub fn asset(name: &str) -> &'static str {
    SHELF.by_name.get(name).copied().unwrap_or("/assets/missing")
}

/// `GET /assets/{file}`.
pub async fn serve(request: HttpRequest, file: web::Path<String>) -> HttpResponse {
    let Some(asset) = SHELF.by_url.get(file.as_str()) else {
        return HttpResponse::NotFound()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body("Not found");
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if !asset.text {
        return response.body(asset.body.clone());
    }
    response.insert_header((header::VARY, "Accept-Encoding"));
    if !takes_gzip(request.headers().get(header::ACCEPT_ENCODING)) {
        return response.insert_header((header::CONTENT_ENCODING, "identity")).body(asset.body.clone());
    }
    let small = asset.gzipped.get_or_init(|| gzip(&asset.body).map(web::Bytes::from));
    match small {
        Some(small) => response.insert_header((header::CONTENT_ENCODING, "gzip")).body(small.clone()),
        None => response.body(asset.body.clone()),
    }
}

fn stock() -> Shelf {
    let mut shelf = Shelf { by_name: HashMap::new(), by_url: HashMap::new() };
    // The style names the font by its plain name, so it is put up last, when the font has its address.
    let (style, rest): (Vec<_>, Vec<_>) = Folder::iter().partition(|name| has_end(name, "css"));
    for name in rest.into_iter().chain(style) {
        let Some(file) = Folder::get(&name) else { continue };
        let body = if has_end(&name, "css") { Cow::Owned(with_addresses(&file.data, &shelf.by_name)) } else { file.data };
        put_up(&mut shelf, &name, body);
    }
    shelf
}

fn put_up(shelf: &mut Shelf, name: &str, body: Cow<'static, [u8]>) {
    let digest = Sha256::digest(&body);
    let hash = digest.iter().take(5).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, "bin"));
    let file = format!("{stem}.{hash}.{end}");
    let (kind, text) = match end {
        "css" => ("text/css; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        _ => ("application/octet-stream", false),
    };
    let body = match body {
        Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => web::Bytes::from(bytes),
    };
    let url = format!("/assets/{file}");
    // Leaked once per file and process: every page borrows these addresses for as long as the program runs.
    shelf.by_name.insert(name.to_owned(), Box::leak(url.into_boxed_str()));
    shelf.by_url.insert(file, Asset { kind, text, body, gzipped: OnceLock::new() });
}

/// Writes `url(figtree.woff2)` with the address that holds the hash.
fn with_addresses(style: &[u8], known: &HashMap<String, &'static str>) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(style).into_owned();
    for (name, url) in known {
        text = text.replace(&format!("url({name})"), &format!("url({url})"));
    }
    text.into_bytes()
}

fn has_end(name: &str, end: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, e)| e == end)
}

/// Every file as it is served: its address and its bytes.
#[cfg(test)]
pub(super) fn bodies() -> impl Iterator<Item = (String, &'static [u8])> {
    SHELF.by_url.iter().map(|(file, asset)| (format!("/assets/{file}"), &asset.body[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_hash_and_the_style_knows_the_font() {
        let url = asset("app.css");
        let hash = url.strip_prefix("/assets/app.").and_then(|rest| rest.strip_suffix(".css"));
        assert!(hash.is_some_and(|hash| hash.len() == 10), "{url}");
        let style = SHELF.by_url.get(url.trim_start_matches("/assets/")).map(|a| String::from_utf8_lossy(&a.body).into_owned()).unwrap();
        assert!(style.contains(&format!("url({})", asset("figtree.woff2"))));
        assert!(!style.contains("url(figtree"));
        assert_eq!(asset("nothing.css"), "/assets/missing");
    }

    #[test]
    fn all_have_a_known_kind() {
        for (file, asset) in &SHELF.by_url {
            assert_ne!(asset.kind, "application/octet-stream", "{file}");
        }
    }
}
