//! WhatsApp numbers under the suite.

use aws_lc_rs::hmac;
use hub_simulators::meta::{App, Asset, Fault as Wrong, Meta, TokenKind, User};
use hub_simulators::whatsapp::{
    self, Attachment, Inbound, OBJECT, Person, Sent, Status, StatusScript, WhatsAppHandle, WhatsAppOptions,
};
use hub_testkit::conformance::subject::{
    Act, Challenge, Decision, Fate, Fault, File, Form, Got, Meanwhile, Said, Subject, What,
};
use reqwest::header;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

pub(super) const APP: &str = "1517776481860111";
const APP_SECRET: &str = "a-secret-of-the-app-for-tests-only-000";
const VERIFY_TOKEN: &str = "a-verify-token-for-tests-only-0000000";
/// Who signs in.
pub(super) const OWNER: &str = "100200300400500";
/// Numbers: id, business account, as people dial it, name.
const NUMBERS: [(&str, &str, &str, &str); 2] = [
    ("106540352242921", "102290129340391", "15550783881", "First Tests Ltd"),
    ("106540352242922", "102290129340392", "15550783882", "Second Tests Ltd"),
];
/// The first person.
const FIRST_PERSON: u64 = 15_551_230_000;
/// The prepared message, and what stands in it.
const TEMPLATE: &str = "order_ready";
const TEMPLATE_WORDS: &str = "Hello {{1}}, your order is ready.";
/// More than the hub fetches, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;
/// What the platform calls files, and what the hub calls them.
const KINDS: [(&str, &str); 5] =
    [("image", "image"), ("video", "video"), ("audio", "audio"), ("sticker", "sticker"), ("document", "file")];

pub(crate) struct WhatsApp {
    platform: WhatsAppHandle,
    http: reqwest::Client,
    /// Tokens of system users, one for each business account.
    tokens: [String; 2],
}

fn place(account: &str) -> usize {
    NUMBERS.iter().position(|(id, ..)| *id == account).expect("one of the two numbers")
}

pub(super) fn business(account: &str) -> &'static str {
    NUMBERS[place(account)].1
}

/// What every value says of the number it is for.
fn head(account: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": NUMBERS[place(account)].2, "phone_number_id": account},
    })
}

/// A delivery of one change.
fn delivery(account: &str, field: &str, value: &Value) -> Value {
    json!({"object": OBJECT, "entry": [{"id": business(account), "changes": [{"field": field, "value": value}]}]})
}

/// Somebody as the simulator makes them.
fn somebody(wa_id: &str) -> Person {
    Person::new(wa_id, &format!("Person {}", &wa_id[wa_id.len() - 4..]))
}

impl WhatsApp {
    pub(super) fn meta(&self) -> &Meta {
        self.platform.meta()
    }
}

impl Subject for WhatsApp {
    const CARD: &'static str = "whatsapp";
    const METHOD: &'static str = "facebook_login";

    async fn start() -> Self {
        let platform = whatsapp::start(WhatsAppOptions::default()).await.expect("the simulator starts");
        platform.meta().create_app(App::new(APP, APP_SECRET));
        let mut assets = Vec::new();
        for (id, business, display, name) in NUMBERS {
            platform.add_account(business, name);
            platform.add_number(business, id, display, name);
            let body = json!({"type": "BODY", "text": TEMPLATE_WORDS});
            assert!(platform.add_template(business, TEMPLATE, "en_US", "UTILITY", &[body]));
            assets.push(Asset { id: business.to_owned(), name: name.to_owned() });
        }
        platform.meta().create_user(User { id: OWNER.to_owned(), name: "Dana Tests".to_owned(), assets });
        // How far a message gets is told when a check asks for it.
        platform.statuses(StatusScript::in_order(&[Status::Sent]));
        let tokens = NUMBERS.map(|(_, business, ..)| platform.business_token(APP, business));
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { platform, http: http.build().expect("a client"), tokens }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let address = self.platform.base_url();
        vec![
            ("FACEBOOK_APP_ID", APP.to_owned()),
            ("FACEBOOK_APP_SECRET", APP_SECRET.to_owned()),
            ("WHATSAPP_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
            ("WHATSAPP_GRAPH_BASE_URL", address.to_owned()),
            ("WHATSAPP_DIALOG_BASE_URL", address.to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = self.platform.meta().tokens().into_iter().map(|token| token.value);
        tokens.chain([APP_SECRET, VERIFY_TOKEN].map(str::to_owned)).collect()
    }

    fn account(&self, number: usize) -> String {
        NUMBERS[number].0.to_owned()
    }

    fn person(&self, number: usize) -> String {
        (FIRST_PERSON + u64::try_from(number).expect("few people")).to_string()
    }

    fn form(&self, method: &str, account: &str) -> Option<Form> {
        (method == "system_token").then(|| Form {
            good: json!({"access_token": self.tokens[place(account)], "phone_number_id": account}),
            bad: json!({"access_token": "EAABnobodys-token", "phone_number_id": account}),
        })
    }

    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let asked: BTreeMap<String, String> =
            Url::parse(page).expect("an address").query_pairs().into_owned().collect();
        let mut fields = vec![("user", OWNER)];
        match decision {
            Decision::Accept(granted) => {
                fields.push(("decision", "accept"));
                fields.extend(asked["scope"].split(',').map(|scope| ("granted_scope", scope)));
                fields.extend(granted.iter().map(|account| ("asset", business(account))));
            }
            Decision::Refuse => fields.push(("decision", "refuse")),
        }
        let answer = self.http.post(page).form(&fields).send().await.expect("an answer");
        let back = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.status()));
        Some(back.to_str().expect("text").to_owned())
    }

