//! Which way up a photo was taken: the one thing of what a camera writes beside it that is kept, and written anew. Pure.

/// "Orientation" in the TIFF inside.
const TAG: u16 = 0x0112;
/// A number of two bytes.
const SHORT: u16 = 3;

/// How a photo must be turned, 2 to 8, as its APP1 segment says; `None` when it need not be, or is no Exif.
pub fn orientation(segment: &[u8]) -> Option<u8> {
    let tiff = segment.get(4..)?.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let first = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(first)?);
    let at = (0..entries).map(|n| first + 2 + n * 12).find(|at| short(*at) == Some(TAG))?;
    let is_one = short(at + 2)? == SHORT && long(at + 4)? == 1;
    let value = u8::try_from(short(at + 8)?).ok()?;
    (is_one && (2..=8).contains(&value)).then_some(value)
}

/// An APP1 segment that says nothing but this.
pub fn segment(orientation: u8) -> Vec<u8> {
    let [tag, kind] = [TAG.to_be_bytes(), SHORT.to_be_bytes()];
    [
        &[0xFF, 0xE1, 0, 34][..],
        b"Exif\0\0MM\0*",
        // The first and only list begins here; it has one entry.
        &[0, 0, 0, 8, 0, 1],
        &tag,
        &kind,
        // One number; no further list.
        &[0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for value in 2..=8 {
            let written = segment(value);
            assert_eq!(written.len(), 36);
            assert_eq!(usize::from(u16::from_be_bytes([written[2], written[3]])) + 2, written.len());
            assert_eq!(orientation(&written), Some(value));
        }
        for upright in [0, 1, 9] {
            assert_eq!(orientation(&segment(upright)), None);
        }
    }

    #[test]
    fn both_byte_orders_are_read_among_other_entries() {
        let camera = [
            &[0xFF, 0xE1, 0, 0][..],
            b"Exif\0\0II*\0",
            &[10, 0, 0, 0, 0xEE, 0xEE],
            &[2, 0],
            &[0x0F, 0x01, 2, 0, 4, 0, 0, 0, b'G', b'P', b'S', 0],
            &[0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
            &[0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(orientation(&camera), Some(6));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), offset in any::<u32>()) {
            let _ = orientation(&bytes);
            let order = if offset % 2 == 0 { b"II*\0" } else { b"MM\0*" };
            let _ = orientation(&[&[0xFF, 0xE1, 0, 0][..], b"Exif\0\0", order, &offset.to_be_bytes(), &bytes].concat());
            let _ = orientation(&[&[0xFF, 0xE1, 0, 0][..], b"Exif\0\0", order, &[0, 0, 0, 8], &bytes].concat());
        }
    }
}
