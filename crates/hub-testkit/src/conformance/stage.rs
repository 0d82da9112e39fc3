//! A hub process and the simulator of one platform, with a user who looks on through the API.

use super::browser::Browser;
use super::subject::{Decision, Got, Said, Subject};
use crate::{Client, Database, Engine, HubProcess, eventually, free_port, ledger_balances};
use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How long a send request waits, in milliseconds: until its fate is known, however busy this machine is. Checks of what is not
/// waited for say so.
const SEND_WAIT_MS: &str = "20000";
/// Said words that a log may hold by chance are no evidence; these are.
pub(super) const MARK: &str = "wörter-eines-menschen";

/// A hub, a platform, a user.
pub struct Stage<S> {
    /// The platform.
    pub subject: S,
    /// The hub.
    pub hub: HubProcess,
    /// Who looks on.
    pub user: Client,
    /// The platform's card, as the API shows it.
    pub card: Value,
    /// Where the hub keeps everything.
    pub database: Database,
    binary: PathBuf,
    settings: Vec<(String, String)>,
}

impl<S: Subject> Stage<S> {
    /// Starts both; nothing is linked.
    pub async fn open(binary: &Path, engine: Engine) -> Self {
        Self::open_with(binary, engine, &[]).await
    }

    /// The same with further settings.
    pub async fn open_with(binary: &Path, engine: Engine, further: &[(&str, &str)]) -> Self {
        let database = Database::fresh(engine).await;
        let subject = S::start().await;
        let port = free_port().to_string();
        let data = database.folder.path().display().to_string();
        let mut settings: Vec<(String, String)> = subject
            .settings()
            .into_iter()
            .chain([
                ("HUB_DATA_DIR", data),
                ("DATABASE_URL", database.url.clone()),
                ("WEBHOOK_BASE_URL", format!("http://127.0.0.1:{port}")),
                ("PORT", port),
                ("BCRYPT_COST", "4".to_owned()),
                ("SEND_WAIT_MS", SEND_WAIT_MS.to_owned()),
                ("AUTH_LIMIT_PER_MINUTE", "1000".to_owned()),
                ("RATE_LIMIT_PER_MINUTE", "100000".to_owned()),
                ("RUST_LOG", "info".to_owned()),
            ])
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (name, value) in further {
            settings.retain(|(known, _)| known != name);
            settings.push(((*name).to_owned(), (*value).to_owned()));
        }
        let hub = start(binary, &settings, &log_of(&database)).await;
        subject.set_up(&hub.base).await;
        let user = hub.client().register("ada@example.com").await;
        let mut stage = Self { subject, hub, user, card: Value::Null, database, binary: binary.to_owned(), settings };
        stage.card = stage.cards().await.into_iter().find(|card| card["id"] == S::CARD).expect("the card is listed");
        stage
    }

    /// Starts both and links the first account.
    pub async fn linked(binary: &Path, engine: Engine) -> Self {
        let stage = Self::open(binary, engine).await;
        stage.link().await;
        stage
    }

    /// The same with further settings.
    pub async fn linked_with(binary: &Path, engine: Engine, further: &[(&str, &str)]) -> Self {
        let stage = Self::open_with(binary, engine, further).await;
        stage.link().await;
        stage
    }

    /// Every card.
    pub async fn cards(&self) -> Vec<Value> {
        let (status, listed) = self.user.get("/api/platforms").await;
        assert_eq!(status, StatusCode::OK, "{listed}");
        listed["platforms"].as_array().expect("a list").clone()
    }

    /// The platform's published name.
    pub fn platform(&self) -> &str {
        self.card["platform"].as_str().expect("a name")
    }

    /// A yes of the card.
    pub fn offers(&self, name: &str) -> bool {
        self.card[name].as_bool().unwrap_or_else(|| panic!("the card does not say {name}"))
    }

