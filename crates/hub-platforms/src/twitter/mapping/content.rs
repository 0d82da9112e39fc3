//! What a message says: words with their links written out, files, and posts that were passed on.

use crate::twitter::wire::{id, list, media_by_key, number, words};
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Links written out and files kept per message at most.
const MAX_ENTRIES: usize = 50;
/// Characters of a text with its links written out; what is longer keeps the short ones.
const MAX_WRITTEN_OUT: usize = 40_000;
/// Characters kept of a name of content the hub cannot show.
const MAX_KIND_CHARS: usize = 64;
/// Where posts are shown.
const POSTS: &str = "https://x.com/i/status/";
/// The media type of videos that are handed out whole.
const MP4: &str = "video/mp4";

/// What a message says, before it is put together.
#[derive(Default)]
pub(super) struct Said {
    text: String,
    /// Short links, and what stands for them; nothing where a link only names a file.
    links: Vec<(String, Option<String>)>,
    files: Vec<Attachment>,
    /// A file that cannot be shown, by the platform's name of its kind.
    strange: Option<String>,
    /// The id of a post.
    post: Option<String>,
}

impl Said {
    /// `message_data` of a delivery.
    pub(super) fn in_delivery(data: &Value) -> Self {
        let mut said = Self { text: words(&data["text"]).unwrap_or_default().to_owned(), ..Self::default() };
        let attachment = &data["attachment"];
        let media = &attachment["media"];
        if media.is_object() {
            said.add_file(media);
            said.links.extend(words(&media["url"]).map(|short| (short.to_owned(), None)));
        } else if attachment.is_object() {
            said.strange = Some(name(words(&attachment["type"]).unwrap_or("attachment")));
        }
        said.add_links(&data["entities"]["urls"], &|url| words(&media["url"]) == words(&url["url"]));
        said
    }

    /// An event of the API, with the files its answer includes.
    pub(super) fn in_answer(event: &Value, media: &Value) -> Self {
        let mut said = Self { text: words(&event["text"]).unwrap_or_default().to_owned(), ..Self::default() };
        let known: HashMap<&str, &Value> = media_by_key(media);
        for key in list(&event["attachments"]["media_keys"]).iter().filter_map(words).take(MAX_ENTRIES) {
            match known.get(key) {
                Some(media) => said.add_file(media),
                None => said.strange = Some("media".to_owned()),
            }
        }
        said.add_links(&event["entities"]["urls"], &|url| url.get("media_key").is_some());
        let posts = [&event["referenced_tweets"], &event["referenced_posts"]];
        said.post = posts.into_iter().flat_map(list).find_map(|post| id(&post["id"]));
        said
    }

    fn add_links(&mut self, urls: &Value, names_a_file: &dyn Fn(&Value) -> bool) {
        for url in list(urls).iter().take(MAX_ENTRIES) {
            let Some(short) = words(&url["url"]) else { continue };
            let long = if names_a_file(url) {
                Some(None)
            } else {
                words(&url["expanded_url"]).map(|long| Some(long.to_owned()))
            };
            if let Some(long) = long.filter(|_| !self.links.iter().any(|(known, _)| known == short)) {
                self.links.push((short.to_owned(), long));
            }
        }
    }

    fn add_file(&mut self, media: &Value) {
        match file(media) {
            Some(file) => self.files.push(file),
            None => self.strange = Some(name(words(&media["type"]).unwrap_or("media"))),
        }
    }

    /// Puts it together.
    pub(super) fn content(self, unescape: bool) -> Content {
        let mut text = written_out(&self.text, &self.links);
        if unescape {
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        }
        let text = Some(text).filter(|text| !text.is_empty());
        let mut details = Details::default();
        if let Some(post) = &self.post {
            details.extra.insert("link".to_owned(), json!({ "url": format!("{POSTS}{post}"), "id": post }));
        }
        let kind = match (self.files.first(), &text, &self.post) {
            (Some(first), ..) => first.kind,
            (None, Some(_), _) => ContentKind::Text,
            (None, None, Some(_)) => ContentKind::Share,
            (None, None, None) => ContentKind::Unsupported,
        };
        match self.strange {
            Some(strange) if kind == ContentKind::Unsupported => details.unsupported = Some(strange),
            Some(strange) => keep(&mut details.extra, "attachment", strange),
            None if kind == ContentKind::Unsupported => details.unsupported = Some("empty".to_owned()),
            None => {}
        }
        Content { kind, text, attachments: self.files, details }
    }
}

