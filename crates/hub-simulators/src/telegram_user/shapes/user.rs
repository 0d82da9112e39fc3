//! A person.

use grammers_tl_types::{enums, types};

/// What is told of a person.
pub(in super::super) struct UserParts {
    pub(in super::super) id: i64,
    pub(in super::super) access_hash: i64,
    pub(in super::super) is_self: bool,
    pub(in super::super) deleted: bool,
    pub(in super::super) bot: bool,
    pub(in super::super) first_name: Option<String>,
    pub(in super::super) last_name: Option<String>,
    pub(in super::super) username: Option<String>,
    pub(in super::super) phone: Option<String>,
    pub(in super::super) photo: Option<enums::UserProfilePhoto>,
}

pub(in super::super) fn user(parts: UserParts) -> enums::User {
    types::User { is_self: parts.is_self, contact: !parts.is_self, mutual_contact: false, deleted: parts.deleted, bot: parts.bot, bot_chat_history: false, bot_nochats: false, verified: false, restricted: false, min: false, bot_inline_geo: false, support: false, scam: false, apply_min_photo: false, fake: false, bot_attach_menu: false, premium: false, attach_menu_enabled: false, bot_can_edit: false, close_friend: false, stories_hidden: false, stories_unavailable: false, contact_require_premium: false, bot_business: false, bot_has_main_app: false, bot_forum_view: false, bot_forum_can_manage_topics: false, bot_can_manage_bots: false, bot_guestchat: false, bot_guard: false, id: parts.id, access_hash: Some(parts.access_hash), first_name: parts.first_name, last_name: parts.last_name, username: parts.username, phone: parts.phone, photo: parts.photo, status: None, bot_info_version: None, restriction_reason: None, bot_inline_placeholder: None, lang_code: None, emoji_status: None, usernames: None, stories_max_id: None, color: None, profile_color: None, bot_active_users: None, bot_verification_icon: None, send_paid_messages_stars: None, linked_community_id: None }.into()
}
