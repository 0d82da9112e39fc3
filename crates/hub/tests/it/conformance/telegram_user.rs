//! Telegram accounts of people under the suite.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hub_simulators::telegram_user::{
    self, Deed, Fault as Wrong, FileKind, NewAccount, NewFile, NewPerson, Place, TelegramUserHandle,
    TelegramUserOptions, What as Done,
};
use hub_testkit::Proxy;
use hub_testkit::conformance::subject::{Act, Challenge, Decision, Fate, Fault, File, Form, Got, Said, Subject, What};
use serde_json::{Value, json};

/// Two accounts with their numbers; the second one has a cloud password.
const ACCOUNTS: [(i64, &str); 2] = [(7_100_000_001, "4915550000001"), (7_100_000_002, "4915550000002")];
const PASSWORD: &str = "a cloud password for tests only";
/// The first person; ids of people need more than 32 bits.
const FIRST_PERSON: i64 = 7_200_000_000;
/// The operator's application.
const API_ID: &str = "12345";
const API_HASH: &str = "0123456789abcdef0123456789abcdef";
/// More than the hub copies, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;

pub(super) struct TelegramUser {
    pub(super) platform: TelegramUserHandle,
    /// What the hub reaches it by.
    line: Proxy,
}

pub(super) fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

fn message(id: &str) -> i32 {
    id.parse().expect("a number")
}

impl TelegramUser {
    /// The private chat with a person, who is known from then on.
    fn chat(&self, account: &str, person: &str) -> Place {
        let person = NewPerson { username: Some(format!("p{person}")), ..NewPerson::named(number(person), "Person") };
        self.platform.meet(number(account), person)
    }
}

impl Subject for TelegramUser {
    const CARD: &'static str = "telegram_user";
    const METHOD: &'static str = "phone";
    const DROPS_REPEATS: bool = true;

    async fn start() -> Self {
        let platform = telegram_user::start(TelegramUserOptions::default()).await.expect("the simulator starts");
        let [first, second] = ACCOUNTS.map(|(id, phone)| NewAccount::new(id, phone, "Dana"));
        platform.create_account(first);
        platform.create_account(second.with_password(PASSWORD, "what you think it is"));
        let line = Proxy::to(platform.address().to_string()).await;
        Self { platform, line }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TELEGRAM_API_ID", API_ID.to_owned()),
            ("TELEGRAM_API_HASH", API_HASH.to_owned()),
            ("TELEGRAM_TEST_SEED", format!("{} {}", self.line.address, self.platform.control_url())),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        let keys = self.platform.keys();
        let written = keys.iter().flat_map(|key| [hex::encode(key), BASE64_STANDARD.encode(key)]);
        written.chain([API_HASH.to_owned(), PASSWORD.to_owned()]).collect()
    }

    fn account(&self, number: usize) -> String {
        ACCOUNTS[number].0.to_string()
    }

    fn person(&self, number: usize) -> String {
        (FIRST_PERSON + i64::try_from(number).expect("few people")).to_string()
    }

    fn form(&self, method: &str, account: &str) -> Option<Form> {
        let (_, phone) = ACCOUNTS.iter().find(|(id, _)| id.to_string() == account).expect("one of the two");
        (method == Self::METHOD)
            .then(|| Form { good: json!({"phone": format!("+{phone}")}), bad: json!({"phone": "no number"}) })
    }

    fn further(&self, _method: &str, account: &str) -> Vec<Value> {
        let code = json!({"code": "22222"});
        if account == self.account(1) { vec![code, json!({"password": PASSWORD})] } else { vec![code] }
    }

    fn cut_off(&self, _account: &str, cut: bool) -> bool {
        if cut {
            self.line.cut();
        } else {
            self.line.mend();
        }
        true
    }

    fn revoke(&self, account: &str) -> bool {
        self.platform.revoke(number(account));
        true
    }

    fn cut_line(&self, account: &str) -> bool {
        self.platform.cut(Some(number(account)));
        true
    }

    async fn consent(&self, _method: &str, _page: &str, _decision: Decision<'_>) -> Option<String> {
        None
    }

    /// The hub listens, and has seen which chats there were before.
    fn is_called(&self, account: &str) -> bool {
        let account = number(account);
        let looked = self.platform.calls_of("messages.getDialogs");
        self.platform.listening(account) > 0 && looked.iter().any(|call| call.account == Some(account))
    }

    /// No session of the hub is left in the person's list of devices.
    fn is_free(&self, account: &str) -> bool {
        self.platform.signed_in(number(account)) == 0
    }

    /// A sign-in has no end.
    fn renewals(&self, _account: &str) -> Option<usize> {
        None
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        let chat = self.chat(account, person);
        self.platform.says(number(account), chat, number(person), words).expect("the chat is there").to_string()
    }

