//! Why a booking cannot be made or changed: one variant a rule, with words that name the rule, its value and what would do.

use super::count_of;
use super::spans::Nearest;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId};
use crate::clusters::longest::Longest;
use crate::db::Refuses;

/// The field of a form that a refusal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The first day.
    From,
    /// The last day.
    To,
    /// Which copy.
    Copy,
    /// For which school.
    School,
    /// The class or year group.
    Class,
    /// What it is for.
    Purpose,
    /// How many pupils.
    Pupils,
    /// Why it is cancelled, declined or allowed against a rule.
    Reason,
}

impl Field {
    /// The name of the input, and its id.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Copy => "copy",
            Self::School => "school",
            Self::Class => "class",
            Self::Purpose => "purpose",
            Self::Pupils => "pupils",
            Self::Reason => "reason",
        }
    }
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The last day is before the first.
    LastBeforeFirst {
        /// The first day asked for.
        first: Day,
    },
    /// The first day is past.
    Past {
        /// The first day that would do.
        next: Day,
    },
    /// No day of it is a school day.
    Closed {
        /// The days asked for.
        days: Period,
        /// Why they are closed: "half-term".
        why: String,
        /// The next school day.
        next: Option<Day>,
    },
    /// The school is not a member yet, or was never.
    NotAMember {
        /// The school.
        school: String,
        /// When it joins.
        from: Option<Day>,
    },
    /// The school takes a break in that time.
    Sabbatical {
        /// The school.
        school: String,
        /// The break.
        days: Period,
    },
    /// The school has left by then.
    Left {
        /// The school.
        school: String,
        /// Its last day in the cluster.
        on: Day,
    },
    /// Less notice than the rule asks.
    TooSoon {
        /// How many school days of notice.
        notice: u32,
        /// The first day that would do.
        earliest: Day,
    },
    /// Further ahead than the rule allows.
    TooFar {
        /// The rule in words: "up to the end of next school year".
        rule: String,
        /// The last day that can be booked.
        limit: Day,
    },
    /// Further ahead than any decision looks, whatever the reason.
    OutOfReach {
        /// The last day that anybody can book.
        limit: Day,
    },
    /// Longer than the rule allows.
    TooLong {
        /// The longest loan.
        longest: Longest,
        /// So many school weeks stand for it, because the terms of that time are not entered yet.
        instead: Option<u32>,
        /// How many days were asked for.
        asked: i64,
        /// The last day that would do with this first day.
        last: Day,
    },
    /// The school has as many loans at the same time as the rule allows.
    TooMany {
        /// The most.
        most: u32,
        /// The school.
        school: String,
        /// The first of the days asked for on which it has that many.
        full: Period,
        /// Whether one of them is late: it counts until it is back.
        late: bool,
    },
    /// The chosen copy is not one of this resource's.
    NoSuchCopy,
    /// The copy cannot be lent.
    OutOfService {
        /// The copy.
        tag: String,
        /// Why: "being repaired".
        why: String,
    },
    /// The copy should be back and is not: nobody can say when it is free.
    Late {
        /// The copy.
        tag: String,
        /// The school that has it.
        holder: String,
        /// The last day of its loan.
        since: Day,
    },
    /// Somebody else has it on one of the days.
    Taken(Box<Taken>),
    /// More days of a loan that is out, for which another school is on the waiting list.
    WaitedFor {
        /// The school that is first in line.
        school: String,
        /// The days that it waits for.
        days: Period,
    },
    /// Only the school that booked and coordinators may change it.
    NotYours,
    /// The booking is past, cancelled or declined.
    Over,
    /// Cancelling a loan that was fetched: it is given back instead.
    Collected,
    /// A loan that was fetched can change nothing but its last day.
    OnlyLastDay {
        /// The first day, which stays.
        first: Day,
    },
    /// More days of a loan that is out, where each booking needs approval: a request cannot be out.
    AskCoordinator,
    /// The booking must be approved first.
    NotApproved,
    /// The booking does not wait for approval.
    NotRequested,
    /// It can be fetched only from some day on.
    TooEarly {
        /// From this day.
        from: Day,
    },
    /// It was fetched already.
    AlreadyCollected,
    /// It was not fetched, or given back already.
    NotOut,
    /// Another school still has the copy.
    OutElsewhere {
        /// The copy.
        tag: String,
        /// Who has it.
        holder: String,
    },
    /// A reason must be given.
    ReasonNeeded,
    /// Nothing about it would change.
    NothingChanged,
    /// Something else is about to happen to it, and can still be undone.
    Waits {
        /// "being cancelled".
        what: &'static str,
        /// When, as "10:02".
        at: String,
    },
    /// It is an offer of the waiting list, which the school takes or does not on a page of its own.
    Offered,
}

