//! The front end of the originals in a real browser: a page of ours that uses the same client libraries in the same way, served by
//! the hub itself. `tests/browser/front_end.mjs` walks through it; what it cannot do itself it asks of the control address here.

use crate::fixtures::platforms::{APP, PAGE, Page, Platform, VERIFY_TOKEN, owner};
use crate::fixtures::stand::Stand;
use crate::telegram_world::{CODE, ME, OTHER, OTHER_PHONE, PASSWORD, PHONE};
use axum::extract::{Path as Verb, State};
use axum::routing::post;
use axum::{Json, Router};
use hub_simulators::meta::DialogMode;
use hub_simulators::meta::inbox::Person;
use hub_simulators::telegram;
use hub_simulators::telegram_user::{self, NewAccount, TelegramUserOptions};
use hub_testkit::database::engines;
use hub_testkit::{Client, eventually};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

/// What the runner sets: the browser, and where its driver and the client libraries were installed.
const NEEDED: [&str; 2] = ["HUB_BROWSER", "HUB_BROWSER_MODULES"];
/// The longest the whole walk may take.
const PATIENCE: Duration = Duration::from_mins(4);
/// How long a rotated refresh token still works, in seconds: enough for two renewals at once, and soon over.
const GRACE_S: u64 = 6;
const ACCESS_SECRET: &str = "front-end-access-secret-0123456789abcdef";
const REFRESH_SECRET: &str = "front-end-refresh-secret-0123456789abcdef";
/// Who writes to the page.
const PERSON: &str = "7000000000000099";
const BOT: &str = "481000001:AAtests-only-token-of-nobody_000000000";
/// Files of the page: where they are among the libraries, and their names in the page.
const LIBRARIES: [(&str, &str); 4] = [
    ("react/umd/react.production.min.js", "react.js"),
    ("react-dom/umd/react-dom.production.min.js", "react-dom.js"),
    ("axios/dist/axios.min.js", "axios.js"),
    ("socket.io-client/dist/socket.io.min.js", "socket.io.js"),
];
const OWN: [&str; 4] = ["client.js", "thread.js", "pages.js", "style.css"];

/// What the walk may ask for.
struct Control {
    stand: Stand<Page>,
    bots: telegram::TelegramHandle,
}

impl Control {
    /// A person writes; the platform calls. Returns once the hub has it.
    async fn hear(&self, words: &str) {
        let before = self.stored().await;
        self.stand.platform.0.inboxes().say(PAGE, PERSON, words);
        eventually("the message is there", async || (self.stored().await > before).then_some(())).await;
    }

    async fn stored(&self) -> usize {
        self.stand.database.texts("SELECT platform_message_id FROM messages").await.len()
    }

    /// Links a page and a bot; two messages wait.
    async fn seed(&self, user: &Client) {
        let page = &self.stand.platform.0;
        self.stand.link(user, 1).await.expect("the page is linked");
        self.bots.create_bot(BOT, "tests_bot");
        user.link_bot(BOT).await;
        let address = format!("{}/api/webhooks/facebook", self.stand.hub.base);
        let fields = ["messages", "message_deliveries", "message_reads"];
        page.meta().subscribe_app(APP, "page", &address, VERIFY_TOKEN, &fields).await.expect("the address is checked");
        let person = Person {
            id: PERSON.to_owned(),
            first_name: "Paula".to_owned(),
            last_name: "Person".to_owned(),
            ..Person::default()
        };
        page.inboxes().create_person(PAGE, person);
        self.hear("first words").await;
        self.hear("second <b>words</b>").await;
        eventually("the person has a name", async || {
            let (_, list) = user.get("/api/conversations?platform=facebook").await;
            (list["conversations"][0]["participant_name"] == "Paula Person").then_some(())
        })
        .await;
    }

