//! What clients are told, and in which order (realtime contract, section 1). Members and events the contract does not know
//! are additions: old clients pass over them.

use crate::dto::account::AccountDto;
use crate::dto::both_casings;
use crate::dto::conversation::{ConversationDto, NoticeDto};
use crate::dto::message::MessageDto;
use hub_app::inbox::EventView;
use hub_domain::{DeliveryStatus, EventBody, Timestamp, time};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// One push, shared by all sockets of a user.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Name of the event.
    pub(crate) name: &'static str,
    /// Its data.
    pub(crate) data: Value,
    /// Its place in the user's log.
    pub(crate) offset: i64,
    text: OnceLock<String>,
}

impl Frame {
    pub(crate) fn new(name: &'static str, data: Value, offset: i64) -> Self {
        Self { name, data, offset, text: OnceLock::new() }
    }

    /// As a frame of the raw socket, made once.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| json!({"event": self.name, "data": self.data}).to_string())
    }
}

/// The frames of one event, in the contract's order.
pub(crate) fn frames(view: &EventView, now: Timestamp) -> Vec<Frame> {
    let offset = view.event.offset;
    let timestamp = time::to_contract(now);
    let frame = |name, mut data: Value| {
        data["timestamp"] = timestamp.clone().into();
        data["offset"] = offset.into();
        Frame::new(name, data, offset)
    };
    let message = || view.message.as_ref().map(|message| both_casings(&MessageDto::from(message))).unwrap_or_default();
    let conversation = || {
        let shown = view.conversation.as_ref().map(|conversation| both_casings(&ConversationDto::from(conversation)));
        shown.unwrap_or_default()
    };
    let unread = || {
        let counts = view.unread.clone().unwrap_or_default();
        frame("unread_count_update", json!({"unreadCounts": counts.by_platform, "totalUnread": counts.total}))
    };
    let changed_conversation = || frame("conversation_update", json!({"conversation": conversation()}));
    match &view.event.body {
        EventBody::MessageReceived { .. } => {
            let data = json!({"message": message(), "conversation": conversation()});
            // The Dashboard of the originals changes a row on the third event only.
            vec![frame("new_message", data), unread(), changed_conversation()]
        }
        EventBody::MessageSent { .. } => {
            let data = json!({"message": message(), "conversation": conversation()});
            vec![frame("message_update", data), changed_conversation()]
        }
        EventBody::MessageUpdated { .. } => {
            vec![frame("message_update", json!({"message": message(), "conversation": conversation()}))]
        }
        EventBody::StatusChanged { message_id, conversation_id } => {
            let status = view.message.as_ref().and_then(|shown| shown.message.status);
            let whole = frame("message_update", json!({"message": message(), "conversation": conversation()}));
            match status {
                // The contract's two words; further ones come with the whole message.
                Some(status @ (DeliveryStatus::Delivered | DeliveryStatus::Read)) => {
                    let data =
                        json!({"messageId": message_id, "conversationId": conversation_id, "status": status.as_str()});
                    vec![frame("message_status_update", data), whole]
                }
                _ => vec![whole],
            }
        }
        EventBody::MessageRead { message_id, conversation_id } => {
            let data = json!({"messageId": message_id, "conversationId": conversation_id, "status": "read"});
            vec![frame("message_status_update", data), unread(), changed_conversation()]
        }
        EventBody::ConversationUpdated { .. } => vec![unread(), changed_conversation()],
        EventBody::Notice { .. } => {
            let notice = view.notice.as_ref().map(|notice| both_casings(&NoticeDto::from(notice)));
            vec![frame("conversation_notice", json!({"notice": notice, "conversation": conversation()}))]
        }
        EventBody::AccountChanged { .. } => {
            let account = view.account.as_ref().map(|account| both_casings(&AccountDto::from(account)));
            vec![frame("account_update", json!({"account": account}))]
        }
        // The sockets themselves are closed.
        EventBody::SessionsEnded { .. } => Vec::new(),
    }
}
