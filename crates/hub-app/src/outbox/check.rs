//! What the card forbids is refused in words, before any network: when a message is accepted, and again when it leaves.

use crate::{AppError, Result};
use chrono::TimeDelta;
use hub_domain::{ContentKind, Conversation, Timestamp};
use hub_platform_kit::card::Feature;
use hub_platform_kit::platform::OutboundFile;
use hub_platform_kit::{Card, ErrorKind, PlatformError};

use super::send_message::SendMessage;

/// Checks a message against the card, and against what accounts linked by `method` lack. Files are made what they can leave as: a picture of a type that cannot be sent as one
/// leaves as a file, where files can be sent.
pub(super) fn check(
    card: &Card,
    method: Option<&str>,
    conversation: &Conversation,
    input: &mut SendMessage,
) -> Result<()> {
    let name = card.display_name;
    if conversation.remote_id.as_str().is_empty() {
        return Err(AppError::Invalid("This conversation has no address to send to.".to_owned()));
    }
    let captioned = !input.attachments.is_empty() && card.text.max_caption > 0;
    let limit = if captioned { card.text.max_caption } else { card.text.max };
    let length = card.text.unit.measure(&input.content);
    if length > limit && (captioned || !card.text.split_longer) {
        return Err(AppError::Invalid(format!(
            "{name} allows at most {limit} characters here; this text has {length}."
        )));
    }
    if input.attachments.len() > card.max_attachments {
        return Err(AppError::Invalid(format!("{name} allows at most {} files in one message.", card.max_attachments)));
    }
    for file in &mut input.attachments {
        fit(card, file)?;
    }
    if !card.offers(Feature::Send, method) {
        let words = format!("{name} lets this account read, not write.");
        let error = PlatformError::new(ErrorKind::Unsupported, words);
        return Err(AppError::Platform { platform: card.published_name.to_owned(), error });
    }
    if input.reply_to.is_some() && !card.offers(Feature::Replies, method) {
        return Err(AppError::Invalid(format!("{name} cannot answer a single message.")));
    }
    let special = input.special.kind();
    let offered = match special {
        None => true,
        Some(ContentKind::Template | ContentKind::Text) => card.templates,
        Some(kind) => card.sends.contains(&kind),
    };
    if !offered {
        return Err(AppError::Invalid(format!("{name} cannot send this kind of message.")));
    }
    if special.is_some() && !input.attachments.is_empty() {
        return Err(AppError::Invalid("Files cannot be sent together with that.".to_owned()));
    }
    Ok(())
}

fn fit(card: &Card, file: &mut OutboundFile) -> Result<()> {
    let mime = file.mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let takes = |kind: ContentKind| {
        card.attachment_rule(kind)
            .filter(|rule| rule.mime_types.is_empty() || rule.mime_types.contains(&mime.as_str()))
            .map(|rule| rule.max_bytes)
    };
    let size = file.bytes.len() as u64;
    let candidates = [file.kind, ContentKind::File];
    if let Some(kind) = candidates.into_iter().find(|kind| takes(*kind).is_some_and(|most| size <= most)) {
        file.kind = kind;
        return Ok(());
    }
    let name = card.display_name;
    Err(AppError::Invalid(match candidates.into_iter().filter_map(takes).max() {
        Some(most) => format!("{name} takes files of this kind up to {} MB.", most / (1024 * 1024)),
        None => format!("{name} does not take files of this kind ({}).", file.kind.as_str()),
    }))
}

/// Whether the account may write now; gives the tag to send under. `acted` is when the other person last did something, as far
/// as the hub saw; what it never saw is left to the platform.
pub(super) fn window(
    card: &Card,
    acted: Option<Timestamp>,
    now: Timestamp,
    asked: Option<&str>,
    prepared: bool,
) -> Result<Option<String>> {
    let tagged = card.reply_window.and_then(|window| window.tagged);
    if let Some(asked) = asked
        && tagged.is_none_or(|tagged| tagged.tag != asked)
    {
        return Err(AppError::Invalid(format!("{} knows no tag of this name.", card.display_name)));
    }
    let (Some(window), Some(acted), false) = (card.reply_window, acted, prepared) else { return Ok(None) };
    let within = |time: std::time::Duration| now < acted + TimeDelta::from_std(time).unwrap_or_default();
    if within(window.free) {
        return Ok(None);
    }
    let open = tagged.filter(|tagged| within(tagged.within));
    if let (Some(open), Some(_)) = (open, asked) {
        return Ok(Some(open.tag.to_owned()));
    }
    Err(AppError::WindowClosed {
        platform: card.display_name,
        hours: window.free.as_secs() / 3600,
        tag: open.map(|open| open.tag),
        templates: card.templates,
    })
}
