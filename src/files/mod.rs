//! A picture of a box as it is kept: told by its bytes, and without what the camera wrote beside it, such as the place. And how much a
//! school may send in a day, so that nobody fills the disk. Pure.
//!
//! What a picture is made of is copied, part by part from a short list; whatever else the file holds is left behind, also what
//! stands after its end, where phones put whole films. Of what a camera writes only which way up is said again.

pub mod pages;
pub mod store;

mod exif;

use std::fmt;

/// A picture may have this many bytes.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// A picture may have so many points: a browser draws them all, however small the file is.
const MOST_PIXELS: u64 = 50_000_000;

/// "8 MB".
#[must_use]
pub fn largest_in_words() -> String {
    format!("{} MB", LARGEST / 1024 / 1024)
}

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many bytes.
    TooLarge,
    /// Too many points.
    TooManyPixels,
    /// Neither JPEG nor PNG.
    Kind,
    /// It begins like a picture, and does not go on like one.
    Broken,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => {
                return write!(f, "The photo is larger than {}. Choose a smaller one, or send the count without it", largest_in_words());
            }
            Self::TooManyPixels => "The photo has more than 50 megapixels. Choose a smaller one, or send the count without it",
            Self::Kind => "The photo must be a JPEG or PNG picture. Choose another one, or send the count without it",
            Self::Broken => "The photo cannot be read: it is damaged. Choose another one, or send the count without it",
        })
    }
}

/// A school may send so many files in a day: a count of each of its boxes has one.
pub const MOST_A_DAY: u32 = 50;
/// Together they may have so many bytes: a dozen photos as the largest cameras make them, or some hundreds as our script does.
pub const MOST_BYTES_A_DAY: u64 = 100 * 1024 * 1024;

/// What a school has sent in files on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// How many files.
    pub files: u32,
    /// How many bytes they have together.
    pub bytes: u64,
}

/// Why a school can send no more files on this day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayFull {
    /// As many as a school may.
    Files,
    /// As many bytes as a school may, with this file.
    Bytes,
}

impl Sent {
    /// With one more file of so many bytes.
    ///
    /// # Errors
    /// When that is more than a school may send in a day.
    pub fn with(self, bytes: usize) -> Result<Self, DayFull> {
        let sent = Self { files: self.files + 1, bytes: self.bytes.saturating_add(bytes as u64) };
        match sent {
            Self { files, .. } if files > MOST_A_DAY => Err(DayFull::Files),
            Self { bytes, .. } if bytes > MOST_BYTES_A_DAY => Err(DayFull::Bytes),
            sent => Ok(sent),
        }
    }
}

impl DayFull {
    /// As people read it, of a school by its name.
    #[must_use]
    pub fn words(self, school: &str) -> String {
        let most = match self {
            Self::Files => format!("{school} has sent {MOST_A_DAY} photos today, and a school can send no more in a day"),
            Self::Bytes => format!(
                "With this photo {school} would have sent more than {} MB of photos today, which is the most in a day",
                MOST_BYTES_A_DAY / 1024 / 1024
            ),
        };
        format!("{most}. Send the count without it, or with it tomorrow")
    }
}

/// A clean picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// `image/jpeg` or `image/png`.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The parts of a PNG that say how it looks.
const KEPT_CHUNKS: [&[u8; 4]; 8] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM"];

/// Cleans a picture.
///
/// # Errors
/// When it is none.
pub fn clean(bytes: &[u8]) -> Result<Clean, Fault> {
    if bytes.len() > LARGEST {
        return Err(Fault::TooLarge);
    }
    let (content_type, parts) = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        ("image/jpeg", jpeg(bytes))
    } else if let Some(rest) = bytes.strip_prefix(PNG) {
        ("image/png", png(rest))
    } else {
        return Err(Fault::Kind);
    };
    let (bytes, pixels) = parts.ok_or(Fault::Broken)?;
    if pixels > MOST_PIXELS { Err(Fault::TooManyPixels) } else { Ok(Clean { content_type, bytes }) }
}

