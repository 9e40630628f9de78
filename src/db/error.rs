//! The one mapping from what an engine says to what we mean. SQLite names no constraint where PostgreSQL does.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// What a statement or a connection can answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such row, or not in this cluster.
    #[error("no such record")]
    NotFound,
    /// Another live booking of the copy has one of the days (product rule 1).
    #[error("another booking has one of these days")]
    Taken,
    /// Another unique key is taken.
    #[error("already there: {0:?}")]
    Unique(Unique),
    /// A reference to a row that is not in this cluster.
    #[error("refers to a record that is not there")]
    Foreign,
    /// A CHECK of the schema refuses the row.
    #[error("refused by a check of the database: {0}")]
    Check(String),
    /// Who acts has lost the role, since the request was let in, that let it in: "Science lead, Saxton".
    #[error("the role has ended: {0}")]
    RoleEnded(String),
    /// Who acts is no longer signed in on the device.
    #[error("the session is over")]
    SessionOver,
    /// No connection, no disk space, or the database is busy for too long.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// The database fell silent, or the line to it broke, while the change was being committed: it may be stored or not.
    #[error("whether it is stored is not known: {0}")]
    Unsure(String),
    /// Anything else.
    #[error(transparent)]
    Other(Diesel),
}

/// The unique keys that rules care about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// A form was sent twice.
    RequestKey,
    /// A copy is out already (product rule 2).
    OneOut,
    /// This mail is stored already (product rule 5).
    MessageOnce,
    /// A person with this address is there already.
    Email,
    /// A cluster with this short name is there already.
    Slug,
    /// Some other key.
    Other,
}

/// Why an act was not done: a rule says no, or the database fails. `R` is what the room calls a refusal.
#[derive(Debug)]
pub enum Stop<R> {
    /// A rule is in the way.
    Refused(R),
    /// Something failed.
    Fault(Error),
}

impl<R> From<Error> for Stop<R> {
    fn from(fault: Error) -> Self {
        Self::Fault(fault)
    }
}

/// What a rule says no with: `?` makes a [`Stop`] of it.
pub trait Refuses {}

impl<A: Refuses, R: From<A>> From<A> for Stop<R> {
    fn from(refusal: A) -> Self {
        Self::Refused(refusal.into())
    }
}

/// What store functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Per key, what PostgreSQL calls it and the columns SQLite lists in its message.
const KEYS: [(Unique, &str, &str); 5] = [
    (Unique::RequestKey, "bookings_request_key", "bookings.request_key"),
    (Unique::OneOut, "bookings_one_out", "bookings_one_out"),
    (Unique::MessageOnce, "messages_once_key", "messages.subject"),
    (Unique::Email, "people_email_key", "people.email"),
    (Unique::Slug, "clusters_slug_key", "clusters.slug"),
];

/// What the engines say when they cannot be used now, and what it means: for the log, where the person who runs the site reads it.
const UNUSABLE: [(&str, &str); 18] = [
    ("readonly database", "it takes no writes"),
    ("read-only transaction", "it takes no writes"),
    ("database or disk is full", "no space is left"),
    ("No space left on device", "no space is left"),
    ("could not extend file", "no space is left"),
    ("deadlock detected", "two changes were in each other's way"),
    ("database is locked", "somebody else holds it"),
    ("lock timeout", "somebody else holds it"),
    ("statement timeout", "it took too long"),
    ("disk I/O error", "the disk fails"),
    ("unable to open database", "the file cannot be opened"),
    ("terminating connection", "it is being stopped"),
    ("the database system is", "it is starting or stopping"),
    ("too many connections", "it takes no more connections"),
    ("too many clients", "it takes no more connections"),
    ("Connection refused", "it cannot be reached"),
    ("timeout expired", "no answer"),
    ("authentication failed", "it does not let us in"),
];

/// The words of an engine with what they mean, if that is that it cannot be used now.
fn unusable(said: &str) -> Option<String> {
    UNUSABLE.iter().find(|(known, _)| said.contains(known)).map(|(_, why)| format!("{why} ({said})"))
}

