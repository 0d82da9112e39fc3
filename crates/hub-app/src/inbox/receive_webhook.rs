//! A platform calls: prove the origin over the raw bytes, read, store, and only then answer.

use super::lane::{Delivery, NotStored};
use crate::clock::new_id;
use crate::{App, accounts};
use hub_domain::{AccountId, Timestamp};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, Refusal, SubscriptionKey, Verified, WebhookRequest};
use hub_platform_kit::{PlatformHandle, READER_FAILED, Secret};
use hub_store::{NewReceipt, StoreError};
use std::panic::AssertUnwindSafe;

/// The delivery is on disk; this is what the platform wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: &'static str,
}

/// Why a delivery was not accepted. In every case nothing was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Wrong, missing or repeated signature or secret, or none is configured.
    BadSignature,
    /// A verification request with a wrong or unconfigured token.
    BadVerifyToken,
    /// A verification request without its parameter; the text is the contract's.
    Malformed(&'static str),
    /// No such platform, or it never calls.
    UnknownPlatform,
    /// Too much waits, or the database is away: come again.
    Busy,
    /// Our fault.
    Internal,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadSignature => Self::BadSignature,
            Refusal::BadVerifyToken => Self::BadVerifyToken,
            Refusal::Malformed(text) => Self::Malformed(text),
        }
    }
}

/// Takes a delivery in. Returns once it is on disk.
pub async fn receive_webhook(app: &App, platform: &str, request: WebhookRequest) -> Result<Accepted, Refused> {
    let handle = receiver(app, platform)?;
    let outcome = receive(app, handle, request).await;
    app.deliveries().count(handle.card().published_name, outcome.as_ref().err().copied());
    outcome
}

async fn receive(app: &App, handle: &PlatformHandle, request: WebhookRequest) -> Result<Accepted, Refused> {
    let keys = keys_for(app, handle, &request).await?;
    handle.warm(&request).await;
    let verified = handle.verify(&request, &keys)?;
    let parsed = read(handle, &verified);
    let delivery = Delivery {
        platform: handle.card().id.clone(),
        receipt: receipt(app, handle, &verified, None, parsed.len(), app.now()),
        parsed,
        only: None,
        cursor: None,
        reading: None,
        missed: None,
        pushed: true,
        replay: false,
    };
    app.intake().store(delivery).await.map_err(|not_stored| match not_stored {
        NotStored::Busy => Refused::Busy,
        NotStored::Failed => Refused::Internal,
    })?;
    let (status, body) = handle.accepted();
    Ok(Accepted { status, body })
}

/// The adapter that is called under a published name.
pub(super) fn receiver<'a>(app: &'a App, platform: &str) -> Result<&'a PlatformHandle, Refused> {
    app.platforms().published(platform).into_iter().find(|h| h.has_webhook()).ok_or(Refused::UnknownPlatform)
}

/// The secrets that could have signed this request: of the subscription its path names, of the one whose secret it shows, or
/// of those it says it belongs to.
pub(super) async fn keys_for(app: &App, handle: &PlatformHandle, request: &WebhookRequest) -> Result<Keys, Refused> {
    let name = handle.card().published_name;
    let session = app.store().read();
    let read = async {
        let subscriptions = session.subscriptions();
        let mut found = Vec::new();
        if let Some(key) = &request.path_key {
            found.extend(subscriptions.by_path_key(name, key).await?);
        } else if let Some(digest) = handle.shown_secret_digest(request) {
            found.extend(subscriptions.by_secret_digest(name, &hex::encode(digest)).await?);
        }
        let ids = handle.subscription_ids(request);
        if !ids.is_empty() {
            found.extend(subscriptions.by_remote_ids(name, &ids).await?);
        }
        Ok::<_, StoreError>(found)
    };
    let mut found = read.await.map_err(|error| {
        tracing::warn!(%error, "a subscription could not be read");
        Refused::Busy
    })?;
    found.sort_by_key(|subscription| subscription.id);
    found.dedup_by_key(|subscription| subscription.id);
    let subscriptions = found
        .into_iter()
        .filter_map(|known| {
            let secret = Secret::from(accounts::subscribe_webhook::open_secret(app, &known)?);
            let memory = accounts::subscribe_webhook::open_memory(app, &known);
            Some(SubscriptionKey {
                remote_id: known.remote_id,
                secret,
                subscription: known.remote_subscription,
                memory,
            })
        })
        .collect();
    Ok(Keys { subscriptions })
}

/// Reads a proven delivery. Whatever goes wrong in an adapter parks the delivery; it never refuses it, because the platform
/// would only repeat it.
pub(super) fn read(handle: &PlatformHandle, verified: &Verified) -> Vec<Parsed> {
    match std::panic::catch_unwind(AssertUnwindSafe(|| handle.parse(verified))) {
        Ok(Ok(parsed)) => parsed,
        Ok(Err(error)) => vec![Parsed::Unreadable(error.message)],
        Err(_) => {
            tracing::error!(platform = %handle.card().id, "the reader of a platform panicked; the delivery is parked");
            vec![Parsed::Unreadable(READER_FAILED.to_owned())]
        }
    }
}

/// The bytes, sealed, under a digest that recognises a repeat. What an account of ours was told when it asked is nobody else's:
/// `asked_by` names it, and the same bytes told to another are no repeat. `items` = how many things were read in it.
pub(crate) fn receipt(
    app: &App,
    handle: &PlatformHandle,
    verified: &Verified,
    asked_by: Option<AccountId>,
    items: usize,
    now: Timestamp,
) -> NewReceipt {
    let id = new_id();
    let account = verified.account.as_ref().map_or("", |a| a.as_str());
    let asked_by = asked_by.map(|id| format!("{id}\0")).unwrap_or_default();
    let platform = handle.card().id.as_str().as_bytes();
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        &[platform, b"\0", account.as_bytes(), b"\0", asked_by.as_bytes(), &verified.body].concat(),
    );
    NewReceipt {
        id,
        platform: handle.card().id.as_str().to_owned(),
        digest: hex::encode(digest),
        account: verified.account.clone(),
        body: app.sealer().wrap(&body_context(id), &verified.body),
        items,
        received_at: now,
    }
}

/// Binds a sealed body to its receipt.
pub(super) fn body_context(id: hub_domain::ReceiptId) -> String {
    format!("hub_receipts.body.{id}")
}
