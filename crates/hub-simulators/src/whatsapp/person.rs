//! Somebody with WhatsApp, and how webhooks name them.

use serde_json::{Value, json};

/// Somebody with WhatsApp.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Name of their profile.
    pub name: String,
    /// Their number as WhatsApp writes it: digits only. `None` = they have a username and show no number.
    pub wa_id: Option<String>,
    /// Their id at this business (BSUID); `None` = webhooks as they were before April 2026.
    pub user_id: Option<String>,
    /// Their id at the parent business.
    pub parent_user_id: Option<String>,
    /// The username they took.
    pub username: Option<String>,
    /// Other digits that reach them, such as a Brazilian number with or without its ninth digit.
    pub also_dialled: Vec<String>,
}

impl Person {
    /// With a number, and with the id that everybody has.
    pub fn new(wa_id: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            wa_id: Some(wa_id.to_owned()),
            user_id: Some(format!("US.{}", made_id(wa_id))),
            ..Self::default()
        }
    }

    /// With a number only, as everybody was before April 2026.
    pub fn with_number_only(wa_id: &str, name: &str) -> Self {
        Self { user_id: None, ..Self::new(wa_id, name) }
    }

    /// With a username and no number to be seen.
    pub fn with_username(user_id: &str, username: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            user_id: Some(user_id.to_owned()),
            username: Some(username.to_owned()),
            ..Self::default()
        }
    }

    /// The id that conversations go by: the number, else the id at this business.
    pub fn key(&self) -> &str {
        self.wa_id.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }

    /// From the control API: the members are named as here.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let person = Self {
            name: text("name").unwrap_or_else(|| "Somebody".to_owned()),
            wa_id: text("wa_id"),
            user_id: text("user_id"),
            parent_user_id: text("parent_user_id"),
            username: text("username"),
            also_dialled: body["also_dialled"]
                .as_array()
                .map(|list| list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
                .unwrap_or_default(),
        };
        (!person.key().is_empty()).then_some(person)
    }

    pub(super) fn is(&self, alias: &str) -> bool {
        let alias = alias.trim();
        if alias.is_empty() {
            return false;
        }
        if self.user_id.as_deref() == Some(alias) || self.parent_user_id.as_deref() == Some(alias) {
            return true;
        }
        let Some(digits) = dialled(alias) else { return false };
        self.wa_id.as_deref() == Some(digits.as_str()) || self.also_dialled.contains(&digits)
    }

    /// The entry in `contacts`.
    pub(super) fn contact(&self) -> Value {
        let mut contact = json!({"profile": {"name": self.name}});
        set(&mut contact["profile"], "username", self.username.as_ref());
        set(&mut contact, "wa_id", self.wa_id.as_ref());
        set(&mut contact, "user_id", self.user_id.as_ref());
        set(&mut contact, "parent_user_id", self.parent_user_id.as_ref());
        contact
    }

    /// Writes the ids under the names that a place gives them, such as `from`, `from_user_id`, `from_parent_user_id`.
    pub(super) fn name_in(&self, message: &mut Value, number: &str, user: &str, parent: &str) {
        set(message, number, self.wa_id.as_ref());
        set(message, user, self.user_id.as_ref());
        set(message, parent, self.parent_user_id.as_ref());
    }
}

fn set(object: &mut Value, member: &str, value: Option<&String>) {
    if let Some(value) = value {
        object[member] = value.as_str().into();
    }
}

/// The digits of a number as people type it; `None` = that is no number.
pub(super) fn dialled(typed: &str) -> Option<String> {
    /// Digits of the shortest and the longest number.
    const DIGITS: std::ops::RangeInclusive<usize> = 5..=18;
    let rest = typed.trim().strip_prefix('+').unwrap_or(typed.trim());
    if !rest.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ' ' | '-' | '(' | ')' | '.')) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    DIGITS.contains(&digits.len()).then_some(digits)
}

/// The digits of an id that are always the same for a number, and do not show it.
fn made_id(wa_id: &str) -> u64 {
    /// Constants of FNV-1a.
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = wa_id.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    hash | 1 << 63
}
