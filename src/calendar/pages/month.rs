//! A month, week by week: five days across, the loans as bars under them.

use chrono::Datelike;
use maud::{Markup, html};

use super::desk::CalendarPage;
use super::words::{Days, Iso, bar_of, class_of, month, status};
use crate::base::days::{self, Day, Period};
use crate::bookings::Kind;
use crate::bookings::pages::{beside, state_pill};
use crate::bookings::store::plan::{Copy, Loan, Title};
use crate::calendar::Look;
use crate::calendar::pages::ask::first_of;
use crate::web::parts::{Tone, pill, table_or_cards};

/// "October 2026".
#[must_use]
pub fn name(day: Day) -> String {
    format!("{} {}", month(day), day.year())
}

/// The first day of the month before.
#[must_use]
pub fn previous_month(day: Day) -> Day {
    first_of(days::add(first_of(day), -1))
}

/// The month that holds `day`.
#[must_use]
pub fn weeks(desk: &CalendarPage, day: Day) -> Markup {
    let shown = desk.shown();
    let mut loans: Vec<(&Title, &Copy, &Loan)> = shown
        .iter()
        .flat_map(|(title, copies)| copies.iter().map(move |copy| (*title, *copy)))
        .flat_map(|(title, copy)| desk.loans_of(copy.id).iter().map(move |loan| (title, copy, loan)))
        .collect();
    loans.sort_by_key(|(_, _, loan)| loan.slot.days.first());
    html! {
        div.dow aria-hidden="true" { @for name in ["Mon", "Tue", "Wed", "Thu", "Fri"] { span { (name) } } }
        @for week in desk.calendar.weeks(desk.shown_days, desk.own) { (one_week(desk, day, week.monday, week.number, &loans)) }
    }
}

