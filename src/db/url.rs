//! `BOXROTA_DATABASE_URL`: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.

use std::str::FromStr;

use super::Engine;

/// Where the database is. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    engine: Engine,
    /// SQLite: the path. PostgreSQL: the URL for libpq.
    target: String,
    pool_size: u32,
}

/// A database URL that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongUrl {
    /// Neither of the two kinds.
    #[error("starts with neither sqlite: nor postgres://")]
    Scheme,
    /// `sqlite:` and nothing behind it, or a database in memory, which every connection would see for itself alone.
    #[error("names no file")]
    NoFile,
    /// Not a URL.
    #[error("is not a URL: {0}")]
    NotAUrl(String),
    /// TLS asked of a build that cannot do it.
    #[error("asks for sslmode={0}, but this build has no TLS for PostgreSQL: build with --features postgres-tls, or use the Docker image")]
    NoTls(String),
    /// `pool=` is no number from 2 to 200.
    #[error("has pool={0}, which is no number from 2 to 200")]
    Pool(String),
}

impl FromStr for DatabaseUrl {
    type Err = WrongUrl;

    fn from_str(text: &str) -> Result<Self, WrongUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") || path.contains('?') {
                return Err(WrongUrl::NoFile);
            }
            return Ok(Self { engine: Engine::Sqlite, target: path.to_owned(), pool_size: 0 });
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(WrongUrl::Scheme);
        }
        let mut url = url::Url::parse(text).map_err(|fault| WrongUrl::NotAUrl(fault.to_string()))?;
        let mut pool_size = 16;
        let mut kept = Vec::new();
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "pool" => {
                    pool_size =
                        value.parse().ok().filter(|size| (2..=200).contains(size)).ok_or_else(|| WrongUrl::Pool(value.to_string()))?;
                }
                "sslmode" if ["require", "verify-ca", "verify-full"].contains(&value.as_ref()) && !cfg!(feature = "postgres-tls") => {
                    return Err(WrongUrl::NoTls(value.to_string()));
                }
                _ => kept.push((key.to_string(), value.to_string())),
            }
        }
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        Ok(Self { engine: Engine::Postgres, target: url.to_string(), pool_size })
    }
}

impl DatabaseUrl {
    /// Which engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// SQLite: the path. PostgreSQL: the URL with its password, for libpq alone.
    #[must_use]
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The target for a connection that somebody waits for: who cannot be reached is given up after two seconds, and who falls silent for
    /// good after ten. What the URL says itself counts.
    pub(super) fn for_a_line(&self) -> String {
        const PATIENCE: [(&str, &str); 5] = [
            ("connect_timeout", "2"),
            ("tcp_user_timeout", "10000"),
            ("keepalives_idle", "5"),
            ("keepalives_interval", "2"),
            ("keepalives_count", "3"),
        ];
        let Ok(mut url) = url::Url::parse(&self.target) else { return self.target.clone() };
        let said: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        url.query_pairs_mut().extend_pairs(PATIENCE.iter().filter(|(name, _)| !said.iter().any(|said| said == name)));
        url.into()
    }

    /// SQLite's file.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        (self.engine == Engine::Sqlite).then(|| std::path::Path::new(&self.target))
    }

    /// PostgreSQL: how many connections there may be to it. SQLite: 0.
    #[must_use]
    pub fn pool_size(&self) -> u32 {
        self.pool_size
    }

    /// For people and logs: without user and password.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.engine {
            Engine::Sqlite => format!("sqlite:{}", self.target),
            Engine::Postgres => url::Url::parse(&self.target).map_or_else(
                |_| "postgres://…".to_owned(),
                |url| format!("postgres://{}:{}{}", url.host_str().unwrap_or("localhost"), url.port().unwrap_or(5432), url.path()),
            ),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read_and_no_password_is_shown() {
        let lite: DatabaseUrl = "sqlite:data/boxrota.db".parse().expect("a file");
        assert_eq!(lite.shown(), "sqlite:data/boxrota.db");
        let post: DatabaseUrl = "postgres://kit:s3cret@db.example/boxrota?pool=8&connect_timeout=3".parse().expect("a server");
        assert_eq!(
            (post.shown().as_str(), post.pool_size(), post.target()),
            ("postgres://db.example:5432/boxrota", 8, "postgres://kit:s3cret@db.example/boxrota?connect_timeout=3")
        );
        assert!(!format!("{post:?}").contains("s3cret"));
        assert_eq!(
            post.for_a_line(),
            "postgres://kit:s3cret@db.example/boxrota?connect_timeout=3&tcp_user_timeout=10000&keepalives_idle=5&keepalives_interval=2&keepalives_count=3"
        );
    }

    #[test]
    fn wrong_ones_say_why() {
        assert_eq!("mysql://x".parse::<DatabaseUrl>(), Err(WrongUrl::Scheme));
        assert_eq!("sqlite:".parse::<DatabaseUrl>(), Err(WrongUrl::NoFile));
        assert_eq!("sqlite::memory:".parse::<DatabaseUrl>(), Err(WrongUrl::NoFile));
        assert_eq!("postgres://x/y?pool=900".parse::<DatabaseUrl>(), Err(WrongUrl::Pool("900".into())));
        if !cfg!(feature = "postgres-tls") {
            assert_eq!("postgres://x/y?sslmode=require".parse::<DatabaseUrl>(), Err(WrongUrl::NoTls("require".into())));
        }
    }
}
