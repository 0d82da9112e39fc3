//! X accounts under the suite, and what only X does.

mod only_here;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_simulators::twitter::{
    self, App, Bucket, EventKind, Fault as Wrong, Span, TwitterHandle, TwitterOptions, User,
};
use hub_testkit::conformance::subject::{
    Act, Challenge, Decision, Fate, Fault, File, Form, Got, Meanwhile, Said, Subject, What,
};
use reqwest::header;
use serde_json::{Value, json};

pub(super) const CLIENT_ID: &str = "TestsClientIdM1M5R3BMVy13QmpScXk6MTpjaQ";
const CLIENT_SECRET: &str = "a-client-secret-for-tests-only-00000000";
/// The recorded deliveries are signed with it.
const CONSUMER_SECRET: &str = "tst-consumer-secret-3f9QxV";
/// Accounts: id, name without `@`, name. They are those of the recorded deliveries.
const ACCOUNTS: [(&str, &str, &str); 2] =
    [("4337869213", "first_tests", "First Tests"), ("1111111111111111111", "second_tests", "Second Tests")];
/// The first person. Their ids are larger than one account's and smaller than the other's.
const FIRST_PERSON: u64 = 944_480_690_000_000_000;
/// The suite sends more than the platform allows at first; the simulator allows so much more that only the hub's own budget
/// counts.
const SENDS: u32 = 60;
const SIMULATORS: u32 = 1_000;
/// More than the hub fetches, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;
/// The platform's first moment in Unix milliseconds, and the bits of an id below its milliseconds.
const EPOCH_MS: i64 = 1_288_834_974_657;
const LOW_BITS: u32 = 22;
/// What stands for a file in the words of its message.
const FILE_LINK: &str = "https://t.co/Zz00000001";
/// Somebody else's webhook.
pub(super) const ANOTHER_WEBHOOK: &str = "1146654567674912769";
/// Kinds of events that an account listens to.
const KINDS: usize = 6;

pub(crate) struct Twitter {
    pub(crate) platform: TwitterHandle,
    http: reqwest::Client,
}

/// The platform's name for a sort of file.
fn category(mime: &str) -> &'static str {
    match mime {
        "image/gif" => "dm_gif",
        _ if mime.starts_with("video/") => "dm_video",
        _ => "dm_image",
    }
}

fn delivery(account: &str, list: &str, events: &[Value]) -> Value {
    json!({"for_user_id": account, list: events})
}

impl Subject for Twitter {
    const CARD: &'static str = "twitter";
    const METHOD: &'static str = "sign_in";

