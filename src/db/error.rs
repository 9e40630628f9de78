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
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => Self::Unavailable(message.to_owned()),
                    _ if [
                        "database is locked",
                        "database or disk is full",
                        "disk I/O error",
                        "unable to open database",
                        "lock timeout",
                        "terminating connection",
                    ]
                    .iter()
                    .any(|known| message.contains(known)) =>
                    {
                        Self::Unavailable(message.to_owned())
                    }
                    _ => Self::Other(fault),
                }
            }
            _ => Self::Other(fault),
        }
    }
}
