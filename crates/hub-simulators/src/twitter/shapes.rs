//! What webhooks tell: one event in the older shape and in the activity API's.

use super::activity::Subscription;
use super::events::{DmEvent, EventKind};
use super::world::{User, World};
use serde_json::{Map, Value, json};

/// Characters of a short link in a text.
pub(super) const SHORT_LINK: usize = 23;

impl World {
    /// Tells a message to everybody in its conversation who is subscribed.
    pub(super) fn tell_message(&mut self, event: &DmEvent) {
        let EventKind::MessageCreate { text, media } = &event.kind else { return };
        let group = self.groups.contains_key(&event.conversation);
        if group && !self.options.groups_in_webhooks {
            return;
        }
        let members = self.members(&event.conversation);
        let other = members.iter().find(|member| **member != event.sender).unwrap_or(&event.sender).clone();
        let target =
            if group { json!({"conversation_id": event.conversation}) } else { json!({"recipient_id": other}) };
        let mut data = json!({"text": text,
            "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}});
        if let Some((id, (kind, url))) = media.as_ref().and_then(|id| Some((id, self.media_place(id, event.id)?))) {
            let (link, file) = attachment(event.id, text, id, kind, &url);
            data["entities"]["urls"] = json!([link]);
            data["attachment"] = json!({"type": "media", "media": file});
        }
        let told = json!({"type": "message_create", "id": event.id.to_string(),
            "created_timestamp": event.at_ms().to_string(),
            "message_create": {"target": target, "sender_id": event.sender, "message_data": data}});
        let people = [event.sender.clone(), other];
        for member in &members {
            let kind = if *member == event.sender { "dm.sent" } else { "dm.received" };
            self.tell(member, kind, "direct_message_events", &told, &people);
        }
    }

    /// Tells one event under the name of its list, in both shapes.
    pub(super) fn tell(&mut self, user: &str, kind: &str, list: &str, event: &Value, people: &[String]) {
        let known: Vec<User> = people.iter().filter_map(|id| self.users.get(id)).cloned().collect();
        let old: Map<String, Value> = known.iter().map(|user| (user.id.clone(), old_user(user))).collect();
        let whole = json!({"for_user_id": user, list: [event], "users": old});
        self.tell_account(user, &whole);
        let new: Map<String, Value> = known.iter().map(|user| (user.id.clone(), new_user(user))).collect();
        self.tell_activity(Some(user), kind, &json!({list: [event], "users": new}));
    }

    /// Tells any body to the account activity webhooks of somebody.
    pub(super) fn tell_account(&mut self, user: &str, body: &Value) {
        let hooks: Vec<String> =
            self.accounts.iter().filter(|(_, one)| one == user).map(|(hook, _)| hook.clone()).collect();
        for hook in &hooks {
            self.post(hook, body);
        }
    }

    /// Tells a payload to the subscriptions of a kind; `user` = whose, `None` = it names nobody.
    pub(super) fn tell_activity(&mut self, user: Option<&str>, kind: &str, payload: &Value) {
        let fits = |one: &&Subscription| one.event_type == kind && (one.user.is_none() || one.user.as_deref() == user);
        let wanted: Vec<Subscription> = self.subscriptions.iter().filter(fits).cloned().collect();
        for one in wanted {
            let Some(hook) = one.webhook_id else { continue };
            let filter = user.map_or_else(|| json!({}), |user| json!({"user_id": user}));
            let uuid = format!("-{}", self.new_id());
            let mut data = json!({"event_uuid": uuid, "filter": filter, "event_type": kind, "payload": payload});
            if let Some(tag) = one.tag {
                data["tag"] = tag.into();
            }
            self.post(&hook, &json!({"data": data}));
        }
    }
}

fn old_user(user: &User) -> Value {
    let picture = user.picture();
    json!({"id": user.id, "created_timestamp": "1422556069340", "name": user.name, "screen_name": user.username,
        "protected": false, "verified": false, "followers_count": 22, "friends_count": 45, "statuses_count": 494,
        "profile_image_url": picture, "profile_image_url_https": picture})
}

fn new_user(user: &User) -> Value {
    json!({"data": {"id": user.id, "name": user.name, "username": user.username, "description": "", "protected": false,
        "verified": false, "verified_type": "none", "created_at": "2026-04-20T19:55:59.000Z",
        "profile_image_url": user.picture()}})
}

/// The link and the file of a message.
fn attachment(event: u64, text: &str, id: &str, kind: &str, url: &str) -> (Value, Value) {
    let end = text.chars().count();
    let short = text.rsplit(' ').next().unwrap_or_default();
    let link = json!({"url": short, "expanded_url": format!("https://x.com/messages/media/{event}"),
        "display_url": "pic.x.com/Zz00000001", "indices": [end.saturating_sub(SHORT_LINK), end]});
    let still = if kind == "photo" { url.to_owned() } else { format!("{url}.jpg") };
    let mut file = link.clone();
    let more = json!({"id": id.parse::<u64>().unwrap_or_default(), "id_str": id, "type": kind,
        "media_url": still, "media_url_https": still,
        "sizes": {"large": {"w": 1_200, "h": 900, "resize": "fit"}}});
    if let (Some(file), Value::Object(more)) = (file.as_object_mut(), more) {
        file.extend(more);
    }
    if kind != "photo" {
        file["video_info"] = json!({"aspect_ratio": [4, 3], "variants": [
            {"bitrate": 320_000, "content_type": "video/mp4", "url": format!("{url}?low")},
            {"content_type": "application/x-mpegURL", "url": format!("{url}.m3u8")},
            {"bitrate": 832_000, "content_type": "video/mp4", "url": url}]});
    }
    (link, file)
}
