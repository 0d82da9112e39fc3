//! People who write to Pages and accounts.

use super::{Inboxes, Kind};
use serde_json::{Value, json};

/// What the app may learn about a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileAccess {
    /// Everything.
    #[default]
    Allowed,
    /// Nothing: an empty answer on Messenger, a refusal on Instagram.
    Hidden,
    /// There is none: an account made with a phone number.
    Absent,
}

/// Whether sending to a person works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    #[default]
    Reachable,
    /// Refused with 551.
    Unavailable,
    /// Refused with 200, the other form of the same.
    Refusing,
}

/// Somebody who writes.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Their id as the Page or account knows it.
    pub id: String,
    /// First name; the whole name on Instagram.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Handle on Instagram.
    pub username: String,
    /// Address of their picture.
    pub picture: Option<String>,
    /// What the app may learn.
    pub profile: ProfileAccess,
    /// Whether sending works.
    pub reach: Reach,
}

impl Person {
    /// Both names.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// As sender or receiver in history.
    pub(super) fn as_party(&self, kind: Kind) -> Value {
        if kind.is_instagram() {
            return json!({"username": self.username, "id": self.id});
        }
        json!({"name": self.name(), "email": format!("{}@facebook.com", self.id), "id": self.id})
    }
}

impl Inboxes {
    /// Makes a person, or replaces what is known of them. No picture gets a made-up one.
    pub fn create_person(&self, account: &str, mut person: Person) {
        if person.picture.is_none() {
            person.picture = Some(self.picture());
        }
        if person.username.is_empty() {
            person.username = format!("user_{}", person.id);
        }
        if let Some(inbox) = self.all().get_mut(account) {
            inbox.people.insert(person.id.clone(), person);
        }
    }

    /// The address of a made-up picture.
    pub(crate) fn picture(&self) -> String {
        self.meta().host_file(super::samples::file("image"), super::super::Expiry::default())
    }

    /// Whether sending to a person works.
    pub fn set_reach(&self, account: &str, person: &str, reach: Reach) {
        if let Some(person) = self.all().get_mut(account).and_then(|inbox| inbox.people.get_mut(person)) {
            person.reach = reach;
        }
    }

    /// What the app may learn about a person.
    pub fn set_profile(&self, account: &str, person: &str, profile: ProfileAccess) {
        if let Some(person) = self.all().get_mut(account).and_then(|inbox| inbox.people.get_mut(person)) {
            person.profile = profile;
        }
    }
}
