//! Typing and reading.

use super::messages::conversation;
use super::{Scene, Unreadable};
use crate::twitter::ids;
use crate::twitter::wire::{id, millis};
use hub_domain::DeliveryStatus;
use hub_domain::inbound::{Inbound, InboundBody, UpTo};
use serde_json::Value;

/// Somebody types: over before anybody could look.
pub(super) fn typing(scene: &Scene, event: &Value) -> Result<Inbound, Unreadable> {
    if !event.is_object() {
        return Err("typing that is no object");
    }
    let key = scene.key("typing", &[&event.to_string()]);
    Ok(scene.event(key, InboundBody::Ignored { reason: "typing".to_owned() }))
}

/// The sender of the event is who has read.
pub(super) fn read(scene: &Scene, event: &Value) -> Result<Inbound, Unreadable> {
    let reader = id(&event["sender_id"]).ok_or("a report without a reader")?;
    let last = id(&event["last_read_event_id"]).ok_or("a report about no message")?;
    let key = scene.key("read", &[&reader, &last]);
    let conversation = conversation(scene, &event["target"], &reader)?.id;
    // Every id tells its time, and the event that is named need not be a message the hub has.
    let up_to = ids::moment(&last).ok_or("a report about no message")?;
    let at = millis(&event["created_timestamp"]).unwrap_or(up_to);
    let up_to = UpTo::Time(up_to);
    let body = if reader == scene.account {
        // The account's own messages are not read by that.
        InboundBody::ReadElsewhere { conversation, up_to, at }
    } else {
        InboundBody::StatusUpTo { conversation, up_to, status: DeliveryStatus::Read, at }
    };
    Ok(scene.event(key, body))
}
