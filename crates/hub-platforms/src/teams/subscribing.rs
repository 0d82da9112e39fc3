//! The subscription of an account: made once, prolonged at half of its life, its certificate replaced now and then.

use super::api::Api;
use super::delivery::{Keyring, make_certificate};
use super::wire::instant;
use crate::values::{id, words};
use chrono::TimeDelta;
use hub_domain::Timestamp;
use hub_domain::time::to_contract;
use hub_platform_kit::webhook::{Callback, Inquiry, Inspection, Report, Subscription};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// A subscription lives for 4,320 minutes at most; a little less is asked for, because clocks differ.
const LIFE: TimeDelta = TimeDelta::minutes(4_300);
/// What the hub wants to hear of.
const CHANGES: &str = "created,updated,deleted";
/// The status of an answer that names a subscription to the same.
const DUPLICATE: u16 = 409;

/// Prolongs the account's subscription, or makes one.
pub(super) async fn subscribe(api: &Api, grant: &Grant, callback: &Callback) -> Result<Subscription> {
    let previous = callback.previous.as_ref();
    let known = previous.and_then(|previous| Keyring::of(&previous.memory));
    let old = previous.and_then(|previous| previous.remote_id.as_deref());
    let mut ring = known.unwrap_or_default();
    let renewable = !ring.client_state.is_empty() && ring.url == callback.url.as_str();
    if ring.wants_certificate(callback.now) || ring.newest().is_none() {
        let name = format!("hub-{}", callback.now.timestamp());
        let made = tokio::task::spawn_blocking(move || make_certificate(&name)).await;
        let failed = |_| PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "no certificate was made");
        ring.add(&made.map_err(failed)??, callback.now);
    }
    match old {
        Some(old) if renewable => {
            if let Some(renewed) = renew(api, grant, callback, &ring, old).await? {
                return Ok(renewed);
            }
        }
        // The address of both kinds of notices cannot be changed later.
        Some(old) => api.unsubscribe(grant.token(), old).await?,
        None => {}
    }
    callback.secret.expose_secret().clone_into(&mut ring.client_state);
    callback.url.as_str().clone_into(&mut ring.url);
    make(api, grant, callback, &ring).await
}

/// Asks for the subscription by its id. It is the app's own, so nobody else can lead it elsewhere; it can only end.
pub(super) async fn inspect(api: &Api, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
    let Some(known) = inquiry.previous.as_ref().and_then(|previous| previous.remote_id.as_deref()) else {
        return Ok(Inspection::Unknown);
    };
    let told = match api.subscription(grant.token(), known).await {
        Err(error) if error.kind == ErrorKind::NotFound => {
            return Ok(Inspection::Gone { why: "Microsoft does not know it any more" });
        }
        told => told?,
    };
    if instant(&told, "expirationDateTime").is_some_and(|ends| ends <= inquiry.now) {
        return Ok(Inspection::Gone { why: "it has ended" });
    }
    match words(told.get("notificationUrl")) {
        Some(url) if url != inquiry.url.as_str() => {
            Ok(Inspection::Gone { why: "it leads to an earlier address of this hub" })
        }
        _ => Ok(Inspection::Standing(Report::default())),
    }
}

/// `None` = it is gone.
async fn renew(
    api: &Api,
    grant: &Grant,
    callback: &Callback,
    ring: &Keyring,
    old: &str,
) -> Result<Option<Subscription>> {
    let change = with_certificate(json!({ "expirationDateTime": to_contract(callback.now + LIFE) }), ring);
    match api.renew(grant.token(), old, change).await {
        Ok(said) => Ok(Some(confirmed(&said.value, Some(old), callback.now, ring))),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn make(api: &Api, grant: &Grant, callback: &Callback, ring: &Keyring) -> Result<Subscription> {
    let wanted = wanted(grant, callback, ring);
    let said = match api.subscribe(grant.token(), wanted.clone()).await {
        // One that nobody remembers here: its secret is lost, so it cannot be believed any more.
        Err(error) if error.status == Some(DUPLICATE) => {
            forget(api, grant).await?;
            api.subscribe(grant.token(), wanted).await?
        }
        outcome => outcome?,
    };
    let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the subscription has no id");
    said.value.get("id").and_then(id).ok_or_else(odd)?;
    Ok(confirmed(&said.value, None, callback.now, ring))
}

/// Ends every subscription of the app to the person's chats.
async fn forget(api: &Api, grant: &Grant) -> Result<()> {
    let resource = resource(grant);
    for known in api.subscriptions(grant.token()).await? {
        let same = words(known.get("resource")).is_some_and(|named| is_same(&named, &resource));
        if let Some(id) = known.get("id").and_then(id).filter(|_| same) {
            api.unsubscribe(grant.token(), &id).await?;
        }
    }
    Ok(())
}

/// The platform hands a resource back with or without a slash before it, and under the alias that it was asked for.
fn is_same(named: &str, resource: &str) -> bool {
    let plain = |text: &str| text.trim_start_matches('/').to_ascii_lowercase();
    plain(named) == plain(resource) || plain(named) == "me/chats/getallmessages"
}

fn resource(grant: &Grant) -> String {
    format!("/users/{}/chats/getAllMessages", grant.remote_id)
}

fn wanted(grant: &Grant, callback: &Callback, ring: &Keyring) -> Value {
    let wanted = json!({
        "changeType": CHANGES,
        "resource": resource(grant),
        "notificationUrl": ring.url,
        // Without it a subscription lives for an hour, and it cannot be added later.
        "lifecycleNotificationUrl": ring.url,
        "expirationDateTime": to_contract(callback.now + LIFE),
        "clientState": ring.client_state,
        "includeResourceData": true,
    });
    with_certificate(wanted, ring)
}

fn with_certificate(mut change: Value, ring: &Keyring) -> Value {
    if let (Some(members), Some((certificate, name))) = (change.as_object_mut(), ring.newest()) {
        members.insert("encryptionCertificate".to_owned(), certificate.into());
        members.insert("encryptionCertificateId".to_owned(), name.into());
    }
    change
}

/// Half of the life that was really given is left for trouble.
fn confirmed(answer: &Value, old: Option<&str>, now: Timestamp, ring: &Keyring) -> Subscription {
    let ends = instant(answer, "expirationDateTime").unwrap_or(now + LIFE);
    let half = (ends - now).max(TimeDelta::zero()) / 2;
    Subscription {
        renew_at: now.checked_add_signed(half),
        remote_id: answer.get("id").and_then(id).or_else(|| old.map(str::to_owned)),
        memory: ring.memory(),
    }
}
