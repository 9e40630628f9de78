//! What the stories stand on: a database each, a server each, people who hold a role and do what the role may do.

mod app;
mod chance;
mod ground;
pub mod log;
mod people;
pub mod process;
mod provider;
mod relay;
pub mod truth;
mod web;
mod world;

pub use app::{TestApp, tell};
pub use chance::Chance;
pub use ground::{Engine, Ground, Raw};
pub use people::{Bursar, Coordinator, Person, Ssl, Wish};
pub use provider::{OtherHouse, Says};
pub use relay::Relay;
pub use web::{Browser, Form, Page, client};
pub use world::{World, science_lead};

/// Makes two tests of each named function, `name::sqlite` and `name::postgres`. It is a `fn name(ground: Ground)` and gets a
/// migrated database of its own.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                super::$name($crate::harness::Ground::migrated($crate::harness::Engine::Sqlite));
            }
            #[test]
            fn postgres() {
                super::$name($crate::harness::Ground::migrated($crate::harness::Engine::Postgres));
            }
        }
    )+};
}

/// Makes two tests of each named story, `name::sqlite` and `name::postgres`. A story is an `async fn name(app: TestApp)`: it
/// gets a running server with the clusters Ashdale and Birchwood.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                $crate::harness::tell($crate::harness::Engine::Sqlite, super::$name);
            }
            #[test]
            fn postgres() {
                $crate::harness::tell($crate::harness::Engine::Postgres, super::$name);
            }
        }
    )+};
}

/// Runs all of them at once and waits for all.
pub async fn all<F>(futures: Vec<F>) -> Vec<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let started: Vec<_> = futures.into_iter().map(actix_web::rt::spawn).collect();
    let mut done = Vec::new();
    for task in started {
        done.push(task.await.expect("a task that ends"));
    }
    done
}
