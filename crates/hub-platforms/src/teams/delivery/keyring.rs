//! What the hub remembers of a subscription: its secret and the certificates it made for it. Kept sealed by the core.

use super::sealed::{Certificate, Made};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use hub_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A certificate is replaced at the first renewal after this long.
const ROTATE_AFTER: TimeDelta = TimeDelta::days(30);
/// An old certificate opens what is still under way for this long after it was replaced; the platform repeats for four hours.
const KEEP_OLD: TimeDelta = TimeDelta::days(2);
/// Certificates kept at most.
const MAX_CERTIFICATES: usize = 4;

/// The memory of one subscription.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub(in crate::teams) struct Keyring {
    /// The secret that notifications show.
    pub(in crate::teams) client_state: String,
    /// The address that is called.
    pub(in crate::teams) url: String,
    /// Certificates, the newest first.
    certificates: Vec<Kept>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
struct Kept {
    id: String,
    thumbprint: String,
    /// The private key as PKCS#8, in base64.
    key: String,
    /// The certificate, in base64.
    certificate: String,
    made_at: Option<Timestamp>,
    replaced_at: Option<Timestamp>,
}

impl Keyring {
    /// As it was kept.
    pub(in crate::teams) fn of(memory: &Value) -> Option<Self> {
        let ring: Self = serde_json::from_value(memory.clone()).ok()?;
        (!ring.client_state.is_empty()).then_some(ring)
    }

    /// As it is kept.
    pub(in crate::teams) fn memory(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The private keys.
    pub(in crate::teams) fn certificates(&self) -> Vec<Certificate> {
        let open = |kept: &Kept| {
            let key = BASE64.decode(&kept.key).ok()?;
            Some(Certificate { id: kept.id.clone(), thumbprint: kept.thumbprint.clone(), key })
        };
        self.certificates.iter().filter_map(open).collect()
    }

    /// The newest certificate in base64, and our name of it.
    pub(in crate::teams) fn newest(&self) -> Option<(&str, &str)> {
        let newest = self.certificates.first().filter(|kept| !kept.certificate.is_empty())?;
        Some((&newest.certificate, &newest.id))
    }

    /// True when the newest certificate is old, or there is none.
    pub(in crate::teams) fn wants_certificate(&self, now: Timestamp) -> bool {
        let made = self.certificates.first().and_then(|newest| newest.made_at);
        made.is_none_or(|made| now.signed_duration_since(made) >= ROTATE_AFTER)
    }

    /// Adds a certificate and drops those whose time is over.
    pub(in crate::teams) fn add(&mut self, made: &Made, now: Timestamp) {
        for old in &mut self.certificates {
            old.replaced_at.get_or_insert(now);
        }
        let private = &made.private;
        self.certificates.insert(
            0,
            Kept {
                id: private.id.clone(),
                thumbprint: private.thumbprint.clone(),
                key: BASE64.encode(&private.key),
                certificate: BASE64.encode(&made.der),
                made_at: Some(now),
                replaced_at: None,
            },
        );
        self.tidy(now);
    }

    fn tidy(&mut self, now: Timestamp) {
        let counts = |kept: &Kept| kept.replaced_at.is_none_or(|at| now.signed_duration_since(at) < KEEP_OLD);
        self.certificates.retain(counts);
        self.certificates.truncate(MAX_CERTIFICATES);
    }
}
