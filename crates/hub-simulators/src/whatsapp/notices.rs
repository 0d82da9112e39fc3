//! What the platform tells by itself: changed numbers and ids, templates, accounts, errors.

use super::calls::Desk;
use super::fields::{ACCOUNT, MESSAGES, TEMPLATE_STATUS, USER_ID};
use super::refuse::entry;
use super::wamid::{self, Side};
use serde_json::{Value, json};

impl Desk {
    /// Somebody has another number from now on, and with it another id.
    pub(super) fn number_changed(&self, number: &str, who: &str, new: &str) -> Option<String> {
        let (account, value, id) = {
            let mut world = self.world();
            let place = world.find(who)?;
            let old = world.people[place].wa_id.clone()?;
            let line = world.number(number).ok()?.clone_head();
            let id = wamid::make(Side::Customer, &old);
            let words = format!("User {} changed from {old} to {new}", world.people[place].name);
            let mut message = json!({
                "from": old, "id": id, "timestamp": (self.meta.now_ms() / 1_000).to_string(), "type": "system",
                "system": {"body": words, "wa_id": new, "type": "user_changed_number"},
            });
            if let Some(user) = &world.people[place].user_id {
                message["from_user_id"] = user.as_str().into();
            }
            world.people[place].wa_id = Some(new.to_owned());
            let mut value = line.value();
            value["messages"] = json!([message]);
            (line.account, value, id)
        };
        self.tell(&account, MESSAGES, &value);
        Some(id)
    }

    /// Somebody has another id at this business: told by a system message and by the field of its own.
    pub(super) fn user_id_changed(&self, number: &str, who: &str, new: &str) -> Option<String> {
        let now = (self.meta.now_ms() / 1_000).to_string();
        let (account, system, update, id) = {
            let mut world = self.world();
            let place = world.find(who)?;
            let person = world.people[place].clone();
            let old = person.user_id.clone()?;
            let line = world.number(number).ok()?.clone_head();
            let id = wamid::make(Side::Customer, person.key());
            let words = format!("User {} changed from {old} to {new}", person.name);
            let mut message = json!({
                "from_user_id": old, "id": id, "timestamp": now, "type": "system",
                "system": {"body": words, "user_id": new, "type": "user_changed_user_id"},
            });
            let mut change = json!({
                "detail": format!("User id for {} has been updated.", person.name),
                "user_id": {"previous": old, "current": new}, "timestamp": now,
            });
            let mut contact = json!({"profile": {"name": person.name}});
            if let Some(wa_id) = &person.wa_id {
                message["from"] = wa_id.as_str().into();
                change["wa_id"] = wa_id.as_str().into();
                contact["wa_id"] = wa_id.as_str().into();
            }
            world.people[place].user_id = Some(new.to_owned());
            let (mut system, mut update) = (line.value(), line.value());
            system["messages"] = json!([message]);
            update["contacts"] = json!([contact]);
            update["user_id_update"] = json!([change]);
            (line.account, system, update, id)
        };
        self.tell(&account, MESSAGES, &system);
        self.tell(&account, USER_ID, &update);
        Some(id)
    }

    /// Somebody's phone may be another's now: the hash of their identity changed.
    pub(super) fn identity_changed(&self, number: &str, who: &str, hash: &str) -> Option<String> {
        let now = (self.meta.now_ms() / 1_000).to_string();
        let (account, value, id) = {
            let world = self.world();
            let person = world.people[world.find(who)?].clone();
            let line = world.number(number).ok()?.clone_head();
            let id = wamid::make(Side::Customer, person.key());
            let mut message = json!({
                "id": id, "timestamp": now, "type": "system",
                "system": {
                    "body": format!("{} may have changed their phone", person.name), "identity": hash,
                    "type": "customer_identity_changed",
                },
                "identity": {"acknowledged": false, "created_timestamp": now, "hash": hash},
            });
            person.name_in(&mut message, "from", "from_user_id", "from_parent_user_id");
            let mut value = line.value();
            value["messages"] = json!([message]);
            (line.account, value, id)
        };
        self.tell(&account, MESSAGES, &value);
        Some(id)
    }

    /// A template's review ended, or it was paused: `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, …
    pub(super) fn template_status(
        &self,
        account: &str,
        name: &str,
        language: &str,
        status: &str,
        reason: &str,
    ) -> bool {
        let id = {
            let mut world = self.world();
            let Some(known) = world.accounts.get_mut(account) else { return false };
            let found = known.templates.iter_mut().find(|known| known.name == name && known.language == language);
            let Some(template) = found else { return false };
            status.clone_into(&mut template.status);
            template.id.parse::<u64>().unwrap_or_default()
        };
        let value = json!({
            "event": status, "message_template_id": id, "message_template_name": name,
            "message_template_language": language, "reason": reason,
        });
        self.tell_of_account(account, TEMPLATE_STATUS, &value);
        true
    }

    /// Something happened to an account, such as `DISABLED_UPDATE`; further members come along.
    pub(super) fn account_update(&self, account: &str, event: &str, more: &Value) {
        let mut value = json!({ "event": event });
        if let (Some(members), Some(more)) = (value.as_object_mut(), more.as_object()) {
            members.extend(more.clone());
        }
        self.tell_of_account(account, ACCOUNT, &value);
    }

    /// Something went wrong at a number that belongs to no message.
    pub(super) fn number_error(&self, number: &str, code: i64) -> bool {
        let head = self.world().number(number).map(|line| (line.account.clone(), line.value()));
        let Ok((account, mut value)) = head else { return false };
        value["errors"] = json!([entry(code)]);
        self.tell(&account, MESSAGES, &value);
        true
    }
}
