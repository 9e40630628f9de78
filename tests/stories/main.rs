//! Stories: what people do with Boxrota, told over HTTP against a real server, each on both engines with a database of its own.
//!
//! One binary, because linking is what costs. `./test rust` runs it; alone it needs `BOXROTA_TEST_POSTGRES_URL`, which
//! `./test database cargo nextest run` sets. Without it the PostgreSQL half fails: a test that is skipped proves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on has failed")]
#![allow(
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::type_complexity,
    clippy::format_collect,
    reason = "a story is called once, with what it owns; its numbers are small"
)]

#[macro_use]
mod harness;

mod booking_mail;
mod calendar;
mod catalogue;
mod edges;
mod every_page;
mod feeds;
mod guarantee;
mod imports;
mod killed;
mod loans;
mod mailer;
mod my_loans;
mod outbox;
mod parity;
mod post_office;
mod race;
mod reserve;
mod sent_mail;
mod sign_in;
mod starting;
