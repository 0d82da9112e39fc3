//! Microsoft Teams under the suite.

use hub_simulators::teams::{
    self, App, Deed, Done, Endpoint, Fault as Wrong, RetryAfter, TeamsHandle, TeamsOptions, Trouble, User,
};
use hub_testkit::conformance::subject::{Act, Challenge, Decision, Fate, Fault, File, Form, Got, Said, Subject, What};
use reqwest::header;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use url::Url;

pub(super) const APP: &str = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";
const APP_SECRET: &str = "tst-graph-secret~q1";
const TENANT: &str = "2432b57b-0abd-43db-aa7b-16eadd115d34";
/// Who signs in; the first, the app and the tenant are those of the recorded deliveries.
const ACCOUNTS: [(&str, &str); 2] =
    [("97f62344-57dc-409c-88ad-c4af14158ff5", "Harper Lane"), ("97f62344-57dc-409c-88ad-c4af14158f02", "Sasha Field")];
/// A subscription of nobody.
const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";
/// More than the hub fetches, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;
/// What ids of chats of two begin and end with.
const PAIR: (&str, &str) = ("19:", "@unq.gbl.spaces");

pub(crate) struct Teams {
    pub(crate) platform: TeamsHandle,
    /// Path that the platform calls about each account: it outlives the subscription.
    paths: Mutex<BTreeMap<String, String>>,
}

impl Teams {
    pub(super) fn chat(&self, account: &str, person: &str) -> String {
        self.platform.direct(account, person)
    }

    pub(super) fn subscription(&self, account: &str) -> Option<teams::Subscription> {
        let found = self.platform.subscriptions().into_iter().find(|one| one.user == account && one.app == APP)?;
        let path = Url::parse(&found.notification_url).expect("an address").path().to_owned();
        self.paths.lock().expect("nobody panicked").insert(account.to_owned(), path);
        Some(found)
    }

    /// A message as Graph tells it.
    fn message(&self, account: &str, said: &Said<'_>) -> Value {
        let at = said.at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let chat = self.chat(account, said.person);
        json!({
            "id": said.number.to_string(), "etag": said.number.to_string(), "chatId": chat, "messageType": "message",
            "createdDateTime": at, "lastModifiedDateTime": at, "lastEditedDateTime": null, "deletedDateTime": null,
            "from": {"user": {"id": said.person, "displayName": "Person", "userIdentityType": "aadUser"}},
            "body": {"contentType": "text", "content": said.words},
            "attachments": [], "mentions": [], "reactions": [],
        })
    }

    /// A delivery of these messages for the account's subscription; without one, for that of nobody.
    fn delivery(&self, account: &str, messages: &[Value]) -> Value {
        let items = self.subscription(account).and_then(|one| {
            let item = |message| self.platform.notice(&one.id, "created", message);
            messages.iter().map(item).collect::<Option<Vec<Value>>>()
        });
        if let Some(items) = items {
            return self.platform.request(&items);
        }
        let item = json!({"subscriptionId": NOBODYS, "clientState": "of nobody", "changeType": "created",
            "resource": "chats('19:x')/messages('1')", "tenantId": TENANT, "account": account});
        json!({"value": [item]})
    }
}

impl Subject for Teams {
    const CARD: &'static str = "teams";
    const METHOD: &'static str = "microsoft_login";
    const TAKEN: u16 = 202;

