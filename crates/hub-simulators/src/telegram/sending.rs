//! Everything a bot does to chats: sending, editing, deleting, reacting.

use super::answer::{Outcome, Refusal};
use super::files;
use super::handle::Shared;
use super::params::{Params, Upload};
use super::people;
use super::world::{Bot, Sent};
use serde_json::{Value, json};

const MAX_TEXT: usize = 4_096;
const MAX_CAPTION: usize = 1_024;
const MAX_PHOTO: usize = 10 * 1024 * 1024;
const MAX_UPLOAD: usize = 50 * 1024 * 1024;

/// Methods that send one file, and the parameter that brings it.
const FILE_METHODS: [(&str, &str); 8] = [
    ("sendphoto", "photo"),
    ("senddocument", "document"),
    ("sendvideo", "video"),
    ("sendaudio", "audio"),
    ("sendvoice", "voice"),
    ("sendanimation", "animation"),
    ("sendvideonote", "video_note"),
    ("sendsticker", "sticker"),
];

pub(super) fn is_send(method: &str) -> bool {
    matches!(method, "sendmessage" | "sendlocation" | "sendvenue" | "sendcontact" | "sendpoll")
        || FILE_METHODS.iter().any(|(name, _)| *name == method)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The chat a call is for, checked as the server does.
fn chat_id(bot: &Bot, params: &Params) -> Result<i64, Refusal> {
    let id = params.number("chat_id").ok_or_else(|| Refusal::bad_request("chat_id is empty"))?;
    if let Some(to) = bot.chats.get(&id).and_then(|chat| chat.migrated_to) {
        return Err(Refusal::migrated(to));
    }
    if bot.blocked.contains(&id) {
        return Err(Refusal::forbidden("bot was blocked by the user"));
    }
    if bot.chats.contains_key(&id) { Ok(id) } else { Err(Refusal::bad_request("chat not found")) }
}

/// The message a new one answers.
fn replied(bot: &Bot, chat: i64, params: &Params) -> Result<Option<Value>, Refusal> {
    let Some(reply) = params.json("reply_parameters") else { return Ok(None) };
    let wanted = reply["message_id"].as_i64().unwrap_or_default();
    let found = bot.chats.get(&chat).and_then(|chat| chat.messages.get(&wanted)).cloned();
    if found.is_none() && reply["allow_sending_without_reply"] != json!(true) {
        return Err(Refusal::bad_request("message to be replied not found"));
    }
    Ok(found.map(|mut message| {
        // One level deep.
        if let Some(members) = message.as_object_mut() {
            members.remove("reply_to_message");
        }
        message
    }))
}

pub(super) fn send(shared: &Shared, token: &str, method: &str, params: &Params) -> Outcome {
    let outcome = {
        let mut world = shared.world();
        let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
        send_one(bot, method, params)
    };
    if let Ok(message) = &outcome {
        people::answered(shared, token, message);
    }
    outcome
}

fn send_one(bot: &mut Bot, method: &str, params: &Params) -> Outcome {
    let chat = chat_id(bot, params)?;
    let reply = replied(bot, chat, params)?;
    let mut message = json!({});
    let text = params.text("text");
    let caption = params.text("caption").filter(|caption| !caption.is_empty());
    match method {
        "sendmessage" => {
            let text = text.clone().filter(|text| !text.trim().is_empty());
            let text = text.ok_or_else(|| Refusal::bad_request("message text is empty"))?;
            if units(&text) > MAX_TEXT {
                return Err(Refusal::bad_request("message is too long"));
            }
            message["text"] = text.into();
            if let Some(entities) = params.json("entities") {
                message["entities"] = entities;
            }
        }
        "sendlocation" | "sendvenue" => {
            let number = |name: &str| params.text(name).and_then(|text| text.parse::<f64>().ok());
            let (Some(latitude), Some(longitude)) = (number("latitude"), number("longitude")) else {
                return Err(Refusal::bad_request("latitude is empty"));
            };
            message["location"] = json!({"latitude": latitude, "longitude": longitude});
            if method == "sendvenue" {
                message["venue"] = json!({
                    "location": message["location"], "title": params.text("title").unwrap_or_default(),
                    "address": params.text("address").unwrap_or_default(),
                });
            }
        }
        "sendcontact" => {
            let phone = params.text("phone_number").ok_or_else(|| Refusal::bad_request("phone number is empty"))?;
            message["contact"] =
                json!({"phone_number": phone, "first_name": params.text("first_name").unwrap_or_default()});
        }
        "sendpoll" => {
            let question = params.text("question").ok_or_else(|| Refusal::bad_request("question is empty"))?;
            message["poll"] = poll(&question, params);
        }
        _ => {
            let (_, member) = FILE_METHODS
                .iter()
                .find(|(name, _)| *name == method)
                .ok_or_else(|| Refusal::new(404, "Not Found: method not found"))?;
            if caption.as_deref().is_some_and(|caption| units(caption) > MAX_CAPTION) {
                return Err(Refusal::bad_request("message caption is too long"));
            }
            let upload = upload(params, member, &params.text(member).unwrap_or_default())?;
            add_file(bot, &mut message, member, &upload);
            if let (Some(caption), false) = (&caption, matches!(*member, "video_note" | "sticker")) {
                message["caption"] = caption.clone().into();
            }
        }
    }
    for name in ["message_thread_id"] {
        if let Some(value) = params.number(name) {
            message[name] = value.into();
        }
    }
    if let Some(connection) = params.text("business_connection_id") {
        message["business_connection_id"] = connection.into();
    }
    if let Some(reply) = reply {
        message["reply_to_message"] = reply;
    }
    Ok(keep(bot, chat, method, params, message, text.or(caption)))
}

fn poll(question: &str, params: &Params) -> Value {
    let options = params.json("options").unwrap_or_default();
    let options: Vec<Value> = options
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(number, option)| {
            let text = option.as_str().map_or_else(|| option["text"].clone(), Value::from);
            json!({"persistent_id": number.to_string(), "text": text, "voter_count": 0})
        })
        .collect();
    json!({
        "id": "5400000000000000001", "question": question, "options": options, "total_voter_count": 0, "is_closed": false,
        "is_anonymous": true, "type": "regular", "allows_multiple_answers": false, "allows_revoting": true,
        "members_only": false,
    })
}

