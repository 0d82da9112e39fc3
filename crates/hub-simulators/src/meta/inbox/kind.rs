//! Messenger and Instagram differ in small things.

use super::super::state::{digits, opaque};
use chrono::{DateTime, Utc};

/// Which inbox it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Page's Messenger inbox.
    Messenger,
    /// The Instagram account linked to a Page.
    PageInstagram,
    /// An Instagram account by Instagram Login.
    Instagram,
}

impl Kind {
    /// Whether it is an Instagram account, by either door.
    pub(crate) fn is_instagram(self) -> bool {
        self != Self::Messenger
    }

    /// `object` of its webhooks.
    pub(crate) fn object(self) -> &'static str {
        if self.is_instagram() { "instagram" } else { "page" }
    }

    /// The permission that sending and reading need.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Messenger => "pages_messaging",
            Self::PageInstagram => "instagram_manage_messages",
            Self::Instagram => "instagram_business_manage_messages",
        }
    }

    pub(crate) fn message_id(self) -> String {
        if self.is_instagram() {
            // As long as the real ones, and like them the same for the first hundred letters.
            let head =
                "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0OjM0MDI4MjM2Njg0MTcxMDMwMTI0NDI1ODE4NzUx";
            return format!("{head}{}ZDZD", opaque(60));
        }
        format!("m_{}", opaque(84))
    }

    pub(crate) fn thread_id(self) -> String {
        if self.is_instagram() {
            return format!("aWdfZAG06MTpJR01lc3NhZA2VUaHJlYWQ6{}", opaque(40));
        }
        format!("t_{}", digits("1", 17))
    }

    /// Names of the field that a sort of event comes under.
    pub(crate) fn fields(self, key: &str) -> &'static [&'static str] {
        match (self.is_instagram(), key) {
            (false, "echo") => &["message_echoes"],
            (_, "postback") => &["messaging_postbacks"],
            (false, "delivery") => &["message_deliveries"],
            (false, "read") => &["message_reads"],
            (true, "read") => &["messaging_seen"],
            (false, "reaction") => &["message_reactions"],
            (true, "reaction") => &["message_reactions", "messaging_reactions"],
            (false, "message_edit") => &["message_edits"],
            (true, "message_edit") => &["message_edit"],
            (false, "referral") => &["messaging_referrals"],
            (true, "referral") => &["messaging_referral", "messaging_referrals"],
            (false, "optin") => &["messaging_optins"],
            (false, "policy_enforcement") => &["messaging_policy_enforcement"],
            (false, "account_linking") => &["messaging_account_linking"],
            (_, "standby") => &["standby"],
            (false, "pass_thread_control" | "take_thread_control" | "request_thread_control" | "app_roles") => {
                &["messaging_handovers"]
            }
            (true, "pass_thread_control" | "take_thread_control" | "request_thread_control" | "app_roles") => {
                &["messaging_handover"]
            }
            _ => &["messages"],
        }
    }
}

/// A time as the Graph API writes it.
pub(crate) fn iso(ms: i64) -> String {
    let at: DateTime<Utc> = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}
