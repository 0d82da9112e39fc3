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
    Connect, ConnectContext, Fetched, History, HistoryPage, Media, Outbound, OutboundMessage, Parsed, People, Platform,
    Profile, Progress, Sent, Template, Webhook,
};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
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
    pub(crate) pages: Script<HistoryPage>,
    pub(crate) subscriptions: Script<Subscription>,
    pub(crate) inspections: Script<Inspection>,
    /// What it was asked.
    pub(crate) sent: Mutex<Vec<OutboundMessage>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) revoked: Mutex<Vec<(String, Option<String>)>>,
    pub(crate) callbacks: Mutex<Vec<Callback>>,
    /// The account whose sends it never answers.
    pub(crate) silent_to: Mutex<Option<String>>,
    meanwhile: Mutex<VecDeque<Meanwhile>>,
    taken: AtomicU64,
    /// The access and refresh token it honours and no others; each renewal gives new ones and spends the old.
    honours: Mutex<Option<(String, String)>>,
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

    /// Happens between the request and the answer of the next send, renewal or subscription.
    pub(crate) fn meanwhile(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.meanwhile.lock().unwrap().push_back(Box::pin(work));
    }

    /// From now on it honours these tokens only.
    pub(crate) fn honour(&self, access: &str, refresh: &str) {
        *self.honours.lock().unwrap() = Some((access.to_owned(), refresh.to_owned()));
    }

    /// A call with a token it does not honour is refused.
    fn check(&self, grant: &Grant) -> Result<()> {
        match &*self.honours.lock().unwrap() {
            Some((access, _)) if access != grant.token() => Err(no_more()),
            _ => Ok(()),
        }
    }

    /// New tokens for a refresh token it honours.
    fn renewed(&self, grant: &Grant) -> Option<Result<Tokens>> {
        let mut honours = self.honours.lock().unwrap();
        let (access, refresh) = honours.as_mut()?;
        if grant.refresh_token.as_ref().map(ExposeSecret::expose_secret) != Some(refresh.as_str()) {
            return Some(Err(no_more()));
        }
        (*access, *refresh) = (format!("{access}+"), format!("{refresh}+"));
        Some(Ok(tokens(access, Some(refresh), None)))
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

/// The answer about a grant that it does not honour.
pub(crate) fn no_more() -> PlatformError {
    PlatformError::new(ErrorKind::ReauthRequired, "this token is not honoured")
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
        connect: &[ConnectMethod { id: "at_once", label: "At once", redirects: false, full_access: false, lacks: &[] }],
        callback_path: "/callback",
        intake: Intake { webhook: true, pull: Pull::No, live: false, keeps: Duration::from_hours(24), queues: false },
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
        own_sessions: false,
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
        self.card().intake.webhook.then_some(self as &dyn Webhook)
    }
    fn history(&self) -> Option<&dyn History> {
        (self.card().intake.pull != Pull::No).then_some(self as &dyn History)
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
        let scripted = self.renewals.next().or_else(|| self.renewed(grant));
        scripted.unwrap_or_else(|| Err(PlatformError::unsupported("renewing")))
    }
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        let refresh = grant.refresh_token.as_ref().map(|token| token.expose_secret().to_owned());
        self.revoked.lock().unwrap().push((grant.access_token.expose_secret().to_owned(), refresh));
        Ok(())
    }
}

#[async_trait]
impl Outbound for Fake {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        self.check(grant)?;
        self.sent.lock().unwrap().push(message.clone());
        if self.silent_to.lock().unwrap().as_deref() == Some(grant.remote_id.as_str()) {
            std::future::pending::<()>().await;
        }
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

/// A page of events, and how far reading has got with it.
pub(crate) fn page(events: &Value, next: &str, more: bool) -> HistoryPage {
    let read = |event| Parsed::Event(fake_events::read(event));
    HistoryPage {
        events: events.as_array().expect("a list").iter().map(read).collect(),
        raw: events.to_string().into(),
        next: Some(next.to_owned()),
        more,
        progress: None,
    }
}

#[async_trait]
impl History for Fake {
    async fn pull(&self, _: &Grant, cursor: Option<&str>, _: Duration) -> Result<HistoryPage> {
        self.note(format!("pull {}", cursor.unwrap_or("-")));
        self.pages.next().unwrap_or_else(|| Ok(page(&Value::Array(Vec::new()), cursor.unwrap_or("0"), false)))
    }
    async fn prepare(&self, _: &Grant) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl People for Fake {
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        self.note(format!("profile {person}"));
        self.check(grant)?;
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
            let account = RemoteAccountId::new(ACCOUNT);
            match event["kind"].as_str() {
                Some("read_back") => Parsed::ReadBack { account, why: "told" },
                Some("resubscribe") => Parsed::Resubscribe { account, why: "told" },
                _ => Parsed::Event(fake_events::read(event)),
            }
        };
        Ok(events.iter().map(read).collect())
    }
    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }
    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }
    async fn subscribe(&self, _: &Grant, callback: &Callback) -> Result<Subscription> {
        self.callbacks.lock().unwrap().push(callback.clone());
        self.let_happen().await;
        let scripted = self.subscriptions.next();
        scripted.unwrap_or(Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null }))
    }
    async fn unsubscribe(&self, _: &Grant, _: Option<&Previous>) -> Result<()> {
        Ok(())
    }
    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        self.note(format!("inspect {}", inquiry.url));
        self.check(grant)?;
        self.inspections.next().unwrap_or(Ok(Inspection::Unknown))
    }
    fn fixed_callback_secret(&self, _: &Grant) -> Option<Secret> {
        None
    }
}
