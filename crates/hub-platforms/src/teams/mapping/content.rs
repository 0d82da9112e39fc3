//! What a message says.

use super::super::html::{self, Words};
use super::super::wire::{Body, ChatMessage};
use super::attachments::Files;
use crate::values::{id, words};
use hub_domain::{Content, ContentKind};
use serde_json::{Map, Value, json};

/// What stands beside the words and is told on as it is, and when it says nothing.
const BESIDE: &[(&str, &str)] = &[("subject", ""), ("importance", "normal")];

/// The content, and the message it answers.
pub(super) fn content(message: ChatMessage<'_>) -> (Content, Option<String>) {
    let mut files = Files::default();
    let said = match message.body() {
        Body::Text(text) => Words { text: text.to_owned(), ..Words::default() },
        Body::Html(html) => html::read(html),
    };
    for medium in &said.media {
        files.medium(medium);
    }
    for attachment in message.attachments() {
        files.attachment(attachment);
    }
    let Files { list: files, answers, mut details, forwarded_words } = files;
    let text = Some(said.text).filter(|text| !text.trim().is_empty()).or(forwarded_words);
    let mentions: Vec<Value> = message.mentions().filter_map(mention).collect();
    details.entities = said.spans.into_iter().map(|span| named(span, message)).collect();
    beside(message, &mentions, &mut details.extra);
    let kind = match files.first() {
        Some(file) => file.kind,
        None if text.is_some() => ContentKind::Text,
        None => {
            details.unsupported.get_or_insert_with(|| "empty".to_owned());
            ContentKind::Unsupported
        }
    };
    (Content { kind, text, attachments: files, details }, answers)
}

/// Somebody mentioned, as the hub tells it.
fn mention(mention: &Value) -> Option<Value> {
    let text = words(mention.get("mentionText"));
    Some(json!({ "user_id": mentioned(mention)?, "text": text }))
}

/// The id of a person, program, chat or tag that is mentioned.
fn mentioned(mention: &Value) -> Option<String> {
    let whom = mention.get("mentioned")?;
    ["user", "application", "conversation", "tag"].iter().find_map(|kind| whom.get(*kind)?.get("id").and_then(id))
}

/// A span that mentions somebody names the number of the mention; people are known by their ids.
fn named(mut span: Value, message: ChatMessage<'_>) -> Value {
    if let Some(members) = span.as_object_mut()
        && let Some(number) = members.remove("mention").as_ref().and_then(Value::as_str)
    {
        let fits = |mention: &&Value| mention.get("id").and_then(id).as_deref() == Some(number);
        if let Some(person) = message.mentions().find(fits).and_then(mentioned) {
            members.insert("user_id".to_owned(), person.into());
        }
    }
    span
}

fn beside(message: ChatMessage<'_>, mentions: &[Value], extra: &mut Map<String, Value>) {
    if !mentions.is_empty() {
        extra.insert("mentions".to_owned(), mentions.into());
    }
    for (name, silent) in BESIDE {
        if let Some(text) = message.text(name).filter(|text| text != silent) {
            extra.insert((*name).to_owned(), text.into());
        }
    }
    if message.0.get("policyViolation").is_some_and(Value::is_object) {
        extra.insert("policy_violation".to_owned(), true.into());
    }
}