    async fn start() -> Self {
        let options = TwitterOptions { own_pictures: true, ..TwitterOptions::default() };
        let platform = twitter::start(options).await.expect("the simulator starts");
        platform.create_app(App::new(CLIENT_ID, CLIENT_SECRET, CONSUMER_SECRET));
        for (id, username, name) in ACCOUNTS {
            platform.put_user(User::new(id, username, name));
        }
        platform.set_limit(Bucket::DmSend, Span::Quarter, SIMULATORS);
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { platform, http: http.build().expect("a client") }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let address = self.platform.base_url();
        vec![
            ("TWITTER_CLIENT_ID", CLIENT_ID.to_owned()),
            ("TWITTER_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("TWITTER_CONSUMER_SECRET", CONSUMER_SECRET.to_owned()),
            ("TWITTER_BEARER_TOKEN", App::new(CLIENT_ID, CLIENT_SECRET, CONSUMER_SECRET).bearer),
            ("TWITTER_API_BASE_URL", address.to_owned()),
            ("TWITTER_AUTHORIZE_BASE_URL", address.to_owned()),
            ("TWITTER_SENDS_PER_QUARTER", SENDS.to_string()),
        ]
    }

    fn make_room(&self) -> Vec<(&'static str, String)> {
        self.platform.set_limit(Bucket::DmRead, Span::Quarter, SIMULATORS);
        vec![("TWITTER_READS_PER_QUARTER", SIMULATORS.to_string())]
    }

    fn secrets(&self) -> Vec<String> {
        let app = App::new(CLIENT_ID, CLIENT_SECRET, CONSUMER_SECRET);
        let operators = [CLIENT_SECRET.to_owned(), CONSUMER_SECRET.to_owned(), app.bearer];
        self.platform.tokens(None).into_iter().chain(operators).collect()
    }

    fn account(&self, number: usize) -> String {
        ACCOUNTS[number].0.to_owned()
    }

    fn person(&self, number: usize) -> String {
        (FIRST_PERSON + u64::try_from(number).expect("few people")).to_string()
    }

    fn form(&self, _method: &str, _account: &str) -> Option<Form> {
        None
    }

    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let fields = match decision {
            Decision::Accept(granted) => vec![("decision", "accept"), ("user", granted[0].as_str())],
            Decision::Refuse => vec![("decision", "refuse")],
        };
        let answer = self.http.post(page).form(&fields).send().await.expect("an answer");
        let back = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.status()));
        Some(back.to_str().expect("text").to_owned())
    }

    fn is_called(&self, account: &str) -> bool {
        self.platform.listened_to(account).len() == KINDS
    }

    fn is_free(&self, account: &str) -> bool {
        self.platform.listened_to(account).is_empty() && self.platform.tokens(Some(account)).is_empty()
    }

    fn renewals(&self, _account: &str) -> Option<usize> {
        let asked = self.platform.requests().into_iter().filter(|asked| asked.status == Some(200));
        Some(asked.filter(|asked| asked.body["grant_type"] == "refresh_token").count())
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        self.platform.say(person, account, words).id.to_string()
    }

    /// People can only write and send files.
    fn act(&self, _account: &str, _person: &str, _act: &Act<'_>) -> bool {
        false
    }

    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        let kind = (category(file.mime), file.mime);
        match fate {
            Fate::Whole => self.platform.attach(person, account, "", kind, &file.bytes),
            Fate::TooLarge => self.platform.attach(person, account, "", kind, &vec![0; TOO_LARGE]),
            Fate::Gone => self.platform.attach_lost(person, account, "", kind),
            // The platform tells no digest.
            Fate::Tampered => return false,
        };
        true
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.platform.say(account, person, words);
        true
    }

    fn proof(&self, body: &[u8]) -> (&'static str, String) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, CONSUMER_SECRET.as_bytes());
        ("x-twitter-webhooks-signature", format!("sha256={}", STANDARD.encode(hmac::sign(&key, body))))
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        let id = ((said.at.timestamp_millis() - EPOCH_MS) << LOW_BITS) + said.number;
        json!({
            "type": "message_create", "id": id.to_string(), "created_timestamp": said.at.timestamp_millis().to_string(),
            "message_create": {"target": {"recipient_id": account}, "sender_id": said.person,
                "message_data": {"text": said.words, "entities": {"urls": []}}},
        })
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        let mut event = self.event(account, said);
        event["id"] = "the other day".into();
        event
    }

    /// The simulator speaks in the shape of the activity API; these are in the older one.
    fn deliveries(&self, account: &str, events: Vec<Value>) -> Vec<Value> {
        vec![delivery(account, "direct_message_events", &events)]
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        let thought = json!({"id": "1", "about": "something new"});
        let data = json!({"event_uuid": "1", "filter": {"user_id": account}, "event_type": "dm.telepathy",
            "payload": {"thoughts": [thought]}});
        vec![
            delivery(account, "telepathy_events", std::slice::from_ref(&thought)),
            json!({ "data": data }),
            json!({"data": {"event_uuid": "2", "filter": {}, "event_type": "thought.received", "payload": thought}}),
            json!({ "thoughts": thought }),
        ]
    }

    fn challenge(&self) -> Option<Challenge> {
        let token = "MTc2MzgwMTIzNC1jaGFsbGVuZ2Utc3RyaW5n";
        let (_, answer) = self.proof(token.as_bytes());
        Some(Challenge {
            right: format!("crc_token={token}&nonce=1"),
            answer: json!({ "response_token": answer }).to_string(),
            // A challenge that could be a delivery would get it signed.
            wrong: vec![
                "nonce=1".to_owned(),
                "crc_token=".to_owned(),
                "crc_token=%7B%22for_user_id%22%3A1%7D".to_owned(),
            ],
        })
    }

    fn got(&self, account: &str) -> Vec<Got> {
        let events = self.platform.events().into_iter().filter(|event| event.sender == account);
        events
            .filter_map(|event| {
                let EventKind::MessageCreate { text, media } = &event.kind else { return None };
                let words = text.strip_suffix(FILE_LINK).map_or(text.as_str(), str::trim_end);
                let what = media.as_ref().map_or(What::Text, |id| {
                    let (category, size) = self.platform.media(id).expect("the file is there");
                    What::File(if category == "dm_image" { "image" } else { "video" }.to_owned(), Some(size))
                });
                let person = event.conversation.split('-').find(|id| *id != account).expect("somebody else");
                Some(Got {
                    what,
                    person: person.to_owned(),
                    words: Some(words.to_owned()).filter(|words| !words.is_empty()),
                    message: Some(event.id.to_string()),
                    reply_to: None,
                    tag: None,
                })
            })
            .collect()
    }

    fn fault(&self, account: &str, fault: Fault) -> bool {
        let problem = |status: u16, kind: &str, detail: &str| {
            let kind = format!("https://api.twitter.com/2/problems/{kind}");
            let body = json!({"title": "Problem", "detail": detail, "type": kind, "status": status});
            Wrong::Raw { status, headers: Vec::new(), body: body.to_string().into() }
        };
        let wrong = match fault {
            // Nothing of the account's works any more, the token for renewal neither.
            Fault::Reauth => {
                self.platform.kill_tokens(account);
                return true;
            }
            Fault::Refused => problem(403, "about:blank", "You do not have permission to DM one or more participants."),
            Fault::Missing => problem(404, "resource-not-found", "Could not find user with id: [1]."),
            Fault::SlowDown(pause) => Wrong::SlowDown(pause),
            Fault::Trouble => Wrong::Status(503),
            Fault::Gateway => Wrong::Html502,
            Fault::Garbage => Wrong::Garbage,
            Fault::Hang(pause) => Wrong::Hang(pause),
            Fault::CutBefore => Wrong::CutBefore,
            Fault::CutAfter => Wrong::CutAfter,
        };
        self.platform.fault(Bucket::DmSend, wrong);
        true
    }

    fn end_token(&self, account: &str) -> bool {
        self.platform.end_access(account);
        true
    }

    async fn fall_silent(&self, _account: &str, silent: bool) -> bool {
        if silent {
            self.platform.forget_webhooks(CLIENT_ID);
        }
        true
    }

    async fn take_over(&self, _account: &str, url: &str) -> Option<Meanwhile> {
        self.platform.forget_webhooks(CLIENT_ID);
        self.platform.knows_webhook(CLIENT_ID, ANOTHER_WEBHOOK, url);
        Some(Meanwhile::Kept)
    }

    /// An app has one address.
    async fn let_go(&self, _account: &str) -> bool {
        self.platform.forget_webhooks(CLIENT_ID);
        true
    }

    /// What the platform took is delivered; it only tells of reading.
    fn report(&self, account: &str, person: &str, message: &str, status: &str) -> bool {
        if status == "read" {
            self.platform.reads(person, account, message);
        }
        status == "read"
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

hub_testkit::conformance!(Twitter);
