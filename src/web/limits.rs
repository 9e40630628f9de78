//! How often somebody may ask for something that costs us or annoys others: sign-in links, new addresses, reports of boxes that were
//! found; and who is one client.
//!
//! What a stranger asks for never counts against the person in whose name he asks. Each line has a count of its own for each mailbox
//! or box; and where many lines ask for the same, nobody is refused, but mail is *spared*: the answer is the usual one, and no further
//! mail is sent while the last one is still of use (docs/security.md, "Who counts as one"). Only a whole line that asks without end
//! is refused.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Site;
use crate::base::EmailAddress;
use crate::base::ids::{CopyId, PersonId};

/// What becomes of a question that was asked often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// It is done.
    Freely,
    /// It is answered as usual, and causes no mail while the last one is of use.
    Sparing,
    /// It is not answered: this line asks without end.
    Refused,
}

/// The limits of a running server; they start afresh with it.
pub struct Limits {
    /// What a line has asked for, of whatever kind, and what the network around it has.
    lines: DefaultKeyedRateLimiter<IpAddr>,
    networks: DefaultKeyedRateLimiter<IpAddr>,
    /// Beyond these a line is refused.
    ends: DefaultKeyedRateLimiter<IpAddr>,
    links: Subjects<EmailAddress>,
    finds: Subjects<CopyId>,
    email_changes: DefaultKeyedRateLimiter<PersonId>,
    asked: AtomicU32,
}

/// How often something was asked about one subject: by each line, and by all.
struct Subjects<K: Hash + Eq + Clone> {
    by_line: DefaultKeyedRateLimiter<(IpAddr, K)>,
    by_all: DefaultKeyedRateLimiter<K>,
}

impl<K: Hash + Eq + Clone> Subjects<K> {
    fn of(by_line: u32, by_all: u32) -> Self {
        Self { by_line: RateLimiter::keyed(per_quarter_hour(by_line)), by_all: RateLimiter::keyed(per_quarter_hour(by_all)) }
    }

    /// What one line asks too often does not count against the subject.
    fn count(&self, line: IpAddr, subject: &K) -> bool {
        self.by_line.check_key(&(line, subject.clone())).is_ok() && self.by_all.check_key(subject).is_ok()
    }

    fn forget(&self) {
        self.by_line.retain_recent();
        self.by_line.shrink_to_fit();
        self.by_all.retain_recent();
        self.by_all.shrink_to_fit();
    }
}

/// After so many questions, whoever has not asked for a while is forgotten.
const BETWEEN_FORGETTING: u32 = 1000;
/// Mails of a line in a quarter of an hour: a whole school, or a mobile network's customers, may sit behind one address.
const OF_A_LINE: u32 = 60;
/// A network has many lines.
const OF_A_NETWORK: u32 = 10 * OF_A_LINE;
/// Beyond this a line is no school.
const END_OF_A_LINE: u32 = 10 * OF_A_LINE;

/// So many at once, and as many again in every quarter of an hour.
fn per_quarter_hour(many: u32) -> Quota {
    let many = NonZeroU32::new(many).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs(900) / many.get()).map_or(Quota::per_hour(many), |quota| quota.allow_burst(many))
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lines: RateLimiter::keyed(per_quarter_hour(OF_A_LINE)),
            networks: RateLimiter::keyed(per_quarter_hour(OF_A_NETWORK)),
            ends: RateLimiter::keyed(per_quarter_hour(END_OF_A_LINE)),
            links: Subjects::of(5, 20),
            finds: Subjects::of(3, 12),
            email_changes: RateLimiter::keyed(per_quarter_hour(5)),
            asked: AtomicU32::new(0),
        }
    }
}

impl Limits {
    /// Whether this client may ask for a sign-in link for this address now.
    #[must_use]
    pub fn sign_in(&self, client: IpAddr, address: &EmailAddress) -> Pass {
        self.pass(client, |line| self.links.count(line, address))
    }

    /// Whether this client may say now that it has found this copy: coordinators get a letter. A box is not found often.
    #[must_use]
    pub fn found(&self, client: IpAddr, copy: CopyId) -> Pass {
        self.pass(client, |line| self.finds.count(line, &copy))
    }

    /// Whether this client may set out to a provider now.
    #[must_use]
    pub fn client(&self, client: IpAddr) -> bool {
        self.ends.check_key(&line_of(client)).is_ok()
    }

    /// Whether this person may ask now for another address: two mailboxes get a letter. It counts for who asks, and never for who has
    /// the address or is about to have it.
    #[must_use]
    pub fn email_change(&self, client: IpAddr, person: PersonId) -> bool {
        self.forget_now_and_then();
        self.ends.check_key(&line_of(client)).is_ok() && self.email_changes.check_key(&person).is_ok()
    }

    fn pass(&self, client: IpAddr, subject: impl FnOnce(IpAddr) -> bool) -> Pass {
        self.forget_now_and_then();
        let line = line_of(client);
        if self.ends.check_key(&line).is_err() {
            return Pass::Refused;
        }
        let freely = self.lines.check_key(&line).is_ok() && self.networks.check_key(&network_of(line)).is_ok() && subject(line);
        if freely { Pass::Freely } else { Pass::Sparing }
    }

    fn forget_now_and_then(&self) {
        if self.asked.fetch_add(1, Ordering::Relaxed) % BETWEEN_FORGETTING == BETWEEN_FORGETTING - 1 {
            self.forget();
        }
    }