    fn is_called(&self, account: &str) -> bool {
        let meta = self.platform.meta();
        meta.subscription(business(account), APP).is_some() && meta.hook(APP, OBJECT).is_some()
    }

    fn is_free(&self, account: &str) -> bool {
        let meta = self.platform.meta();
        let lives = meta.tokens().into_iter().any(|token| {
            let granted = token.targets.iter().any(|target| target == business(account));
            token.kind == TokenKind::User && granted && token.dead.is_none()
        });
        meta.subscription(business(account), APP).is_none() && !lives
    }

    /// A sign-in is never renewed: people sign in again.
    fn renewals(&self, _account: &str) -> Option<usize> {
        None
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        self.platform.say(account, person, words).expect("the number is there")
    }

    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        let message = match *act {
            Act::React(id, emoji) => Inbound::reaction(id, Some(emoji)),
            Act::Unreact(id) => Inbound::reaction(id, None),
            Act::Edit(id, words) => Inbound::edit(id, words),
            Act::Delete(id) => Inbound::revoke(id),
            Act::Reply(id, words) => Inbound::text(words).replying_to(id),
        };
        self.platform.write(account, person, &message).is_some()
    }

    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        let kind = KINDS.iter().find(|(_, hubs)| *hubs == file.kind).map_or("document", |(kind, _)| kind);
        let bytes = if fate == Fate::TooLarge { vec![0; TOO_LARGE] } else { file.bytes.clone() };
        let mut attached = Attachment::new(kind, file.mime, bytes);
        attached.filename = (kind == "document").then(|| file.name.to_owned());
        let sent = match fate {
            Fate::Whole | Fate::TooLarge => self.platform.attach(account, person, &attached),
            Fate::Gone => self.platform.attach_lost(account, person, &attached),
            Fate::Tampered => self.platform.attach_swapped(account, person, &attached, b"something else altogether"),
        };
        sent.is_some()
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.platform.echo(account, person, &Inbound::text(words)).is_some()
    }

    fn proof(&self, body: &[u8]) -> (&'static str, String) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
        ("X-Hub-Signature-256", format!("sha256={}", hex::encode(hmac::sign(&key, body))))
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        let id = format!("wamid.tests-{}=", said.number);
        self.platform.note_message(account, said.person, &id, said.at.timestamp_millis());
        json!({
            "id": id, "from": said.person, "from_user_id": somebody(said.person).user_id,
            "timestamp": said.at.timestamp().to_string(), "type": "text", "text": {"body": said.words},
        })
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        let mut event = self.event(account, said);
        event["timestamp"] = "the other day".into();
        event
    }

    /// Everything in one value, with each person's name once.
    fn deliveries(&self, account: &str, events: Vec<Value>) -> Vec<Value> {
        let people: BTreeMap<&str, Person> =
            events.iter().filter_map(|event| event["from"].as_str()).map(|id| (id, somebody(id))).collect();
        let contacts: Vec<Value> = people
            .values()
            .map(|person| json!({"profile": {"name": person.name}, "wa_id": person.wa_id, "user_id": person.user_id}))
            .collect();
        let mut value = head(account);
        value["contacts"] = contacts.into();
        value["messages"] = events.into();
        vec![delivery(account, "messages", &value)]
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        let mut thoughts = head(account);
        thoughts["thoughts"] = json!([{"id": "1", "about": "something new"}]);
        let entry = json!([{"id": business(account), "changes": [{"field": "messages", "value": thoughts}]}]);
        vec![
            delivery(account, "telepathy", &thoughts),
            delivery(account, "messages", &thoughts),
            json!({"object": OBJECT, "entry": [{"id": business(account), "thoughts": [thoughts]}]}),
            json!({"object": "telepathic_account", "entry": entry}),
        ]
    }

    fn challenge(&self) -> Option<Challenge> {
        let query =
            |mode: &str, token: &str| format!("hub.mode={mode}&hub.challenge=1158201444&hub.verify_token={token}");
        Some(Challenge {
            right: query("subscribe", VERIFY_TOKEN),
            answer: "1158201444".to_owned(),
            wrong: vec![
                query("subscribe", "another-token"),
                query("subscribe", ""),
                query("unsubscribe", VERIFY_TOKEN),
                "hub.mode=subscribe&hub.challenge=1158201444".to_owned(),
            ],
        })
    }

    fn got(&self, account: &str) -> Vec<Got> {
        self.platform.sent(account).iter().map(|sent| self.got_one(sent)).collect()
    }

    fn fault(&self, _account: &str, fault: Fault) -> bool {
        let meta = self.platform.meta();
        let no_longer = "Error validating access token: Session has expired";
        match fault {
            Fault::Reauth => {
                let message = no_longer.to_owned();
                meta.fault("messages", Wrong::Graph { status: 401, code: 190, subcode: Some(463), message });
            }
            Fault::Refused => self.platform.refuse("messages", 131_030, 1),
            Fault::Missing => self.platform.refuse("messages", 131_026, 1),
            Fault::SlowDown(pause) => meta.fault("messages", Wrong::SlowDown { code: 130_429, pause }),
            Fault::Trouble => self.platform.refuse("messages", 131_016, 1),
            Fault::Gateway => meta.fault("messages", Wrong::Html502),
            Fault::Garbage => meta.fault("messages", Wrong::Garbage),
            Fault::Hang(pause) => meta.fault("messages", Wrong::Hang(pause)),
            Fault::CutBefore => meta.fault("messages", Wrong::CutBefore),
            Fault::CutAfter => meta.fault("messages", Wrong::CutAfter),
        }
        true
    }

    async fn fall_silent(&self, _account: &str, silent: bool) -> bool {
        if silent {
            self.platform.meta().hold();
        } else {
            self.platform.meta().release(false);
        }
        true
    }

    /// What was delivered elsewhere is not delivered again.
    async fn take_over(&self, account: &str, url: &str) -> Option<Meanwhile> {
        self.platform.meta().subscribe(business(account), APP, Vec::new(), Some(url.to_owned()));
        Some(Meanwhile::Gone)
    }

    fn report(&self, _account: &str, _person: &str, message: &str, status: &str) -> bool {
        let status = match status {
            "delivered" => Status::Delivered,
            "read" => Status::Read,
            _ => return false,
        };
        self.platform.status(message, status)
    }

    fn template(&self) -> Option<Value> {
        let slots = json!([{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]);
        Some(json!({"name": TEMPLATE, "language": "en_US", "components": slots}))
    }
}

impl WhatsApp {
    fn got_one(&self, sent: &Sent) -> Got {
        let about = &sent.body[&sent.kind];
        let file = KINDS.iter().find(|(kind, _)| *kind == sent.kind);
        let (what, message) = match sent.kind.as_str() {
            "text" => (What::Text, None),
            "location" => (What::Location, None),
            "contacts" => (What::Contacts, None),
            "template" => (What::Template, None),
            "reaction" => {
                let emoji = about["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
                (What::Reaction(emoji), about["message_id"].as_str())
            }
            "typing" => (What::Typing, None),
            "read" => (What::Read, None),
            _ => match file {
                Some((_, kind)) => {
                    let size = about["id"].as_str().and_then(|id| self.platform.media_size(id));
                    (What::File((*kind).to_owned(), size), None)
                }
                None => (What::Other, None),
            },
        };
        Got {
            person: sent.to.clone(),
            words: sent.text.clone().filter(|_| !matches!(what, What::Reaction(_))),
            what,
            message: Some(message.unwrap_or(&sent.message_id).to_owned()),
            reply_to: sent.reply_to.clone(),
            tag: None,
        }
    }
}

hub_testkit::conformance!(WhatsApp);
