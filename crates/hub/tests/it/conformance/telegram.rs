//! Telegram bots under the suite.

use aws_lc_rs::{digest, hmac};
use hub_simulators::telegram::{self, Fault as Wrong, Sent, TelegramHandle, TelegramOptions};
use hub_testkit::conformance::subject::{
    Act, Challenge, Decision, Fate, Fault, File, Form, Got, Meanwhile, Said, Subject, What,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// Two bots that people link, and the operator's, which shows the log-in widget.
const BOTS: [&str; 2] =
    ["481000001:AAtests-only-token-of-nobody_000000001", "481000002:AAtests-only-token-of-nobody_000000002"];
const WIDGET_BOT: &str = "481000009:AAtests-only-token-of-nobody_000000009";
/// The first person.
const FIRST_PERSON: i64 = 5_012_345_000;
/// Ids of updates made by hand begin here, beyond those of the simulator.
const FIRST_UPDATE: i64 = 900_000_000;
/// More than the platform hands out, in bytes.
const TOO_LARGE: u64 = 21 * 1024 * 1024;
/// Numbers of deliveries that nobody knows.
const STRANGE: i64 = 800_000_000;
/// The kinds of files that the platform has members for, as the hub names them.
const KINDS: [(&str, &str); 9] = [
    ("photo", "image"),
    ("animation", "image"),
    ("video", "video"),
    ("video_note", "video"),
    ("audio", "audio"),
    ("voice", "audio"),
    ("sticker", "sticker"),
    ("document", "file"),
    ("live_photo", "image"),
];

pub(crate) struct Telegram {
    platform: TelegramHandle,
    /// Makes every sign-in and every file another.
    counter: AtomicI64,
    /// The newest secret of the first bot's webhook: it outlives the webhook.
    secret: Mutex<String>,
    /// Its path, which is remembered likewise.
    path: Mutex<String>,
    /// What people put on messages: updates name the old and the new.
    reactions: Mutex<BTreeMap<String, String>>,
}

fn token(account: &str) -> &'static str {
    BOTS.iter().find(|token| token.starts_with(&format!("{account}:"))).expect("one of the two bots")
}

fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

impl Telegram {
    fn next(&self) -> i64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    fn reactions(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.reactions.lock().expect("nobody panicked")
    }

    /// The secret that the hub gave, as of now or as it was.
    fn secret(&self) -> String {
        let mut kept = self.secret.lock().expect("nobody panicked");
        if let Some(now) = self.platform.webhook_secret(BOTS[0]) {
            *kept = now;
        }
        kept.clone()
    }

    /// A message of a person, as updates bring it.
    fn message(&self, account: &str, said: &Said<'_>) -> Value {
        let chat = self.platform.meet(token(account), number(said.person));
        json!({
            "message_id": said.number, "date": said.at.timestamp(), "chat": chat, "text": said.words,
            "from": {"id": number(said.person), "is_bot": false, "first_name": chat["first_name"], "username": chat["username"]},
        })
    }

    /// Somebody else who knows the bot's token calls the platform.
    async fn call(&self, account: &str, method: &str, body: Value) -> bool {
        let url = format!("{}/bot{}/{method}", self.platform.base_url(), token(account));
        let answer = reqwest::Client::new().post(url).json(&body).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// What the widget hands over for a person who signs in.
    fn signed_in(&self, person: &str) -> BTreeMap<String, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let mut told: BTreeMap<String, String> = BTreeMap::from([
            ("auth_date".to_owned(), now.to_string()),
            ("first_name".to_owned(), "Dana".to_owned()),
            ("id".to_owned(), person.to_owned()),
            ("photo_url".to_owned(), format!("https://t.me/i/userpic/320/{}.jpg", self.next())),
            ("username".to_owned(), format!("dana_{person}")),
        ]);
        let lines: Vec<String> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let secret = digest::digest(&digest::SHA256, WIDGET_BOT.as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref());
        told.insert("hash".to_owned(), hex::encode(hmac::sign(&key, lines.join("\n").as_bytes())));
        told
    }
}

impl Subject for Telegram {
    const CARD: &'static str = "telegram_bot";
    const METHOD: &'static str = "bot_token";

