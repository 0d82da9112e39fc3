//! Files: uploads in one step, and fetching those of a DM.

use super::call::Call;
use super::events::EventKind;
use super::problem::{Outcome, Problem};
use super::world::{MAX_KEPT, World};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Seconds an upload can be used.
const LIFE: i64 = 24 * 60 * 60;
/// Bytes of a picture, a GIF, a video at most.
const LIMITS: [(&str, usize); 3] =
    [("dm_image", 5 * 1024 * 1024), ("dm_gif", 15 * 1024 * 1024), ("dm_video", 512 * 1024 * 1024)];
/// Where addresses of DM media begin.
const BASE: &str = "https://ton.twitter.com";
/// Name of every file, after its ids.
const NAME: &str = "7WY9gUyS";

/// A file.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub(super) owner: String,
    pub(super) category: String,
    pub(super) content_type: String,
    pub(super) total: usize,
    pub(super) parts: BTreeMap<u64, Bytes>,
    pub(super) bytes: Option<Bytes>,
    /// How often its state is still to be asked for before it is ready.
    pub(super) pending: u32,
    pub(super) expires_at: i64,
}

/// The bytes of a body: a part, or base64.
pub(super) fn content(call: &Call) -> Result<Bytes, Problem> {
    if let Some(file) = &call.file {
        return Ok(file.clone());
    }
    let text = call.text("media").unwrap_or_default();
    let bytes = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
    bytes.map(Bytes::from).ok_or_else(|| Problem::invalid("media", "", "$.media: is missing or no base64"))
}

/// The limit of a category.
pub(super) fn limit(category: &str) -> Result<usize, Problem> {
    let known = LIMITS.iter().find(|(name, _)| *name == category).map(|(_, limit)| *limit);
    known.ok_or_else(|| Problem::invalid("media_category", category, "$.media_category: is not for direct messages"))
}

impl World {
    /// Keeps a file that is not there yet.
    pub(super) fn new_media(&mut self, owner: &str, category: &str, content_type: &str, total: usize) -> String {
        if self.media.len() >= MAX_KEPT {
            self.media.clear();
        }
        let id = self.new_id().to_string();
        let media = Media {
            owner: owner.to_owned(),
            category: category.to_owned(),
            content_type: content_type.to_owned(),
            total,
            parts: BTreeMap::new(),
            bytes: None,
            pending: 0,
            expires_at: self.now() + LIFE,
        };
        self.media.insert(id.clone(), media);
        id
    }

    /// `POST /2/media/upload`
    pub(super) fn upload(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, &["media.write"])?.user;
        let category = call.text("media_category").unwrap_or_default().to_owned();
        let most = limit(&category)?;
        let bytes = content(call)?;
        if bytes.len() > most {
            return Err(Problem::invalid("media", "", "The media is too large."));
        }
        let kind = call.text("media_type").unwrap_or("image/png").to_owned();
        let id = self.put_media(&me, &category, &kind, bytes);
        Ok((200, self.told(&id)))
    }

    /// A file that is ready.
    pub(super) fn put_media(&mut self, owner: &str, category: &str, content_type: &str, bytes: Bytes) -> String {
        let id = self.new_media(owner, category, content_type, bytes.len());
        if let Some(media) = self.media.get_mut(&id) {
            media.bytes = Some(bytes);
        }
        id
    }

    /// An upload, as its answers tell of it.
    pub(super) fn told(&self, id: &str) -> Value {
        let media = self.media.get(id);
        let left = media.map_or(0, |media| media.expires_at - self.now());
        let size = media.and_then(|media| media.bytes.as_ref()).map_or(0, Bytes::len);
        json!({"data": {"id": id, "media_key": format!("3_{id}"), "size": size, "expires_after_secs": left}})
    }

    /// Whether somebody can send a file.
    pub(super) fn is_usable(&self, id: &str, who: &str) -> bool {
        let now = self.now();
        self.media.get(id).is_some_and(|media| {
            media.owner == who && media.bytes.is_some() && media.pending == 0 && media.expires_at > now
        })
    }

    /// Kind and address of a file, in the words of webhooks.
    pub(super) fn media_place(&self, id: &str, event: u64) -> Option<(&'static str, String)> {
        let media = self.media.get(id)?;
        let (kind, end) = match media.category.as_str() {
            "dm_video" => ("video", "mp4"),
            "dm_gif" => ("animated_gif", "mp4"),
            _ => ("photo", if media.content_type.ends_with("png") { "png" } else { "jpg" }),
        };
        let base = self.options.media_base.as_deref().unwrap_or(BASE);
        Some((kind, format!("{base}/1.1/ton/data/dm/{event}/{id}/{NAME}.{end}")))
    }

    /// A file, as `includes` has it.
    pub(super) fn media_object(&self, id: &str, event: u64) -> Option<Value> {
        let (kind, url) = self.media_place(id, event)?;
        let mut told = json!({"media_key": format!("3_{id}"), "type": kind, "width": 1_200, "height": 900});
        if kind == "photo" {
            told["url"] = url.into();
        } else {
            told["preview_image_url"] = format!("{url}.jpg").into();
            told["variants"] = json!([{"bit_rate": 832_000, "content_type": "video/mp4", "url": url}]);
        }
        Some(told)
    }

    /// `GET /2/dm_conversations/media/{dm}/{media}/{resource}`, the resource with its ending or without.
    pub(super) fn fetch(&self, call: &Call, dm: &str, id: &str, resource: &str) -> Result<Response, Problem> {
        let me = self.person(call, &["dm.read"])?.user;
        let gone = || Problem::not_found("media", "media_id", id);
        let event = self.events.iter().find(|event| event.id.to_string() == dm).ok_or_else(gone)?;
        let has = matches!(&event.kind, EventKind::MessageCreate { media: Some(media), .. } if media == id);
        if !has || resource.split('.').next() != Some(NAME) {
            return Err(gone());
        }
        if !self.members(&event.conversation).contains(&me) {
            return Err(Problem::forbidden("This operation is not permitted."));
        }
        let media = self.media.get(id).ok_or_else(gone)?;
        let bytes = media.bytes.clone().ok_or_else(gone)?;
        Ok(([(header::CONTENT_TYPE, media.content_type.clone())], bytes).into_response())
    }
}
