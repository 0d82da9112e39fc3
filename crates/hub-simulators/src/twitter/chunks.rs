//! Uploads in several steps.

use super::call::Call;
use super::media::{content, limit};
use super::problem::{Outcome, Problem};
use super::world::World;
use bytes::{Bytes, BytesMut};
use serde_json::json;

/// Segments of an upload at most.
const MAX_SEGMENT: u64 = 999;
/// How often a video's state is asked for before it is ready.
const VIDEO_STEPS: u32 = 2;

impl World {
    /// `POST /2/media/upload/initialize`
    pub(super) fn initialize(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, &["media.write"])?.user;
        let category = call.text("media_category").unwrap_or_default();
        let total = call.body["total_bytes"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
        if total == 0 || total > limit(category)? {
            return Err(Problem::invalid("total_bytes", &total.to_string(), "$.total_bytes: is missing or too large"));
        }
        let kind = call.text("media_type").unwrap_or_default();
        if !kind.contains('/') {
            return Err(Problem::invalid("media_type", kind, "$.media_type: is missing"));
        }
        let id = self.new_media(&me, category, kind, total);
        let mut told = self.told(&id);
        if let Some(data) = told["data"].as_object_mut() {
            data.remove("size");
        }
        Ok((200, told))
    }

    /// `POST /2/media/upload/{id}/append`
    pub(super) fn append(&mut self, call: &Call, id: &str) -> Outcome {
        let me = self.person(call, &["media.write"])?.user;
        let index = &call.body["segment_index"];
        let index = index.as_u64().or_else(|| index.as_str()?.parse().ok()).filter(|index| *index <= MAX_SEGMENT);
        let index = index.ok_or_else(|| Problem::invalid("segment_index", "", "$.segment_index: must be 0 to 999"))?;
        let bytes = content(call)?;
        let media = self.media.get_mut(id).filter(|media| media.owner == me && media.bytes.is_none());
        let media = media.ok_or_else(|| Problem::not_found("media", "id", id))?;
        let others: usize = media.parts.iter().filter(|(at, _)| **at != index).map(|(_, part)| part.len()).sum();
        if others + bytes.len() > media.total {
            return Err(Problem::invalid("media", "", "More bytes than were announced."));
        }
        media.parts.insert(index, bytes);
        Ok((200, json!({"data": {"expires_at": media.expires_at}})))
    }

    /// `POST /2/media/upload/{id}/finalize`
    pub(super) fn finalize(&mut self, call: &Call, id: &str) -> Outcome {
        let me = self.person(call, &["media.write"])?.user;
        let media = self.media.get_mut(id).filter(|media| media.owner == me && media.bytes.is_none());
        let media = media.ok_or_else(|| Problem::not_found("media", "id", id))?;
        let have: usize = media.parts.values().map(Bytes::len).sum();
        let in_order = media.parts.keys().zip(0_u64..).all(|(at, place)| *at == place);
        if have != media.total || !in_order {
            return Err(Problem::invalid("id", id, "Segments do not add up to the announced size."));
        }
        let mut whole = BytesMut::with_capacity(have);
        for part in std::mem::take(&mut media.parts).into_values() {
            whole.extend_from_slice(&part);
        }
        media.bytes = Some(whole.freeze());
        let slow = media.category != "dm_image";
        media.pending = if slow { VIDEO_STEPS } else { 0 };
        let mut told = self.told(id);
        if slow {
            told["data"]["processing_info"] = json!({"state": "pending", "check_after_secs": 1});
        }
        Ok((200, told))
    }

    /// `GET /2/media/upload?media_id=`
    pub(super) fn upload_state(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, &["media.write"])?.user;
        let id = call.asked("media_id").unwrap_or_default().to_owned();
        let media = self.media.get_mut(&id).filter(|media| media.owner == me && media.bytes.is_some());
        let media = media.ok_or_else(|| Problem::not_found("media", "media_id", &id))?;
        media.pending = media.pending.saturating_sub(1);
        let info = if media.pending == 0 {
            json!({"state": "succeeded", "progress_percent": 100})
        } else {
            json!({"state": "in_progress", "check_after_secs": 1, "progress_percent": 50})
        };
        let mut told = self.told(&id);
        told["data"]["processing_info"] = info;
        Ok((200, told))
    }
}
