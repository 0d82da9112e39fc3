//! How one message of the hub leaves: as one message of the platform, or as several, by the card's rules. The same plan is made
//! whenever it is needed, so that a delivery goes on where it stopped and an echo finds its part.

use hub_domain::{ContentKind, Message, text};
use hub_platform_kit::Card;
use std::ops::Range;

/// One message of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Words, or the caption of the files.
    pub(crate) text: Option<String>,
    /// Which of the message's files.
    pub(crate) files: Range<usize>,
}

/// The parts of a message, at least one.
pub(crate) fn of_message(card: &Card, message: &Message) -> Vec<Part> {
    let words = message.content.text.as_deref().unwrap_or_default();
    plan(card, message.content.kind, words, message.content.attachments.len())
}

/// The parts of a message with so many files.
pub(crate) fn plan(card: &Card, kind: ContentKind, words: &str, files: usize) -> Vec<Part> {
    let rules = card.text;
    let with_words = |words: &str| (!words.is_empty()).then(|| words.to_owned());
    let whole = !matches!(kind, ContentKind::Text) && files == 0;
    if whole {
        return vec![Part { text: with_words(words), files: 0..0 }];
    }
    let speech = || {
        text::split(words, rules.max, rules.unit).into_iter().map(|part| Part { text: with_words(part), files: 0..0 })
    };
    if files == 0 {
        return speech().collect();
    }
    let album = card.album.max(1);
    let albums = (0..files).step_by(album).map(|first| first..(first + album).min(files));
    if rules.max_caption == 0 && !words.is_empty() {
        return speech().chain(albums.map(|files| Part { text: None, files })).collect();
    }
    let caption = |first: usize| if first == 0 { with_words(words) } else { None };
    albums.map(|files| Part { text: caption(files.start), files }).collect()
}