    async fn start() -> Self {
        let platform = teams::start(TeamsOptions::default()).await.expect("the simulator starts");
        platform.create_app(App::new(APP, APP_SECRET));
        for (id, name) in ACCOUNTS {
            platform.put_user(User::new(id, TENANT, name));
        }
        Self { platform, paths: Mutex::default() }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("MICROSOFT_CLIENT_ID", APP.to_owned()),
            ("MICROSOFT_CLIENT_SECRET", APP_SECRET.to_owned()),
            ("MICROSOFT_TENANT_ID", "organizations".to_owned()),
            ("MICROSOFT_GRAPH_BASE_URL", self.platform.base_url().to_owned()),
            ("MICROSOFT_LOGIN_BASE_URL", self.platform.base_url().to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        let states = self.platform.subscriptions().into_iter().filter_map(|one| one.client_state);
        self.platform.tokens().into_iter().chain(states).chain([APP_SECRET.to_owned()]).collect()
    }

    fn account(&self, number: usize) -> String {
        ACCOUNTS[number].0.to_owned()
    }

    fn person(&self, number: usize) -> String {
        format!("8ea0e38b-efb3-4757-924a-{number:012}")
    }

    fn form(&self, _method: &str, _account: &str) -> Option<Form> {
        None
    }

    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let fields = match decision {
            Decision::Accept(granted) => vec![("user", granted[0].as_str()), ("decision", "accept")],
            Decision::Refuse => vec![("user", ACCOUNTS[0].0), ("decision", "refuse")],
        };
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let answer = http.build().expect("a client").post(page).form(&fields).send().await.expect("an answer");
        let back = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.status()));
        Some(back.to_str().expect("text").to_owned())
    }

    fn is_called(&self, account: &str) -> bool {
        self.subscription(account).is_some()
    }

    /// A person takes a permission back at Microsoft only.
    fn is_free(&self, account: &str) -> bool {
        self.subscription(account).is_none()
    }

    fn renewals(&self, account: &str) -> Option<usize> {
        Some(self.platform.refreshes(account))
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        let chat = self.chat(account, person);
        self.platform.say(&chat, person, words).expect("the chat is there").id.to_string()
    }

    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        let chat = self.chat(account, person);
        let number = |id: &str| id.parse().expect("a number");
        match *act {
            Act::React(id, emoji) => self.platform.react(&chat, number(id), person, emoji, true),
            Act::Unreact(id) => {
                let message = self.platform.message(&chat, number(id)).expect("the message");
                let kind = message["reactions"][0]["reactionType"].as_str().expect("a reaction").to_owned();
                self.platform.react(&chat, number(id), person, &kind, false)
            }
            Act::Edit(id, words) => self.platform.edit(&chat, number(id), false, words),
            Act::Delete(id) => self.platform.delete(&chat, number(id)),
            Act::Reply(id, words) => self.platform.answer(&chat, person, number(id), words).is_some(),
        }
    }

    /// Pictures lie in the message; nothing says what they must be, so one that was changed cannot be told.
    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        if file.kind != "image" || fate == Fate::Tampered {
            return false;
        }
        let chat = self.chat(account, person);
        let large = vec![0; if fate == Fate::TooLarge { TOO_LARGE } else { 0 }];
        let bytes = if fate == Fate::TooLarge { &large } else { &file.bytes };
        self.platform.hold(true, false);
        let message = self.platform.attach_picture(&chat, person, "", file.mime, bytes).expect("the chat is there");
        if fate == Fate::Gone {
            self.platform.swap_pictures(&chat, message.id, None);
        }
        self.platform.hold(false, false);
        true
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.platform.say(&self.chat(account, person), account, words).is_some()
    }

    /// Every account has an address of its own.
    fn address(&self, account: &str) -> Option<String> {
        self.subscription(account);
        let paths = self.paths.lock().expect("nobody panicked");
        Some(paths.get(account).cloned().unwrap_or_else(|| "/api/webhooks/teams".to_owned()))
    }

    /// The proof stands in the bytes.
    fn proof(&self, _body: &[u8]) -> (&'static str, String) {
        ("X-Proof-Is-Inside", "yes".to_owned())
    }

    fn forgeries(&self, account: &str, events: &[Value]) -> Vec<(&'static str, Value)> {
        let spoiled = |pointer: &str, value: Value| {
            let mut body = self.delivery(account, events);
            *body.pointer_mut(pointer).expect("a member") = value;
            body
        };
        let token = self.delivery(account, events)["validationTokens"][0].as_str().expect("a token").to_owned();
        let unsigned = token.rsplit_once('.').expect("a token").0.to_owned();
        let content = |name: &str| format!("/value/0/encryptedContent/{name}");
        vec![
            ("no token", spoiled("/validationTokens", json!([]))),
            ("no signature", spoiled("/validationTokens/0", json!(format!("{unsigned}.")))),
            ("a lengthened signature", spoiled("/validationTokens/0", json!(format!("{token}AA")))),
            ("another tenant", spoiled("/value/0/tenantId", json!(NOBODYS))),
            ("another secret", spoiled("/value/0/clientState", json!("another"))),
            ("no secret", spoiled("/value/0/clientState", Value::Null)),
            ("another subscription", spoiled("/value/0/subscriptionId", json!(NOBODYS))),
            (
                "another signature",
                spoiled(&content("dataSignature"), json!("r1bOPESiBAoVbF/QW3KkTeosfaaMmHD+jxj6+oxZQ88=")),
            ),
            ("another key", spoiled(&content("dataKey"), json!("AAAA"))),
            ("other content", spoiled(&content("data"), json!("AAAAAAAAAAAAAAAAAAAAAA=="))),
        ]
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        self.message(account, said)
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        let mut message = self.message(account, said);
        message["createdDateTime"] = "the other day".into();
        message
    }

    fn deliveries(&self, account: &str, events: Vec<Value>) -> Vec<Value> {
        vec![self.delivery(account, &events)]
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        let said = Said { number: 880_001, person: &self.person(0), words: "", at: chrono::DateTime::UNIX_EPOCH };
        let mut thought = self.message(account, &said);
        thought["messageType"] = "telepathy".into();
        let mut happened = self.message(account, &Said { number: 880_002, ..said });
        happened["messageType"] = "systemEventMessage".into();
        happened["eventDetail"] = json!({"@odata.type": "#microsoft.graph.somethingOfTomorrowEventMessageDetail"});
        let mut lifecycle = self.delivery(account, &[]);
        let own = self.subscription(account);
        let (id, state) = own.map_or((NOBODYS.to_owned(), None), |one| (one.id, one.client_state));
        lifecycle["value"] = json!([{"subscriptionId": id, "clientState": state, "lifecycleEvent": "telepathy"}]);
        vec![self.delivery(account, &[thought]), self.delivery(account, &[happened]), lifecycle, json!({"value": []})]
    }

    /// The platform checks the address whenever a subscription is made; the simulator makes none without the right answer.
    fn challenge(&self) -> Option<Challenge> {
        None
    }

    fn got(&self, account: &str) -> Vec<Got> {
        let own = |done: &Done| done.user == account;
        self.platform.deeds().into_iter().filter(own).filter_map(|done| self.got_of(account, done)).collect()
    }

    fn fault(&self, account: &str, fault: Fault) -> bool {
        let wrong = match fault {
            Fault::Reauth => {
                self.platform.trouble(account, Some(Trouble::Revoked));
                self.platform.expire_tokens(account);
                return true;
            }
            Fault::Refused => Wrong::Status(403),
            Fault::Missing => Wrong::Status(404),
            Fault::SlowDown(pause) => Wrong::Throttled(RetryAfter::Seconds(format!("{:.3}", pause.as_secs_f64()))),
            Fault::Trouble => Wrong::Status(500),
            Fault::Gateway => Wrong::Html502,
            Fault::Garbage => Wrong::Garbage,
            Fault::Hang(pause) => Wrong::Hang(pause),
            Fault::CutBefore => Wrong::CutBefore,
            Fault::CutAfter => Wrong::CutAfter,
        };
        self.platform.fault(Endpoint::Send, wrong);
        true
    }

    fn end_token(&self, account: &str) -> bool {
        self.platform.expire_tokens(account);
        true
    }

    async fn fall_silent(&self, account: &str, silent: bool) -> bool {
        !silent || self.subscription(account).is_some_and(|one| self.platform.kill_subscription(&one.id))
    }

    fn tell_again(&self) -> bool {
        self.platform.repeat(1) > 0
    }

    fn hold_back(&self, held: bool) -> bool {
        self.platform.hold(held, !held);
        true
    }

    /// The platform tells nothing after it took a message.
    fn report(&self, _account: &str, _person: &str, _message: &str, _status: &str) -> bool {
        false
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

impl Teams {
    fn got_of(&self, account: &str, done: Done) -> Option<Got> {
        let person = other_of(&done.chat, account)?;
        let message = done.message.map(|id| id.to_string());
        let got = |what| Got { what, person, words: None, message, reply_to: None, tag: None };
        Some(match done.deed {
            Deed::Sent | Deed::Quoted(_) => {
                let said = self.platform.message(&done.chat, done.message?).expect("the message");
                let content = said["body"]["content"].as_str().unwrap_or_default();
                let is_html = said["body"]["contentType"] == "html";
                let shows = is_html && content.contains("<img");
                let what = if shows { What::File("image".to_owned(), None) } else { What::Text };
                let words = if is_html { bare(content) } else { content.to_owned() };
                let quoted = if let Deed::Quoted(ids) = &done.deed { ids.first() } else { None };
                let reply_to = quoted.map(ToString::to_string);
                Got { words: (!words.is_empty()).then_some(words), reply_to, ..got(what) }
            }
            Deed::Reacted(emoji) => got(What::Reaction(Some(emoji))),
            Deed::Unreacted(_) => got(What::Reaction(None)),
            Deed::Read => got(What::Read),
            _ => got(What::Other),
        })
    }
}

/// The other one of a chat of two.
fn other_of(chat: &str, account: &str) -> Option<String> {
    let (one, other) = chat.strip_prefix(PAIR.0)?.strip_suffix(PAIR.1)?.split_once('_')?;
    if one == account { Some(other.to_owned()) } else { (other == account).then(|| one.to_owned()) }
}

/// The words of the little HTML that the adapter and the simulator write.
fn bare(html: &str) -> String {
    let mut words = String::new();
    for part in html.replace("<br>", "\n").split('<') {
        words.push_str(part.split_once('>').map_or(part, |(_, words)| words));
    }
    let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    words.trim().to_owned()
}

hub_testkit::conformance!(Teams);
