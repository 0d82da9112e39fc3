//! Attachments that an app sends: by address, by id, or uploaded.

use super::super::media::NotFetched;
use super::super::{Call, Expiry, GraphError, HostedFile, Outcome, Upload};
use super::{Inboxes, Kind};
use bytes::Bytes;
use serde_json::{Value, json};

/// Largest picture in bytes.
const MAX_IMAGE: usize = 8 * 1024 * 1024;
/// Largest other file in bytes.
const MAX_FILE: usize = 25 * 1024 * 1024;
/// Milliseconds that an uploaded attachment is good for: 90 days.
const REUSABLE_FOR: i64 = 90 * 24 * 3_600 * 1_000;
/// Uploads kept at most.
const MAX_UPLOADS: usize = 10_000;

/// An attachment that can be sent again by its id.
#[derive(Clone, Debug)]
pub(super) struct Reusable {
    asset: String,
    kind: String,
    url: String,
    until_ms: i64,
}

/// An attachment that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    /// As webhooks show it.
    pub(crate) shown: Value,
    /// Its id, when it can be sent again.
    pub(crate) attachment_id: Option<String>,
}

fn failure(subcode: i64, words: &str) -> GraphError {
    GraphError::new(100, format!("(#100) {words}")).with_subcode(subcode)
}

impl Inboxes {
    /// `/message_attachments`: uploads ahead.
    pub(crate) async fn upload_ahead(&self, call: &Call, kind: Kind, asset: &str) -> Outcome {
        let message = call.json("message").ok_or_else(|| GraphError::parameter("The parameter message is required"))?;
        let mut attachment = message["attachment"].clone();
        attachment["payload"]["is_reusable"] = true.into();
        let taken = self.take(kind, asset, &attachment, call.uploads.get("filedata")).await?;
        Ok(json!({"attachment_id": taken.attachment_id}))
    }

    /// Takes what a message's attachment names.
    pub(super) async fn take(
        &self,
        kind: Kind,
        asset: &str,
        attachment: &Value,
        upload: Option<&Upload>,
    ) -> Result<Fetched, GraphError> {
        let sort = attachment["type"].as_str().unwrap_or_default();
        let payload = &attachment["payload"];
        match sort {
            "template" if kind == Kind::Messenger => {
                return Ok(Fetched { shown: json!({"type": "template", "payload": payload}), attachment_id: None });
            }
            "like_heart" if kind.is_instagram() => {
                return Ok(Fetched { shown: json!({"type": "like_heart"}), attachment_id: None });
            }
            "MEDIA_SHARE" if kind.is_instagram() && !payload["id"].is_null() => {
                let payload = json!({"ig_post_media_id": payload["id"], "url": "https://www.instagram.com/p/sim/"});
                return Ok(Fetched { shown: json!({"type": "ig_post", "payload": payload}), attachment_id: None });
            }
            "image" | "video" | "audio" | "file" => {}
            _ => {
                return Err(GraphError::parameter(
                    "Param message[attachment][type] must be one of {IMAGE, VIDEO, AUDIO, FILE}",
                ));
            }
        }
        if let Some(id) = payload["attachment_id"].as_str() {
            return self.known(asset, sort, id);
        }
        let largest = if sort == "image" { MAX_IMAGE } else { MAX_FILE };
        let (name, mime, bytes) = match (upload, payload["url"].as_str()) {
            (Some(_), _) if kind == Kind::Instagram => {
                return Err(GraphError::parameter("Param message[attachment][payload][url] is required"));
            }
            (Some(upload), _) => (upload.name.clone(), upload.mime.clone(), upload.bytes.clone()),
            (None, Some(url)) => {
                let (mime, bytes) = self.fetched(sort, url, largest).await?;
                (name_of(url), mime, bytes)
            }
            (None, None) => return Err(GraphError::parameter("Param message[attachment][payload][url] is required")),
        };
        if bytes.len() > largest {
            return Err(failure(2_018_109, "Attachment size exceeds allowable limit"));
        }
        if !fits(kind, sort, &mime, upload.is_some()) {
            return Err(failure(2_018_047, "Upload attachment failure."));
        }
        let url = self.meta().host_file(HostedFile { name, mime, bytes }, Expiry::default());
        let reusable = matches!(&payload["is_reusable"], Value::Bool(true)) || payload["is_reusable"] == "true";
        let attachment_id = reusable.then(|| self.keep(asset, sort, &url));
        Ok(Fetched { shown: json!({"type": sort, "payload": {"url": url}}), attachment_id })
    }

    async fn fetched(&self, sort: &str, url: &str, largest: usize) -> Result<(String, Bytes), GraphError> {
        self.meta().fetch(url, largest).await.map_err(|problem| match problem {
            NotFetched::TooSlow if sort == "video" => failure(2_018_294, "Video upload timed out"),
            NotFetched::TooSlow | NotFetched::Failed => failure(2_018_008, "Failed to fetch the file from the url"),
            NotFetched::TooLarge => failure(2_018_109, "Attachment size exceeds allowable limit"),
        })
    }

    fn known(&self, asset: &str, sort: &str, id: &str) -> Result<Fetched, GraphError> {
        let now = self.meta().now_ms();
        let found = self.uploads().get(id).filter(|kept| kept.asset == asset && kept.until_ms > now).cloned();
        let kept = found.ok_or_else(|| failure(2_018_074, "Invalid attachment id, or it is not owned by this page"))?;
        if kept.kind != sort {
            return Err(failure(2_018_047, "Attachment type does not match"));
        }
        Ok(Fetched { shown: json!({"type": sort, "payload": {"url": kept.url}}), attachment_id: None })
    }

    fn keep(&self, asset: &str, sort: &str, url: &str) -> String {
        let id = super::super::state::digits("1", 16);
        let until_ms = self.meta().now_ms() + REUSABLE_FOR;
        let kept = Reusable { asset: asset.to_owned(), kind: sort.to_owned(), url: url.to_owned(), until_ms };
        let mut uploads = self.uploads();
        if uploads.len() >= MAX_UPLOADS {
            uploads.pop_first();
        }
        uploads.insert(id.clone(), kept);
        id
    }
}

fn name_of(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let last = parsed.as_ref().and_then(url::Url::path_segments).and_then(|mut parts| parts.next_back());
    last.filter(|name| !name.is_empty()).unwrap_or("file").to_owned()
}

/// Whether a file may go as this sort.
fn fits(kind: Kind, sort: &str, mime: &str, uploaded: bool) -> bool {
    let mime = mime.split(';').next().unwrap_or_default().trim();
    if !kind.is_instagram() {
        return match sort {
            "image" => mime.starts_with("image/"),
            "video" => mime.starts_with("video/"),
            "audio" => mime.starts_with("audio/") || mime == "video/mp4",
            _ => true,
        };
    }
    match sort {
        "image" => matches!(mime, "image/png" | "image/jpeg") || (mime == "image/gif" && uploaded),
        "audio" => matches!(
            mime,
            "audio/aac"
                | "audio/mp4"
                | "audio/m4a"
                | "audio/x-m4a"
                | "audio/wav"
                | "audio/x-wav"
                | "audio/wave"
                | "video/mp4"
        ),
        "video" => matches!(
            mime,
            "video/mp4" | "video/ogg" | "video/x-msvideo" | "video/avi" | "video/quicktime" | "video/webm"
        ),
        _ => mime == "application/pdf",
    }
}
