//! Sending: words, HTML, mentions, files that are somewhere already, and pictures inside.

use super::hosted::Hosted;
use super::model::{Draft, Message, Sender};
use crate::teams::access::SEND;
use crate::teams::call::Call;
use crate::teams::deeds::Deed;
use crate::teams::notices::item::Change;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Everything in a message, in bytes, in whichever of the two Unicode forms is longer.
const MAX_SIZE: usize = 28 * 1_024;

/// Pictures by their temporary ids.
pub(super) type Pictures = Vec<(String, Hosted)>;

/// What is sent.
pub(super) struct Parcel {
    pub(super) draft: Draft,
    pub(super) pictures: Pictures,
}

fn measured(text: &str) -> usize {
    text.len().max(text.encode_utf16().count() * 2)
}

/// A message of a body, checked.
pub(super) fn read(body: &Value) -> Result<Parcel, Problem> {
    let content = body["body"]["content"].as_str().unwrap_or_default();
    let html = match body["body"]["contentType"].as_str() {
        None | Some("text") => false,
        Some("html") => true,
        Some(other) => {
            return Err(Problem::bad_request(&format!("Requested value '{other}' was not found.")));
        }
    };
    let items = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let (attachments, mentions) = (items("attachments"), items("mentions"));
    let all = measured(content) + measured(&json!([attachments, mentions]).to_string());
    if all > MAX_SIZE {
        return Err(Problem::too_large());
    }
    if content.is_empty() && attachments.is_empty() {
        return Err(Problem::bad_request("Missing body content"));
    }
    for mention in &mentions {
        let named = mention["id"].as_i64().is_some_and(|id| html && content.contains(&format!("<at id=\"{id}\">")));
        if !named || mention["mentioned"]["user"]["id"].as_str().is_none() {
            return Err(Problem::bad_request("Neither Body nor adaptive card content contains marker for mention."));
        }
    }
    for attachment in &attachments {
        let id = attachment["id"].as_str().unwrap_or_default();
        if id.is_empty() || !html || !content.contains(&format!("<attachment id=\"{id}\">")) {
            return Err(Problem::bad_request("Body does not contain marker for attachment with Id."));
        }
    }
    let mut pictures = Vec::new();
    for hosted in items("hostedContents") {
        let wrong = || Problem::bad_request("The hosted content is not valid.");
        let id = hosted["@microsoft.graph.temporaryId"].as_str().ok_or_else(wrong)?;
        let bytes = hosted["contentBytes"].as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(wrong)?;
        let content_type = hosted["contentType"].as_str().ok_or_else(wrong)?.to_owned();
        if !content.contains(&format!("../hostedContents/{id}/$value")) {
            return Err(wrong());
        }
        pictures.push((id.to_owned(), Hosted { content_type, bytes: bytes.into() }));
    }
    let draft = Draft { html, content: content.to_owned(), attachments, mentions, at_ms: None };
    Ok(Parcel { draft, pictures })
}

impl World {
    /// `POST /chats/{id}/messages`
    pub(in crate::teams) fn send(&mut self, call: &Call, chat: &str) -> Outcome {
        let me = self.seat(call, SEND, chat)?.0.user;
        let parcel = read(&call.body)?;
        let message = self.post(&me, chat, parcel, Deed::Sent)?;
        Ok((201, self.told_message(&message, call.knows_new_values())))
    }

    /// Somebody sends something through the API.
    pub(super) fn post(&mut self, me: &str, chat: &str, parcel: Parcel, deed: Deed) -> Result<Message, Problem> {
        if self.blocked.contains(&(chat.to_owned(), me.to_owned())) {
            let words = "InsufficientPrivileges-Initiator has no privileges to send messages in this thread.";
            return Err(Problem::forbidden(words));
        }
        let Parcel { mut draft, pictures } = parcel;
        draft.mentions = self.mentions_shown(&draft.mentions)?;
        draft.attachments = draft.attachments.iter().map(attachment_shown).collect();
        let gone = || Problem::not_found("No threads found for the given id.");
        let mut message = self.keep(chat, Sender::User(me.to_owned()), draft, None).ok_or_else(gone)?;
        message.content = self.illustrated(chat, message.id, message.content, pictures);
        if let Some(kept) = self.chats.get_mut(chat).and_then(|chat| chat.messages.last_mut()) {
            kept.content.clone_from(&message.content);
        }
        self.did(me, chat, Some(message.id), deed);
        self.notify(&message, Change::Created);
        Ok(message)
    }

    /// Words of a message whose pictures are kept and named by their addresses.
    pub(super) fn illustrated(&mut self, chat: &str, id: i64, content: String, pictures: Pictures) -> String {
        pictures.into_iter().fold(content, |content, (temporary, picture)| {
            let hosted = self.host(chat, id, picture);
            let url = self.hosted_url(chat, id, &hosted);
            content.replace(&format!("../hostedContents/{temporary}/$value"), &url)
        })
    }

    /// Mentions, as answers name them.
    pub(super) fn mentions_shown(&self, mentions: &[Value]) -> Result<Vec<Value>, Problem> {
        let shown = |mention: &Value| {
            let user = mention["mentioned"]["user"]["id"].as_str().filter(|user| self.users.contains_key(*user));
            let user = user.ok_or_else(|| Problem::bad_request("The mentioned user was not found."))?;
            let mut identity = self.identity(user);
            if let Some(identity) = identity.as_object_mut() {
                identity.remove("tenantId");
            }
            Ok(json!({"id": mention["id"], "mentionText": mention["mentionText"],
                "mentioned": {"application": null, "device": null, "conversation": null, "tag": null, "user": identity}}))
        };
        mentions.iter().map(shown).collect()
    }
}

/// An attachment with all its members.
pub(super) fn attachment_shown(attachment: &Value) -> Value {
    let members = ["id", "contentType", "contentUrl", "content", "name", "thumbnailUrl", "teamsAppId"];
    members.iter().map(|name| ((*name).to_owned(), attachment[*name].clone())).collect::<serde_json::Map<_, _>>().into()
}