fn keep(bot: &mut Bot, chat: i64, method: &str, params: &Params, mut message: Value, text: Option<String>) -> Value {
    let head = bot.chats.get(&chat).map(|chat| chat.head.clone()).unwrap_or_default();
    message["from"] = bot.user();
    let kept = bot.chat(&head, 1).keep(message);
    let message_id = kept["message_id"].as_i64().unwrap_or_default();
    let params = Value::Object(params.values.clone());
    let message = kept.clone();
    bot.note_sent(Sent { method: method.to_owned(), chat_id: chat, text, params, message_id, message });
    kept
}

/// The file of a parameter: uploaded under its name, attached under another, or known by its id.
fn upload(params: &Params, member: &str, given: &str) -> Result<Upload, Refusal> {
    let attached = given.strip_prefix("attach://").unwrap_or(member);
    if let Some(upload) = params.uploads.get(attached) {
        let most = if member == "photo" { MAX_PHOTO } else { MAX_UPLOAD };
        if upload.bytes.len() > most {
            return Err(Refusal::new(413, "Request Entity Too Large"));
        }
        if upload.bytes.is_empty() {
            return Err(Refusal::bad_request("file must be non-empty"));
        }
        return Ok(upload.clone());
    }
    if given.is_empty() || given.starts_with("attach://") {
        return Err(Refusal::bad_request(&format!("there is no {member} in the request")));
    }
    // By id or by address: the simulator takes both without looking.
    Ok(Upload { name: "file".to_owned(), mime: "application/octet-stream".to_owned(), bytes: given.to_owned().into() })
}

fn add_file(bot: &mut Bot, message: &mut Value, member: &str, upload: &Upload) {
    let file = files::keep(bot, member, upload);
    let sized = |mut file: Value, extra: Value| {
        if let (Some(file), Some(extra)) = (file.as_object_mut(), extra.as_object()) {
            file.extend(extra.clone());
        }
        file
    };
    let named = json!({"file_name": upload.name, "mime_type": upload.mime});
    message[member] = match member {
        "photo" => json!([sized(file, json!({"width": 1, "height": 1}))]),
        "video" | "animation" => {
            let extra = json!({"width": 320, "height": 240, "duration": 3});
            sized(sized(file, extra), named)
        }
        "audio" => sized(sized(file, json!({"duration": 3})), named),
        "voice" => sized(file, json!({"duration": 3, "mime_type": "audio/ogg"})),
        "video_note" => sized(file, json!({"length": 240, "duration": 3})),
        "sticker" => sized(
            file,
            json!({"type": "regular", "width": 512, "height": 512, "is_animated": false, "is_video": false}),
        ),
        _ => sized(file, named),
    };
    if member == "animation" {
        // For clients that know no animations, the same file once more.
        let mut document = message[member].clone();
        if let Some(members) = document.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "width" | "height" | "duration"));
        }
        message["document"] = document;
    }
}

