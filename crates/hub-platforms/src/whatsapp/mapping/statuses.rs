//! How far a message of the business got.

use super::super::errors;
use super::super::wire::Status;
use super::people::{self, Customer};
use super::{Reading, Scene, Unreadable, instant, shaped, unreadable, usable};
use hub_domain::inbound::InboundBody;
use hub_domain::{DeliveryStatus, RemoteConversationId};
use hub_platform_kit::platform::Parsed;
use serde_json::Value;

/// Reads a status; the recipient's ids are an event of their own, told once per message.
pub(super) fn read(scene: &Scene, status: Value, out: &mut Vec<Parsed>) {
    match shaped::<Status>(status).ok_or("a status of an unknown shape").and_then(|status| one(scene, &status)) {
        Ok(readings) => out.extend(readings.into_iter().flatten().map(|reading| scene.event(reading))),
        Err(reason) => out.push(unreadable(reason)),
    }
}

fn one(scene: &Scene, status: &Status) -> Result<[Option<Reading>; 2], Unreadable> {
    let message = usable(status.id.clone().take()).ok_or("a status without a message")?;
    let word = status.status.as_deref().ok_or("a status without its word")?;
    let member = people::id(&status.recipient_participant_id).unwrap_or_default();
    let key = scene.key("status", &[&message, word, &member]);
    let reached = match word {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" | "played" => DeliveryStatus::Read,
        "failed" => DeliveryStatus::Failed,
        _ => {
            let body = InboundBody::Ignored { reason: "unknown_status".to_owned() };
            return Ok([Some(Reading { key, body }), None]);
        }
    };
    let to = (&status.recipient_id, &status.recipient_user_id, &status.recipient_parent_user_id);
    let customer = Customer::new(&scene.people, to.0, to.1, to.2);
    let body = InboundBody::Status {
        conversation: customer.as_ref().map(|customer| RemoteConversationId::from(customer.id())),
        client_key: status.biz_opaque_callback_data.as_deref().map(str::to_owned),
        status: reached,
        reason: (reached == DeliveryStatus::Failed).then(|| errors::reason(status.errors.first())),
        at: instant(&status.timestamp).ok_or("a status without a usable time")?,
        message: message.as_str().into(),
    };
    let to_group = status.recipient_type.as_deref() == Some("group");
    let contact = customer.filter(|customer| customer.is_news() && !to_group).map(|customer| Reading {
        key: scene.key("recipient", &[&message]),
        body: InboundBody::Contact { conversation: customer.conversation() },
    });
    Ok([Some(Reading { key, body }), contact])
}
