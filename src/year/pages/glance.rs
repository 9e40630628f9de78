//! A year at a glance: a strip of its weeks with the days that are school days, half-term, holiday and closed. It shows what somebody is
//! about to store, so that a half-term taken for Christmas is seen before it is one.

use maud::{Markup, html};

use crate::base::days::{self, Day, Period};
use crate::year::plan::{self, Planned, Row, year_name};
use crate::year::{Closed, Closure, SchoolCalendar};

/// The strips of the years that these terms and closed days of the whole cluster are of; nothing where there are none.
#[must_use]
pub fn glance(terms: &[Row<Planned>], closures: &[Row<Closure>]) -> Markup {
    let stored = terms.iter().map(|row| row.what.with_id(crate::base::ids::TermId(0))).collect();
    let closed = closures.iter().map(|row| row.what.clone()).filter(|closure| closure.school.is_none()).collect();
    let calendar = SchoolCalendar::new(stored, closed);
    let years = years(&calendar);
    html! {
        @if !years.is_empty() {
            section.panel.card {
                h2 { "At a glance" }
                @for (year, days) in &years {
                    h3 { (year_name(*year)) }
                    ol.glance { @for monday in mondays(*days) { (week(&calendar, monday, *days)) } }
                }
                ul.glance-key {
                    li { i.t aria-hidden="true" {} "School" }
                    li { i.h aria-hidden="true" {} "Half-term" }
                    li { i.x aria-hidden="true" {} "Closed" }
                    li { i.o aria-hidden="true" {} "Holiday" }
                }
            }
        }
    }
}

/// The academic years with the days that are shown of each: from its first to its last term, or of what is closed in it.
fn years(calendar: &SchoolCalendar) -> Vec<(i32, Period)> {
    let terms = calendar.terms().iter().map(|term| (term.academic_year, term.days));
    let closed = calendar.closures().iter().map(|closure| (days::academic_year(closure.days.first()), closure.days));
    let mut years: Vec<(i32, Period)> = Vec::new();
    for (year, days) in terms.chain(closed.filter(|(year, _)| !calendar.knows_year(*year))) {
        match years.iter_mut().find(|(known, _)| *known == year) {
            Some((_, all)) => *all = Period::new(all.first().min(days.first()), all.last().max(days.last())).unwrap_or(*all),
            None => years.push((year, days)),
        }
    }
    years.sort_unstable_by_key(|(year, _)| *year);
    // A file of ten years is checked by its tables.
    years.truncate(4);
    years
}

fn mondays(days: Period) -> impl Iterator<Item = Day> {
    // A school year has 52 weeks; terms that are wrong may have more.
    (0..)
        .map(move |week| days::add(days::monday(days.first()), week * 7))
        .take_while(move |monday| *monday <= days.last())
        .take(plan::LONGEST_YEAR)
}

fn week(calendar: &SchoolCalendar, monday: Day, year: Period) -> Markup {
    let days: Vec<(Day, Option<Closed>)> =
        (0..5).map(|by| days::add(monday, by)).map(|day| (day, calendar.why_closed(day, None))).collect();
    let class = |day: Day, why: &Option<Closed>| match why {
        _ if !year.contains(day) => "o",
        None => "t",
        Some(Closed::HalfTerm) => "h",
        Some(Closed::Closure { .. }) => "x",
        Some(_) => "o",
    };
    html! {
        li {
            span { span.vh { "Week of " } (days::brief(monday)) }
            span.ds aria-hidden="true" { @for (day, why) in &days { i class=(class(*day, why)) {} } }
            span.vh { ": " (said(&days, year)) }
        }
    }
}

/// The week in words: "school", "half-term", "school; closed on Friday (INSET)".
fn said(week: &[(Day, Option<Closed>)], year: Period) -> String {
    let inside = || week.iter().filter(|(day, _)| year.contains(*day));
    let mut parts: Vec<String> = Vec::new();
    if inside().any(|(_, why)| why.is_none()) {
        parts.push("school".into());
    }
    if inside().any(|(_, why)| matches!(why, Some(Closed::HalfTerm))) {
        parts.push("half-term".into());
    }
    if inside().any(|(_, why)| matches!(why, Some(Closed::Holiday(_)))) {
        parts.push("holiday".into());
    }
    let closed = inside().filter_map(|(day, why)| why.as_ref().filter(|why| matches!(why, Closed::Closure { .. })).map(|why| (day, why)));
    parts.extend(closed.map(|(day, why)| format!("closed on {} ({})", day.format("%A"), why.label())));
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::plan::Step;
    use crate::year::samples;

    #[test]
    fn each_week_says_what_its_days_are() {
        let calendar = samples::calendar();
        let terms: Vec<_> = calendar.terms()[..3].iter().map(|term| Row { line: 1, what: Planned::from(term), step: Step::New }).collect();
        let closures: Vec<_> = calendar.closures().iter().map(|closed| Row { line: 1, what: closed.clone(), step: Step::New }).collect();
        let page = glance(&terms, &closures).into_string();
        assert_eq!(page.matches("<h3>").count(), 1);
        assert_eq!(page.matches("<li><span>").count(), 47, "31 August to 19 July");
        for words in [
            "</span>31 Aug</span>",
            ": school<",
            ": half-term<",
            ": holiday<",
            ": school; closed on Monday (INSET)",
            ": school; closed on Monday (Bank holiday)",
        ] {
            assert!(page.contains(words), "{words} in {page}");
        }
        assert_eq!(glance(&[], &[]).into_string(), "");
    }
}
