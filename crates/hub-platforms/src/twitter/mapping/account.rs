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
pub(super) fn user_event(event: &Value) -> Parsed {
    let revoke = &event["revoke"];
    if !revoke.is_object() {
        let body = InboundBody::Ignored { reason: "user_event".to_owned() };
        let event_key = key("", "ignored", &[&event.to_string()]);
        return Parsed::Event(Inbound { accounts: Vec::new(), event_key, body });
    }
    revoked(&revoke["source"]["user_id"], &revoke["target"]["app_id"], &revoke["date_time"])
}

/// The payload of `oauth.revoke`.
pub(super) fn revoked_by(payload: &Value) -> Parsed {
    revoked(&payload["user_id"], &payload["app_id"], &payload["date_time"])
}

/// Somebody took the app's permission back; the next call will be answered accordingly.
fn revoked(user: &Value, app: &Value, at: &Value) -> Parsed {
    let Some(user) = id(user) else { return unreadable("a permission of nobody") };
    let data = json!({ "app_id": id(app) });
    let event_key = key(&user, REVOKED, &[&at.to_string()]);
    let body = InboundBody::AccountNotice { kind: REVOKED.to_owned(), data, at: written(at) };
    Parsed::Event(Inbound { accounts: vec![RemoteAccountId::from(user)], event_key, body })
}
