//! Fetching files from addresses that others chose: only from the platform's own hosts, only over TLS, only from public
//! networks. The check of the network happens where the connection is made, so a name that changes its mind gains nothing.

use crate::error::{ErrorKind, PlatformError, Result};
use crate::transport::{Answer, MEDIA_TIMEOUT, Transport};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Redirects followed at most; each one is checked like the first address.
const MAX_REDIRECTS: usize = 3;

/// From where a platform's files may be fetched.
#[derive(Clone, Copy, Debug)]
pub struct FetchRules {
    /// Host names; each also stands for everything below it (`fbcdn.net` for `scontent.fbcdn.net`).
    pub hosts: &'static [&'static str],
    /// This machine is allowed as well, without TLS: for simulators, never in production.
    pub loopback: bool,
}

impl FetchRules {
    /// Checks an address. `Ok(true)` = it is this machine, and that is allowed.
    fn check(&self, url: &Url) -> Result<bool> {
        if self.loopback && is_loopback(url) {
            return Ok(true);
        }
        let Some(Host::Domain(host)) = url.host() else { return Err(refused()) };
        let known = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
        if plain && self.hosts.iter().any(|name| known(name)) { Ok(false) } else { Err(refused()) }
    }
}

/// True for an address of this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn refused() -> PlatformError {
    PlatformError::new(ErrorKind::Rejected, "the file lies at an address the hub does not fetch from")
}

impl Transport {
    /// Fetches a file, at most `max_bytes`, following redirects within the rules. Any other status is an answer. The token,
    /// if one is given, goes to the platform's own hosts only, because nothing else is asked.
    pub async fn fetch(
        &self,
        address: &str,
        bearer: Option<&str>,
        rules: FetchRules,
        max_bytes: u64,
    ) -> Result<Answer> {
        let mut url = Url::parse(address).map_err(|_| refused())?;
        for _ in 0..=MAX_REDIRECTS {
            let client = if rules.check(&url)? { &self.client } else { &self.guarded };
            let mut request = client.get(url.clone()).timeout(MEDIA_TIMEOUT);
            if let Some(token) = bearer {
                request = request.bearer_auth(token);
            }
            let answer = self.call(request, max_bytes).await.map_err(harmless)?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            url = answer.header("location").and_then(|to| url.join(to).ok()).ok_or_else(refused)?;
        }
        Err(PlatformError::new(ErrorKind::NotFound, "the file's address leads in circles"))
    }
}

/// Asking for a file changes nothing; one that is too large is no smaller the next time.
fn harmless(error: PlatformError) -> PlatformError {
    let kind = match error.kind {
        ErrorKind::Transient { .. } => ErrorKind::Transient { maybe_applied: false },
        ErrorKind::UnexpectedReply => ErrorKind::BadInput,
        other => other,
    };
    PlatformError { kind, ..error }
}

/// Names resolve to public addresses only.
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// True for an address of the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99);
    !(reserved
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || ip.is_broadcast())
}

/// Only global unicast; tunnels into the older protocol (6to4, Teredo, NAT64, mapped) hide where they lead.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global = (0x2000..0x4000).contains(&a);
    let tunnel = a == 0x2002 || (a == 0x2001 && b == 0);
    let documentation = (a == 0x2001 && b == 0x0db8) || a == 0x3fff;
    global && !tunnel && !documentation
}

#[cfg(test)]
mod tests {
    use super::{FetchRules, is_public};
    use url::Url;

    const RULES: FetchRules = FetchRules { hosts: &["fbcdn.net", "lookaside.fbsbx.com"], loopback: false };

    fn allows(rules: FetchRules, address: &str) -> bool {
        rules.check(&Url::parse(address).unwrap()).is_ok()
    }

    #[test]
    fn only_the_platforms_hosts_are_asked() {
        for good in ["https://scontent.xx.fbcdn.net/a.jpg", "https://fbcdn.net/", "https://lookaside.fbsbx.com/x?y=1"] {
            assert!(allows(RULES, good), "{good}");
        }
        for bad in [
            "http://scontent.xx.fbcdn.net/a.jpg",
            "https://evilfbcdn.net/a.jpg",
            "https://fbcdn.net.evil.example/",
            "https://fbsbx.com/",
            "https://user@fbcdn.net/",
            "https://fbcdn.net:8443/",
            "https://127.0.0.1/",
            "https://0x7f000001/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "https://localhost/",
        ] {
            assert!(!allows(RULES, bad), "{bad}");
        }
        let tests = FetchRules { loopback: true, ..RULES };
        assert!(allows(tests, "http://127.0.0.1:3999/file") && !allows(tests, "http://10.0.0.1/file"));
    }

    #[test]
    fn only_public_networks_are_public() {
        for public in ["1.1.1.1", "157.240.1.35", "2a03:2880:f12f:83:face:b00c:0:25de"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.0.1",
            "198.18.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2002:a00:1::",
            "2001::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
