//! The people of the stories: each type has only the verbs of its role.

use std::ops::Deref;

use super::{Browser, Page, TestApp};

/// Somebody signed in, inside one cluster.
pub struct Person {
    /// The browser with the session's cookie.
    pub browser: Browser,
    /// `/c/ashdale`.
    pub base: String,
    /// Where mail reaches them.
    pub email: String,
}

impl Person {
    async fn new(app: &TestApp, cluster: &str, email: &str) -> Self {
        Self { browser: app.signed_in(email).await, base: format!("/c/{cluster}"), email: email.to_owned() }
    }

    /// Opens a page of the cluster: `/boxes`.
    pub async fn open(&self, path: &str) -> Page {
        self.browser.open(&format!("{}{path}", self.base)).await
    }

    /// Asks for a page of the cluster and takes what comes.
    pub async fn get(&self, path: &str) -> Page {
        self.browser.get(&format!("{}{path}", self.base)).await
    }
}

/// Declares a kind of person around [`Person`].
macro_rules! kinds_of_person {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        pub struct $name(Person);

        impl $name {
            /// Signs in.
            pub async fn new(app: &TestApp, cluster: &str, email: &str) -> Self {
                Self(Person::new(app, cluster, email).await)
            }
        }

        impl Deref for $name {
            type Target = Person;
            fn deref(&self) -> &Person {
                &self.0
            }
        }
    )+};
}

kinds_of_person! {
    /// A school's science lead.
    Ssl,
    /// Runs the cluster.
    Coordinator,
    /// Keeps the money, and reads.
    Bursar,
}