/// A JPEG is a row of segments, each with a marker and a length; after a scan's head come its data, up to the next marker.
/// With how many points it has.
fn jpeg(bytes: &[u8]) -> Option<(Vec<u8>, u64)> {
    let mut out = vec![0xFF, 0xD8];
    let (mut at, mut pixels, mut scanned, mut turned) = (2, 0, false, false);
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // A marker may be padded.
            0xFF => at += 1,
            0xD9 => {
                out.extend([0xFF, 0xD9]);
                return (pixels > 0 && scanned).then_some((out, pixels));
            }
            // Start of image again, restarts, stuffing: not here.
            0x00 | 0x01 | 0xD0..=0xD8 => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let end = at.checked_add(2)?.checked_add(length)?;
                let segment = bytes.get(at..end).filter(|_| length >= 2)?;
                if matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) && length > 8 {
                    let side = |at: usize| Some(u64::from(u16::from_be_bytes(segment.get(at..at + 2)?.try_into().ok()?)));
                    pixels = pixels.max(side(5)? * side(7)?);
                }
                if let Some(way) = exif::orientation(segment).filter(|_| marker == 0xE1 && !turned) {
                    turned = true;
                    out.extend(exif::segment(way));
                }
                // Of what programs add, the two that say how colours are meant: JFIF's head and Adobe's.
                let added = matches!(marker, 0xE0..=0xEF | 0xFE);
                match marker {
                    0xE0 if segment.get(4..9) == Some(b"JFIF\0") => out.extend(bare_jfif(segment)?),
                    0xEE if segment.get(4..9) == Some(b"Adobe") => out.extend(bare_adobe(segment)?),
                    _ if added => {}
                    _ => out.extend(segment),
                }
                at = end;
                if marker == 0xDA {
                    scanned = true;
                    let data = bytes.get(at..)?;
                    let stop = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7);
                    let length = data.windows(2).position(stop)?;
                    out.extend(&data[..length]);
                    at += length;
                }
            }
        }
    }
}

/// JFIF's head without a preview.
fn bare_jfif(segment: &[u8]) -> Option<Vec<u8>> {
    let mut head = segment.get(..18)?.to_vec();
    (head[2], head[3], head[16], head[17]) = (0, 16, 0, 0);
    Some(head)
}

/// Adobe's twelve bytes, without whatever stands behind them.
fn bare_adobe(segment: &[u8]) -> Option<Vec<u8>> {
    let mut head = segment.get(..16)?.to_vec();
    (head[2], head[3]) = (0, 14);
    Some(head)
}

