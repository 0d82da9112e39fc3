//! People, as the API tells of them.

use super::call::Call;
use super::ids;
use super::problem::{Outcome, Problem};
use super::world::{User, World};
use serde_json::{Value, json};

/// People of one call at most.
const MAX_IDS: usize = 100;
const SCOPES: [&str; 2] = ["tweet.read", "users.read"];

impl User {
    /// The address of their picture.
    pub(super) fn picture(&self) -> String {
        let own = self.picture.clone();
        own.unwrap_or_else(|| format!("https://pbs.twimg.com/profile_images/{}/face_normal.jpg", self.id))
    }

    /// The person, with the fields that were asked for.
    pub(super) fn shown(&self, fields: &[&str]) -> Value {
        let mut told = json!({"id": self.id, "name": self.name, "username": self.username});
        for field in fields {
            match *field {
                "profile_image_url" => told["profile_image_url"] = self.picture().into(),
                "receives_your_dm" => told["receives_your_dm"] = self.takes_dms.into(),
                "protected" | "verified" => told[*field] = false.into(),
                _ => {}
            }
        }
        told
    }
}

impl World {
    /// `GET /2/users/me`
    pub(super) fn me(&self, call: &Call) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        let user = self.users.get(&me).ok_or_else(|| Problem::not_found("user", "id", &me))?;
        Ok((200, json!({"data": user.shown(&call.list("user.fields"))})))
    }

    /// `GET /2/users?ids=`; people who are not there are named under `errors`.
    pub(super) fn people(&self, call: &Call) -> Outcome {
        if self.app(call).is_err() {
            self.person(call, &SCOPES)?;
        }
        let asked = call.list("ids");
        if asked.is_empty() || asked.len() > MAX_IDS || asked.iter().any(|id| !ids::is_id(id)) {
            return Err(Problem::invalid("ids", call.asked("ids").unwrap_or_default(), "1 to 100 user ids are needed"));
        }
        let (known, gone): (Vec<&str>, Vec<&str>) = asked.iter().partition(|id| self.users.contains_key(**id));
        let fields = call.list("user.fields");
        let users: Vec<Value> =
            known.iter().filter_map(|id| self.users.get(*id)).map(|user| user.shown(&fields)).collect();
        let mut body = json!({});
        if !users.is_empty() {
            body["data"] = users.into();
        }
        if !gone.is_empty() {
            body["errors"] = gone.iter().map(|id| Problem::not_found("user", "ids", id).body).collect();
        }
        Ok((200, body))
    }
}
