//! People who act: they write, send files, make groups, delete, type, read, and take their permission back.

use super::events::{DmEvent, EventKind};
use super::ids;
use super::world::{User, World};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use serde_json::json;

/// A picture of one pixel.
const FACE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\xdac\xfc\xcf\xc0P\x0f\0\x04\x85\x01\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82";

/// What everybody looks like here.
pub(super) fn face() -> Response {
    ([(header::CONTENT_TYPE, "image/png")], FACE).into_response()
}

impl World {
    /// Whoever has an id; made up where nobody has it.
    fn somebody(&mut self, id: &str) {
        if !self.users.contains_key(id) {
            self.put_user(User::new(id, &format!("user{id}"), &format!("User {id}")));
        }
    }

    /// Somebody writes to somebody, or to a group they are in; gives the event.
    pub(super) fn say(&mut self, from: &str, to: &str, text: &str) -> DmEvent {
        let conversation = self.reached(from, to);
        self.message(&conversation, from, text, None)
    }

    /// Somebody sends a file.
    pub(super) fn attach(&mut self, from: &str, to: &str, text: &str, kind: (&str, &str), bytes: &[u8]) -> DmEvent {
        let conversation = self.reached(from, to);
        let id = self.put_media(from, kind.0, kind.1, Bytes::copy_from_slice(bytes));
        self.message(&conversation, from, text, Some(&id))
    }

    /// Somebody sends a file that is gone before anybody can fetch it.
    pub(super) fn attach_lost(&mut self, from: &str, to: &str, text: &str, kind: (&str, &str)) -> DmEvent {
        let conversation = self.reached(from, to);
        let id = self.new_media(from, kind.0, kind.1, 1);
        self.message(&conversation, from, text, Some(&id))
    }

    fn reached(&mut self, from: &str, to: &str) -> String {
        self.somebody(from);
        if self.groups.contains_key(to) {
            return to.to_owned();
        }
        self.somebody(to);
        ids::between(from, to)
    }

    /// Somebody joins or leaves a group; tells whether there is such a group.
    pub(super) fn walk(&mut self, group: &str, who: &str, by: &str, joins: bool) -> bool {
        self.somebody(who);
        let Some(members) = self.groups.get_mut(group) else { return false };
        let changed = if joins { members.insert(who.to_owned()) } else { members.remove(who) };
        if changed {
            let people = vec![who.to_owned()];
            let kind = if joins { EventKind::ParticipantsJoin(people) } else { EventKind::ParticipantsLeave(people) };
            self.happen(group, by, kind);
        }
        changed
    }

    /// A message goes without a word to anybody; tells whether it was there.
    pub(super) fn forget(&mut self, event: &str) -> bool {
        let before = self.events.len();
        self.events.retain(|one| one.id.to_string() != event);
        self.events.len() < before
    }

    /// Somebody types.
    pub(super) fn types(&mut self, from: &str, to: &str) {
        let event = json!({"created_timestamp": self.now_ms().to_string(), "sender_id": from,
            "target": {"recipient_id": to}});
        let people = [from.to_owned(), to.to_owned()];
        self.tell(to, "dm.indicate_typing", "direct_message_indicate_typing_events", &event, &people);
    }

    /// Somebody has read up to an event; both ends are told.
    pub(super) fn reads(&mut self, from: &str, to: &str, event: &str) {
        let told = json!({"created_timestamp": self.now_ms().to_string(), "sender_id": from,
            "target": {"recipient_id": to}, "last_read_event_id": event});
        let people = [from.to_owned(), to.to_owned()];
        for end in &people {
            self.tell(end, "dm.read", "direct_message_mark_read_events", &told, &people);
        }
    }

    /// Somebody writes in an encrypted chat: nothing of it can be read.
    pub(super) fn say_encrypted(&mut self, from: &str, to: &str) {
        let id = uuid::Uuid::new_v4().to_string();
        let payload = json!({"conversation_token": "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "id": id, "sender_id": from,
            "created_at_msec": self.now_ms().to_string(), "conversation_id": format!("{from}:{to}"),
            "conversation_key_version": "1768236281331", "encoded_event": "CwABAAAAEzIwODA0MDA4MjUyMjcxMDAxNjALAAIA",
            "message_event_signature": {"public_key_version": "1765382634817", "signature": "6IK9SZIMXBe5",
                "signature_version": "7"}});
        self.tell_activity(Some(to), "chat.received", &payload);
        self.tell_activity(Some(from), "chat.sent", &payload);
    }

    /// Somebody takes their permission back: tokens die, and both shapes tell of it.
    pub(super) fn revoke_app(&mut self, user: &str) {
        self.kill_tokens(user);
        let now = DateTime::from_timestamp_millis(self.now_ms()).unwrap_or_default();
        let date = now.to_rfc3339_opts(SecondsFormat::Secs, false);
        let app = self.apps.values().next().map(|app| app.id.clone()).unwrap_or_default();
        let old = json!({"user_event": {"revoke": {"date_time": date, "target": {"app_id": app},
            "source": {"user_id": user}}}});
        self.tell_account(user, &old);
        self.tell_activity(None, "oauth.revoke", &json!({"date_time": date, "user_id": user, "app_id": app}));
        self.accounts.retain(|(_, one)| one != user);
        self.subscriptions.retain(|one| one.user.as_deref() != Some(user));
    }
}
