//! The day on which the demo stands: today, or the one it was asked to stand on, from whose morning its clock runs on.
//!
//! What must always hold: the clock of a demo that has its cluster never goes back, whatever it is asked at a later start.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::clock::{Clock, morning, today};
use crate::base::days::{self, Day, parse_iso};
use crate::clusters;
use crate::db::{self, Db};

/// Why the demo cannot stand on a day.
#[derive(Debug, thiserror::Error)]
pub enum WrongDay {
    /// It has come further.
    #[error(
        "BOXROTA_DEMO_TODAY is {wished}, but this demo has come to {}, and its clock never goes back; choose a later day, or another \
         folder for a demo of its own (--data).\n  An example that works: BOXROTA_DEMO_TODAY={reached}",
        days::long(*.reached)
    )]
    Earlier {
        /// The day that was asked for.
        wished: Day,
        /// The day on which it stands.
        reached: Day,
    },
    /// The file is none of ours.
    #[error("{} does not say on which day the demo stands; remove the demo's folder to start afresh", .0.display())]
    Unclear(PathBuf),
    /// The file cannot be read or written.
    #[error("{}: {fault}", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the system says.
        fault: std::io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The clock of the demo in the folder `data`, which begins on the day `wished`, or goes on where it was.
///
/// # Errors
/// When it has come further than that day, or what the disk or the database says.
pub async fn demo_clock(db: &Db, data: &Path, wished: Option<Day>) -> Result<Clock, WrongDay> {
    let machine = Clock::Machine.now();
    let path = data.join("clock.txt");
    // Without its cluster it has not begun, and an earlier try does not bind it.
    let begun = db.house_read(machine, clusters::store::any_cluster).await?;
    let kept = if begun { read(&path)?.or(Some(Standing::default())) } else { None };
    let standing = stand(kept, wished, machine)?;
    if Some(standing) != kept {
        std::fs::write(&path, standing.written()).map_err(|fault| WrongDay::Disk { path, fault })?;
    }
    Ok(if standing == Standing::default() { Clock::Machine } else { Clock::Ahead(standing.ahead) })
}

/// Where a demo's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Standing {
    /// The day that it was asked to stand on last.
    asked: Option<Day>,
    /// How far it is ahead of the machine's.
    ahead: TimeDelta,
}

impl Standing {
    fn written(self) -> String {
        let asked = self.asked.map_or_else(|| "-".to_owned(), |day| day.to_string());
        format!("{asked} {}\n", self.ahead.num_seconds())
    }

    fn parse(text: &str) -> Option<Self> {
        let (asked, seconds) = text.trim().split_once(' ')?;
        let asked = if asked == "-" { None } else { Some(parse_iso(asked)?) };
        Some(Self { asked, ahead: TimeDelta::try_seconds(seconds.parse().ok()?)? })
    }
}

fn read(path: &Path) -> Result<Option<Standing>, WrongDay> {
    match std::fs::read_to_string(path) {
        Ok(text) => Standing::parse(&text).map(Some).ok_or_else(|| WrongDay::Unclear(path.to_owned())),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(WrongDay::Disk { path: path.to_owned(), fault }),
    }
}

/// Where the clock stands from now on. `kept` is where it stood when the demo has begun.
fn stand(kept: Option<Standing>, wished: Option<Day>, machine: DateTime<Utc>) -> Result<Standing, WrongDay> {
    let now = kept.unwrap_or_default();
    // The same day as at the start before, as a variable of a service says it for ever, is no wish to go back.
    let Some(wished) = wished.filter(|wished| now.asked != Some(*wished)) else { return Ok(now) };
    let reached = today(machine + now.ahead);
    if kept.is_some() && wished < reached {
        return Err(WrongDay::Earlier { wished, reached });
    }
    // In the middle of its day it stays where it is.
    let ahead = if kept.is_some() && wished == reached { now.ahead } else { TimeDelta::seconds((morning(wished) - machine).num_seconds()) };
    Ok(Standing { asked: Some(wished), ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "2026-11-30T22:15:00Z";

    fn day(text: &str) -> Day {
        parse_iso(text).unwrap()
    }

    /// What a demo says that is started at a time, kept where it stood.
    fn start(kept: Option<Standing>, wished: &str, machine: &str) -> Result<Standing, WrongDay> {
        stand(kept, parse_iso(wished), machine.parse().unwrap())
    }

    fn shown(standing: Standing, machine: &str) -> String {
        (machine.parse::<DateTime<Utc>>().unwrap() + standing.ahead).to_rfc3339()
    }

    #[test]
    fn it_begins_in_the_morning_of_the_day_and_goes_on() {
        for (wished, at) in [
            ("2026-11-23", "2026-11-23T09:00:00+00:00"),
            ("2027-03-28", "2027-03-28T08:00:00+00:00"),
            ("2028-02-29", "2028-02-29T09:00:00+00:00"),
        ] {
            let first = start(None, wished, MACHINE).unwrap();
            assert_eq!(shown(first, MACHINE), at);
            // Three days later, asked for the same day or for none.
            for again in [wished, ""] {
                assert_eq!(start(Some(first), again, "2026-12-03T22:15:00Z").unwrap(), first, "{wished} {again}");
            }
        }
        assert_eq!(start(None, "", MACHINE).unwrap(), Standing::default());
    }

    #[test]
    fn it_moves_on_and_never_back() {
        let first = start(None, "2026-11-23", MACHINE).unwrap();
        let moved = start(Some(first), "2026-11-26", MACHINE).unwrap();
        assert_eq!(shown(moved, MACHINE), "2026-11-26T09:00:00+00:00");
        for back in ["2026-11-23", "2026-11-25"] {
            let told = start(Some(moved), back, MACHINE).unwrap_err().to_string();
            assert!(told.contains(back) && told.contains("26 November 2026") && told.contains("BOXROTA_DEMO_TODAY=2026-11-26"), "{told}");
        }
        // Nor in the middle of a day: it was nine there, and is noon.
        let noon = start(Some(first), "2026-11-24", "2026-12-02T01:15:00Z").unwrap();
        assert_eq!(shown(noon, "2026-12-02T01:15:00Z"), "2026-11-24T12:00:00+00:00");
        // A demo that stood on the machine's day goes on from it.
        let real = Some(Standing::default());
        assert!(start(real, "2026-11-29", MACHINE).is_err());
        assert_eq!(start(real, "2026-11-30", MACHINE).unwrap(), Standing { asked: Some(day("2026-11-30")), ahead: TimeDelta::zero() });
        assert_eq!(shown(start(real, "2026-12-01", MACHINE).unwrap(), MACHINE), "2026-12-01T09:00:00+00:00");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for standing in [Standing::default(), start(None, "2026-11-23", MACHINE).unwrap(), start(None, "2028-02-29", MACHINE).unwrap()] {
            assert_eq!(Standing::parse(&standing.written()), Some(standing));
        }
        for wrong in ["", "2026-11-23", "tomorrow 5", "2026-11-23 a while"] {
            assert_eq!(Standing::parse(wrong), None, "{wrong:?}");
        }
    }
}
