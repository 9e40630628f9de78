//! What the stores of several rooms ask of a table, as parts of a query.

/// Holds on this day, the last one included; without a last day it goes on. For tables with `from_day` and `to_day`.
macro_rules! today {
    ($table:ident, $day:expr) => {
        $table::from_day.le($day).and($table::to_day.is_null().or($table::to_day.ge($day)))
    };
}
pub(crate) use today;

/// Holds its days: requested or confirmed. Said by what it is not, because a statement with a list of values is not kept
/// prepared, and planning it anew costs as much as running it.
macro_rules! is_live {
    () => {
        bookings::state.ne("cancelled").and(bookings::state.ne("declined"))
    };
}
pub(crate) use is_live;

/// Is out at a school of this cluster now, late or not. It names a copy because the index of what is out, `bookings_one_out`, begins with
/// cluster and copy: so it finds that index, as one side of an OR, too.
macro_rules! is_out {
    ($tx:expr) => {
        bookings::cluster_id
            .eq($tx.cluster.0)
            .and(bookings::copy_id.gt(0))
            .and(bookings::collected_on.is_not_null())
            .and(bookings::returned_on.is_null())
    };
}
pub(crate) use is_out;

/// No booking holds more days than this (the schema checks it), so that an index on the first day bounds both ends.
pub(crate) const LONGEST_HOLD: i64 = 400;

/// The first rows of a query. A `LIMIT` would say the same, but a statement with one is not kept prepared through the connection
/// of two kinds, and planning it anew costs more than running it; what is read so is small by nature, and the bound a guard.
macro_rules! first {
    ($tx:expr, $query:expr, $most:expr) => {
        $query.load_iter($tx.conn).and_then(|rows| rows.take($most).collect::<QueryResult<Vec<_>>>())
    };
}
pub(crate) use first;

/// Has the same statement run by either engine: for what diesel cannot say through the connection of two kinds, many rows in one `INSERT`
/// above all.
macro_rules! with_backend {
    ($on:expr, $conn:ident => $work:expr) => {
        match &mut *$on {
            $crate::db::Conn::Sqlite($conn) => $work,
            $crate::db::Conn::Postgres($conn) => $work,
        }
    };
}
pub(crate) use with_backend;

/// Writes rows, which own what is in them, down in one statement: `insert_all!(tx.conn, diesel::insert_into(legs::table), rows)`. One row or two are told apart, because
/// then the statement is kept prepared; more of them are planned anew, which still is less than a way to the server for each.
macro_rules! insert_all {
    ($on:expr, $into:expr, $rows:expr) => {{
        let rows: Vec<_> = $rows;
        $crate::db::asks::with_backend!($on, conn => match <[_; 1]>::try_from(rows) {
            Ok(one) => $into.values(one).execute(conn),
            Err(rows) => match <[_; 2]>::try_from(rows) {
                Ok(two) => $into.values(two).execute(conn),
                Err(rows) if rows.is_empty() => Ok(0),
                Err(rows) => $into.values(rows).execute(conn),
            },
        })
    }};
}
pub(crate) use insert_all;