/// Who has the copies on the days somebody wanted, and when they are free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The days wanted.
    pub days: Period,
    /// Days kept free after each loan.
    pub turnaround: u32,
    /// The copies that were asked about, each with who has it.
    pub copies: Vec<TakenCopy>,
    /// Other copies of the resource that are free on exactly these days.
    pub free_instead: Vec<(CopyId, String)>,
}

/// A copy that somebody else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenCopy {
    /// The copy.
    pub copy: CopyId,
    /// Its tag.
    pub tag: String,
    /// The booking that is in the way.
    pub booking: BookingId,
    /// Who has it, or "The coordinator" while it is restocked.
    pub by: String,
    /// From when to when.
    pub has: Period,
    /// Until the end of which day they are only offered to it, from the waiting list.
    pub offered_to: Option<Day>,
    /// Free spans of the same number of school days, before and after.
    pub nearest: Nearest,
}

impl TakenCopy {
    /// "Saxton has EL1 from 5 to 16 October 2026".
    fn words(&self) -> String {
        let (by, tag, has) = (&self.by, &self.tag, self.has);
        if let Some(until) = self.offered_to {
            return format!("{tag} is offered to {by} until {} from the waiting list, for {has}", days::full(until));
        }
        if has.first() == has.last() { format!("{by} has {tag} on {has}") } else { format!("{by} has {tag} from {has}") }
    }
}

impl Refuses for Refusal {}

impl Refusal {
    /// What is wrong and what would be right, in one or two sentences.
    #[must_use]
    pub fn message(&self) -> String {
        let full = |day: &Day| days::full(*day);
        match self {
            Self::LastBeforeFirst { first } => format!("The last day must be {} or later", full(first)),
            Self::Past { next } => format!("The first day must be today or later. The next school day is {}", full(next)),
            Self::Closed { days, why, next } => {
                let next = next.map(|day| format!(" The next school day is {}", days::full(day))).unwrap_or_default();
                format!("No school day is in {days}: it is {why}.{next}")
            }
            Self::NotAMember { school, from: Some(day) } => {
                format!("{school} joins the cluster on {} and can book from that day", full(day))
            }
            Self::NotAMember { school, from: None } => format!("{school} is not a member of this cluster"),
            Self::Sabbatical { school, days } => {
                format!("{school} takes a break from the cluster from {days} and does not book in that time")
            }
            Self::Left { school, on } => format!("{school} leaves the cluster on {} and can book up to that day", full(on)),
            Self::TooSoon { notice, earliest } => format!(
                "Bookings need {} of notice. The first day you can book is {}",
                count_of(i64::from(*notice), "school day"),
                full(earliest)
            ),
            Self::TooFar { rule, limit } => format!("Bookings can be made {rule}. The last day you can book is {}", full(limit)),
            Self::OutOfReach { limit } => format!("Nobody can book after {}, not even with a reason", full(limit)),
            Self::TooLong { longest, instead, asked, last } => {
                let more = match (longest, instead) {
                    (Longest::Days(_), _) => format!(", weekends included, and this one lasts {asked}"),
                    (_, Some(weeks)) => format!("; the terms of that time are not entered yet, so it is {weeks} school weeks"),
                    (_, None) => String::new(),
                };
                format!("A loan can last {} at most{more}. With this first day, the last day can be {}", longest.words(), full(last))
            }
            Self::TooMany { most, school, full: days, late } => {
                let when = if days.first() == days.last() { format!("on {days}") } else { format!("from {days}") };
                format!(
                    "A school can have {} at the same time, and {school} has that many {when}.{} Choose other days, cancel one, or ask your \
                     coordinator",
                    count_of(i64::from(*most), "loan"),
                    if *late { " One is late, and counts until it is back." } else { "" }
                )
            }
            Self::NoSuchCopy => "Choose one of the copies in the list".to_owned(),
            Self::OutOfService { tag, why } => format!("{tag} cannot be booked now: it is {why}"),
            Self::Late { tag, holder, since } => {
                format!("{tag} should have come back from {holder} by {} and has not. It can be booked again when it is back", full(since))
            }
            Self::Taken(taken) => taken.message(),
            Self::WaitedFor { school, days } => {
                format!("{school} is on the waiting list for {days}. Hand it over in time for that, or ask your coordinator")
            }
            Self::NotYours => "Only the school that made this booking, or a coordinator, can change it".to_owned(),
            Self::Over => "This booking is over and cannot be changed".to_owned(),
            Self::Collected => "The school has it already. Record that it is returned instead of cancelling".to_owned(),
            Self::OnlyLastDay { first } => {
                format!("The school has had it since {}. Only the last day can change", full(first))
            }
            Self::AskCoordinator => {
                "More days of this box need approval, and it is with you already. Ask the coordinator to change the last day".to_owned()
            }
            Self::NotApproved => "A coordinator must approve this booking first".to_owned(),
            Self::NotRequested => "This booking is not waiting for approval".to_owned(),
            Self::TooEarly { from } => format!("It can be fetched from {}", full(from)),
            Self::AlreadyCollected => "It is recorded as fetched already".to_owned(),
            Self::NotOut => "It is not out at a school".to_owned(),
            Self::OutElsewhere { tag, holder } => format!("{holder} still has {tag}. Its return must be recorded first"),
            Self::ReasonNeeded => "Give a reason, so that others understand".to_owned(),
            Self::Waits { what, at } => format!("This booking is {what}, until {at} you can undo that. Undo it first"),
            Self::Offered => {
                "These days are held for the school from the waiting list. It takes them or not under All your loans".to_owned()
            }
            Self::NothingChanged => "Choose other dates or another copy, or go back".to_owned(),
        }
    }

