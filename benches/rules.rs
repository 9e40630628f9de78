//! What the pure functions cost: the school calendar, a term's timeline, a decision, a search for free days.
//!
//! `cargo bench --bench rules`. Sizes are those of the page that is measured over HTTP by the load program: a term of
//! 14 weeks, 100 copies, five loans each.

use std::collections::BTreeMap;
use std::hint::black_box;

use boxrota::base::days::{Day, Period, add, parse_iso};
use boxrota::base::ids::{BookingId, CopyId, SchoolId, TermId};
use boxrota::bookings::reserve::{Membership, Shelf, ShelfCopy, Standing, Wish, reserve};
use boxrota::bookings::{By, Kind, Rules, Slot, State};
use boxrota::calendar::{CopyFacts, Grid, Viewpoint};
use boxrota::year::{Closure, ClosureKind, SchoolCalendar, Season, Term};
use criterion::{Criterion, criterion_group, criterion_main};

const SCHOOL: SchoolId = SchoolId(7);

fn day(text: &str) -> Day {
    parse_iso(text).unwrap_or_default()
}

fn period(first: Day, days: i64) -> Period {
    Period::new(first, add(first, days - 1)).unwrap_or(Period::day(first))
}

/// Ten years of three terms, and an INSET day a school and term.
fn year_parts() -> (Vec<Term>, Vec<Closure>) {
    let mut terms = Vec::new();
    let mut closures = Vec::new();
    for year in 2020..2030 {
        for (season, first, last, half) in [
            (Season::Autumn, format!("{year}-09-02"), format!("{year}-12-18"), format!("{year}-10-26")),
            (Season::Spring, format!("{}-01-05", year + 1), format!("{}-03-26", year + 1), format!("{}-02-15", year + 1)),
            (Season::Summer, format!("{}-04-12", year + 1), format!("{}-07-20", year + 1), format!("{}-05-31", year + 1)),
        ] {
            let days = Period::new(day(&first), day(&last)).unwrap_or(Period::day(day(&first)));
            terms.push(Term { id: TermId(1), season, academic_year: year, days, half_term: Some(period(day(&half), 5)) });
            for school in 0..9 {
                let inset = Period::day(add(day(&first), 7 * school));
                closures.push(Closure { school: Some(SchoolId(school)), kind: ClosureKind::Inset, days: inset, note: String::new() });
            }
        }
    }
    (terms, closures)
}

fn slots(copy: i64, from: Day) -> Vec<Slot> {
    (0..5)
        .map(|n| {
            let days = period(add(from, 19 * n), 12);
            Slot {
                id: BookingId(copy * 10 + n),
                copy: CopyId(copy),
                school: SchoolId(n),
                kind: Kind::Loan,
                state: State::Confirmed,
                days,
                held_until: days.last(),
                collected_on: None,
                returned_on: None,
                offer_until: None,
            }
        })
        .collect()
}

fn rules(c: &mut Criterion) {
    let (terms, closures) = year_parts();
    let calendar = SchoolCalendar::new(terms.clone(), closures.clone());
    let today = day("2026-10-14");

    c.bench_function("lay out ten years of terms and INSET days", |b| {
        b.iter(|| SchoolCalendar::new(terms.clone(), closures.clone()));
    });

    let year = period(day("2026-09-01"), 365);
    c.bench_function("count the school days of a year for a school", |b| {
        b.iter(|| black_box(&calendar).count(black_box(year), Some(SCHOOL)));
    });

    let window = calendar.window(today);
    let rows: Vec<Vec<Slot>> = (0..100).map(|copy| slots(copy, day("2026-09-07"))).collect();
    let facts = CopyFacts { in_service: true, turnaround: 0 };
    c.bench_function("lay out a term of 100 copies and 500 loans", |b| {
        b.iter(|| {
            let view = Viewpoint { mine: &[SCHOOL], school: Some(SCHOOL), today, bookable: Some(period(today, 400)) };
            let grid = Grid::new(black_box(&window), &calendar, view);
            rows.iter().map(|row| grid.row(row, facts).len()).sum::<usize>()
        });
    });

    let shelf = Shelf {
        today,
        rules: Rules::default(),
        calendar: calendar.clone(),
        copies: (0..3)
            .map(|n| ShelfCopy {
                id: CopyId(n),
                tag: format!("EL{n}"),
                out_of_service: None,
                missing: Vec::new(),
                slots: slots(n, day("2026-10-19")),
            })
            .collect(),
        standing: Standing { school: SCHOOL, memberships: vec![Membership { joined: day("2020-09-01"), left: None, sabbatical: None }] },
        own: Vec::new(),
        names: BTreeMap::from([(SCHOOL, "Saxton".to_owned()), (SchoolId(0), "Riverside".to_owned())]),
    };
    let wish = |first: &str, last: &str| Wish {
        kind: Kind::Loan,
        copy: None,
        first: day(first),
        last: day(last),
        by: By::School(SCHOOL),
        override_reason: String::new(),
    };
    let (free, taken) = (wish("2027-03-01", "2027-03-05"), wish("2026-10-19", "2026-10-23"));
    assert!(reserve(&shelf, &free).is_ok() && reserve(&shelf, &taken).is_err(), "the bench measures what it says");
    c.bench_function("decide a booking that is granted", |b| b.iter(|| reserve(black_box(&shelf), black_box(&free)).is_ok()));
    c.bench_function("refuse a booking and find the nearest free days of 3 copies", |b| {
        b.iter(|| reserve(black_box(&shelf), black_box(&taken)).map_err(|refusal| refusal.message().len()));
    });
}

criterion_group!(benches, rules);
criterion_main!(benches);
