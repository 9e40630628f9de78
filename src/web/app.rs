//! What nearly every handler is given: the App, and the Site that it serves.

use std::sync::Arc;

use super::health::Rounds;
use super::limits::Limits;
use super::upload::Uploads;
use crate::base::Clock;
use crate::db::{self, Db, Tx};
use crate::web::parts::Fact;

/// What nearly every handler needs that is not in the request. What only a few need is data of its own.
pub struct App {
    /// The database.
    pub db: Db,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where people reach us, and what kind of site this is.
    pub site: Site,
    /// How often somebody may ask for what costs us or annoys others.
    pub limits: Limits,
    /// What is held of uploads that are on their way.
    pub uploads: Uploads,
    /// How the worker of this process does, if there is one.
    pub rounds: Arc<Rounds>,
    /// What waits for somebody in a cluster: asked for the menu of every page of who has an inbox.
    pub inbox: AskInbox,
}

/// What waits for somebody who has an inbox.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// The number in the menu.
    pub many: usize,
    /// What it is made of, as chips that lead there: their address begins after the cluster's own.
    pub chips: Vec<Fact>,
}

/// Reads what waits in the cluster, which has this version now; `true`: for a coordinator, else for a bursar. Rooms above this one know what
/// that is.
pub type AskInbox = fn(&mut Tx<'_>, i64, bool) -> db::Result<Waiting>;

/// A running Boxrota, as the world sees it.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where people reach it; no path.
    pub public_url: url::Url,
    /// The sender of e-mails, when it was set.
    pub mail_from: Option<String>,
    /// Whether letters are e-mailed; else they can be read in the app alone.
    pub sends_mail: bool,
    /// The demo: anyone may sign in as anyone.
    pub demo: bool,
    /// Whether the client's address is taken from a proxy's headers.
    pub behind_proxy: bool,
}

impl Site {
    /// An absolute address in this app, for e-mails and calendar files. `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Whether cookies may be marked Secure.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_from_the_public_address() {
        let at = |url: &str| Site {
            public_url: url.parse().expect("a URL"),
            mail_from: None,
            sends_mail: false,
            demo: false,
            behind_proxy: false,
        };
        assert_eq!(at("https://boxes.example").link("/c/south-milford"), "https://boxes.example/c/south-milford");
        assert!(at("https://boxes.example").https() && !at("http://boxes.example").https());
        assert_eq!(at("http://127.0.0.1:8080").link("/"), "http://127.0.0.1:8080/");
    }
}
