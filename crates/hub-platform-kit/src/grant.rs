//! The permission to act for an account.

use hub_domain::{AccountId, RemoteAccountId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// A secret text: prints nothing, is wiped on drop.
pub type Secret = SecretString;

/// The opened permission to act for one account. Lives only as long as the call that needs it.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Our id of the account; guards count per account with it.
    pub account_id: AccountId,
    /// The account's id at the platform.
    pub remote_id: RemoteAccountId,
    /// Token, or the saved sign-in.
    pub access_token: Secret,
    /// Token for renewal, where the platform has one.
    pub refresh_token: Option<Secret>,
    /// When the access token ends; `None` = does not end.
    pub expires_at: Option<Timestamp>,
    /// What the adapter asked to be told at every call ([`LinkedIdentity::facts`](hub_domain::connect::LinkedIdentity::facts));
    /// `Null` on rows of the originals.
    pub facts: Value,
}

impl Grant {
    /// One of the adapter's facts, if it is a text.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).and_then(Value::as_str)
    }

    /// The token's text, for the one line that puts it into a request.
    pub fn token(&self) -> &str {
        self.access_token.expose_secret()
    }
}

/// Tokens as a platform handed them out.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Token, or the saved sign-in.
    pub access: Secret,
    /// Token for renewal.
    pub refresh: Option<Secret>,
    /// When the access token ends; `None` = does not end.
    pub expires_at: Option<Timestamp>,
}
