//! The words on bars and rows: dates as a calendar says them, and what a bar tells those who cannot see its colour.

use chrono::Datelike;
use maud::Render;

use crate::base::days::{Day, Period};
use crate::bookings::{Kind, Slot, State};
use crate::calendar::{Bar, Look};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The name of a day's month.
#[must_use]
pub fn month(day: Day) -> &'static str {
    MONTHS[day.month0() as usize % 12]
}

/// A number of at most two digits, without the detour over a formatter: a page holds thousands.
fn push_number(out: &mut String, number: u32) {
    if number >= 10 {
        out.push(char::from(b'0' + u8::try_from(number / 10 % 10).unwrap_or_default()));
    }
    out.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or_default()));
}

/// "26 November": the year is in the page's heading.
#[derive(Debug, Clone, Copy)]
pub struct OnDay(pub Day);

impl Render for OnDay {
    fn render_to(&self, out: &mut String) {
        push_number(out, self.0.day());
        out.push(' ');
        out.push_str(month(self.0));
    }
}

/// "26 Nov".
#[derive(Debug, Clone, Copy)]
pub struct Brief(pub Day);

impl Render for Brief {
    fn render_to(&self, out: &mut String) {
        push_number(out, self.0.day());
        out.push(' ');
        out.push_str(&month(self.0)[..3]);
    }
}

/// "5 to 23 October".
#[derive(Debug, Clone, Copy)]
pub struct Days(pub Period);

impl Render for Days {
    fn render_to(&self, out: &mut String) {
        let (first, last) = (self.0.first(), self.0.last());
        if first != last {
            push_number(out, first.day());
            if (first.year(), first.month()) != (last.year(), last.month()) {
                out.push(' ');
                out.push_str(month(first));
            }
            out.push_str(" to ");
        }
        OnDay(last).render_to(out);
    }
}

/// An ISO day for an address.
#[derive(Debug, Clone, Copy)]
pub struct Iso(pub Day);

impl Render for Iso {
    fn render_to(&self, out: &mut String) {
        let year = u32::try_from(self.0.year()).unwrap_or_default();
        push_padded(out, year / 100);
        push_padded(out, year % 100);
        out.push('-');
        push_padded(out, self.0.month());
        out.push('-');
        push_padded(out, self.0.day());
    }
}

fn push_padded(out: &mut String, number: u32) {
    if number < 10 {
        out.push('0');
    }
    push_number(out, number);
}

/// "3 weeks 2 days" of so many school days.
#[derive(Debug, Clone, Copy)]
pub struct Weeks(pub u16);

impl Render for Weeks {
    fn render_to(&self, out: &mut String) {
        let (weeks, days) = (u32::from(self.0 / 5), u32::from(self.0 % 5));
        if weeks > 0 {
            push_number(out, weeks);
            out.push_str(if weeks == 1 { " week" } else { " weeks" });
        }
        if days > 0 {
            if weeks > 0 {
                out.push(' ');
            }
            push_number(out, days);
            out.push_str(if days == 1 { " day" } else { " days" });
        }
    }
}

/// The classes of a bar; with the place, the whole of its looks.
#[must_use]
pub fn class_of(bar: &Bar) -> &'static str {
    match (bar.look, bar.mine, bar.out, bar.at_risk) {
        (Look::Late, ..) => "bk late",
        (Look::Past, true, ..) => "bk past mine",
        (Look::Past, ..) => "bk past",
        (Look::Restock, ..) => "bk fix",
        (Look::Requested | Look::Offered, ..) => "bk req",
        (Look::Mine, _, true, _) => "bk mine out",
        (Look::Mine, _, _, true) => "bk mine risk",
        (Look::Mine, ..) => "bk mine",
        (Look::Other, _, true, _) => "bk out",
        (Look::Other, _, _, true) => "bk risk",
        (Look::Other, ..) => "bk",
    }
}

/// What the looks say, for those who cannot see them: "out now, your school".
#[must_use]
pub fn status(bar: &Bar, slot: &Slot) -> &'static str {
    match (bar.look, bar.mine) {
        (Look::Late, true) => "late, your school",
        (Look::Late, false) => "late",
        (Look::Restock, _) => "not for loan",
        (Look::Offered, true) => "offered to your school from the waiting list",
        (Look::Offered, false) => "offered from the waiting list",
        (Look::Requested, true) => "waiting for approval, your school",
        (Look::Requested, false) => "waiting for approval",
        (Look::Past, mine) => match (slot.returned_on.is_some(), mine && slot.kind == Kind::Loan) {
            (true, true) => "returned, your school",
            (true, false) => "returned",
            (false, true) => "over, your school",
            (false, false) => "over",
        },
        (Look::Mine | Look::Other, mine) => match (bar.out, bar.at_risk, mine) {
            (true, _, true) => "out now, your school",
            (true, _, false) => "out now",
            (_, true, true) => "at risk, your school",
            (_, true, false) => "at risk",
            (_, _, true) => "confirmed, your school",
            (_, _, false) => "confirmed",
        },
    }
}

/// How a booking looks outside a term's grid: in a month or in a list.
#[must_use]
pub fn bar_of(slot: &Slot, mine: bool, at_risk: bool, today: Day) -> Bar {
    let look = match slot {
        _ if slot.late_since(today).is_some() => Look::Late,
        _ if slot.is_over(today) => Look::Past,
        Slot { kind: Kind::Restock, .. } => Look::Restock,
        _ if slot.is_offer() => Look::Offered,
        Slot { state: State::Requested, .. } => Look::Requested,
        _ if mine => Look::Mine,
        _ => Look::Other,
    };
    Bar { slot: 0, look, mine, out: slot.is_out(), at_risk, from_before: false, goes_on: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;

    fn said(first: &str, last: &str) -> String {
        let day = |text| parse_iso(text).unwrap();
        Days(Period::new(day(first), day(last)).unwrap()).render().0
    }

    #[test]
    fn dates_are_short_and_whole() {
        assert_eq!(said("2026-10-05", "2026-10-16"), "5 to 16 October");
        assert_eq!(said("2026-09-28", "2026-10-02"), "28 September to 2 October");
        assert_eq!(said("2026-12-18", "2026-12-18"), "18 December");
        assert_eq!(Iso(parse_iso("2026-03-05").unwrap()).render().0, "2026-03-05");
        assert_eq!([5, 1, 12, 17].map(|n| Weeks(n).render().0), ["1 week", "1 day", "2 weeks 2 days", "3 weeks 2 days"]);
    }
}
