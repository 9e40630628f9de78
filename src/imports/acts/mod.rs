//! What imports: a folder as a new cluster, the demo's own folder, and a school year that was pasted into a cluster that is there.

mod demo;
mod load;
mod school_year;

pub use demo::{WrongDay, demo_clock, load_demo};
pub use load::{ImportFailed, import, import_folder};
pub use school_year::{Understood, store_pasted, understand};
