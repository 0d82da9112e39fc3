//! A hub with one bot, a user who linked it, and a person who writes: what most of these tests begin with.

use crate::support::{BOT_TOKEN, Hub, SECRET, bot_update};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_simulators::telegram;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, Engine, HubProcess, eventually};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What tokens are signed with.
pub(crate) const ACCESS_SECRET: &str = "contract-access-secret-0123456789abcdef";
pub(crate) const REFRESH_SECRET: &str = "contract-refresh-secret-0123456789abcdef";
/// What [`Client::register`] uses.
pub(super) const PASSWORD: &str = "correct horse battery";
/// A row that nobody has.
pub(super) const NOBODYS: &str = "3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21";
/// Somebody who writes to the bot.
pub(super) const PERSON: i64 = 42;

/// A hub, its platform and its database.
pub(super) struct Scene {
    pub(super) hub: Hub,
    pub(super) database: Database,
}

/// A user with a bot, to whom a person has written once.
pub(super) struct Talk {
    pub(super) user: Client,
    /// Ids here.
    pub(super) account: String,
    pub(super) conversation: String,
    pub(super) message: String,
}

impl Scene {
    pub(super) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With further settings.
    pub(super) async fn open_with(further: &[(&str, &str)]) -> Self {
        Self::on(Engine::Sqlite, further).await
    }

    pub(super) async fn on(engine: Engine, further: &[(&str, &str)]) -> Self {
        Self::over(Database::fresh(engine).await, further).await
    }

    /// On a database that was there before.
    pub(super) async fn over(database: Database, further: &[(&str, &str)]) -> Self {
        let platform = telegram::start(telegram::TelegramOptions::default()).await.expect("the simulator starts");
        platform.create_bot(BOT_TOKEN, "tests_bot");
        let data = database.folder.path().display().to_string();
        let mut settings = vec![
            ("HUB_DATA_DIR", data.as_str()),
            ("DATABASE_URL", database.url.as_str()),
            ("JWT_SECRET", ACCESS_SECRET),
            ("JWT_REFRESH_SECRET", REFRESH_SECRET),
            ("BCRYPT_COST", "4"),
            ("TELEGRAM_API_BASE_URL", platform.base_url()),
            ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
            ("TELEGRAM_WEBHOOK_SECRET", SECRET),
            // A public address that nobody calls: the tests deliver themselves.
            ("WEBHOOK_BASE_URL", "http://127.0.0.1:9"),
            ("AUTH_LIMIT_PER_MINUTE", "1000"),
            ("RATE_LIMIT_PER_MINUTE", "100000"),
            ("RUST_LOG", "info"),
        ];
        settings.retain(|(name, _)| !further.iter().any(|(other, _)| other == name));
        settings.extend_from_slice(further);
        let process = HubProcess::start_logged(binary(), &settings, &log_of(&database)).await;
        Self { hub: Hub { process, platform }, database }
    }

    pub(super) fn client(&self) -> Client {
        self.hub.client()
    }

    pub(super) async fn user(&self, email: &str) -> Client {
        self.client().register(email).await
    }

    /// Somebody new with the bot, to whom a person has written `words`.
    pub(super) async fn talk(&self, words: &str) -> Talk {
        let user = self.user("ada@example.com").await;
        let linked = user.link_bot(BOT_TOKEN).await;
        self.hub.receive(&user, 1, PERSON, words).await;
        let message = user.all_messages().await.remove(0);
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let (conversation, message) = (text(&message["conversation_id"]), text(&message["id"]));
        Talk { user, account: text(&linked["accountId"]), conversation, message }
    }

    /// The person writes again.
    pub(super) async fn hear(&self, number: i64, words: &str) {
        self.hub.platform.say(BOT_TOKEN, PERSON, words);
        self.hub.deliver(&bot_update(number, PERSON, words)).await;
    }

    /// What the hub wrote into its log.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.database)).expect("a log")
    }

    /// Once the log says this, how often.
    pub(super) async fn logged(&self, words: &str) -> usize {
        eventually(words, async || Some(self.log().matches(words).count()).filter(|count| *count > 0)).await
    }
}

impl Talk {
    /// Sends words into the conversation.
    pub(super) async fn send(&self, words: &str) -> (StatusCode, Value) {
        self.user.post(&format!("/api/messages/{}/send", self.conversation), &json!({ "content": words })).await
    }

    /// The conversation.
    pub(super) async fn shown(&self) -> Value {
        self.user.get(&format!("/api/conversations/{}", self.conversation)).await.1
    }

    /// Its messages, newest first.
    pub(super) async fn messages(&self) -> Vec<Value> {
        let (_, page) = self.user.get(&format!("/api/messages/{}?limit=100", self.conversation)).await;
        page["messages"].as_array().expect("a list").clone()
    }
}

/// The hub.
pub(super) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hub"))
}

fn log_of(database: &Database) -> PathBuf {
    database.folder.path().join("hub.log")
}

/// Runs a check on every engine there is.
pub(super) async fn everywhere(check: impl AsyncFn(Engine)) {
    for engine in engines() {
        check(engine).await;
    }
}

/// A signed token of one's own making; `none` signs nothing.
pub(crate) fn token(algorithm: &str, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": algorithm, "typ": "JWT"})), part(claims));
    let algorithm = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => return format!("{signed}."),
    };
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
}

/// Claims of a user's tokens that end so many seconds from now.
pub(crate) async fn claims(user: &Client, seconds: i64) -> Value {
    let (_, me) = user.get("/api/auth/me").await;
    let now = chrono::Utc::now().timestamp();
    json!({"userId": me["id"], "email": me["email"], "iat": now - 1_000, "exp": now + seconds})
}

/// A client that shows everything: no redirect is followed.
pub(super) fn browser() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.timeout(hub_testkit::PATIENCE).build().expect("a client")
}

/// Asks a path with headers.
pub(super) async fn ask(client: &Client, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = browser().request(method, format!("{}{path}", client.base()));
    with(request, headers).send().await.expect("an answer")
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// A header's text.
pub(super) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

/// Parameters of an address.
pub(super) fn query(url: &str) -> std::collections::BTreeMap<String, String> {
    url::Url::parse(url).expect("an address").query_pairs().into_owned().collect()
}

/// Members of a message that pages read, in both spellings.
pub(super) const BOTH: [(&str, &str); 6] = [
    ("conversation_id", "conversationId"),
    ("sender_name", "senderName"),
    ("message_type", "messageType"),
    ("is_outgoing", "isOutgoing"),
    ("is_read", "isRead"),
    ("sent_at", "sentAt"),
];