    /// Forgets who has not asked for a while, so that memory does not grow with the number of visitors.
    fn forget(&self) {
        for lines in [&self.lines, &self.networks, &self.ends] {
            lines.retain_recent();
            lines.shrink_to_fit();
        }
        self.email_changes.retain_recent();
        self.email_changes.shrink_to_fit();
        self.links.forget();
        self.finds.forget();
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

/// The network around a line: in the newer internet the 48 bits that a school, a firm or a household's provider is given, in which somebody
/// can have tens of thousands of lines; in the older one a line is all that one can have.
fn network_of(line: IpAddr) -> IpAddr {
    match line {
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
        old @ IpAddr::V4(_) => old,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: impl std::fmt::Display) -> EmailAddress {
        format!("lead{n}@saxton.example").parse().expect("an address")
    }

    fn old(n: u8) -> IpAddr {
        [192, 0, 2, n].into()
    }

    /// How many of so many questions are answered freely, sparingly, and not at all.
    fn asked(many: u32, mut ask: impl FnMut(u32) -> Pass) -> (u32, u32, u32) {
        let mut counts = (0, 0, 0);
        for n in 0..many {
            match ask(n) {
                Pass::Freely => counts.0 += 1,
                Pass::Sparing => counts.1 += 1,
                Pass::Refused => counts.2 += 1,
            }
        }
        counts
    }

    #[test]
    fn what_a_stranger_asks_for_counts_for_the_stranger() {
        let limits = Limits::default();
        let lead = address("");
        assert_eq!(asked(12, |_| limits.sign_in(old(1), &lead)), (5, 7, 0));
        assert_eq!(asked(5, |_| limits.sign_in(old(2), &lead)), (5, 0, 0), "the stranger's twelve are five");
        // Many strangers: mail is spared, and nobody is refused.
        assert_eq!(asked(30, |n| limits.sign_in(old(10 + u8::try_from(n).expect("few")), &lead)), (10, 20, 0));
        assert_eq!(limits.sign_in(old(100), &address("else")), Pass::Freely);
        let copy = CopyId(1);
        assert_eq!(asked(6, |_| limits.found(old(1), copy)), (3, 3, 0));
        assert_eq!(asked(20, |n| limits.found(old(10 + u8::try_from(n).expect("few")), copy)), (9, 11, 0));
    }

    #[test]
    fn a_line_is_spared_and_in_the_end_refused() {
        let limits = Limits::default();
        // The whole school asks, each for himself; and somebody who asks without end.
        assert_eq!(asked(700, |n| limits.sign_in(old(1), &address(n))), (60, 540, 100));
        assert_eq!(limits.sign_in(old(2), &address("other")), Pass::Freely);
        assert!(!limits.client(old(1)) && limits.client(old(2)));
    }

    #[test]
    fn a_new_address_counts_for_who_asks() {
        let limits = Limits::default();
        assert_eq!((0..8).filter(|_| limits.email_change(old(1), PersonId(1))).count(), 5);
        assert!(limits.email_change(old(1), PersonId(2)));
    }

    #[test]
    fn one_line_is_one_client_whatever_its_address() {
        let limits = Limits::default();
        let client = |net: u16, n: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 7, net, 0, 0, 0, n));
        let ask = |net: u16, n: u32| limits.sign_in(client(net, u16::try_from(n).expect("few")), &address(format!("{net}-{n}")));
        assert_eq!(asked(100, |n| ask(1, n)), (60, 40, 0));
        assert_eq!(ask(2, 0), Pass::Freely, "another line");
        // Whoever has a network of lines has ten times as much, and no more.
        assert_eq!(asked(2000, |n| limits.sign_in(client(100 + u16::try_from(n).expect("few"), 1), &address(n))), (539, 1461, 0));
        let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 8, 1, 0, 0, 0, 1).into();
        assert_eq!(limits.sign_in(neighbour, &address("there")), Pass::Freely);
        // An address of the older internet in the newer one's clothes is itself.
        let clothed: IpAddr = std::net::Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().into();
        assert_eq!(line_of(clothed), old(1));
    }

    #[test]
    fn who_asked_long_ago_is_forgotten() {
        // Ten thousand a second make each of the others long ago.
        let quick = || RateLimiter::keyed(Quota::per_second(NonZeroU32::new(10_000).expect("a number")));
        let links = Subjects {
            by_line: RateLimiter::keyed(Quota::per_second(NonZeroU32::new(10_000).expect("a number"))),
            by_all: RateLimiter::keyed(Quota::per_second(NonZeroU32::new(10_000).expect("a number"))),
        };
        let limits = Limits { lines: quick(), networks: quick(), ends: quick(), links, ..Limits::default() };
        for n in 0..3 * BETWEEN_FORGETTING {
            assert_eq!(limits.sign_in(std::net::Ipv4Addr::from(n).into(), &address(n)), Pass::Freely);
        }
        std::thread::sleep(Duration::from_millis(5));
        limits.forget();
        let known = |limits: &Limits| [limits.lines.len(), limits.ends.len(), limits.links.by_line.len(), limits.links.by_all.len()];
        assert!(known(&limits).iter().all(|many| *many < 10), "{:?}", known(&limits));
        for n in 0..BETWEEN_FORGETTING {
            assert_eq!(limits.sign_in(std::net::Ipv4Addr::from(n).into(), &address(format!("x{n}"))), Pass::Freely);
        }
        assert!(known(&limits).iter().all(|many| *many <= BETWEEN_FORGETTING as usize), "it forgets by itself");
    }
}
