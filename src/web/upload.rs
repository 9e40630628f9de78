//! A form with a file: the same guard as for every form, and a file that is a text, or a picture.
//!
//! What comes has to come in time ([`arrival`]), and what is held of it counts against what one session, and all together, may hold at
//! once ([`Uploads`]), until the request is answered. The file's name is not looked at; what it is, its bytes say. A file that is too large or no text is an answer for the page to
//! show beside what was typed, and not an error of the request, so that nothing typed is lost.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::arrival::{self, Meter};
use super::held::{Full, Share, Shares};
use super::{App, Error, guard};
use crate::sheets::decode::{self, NotText};

/// A file may have this many bytes.
pub const LARGEST_FILE: usize = 512 * 1024;
/// Everything beside the file, a file's text that is sent back from the page among it.
const LARGEST_TEXT: usize = 2 * LARGEST_FILE;
/// A file that is too large is still read to its end, or the browser would show no page; up to here.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// A form of ours has far fewer.
const MOST_FIELDS: usize = 50;
/// Some fields for each line of a box, of which there are 500 at most.
const MOST_FIELDS_OF_A_COUNT: usize = 3000;

/// One session may have us hold so many bytes of uploads at once: three of the largest photos.
const HELD_OF_A_SESSION: usize = 25 * 1024 * 1024;
/// All together so many; with what is made of each on its way into the database, about twice as much memory.
const HELD_OF_ALL: usize = 64 * 1024 * 1024;

/// The bytes of uploads that are held at this moment, by the hash of the cookie that each came with.
pub struct Uploads(Arc<Shares<String>>);

impl Default for Uploads {
    fn default() -> Self {
        Self(Shares::new(HELD_OF_A_SESSION, HELD_OF_ALL))
    }
}

/// How much of a form is read.
struct Bounds {
    file: usize,
    fields: usize,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// Too many bytes.
    TooLarge,
    /// It is no text.
    NotText(NotText),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("The file is larger than 512 KB. Choose one with term dates alone"),
            Self::NotText(NotText::Spreadsheet) => {
                f.write_str("The file is a spreadsheet. Open it and save it as \"CSV UTF-8 (comma delimited)\"")
            }
            Self::NotText(NotText::Utf16) => {
                f.write_str("The file is saved as \"Unicode text\" (UTF-16). Save it as \"CSV UTF-8 (comma delimited)\"")
            }
            Self::NotText(fault @ NotText::Letter(_, line)) => {
                write!(f, "Line {line} cannot be read. {fault} Save it as UTF-8, or paste its text")
            }
            Self::NotText(NotText::Other) => f.write_str("The file is no text. Choose a CSV file, or a calendar file that ends in .ics"),
        }
    }
}

/// A form with a file that has passed the guard: the fields, and the text of the file if one was chosen.
pub struct Uploaded<T> {
    /// The fields.
    pub form: T,
    /// The file's text, or why it is none.
    pub file: Result<Option<String>, FileFault>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Uploaded<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !in_parts(req) {
            // A browser may send a form without a file like any other form.
            let plain = guard::Posted::<T>::from_request(req, payload);
            return Box::pin(async move { Ok(Self { form: plain.await?.0, file: Ok(None) }) });
        }
        let read = guarded(req, payload, Bounds { file: LARGEST_FILE, fields: MOST_FIELDS });
        Box::pin(async move {
            let (fields, file) = read.await?;
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            Ok(Self { form: guard::serde_html(body.as_bytes())?, file: text_of(file) })
        })
    }
}

/// A form with a picture that has passed the guard: every field as it was sent, and the bytes of the picture if one was chosen, of
/// which there may be `MOST`. Whether they are a picture, the room says that keeps it.
pub struct Pictured<const MOST: usize> {
    /// The fields, in order.
    pub fields: Fields,
    /// The bytes; `Err` when they are too many.
    pub picture: Result<Option<Vec<u8>>, FileFault>,
}

impl<const MOST: usize> FromRequest for Pictured<MOST> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !in_parts(req) {
            let plain = guard::Posted::<Fields>::from_request(req, payload);
            return Box::pin(async move { Ok(Self { fields: plain.await?.0, picture: Ok(None) }) });
        }
        let read = guarded(req, payload, Bounds { file: MOST, fields: MOST_FIELDS_OF_A_COUNT });
        Box::pin(async move {
            let (fields, file) = read.await?;
            Ok(Self { fields, picture: file.map(|bytes| Some(bytes).filter(|bytes| !bytes.is_empty())) })
        })
    }
}

type Fields = Vec<(String, String)>;
type File = Result<Vec<u8>, FileFault>;

