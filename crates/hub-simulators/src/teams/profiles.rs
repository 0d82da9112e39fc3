//! People, as Graph tells of them.

use super::access::{PROFILE, PROFILES};
use super::call::Call;
use super::problem::{Outcome, Problem};
use super::world::{User, World};
use serde_json::{Map, Value, json};

impl User {
    /// The profile; `fields` = only these, none = those that are told unasked.
    fn shown(&self, fields: &[&str]) -> Map<String, Value> {
        let mut names = self.display_name.split_whitespace();
        let (given, surname) = (names.next(), names.last());
        let all = json!({"businessPhones": [], "displayName": self.display_name, "givenName": given, "jobTitle": null,
            "mail": self.mail, "mobilePhone": null, "officeLocation": null, "preferredLanguage": "en-US",
            "surname": surname, "userPrincipalName": self.user_principal_name, "id": self.id,
            "userType": if self.guest { "Guest" } else { "Member" }});
        let wanted = |name: &str| if fields.is_empty() { name != "userType" } else { fields.contains(&name) };
        let all = all.as_object().cloned().unwrap_or_default();
        all.into_iter().filter(|(name, _)| wanted(name)).collect()
    }
}

impl World {
    /// `GET /me`
    pub(super) fn me(&self, call: &Call) -> Outcome {
        let grant = self.person(call, PROFILE)?;
        self.profile(&grant.user, call)
    }

    /// `GET /users/{id}`; also by the name they sign in with.
    pub(super) fn other_user(&self, call: &Call, id: &str) -> Outcome {
        let user = self.seen_user(call, id)?;
        self.profile(&user, call)
    }

    /// The id of somebody whom the caller may look up.
    pub(super) fn seen_user(&self, call: &Call, id: &str) -> Result<String, Problem> {
        let me = self.person(call, PROFILE)?;
        let found = self.users.values().find(|user| user.id == id || user.user_principal_name.eq_ignore_ascii_case(id));
        if let Some(user) = found
            && user.id == me.user
        {
            return Ok(me.user);
        }
        if self.person(call, PROFILES).is_err() {
            let words = "Insufficient privileges to complete the operation.";
            return Err(Problem::graph(403, "Authorization_RequestDenied", words));
        }
        // Whoever is of another house is not in this one's directory.
        let home = self.users.get(&me.user).map(|user| user.tenant_id.as_str());
        let found = found.filter(|user| Some(user.tenant_id.as_str()) == home && !user.guest);
        found.map(|user| user.id.clone()).ok_or_else(|| {
            let words = format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            );
            Problem::graph(404, "Request_ResourceNotFound", &words)
        })
    }

    fn profile(&self, id: &str, call: &Call) -> Outcome {
        let user = self.users.get(id).ok_or_else(|| Problem::not_found("No such user."))?;
        let fields = call.list("$select");
        let of =
            if fields.is_empty() { "users/$entity".to_owned() } else { format!("users({})/$entity", fields.join(",")) };
        let mut told = Map::from_iter([("@odata.context".to_owned(), self.context(&of))]);
        told.extend(user.shown(&fields));
        Ok((200, told.into()))
    }
}