pub(super) fn send_group(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let chat = chat_id(bot, params)?;
    let reply = replied(bot, chat, params)?;
    let media = params.json("media").unwrap_or_default();
    let items = media.as_array().filter(|items| (2..=10).contains(&items.len()));
    let items = items.ok_or_else(|| Refusal::bad_request("group send must contain 2-10 items"))?.clone();
    let group = chrono::Utc::now().timestamp_micros().to_string();
    let mut messages = Vec::new();
    for item in items {
        let kind = item["type"].as_str().unwrap_or_default().to_owned();
        if !matches!(kind.as_str(), "photo" | "video" | "document" | "audio") {
            return Err(Refusal::bad_request("wrong type of the media"));
        }
        let upload = upload(params, &kind, item["media"].as_str().unwrap_or_default())?;
        let mut message = json!({"media_group_id": group});
        add_file(bot, &mut message, &kind, &upload);
        let caption = item["caption"].as_str().map(str::to_owned);
        if caption.as_deref().is_some_and(|caption| units(caption) > MAX_CAPTION) {
            return Err(Refusal::bad_request("message caption is too long"));
        }
        if let Some(caption) = &caption {
            message["caption"] = caption.clone().into();
        }
        if let Some(reply) = &reply {
            message["reply_to_message"] = reply.clone();
        }
        messages.push(keep(bot, chat, "sendmediagroup", params, message, caption));
    }
    Ok(messages.into())
}

pub(super) fn edit(shared: &Shared, token: &str, method: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let chat = chat_id(bot, params)?;
    let member = if method == "editmessagetext" { "text" } else { "caption" };
    let text = params.text(member).unwrap_or_default();
    let id = params.number("message_id").unwrap_or_default();
    let message = bot.chats.get_mut(&chat).and_then(|chat| chat.messages.get_mut(&id));
    let message = message.ok_or_else(|| Refusal::bad_request("message to edit not found"))?;
    if message[member].as_str() == Some(text.as_str()) {
        let words = "message is not modified: specified new message content and reply markup are exactly the same \
                     as a current content and reply markup of the message";
        return Err(Refusal::bad_request(words));
    }
    message[member] = text.clone().into();
    message["edit_date"] = chrono::Utc::now().timestamp().into();
    let edited = message.clone();
    note(bot, method, chat, params, id);
    Ok(edited)
}

pub(super) fn delete(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let chat = chat_id(bot, params)?;
    let id = params.number("message_id").unwrap_or_default();
    let gone = bot.chats.get_mut(&chat).and_then(|chat| chat.messages.remove(&id));
    gone.ok_or_else(|| Refusal::bad_request("message to delete not found"))?;
    note(bot, "deletemessage", chat, params, id);
    Ok(json!(true))
}

/// Calls that need a chat and answer with nothing but yes.
pub(super) fn acknowledged(shared: &Shared, token: &str, method: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let chat = chat_id(bot, params)?;
    note(bot, method, chat, params, params.number("message_id").unwrap_or_default());
    Ok(json!(true))
}

/// Calls that answer with nothing but yes.
pub(super) fn noted(shared: &Shared, token: &str, method: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    note(bot, method, 0, params, 0);
    Ok(json!(true))
}

fn note(bot: &mut Bot, method: &str, chat_id: i64, params: &Params, message_id: i64) {
    let text = params.text("text");
    let params = Value::Object(params.values.clone());
    bot.note_sent(Sent { method: method.to_owned(), chat_id, text, params, message_id, message: Value::Null });
}

pub(super) fn get_chat(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let id = chat_id(bot, params)?;
    let mut chat = bot.chats.get(&id).map(|chat| chat.head.clone()).unwrap_or_default();
    chat["accent_color_id"] = 0.into();
    chat["max_reaction_count"] = 11.into();
    chat["accepted_gift_types"] = json!({
        "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true, "premium_subscription": true,
        "gifts_from_channels": true,
    });
    Ok(chat)
}
