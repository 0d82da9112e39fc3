//! A person who uses the hub in tests: linked, told things by the platform, sending, and with a worker that does what is due.

use crate::fake_events::at;
use crate::support::TestApp;
use hub_app::accounts::{self, BeginConnect};
use hub_app::auth::{self, Credentials};
use hub_app::inbox;
use hub_app::outbox::{self, SendMessage, Special};
use hub_app::{
    App, AppError, Caller, Card, ListConversations, ListMessages, OutboundFile, Secret, WebhookRequest, work,
};
use hub_domain::{Book, ContentKind, Conversation, ConversationId, EventBody, Message, MessageId};
use hub_testkit::Engine;
use serde_json::Value;
use std::time::Duration;

/// An app and its one user.
pub(crate) struct Talk {
    pub(crate) test: TestApp,
    pub(crate) caller: Caller,
}

impl Talk {
    /// A linked account at a platform with this card. Sending does not wait for the outcome.
    pub(crate) async fn start(engine: Engine, change: impl FnOnce(&mut Card)) -> Self {
        let talk = Self::unlinked(engine, change).await;
        link(&talk.test.app, &talk.caller).await;
        talk
    }

    pub(crate) async fn unlinked(engine: Engine, change: impl FnOnce(&mut Card)) -> Self {
        Self::at(engine, None, change).await
    }

    /// The same for a hub that platforms can reach.
    pub(crate) async fn public(engine: Engine, change: impl FnOnce(&mut Card)) -> Self {
        Self::at(engine, Some("https://hub.example".to_owned()), change).await
    }

    async fn at(engine: Engine, public_url: Option<String>, change: impl FnOnce(&mut Card)) -> Self {
        let settings = |settings: &mut hub_app::AppSettings| {
            settings.send_wait = Duration::ZERO;
            settings.public_url = public_url;
        };
        let test = TestApp::start_with(engine, settings, change).await;
        let caller = register(&test.app, "ada@example.com").await;
        Self { test, caller }
    }

    pub(crate) fn app(&self) -> &App {
        &self.test.app
    }

    /// One delivery with these events.
    pub(crate) async fn told(&self, events: Value) {
        deliver(self.app(), &events).await;
    }

    /// Does everything that is due.
    pub(crate) async fn work(&self) {
        work_on(self.app()).await;
    }

    /// Lets time pass and does what is due then.
    pub(crate) async fn later(&self, seconds: u64) {
        self.test.clock.advance(Duration::from_secs(seconds));
        self.work().await;
    }

    pub(crate) async fn conversations(&self) -> Vec<Conversation> {
        let query = ListConversations { limit: 100, ..ListConversations::default() };
        inbox::list_conversations(self.app(), &self.caller, &query).await.expect("listed").items
    }

    /// The only conversation there is.
    pub(crate) async fn only(&self) -> Conversation {
        let mut all = self.conversations().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Messages of all conversations, oldest first.
    pub(crate) async fn messages(&self) -> Vec<Message> {
        let query = ListMessages { limit: 1_000, ..ListMessages::default() };
        let page = inbox::list_all_messages(self.app(), &self.caller, &query).await.expect("listed");
        page.items.into_iter().rev().map(|view| view.message).collect()
    }

    pub(crate) async fn message(&self, id: MessageId) -> Message {
        self.messages().await.into_iter().find(|message| message.id == id).expect("the message is there")
    }

    pub(crate) async fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.messages().await.into_iter().filter_map(|m| m.content.text).collect();
        texts.sort();
        texts
    }

    pub(crate) async fn unread(&self) -> i64 {
        inbox::unread_count(self.app(), &self.caller).await.expect("counted").total
    }

    /// Accepts a message to the only conversation; it has not left yet.
    pub(crate) async fn accept(&self, text: &str) -> MessageId {
        let to = self.only().await.id;
        self.try_send(words(to, text)).await.expect("accepted")
    }

    /// Accepts a message and lets it leave.
    pub(crate) async fn say(&self, text: &str) -> MessageId {
        let id = self.accept(text).await;
        self.work().await;
        id
    }

    pub(crate) async fn try_send(&self, message: SendMessage) -> Result<MessageId, AppError> {
        outbox::send_message(self.app(), &self.caller, message).await.map(|view| view.message.id)
    }

    /// What clients heard from the beginning.
    pub(crate) async fn heard(&self) -> Vec<EventBody> {
        match inbox::events_after(self.app(), &self.caller, 0, 1_000).await.expect("read") {
            inbox::Replay::Events(events) => events.into_iter().map(|event| event.body).collect(),
            inbox::Replay::TooOld { .. } => panic!("the log is whole"),
        }
    }
}

/// Words for a conversation.
pub(crate) fn words(to: ConversationId, text: &str) -> SendMessage {
    SendMessage {
        conversation_id: to,
        content: text.to_owned(),
        reply_to: None,
        attachments: Vec::new(),
        special: Special::None,
        tag: None,
        idempotency_key: None,
    }
}

pub(crate) fn file(name: &str) -> OutboundFile {
    OutboundFile {
        kind: ContentKind::File,
        file_name: name.to_owned(),
        mime_type: "text/plain".to_owned(),
        bytes: name.to_owned().into(),
        link: None,
    }
}

pub(crate) async fn register(app: &App, email: &str) -> Caller {
    let credentials =
        Credentials { email: email.to_owned(), password: Secret::from("correct horse battery"), address: None };
    let session = auth::register(app, credentials).await.expect("registered");
    auth::authenticate(app, &session.access_token).expect("signed in")
}

pub(crate) async fn link(app: &App, caller: &Caller) {
    let begin = BeginConnect { platform: "telegram".to_owned(), ..BeginConnect::default() };
    accounts::begin_connect(app, caller, begin).await.expect("linked");
}

pub(crate) async fn deliver(app: &App, events: &Value) {
    let request = WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: Vec::new(),
        body: events.to_string().into(),
    };
    inbox::receive_webhook(app, "telegram", request).await.expect("taken");
    assert_eq!(inbox::parked::count_parked(app).await.expect("counted"), 0, "{events} was not understood");
    books_balance(app).await;
}

pub(crate) async fn work_on(app: &App) {
    for _ in 0..100 {
        let due = work::claim(app, "worker", 10).await.expect("claimed");
        if due.is_empty() {
            books_balance(app).await;
            return;
        }
        for job in due {
            let outcome = hub_app::jobs::run(app, &job).await;
            work::settle(app, "worker", &job, &outcome).await.expect("settled");
        }
    }
    panic!("the work never ends");
}

/// Nothing was lost and nothing counted twice, whatever a test does. Gives the one platform's book, if there is one yet.
pub(crate) async fn books_balance(app: &App) -> Book {
    let mut books = hub_app::ledger::books(app).await.expect("readable");
    for (platform, book) in &books {
        assert!(book.balance().is_even(), "{platform}: {book:?}");
    }
    books.remove("telegram").unwrap_or_default()
}

/// Seconds of the test's day.
pub(crate) fn second(timestamp: hub_domain::Timestamp) -> i64 {
    (timestamp - at(0)).num_seconds()
}
