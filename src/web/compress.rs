//! Gzip for the large pages. The server's own compression is set for speed and gives a term of a hundred boxes 28 KB;
//! this costs a little more and gives 20 KB, which on a school's shared line is the better bargain.

use std::cell::RefCell;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Pages smaller than this are left to the server.
const WORTH_IT: usize = 16 * 1024;
/// Of a term of a hundred boxes: 4 gives 21 KB in 0.55 ms, 5 19 KB in 0.67 ms, 6 the same in 0.96 ms, 9 18 KB in 1.7 ms.
const LEVEL: Compression = Compression::new(5);

/// The answer with its page, gzipped when it is large and the browser takes it.
pub fn finish(req: &HttpRequest, mut answer: HttpResponseBuilder, page: String) -> HttpResponse {
    if page.len() < WORTH_IT || !takes_gzip(req.headers().get(header::ACCEPT_ENCODING)) {
        return answer.body(page);
    }
    // A compressor is a quarter of a megabyte: each thread keeps one.
    thread_local! {
        static OWN: RefCell<Compress> = RefCell::new(Compress::new(LEVEL, false));
    }
    match OWN.with_borrow_mut(|own| packed(own, page.as_bytes())) {
        Some(small) => {
            answer.append_header((header::VARY, "Accept-Encoding")).insert_header((header::CONTENT_ENCODING, "gzip")).body(small)
        }
        None => answer.body(page),
    }
}

/// The bytes, gzipped as small as can be, for what is done once and kept.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    packed(&mut Compress::new(Compression::best(), false), bytes)
}

/// A gzip file (RFC 1952) of the bytes. `None` never happens with room enough, and is then no harm: the page goes as it is.
fn packed(with: &mut Compress, bytes: &[u8]) -> Option<Vec<u8>> {
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut out = Vec::with_capacity(HEAD.len() + bytes.len() / 2 + 1024);
    out.extend_from_slice(&HEAD);
    with.reset();
    loop {
        let read = usize::try_from(with.total_in()).ok()?;
        match with.compress_vec(bytes.get(read..)?, &mut out, FlushCompress::Finish).ok()? {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError => out.reserve(bytes.len() / 2 + 1024),
        }
    }
    let mut sum = Crc::new();
    sum.update(bytes);
    out.extend_from_slice(&sum.sum().to_le_bytes());
    out.extend_from_slice(&sum.amount().to_le_bytes());
    Some(out)
}

/// Whether the browser takes gzip. `gzip;q=0` refuses it; nobody sends more than that in earnest.
#[must_use]
pub fn takes_gzip(asked: Option<&HeaderValue>) -> bool {
    asked.and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(',').any(|one| {
            let mut parts = one.trim().split(';');
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
                && !parts.any(|q| matches!(q.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_again() {
        let noise: Vec<u8> = (0..200_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0]).collect();
        let mut own = Compress::new(LEVEL, false);
        for bytes in [&b""[..], b"x", &noise, "Saxton ".repeat(30_000).as_bytes()] {
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(&packed(&mut own, bytes).unwrap()[..]).read_to_end(&mut back).unwrap();
            assert_eq!(back, bytes);
        }
    }

    #[test]
    fn gzip_is_asked_for_in_words() {
        let yes = |text: &'static str| takes_gzip(Some(&HeaderValue::from_static(text)));
        assert!(yes("gzip, deflate, br"));
        assert!(yes("br;q=1, GZIP;q=0.5"));
        assert!(!yes("br, gzip;q=0"));
        assert!(!yes("identity"));
        assert!(!takes_gzip(None));
    }
}
