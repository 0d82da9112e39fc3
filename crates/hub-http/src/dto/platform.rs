//! Platforms, as their cards describe them.

use hub_app::{Card, Pull, Window};
use serde::Serialize;
use utoipa::ToSchema;

/// What a platform is and allows.
#[derive(Serialize, ToSchema)]
#[schema(as = Platform)]
#[expect(clippy::struct_excessive_bools, reason = "a card is a list of yes and no")]
pub(crate) struct PlatformDto {
    id: String,
    /// Published platform name; adapters may share one.
    platform: &'static str,
    account_kind: Option<&'static str>,
    display_name: &'static str,
    /// Why it cannot be used here; null = it can.
    not_configured: Option<String>,
    connect: Vec<ConnectMethodDto>,
    /// The platform calls the hub when something happens.
    webhook: bool,
    /// When the hub asks by itself: `never`, `regularly`, `without_webhook` (only while no platform can call it), `line` (always) or `backfill`
    /// (once after linking, for what there is).
    history: &'static str,
    /// Names and pictures of people are asked for.
    profiles: bool,
    /// Most units in one message.
    max_text: usize,
    max_caption: usize,
    /// How a text is counted: `utf16`, `chars` or `bytes`.
    text_unit: serde_json::Value,
    /// Longer texts leave as several messages.
    splits_longer_text: bool,
    attachments: Vec<AttachmentRuleDto>,
    max_attachments: usize,
    /// Files that leave together in one message of the platform.
    album: usize,
    /// Further kinds that can be sent, such as `location`.
    sends: Vec<&'static str>,
    replies: bool,
    /// Messages can be reacted to.
    reactions: bool,
    /// The other person can be shown that somebody is typing.
    typing: bool,
    /// There are prepared messages that can be listed and sent.
    templates: bool,
    /// Seconds after the other person last did something in which anything may be written; null = always.
    reply_window_s: Option<u64>,
    /// A longer window under a tag that the sender asks for.
    tagged_window: Option<TaggedWindowDto>,
    /// What the hub keeps to; all at once.
    quotas: Vec<QuotaDto>,
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
    /// True when it links a whole account of a person; the caller must have given the password here lately, or gives it with the
    /// request.
    full_access: bool,
    /// What accounts linked this way cannot do although the platform can: `send`, `replies`, `reactions`, `typing`, `mark_read`,
    /// `profiles`.
    lacks: Vec<&'static str>,
}

/// A longer window under a tag.
#[derive(Serialize, ToSchema)]
#[schema(as = TaggedWindow)]
pub(crate) struct TaggedWindowDto {
    /// As `tag` of a send.
    tag: &'static str,
    /// Seconds.
    within_s: u64,
}

/// Calls allowed in a window.
#[derive(Serialize, ToSchema)]
#[schema(as = Quota)]
pub(crate) struct QuotaDto {
    /// `calls` of any kind of an account, its `sends`, its `pulls` (readings), `conversation` (messages to one), or `app_sends`
    /// (messages of all accounts together).
    spending: &'static str,
    calls: u32,
    window_ms: u64,
}

/// A kind of file that can be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = AttachmentRule)]
pub(crate) struct AttachmentRuleDto {
    kind: &'static str,
    /// Bytes.
    max_bytes: u64,
    /// Media types that are taken; empty = any of the kind.
    mime_types: &'static [&'static str],
}

fn quotas(card: &Card) -> Vec<QuotaDto> {
    let quota = card.quota;
    let known = [
        ("calls", quota.per_account),
        ("sends", quota.sends),
        ("conversation", quota.per_conversation),
        ("app_sends", quota.app_sends),
        ("pulls", quota.pulls),
    ];
    let each = known.into_iter().flat_map(|(spending, windows)| windows.iter().map(move |window| (spending, window)));
    each.map(|(spending, window)| QuotaDto { spending, calls: window.calls, window_ms: window_ms(*window) }).collect()
}

/// A window's length in milliseconds.
pub(crate) fn window_ms(window: Window) -> u64 {
    u64::try_from(window.per.as_millis()).unwrap_or(u64::MAX)
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
                .map(|m| ConnectMethodDto {
                    id: m.id,
                    label: m.label,
                    redirects: m.redirects,
                    full_access: m.full_access,
                    lacks: m.lacks.iter().map(|feature| feature.as_str()).collect(),
                })
                .collect(),
            webhook: card.intake.webhook,
            history: match card.intake.pull {
                Pull::No => "never",
                Pull::Every(_) => "regularly",
                Pull::LongPollWithoutWebhook => "without_webhook",
                Pull::Line => "line",
                Pull::Backfill => "backfill",
            },
            profiles: card.profiles,
            max_text: card.text.max,
            max_caption: card.text.max_caption,
            text_unit: serde_json::to_value(card.text.unit).unwrap_or_default(),
            splits_longer_text: card.text.split_longer,
            attachments: card
                .attachments
                .iter()
                .map(|rule| AttachmentRuleDto {
                    kind: rule.kind.as_str(),
                    max_bytes: rule.max_bytes,
                    mime_types: rule.mime_types,
                })
                .collect(),
            max_attachments: card.max_attachments,
            album: card.album,
            sends: card.sends.iter().map(|kind| kind.as_str()).collect(),
            replies: card.replies,
            reactions: card.reactions,
            typing: card.typing,
            templates: card.templates,
            reply_window_s: card.reply_window.map(|window| window.free.as_secs()),
            tagged_window: card
                .reply_window
                .and_then(|window| window.tagged)
                .map(|tagged| TaggedWindowDto { tag: tagged.tag, within_s: tagged.within.as_secs() }),
            quotas: quotas(card),
            furthest_status: card.furthest_status.as_str(),
            mark_read: card.mark_read,
        }
    }
}