/// Whether the form comes in parts, as one with a file does.
fn in_parts(req: &HttpRequest) -> bool {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// The parts of a form that comes from our own page.
fn guarded(req: &HttpRequest, payload: &mut Payload, bounds: Bounds) -> impl Future<Output = Result<(Fields, File), Error>> + use<> {
    let (tokens, share, req, reading) = (guard::before_body(req), share(req), req.clone(), guard::Reading::begin(req));
    let parts = Multipart::new(req.headers(), payload.take());
    async move {
        let _reading = reading;
        let tokens = tokens?;
        let (mut room, meter) = (Room { share: share?, body_left: LARGEST_BODY, full: None }, Meter::default());
        let (fields, file) = arrival::UPLOAD.wait_for(&meter, read(parts, &bounds, &mut room, &meter)).await?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        guard::check_token(&tokens, body.as_bytes())?;
        req.extensions_mut().insert(guard::Typed(body.into()));
        if let Some(full) = room.full {
            return Err(Error::Crowded(full));
        }
        // Given back when the request is answered, and not when somebody has taken the bytes on.
        req.extensions_mut().insert(room.share);
        Ok((fields, file))
    }
}

/// What this request's session holds of uploads.
fn share(req: &HttpRequest) -> Result<Share<String>, Error> {
    let app = req.app_data::<web::Data<App>>().ok_or_else(|| Error::Broken("no app".into()))?;
    let cookie = guard::session_secret(req, &app.site).or_else(|| guard::visitor_secret(req, &app.site));
    Ok(app.uploads.0.of(cookie.map_or_else(String::new, |secret| secret.hash())))
}

/// What a form that is being read may take up, and has.
struct Room {
    share: Share<String>,
    body_left: usize,
    /// There was no room for some of it. It is read to its end all the same, or the browser would show no page.
    full: Option<Full>,
}

impl Room {
    /// Keeps a chunk, with room that was there for it. The bytes grow by halves, so that what is taken is what is held.
    fn keep(&mut self, bytes: &mut Vec<u8>, chunk: &[u8], most: usize) -> Result<(), Full> {
        let needed = bytes.len() + chunk.len();
        if needed > bytes.capacity() {
            let larger = needed.max((bytes.capacity() + bytes.capacity() / 2).min(most));
            self.share.more(larger - bytes.capacity())?;
            bytes.reserve_exact(larger - bytes.len());
        }
        bytes.extend_from_slice(chunk);
        Ok(())
    }
}

/// All the parts: the fields in order, and the bytes of the one file.
async fn read(mut parts: Multipart, bounds: &Bounds, room: &mut Room, meter: &Meter) -> Result<(Fields, File), Error> {
    let broken = || Error::Bad("The form did not arrive whole.".into());
    let (mut fields, mut text_left): (Fields, usize) = (Vec::new(), LARGEST_TEXT);
    let (mut file, mut count) = (Ok(Vec::new()), 0);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| broken())?;
        let name = part.name().ok_or_else(broken)?.to_owned();
        count += 1;
        if count > bounds.fields {
            return Err(Error::Bad("The form has too many fields.".into()));
        }
        let is_file = part.content_disposition().is_some_and(|said| said.get_filename().is_some());
        if is_file {
            let bytes = bytes_of(&mut part, bounds.file, room, meter).await?;
            // No file chosen is sent as an empty one.
            if bytes.as_ref().map_or(true, |bytes| !bytes.is_empty()) {
                file = bytes;
            }
        } else {
            let bytes = bytes_of(&mut part, text_left, room, meter).await?;
            if room.full.is_none() {
                let bytes = bytes.map_err(|_| Error::Bad("The form is too large.".into()))?;
                text_left -= bytes.len();
                fields.push((name, String::from_utf8(bytes).map_err(|_| Error::Bad("The form is not text.".into()))?));
            }
        }
    }
    Ok((fields, file))
}

/// The bytes of a part, read to its end even when it has more than `most`, or when there is no room for it.
async fn bytes_of(part: &mut Field, most: usize, room: &mut Room, meter: &Meter) -> Result<Result<Vec<u8>, FileFault>, Error> {
    let mut bytes = Some(Vec::new());
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| Error::Bad("The form did not arrive whole.".into()))?;
        meter.count(chunk.len());
        room.body_left = room.body_left.checked_sub(chunk.len()).ok_or_else(|| Error::Bad("The file is far too large.".into()))?;
        let Some(kept) = &mut bytes else { continue };
        if kept.len() + chunk.len() <= most {
            match room.keep(kept, &chunk, most) {
                Ok(()) => continue,
                Err(full) => room.full = Some(full),
            }
        }
        // Somebody else can use the room.
        room.share.less(kept.capacity());
        bytes = None;
    }
    Ok(bytes.ok_or(FileFault::TooLarge))
}

/// The bytes as text, by the decoder of everything that is imported.
fn text_of(file: Result<Vec<u8>, FileFault>) -> Result<Option<String>, FileFault> {
    let file = file?;
    if file.is_empty() {
        return Ok(None);
    }
    decode::text_of(&file).map(Some).map_err(FileFault::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_text_is_said_to_be_what_it_is() {
        let of = |bytes: &[u8]| text_of(Ok(bytes.to_vec()));
        assert_eq!(of(b""), Ok(None));
        assert_eq!(of(b"caf\xE9"), Ok(Some("café".into())));
        assert_eq!(of(b"PK\x03\x04..."), Err(FileFault::NotText(NotText::Spreadsheet)));
        assert_eq!(text_of(Err(FileFault::TooLarge)), Err(FileFault::TooLarge));
    }
}