    fn unread(&self, account: &str, person: &str) -> Option<usize> {
        let unread = self.platform.unread(number(account), self.chat(account, person));
        Some(usize::try_from(unread).expect("a count"))
    }

    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        let (chat, account, person) = (self.chat(account, person), number(account), number(person));
        match *act {
            Act::React(id, emoji) => self.platform.reacts(account, chat, message(id), person, Some(emoji)),
            Act::Unreact(id) => self.platform.reacts(account, chat, message(id), person, None),
            Act::Edit(id, words) => self.platform.edits(account, chat, message(id), words),
            Act::Delete(id) => self.platform.deletes(account, chat, &[message(id)]),
            Act::Reply(id, words) => self.platform.answers(account, chat, person, message(id), words).is_some(),
        }
    }

    /// Nothing at the platform says what a file must be, so one that was changed cannot be told.
    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        let (chat, account, person) = (self.chat(account, person), number(account), number(person));
        let mut sent = NewFile::document(file.name, file.mime, &file.bytes);
        sent.kind = match file.kind {
            "image" => FileKind::Photo,
            "video" => FileKind::Video,
            "audio" => FileKind::Audio,
            "sticker" => FileKind::Sticker,
            _ => FileKind::Document,
        };
        match fate {
            Fate::Whole => self.platform.sends_file(account, chat, person, sent),
            Fate::Gone => self.platform.sends_lost_file(account, chat, person, sent),
            Fate::TooLarge => {
                sent.bytes = vec![0; TOO_LARGE];
                self.platform.sends_file(account, chat, person, sent)
            }
            Fate::Tampered => None,
        }
        .is_some()
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        let chat = self.chat(account, person);
        self.platform.writes_elsewhere(number(account), chat, words).is_some()
    }

    // The platform calls nobody.

    fn proof(&self, _body: &[u8]) -> (&'static str, String) {
        ("X-There-Is-None", String::new())
    }

    fn event(&self, _account: &str, _said: &Said<'_>) -> Value {
        Value::Null
    }

    fn unreadable(&self, _account: &str, _said: &Said<'_>) -> Value {
        Value::Null
    }

    fn deliveries(&self, _account: &str, _events: Vec<Value>) -> Vec<Value> {
        Vec::new()
    }

    fn strange(&self, _account: &str) -> Vec<Value> {
        Vec::new()
    }

    fn challenge(&self) -> Option<Challenge> {
        None
    }

    fn got(&self, account: &str) -> Vec<Got> {
        self.platform.deeds(number(account)).into_iter().map(got).collect()
    }

    fn fault(&self, account: &str, fault: Fault) -> bool {
        let wrong = match fault {
            Fault::Reauth => Wrong::refused(401, "AUTH_KEY_UNREGISTERED"),
            Fault::Refused => Wrong::refused(400, "USER_IS_BLOCKED"),
            Fault::Missing => Wrong::refused(400, "PEER_ID_INVALID"),
            Fault::SlowDown(pause) => Wrong::FloodWait { seconds: u32::try_from(pause.as_secs()).expect("short") },
            Fault::Trouble => Wrong::refused(500, "RPC_CALL_FAIL"),
            // No gateway stands before it, and what cannot be decoded ends a connection.
            Fault::Gateway | Fault::Garbage => return false,
            Fault::Hang(pause) => Wrong::Slow(pause),
            Fault::CutBefore => Wrong::CutBefore,
            Fault::CutAfter => Wrong::CutAfter,
        };
        self.platform.fault_for(number(account), "messages.sendMessage", wrong);
        true
    }

    /// What is taken counts as delivered; the other side's reading is told.
    fn report(&self, account: &str, person: &str, id: &str, status: &str) -> bool {
        let chat = self.chat(account, person);
        if status == "read" {
            self.platform.reads(number(account), chat, message(id));
        }
        status == "read"
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

fn got(deed: Deed) -> Got {
    let what = match deed.what {
        Done::Text => What::Text,
        Done::File(kind, size) => What::File(kind_of(&kind).to_owned(), Some(size)),
        Done::Reaction(emoji) => What::Reaction(emoji),
        Done::Typing => What::Typing,
        Done::Read => What::Read,
    };
    Got {
        what,
        person: deed.place.id().to_string(),
        words: Some(deed.words).filter(|words| !words.is_empty()),
        message: deed.message.map(|id| id.to_string()),
        reply_to: deed.reply_to.map(|id| id.to_string()),
        tag: None,
    }
}

/// The hub's word for what a file is shown as.
fn kind_of(kind: &FileKind) -> &'static str {
    match kind {
        FileKind::Photo | FileKind::Animation => "image",
        FileKind::Video | FileKind::Round => "video",
        FileKind::Voice | FileKind::Audio => "audio",
        FileKind::Sticker => "sticker",
        FileKind::Document => "file",
    }
}

hub_testkit::conformance!(TelegramUser);
