//! What the front door needs to know about this installation.

use hub_app::Secret;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Settings of the front door.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the operator's settings")]
pub struct HttpSettings {
    /// Refuse a bad access token with 403 `FORBIDDEN`, as the originals did, instead of 401.
    pub strict_token_codes: bool,
    /// Safe cookies, no insecure conveniences.
    pub production: bool,
    /// The hub's public address, without a slash at the end.
    pub public_url: Option<String>,
    /// Origins that browsers may call from.
    pub origins: Vec<String>,
    /// Requests per user and minute.
    pub rate_limit_per_minute: u32,
    /// Proxies whose forwarded headers count.
    pub trusted_proxies: Vec<Network>,
    /// Redirect plain requests to HTTPS.
    pub force_https: bool,
    /// Folder of a front end to serve.
    pub frontend_dist: Option<PathBuf>,
    /// `METRICS_TOKEN`: who shows it may read `/metrics`; without one the route is not there.
    pub metrics_token: Option<Secret>,
    /// `HUB_DEBUG_ROUTES`: whether `/api/debug` is there.
    pub debug_routes: bool,
}

/// An address, or all addresses that share a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |p| p.trim().parse::<u8>().map_err(|_| bad()))?;
        if prefix > longest { Err(bad()) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    /// True for an address of this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => (v6.to_bits(), false),
        };
        let ((ours, v4), (theirs, their_v4)) = (bits(self.address), bits(address));
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
        v4 == their_v4 && ours & mask == theirs & mask
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks_know_their_own() {
        let network: Network = "10.1.0.0/16".parse().unwrap_or_else(|e| unreachable!("{e}"));
        for (address, inside) in
            [("10.1.2.3", true), ("10.2.0.1", false), ("::ffff:10.1.0.9", true), ("fe80::1", false)]
        {
            assert_eq!(address.parse().map(|a| network.contains(a)).ok(), Some(inside), "{address}");
        }
        for text in ["", "10.0.0.0/33", "somewhere"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
