//! Boxrota: the primary schools of a cluster share science kit. The rooms from the ground up; each uses only those above it in this list.

// The ground: machinery that knows nothing of schools.
pub mod base;
pub mod sheets;
pub mod db;
pub mod web;

// The cluster: who belongs to it, its schools, its year, what it is told.
pub mod mail;
pub mod people;
pub mod clusters;
pub mod schools;
pub mod year;

// Lending: what can be borrowed, when, from whom to whom.
pub mod files;
pub mod catalogue;
pub mod bookings;
pub mod calendar;
pub mod journeys;
pub mod waiting;
pub mod handovers;
pub mod attention;
pub mod reminders;

// Kit and money: what it adds up to.
pub mod reports;

// The front: people come and go, and the pages on which rooms come together.
pub mod joining;
pub mod accounts;
pub mod imports;
pub mod front;

// Above all rooms: what starts the program and what every write ends with.
pub mod settle;
pub mod config;
pub mod worker;
pub mod app;
