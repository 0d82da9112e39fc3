//! A platform of the tests: deliveries are lists of events, what it cannot read can be fixed later, and what it answers is
//! scripted and what it was asked is kept.

use crate::fake_events;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use hub_domain::connect::{Answers, LinkedIdentity};
use hub_domain::text::LengthUnit;
use hub_domain::{
    Attachment, DeliveryStatus, PlatformId, RemoteAccountId, RemoteConversationId, RemoteMessageId, RemoteParticipantId,
};
use hub_platform_kit::card::{Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{
    Connect, ConnectContext, Fetched, Media, Outbound, OutboundMessage, Parsed, People, Platform, Profile, Progress,
    Sent, Template, Webhook,
};
use hub_platform_kit::webhook::{Callback, Greeting, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest};
use hub_platform_kit::{Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The account's id at the platform.
pub(crate) const ACCOUNT: &str = "shop";

/// Answers to give, in order.
#[derive(Debug)]
pub(crate) struct Script<T>(Mutex<VecDeque<Result<T>>>);

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Script<T> {
    /// One more answer.
    pub(crate) fn then(&self, answer: Result<T>) -> &Self {
        self.0.lock().unwrap().push_back(answer);
        self
    }
    fn next(&self) -> Option<Result<T>> {
        self.0.lock().unwrap().pop_front()
    }
}

type Meanwhile = BoxFuture<'static, ()>;

/// The platform.
#[derive(Default)]
pub(crate) struct Fake {
    card: Option<Card>,
    /// From now on it reads what it could not read before.
    pub(crate) fixed: AtomicBool,
    /// Answers; where none is scripted, the platform takes everything.
    pub(crate) begins: Script<Progress>,
    pub(crate) resumes: Script<Progress>,
    pub(crate) renewals: Script<Tokens>,
    pub(crate) sends: Script<Sent>,
    pub(crate) profiles: Script<Profile>,
    pub(crate) pictures: Script<Fetched>,
    pub(crate) files: Script<Fetched>,
    /// What it was asked.
    pub(crate) sent: Mutex<Vec<OutboundMessage>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) revoked: Mutex<Vec<(String, Option<String>)>>,
    meanwhile: Mutex<VecDeque<Meanwhile>>,
    taken: AtomicU64,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    pub(crate) fn new(change: impl FnOnce(&mut Card)) -> Self {
        let mut card = card();
        change(&mut card);
        Self { card: Some(card), ..Self::default() }
    }

    /// Happens between the request and the answer of the next send or renewal.
    pub(crate) fn meanwhile(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.meanwhile.lock().unwrap().push_back(Box::pin(work));
    }

    /// What it was asked about one thing, such as `profile` or `refresh`.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(what)).count()
    }

    /// Words and names of files of what left, in order.
    pub(crate) fn left(&self) -> Vec<String> {
        let shown = |m: &OutboundMessage| {
            let files = m.attachments.iter().map(|file| file.file_name.clone());
            m.text.clone().into_iter().chain(files).collect::<Vec<_>>().join("+")
        };
        self.sent.lock().unwrap().iter().map(shown).collect()
    }

    fn note(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }

    async fn let_happen(&self) {
        let work = self.meanwhile.lock().unwrap().pop_front();
        if let Some(work) = work {
            work.await;
        }
    }
}

/// What the platform answers when it took a message.
#[expect(clippy::unnecessary_wraps, reason = "an answer, as scripts take it")]
pub(crate) fn took(id: &str) -> Result<Sent> {
    Ok(Sent { messages: vec![RemoteMessageId::new(id)], at: None, sequence: None, recipient: None })
}

/// Tokens that end then.
pub(crate) fn tokens(access: &str, refresh: Option<&str>, ends: Option<i64>) -> Tokens {
    Tokens { access: Secret::from(access), refresh: refresh.map(Secret::from), expires_at: ends.map(fake_events::at) }
}

