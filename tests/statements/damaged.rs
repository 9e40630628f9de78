//! Bytes that nobody would write: whatever comes, a reader answers, in its time, and keeps to its bounds.

use std::time::{Duration, Instant};

use boxrota::sheets::workbook;
use boxrota::statements::{Answers, read};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{names, sample};

/// The longest that a damaged file of these sizes may take in a build for tests.
const LONGEST: Duration = Duration::from_secs(10);

fn reads(bytes: &[u8]) {
    let began = Instant::now();
    let got = read(bytes, &Answers::default(), &workbook::read);
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
    let all = got.lines.len() + got.notes.len() + got.problems.len();
    assert!(all <= bytes.len() + 2, "{all} of {} bytes", bytes.len());
}

/// The smaller samples.
fn small() -> Vec<Vec<u8>> {
    names().iter().map(|name| sample(name)).filter(|bytes| bytes.len() < 20_000).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        reads(&bytes);
    }

    #[test]
    fn changed_samples_are_answered(
        which in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..20),
        cut in any::<Index>(),
        doubled in any::<bool>(),
    ) {
        let all = small();
        let mut bytes = which.get(&all).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if doubled {
            let half = bytes[bytes.len() / 2..].to_vec();
            bytes.extend(half);
        } else {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        reads(&bytes);
    }

    #[test]
    fn samples_with_lines_moved_are_answered(which in any::<Index>(), moves in proptest::collection::vec((any::<Index>(), any::<Index>()), 1..8)) {
        let all = small();
        let bytes = which.get(&all);
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        for (a, b) in moves {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        reads(&lines.concat());
    }
}

#[test]
fn files_that_are_made_to_take_long_are_answered() {
    for bytes in [
        ",".repeat(2_000_000),
        "\"".repeat(1_000_000),
        "\"a\n".repeat(300_000),
        "<STMTTRN>".repeat(100_000),
        format!("<OFX>{}", "<".repeat(1_000_000)),
        format!("!Type:Bank\n{}", "D1/1/26\n".repeat(200_000)),
        format!("<Document xmlns=\"camt.053\">{}", "<Ntry>".repeat(100_000)),
        "Date: 01/09/2026\nAmount: 1.00\n".repeat(60_000),
        "(((((((((((((((((((((((((,".repeat(50_000),
        "01/09/2026,\u{2212}\u{2212}\u{2212}1.00\n".repeat(40_000),
    ] {
        reads(bytes.as_bytes());
    }
}
