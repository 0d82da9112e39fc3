//! Every recorded payload through the front door: signed as the platform signs it, posted, read at the API and heard at the
//! socket. What the adapters make of each is tested beside them; here it has to survive the whole house.

use hub_simulators::meta::{App, Asset, DialogMode, Meta, User};
use hub_simulators::{facebook, instagram, telegram, whatsapp};
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, HubProcess, Pushes, eventually};
use reqwest::header::LOCATION;
use reqwest::{Method, redirect};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the recorded payloads are signed with, and whose they are.
const APP_SECRET: &str = "hub-fixture-app-secret-0001";
const BOT: &str = "6123456789:AAFixtureTokenForTestsOnly-000000000001";
const BOT_SECRET: &str = "hub_fixture_secret-0001_ABCdef";
const APP: &str = "1517776481860111";
const PERSON: &str = "100200300400500";
const PAGE: &str = "682498302938465";
const PROFESSIONAL: &str = "17841405822304914";
const BUSINESS: &str = "102290129340398";
const NUMBER: &str = "106540352242922";

/// The platforms whose payloads come in.
struct Platforms {
    telegram: telegram::TelegramHandle,
    facebook: facebook::FacebookHandle,
    instagram: instagram::InstagramHandle,
    whatsapp: whatsapp::WhatsAppHandle,
}

impl Platforms {
    async fn start() -> Self {
        let platforms = Self {
            telegram: telegram::start(telegram::TelegramOptions::default()).await.expect("it starts"),
            facebook: facebook::start(facebook::FacebookOptions::default()).await.expect("it starts"),
            instagram: instagram::start(instagram::InstagramOptions::default()).await.expect("it starts"),
            whatsapp: whatsapp::start(whatsapp::WhatsAppOptions::default()).await.expect("it starts"),
        };
        platforms.telegram.create_bot(BOT, "fixture_bot");
        for meta in platforms.metas() {
            meta.create_app(App::new(APP, APP_SECRET));
            meta.dialog_mode(DialogMode::Accept, None);
        }
        platforms.facebook.create_page(PERSON, facebook::Page::new(PAGE, "Fixture Shop"));
        platforms.instagram.create_account(PROFESSIONAL, "fixture.shop");
        platforms.whatsapp.add_account(BUSINESS, "Fixture Shop");
        platforms.whatsapp.add_number(BUSINESS, NUMBER, "15550783881", "Fixture Shop");
        let assets = vec![Asset { id: BUSINESS.to_owned(), name: "Fixture Shop".to_owned() }];
        platforms.whatsapp.meta().create_user(User { id: PERSON.to_owned(), name: "Fay Fixture".to_owned(), assets });
        platforms
    }

    fn metas(&self) -> [&Meta; 3] {
        [self.facebook.meta(), self.instagram.meta(), self.whatsapp.meta()]
    }

    fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("TELEGRAM_API_BASE_URL", self.telegram.base_url()),
            ("TELEGRAM_BOT_TOKEN", BOT),
            ("TELEGRAM_WEBHOOK_SECRET", BOT_SECRET),
            ("FACEBOOK_APP_ID", APP),
            ("FACEBOOK_APP_SECRET", APP_SECRET),
            ("FACEBOOK_VERIFY_TOKEN", "fixture-verify-token-0001"),
            ("FACEBOOK_GRAPH_BASE_URL", self.facebook.graph_base_url()),
            ("FACEBOOK_DIALOG_BASE_URL", self.facebook.dialog_base_url()),
            ("INSTAGRAM_APP_ID", APP),
            ("INSTAGRAM_APP_SECRET", APP_SECRET),
            ("INSTAGRAM_VERIFY_TOKEN", "fixture-verify-token-0001"),
            ("INSTAGRAM_GRAPH_BASE_URL", self.instagram.graph_base_url()),
            ("INSTAGRAM_API_BASE_URL", self.instagram.api_base_url()),
            ("INSTAGRAM_DIALOG_BASE_URL", self.instagram.dialog_base_url()),
            ("WHATSAPP_VERIFY_TOKEN", "fixture-verify-token-0001"),
            ("WHATSAPP_GRAPH_BASE_URL", self.whatsapp.base_url()),
            ("WHATSAPP_DIALOG_BASE_URL", self.whatsapp.base_url()),
        ]
    }
}