    async fn run(&self, verb: &str, body: &Value) -> Value {
        match verb {
            "seed" => {
                self.seed(&self.stand.hub.client().with_token(body["token"].as_str().expect("a token"))).await;
            }
            "hear" => self.hear(body["words"].as_str().expect("words")).await,
            // The conversation holds four by now.
            "many" => {
                for number in 5..=body["upto"].as_i64().expect("a number") {
                    self.hear(&format!("number {number}")).await;
                }
            }
            "sent" => {
                let said = self.stand.platform.0.inboxes().messages(PAGE, PERSON).into_iter();
                let sent: Vec<String> = said.filter(|one| one.from_account).filter_map(|one| one.text).collect();
                let rows = self.stand.database.texts("SELECT platform_conversation_id FROM conversations").await;
                return json!({"sent": sent, "conversations": rows.len()});
            }
            "dialog" => {
                let mode = if body["mode"] == "accept" { DialogMode::Accept } else { DialogMode::Refuse };
                self.stand.platform.0.meta().dialog_mode(mode, Some(&owner(1)));
            }
            "lose" | "mend" => {
                let table = body["table"].as_str().expect("a table");
                let away = format!("{table}_away");
                let (from, to) = if verb == "lose" { (table, away.as_str()) } else { (away.as_str(), table) };
                self.stand.database.change(format!("ALTER TABLE {from} RENAME TO {to}")).await;
            }
            other => panic!("{other} is nothing that can be asked for"),
        }
        json!({})
    }
}

/// Answers the walk; gives the address.
async fn listen(control: Arc<Control>) -> String {
    let run = async |State(control): State<Arc<Control>>, Verb(verb): Verb<String>, Json(body): Json<Value>| {
        Json(control.run(&verb, &body).await)
    };
    let router = Router::new().route("/{verb}", post(run)).with_state(control);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Puts the page together.
fn built(modules: &str, folder: &Path) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/front_end");
    let copy = |from: &Path, to: &Path| {
        std::fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    };
    std::fs::create_dir(folder.join("assets")).expect("a folder");
    copy(&sources.join("index.html"), &folder.join("index.html"));
    for file in OWN {
        copy(&sources.join(file), &folder.join("assets").join(file));
    }
    for (library, file) in LIBRARIES {
        copy(&Path::new(modules).join("node_modules").join(library), &folder.join("assets").join(file));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_end_of_the_originals_works_unchanged() {
    if let Some(missing) = NEEDED.iter().find(|name| std::env::var(name).is_err()) {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "{missing} is not set, but everything is required");
        return eprintln!("not run: {missing} is not set");
    }
    let dist = tempfile::tempdir().expect("a folder");
    built(&std::env::var(NEEDED[1]).expect("set"), dist.path());
    let bots = telegram::start(telegram::TelegramOptions::default()).await.expect("the simulator starts");
    let people = telegram_user::start(TelegramUserOptions::default()).await.expect("the simulator starts");
    people.create_account(NewAccount::new(ME, PHONE, "Me"));
    people.create_account(NewAccount::new(OTHER, OTHER_PHONE, "Other").with_password(PASSWORD, "the usual"));
    let seed = format!("{} {}", people.address(), people.control_url());
    let (folder, grace) = (dist.path().display().to_string(), GRACE_S.to_string());
    let platform = Page::start("facebook_login").await;
    let own = platform.settings();
    let further = [
        ("FRONTEND_DIST", folder.as_str()),
        ("JWT_SECRET", ACCESS_SECRET),
        ("JWT_REFRESH_SECRET", REFRESH_SECRET),
        ("REFRESH_GRACE_SECONDS", grace.as_str()),
        ("TELEGRAM_API_BASE_URL", bots.base_url()),
        ("TELEGRAM_API_ID", "12345"),
        ("TELEGRAM_API_HASH", "tests-only"),
        ("TELEGRAM_TEST_SEED", seed.as_str()),
    ];
    let stand = Stand::open_at(engines()[0], platform, &own, &further).await;
    let hub = stand.hub.base.clone();
    let control = listen(Arc::new(Control { stand, bots })).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/front_end.mjs");
    let run = tokio::process::Command::new("node")
        .arg(script)
        .envs([("HUB_URL", hub.as_str()), ("CONTROL_URL", &control), ("ACCESS_SECRET", ACCESS_SECRET)])
        .envs([("PHONE", PHONE), ("OTHER_PHONE", OTHER_PHONE), ("CODE", CODE), ("CLOUD_PASSWORD", PASSWORD)])
        .env("GRACE_MS", (GRACE_S * 1_000).to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(PATIENCE, run).await.expect("in time").expect("node runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("checks passed"), "{out}\n{err}");
}
