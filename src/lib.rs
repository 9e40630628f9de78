//! Boxrota: the primary schools of a cluster share science kit. The rooms from the ground up; each uses only those above it in this list.

// The ground: machinery that knows nothing of schools.
pub mod base; // ids, days and periods, the clock, addresses, secrets
pub mod sheets; // rows and cells of a spreadsheet, every problem with its place
pub mod db; // the two engines, transactions, the schema, what a database can answer
pub mod web; // the App and the Site, errors, page, parts, forms, the guard, limits

// The cluster: who belongs to it, its schools, its year, what it is told.
pub mod mail; // letters, their kinds, who wants which, the outbox, the mail server
pub mod people; // who somebody is and as what, sessions, permission as a type
pub mod clusters; // founding a cluster, its rules, its change log
pub mod schools; // schools and their years in the cluster
pub mod year; // terms, closed days, the school calendar, calendar files

// Lending: what can be borrowed, when, from whom to whom.
pub mod files; // pictures, cleaned and kept
pub mod catalogue; // resources, copies, contents, searching them
pub mod bookings; // reserving, the rules of lending, changes
pub mod calendar; // the term, the month, the list, feeds
pub mod journeys; // custody, legs, agreeing on a day, cluster meetings
pub mod waiting; // the waiting list and its offers
pub mod handovers; // counting, handing over, receiving, history, the code on the lid
pub mod attention; // late, missing, at risk, and what a coordinator does about it
pub mod reminders; // what is due, to whom, and is it still true

// Kit and money: what it adds up to.
pub mod statements; // what a bank or a finance system exports, to lines of whole pence
pub mod matching; // which line pays which bill, how sure that is, and why
pub mod reports; // fair share

// The front: people come and go, and the pages on which rooms come together.
pub mod joining; // invitations, roles, handing on, schools that leave or rest
pub mod accounts; // signing in, one's own account, one's own letters
pub mod imports; // a cluster from a folder, terms and closed days pasted, the demo
pub mod front; // this week, attention, boxes, my loans, a loan, a school, mail, help

// Above all rooms: what starts the program, and what every write ends with.
pub mod settle; // legs, offers and what else follows from what was written
pub mod config; // the environment, parsed once
pub mod worker; // the one place where the clock starts work
pub mod alarm; // tells the operator what the log says is wrong
pub mod app; // puts the server together and mounts the rooms
