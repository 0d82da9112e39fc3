//! Comments as messages: the post's thread is the conversation.

use super::super::urn::CommentUrn;
use super::super::wire::{Comment, Post};
use hub_domain::inbound::{ConversationRef, InboundMessage, Participant};
use hub_domain::{
    Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details, Direction, RemoteConversationId,
    RemoteMessageId, RemoteParticipantId, Timestamp,
};
use uuid::Uuid;

/// Characters of a post's words that become the conversation's title.
const MAX_TITLE: usize = 80;

/// The thread, with the further names of its post.
pub(super) fn conversation(urn: &CommentUrn, post: &Post) -> ConversationRef {
    let thread = urn.thread.as_str();
    let aliases = post.names.iter().filter(|name| *name != thread).map(|name| name.as_str().into()).collect();
    ConversationRef {
        id: RemoteConversationId::from(thread),
        aliases,
        name: post.text.as_deref().and_then(title),
        participant_id: Some(RemoteParticipantId::from(thread)),
        ..ConversationRef::default()
    }
}

/// The first line of a post, not too long.
pub(in super::super) fn title(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let cut: String = line.chars().filter(|c| !c.is_control()).take(MAX_TITLE).collect();
    Some(if cut.chars().count() < line.chars().count() { format!("{cut}…") } else { cut })
}

/// A comment as a message of the page `account`. `at` stands in for the times that a notification does not tell.
pub(super) fn message(
    account: &str,
    comment: &Comment,
    post: &Post,
    at: Option<Timestamp>,
    history: bool,
) -> Option<InboundMessage> {
    let sent_at = comment.created.or_else(|| plausible(comment.urn.written_at(), at)).or(at)?;
    let own = comment.author == account;
    Some(InboundMessage {
        conversation: conversation(&comment.urn, post),
        id: RemoteMessageId::from(comment.urn.full()),
        sequence: Some(comment.urn.number),
        sender: Participant {
            id: RemoteParticipantId::from(comment.author.as_str()),
            name: None,
            username: None,
            is_bot: false,
        },
        direction: if own { Direction::Outgoing } else { Direction::Incoming },
        content: content(comment),
        reply_to: comment.parent.as_ref().map(|parent| RemoteMessageId::from(parent.full())),
        sent_at,
        edited_at: comment.modified.filter(|modified| *modified > sent_at),
        client_key: None,
        history,
        is_read: history,
    })
}

/// The time inside a comment's number; one after the notification that tells of it is none.
fn plausible(written: Option<Timestamp>, told: Option<Timestamp>) -> Option<Timestamp> {
    const LEEWAY: chrono::Duration = chrono::Duration::minutes(5);
    written.filter(|written| told.is_none_or(|told| *written <= told + LEEWAY))
}

fn content(comment: &Comment) -> Content {
    let attachments: Vec<Attachment> = comment.pictures.iter().map(|picture| image(picture)).collect();
    let mut details = Details::default();
    let kind = match (&comment.text, attachments.is_empty()) {
        (_, false) => ContentKind::Image,
        (Some(_), true) => ContentKind::Text,
        (None, true) => {
            details.unsupported = Some("empty".to_owned());
            ContentKind::Unsupported
        }
    };
    Content { kind, text: comment.text.clone(), attachments, details }
}

/// A picture; it is fetched by its name.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn image(picture: &str) -> Attachment {
    Attachment {
        id: AttachmentId(Uuid::now_v7()),
        kind: ContentKind::Image,
        remote_ref: picture.to_owned(),
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title("\n  Our spring release \nmore").as_deref(), Some("Our spring release"));
        assert_eq!(title(" \n"), None);
        let long = title(&"x".repeat(100)).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (81, true));
    }
}
