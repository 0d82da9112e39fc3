//! A message of a thread.

use super::kind::iso;
use super::{Inbox, Kind, Person};
use serde_json::{Value, json};

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub mid: String,
    /// Whether the Page or account wrote it.
    pub from_account: bool,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Its words.
    pub text: Option<String>,
    /// Attachments as webhooks show them.
    pub attachments: Vec<Value>,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// Taken back by its sender.
    pub deleted: bool,
    /// Something that the API does not show.
    pub unsupported: bool,
    /// How often it was edited.
    pub edits: u32,
    /// Who reacted with what.
    pub reactions: Vec<(String, String)>,
}

impl Message {
    pub(super) fn new(mid: String, from_account: bool, at_ms: i64) -> Self {
        Self {
            mid,
            from_account,
            at_ms,
            text: None,
            attachments: Vec::new(),
            reply_to: None,
            deleted: false,
            unsupported: false,
            edits: 0,
            reactions: Vec::new(),
        }
    }

    /// As history shows it; an old one has no content.
    pub(super) fn shown(&self, inbox: &Inbox, person: &Person, old: bool) -> Value {
        let mut shown = json!({"id": self.mid, "created_time": iso(self.at_ms)});
        if inbox.kind.is_instagram() {
            shown["is_unsupported"] = self.unsupported.into();
        }
        if old || self.deleted {
            return shown;
        }
        let (account, customer) = (account_as_party(inbox), person.as_party(inbox.kind));
        let (from, to) = if self.from_account { (account, customer) } else { (customer, account) };
        shown["from"] = from;
        shown["to"] = json!({ "data": [to] });
        shown["message"] = self.text.clone().unwrap_or_default().into();
        if let Some(reply_to) = &self.reply_to {
            shown["reply_to"] = json!({"mid": reply_to, "is_self_reply": false});
        }
        if inbox.kind == Kind::Messenger {
            let origin = if self.from_account { "sent" } else { "inbox" };
            shown["tags"] = json!({"data": [{"name": origin}, {"name": "read"}, {"name": "source:chat"}]});
        }
        let share = |attachment: &&Value| {
            let kind = attachment["type"].as_str().unwrap_or_default();
            matches!(kind, "share" | "ig_post" | "post" | "reel" | "ig_reel" | "fallback")
        };
        let shares: Vec<Value> = self.attachments.iter().filter(share).map(as_share).collect();
        if !shares.is_empty() {
            shown["shares"] = json!({ "data": shares });
        }
        let sticker = self.attachments.iter().find(|attachment| attachment["type"] == "sticker");
        if let Some(sticker) = sticker {
            shown["sticker"] = sticker["payload"]["url"].clone();
        }
        let kept = self.attachments.iter().filter(|a| !share(a) && a["type"] != "sticker");
        let files: Vec<Value> = kept.enumerate().map(|(place, a)| as_file(place, a, &self.mid)).collect();
        if !files.is_empty() {
            shown["attachments"] = json!({ "data": files });
        }
        shown
    }
}

/// The Page or account as sender or receiver.
pub(super) fn account_as_party(inbox: &Inbox) -> Value {
    if inbox.kind.is_instagram() {
        return json!({"username": inbox.name, "id": inbox.account});
    }
    json!({"name": inbox.name, "email": format!("{}@facebook.com", inbox.account), "id": inbox.account})
}

fn as_share(attachment: &Value) -> Value {
    let payload = &attachment["payload"];
    let link = payload.get("url").or(attachment.get("url")).cloned().unwrap_or_default();
    json!({"id": payload["ig_post_media_id"], "link": link, "name": payload["title"]})
}

fn as_file(place: usize, attachment: &Value, mid: &str) -> Value {
    let url = &attachment["payload"]["url"];
    let tail = mid.get(mid.len().saturating_sub(8)..).unwrap_or_default();
    let mut file = json!({"id": format!("{tail}{place}")});
    match attachment["type"].as_str() {
        Some("image") => {
            file["mime_type"] = "image/png".into();
            file["name"] = format!("image-{place}").into();
            file["image_data"] = json!({
                "width": 1, "height": 1, "max_width": 1, "max_height": 1, "url": url, "preview_url": url, "image_type": 1,
                "render_as_sticker": false,
            });
        }
        Some("video") => {
            file["mime_type"] = "video/mp4".into();
            file["name"] = format!("video-{place}.mp4").into();
            file["video_data"] =
                json!({"width": 1, "height": 1, "length": 1, "video_type": 1, "url": url, "rotation": 0});
        }
        Some("audio") => {
            file["mime_type"] = "audio/mp4".into();
            file["name"] = format!("audioclip-{place}.mp4").into();
            file["file_url"] = url.clone();
        }
        Some("file") => {
            file["mime_type"] = "application/octet-stream".into();
            file["name"] = format!("file-{place}").into();
            file["file_url"] = url.clone();
        }
        _ => file["generic_template"] = attachment["payload"].clone(),
    }
    file
}