/// Links by a way that leads to a consent page, which says yes by itself.
async fn link(user: &Client, platform: &str, method: &str) {
    let body = json!({ "method": method });
    let (status, begun) = user.post(&format!("/api/oauth/connect/{platform}"), &body).await;
    assert_eq!(status, 200, "{platform}: {begun}");
    let browser = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().expect("a client");
    let page = begun["authorizationUrl"].as_str().expect("a page").to_owned();
    let led = browser.get(page).send().await.expect("the consent page");
    let back = led.headers()[LOCATION].to_str().expect("text").to_owned();
    let back = back.split('#').next().expect("an address").to_owned();
    let done = browser.get(back).bearer_auth(user.token()).send().await.expect("the way back");
    let landing = done.headers().get(LOCATION).map(|to| to.to_str().expect("text").to_owned()).unwrap_or_default();
    assert!(landing.contains("success=true"), "{platform}: {} {landing}", done.status());
}

/// The recorded payloads of a platform that are deliveries.
fn recorded(platform: &str) -> Vec<Value> {
    let index: Value = serde_json::from_slice(&payload(platform, "index.json")).expect("JSON");
    let fixtures = index["fixtures"].as_array().expect("a list").clone();
    assert_eq!(index["count"], fixtures.len(), "an index that lost some");
    fixtures
        .into_iter()
        .filter(|fixture| fixture["kind"].as_str().is_some_and(|it| it.starts_with("webhook")))
        .collect()
}

fn payload(platform: &str, file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hub-platforms/src").join(platform).join("fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{platform}/{file}: {e}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn list<'a>(expect: &'a Value, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    expect[name].as_array().into_iter().flatten().filter_map(Value::as_object)
}

/// Posts every file of a fixture with its headers; the answer is the one the index asks for.
async fn deliver(hub: &HubProcess, folder: &str, name: &str, fixture: &Value) {
    let steps = fixture["steps"].as_array().cloned().unwrap_or_else(|| vec![json!({"file": fixture["file"]})]);
    for step in steps {
        let file = text(&step["file"]);
        let mut request = hub.client().request(Method::POST, &format!("/api/webhooks/{name}"));
        for (header, value) in fixture["headers"].as_object().expect("headers") {
            if !header.eq_ignore_ascii_case("connection") {
                request = request.header(header, text(value));
            }
        }
        let answer = request.body(payload(folder, file)).send().await.expect("an answer");
        assert_eq!(fixture["respond_with"]["status"], answer.status().as_u16(), "{folder}/{file}");
    }
}

/// The message an entry names. Ids of some platforms hold within a conversation only.
fn found<'a>(all: &'a [Value], id: &str) -> Vec<&'a Value> {
    let same = |message: &Value| {
        let there = text(&message["platform_message_id"]);
        there == id || there.rsplit_once(':').is_some_and(|(_, last)| last == id)
    };
    all.iter().filter(|message| same(message)).collect()
}