fn one_week(desk: &CalendarPage, shown: Day, monday: Day, number: Option<u32>, loans: &[(&Title, &Copy, &Loan)]) -> Markup {
    let friday = days::add(monday, 4);
    let week = Period::new(monday, friday).unwrap_or(Period::day(monday));
    let column = |day: Day| (day.max(monday).min(friday) - monday).num_days() + 1;
    let bars: Vec<_> =
        loans.iter().filter_map(|(title, copy, loan)| Some((title, copy, loan, drawn(desk, loan)?.intersect(week)?))).collect();
    html! {
        section.week {
            h2.vh { @if let Some(number) = number { "Week " (number) ": " } (Days(week)) }
            ol {
                @for day in week.days() {
                    @let closed = desk.calendar.why_closed(day, desk.own);
                    li class={
                        "c" (column(day)) " s1"
                        @if closed.is_some() { " shut" }
                        @if day == desk.today { " now" }
                        @if day.month() != shown.month() { " out" }
                    } {
                        @if closed.is_none() && desk.may_book && day >= desk.today {
                            a href={ "boxes?from=" (Iso(day)) "&to=" (Iso(day)) } { (date(desk, day)) span.vh { ": which boxes are free?" } }
                        } @else { b { (date(desk, day)) } }
                        @if let Some(closed) = &closed { " " small { (closed.label()) } }
                    }
                }
            }
            @if bars.is_empty() { p.none { "No loans" } }
            @else {
                ul {
                    @for (title, copy, loan, days) in bars {
                        @let bar = bar_of(&loan.slot, desk.mine.contains(&loan.slot.school), desk.at_risk(&loan.slot, copy), desk.today);
                        @let (school, letters) = desk.school(loan.slot.school);
                        @let who = if loan.slot.kind == Kind::Restock { "Restock" } else { school };
                        li class={ "c" (column(days.first())) " s" (column(days.last()) - column(days.first()) + 1) } {
                            a class=(class_of(&bar)) data-s=(letters) href={ "bookings/" (loan.slot.id) } {
                                b { (beside(&desk.beside_loan(copy, &loan.slot), html! { (title.name) @if title.copies.len() > 1 { " " (copy.tag) } })) } " " (who)
                                i { @if !loan.class_name.is_empty() { ", " (loan.class_name) } ", " (Days(loan.slot.days)) ", " (status(&bar, &loan.slot)) @if let (Look::Offered, Some(until)) = (bar.look, loan.slot.offered_to()) { " until " (days::full(until)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The days on which a loan is drawn: a late one to today.
fn drawn(desk: &CalendarPage, loan: &Loan) -> Option<Period> {
    let bar = bar_of(&loan.slot, false, false, desk.today);
    let last = if bar.look == Look::Late { loan.slot.days.last().max(desk.today) } else { loan.slot.days.last() };
    Period::new(loan.slot.days.first(), last)
}

fn date(desk: &CalendarPage, day: Day) -> Markup {
    html! {
        @if day == desk.today { span.vh { "Today, " } }
        (day.day()) @if day.day() == 1 || day == desk.today { " " (&month(day)[..3]) } @else { span.vh { " " (month(day)) } }
    }
}

pub(crate) type Line<'a> = (&'a Title, &'a Copy, &'a Loan);

/// The list of a window.
#[must_use]
pub fn loans(desk: &CalendarPage) -> Markup {
    let shown = desk.shown();
    let mut lines: Vec<Line<'_>> = shown
        .iter()
        .flat_map(|(title, copies)| copies.iter().map(move |copy| (*title, *copy)))
        .flat_map(|(title, copy)| desk.loans_of(copy.id).iter().map(move |loan| (title, copy, loan)))
        .collect();
    lines.sort_by_key(|(title, _, loan)| (loan.slot.days, title.name.clone()));
    let (over, coming): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(_, _, loan)| loan.slot.is_over(desk.today));
    html! {
        @if coming.is_empty() { p.card { "No loans are to come in these weeks." } }
        @else { (table(desk, "Loans", &coming)) }
        @if !over.is_empty() {
            details.more.wrapin open[coming.is_empty()] { summary { "Show the " (over.len()) " that are over" } (table(desk, "Loans that are over", &over)) }
        }
    }
}

pub(crate) fn table(desk: &CalendarPage, caption: &str, lines: &[Line<'_>]) -> Markup {
    let mut week = None;
    table_or_cards(
        caption,
        &["Dates", "Box", "School", "Class", "Status"],
        html! {
            @for (title, copy, loan) in lines {
                @let monday = days::monday(loan.slot.days.first());
                @if week.replace(monday) != Some(monday) { (week_head(desk, monday)) }
                (line(desk, title, copy, loan))
            }
        },
    )
}

pub(crate) fn week_head(desk: &CalendarPage, monday: days::Day) -> Markup {
    let whole = Period::new(monday, days::add(monday, 4)).unwrap_or(Period::day(monday));
    html! {
        tr.sub { th colspan="5" scope="colgroup" { @if let Some(number) = desk.calendar.week_number(monday) { "Week " (number) ": " } (whole) } }
    }
}

pub(crate) fn line(desk: &CalendarPage, title: &Title, copy: &Copy, loan: &Loan) -> Markup {
    let slot = &loan.slot;
    let at_risk = desk.at_risk(slot, copy);
    let bar = bar_of(slot, desk.mine.contains(&slot.school), at_risk, desk.today);
    html! {
        tr {
            th scope="row" { a href={ "bookings/" (slot.id) } { (slot.days) span.vh { ", " (title.name) ", " (status(&bar, slot)) } } }
            td data-h="Box" { (beside(&desk.beside_loan(copy, slot), html! { (title.name) @if title.copies.len() > 1 { " " (copy.tag) } })) }
            td data-h="School" { @if slot.kind == Kind::Restock { "Not for loan" } @else { (desk.school(slot.school).0) @if bar.mine { " (yours)" } } }
            td data-h="Class" { (loan.class_name) }
            td data-h="Status" {
                @if bar.look == Look::Restock { (pill(Tone::Plain, "Restock")) } @else { (state_pill(slot, at_risk, desk.today)) }
                @if let Some(until) = slot.offered_to() { small { "Until " (days::full(until)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::calendar::pages::ask::{next_month, weeks_of};

    #[test]
    fn a_month_is_shown_in_whole_weeks() {
        let shown = |text: &str| weeks_of(parse_iso(text).unwrap());
        assert_eq!(shown("2026-10-14").to_string(), "28 September to 30 October 2026");
        assert_eq!(shown("2026-11-01").to_string(), "2 November to 4 December 2026", "1 November 2026 is a Sunday");
        assert_eq!(shown("2028-02-29").to_string(), "31 January to 3 March 2028");
        let day = parse_iso("2026-12-31").unwrap();
        assert_eq!((next_month(day).to_string(), previous_month(day).to_string()), ("2027-01-01".into(), "2026-11-01".into()));
    }
}
