//! Stories: what people do with Boxrota, told over HTTP against a real server, each on both engines with a database of its own.
//!
//! One binary, because linking is what costs. `./test rust` runs it; alone it needs `BOXROTA_TEST_POSTGRES_URL`, which
//! `./test database cargo nextest run` sets. Without it the PostgreSQL half fails: a test that is skipped proves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on has failed")]
#![allow(clippy::format_collect, reason = "a story's texts are short")]
#![allow(clippy::needless_pass_by_value, reason = "a story owns its database or its server, and takes it away with it")]

#[macro_use]
#[allow(dead_code, reason = "the faults (tests/faults) use the rest")]
mod harness;

mod abuse;
mod account;
mod across;
mod alarm;
mod attention;
mod booking_mail;
mod calendar;
mod catalogue;
mod change_log;
mod changes;
mod clockwork;
mod copy_history;
mod counting;
mod custody;
mod cut_off;
mod database_down;
mod edges;
mod elsewhere;
mod entries;
mod erasure;
mod every_page;
mod fair_share;
mod feeds;
mod given_back;
mod guarantee;
mod handing_over;
mod held_up;
mod imports;
mod inbox;
mod indices;
mod leavers;
mod legs;
mod legs_moved;
mod lines;
mod loans;
mod lockout;
mod lost_and_found;
mod mailer;
mod my_loans;
mod one_truth;
mod outbox;
mod parity;
mod passkeys;
mod people_and_roles;
mod permissions;
mod post_office;
mod race;
mod reminder_choices;
mod reminder_truth;
mod reminders;
mod reserve;
mod roles;
mod school_year;
mod schools;
mod restored;
mod sent_mail;
mod set_up;
mod settings;
mod sign_in;
mod starting;
mod under_the_lock;
mod undo;
mod uploads;
mod waiting;
mod waiting_rules;
mod week;
mod year;
