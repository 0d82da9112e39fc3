//! What an app may learn about a person.

use super::super::{Call, Fields, GraphError, Outcome};
use super::{Inboxes, ProfileAccess};
use serde_json::{Value, json};

impl Inboxes {
    /// The profile of a person of an account; `None` = nobody of that id.
    pub(crate) fn profile(&self, call: &Call, account: &str, id: &str) -> Option<Outcome> {
        let inboxes = self.all();
        let inbox = inboxes.get(account)?;
        let person = inbox.people.get(id)?;
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        if inbox.kind.is_instagram() {
            let wrote = inbox.threads.get(id).is_some_and(|thread| thread.last_act_ms.is_some());
            if !wrote || person.profile == ProfileAccess::Hidden {
                let words = "User consent is required to access user profile";
                return Some(Err(GraphError::new(230, words)));
            }
            let all = json!({
                "id": id, "name": text(&person.name()), "username": person.username, "profile_pic": person.picture,
                "follower_count": 1, "is_verified_user": false, "is_user_follow_business": false,
                "is_business_follow_user": false,
            });
            let fields = Fields::parse(call.text("fields").as_deref(), "name,username,profile_pic,follower_count");
            return Some(Ok(fields.select(&all)));
        }
        Some(match person.profile {
            ProfileAccess::Hidden => Ok(json!({})),
            ProfileAccess::Absent => {
                Err(GraphError::parameter("No profile available for this user.").with_subcode(2_018_218))
            }
            ProfileAccess::Allowed => {
                let all = json!({
                    "id": id, "name": person.name(), "first_name": person.first_name, "last_name": person.last_name,
                    "profile_pic": person.picture, "locale": "en_US", "timezone": 1,
                });
                let fields = Fields::parse(call.text("fields").as_deref(), "first_name,last_name,profile_pic");
                Ok(fields.select(&all))
            }
        })
    }
}
