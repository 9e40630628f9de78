//! What the stories stand on: a database each, a server each, people who hold a role and do what the role may do.

mod ground;

pub use ground::{Engine, Ground, Raw};

/// Makes two tests of each named story, `story::sqlite` and `story::postgres`. A story is `fn name(ground: Ground)`: it gets
/// a migrated database of its own.
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