/// The end of linking.
pub(crate) fn linked(remote_id: &str, tokens: Tokens) -> Progress {
    let identity = LinkedIdentity { remote_id: RemoteAccountId::new(remote_id), ..LinkedIdentity::default() };
    Progress::Linked { identity, tokens, proof: None }
}

const CALLS: &[Window] = &[Window { calls: 100, per: Duration::from_secs(1) }];

fn card() -> Card {
    Card {
        id: PlatformId::from_static("fake"),
        published_name: "telegram",
        account_kind: None,
        display_name: "Fake",
        connect: &[ConnectMethod { id: "at_once", label: "At once", redirects: false, lacks: &[] }],
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
        quota: Quota { per_account: CALLS, ..Quota::NONE },
        resend_is_safe: false,
        voice: Voice::Account,
        stranger: None,
        renewal: Renewal::Never,
        reads_clear_tokens: false,
    }
}

impl Platform for Fake {
    fn card(&self) -> &Card {
        self.card.as_ref().expect("a card")
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
    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
    fn people(&self) -> Option<&dyn People> {
        Some(self)
    }
}

#[async_trait]
impl Connect for Fake {
    async fn begin(&self, _: &ConnectContext) -> Result<Progress> {
        self.begins.next().unwrap_or_else(|| Ok(linked(ACCOUNT, tokens("a token", None, None))))
    }
    async fn resume(&self, _: &ConnectContext, _: &Value, answers: &Answers) -> Result<Progress> {
        self.note(format!("resume {answers:?}"));
        self.resumes.next().unwrap_or_else(|| Err(PlatformError::unsupported("going on")))
    }
    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        self.note(format!("refresh {}", grant.remote_id));
        self.let_happen().await;
        self.renewals.next().unwrap_or_else(|| Err(PlatformError::unsupported("renewing")))
    }
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        let refresh = grant.refresh_token.as_ref().map(|token| token.expose_secret().to_owned());
        self.revoked.lock().unwrap().push((grant.access_token.expose_secret().to_owned(), refresh));
        Ok(())
    }
}

#[async_trait]
impl Outbound for Fake {
    async fn send(&self, _: &Grant, message: &OutboundMessage) -> Result<Sent> {
        self.sent.lock().unwrap().push(message.clone());
        self.let_happen().await;
        let number = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        self.sends.next().unwrap_or_else(|| took(&format!("m{number}")))
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
impl People for Fake {
    async fn profile(&self, _: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        self.note(format!("profile {person}"));
        self.profiles.next().unwrap_or_else(|| Ok(Profile::default()))
    }
    async fn picture(&self, _: &Grant, picture: &str, _: u64) -> Result<Fetched> {
        self.note(format!("picture {picture}"));
        self.pictures.next().unwrap_or_else(|| Err(PlatformError::unsupported("pictures")))
    }
}

#[async_trait]
impl Media for Fake {
    async fn fetch(&self, _: &Grant, attachment: &Attachment, _: u64) -> Result<Fetched> {
        self.note(format!("fetch {}", attachment.remote_ref));
        self.files.next().unwrap_or_else(|| Err(PlatformError::unsupported("files")))
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
        let fixed = self.fixed.load(Ordering::Relaxed);
        let read = |event: &Value| {
            assert!(event["panic"] != true || fixed, "a reader with a bug");
            if event["odd"] == true && !fixed {
                return Parsed::Unreadable("an odd event".to_owned());
            }
            Parsed::Event(fake_events::read(event))
        };
        Ok(events.iter().map(read).collect())
    }
    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }
    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }
    async fn subscribe(&self, _: &Grant, _: &Callback) -> Result<Subscription> {
        Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null })
    }
    async fn unsubscribe(&self, _: &Grant, _: Option<&Previous>) -> Result<()> {
        Ok(())
    }
    fn fixed_callback_secret(&self, _: &Grant) -> Option<Secret> {
        None
    }
}
