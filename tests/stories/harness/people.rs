//! The people of the stories: each type has only the verbs of its role.

use std::ops::Deref;

use super::{Browser, Page, TestApp};

/// Somebody signed in, inside one cluster.
#[derive(Clone)]
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

/// What somebody wants to borrow.
#[derive(Clone)]
pub struct Wish {
    /// The resource's id.
    pub resource: String,
    /// The first day, `2026-11-30`.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Further fields of the form.
    pub more: Vec<(&'static str, String)>,
}

impl Wish {
    /// A resource from a day to a day, for Year 4.
    pub fn of(resource: &str, from: &str, to: &str) -> Self {
        Self { resource: resource.to_owned(), from: from.to_owned(), to: to.to_owned(), more: vec![("class", "Year 4".into())] }
    }

    /// The address of the page on which the answers are checked: where the form leads.
    pub fn to_be_checked(&self) -> String {
        let days = [("from", self.from.clone()), ("to", self.to.clone())];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(days.iter().chain(&self.more)).finish();
        format!("/boxes/{}/reserve/check?{query}", self.resource)
    }

    /// With another field filled in.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.more.retain(|(known, _)| *known != name);
        self.more.push((name, value.to_string()));
        self
    }
}

/// Fills the reserve form in and asks for the answers to be checked. What is on the page is all that can be chosen.
async fn check(person: &Person, wish: &Wish) -> Page {
    let at = format!("/boxes/{}/reserve?from={}&to={}", wish.resource, wish.from, wish.to);
    let mut form = person.open(&at).await.form("/reserve/check").set("from", &wish.from).set("to", &wish.to);
    for (name, value) in &wish.more {
        form = match *name {
            // One of the chips, or typed.
            "class" if !form.offers("class").contains(&value.as_str()) => form.set("class_other", value),
            // A page that was opened before may have offered it.
            "copy" => form.tampered("copy", value),
            name => form.set(name, value),
        };
    }
    person.browser.submit(&form).await
}

/// Declares the verbs of whoever may borrow.
macro_rules! borrowers {
    ($($name:ident),+) => {$(
        impl $name {
            /// The answers to be checked, or the form again with what is wrong.
            pub async fn check(&self, wish: &Wish) -> Page {
                check(self, wish).await
            }

            /// Goes all the way: form, check answers, and the button. The answer is a redirect to the booking, or a refusal.
            pub async fn reserve(&self, wish: &Wish) -> Page {
                let page = self.check(wish).await;
                if page.status != 200 {
                    return page;
                }
                self.browser.submit(&page.form("/reserve")).await
            }

            /// Reserves what must be free, and gives the booking's path.
            pub async fn books(&self, wish: &Wish) -> String {
                let answer = self.reserve(wish).await.is(303);
                answer.header("location").split('?').next().unwrap_or_default().to_owned()
            }
        }
    )+};
}

borrowers!(Ssl, Coordinator);
