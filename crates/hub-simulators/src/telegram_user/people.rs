//! People that an account knows, itself among them.

use grammers_tl_types::{enums, types};

/// A person to be made.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    /// The account's id.
    pub id: i64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Handle without the `@`.
    pub username: Option<String>,
    /// Telephone number in digits, when the person shows it.
    pub phone: Option<String>,
    /// It is a program.
    pub bot: bool,
    /// What the person says of themselves.
    pub about: Option<String>,
}

impl NewPerson {
    /// Somebody with a first name and nothing else.
    pub fn named(id: i64, first_name: &str) -> Self {
        Self { id, first_name: first_name.to_owned(), ..Self::default() }
    }
}

/// A person as one account sees them.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) profile: NewPerson,
    pub(super) access_hash: i64,
    pub(super) is_self: bool,
    pub(super) deleted: bool,
    /// Photo and its data centre.
    pub(super) photo: Option<(i64, i32)>,
}

impl Person {
    pub(super) fn new(profile: NewPerson, access_hash: i64) -> Self {
        Self { profile, access_hash, is_self: false, deleted: false, photo: None }
    }

    /// The API's form.
    pub(super) fn user(&self) -> enums::User {
        let profile = &self.profile;
        let photo = self.photo.map(|(photo_id, dc_id)| {
            types::UserProfilePhoto { has_video: false, personal: false, photo_id, stripped_thumb: None, dc_id }.into()
        });
        let shown = |value: &Option<String>| value.clone().filter(|_| !self.deleted);
        super::shapes::user(super::shapes::UserParts {
            id: profile.id,
            access_hash: self.access_hash,
            is_self: self.is_self,
            deleted: self.deleted,
            bot: profile.bot,
            first_name: Some(profile.first_name.clone()).filter(|_| !self.deleted),
            last_name: shown(&profile.last_name),
            username: shown(&profile.username),
            phone: shown(&profile.phone),
            photo: photo.filter(|_| !self.deleted),
        })
    }
}
