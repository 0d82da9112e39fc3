//! Answering with quotes.

use super::history::find;
use super::model::{Message, Sender};
use super::sending::read;
use crate::teams::access::SEND;
use crate::teams::call::Call;
use crate::teams::deeds::Deed;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Messages that are quoted at most.
const MAX_QUOTED: usize = 10;
/// Letters of the preview of a quoted message.
const PREVIEW: usize = 200;

impl World {
    /// `POST /chats/{id}/messages/replyWithQuote`
    pub(in crate::teams) fn reply_with_quote(&mut self, call: &Call, chat: &str) -> Outcome {
        let (me, seat) = self.seat(call, SEND, chat)?;
        let ids = call.body["messageIds"].as_array().cloned().unwrap_or_default();
        if ids.is_empty() || ids.len() > MAX_QUOTED {
            return Err(Problem::bad_request("messageIds must name 1 to 10 messages."));
        }
        let mut quoted = Vec::new();
        for id in &ids {
            quoted.push(find(seat, id.as_str().unwrap_or_default())?.clone());
        }
        let mut parcel = read(&call.body["replyMessage"])?;
        let mut before = String::new();
        for message in &quoted {
            let _ = writeln!(before, "<attachment id=\"{}\"></attachment>", message.id);
        }
        let words = &parcel.draft.content;
        let words = if parcel.draft.html { words.clone() } else { escaped(words) };
        parcel.draft.content = format!("<p></p>\n{before}{words}\n<p></p>");
        parcel.draft.html = true;
        let quotes = quoted.iter().map(|message| self.quote(message));
        parcel.draft.attachments.splice(0..0, quotes);
        let message =
            self.post(&me.user, chat, parcel, Deed::Quoted(quoted.iter().map(|message| message.id).collect()))?;
        Ok((201, self.told_message(&message, call.knows_new_values())))
    }

    /// A quote, as an attachment.
    pub(in crate::teams) fn quote(&self, message: &Message) -> Value {
        let preview: String = bare(&message.content, message.html).chars().take(PREVIEW).collect();
        let sender = match &message.from {
            Sender::User(id) => {
                let mut user = self.identity(id);
                if let Some(user) = user.as_object_mut() {
                    user.remove("@odata.type");
                }
                json!({"application": null, "device": null, "user": user})
            }
            Sender::App { id, name } => {
                json!({"application": {"id": id, "displayName": name}, "device": null, "user": null})
            }
            Sender::Nobody => Value::Null,
        };
        let content = json!({"messageId": message.id.to_string(), "messagePreview": preview, "messageSender": sender})
            .to_string();
        json!({"id": message.id.to_string(), "contentType": "messageReference", "contentUrl": null, "content": content,
            "name": null, "thumbnailUrl": null, "teamsAppId": null})
    }
}

/// Words as HTML.
pub(in crate::teams) fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Words without tags.
fn bare(content: &str, html: bool) -> String {
    if !html {
        return content.to_owned();
    }
    let mut inside = false;
    let kept = content.chars().filter(|letter| {
        let visible = !inside && *letter != '<';
        inside = (inside || *letter == '<') && *letter != '>';
        visible
    });
    kept.collect::<String>().trim().to_owned()
}