    async fn start() -> Self {
        let platform = telegram::start(TelegramOptions::default()).await.expect("the simulator starts");
        platform.create_bot(BOTS[0], "first_tests_bot");
        platform.create_bot(BOTS[1], "second_tests_bot");
        platform.create_bot(WIDGET_BOT, "widget_tests_bot");
        Self {
            platform,
            counter: AtomicI64::new(1),
            secret: Mutex::default(),
            path: Mutex::default(),
            reactions: Mutex::default(),
        }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TELEGRAM_API_BASE_URL", self.platform.base_url().to_owned()),
            ("TELEGRAM_BOT_TOKEN", WIDGET_BOT.to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        let hooks = [BOTS[0], BOTS[1], WIDGET_BOT].into_iter().filter_map(|bot| self.platform.webhook_secret(bot));
        hooks.chain([BOTS[0], BOTS[1], WIDGET_BOT].map(str::to_owned)).chain([self.secret()]).collect()
    }

    fn account(&self, number: usize) -> String {
        BOTS[number].split(':').next().expect("the bot's id").to_owned()
    }

    fn person(&self, number: usize) -> String {
        (FIRST_PERSON + i64::try_from(number).expect("few people")).to_string()
    }

    fn form(&self, method: &str, account: &str) -> Option<Form> {
        (method == Self::METHOD).then(|| Form {
            good: json!({"token": token(account)}),
            bad: json!({"token": format!("{account}:AAsomething-else-altogether_0000000000")}),
        })
    }

    /// The widget is a part of the front end's page; whoever does not sign in there goes nowhere.
    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let Decision::Accept(granted) = decision else { return None };
        let page = Url::parse(page).expect("an address");
        let asked: BTreeMap<String, String> = page.query_pairs().into_owned().collect();
        assert_eq!(asked["bot"], "widget_tests_bot", "the widget is the operator's bot's");
        let mut back = Url::parse(&asked["redirect"]).expect("an address");
        back.query_pairs_mut().append_pair("state", &asked["state"]).extend_pairs(self.signed_in(&granted[0]));
        Some(back.into())
    }

    fn is_called(&self, account: &str) -> bool {
        self.secret();
        self.address(account);
        self.platform.webhook(token(account)).is_some()
    }

    fn is_free(&self, account: &str) -> bool {
        self.platform.webhook(token(account)).is_none()
    }

    /// A bot's token has no end.
    fn renewals(&self, _account: &str) -> Option<usize> {
        None
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        self.platform.write(token(account), number(person), &json!({"text": words})).to_string()
    }

