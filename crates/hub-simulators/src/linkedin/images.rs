//! Pictures in comments: `/rest/images/{urn}` tells for some time where the bytes lie.

use super::authorise::READ;
use super::call::Call;
use super::comments::Draft;
use super::error::{Outcome, RestError, shown};
use super::handle::Platform;
use super::token::DAY;
use super::urn;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

/// Pictures kept at most; the oldest go first.
const MAX_IMAGES: usize = 500;
/// Milliseconds the address of a picture lives.
const LIFE: i64 = 30 * DAY;

/// A picture.
#[derive(Clone, Debug)]
pub struct Image {
    /// Media type.
    pub mime: String,
    /// Content.
    pub bytes: Bytes,
    /// It is named, and can be fetched no more.
    pub lost: bool,
}

impl Platform {
    /// Somebody comments with a picture.
    pub(super) fn comment_with_image(&self, author: &str, on: &str, image: Image) -> Option<String> {
        let mut state = self.state();
        let activity = state.post(on)?.activity;
        let now = state.now_ms();
        let id = format!("C4D{}", state.new_id(now));
        if state.images.len() >= MAX_IMAGES {
            state.images.pop_first();
        }
        state.images.insert(id.clone(), (author.to_owned(), image));
        let content = json!([{"type": "IMAGE", "entity": {"image": format!("urn:li:image:{id}")}}]);
        let draft = Draft { activity, author: author.to_owned(), content, ..Draft::default() };
        let comment = state.add_comment(draft);
        state.tell_comment(&comment, "COMMENT");
        drop(state);
        self.note_change();
        Some(comment.urn())
    }

    /// Where a picture lies.
    pub(super) fn image(&self, call: &Call, key: &str) -> Outcome {
        let name = Call::key(key, call.protocol2)?;
        self.authorise_for(call, &READ)?;
        let id = urn::id(&name, "image").unwrap_or_default().to_owned();
        let state = self.state();
        let now = state.now_ms();
        let owner = state.images.get(&id).map(|(owner, _)| owner.clone()).ok_or_else(|| RestError::missing(&name))?;
        drop(state);
        let end = now + LIFE;
        Ok(shown(json!({
            "id": name, "owner": owner, "status": "AVAILABLE", "downloadUrlExpiresAt": end,
            "downloadUrl": format!("{}/dms/image/v2/{id}/comment-image-shrink/0?e={}&v=beta", self.base_url(), end / 1_000),
        })))
    }

    /// The bytes, until the address ends; nobody need sign in for them.
    pub(super) fn image_bytes(&self, call: &Call, id: &str) -> Response {
        let state = self.state();
        let end = call.text("e").and_then(|end| end.parse::<i64>().ok()).unwrap_or_default();
        let found = state.images.get(id).map(|(_, image)| image.clone());
        match found {
            Some(image) if !image.lost && end > state.now_ms() / 1_000 => {
                ([(header::CONTENT_TYPE, image.mime)], image.bytes).into_response()
            }
            _ => StatusCode::FORBIDDEN.into_response(),
        }
    }
}