/// Everything the index says about a message, as far as the API shows it.
fn check(file: &str, expected: &Map<String, Value>, message: &Value, later: Option<&Map<String, Value>>) {
    let told = format!("{file}: {message}");
    assert_eq!(message["is_outgoing"], expected["direction"] == "outbound", "{told}");
    let instant = |value: &Value| chrono::DateTime::parse_from_rfc3339(text(value)).expect("a time");
    assert_eq!(instant(&message["sent_at"]), instant(&expected["sent_at"]), "{told}");
    if let Some(answered) = expected["reply_to_message_id"].as_str() {
        let there = text(&message["reply_to_platform_message_id"]);
        assert!(there == answered || there.ends_with(&format!(":{answered}")), "{told}");
    }
    match later.map(|later| text(&later["op"])) {
        Some("delete" | "unsend" | "revoke") => return assert!(message["deleted_at"].is_string(), "{told}"),
        Some(_) => return assert_eq!(message["content"], later.expect("an update")["text"], "{told}"),
        None => {}
    }
    let alternatives = ["text_also_ok", "text_contains"].iter().any(|name| expected.contains_key(*name));
    match &expected["text"] {
        _ if alternatives => {}
        Value::Null => {
            let words = text(&message["content"]);
            assert!(words.is_empty() || message["summary"] == words, "no words: {told}");
        }
        words => assert_eq!(&message["content"], words, "{told}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_delivery_is_answered_stored_shown_and_told() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let platforms = Platforms::start().await;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port().to_string();
        drop(listener);
        let (data, address) = (database.folder.path().display().to_string(), format!("http://127.0.0.1:{port}"));
        let mut settings = platforms.settings();
        settings.extend([
            ("HUB_DATA_DIR", data.as_str()),
            ("DATABASE_URL", database.url.as_str()),
            ("PORT", port.as_str()),
            ("WEBHOOK_BASE_URL", address.as_str()),
            ("RATE_LIMIT_PER_MINUTE", "100000"),
        ]);
        let hub = HubProcess::start(Path::new(env!("CARGO_BIN_EXE_hub")), &settings).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT).await;
        for (platform, method) in
            [("facebook", "facebook_login"), ("instagram", "instagram_login"), ("whatsapp", "facebook_login")]
        {
            link(&user, platform, method).await;
        }
        let mut pushes = Pushes::open(&user).await;
        let mut told: BTreeSet<String> = BTreeSet::new();
        for (folder, platform) in [
            ("telegram_bot", "telegram"),
            ("facebook", "facebook"),
            ("instagram", "instagram"),
            ("whatsapp", "whatsapp"),
        ] {
            let fixtures = recorded(folder);
            for fixture in &fixtures {
                deliver(&hub, folder, platform, fixture).await;
            }
            through(&user, platform, &fixtures, &mut pushes, &mut told).await;
        }
    }
}

/// What the deliveries of one platform led to.
async fn through(user: &Client, platform: &str, fixtures: &[Value], pushes: &mut Pushes, told: &mut BTreeSet<String>) {
    let expect = |fixture: &Value, name: &str| list(&fixture["expect"], name).cloned().collect::<Vec<_>>();
    let mut later: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for update in fixtures.iter().flat_map(|fixture| expect(fixture, "message_updates")) {
        later.insert(text(&update["message_id"]).to_owned(), update);
    }
    let wanted: BTreeSet<String> = fixtures
        .iter()
        .flat_map(|fixture| expect(fixture, "messages"))
        .map(|message| text(&message["message_id"]).to_owned())
        .collect();
    let what = format!("every message of {platform}");
    let all = eventually(&what, async || {
        let all = user.all_messages().await;
        wanted.iter().all(|id| !found(&all, id).is_empty()).then_some(all)
    })
    .await;
    let mut conversations: BTreeMap<String, String> = BTreeMap::new();
    let (mut loud, mut checked) = (BTreeSet::new(), BTreeSet::new());
    for fixture in fixtures {
        let file = format!("{platform}/{}", text(&fixture["file"]));
        for expected in expect(fixture, "messages") {
            let id = text(&expected["message_id"]);
            // Some payloads tell of one message again; what came first stands.
            if !checked.insert(id.to_owned()) {
                continue;
            }
            let here = found(&all, id);
            assert_eq!(here.len(), 1, "{file}: {id} stands there {} times", here.len());
            check(&file, &expected, here[0], later.get(id));
            if expected.get("history") != Some(&json!(true)) {
                loud.insert(text(&here[0]["id"]).to_owned());
            }
            if !expected.contains_key("conversation_scope") && !expected.contains_key("same_conversation") {
                let there = text(&expected["conversation_id"]).to_owned();
                let conversation = text(&here[0]["conversation_id"]).to_owned();
                let before = conversations.entry(there).or_insert_with(|| conversation.clone());
                assert_eq!(*before, conversation, "{file}: one conversation there, one here");
            }
        }
    }
    // What is not of the past was told to the open client, once.
    while !loud.is_subset(told) {
        let (name, data) = pushes.next().await;
        // What is ours is told as a change, as the contract has it.
        let ours = data["message"]["is_outgoing"] == true;
        if name == "new_message" || (name == "message_update" && ours) {
            let new = told.insert(text(&data["message"]["id"]).to_owned());
            assert!(new || ours, "told twice: {data}");
        }
    }
}
