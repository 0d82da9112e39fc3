//! Groups and channels.

use grammers_tl_types::{enums, types};

/// What is told of a group or a channel.
pub(in super::super) struct ChatParts {
    pub(in super::super) id: i64,
    pub(in super::super) access_hash: i64,
    pub(in super::super) title: String,
    pub(in super::super) members: i32,
    pub(in super::super) date: i32,
    /// Photo and its data centre.
    pub(in super::super) photo: Option<(i64, i32)>,
}

fn photo(photo: Option<(i64, i32)>) -> enums::ChatPhoto {
    match photo {
        Some((photo_id, dc_id)) => types::ChatPhoto { has_video: false, photo_id, stripped_thumb: None, dc_id }.into(),
        None => enums::ChatPhoto::Empty,
    }
}

/// A small group.
pub(in super::super) fn basic_group(parts: ChatParts) -> enums::Chat {
    types::Chat {
        creator: false,
        left: false,
        deactivated: false,
        call_active: false,
        call_not_empty: false,
        noforwards: false,
        id: parts.id,
        title: parts.title,
        photo: photo(parts.photo),
        participants_count: parts.members,
        date: parts.date,
        version: 1,
        migrated_to: None,
        admin_rights: None,
        default_banned_rights: None,
    }
    .into()
}

/// A supergroup, or a channel where only its owners write.
pub(in super::super) fn channel(parts: ChatParts, broadcast: bool) -> enums::Chat {
    types::Channel {
        creator: false,
        left: false,
        broadcast,
        verified: false,
        megagroup: !broadcast,
        restricted: false,
        signatures: false,
        min: false,
        scam: false,
        has_link: false,
        has_geo: false,
        slowmode_enabled: false,
        call_active: false,
        call_not_empty: false,
        fake: false,
        gigagroup: false,
        noforwards: false,
        join_to_send: false,
        join_request: false,
        forum: false,
        stories_hidden: false,
        stories_hidden_min: false,
        stories_unavailable: false,
        signature_profiles: false,
        autotranslation: false,
        broadcast_messages_allowed: false,
        monoforum: false,
        forum_tabs: false,
        id: parts.id,
        access_hash: Some(parts.access_hash),
        title: parts.title,
        username: None,
        photo: photo(parts.photo),
        date: parts.date,
        restriction_reason: None,
        admin_rights: None,
        banned_rights: None,
        default_banned_rights: None,
        participants_count: Some(parts.members),
        usernames: None,
        stories_max_id: None,
        color: None,
        profile_color: None,
        emoji_status: None,
        level: None,
        subscription_until_date: None,
        bot_verification_icon: None,
        send_paid_messages_stars: None,
        linked_monoforum_id: None,
        linked_community_id: None,
    }
    .into()
}

/// Whether the person wants to hear of a chat.
pub(in super::super) fn notify(mute_until: Option<i32>) -> enums::PeerNotifySettings {
    types::PeerNotifySettings {
        show_previews: None,
        silent: None,
        mute_until,
        ios_sound: None,
        android_sound: None,
        other_sound: None,
        stories_muted: None,
        stories_hide_sender: None,
        stories_ios_sound: None,
        stories_android_sound: None,
        stories_other_sound: None,
    }
    .into()
}