/// A PNG is a row of chunks: length, name, data, checksum. With how many points it has.
fn png(mut rest: &[u8]) -> Option<(Vec<u8>, u64)> {
    let mut out = PNG.to_vec();
    let mut seen = (0, false);
    loop {
        let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
        let name: &[u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        if name == b"IHDR" && length == 13 {
            let side = |at: usize| Some(u64::from(u32::from_be_bytes(chunk.get(at..at + 4)?.try_into().ok()?)));
            seen.0 = side(8)?.saturating_mul(side(12)?).max(seen.0);
        }
        if seen.0 == 0 {
            return None;
        }
        seen.1 |= name == b"IDAT";
        if KEPT_CHUNKS.contains(&name) {
            out.extend(chunk);
        }
        if name == b"IEND" {
            return seen.1.then_some((out, seen.0));
        }
        rest = &rest[chunk.len()..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], body].concat()
    }

    /// A JPEG in all its parts, and with a place in it.
    fn photo() -> Vec<u8> {
        [
            vec![0xFF, 0xD8],
            segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            segment(0xE1, b"Exif\0\0GPS 53.8N 1.2W"),
            segment(0xFE, b"a comment"),
            segment(0xED, b"Photoshop"),
            segment(0xDB, &[0; 65]),
            segment(0xC0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
            segment(0xC4, &[0; 20]),
            segment(0xDA, &[1, 1, 0, 0, 63, 0]),
            vec![0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9],
            b"a film after the end".to_vec(),
        ]
        .concat()
    }

    fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], name, body, &[0; 4]].concat()
    }

    #[test]
    fn a_jpeg_keeps_its_picture_and_nothing_else() {
        let clean = clean(&photo()).unwrap();
        assert_eq!(clean.content_type, "image/jpeg");
        let text = String::from_utf8_lossy(&clean.bytes).into_owned();
        for gone in ["GPS", "Exif", "comment", "Photoshop", "film"] {
            assert!(!text.contains(gone), "{gone}");
        }
        assert!(text.contains("JFIF"));
        assert!(clean.bytes.ends_with(&[0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9]), "its data are whole");
        assert_eq!(super::clean(&clean.bytes).unwrap(), clean, "what is clean stays");
    }

    #[test]
    fn adobes_segment_is_cut_to_its_twelve_bytes() {
        let adobe = *b"Adobe\0\x64\0\0\0\0\x01";
        let with = |body: &[u8]| [&[0xFF, 0xD8], &segment(0xEE, body)[..], &photo()[2..]].concat();
        let kept = clean(&with(&adobe)).unwrap();
        assert_eq!(kept.bytes[2..18], segment(0xEE, &adobe)[..]);
        assert_eq!(clean(&with(&[&adobe[..], b" 53.8N 1.2W, and a letter"].concat())).unwrap(), kept);
        assert_eq!(clean(&with(&adobe[..11])), Err(Fault::Broken));
    }

    #[test]
    fn a_png_keeps_its_picture_and_nothing_else() {
        let head = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
        let body = chunk(b"IDAT", b"pixels");
        let file = [PNG, &head, &chunk(b"eXIf", b"GPS"), &chunk(b"tEXt", b"Author\0me"), &body, &chunk(b"IEND", b""), b"more"].concat();
        let clean = clean(&file).unwrap();
        assert_eq!(clean.bytes, [PNG, &head, &body, &chunk(b"IEND", b"")].concat());
    }

    /// The same, taken on its side.
    fn turned(way: u8) -> Vec<u8> {
        let upright = photo();
        let camera = [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[way, 0, 0, 0][..], b"\0\0\0\0GPS 53.8N 1.2W"].concat();
        [&upright[..2], &segment(0xE1, &camera), &upright[2..]].concat()
    }

    #[test]
    fn a_jpeg_stays_the_right_way_up() {
        let clean = clean(&turned(6)).unwrap();
        let said = clean.bytes.windows(4).filter(|bytes| bytes == b"Exif").count();
        assert_eq!((said, exif::orientation(&clean.bytes[2..])), (1, Some(6)));
        assert!(!String::from_utf8_lossy(&clean.bytes).contains("GPS"));
        assert_eq!(super::clean(&clean.bytes).unwrap(), clean, "what is clean stays");
        // Upright it says nothing.
        assert_eq!(super::clean(&turned(1)).unwrap(), super::clean(&photo()).unwrap());
    }

    #[test]
    fn a_picture_with_too_many_points_is_refused() {
        let of = |height: u16, width: u16| {
            let [[a, b], [c, d]] = [height.to_be_bytes(), width.to_be_bytes()];
            let body = [
                vec![0xFF, 0xD8],
                segment(0xC0, &[8, a, b, c, d, 1, 1, 0x11, 0]),
                segment(0xDA, &[1, 1, 0, 0, 63, 0]),
                vec![0, 0xFF, 0xD9],
            ];
            clean(&body.concat()).map(|_| ())
        };
        assert_eq!(of(6000, 8000), Ok(()), "48 megapixels");
        assert_eq!(of(10000, 5001), Err(Fault::TooManyPixels));
        assert_eq!(of(0, 100), Err(Fault::Broken));
        let png = |side: u32| {
            let head = chunk(b"IHDR", &[&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 0, 0, 0, 0]].concat());
            clean(&[PNG, &head, &chunk(b"IDAT", b"x"), &chunk(b"IEND", b"")].concat()).map(|_| ())
        };
        assert_eq!(png(7000), Ok(()));
        assert_eq!((png(8000), png(u32::MAX), png(0)), (Err(Fault::TooManyPixels), Err(Fault::TooManyPixels), Err(Fault::Broken)));
    }

    #[test]
    fn a_school_has_so_many_files_and_bytes_a_day() {
        let sent = |files, bytes| Sent { files, bytes };
        assert_eq!(Sent::default().with(7), Ok(sent(1, 7)));
        assert_eq!(sent(MOST_A_DAY - 1, 0).with(7), Ok(sent(MOST_A_DAY, 7)));
        assert_eq!(sent(MOST_A_DAY, 0).with(7), Err(DayFull::Files));
        assert_eq!(sent(1, MOST_BYTES_A_DAY - 7).with(7), Ok(sent(2, MOST_BYTES_A_DAY)));
        assert_eq!(sent(1, MOST_BYTES_A_DAY - 6).with(7), Err(DayFull::Bytes));
        assert_eq!(
            DayFull::Files.words("Beech"),
            "Beech has sent 50 photos today, and a school can send no more in a day. Send the count without it, or with it tomorrow"
        );
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(clean(b"GIF89a"), Err(Fault::Kind));
        assert_eq!(clean(b"<svg onload=x>"), Err(Fault::Kind));
        assert_eq!(clean(b""), Err(Fault::Kind));
        assert_eq!(clean(&photo()[..60]), Err(Fault::Broken));
        assert_eq!(clean(&[PNG, &chunk(b"IDAT", b"x"), &chunk(b"IEND", b"")].concat()), Err(Fault::Broken));
        assert_eq!(clean(&vec![0xFF; LARGEST + 1]), Err(Fault::TooLarge));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let _ = clean(&bytes);
            let _ = clean(&[&[0xFF, 0xD8, 0xFF][..], &bytes].concat());
            let _ = clean(&[PNG, &bytes].concat());
            let file = photo();
            let _ = clean(&file[..cut.min(file.len())]);
        }
    }
}