    /// The field of the form that has to change.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Self::LastBeforeFirst { .. }
            | Self::TooLong { .. }
            | Self::TooFar { .. }
            | Self::OutOfReach { .. }
            | Self::AskCoordinator
            | Self::WaitedFor { .. }
            | Self::Left { .. } => Field::To,
            Self::NotAMember { .. } => Field::School,
            Self::NoSuchCopy | Self::OutOfService { .. } | Self::Late { .. } | Self::OutElsewhere { .. } => Field::Copy,
            Self::ReasonNeeded => Field::Reason,
            _ => Field::From,
        }
    }

    /// The rule's name, where a coordinator may override it with a reason. What is taken stays taken for everybody.
    #[must_use]
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Closed { .. } => Some("school days only"),
            Self::Sabbatical { .. } => Some("no loans during a break"),
            Self::TooSoon { .. } => Some("shortest notice"),
            Self::TooFar { .. } => Some("furthest ahead"),
            Self::TooLong { .. } => Some("longest loan"),
            Self::TooMany { .. } => Some("most loans at the same time"),
            Self::Late { .. } => Some("late copies wait until they are back"),
            Self::WaitedFor { .. } => Some("days that another school waits for are not added to a loan"),
            _ => None,
        }
    }
}

impl Taken {
    /// Taken, by whom nobody knows: the table of booked days says no more.
    #[must_use]
    pub fn by_somebody(days: Period) -> Self {
        Self { days, turnaround: 0, copies: Vec::new(), free_instead: Vec::new() }
    }

    /// Who has it and from when to when, in a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let who = match self.copies.as_slice() {
            [] => "Somebody else has just taken one of these days. Choose others".to_owned(),
            [one] => one.words(),
            many => many.iter().map(TakenCopy::words).collect::<Vec<_>>().join("; "),
        };
        // Only the turnaround is in the way: say so, because the days themselves look free.
        let only_turnaround = self.turnaround > 0 && self.copies.iter().all(|copy| !copy.has.overlaps(self.days));
        let rest = if only_turnaround {
            format!(", and {} after each loan are kept free", count_of(i64::from(self.turnaround), "day"))
        } else {
            String::new()
        };
        format!("{who}{rest}")
    }
}
