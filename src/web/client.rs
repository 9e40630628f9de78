//! Whom a request comes from: the address that limits count by.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;

use super::Site;

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