    /// Bots are not told of messages that are taken back.
    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        let (bot, chat) = (token(account), number(person));
        let message = |id: &str| self.platform.message(bot, chat, number(id)).expect("the message is in the chat");
        let emoji = |emoji: &str| json!([{"type": "emoji", "emoji": emoji}]);
        let reaction = |id: &str, old: Value, new: Value| {
            let message = message(id);
            let user = json!({"id": chat, "is_bot": false, "first_name": "Person"});
            json!({
                "chat": message["chat"], "message_id": message["message_id"], "user": user, "date": message["date"],
                "old_reaction": old, "new_reaction": new,
            })
        };
        match *act {
            Act::React(id, with) => {
                let old = self.reactions().insert(id.to_owned(), with.to_owned());
                let old = old.map_or(json!([]), |old| emoji(&old));
                self.platform.update(bot, "message_reaction", reaction(id, old, emoji(with)));
            }
            Act::Unreact(id) => {
                let old = self.reactions().remove(id).map_or(json!([]), |old| emoji(&old));
                self.platform.update(bot, "message_reaction", reaction(id, old, json!([])));
            }
            Act::Edit(id, words) => {
                let mut message = message(id);
                let edited = message["date"].as_i64().expect("a date") + 1;
                message["text"] = words.into();
                message["edit_date"] = edited.into();
                self.platform.update(bot, "edited_message", message);
            }
            Act::Reply(id, words) => {
                self.platform.write(bot, chat, &json!({"text": words, "reply_to_message": message(id)}));
            }
            Act::Delete(_) => return false,
        }
        true
    }

    /// Nothing at the platform says what a file must be, so one that was changed cannot be told.
    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        let (bot, id) = (token(account), format!("AgACAgIAAxkBAAI{:08}", self.next()));
        let mut size = file.bytes.len() as u64;
        match fate {
            Fate::Whole => self.platform.put_file(bot, &id, &file.bytes),
            Fate::Gone => {}
            Fate::TooLarge => {
                size = TOO_LARGE;
                self.platform.pretend_file(bot, &id, size);
            }
            Fate::Tampered => return false,
        }
        let mut told = json!({"file_id": id, "file_unique_id": format!("u{id}"), "file_size": size});
        let mut with = |members: Value| {
            let members = members.as_object().expect("members").clone();
            told.as_object_mut().expect("a file").extend(members);
        };
        let named = json!({"file_name": file.name, "mime_type": file.mime});
        let member = match file.kind {
            "image" => {
                with(json!({"width": 1, "height": 1}));
                "photo"
            }
            "video" => {
                with(named);
                with(json!({"width": 320, "height": 240, "duration": 3}));
                "video"
            }
            "audio" => {
                with(named);
                with(json!({"duration": 3}));
                "audio"
            }
            "sticker" => {
                let kind = json!({"type": "regular", "is_animated": false, "is_video": false, "emoji": "👍"});
                with(kind);
                with(json!({"width": 512, "height": 512}));
                "sticker"
            }
            _ => {
                with(named);
                "document"
            }
        };
        let told = if member == "photo" { json!([told]) } else { told };
        self.platform.write(bot, number(person), &json!({ member: told }));
        true
    }

    /// Bots are not told of what they send themselves.
    fn elsewhere(&self, _account: &str, _person: &str, _words: &str) -> bool {
        false
    }

    /// Every bot has an address of its own.
    fn address(&self, account: &str) -> Option<String> {
        let mut kept = self.path.lock().expect("nobody panicked");
        if let Some(now) = self.platform.webhook(token(account)) {
            Url::parse(&now).expect("an address").path().clone_into(&mut kept);
        }
        Some(kept.clone())
    }

    fn proof(&self, _body: &[u8]) -> (&'static str, String) {
        ("X-Telegram-Bot-Api-Secret-Token", self.secret())
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        json!({"update_id": FIRST_UPDATE + said.number, "message": self.message(account, said)})
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        let mut event = self.event(account, said);
        event["message"]["date"] = "the other day".into();
        event
    }

    /// One update is one delivery.
    fn deliveries(&self, _account: &str, events: Vec<Value>) -> Vec<Value> {
        events
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        let chat = self.platform.meet(token(account), number(&self.person(0)));
        vec![
            json!({"update_id": STRANGE}),
            json!({"update_id": STRANGE + 1, "telepathy": {"chat": chat, "thought": "of something new"}}),
            json!({"update_id": STRANGE + 2, "chat_boost": {"chat": chat, "boost": {"boost_id": "1"}}}),
        ]
    }

    fn challenge(&self) -> Option<Challenge> {
        None
    }

    fn got(&self, account: &str) -> Vec<Got> {
        self.platform.sent(token(account)).iter().map(got).collect()
    }

    fn fault(&self, _account: &str, fault: Fault) -> bool {
        self.platform.fault(
            "send",
            match fault {
                Fault::Reauth => Wrong::Status(401),
                Fault::Refused => Wrong::Refused { code: 403, description: "Forbidden: bot was blocked by the user" },
                Fault::Missing => Wrong::Refused { code: 400, description: "Bad Request: chat not found" },
                Fault::SlowDown(pause) => Wrong::TooMany { retry_after: pause.as_secs() },
                Fault::Trouble => Wrong::Status(500),
                Fault::Gateway => Wrong::Html502,
                Fault::Garbage => Wrong::Garbage,
                Fault::Hang(pause) => Wrong::Hang(pause),
                Fault::CutBefore => Wrong::CutBefore,
                Fault::CutAfter => Wrong::CutAfter,
            },
        );
        true
    }

    async fn fall_silent(&self, account: &str, silent: bool) -> bool {
        !silent || self.call(account, "deleteWebhook", json!({})).await
    }

    async fn take_over(&self, account: &str, url: &str) -> Option<Meanwhile> {
        self.call(account, "setWebhook", json!({ "url": url })).await.then_some(Meanwhile::Kept)
    }

    /// The platform tells nothing after it took a message.
    fn report(&self, _account: &str, _person: &str, _message: &str, _status: &str) -> bool {
        false
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

fn got(sent: &Sent) -> Got {
    let file = KINDS.iter().find(|(member, _)| !sent.message[*member].is_null());
    let what = match (sent.method.as_str(), file) {
        ("setmessagereaction", _) => What::Reaction(emoji(&sent.params["reaction"])),
        ("sendchataction", _) => What::Typing,
        (_, Some((member, kind))) => {
            let file = &sent.message[*member];
            let size = file["file_size"].as_u64().or_else(|| file[0]["file_size"].as_u64());
            What::File((*kind).to_owned(), size.and_then(|size| usize::try_from(size).ok()))
        }
        ("sendmessage", _) => What::Text,
        ("sendlocation" | "sendvenue", _) => What::Location,
        ("sendcontact", _) => What::Contacts,
        _ => What::Other,
    };
    Got {
        what,
        person: sent.chat_id.to_string(),
        words: sent.text.clone(),
        message: (sent.message_id != 0).then(|| sent.message_id.to_string()),
        reply_to: sent.message["reply_to_message"]["message_id"].as_i64().map(|id| id.to_string()),
        tag: None,
    }
}

fn emoji(reaction: &Value) -> Option<String> {
    reaction[0]["emoji"].as_str().map(str::to_owned)
}

hub_testkit::conformance!(Telegram);
