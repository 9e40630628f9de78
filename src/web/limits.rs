//! How often somebody may ask for something that costs us or annoys others: sign-in links, per address and per client; and who is
//! one client.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Site;
use crate::base::EmailAddress;
use crate::base::ids::CopyId;

/// The limits of a running server; they start afresh with it.
pub struct Limits {
    addresses: DefaultKeyedRateLimiter<EmailAddress>,
    clients: DefaultKeyedRateLimiter<IpAddr>,
    email_changes: DefaultKeyedRateLimiter<EmailAddress>,
    finds: DefaultKeyedRateLimiter<CopyId>,
    asked: AtomicU32,
}

/// After so many questions, whoever has not asked for a while is forgotten.
const BETWEEN_FORGETTING: u32 = 1000;

/// So many at once, and as many again in every quarter of an hour.
fn per_quarter_hour(many: u32) -> Quota {
    let many = NonZeroU32::new(many).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs(900) / many.get()).map_or(Quota::per_hour(many), |quota| quota.allow_burst(many))
}

impl Default for Limits {
    fn default() -> Self {
        // A whole school may sit behind one address of the internet, so the second limit is wide.
        Self {
            addresses: RateLimiter::keyed(per_quarter_hour(5)),
            clients: RateLimiter::keyed(per_quarter_hour(60)),
            email_changes: RateLimiter::keyed(per_quarter_hour(5)),
            finds: RateLimiter::keyed(per_quarter_hour(3)),
            asked: AtomicU32::new(0),
        }
    }
}

impl Limits {
    /// Whether this client may ask for a sign-in link for this address now.
    #[must_use]
    pub fn sign_in(&self, client: IpAddr, address: &EmailAddress) -> bool {
        if self.asked.fetch_add(1, Ordering::Relaxed) % BETWEEN_FORGETTING == BETWEEN_FORGETTING - 1 {
            self.forget();
        }
        self.clients.check_key(&line_of(client)).is_ok() && self.addresses.check_key(address).is_ok()
    }

    /// Whether this client may set out to a provider now; counted with its sign-in links.
    #[must_use]
    pub fn client(&self, client: IpAddr) -> bool {
        self.clients.check_key(&line_of(client)).is_ok()
    }

    /// Whether this client may ask now for a change from one address to another: both get a letter.
    #[must_use]
    pub fn email_change(&self, client: IpAddr, old: &EmailAddress, new: &EmailAddress) -> bool {
        if self.asked.fetch_add(1, Ordering::Relaxed) % BETWEEN_FORGETTING == BETWEEN_FORGETTING - 1 {
            self.forget();
        }
        self.clients.check_key(&line_of(client)).is_ok()
            && self.email_changes.check_key(old).is_ok()
            && self.email_changes.check_key(new).is_ok()
    }

    /// Whether this client may say now that it has found this copy: coordinators get a letter. A box is not found often.
    #[must_use]
    pub fn found(&self, client: IpAddr, copy: CopyId) -> bool {
        self.clients.check_key(&line_of(client)).is_ok() && self.finds.check_key(&copy).is_ok()
    }

    /// Forgets who has not asked for a while, so that memory does not grow with the number of visitors.
    fn forget(&self) {
        self.addresses.retain_recent();
        self.addresses.shrink_to_fit();
        self.clients.retain_recent();
        self.clients.shrink_to_fit();
        self.email_changes.retain_recent();
        self.email_changes.shrink_to_fit();
        self.finds.retain_recent();
        self.finds.shrink_to_fit();
    }
}

/// The address a request comes from. When the operator says that there is a proxy in front, that is the last one of
/// `X-Forwarded-For`, which the proxy added; what stands before it, and `Forwarded`, anybody can send.
#[must_use]
pub fn address(req: &HttpRequest, site: &Site) -> IpAddr {
    let lines = || req.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok());
    let told = site.behind_proxy.then(|| lines().last()?.rsplit(',').next()?.trim().parse().ok()).flatten();
    told.or_else(|| req.peer_addr().map(|peer| peer.ip())).unwrap_or(IpAddr::from([0, 0, 0, 0]))
}

/// Who is one client: a whole line, which in the newer internet has 2 to the 64 addresses to choose from for each question.
#[must_use]
pub fn line_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        old @ IpAddr::V4(_) => old,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_links_for_an_address_and_sixty_from_a_client() {
        let limits = Limits::default();
        let here: IpAddr = [192, 0, 2, 1].into();
        let lead: EmailAddress = "lead@saxton.example".parse().expect("an address");
        assert_eq!((0..8).filter(|_| limits.sign_in(here, &lead)).count(), 5);
        let others = (0..100).filter(|n| limits.sign_in(here, &format!("lead{n}@saxton.example").parse().expect("an address"))).count();
        assert_eq!(others, 60 - 8);
        let there: IpAddr = [192, 0, 2, 2].into();
        assert!(limits.sign_in(there, &"other@saxton.example".parse().expect("an address")));
    }

    #[test]
    fn one_line_is_one_client_whatever_its_address() {
        let limits = Limits::default();
        let ask = |n: u16, net: u16| {
            let client = Ipv6Addr::new(0x2001, 0xdb8, 0, net, 0, 0, 0, n).into();
            limits.sign_in(client, &format!("lead{n}@saxton.example").parse().expect("an address"))
        };
        assert_eq!((0..100).filter(|n| ask(*n, 1)).count(), 60);
        assert!(ask(200, 2), "another line");
    }

    #[test]
    fn who_asked_long_ago_is_forgotten() {
        // Ten thousand an hour make each of the others long ago.
        let quick = Quota::per_second(NonZeroU32::new(10_000).expect("a number"));
        let limits = Limits { addresses: RateLimiter::keyed(quick), clients: RateLimiter::keyed(quick), ..Limits::default() };
        for n in 0..3 * BETWEEN_FORGETTING {
            let client = std::net::Ipv4Addr::from(n).into();
            assert!(limits.sign_in(client, &format!("lead{n}@saxton.example").parse().expect("an address")));
        }
        std::thread::sleep(Duration::from_millis(5));
        limits.forget();
        assert!(limits.addresses.len() < 10 && limits.clients.len() < 10);
        for n in 0..BETWEEN_FORGETTING {
            assert!(limits.sign_in(std::net::Ipv4Addr::from(n).into(), &format!("x{n}@saxton.example").parse().expect("an address")));
        }
        assert!(limits.clients.len() <= BETWEEN_FORGETTING as usize, "it forgets by itself");
    }
}
