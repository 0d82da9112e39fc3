//! Platforms, as their cards describe them.

use hub_app::Card;
use serde::Serialize;
use utoipa::ToSchema;

/// What a platform is and allows.
#[derive(Serialize, ToSchema)]
#[schema(as = Platform)]
pub(crate) struct PlatformDto {
    id: String,
    /// Published platform name; adapters may share one.
    platform: &'static str,
    account_kind: Option<&'static str>,
    display_name: &'static str,
    /// Why it cannot be used here; null = it can.
    not_configured: Option<String>,
    connect: Vec<ConnectMethodDto>,
    /// Most units in one message.
    max_text: usize,
    max_caption: usize,
    /// How a text is counted: `utf16`, `chars` or `bytes`.
    text_unit: serde_json::Value,
    /// Longer texts leave as several messages.
    splits_longer_text: bool,
    attachments: Vec<AttachmentRuleDto>,
    max_attachments: usize,
    replies: bool,
    /// Seconds after the other side's last message in which free text is allowed; null = always.
    reply_window_s: Option<u64>,
    /// The furthest status the platform reports.
    furthest_status: &'static str,
    mark_read: bool,
}

/// One way to link an account.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectMethod)]
pub(crate) struct ConnectMethodDto {
    id: &'static str,
    label: &'static str,
    /// True when it starts with a redirect of the browser.
    redirects: bool,
}

/// A kind of file that can be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = AttachmentRule)]
pub(crate) struct AttachmentRuleDto {
    kind: &'static str,
    /// Bytes.
    max_bytes: u64,
}

impl PlatformDto {
    pub(crate) fn new(card: &Card, not_configured: Option<String>) -> Self {
        Self {
            id: card.id.to_string(),
            platform: card.published_name,
            account_kind: card.account_kind,
            display_name: card.display_name,
            not_configured,
            connect: card
                .connect
                .iter()
                .map(|m| ConnectMethodDto { id: m.id, label: m.label, redirects: m.redirects })
                .collect(),
            max_text: card.text.max,
            max_caption: card.text.max_caption,
            text_unit: serde_json::to_value(card.text.unit).unwrap_or_default(),
            splits_longer_text: card.text.split_longer,
            attachments: card
                .attachments
                .iter()
                .map(|rule| AttachmentRuleDto { kind: rule.kind.as_str(), max_bytes: rule.max_bytes })
                .collect(),
            max_attachments: card.max_attachments,
            replies: card.replies,
            reply_window_s: card.reply_window.map(|window| window.as_secs()),
            furthest_status: card.furthest_status.as_str(),
            mark_read: card.mark_read,
        }
    }
}