    /// A yes of the card that holds for accounts of the suite's way of linking.
    pub fn may(&self, name: &str) -> bool {
        let ways = self.card["connect"].as_array().expect("a list");
        let way = ways.iter().find(|way| way["id"] == S::METHOD).expect("a way of the card");
        self.offers(name) && !way["lacks"].as_array().expect("a list").iter().any(|lacking| lacking == name)
    }

    /// Kills the hub as a power cut would, and starts it again once whatever it held has come free.
    pub async fn restart(&mut self) {
        self.hub.kill().await;
        self.database.change("UPDATE hub_leases SET until_at = '2020-01-01T00:00:00.000000Z'").await;
        let held = "UPDATE hub_jobs SET lease_until = '2020-01-01T00:00:00.000000Z' WHERE lease_until IS NOT NULL";
        self.database.change(held).await;
        self.hub = start(&self.binary, &self.settings, &log_of(&self.database)).await;
        self.user = self.hub.client().login("ada@example.com").await;
    }

    /// The same, with other settings from then on.
    pub async fn restart_with(&mut self, further: &[(&str, &str)]) {
        for (name, value) in further {
            self.settings.retain(|(known, _)| known != name);
            self.settings.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.restart().await;
    }

    /// Links the first account; gives its id here.
    pub async fn link(&self) -> String {
        self.link_account(&self.user, S::METHOD, 0).await
    }

    /// Links an account for a user in one way, and waits until the platform calls about it; gives its id here.
    pub async fn link_account(&self, user: &Client, method: &str, number: usize) -> String {
        let account = self.subject.account(number);
        let id = self.link_only(user, method, &account).await;
        if method == S::METHOD && !self.setting("WEBHOOK_BASE_URL").is_empty() {
            eventually("the platform calls", async || self.subject.is_called(&account).then_some(())).await;
        }
        id
    }

    /// Links an account; gives its id here.
    pub async fn link_only(&self, user: &Client, method: &str, account: &str) -> String {
        let id = if let Some(form) = self.subject.form(method, account) {
            let body = json!({"method": method, "answers": form.good});
            let (status, asked) = user.post(&format!("/api/oauth/connect/{}", self.platform()), &body).await;
            assert_eq!(status, StatusCode::OK, "{asked}");
            let linked = self.answer_further(user, method, account, asked).await;
            linked["accountId"].as_str().unwrap_or_else(|| panic!("not linked: {linked}")).to_owned()
        } else {
            let mut browser = Browser::new();
            let (page, _) = browser.begin(user, self.platform(), method).await;
            let granted = [account.to_owned()];
            let back = self.subject.consent(method, &page, Decision::Accept(&granted)).await.expect("it leads back");
            let choice = self.subject.choice(method, account);
            let landing = browser.come_back(self, &back, Some(&choice)).await;
            assert_eq!(landing.told.get("success").map(String::as_str), Some("true"), "{landing:?}");
            landing.told["accountId"].clone()
        };
        let linked = self.account_here(user, &id).await;
        assert_eq!(linked["platform_user_id"], account, "the account that was meant");
        assert_eq!((&linked["is_active"], &linked["health"]), (&json!(true), &json!("ok")));
        id
    }

    /// Fills in the forms that follow the first one; gives the last answer.
    pub async fn answer_further(&self, user: &Client, method: &str, account: &str, mut asked: Value) -> Value {
        for answers in self.subject.further(method, account) {
            self.shows_no_secret(&asked.to_string());
            assert_eq!(asked["step"]["type"], "ask", "{asked}");
            let body = json!({"state": asked["state"], "answers": answers});
            let (status, next) = user.post(&format!("/api/oauth/connect/{}", self.platform()), &body).await;
            assert_eq!(status, StatusCode::OK, "{next}");
            asked = next;
        }
        self.shows_no_secret(&asked.to_string());
        asked
    }

    /// Every account of a user.
    pub async fn accounts(&self, user: &Client) -> Vec<Value> {
        let (status, listed) = user.get("/api/oauth/accounts").await;
        assert_eq!(status, StatusCode::OK, "{listed}");
        self.shows_no_secret(&listed.to_string());
        listed["accounts"].as_array().expect("a list").clone()
    }

    /// One account of a user.
    pub async fn account_here(&self, user: &Client, id: &str) -> Value {
        let found = self.accounts(user).await.into_iter().find(|account| account["id"] == id);
        found.expect("the account is listed")
    }

    /// The health of the linked account.
    pub async fn health(&self) -> String {
        let account = self.accounts(&self.user).await.into_iter().next().expect("an account");
        account["health"].as_str().expect("a word").to_owned()
    }

    /// A person says something through the platform; gives the message here and its id there.
    pub async fn hear(&self, person: usize, words: &str) -> (Value, String) {
        let there = self.subject.say(&self.subject.account(0), &self.subject.person(person), words);
        (self.message(words).await, there)
    }

    /// A conversation with a person who just wrote.
    pub async fn conversation_with(&self, person: usize) -> String {
        let (message, _) = self.hear(person, &format!("person {person} says hello")).await;
        text(&message["conversation_id"])
    }

    /// The message with these words, once it is there.
    pub async fn message(&self, words: &str) -> Value {
        let what = format!("a message that says {words:?}");
        eventually(&what, async || self.find(words).await).await
    }

    /// The message with these words, if it is there.
    pub async fn find(&self, words: &str) -> Option<Value> {
        let mut found = self.all(words).await;
        assert!(found.len() <= 1, "{words:?} stands there {} times", found.len());
        found.pop()
    }

    /// Every message with these words.
    pub async fn all(&self, words: &str) -> Vec<Value> {
        self.user.all_messages().await.into_iter().filter(|message| message["content"] == words).collect()
    }

    /// Unread messages over all.
    pub async fn unread(&self) -> i64 {
        let (_, counts) = self.user.get("/api/messages/unread/count").await;
        counts["total"].as_i64().expect("a number")
    }

    /// Sends.
    pub async fn send(&self, conversation: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.user.post(&format!("/api/messages/{conversation}/send"), body).await;
        self.shows_no_secret(&answer.1.to_string());
        answer
    }

    /// Sends words and waits until their fate is known; gives the message.
    pub async fn send_words(&self, conversation: &str, words: &str) -> (StatusCode, Value) {
        let (status, _) = self.send(conversation, &json!({ "content": words })).await;
        (status, self.settled(words).await)
    }

    /// The message with these words, once its fate is known.
    pub async fn settled(&self, words: &str) -> Value {
        let what = format!("the fate of {words:?}");
        eventually(&what, async || {
            let message = self.find(words).await?;
            let open = matches!(message["status"].as_str(), Some("queued" | "sending"));
            (!open).then_some(message)
        })
        .await
    }

    /// What the platform got from the first account.
    pub fn got(&self) -> Vec<Got> {
        self.subject.got(&self.subject.account(0))
    }

    /// What the platform got with these words.
    pub fn got_words(&self, words: &str) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.words.as_deref() == Some(words)).collect()
    }

    /// Path to which the platform delivers what concerns the first account.
    pub fn address(&self) -> String {
        let own = self.subject.address(&self.subject.account(0));
        own.unwrap_or_else(|| format!("/api/webhooks/{}", self.platform()))
    }

    /// Delivers bytes with the proof that `change` makes of the right headers; gives the status.
    pub async fn deliver_with(
        &self,
        body: &[u8],
        change: impl FnOnce(&'static str, String) -> Vec<(&'static str, String)>,
    ) -> StatusCode {
        let path = self.address();
        let mut request = self.hub.client().request(Method::POST, &path).header("Content-Type", "application/json");
        let (name, value) = self.subject.proof(body);
        for (name, value) in change(name, value) {
            request = request.header(name, value);
        }
        let answer = request.body(body.to_vec()).send().await.expect("an answer");
        answer.status()
    }

    /// The status of a delivery that was taken.
    pub fn taken() -> StatusCode {
        StatusCode::from_u16(S::TAKEN).expect("a status")
    }

    /// Delivers forgeries of these events, where the platform's proof stands in the bytes; false = it stands in a header.
    pub async fn deliver_forgeries(&self, events: &[Value]) -> bool {
        let forgeries = self.subject.forgeries(&self.subject.account(0), events);
        for (what, body) in &forgeries {
            assert_eq!(self.deliver(body.to_string().as_bytes()).await, Self::taken(), "{what}: nobody is told");
        }
        !forgeries.is_empty()
    }

    /// Delivers proven bytes.
    pub async fn deliver(&self, body: &[u8]) -> StatusCode {
        self.deliver_with(body, |name, value| vec![(name, value)]).await
    }

    /// Delivers events about the first account, each delivery taken.
    pub async fn deliver_events(&self, events: Vec<Value>) {
        for delivery in self.subject.deliveries(&self.subject.account(0), events) {
            assert_eq!(self.deliver(delivery.to_string().as_bytes()).await, Self::taken());
        }
    }

    /// An event of the first account.
    pub fn event(&self, number: i64, person: usize, words: &str, at: DateTime<Utc>) -> Value {
        let person = self.subject.person(person);
        self.subject.event(&self.subject.account(0), &Said { number, person: &person, words, at })
    }

    /// Nothing is being read back any more. What is told meanwhile may come either way, and only one of them tells fractions of a
    /// second.
    pub async fn past_is_read_back(&self) {
        let open = "SELECT kind FROM hub_jobs WHERE kind = 'backfill' AND state IN ('ready', 'running')";
        eventually("reading back ends", async || self.database.texts(open).await.is_empty().then_some(())).await;
        let reads = async || self.accounts(&self.user).await.iter().any(|account| !account["progress"].is_null());
        eventually("nothing looks as if it were read back", async || (!reads().await).then_some(())).await;
    }

    /// Everything the platform had to tell before this is dealt with: a further message of a person came through.
    pub async fn nothing_is_under_way(&self, person: usize, words: &str) {
        self.hear(person, words).await;
    }

    /// Words that no log may hold.
    pub fn private(words: &str) -> String {
        format!("{MARK} {words}")
    }

    /// What somebody was shown holds no secret.
    pub fn shows_no_secret(&self, shown: &str) {
        for secret in self.subject.secrets().iter().filter(|secret| !secret.is_empty()) {
            assert!(!shown.contains(secret.as_str()), "a secret is shown: {}", around(shown, secret));
        }
    }

    /// Ends; nothing was lost or counted twice, and neither secrets nor private words are in the log.
    pub async fn finish(mut self) {
        if self.hub.is_running() {
            ledger_balances(&self.hub.client().with_token(self.user.token())).await;
        }
        self.hub.kill().await;
        let log = std::fs::read_to_string(log_of(&self.database)).expect("a log");
        self.shows_no_secret(&log);
        assert!(!log.contains(MARK), "words of a person are in the log: {}", around(&log, MARK));
    }

    /// The hub's environment, for further processes of the same hub.
    pub fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    fn setting(&self, name: &str) -> &str {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A member that is text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// The sentence of an error, which stands in one of two places.
pub fn told(answer: &Value) -> String {
    let beside = answer["message"].as_str();
    beside.or_else(|| answer["error"]["message"].as_str()).unwrap_or_default().to_owned()
}

fn log_of(database: &Database) -> PathBuf {
    database.folder.path().join("hub.log")
}

async fn start(binary: &Path, settings: &[(String, String)], log: &Path) -> HubProcess {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    HubProcess::start_logged(binary, &settings, log).await
}

/// The line in which it stands.
fn around(shown: &str, found: &str) -> String {
    shown.lines().find(|line| line.contains(found)).unwrap_or_default().chars().take(1_000).collect()
}
