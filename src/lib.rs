//! Boxrota: the primary schools of a cluster share science kit. The rooms, in reading order.

pub mod base;
pub mod db;
pub mod web;
pub mod notifications;
pub mod people;
pub mod catalogue;
pub mod bookings;
pub mod handovers;
pub mod imports;

pub mod app;
pub mod config;
pub mod worker;
