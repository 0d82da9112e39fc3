//! A delivery on its way in, and what an adapter says about it.

use bytes::Bytes;
use hub_domain::{RemoteAccountId, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// A request of a platform, untouched: nothing was parsed yet.
#[derive(Clone, Debug)]
pub struct WebhookRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// What followed the platform's name in the path; names one subscription.
    pub path_key: Option<String>,
    /// Query parameters after one decoding.
    pub query: BTreeMap<String, String>,
    /// Header names in lower case. A header that came more than once is listed more than once.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Bytes,
}

impl WebhookRequest {
    /// A header's value if it came exactly once; a repeated one proves nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let first = found.next()?;
        if found.next().is_some() { None } else { Some(first.1.as_str()) }
    }
}

/// An answer to a challenge, given at once; nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// HTTP status.
    pub status: u16,
    /// Media type, usually `text/plain; charset=utf-8`.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

/// What the hub knows that an adapter needs for checking a delivery.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The subscriptions whose secret could have signed this delivery: looked up by the path key or by the secret's digest.
    pub subscriptions: Vec<SubscriptionKey>,
}

/// A subscription as far as checking needs it.
#[derive(Clone, Debug)]
pub struct SubscriptionKey {
    /// The account at the platform it is for.
    pub remote_id: RemoteAccountId,
    /// Its secret.
    pub secret: crate::Secret,
    /// The platform's id of it, where it has one.
    pub subscription: Option<String>,
    /// What the adapter wanted to remember of it ([`Subscription::memory`]).
    pub memory: Value,
}

/// A delivery whose origin was proven. The bytes may be what the delivery held once it was opened: encrypted parts decrypted,
/// parts that did not prove themselves left out. Made by [`PlatformHandle::verify`](crate::PlatformHandle::verify), or from a receipt
/// that was stored as one.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The bytes.
    pub body: Bytes,
    /// The account at the platform whose secret or path proved it, where that is known.
    pub account: Option<RemoteAccountId>,
}

/// Why a delivery is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Wrong, missing or repeated signature or secret, or no secret is configured.
    BadSignature,
    /// A verification request with a wrong or unconfigured token.
    BadVerifyToken,
    /// A verification request without its parameter; the text is the contract's.
    Malformed(&'static str),
}

/// A new subscription as the platform confirmed it.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// When to renew; `None` = does not end.
    pub renew_at: Option<Timestamp>,
    /// The platform's id of it, where it has one.
    pub remote_id: Option<String>,
    /// What the adapter must remember of it, secrets included; kept sealed, given back with [`SubscriptionKey`] and
    /// [`Callback::previous`].
    pub memory: Value,
}

/// What the platform should call.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Address of the hub's receiver.
    pub url: url::Url,
    /// The secret it must show, fresh and random for this subscription.
    pub secret: crate::Secret,
    /// The subscription this one follows: to be prolonged rather than made anew, where the platform can.
    pub previous: Option<Previous>,
    /// The hub's clock.
    pub now: Timestamp,
}

impl Callback {
    /// A first one.
    pub fn new(url: url::Url, secret: crate::Secret, now: Timestamp) -> Self {
        Self { url, secret, previous: None, now }
    }
}

/// A subscription as it was last confirmed.
#[derive(Clone, Debug)]
pub struct Previous {
    /// The platform's id of it.
    pub remote_id: Option<String>,
    /// What the adapter wanted to remember of it.
    pub memory: Value,
}

/// What an adapter is told when it asks how a subscription stands.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// The address the platform should call.
    pub url: url::Url,
    /// The address it confirmed last; another one only while the hub is moving.
    pub confirmed: Option<String>,
    /// The subscription as it was last confirmed.
    pub previous: Option<Previous>,
    /// The hub's clock.
    pub now: Timestamp,
}

impl Inquiry {
    /// How an address the platform calls looks from here: ours; ours of before, so that a new subscription is due; or that of
    /// somebody else.
    pub fn judge(&self, called: &str) -> Inspection {
        if called == self.url.as_str() {
            return Inspection::Standing(Report::default());
        }
        let keyless = |url: &url::Url| url.path_segments().is_none_or(|parts| parts.count() < 4);
        let other = url::Url::parse(called).ok();
        // The key at the end of the path is ours alone, at whatever host.
        let same_key = other.as_ref().is_some_and(|other| !keyless(&self.url) && other.path() == self.url.path());
        if self.confirmed.as_deref() == Some(called) || same_key {
            return Inspection::Gone { why: "the platform still calls an earlier address of this hub" };
        }
        let host = other.as_ref().and_then(url::Url::host_str).unwrap_or("an unknown address");
        Inspection::TakenOver { by_host: host.to_owned() }
    }
}

/// How a subscription stands, in the platform's own answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// It calls us.
    Standing(Report),
    /// It does not call us any more, and nobody else: a new subscription is due.
    Gone {
        /// Why, for a person.
        why: &'static str,
    },
    /// It calls somebody else in our place.
    TakenOver {
        /// The host of the address it calls.
        by_host: String,
    },
    /// The grant lacks permissions that are needed.
    Lacks {
        /// Their names at the platform.
        permissions: Vec<String>,
    },
    /// The platform has no question for this, or its answer says nothing.
    Unknown,
}

/// What a platform says of a subscription that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Deliveries that wait there.
    pub pending: Option<u64>,
    /// The last delivery it could not make: when, and in its words.
    pub last_error: Option<(Timestamp, String)>,
}
