//! Judging a delivery. Each item stands or falls alone, and the platform never hears which fell.

use super::super::settings::Settings;
use super::opened::{Item as Good, Opened, What, Why};
use super::sealed::{Certificate, Closed, open};
use super::shell::{Item, Shell};
use super::tokens::{Proof, PublishedKeys};
use crate::values::words;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use serde_json::Value;

/// What the hub knows of a subscription.
pub(in crate::teams) struct Known {
    /// The platform's id of it.
    pub(in crate::teams) id: Option<String>,
    /// Whose it is.
    pub(in crate::teams) account: String,
    /// What its notifications must show.
    pub(in crate::teams) client_state: String,
    pub(in crate::teams) certificates: Vec<Certificate>,
}

/// Judges the items of a delivery.
pub(in crate::teams) struct Checker<'a> {
    pub(in crate::teams) settings: &'a Settings,
    pub(in crate::teams) keys: &'a PublishedKeys,
    pub(in crate::teams) known: &'a [Known],
}

impl Checker<'_> {
    /// The good items as the hub keeps them, and whose the first one is.
    pub(in crate::teams) fn open(&self, shell: &Shell) -> (Vec<u8>, Option<String>) {
        let proofs: Vec<Proof> = shell.tokens.iter().map(|token| self.keys.check(self.settings, token)).collect();
        let mut items = Vec::new();
        for item in &shell.items {
            match self.item(item, &proofs) {
                Ok(good) => items.extend(good),
                Err(why) => tracing::warn!(why, "an item of a Teams delivery was dropped"),
            }
        }
        let first = items.first().map(|item| item.account.clone());
        // Only texts and values that came as JSON are in it, so it can be written as JSON.
        (serde_json::to_vec(&Opened::new(items)).unwrap_or_default(), first)
    }

    fn item(&self, item: &Item, proofs: &[Proof]) -> Result<Option<Good>, &'static str> {
        let known = self.subscription(item).ok_or("unknown subscription or wrong secret")?;
        let good = |what| Good { account: known.account.clone(), what };
        if let Some(event) = item.text("lifecycleEvent") {
            let mark = item.text("subscriptionExpirationDateTime").unwrap_or_default();
            return Ok(Some(good(What::Lifecycle { event, mark })));
        }
        let resource = item.text("resource");
        let change = item.text("changeType").unwrap_or_default();
        if let Some(content) = item.value.get("encryptedContent").filter(|content| content.is_object()) {
            return self.content(item, proofs, content, known, change, resource).map(|what| what.map(good));
        }
        if change == "deleted"
            && let Some(resource) = resource
        {
            return Ok(Some(good(What::Gone { resource })));
        }
        Ok(Some(good(untold(Why::NoContent, &item.value))))
    }

    /// The subscription whose secret the item shows. All are compared, so that time tells nothing.
    fn subscription(&self, item: &Item) -> Option<&Known> {
        let mut found = None;
        for known in self.known {
            let named = known.id.as_deref().is_none_or(|id| id.eq_ignore_ascii_case(&item.subscription));
            let (shown, secret) = (item.client_state.as_bytes(), known.client_state.as_bytes());
            let shows = !secret.is_empty() && verify_slices_are_equal(&digest_of(shown), &digest_of(secret)).is_ok();
            if named && shows && found.is_none() {
                found = Some(known);
            }
        }
        found
    }

    fn content(
        &self,
        item: &Item,
        proofs: &[Proof],
        content: &Value,
        known: &Known,
        change: String,
        resource: Option<String>,
    ) -> Result<Option<What>, &'static str> {
        let tenant = item.tenant.as_deref().ok_or("content without a tenant")?;
        let issuers: Vec<String> = self.settings.issuers_for(tenant).collect();
        let issued = |proof: &Proof| matches!(proof, Proof::Issued(issuer) if issuers.contains(issuer));
        if !proofs.iter().any(issued) {
            // The secret is right, and only the keys are missing: what is told is not believed, but it is looked up.
            return if proofs.contains(&Proof::Unknown) {
                Ok(Some(untold(Why::NoKeys, content)))
            } else {
                Err("no token proves it")
            };
        }
        match open(content, &known.certificates) {
            Ok(plain) => match serde_json::from_slice::<Value>(&plain) {
                Ok(message) if message.is_object() => Ok(Some(What::Message { change, resource, message })),
                _ => Ok(Some(untold(Why::NoContent, content))),
            },
            Err(Closed::NotOurs) => Ok(Some(untold(Why::OtherCertificate, content))),
            Err(Closed::Damaged) => Err("the content is not what was sent"),
        }
    }
}

/// Something that must be read; the mark is the same when exactly this comes again.
fn untold(why: Why, told: &Value) -> What {
    let mark = words(told.get("resource")).unwrap_or_default();
    let told = digest_of(told.to_string().as_bytes());
    What::Untold { why, mark: format!("{mark}#{}", hex::encode(&told[..8])) }
}

/// Texts of any length are compared by their digests.
fn digest_of(text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, text).as_ref());
    out
}