impl Error {
    /// A connection could not be opened, by what the engine said.
    pub(super) fn not_opened(said: &str) -> Self {
        let said = said.trim();
        Self::Unavailable(unusable(said).unwrap_or_else(|| format!("it cannot be reached ({said})")))
    }

    /// What a COMMIT came to that failed so: where the line broke, nobody knows.
    pub(super) fn of_commit(fault: Diesel) -> Self {
        let lost = match &fault {
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => true,
            Diesel::DatabaseError(_, info) => info.message().contains("terminating connection"),
            _ => false,
        };
        match Self::from(fault) {
            Self::Unavailable(why) if lost => Self::Unsure(why),
            other => other,
        }
    }
}

impl From<Diesel> for Error {
    fn from(fault: Diesel) -> Self {
        match &fault {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(kind, info) => {
                let message = info.message();
                let constraint = info.constraint_name();
                // The trigger's own words on SQLite; the key's name, or its columns, otherwise.
                if message == "booked_days taken" || message.contains("booked_days.day") || constraint == Some("booked_days_pkey") {
                    return Self::Taken;
                }
                match kind {
                    DatabaseErrorKind::UniqueViolation => {
                        // SQLite names a partial index's columns only: the copy column of bookings is unique in no other key.
                        let out = message.contains("bookings.copy_id") && !message.contains("booked_days");
                        let known = KEYS.iter().find(|(_, name, columns)| constraint == Some(name) || message.contains(columns));
                        Self::Unique(known.map_or(if out { Unique::OneOut } else { Unique::Other }, |(key, ..)| *key))
                    }
                    DatabaseErrorKind::ForeignKeyViolation => Self::Foreign,
                    DatabaseErrorKind::CheckViolation => Self::Check(constraint.unwrap_or(message).to_owned()),
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                        Self::Unavailable(format!("the line to it broke ({message})"))
                    }
                    DatabaseErrorKind::ReadOnlyTransaction => Self::Unavailable(format!("it takes no writes ({message})")),
                    _ => match unusable(message) {
                        Some(why) => Self::Unavailable(why),
                        None => Self::Other(fault),
                    },
                }
            }
            _ => Self::Other(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;

    use super::*;

    fn why(fault: Diesel) -> String {
        match Error::from(fault) {
            Error::Unavailable(why) => why,
            other => format!("not known: {other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_used_now_is_told_apart_on_both_engines() {
        for (said, means) in [
            ("attempt to write a readonly database", "it takes no writes"),
            ("cannot execute UPDATE in a read-only transaction", "it takes no writes"),
            ("database or disk is full", "no space is left"),
            ("could not extend file \"base/5/1259\": No space left on device", "no space is left"),
            ("deadlock detected", "two changes were in each other's way"),
            ("database is locked", "somebody else holds it"),
            ("canceling statement due to lock timeout", "somebody else holds it"),
            ("terminating connection due to administrator command", "it is being stopped"),
        ] {
            let told = why(Diesel::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said.to_owned())));
            assert_eq!(told, format!("{means} ({said})"));
        }
    }

    #[test]
    fn a_commit_whose_line_broke_may_have_come_through() {
        let said = |kind, words: &str| Diesel::DatabaseError(kind, Box::new(words.to_owned()));
        let broke = Error::of_commit(said(DatabaseErrorKind::ClosedConnection, "server closed the connection unexpectedly"));
        assert!(matches!(broke, Error::Unsure(_)), "{broke}");
        let full = Error::of_commit(said(DatabaseErrorKind::Unknown, "database or disk is full"));
        assert!(matches!(full, Error::Unavailable(_)), "{full}");
    }

    #[test]
    fn sqlite_says_it_in_these_words() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE t (a); PRAGMA max_page_count = 4;").unwrap();
        let full = diesel::sql_query("INSERT INTO t VALUES (zeroblob(100000))").execute(&mut conn).unwrap_err();
        assert!(why(full).starts_with("no space is left"));
        conn.batch_execute("PRAGMA query_only = ON").unwrap();
        let shut = diesel::sql_query("INSERT INTO t VALUES (1)").execute(&mut conn).unwrap_err();
        assert!(why(shut).starts_with("it takes no writes"));
    }
}
