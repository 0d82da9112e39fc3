//! What happens to the permission of an account.

use super::{key, unreadable};
use crate::twitter::wire::{id, written};
use hub_domain::RemoteAccountId;
use hub_domain::inbound::{Inbound, InboundBody};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

/// The notice of a permission that was taken back.
const REVOKED: &str = "authorization_revoked";

/// `user_event` of the older API.
pub(super) fn user_event(event: &Value) -> Vec<Parsed> {
    let revoke = &event["revoke"];
    if !revoke.is_object() {
        let body = InboundBody::Ignored { reason: "user_event".to_owned() };
        let event_key = key("", "ignored", &[&event.to_string()]);
        return vec![Parsed::Event(Inbound { accounts: Vec::new(), event_key, body })];
    }
    revoked(&revoke["source"]["user_id"], &revoke["target"]["app_id"], &revoke["date_time"])
}

/// The payload of `oauth.revoke`.
pub(super) fn revoked_by(payload: &Value) -> Vec<Parsed> {
    revoked(&payload["user_id"], &payload["app_id"], &payload["date_time"])
}

/// Somebody took the app's permission back. Only the answer to a call proves it, so one is made.
fn revoked(user: &Value, app: &Value, at: &Value) -> Vec<Parsed> {
    let Some(user) = id(user) else { return vec![unreadable("a permission of nobody")] };
    let data = json!({ "app_id": id(app) });
    let event_key = key(&user, REVOKED, &[&at.to_string()]);
    let body = InboundBody::AccountNotice { kind: REVOKED.to_owned(), data, at: written(at) };
    let account = RemoteAccountId::from(user);
    let notice = Inbound { accounts: vec![account.clone()], event_key, body };
    vec![Parsed::Event(notice), Parsed::ReadBack { account, why: "the permission is said to be taken back" }]
}
