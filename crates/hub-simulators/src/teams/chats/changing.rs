//! Editing, deleting, reactions.

use super::history::find;
use super::model::{Message, Reaction, Sender};
use super::sending::{Parcel, attachment_shown, read};
use crate::teams::access::WRITE;
use crate::teams::call::Call;
use crate::teams::deeds::Deed;
use crate::teams::notices::item::Change;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::Value;

/// Names of reactions that are not signs, from before any sign could be one.
const OLD_NAMES: [&str; 6] = ["like", "angry", "sad", "laugh", "heart", "surprised"];

impl World {
    /// `PATCH /chats/{id}/messages/{mid}`: of one's own.
    pub(in crate::teams) fn edit(&mut self, call: &Call, chat: &str, id: &str) -> Outcome {
        let (me, message) = self.own(call, chat, id)?;
        if message.deleted_ms.is_some() {
            return Err(Problem::not_found("The message was deleted."));
        }
        let Parcel { draft, pictures } = read(&call.body)?;
        let mentions = self.mentions_shown(&draft.mentions)?;
        let attachments: Vec<Value> = draft.attachments.iter().map(attachment_shown).collect();
        let content = self.illustrated(chat, message.id, draft.content, pictures);
        let changed = self.change(chat, message.id, |message, now| {
            (message.html, message.content, message.edited_ms) = (draft.html, content, Some(now));
            (message.mentions, message.attachments) = (mentions, attachments);
            true
        });
        self.tell_of(changed, Change::Updated);
        self.did(&me, chat, Some(message.id), Deed::Edited);
        Ok((204, Value::Null))
    }

    /// `POST …/softDelete` and `…/undoSoftDelete`: of one's own.
    pub(in crate::teams) fn delete(&mut self, call: &Call, chat: &str, id: &str, undo: bool) -> Outcome {
        let (me, message) = self.own(call, chat, id)?;
        self.vanish(chat, message.id, undo);
        self.did(&me, chat, Some(message.id), if undo { Deed::Undeleted } else { Deed::Deleted });
        Ok((204, Value::Null))
    }

    /// `POST …/setReaction` and `…/unsetReaction`
    pub(in crate::teams) fn react(&mut self, call: &Call, chat: &str, id: &str, on: bool) -> Outcome {
        let (me, seat) = self.seat(call, WRITE, chat)?;
        let id = find(seat, id)?.id;
        let kind = call.text("reactionType").unwrap_or_default().to_owned();
        if kind.is_empty() || (kind.is_ascii() && !OLD_NAMES.contains(&kind.as_str())) {
            return Err(Problem::bad_request("Invalid reaction type specified in payload."));
        }
        self.toggle(chat, id, &me.user, &kind, on);
        self.did(&me.user, chat, Some(id), if on { Deed::Reacted(kind) } else { Deed::Unreacted(kind) });
        Ok((204, Value::Null))
    }

    /// The caller, and a message that they wrote.
    fn own(&self, call: &Call, chat: &str, id: &str) -> Result<(String, Message), Problem> {
        let (me, seat) = self.seat(call, WRITE, chat)?;
        let message = find(seat, id)?;
        if message.from != Sender::User(me.user.clone()) {
            return Err(Problem::forbidden("MessageChangeDenied: only the sender may change a message."));
        }
        Ok((me.user, message.clone()))
    }

    /// The words become others; tells whether there is such a message.
    pub(in crate::teams) fn rewrite(&mut self, chat: &str, id: i64, html: bool, content: &str) -> bool {
        let changed = self.change(chat, id, |message, now| {
            (message.html, message.content, message.edited_ms) = (html, content.to_owned(), Some(now));
            true
        });
        self.tell_of(changed, Change::Updated)
    }

    /// A message goes, or comes back.
    pub(in crate::teams) fn vanish(&mut self, chat: &str, id: i64, undo: bool) -> bool {
        let changed = self.change(chat, id, |message, now| {
            let was = message.deleted_ms.is_some();
            message.deleted_ms = (!undo).then_some(now);
            was == undo
        });
        self.tell_of(changed, if undo { Change::Updated } else { Change::Deleted })
    }

    /// A reaction comes or goes. One that goes is told of twice.
    pub(in crate::teams) fn toggle(&mut self, chat: &str, id: i64, user: &str, kind: &str, on: bool) -> bool {
        let changed = self.change(chat, id, |message, now| {
            let before = message.reactions.len();
            message.reactions.retain(|one| one.user != user || one.kind != kind);
            let had = message.reactions.len() < before;
            if on {
                message.reactions.push(Reaction { kind: kind.to_owned(), user: user.to_owned(), at_ms: now });
            }
            on != had
        });
        if !on {
            self.tell_of(changed.clone(), Change::Updated);
        }
        self.tell_of(changed, Change::Updated)
    }

    fn tell_of(&mut self, changed: Option<Message>, change: Change) -> bool {
        let Some(message) = changed else { return false };
        self.notify(&message, change);
        true
    }
}
