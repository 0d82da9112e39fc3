//! A platform of the tests: deliveries are lists of events, and what it cannot read can be fixed later.

use async_trait::async_trait;
use hub_domain::connect::{Answers, LinkedIdentity};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage, Participant};
use hub_domain::text::LengthUnit;
use hub_domain::{
    Attachment, AttachmentId, AttachmentState, Content, ContentKind, DeliveryStatus, Direction, PlatformId,
    RemoteAccountId, RemoteConversationId, RemoteMessageId,
};
use hub_platform_kit::card::{Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{
    Connect, ConnectContext, Outbound, OutboundMessage, Parsed, Platform, Progress, Sent, Template, Webhook,
};
use hub_platform_kit::webhook::{Callback, Greeting, Keys, Refusal, Subscription, Verified, WebhookRequest};
use hub_platform_kit::{Grant, PlatformError, Result, Secret};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The account's id at the platform.
pub(crate) const ACCOUNT: &str = "shop";

#[derive(Debug)]
pub(crate) struct Fake {
    card: Card,
    /// From now on it reads what it could not read before.
    pub(crate) fixed: AtomicBool,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let card = Card {
            id: PlatformId::from_static("fake"),
            published_name: "telegram",
            account_kind: None,
            display_name: "Fake",
            connect: &[ConnectMethod { id: "at_once", label: "At once", redirects: false }],
            callback_path: "/callback",
            intake: Intake { webhook: true, pull: Pull::No, live: false },
            text: TextRules { max: 100, max_caption: 100, unit: LengthUnit::Chars, split_longer: false },
            attachments: &[],
            max_attachments: 0,
            album: 1,
            sends: &[],
            unique_message_ids: false,
            replies: false,
            reactions: false,
            typing: false,
            profiles: false,
            templates: false,
            reply_window: None,
            furthest_status: DeliveryStatus::Sent,
            taken_is_delivered: true,
            mark_read: false,
            acknowledges: &[],
            quota: Quota { per_account: Window { calls: 100, per: Duration::from_secs(1) }, per_conversation: None },
            resend_is_safe: false,
            voice: Voice::Account,
            stranger: None,
            renewal: Renewal::Never,
            reads_clear_tokens: false,
        };
        Self { card, fixed: AtomicBool::new(false) }
    }

    fn event(&self, event: &Value) -> Parsed {
        let text = |member: &str| event[member].as_str().unwrap_or_default().to_owned();
        assert!(event["panic"] != true || self.fixed.load(Ordering::Relaxed), "a reader with a bug");
        if event["odd"] == true && !self.fixed.load(Ordering::Relaxed) {
            return Parsed::Unreadable("an odd event".to_owned());
        }
        let mut content = Content::text(text("text"));
        if event["file"].is_string() {
            content.kind = ContentKind::File;
            content.attachments.push(Attachment {
                id: hub_app::clock::new_id::<AttachmentId>(),
                kind: ContentKind::File,
                remote_ref: text("file"),
                remote_unique_ref: None,
                mime_type: None,
                file_name: None,
                size: None,
                width: None,
                height: None,
                duration_s: None,
                flavour: None,
                state: AttachmentState::Pending,
            });
        }
        let message = InboundMessage {
            conversation: ConversationRef {
                id: RemoteConversationId::new("c1"),
                name: Some("Ada".to_owned()),
                ..ConversationRef::default()
            },
            id: RemoteMessageId::new(text("id")),
            sequence: None,
            sender: Participant { id: "ada".into(), name: Some("Ada".to_owned()), username: None, is_bot: false },
            direction: Direction::Incoming,
            content,
            reply_to: None,
            sent_at: "2026-01-01T00:00:00Z".parse().expect("a time"),
            edited_at: None,
            client_key: None,
            history: false,
        };
        Parsed::Event(Inbound {
            accounts: vec![RemoteAccountId::new(ACCOUNT)],
            event_key: text("id"),
            body: InboundBody::Message(Box::new(message)),
        })
    }
}

impl Platform for Fake {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        None
    }
    fn connect(&self) -> &dyn Connect {
        self
    }
    fn outbound(&self) -> &dyn Outbound {
        self
    }
    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }
}

#[async_trait]
impl Connect for Fake {
    async fn begin(&self, _: &ConnectContext) -> Result<Progress> {
        let tokens = Tokens { access: Secret::from("a token"), refresh: None, expires_at: None };
        let identity = LinkedIdentity { remote_id: RemoteAccountId::new(ACCOUNT), ..LinkedIdentity::default() };
        Ok(Progress::Linked { identity, tokens, proof: None })
    }
    async fn resume(&self, _: &ConnectContext, _: &Value, _: &Answers) -> Result<Progress> {
        Err(PlatformError::unsupported("going on"))
    }
    async fn refresh(&self, _: &Grant) -> Result<Tokens> {
        Err(PlatformError::unsupported("renewing"))
    }
    async fn revoke(&self, _: &Grant) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Outbound for Fake {
    async fn send(&self, _: &Grant, _: &OutboundMessage) -> Result<Sent> {
        Err(PlatformError::unsupported("sending"))
    }
    async fn mark_read(&self, _: &Grant, _: &RemoteConversationId, _: &RemoteMessageId) -> Result<()> {
        Err(PlatformError::unsupported("marking"))
    }
    async fn acknowledge(&self, _: &Grant, _: &Value) -> Result<()> {
        Err(PlatformError::unsupported("acknowledging"))
    }
    async fn react(&self, _: &Grant, _: &RemoteConversationId, _: &RemoteMessageId, _: Option<&str>) -> Result<()> {
        Err(PlatformError::unsupported("reacting"))
    }
    async fn typing(&self, _: &Grant, _: &RemoteConversationId, _: Option<&RemoteMessageId>) -> Result<()> {
        Err(PlatformError::unsupported("typing"))
    }
    async fn templates(&self, _: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("templates"))
    }
}

#[async_trait]
impl Webhook for Fake {
    fn greet(&self, _: &WebhookRequest, _: &Keys) -> Result<Option<Greeting>, Refusal> {
        Ok(None)
    }
    fn shown_secret_digest(&self, _: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }
    fn verify(&self, request: &WebhookRequest, _: &Keys) -> Result<Verified, Refusal> {
        Ok(Verified { body: request.body.clone(), account: Some(RemoteAccountId::new(ACCOUNT)) })
    }
    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        let events: Vec<Value> =
            serde_json::from_slice(&delivery.body).map_err(|_| PlatformError::bad_input("no JSON"))?;
        Ok(events.iter().map(|event| self.event(event)).collect())
    }
    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }
    fn subscriber(&self, _: &Grant) -> RemoteAccountId {
        RemoteAccountId::new(ACCOUNT)
    }
    async fn subscribe(&self, _: &Grant, _: &Callback) -> Result<Subscription> {
        Ok(Subscription { renew_at: None, remote_id: None })
    }
    async fn unsubscribe(&self, _: &Grant) -> Result<()> {
        Ok(())
    }
    fn fixed_callback_secret(&self, _: &Grant) -> Option<Secret> {
        None
    }
}