fn keep(extra: &mut Map<String, Value>, member: &str, text: String) {
    extra.insert(member.to_owned(), text.into());
}

fn name(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_control()).take(MAX_KIND_CHARS).collect()
}

/// Replaces the short links, in one pass: what stands for a link may look like another one.
fn written_out(text: &str, links: &[(String, Option<String>)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // The longest fits best where one short link begins like another.
        let here = links.iter().filter(|(short, _)| rest.starts_with(short.as_str()));
        let Some((short, long)) = here.max_by_key(|(short, _)| short.len()) else {
            let sign = rest.chars().next();
            out.extend(sign);
            rest = &rest[sign.map_or(0, char::len_utf8)..];
            continue;
        };
        match long {
            Some(long) if out.len() + long.len() <= MAX_WRITTEN_OUT => out.push_str(long),
            Some(_) => out.push_str(short),
            None => {}
        }
        rest = &rest[short.len()..];
    }
    if links.iter().any(|(_, long)| long.is_none()) { out.trim_end().to_owned() } else { out }
}

/// A file, in the words of deliveries or of answers. A video is handed out in several sizes; its picture is only the first one.
fn file(media: &Value) -> Option<Attachment> {
    let (kind, flavour) = match words(&media["type"])? {
        "photo" => (ContentKind::Image, None),
        "video" => (ContentKind::Video, None),
        "animated_gif" => (ContentKind::Video, Some("animated")),
        _ => return None,
    };
    let in_answer = media.get("media_key").is_some();
    let (remote_ref, mime_type) = if kind == ContentKind::Image {
        let own = if in_answer { &media["url"] } else { &media["media_url_https"] };
        (id(own).or_else(|| id(&media["media_url"])).or_else(|| address(own))?, None)
    } else {
        let variants = if in_answer { &media["variants"] } else { &media["video_info"]["variants"] };
        let rate = |one: &Value| number(&one["bitrate"]).or_else(|| number(&one["bit_rate"])).unwrap_or(0);
        let best =
            list(variants).iter().filter(|one| words(&one["content_type"]) == Some(MP4)).max_by_key(|one| rate(one))?;
        (address(&best["url"])?, Some(MP4.to_owned()))
    };
    let large = &media["sizes"]["large"];
    let pixels = |short: &str, long: &str| {
        let count = number(&large[short]).or_else(|| number(&media[long]));
        count.and_then(|count| i32::try_from(count).ok())
    };
    let length = number(&media["video_info"]["duration_millis"]).or_else(|| number(&media["duration_ms"]));
    let by_key = || words(&media["media_key"]).and_then(|key| key.rsplit('_').next()).map(str::to_owned);
    Some(Attachment {
        id: new_attachment_id(),
        kind,
        remote_ref,
        // Numbers this large lose their last digits in many a reader, so the text comes first.
        remote_unique_ref: id(&media["id_str"]).or_else(|| id(&media["id"])).or_else(by_key),
        mime_type,
        file_name: None,
        size: None,
        width: pixels("w", "width"),
        height: pixels("h", "height"),
        duration_s: length.and_then(|length| i32::try_from(length / 1_000).ok()),
        flavour: flavour.map(str::to_owned),
        state: AttachmentState::Pending,
    })
}

fn address(value: &Value) -> Option<String> {
    words(value).map(str::to_owned)
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}

#[cfg(test)]
mod tests {
    use super::written_out;

    #[test]
    fn links_are_written_out_in_one_pass() {
        let link = |short: &str, long: &str| (short.to_owned(), Some(long.to_owned()));
        let links = [link("t/a", "t/b t/b"), link("t/b", "t/a t/a"), link("t/ab", "long"), ("t/x".to_owned(), None)];
        for (text, out) in [
            ("t/a", "t/b t/b"),
            ("ä t/b!", "ä t/a t/a!"),
            ("t/ab", "long"),
            ("see t/x", "see"),
            ("t/x", ""),
            ("no link", "no link"),
            ("", ""),
        ] {
            assert_eq!(written_out(text, &links), out, "{text}");
        }
        assert_eq!(written_out("kept  ", &links[..1]), "kept  ");
    }
}
