//! Every delivery of Teams that was recorded, byte for byte, through the real door. They are encrypted for a certificate and
//! signed by keys that are not the simulator's: the hub is given that certificate as the one of its own subscription, and the
//! address of those keys.

use super::teams::Teams;
use axum::Router;
use axum::routing::get;
use hub_app::Secret;
use hub_app::sealing::Sealer;
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const DOOR: &str = "/api/webhooks/teams";
/// The hub's own key: what the test puts into the database must open there.
const ENCRYPTION_KEY: &str = "a-key-of-the-tests-0123456789abcdef";

fn recorded(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hub-platforms/src/teams/fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// What stands between the lines of a PEM file: base64.
fn pem(file: &str) -> String {
    let text = String::from_utf8(recorded(file)).expect("text");
    text.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// The recorded signing keys at an address of this machine.
async fn published_keys(file: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/keys", listener.local_addr().expect("an address"));
    let keys = Router::new().route("/keys", get(move || async move { recorded(file) }));
    tokio::spawn(async move { axum::serve(listener, keys).await });
    address
}

struct Recorded {
    stage: Stage<Teams>,
    index: Value,
}

impl Recorded {
    async fn start(engine: Engine) -> Self {
        let index: Value = serde_json::from_slice(&recorded("index.json")).expect("JSON");
        let keys = published_keys("jwks.json").await;
        let settings = [("ENCRYPTION_KEY", ENCRYPTION_KEY), ("MICROSOFT_KEYS_URL", keys.as_str())];
        let stage = Stage::<Teams>::linked_with(Path::new(env!("CARGO_BIN_EXE_hub")), engine, &settings).await;
        stage.past_is_read_back().await;
        eventually("the subscription is confirmed", async || {
            let states = stage.database.texts("SELECT state FROM hub_subscriptions").await;
            (states == [Some("active".to_owned())]).then_some(())
        })
        .await;
        Self { stage, index }
    }

    /// Makes the hub's subscription the recorded one.
    async fn remember(&self, subscription: &str) {
        let all = self.index["subscriptions"].as_array().expect("a list");
        let known = all.iter().find(|one| one["id"] == subscription).expect("a recorded subscription");
        let certificate = &self.index["crypto"]["certificates"][0];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let path = self.stage.database.texts("SELECT path_key FROM hub_subscriptions").await.remove(0).expect("a path");
        let memory = json!({
            "client_state": known["client_state"], "url": format!("{}{DOOR}/{path}", self.stage.hub.base),
            "certificates": [{
                "id": certificate["id"], "thumbprint": certificate["thumbprint_sha1"],
                "key": pem(&text(&certificate["private_key"])), "certificate": pem(&text(&certificate["certificate"])),
            }],
        });
        let query = match self.stage.database.engine {
            Engine::Sqlite => "SELECT lower(hex(id)) FROM hub_subscriptions",
            Engine::Postgres => "SELECT CAST(id AS text) FROM hub_subscriptions",
        };
        let row = self.stage.database.texts(query).await.remove(0).expect("a row");
        let row: uuid::Uuid = row.parse().expect("an id");
        let sealer = Sealer::new(&[Secret::from(ENCRYPTION_KEY)], false).expect("a key");
        let sealed = sealer.wrap(&format!("hub_subscriptions.memory.{row}"), memory.to_string().as_bytes());
        let change =
            format!("UPDATE hub_subscriptions SET memory = '{sealed}', remote_subscription = '{subscription}'");
        assert_eq!(self.stage.database.change(change).await, 1);
    }

    /// Posts a recorded delivery as it is.
    async fn deliver(&self, fixture: &Value) {
        let body = recorded(fixture["file"].as_str().expect("a file"));
        let named: Value = serde_json::from_slice(&body).expect("JSON");
        self.remember(named["value"][0]["subscriptionId"].as_str().expect("an id")).await;
        let mut request = self.stage.hub.client().request(Method::POST, DOOR).body(body);
        for (name, value) in fixture["http"]["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("text"));
        }
        let status = request.send().await.expect("an answer").status();
        let allowed = fixture["expect"]["http"]["status_in"].as_array().expect("a list");
        assert!(allowed.contains(&json!(status.as_u16())), "{}: {status}", fixture["id"]);
    }

    async fn message(&self, id: &str) -> Option<Value> {
        let all = self.stage.user.all_messages().await;
        let mut found = all.into_iter().filter(|message| message["platform_message_id"] == id);
        let first = found.next();
        assert!(found.next().is_none(), "{id} stands there once");
        first
    }

    /// What stands there, but for files, which come in their own time.
    async fn words(&self) -> Vec<Value> {
        let part = |message: &Value| {
            json!([
                message["platform_message_id"],
                message["content"],
                message["edited_at"],
                message["deleted_at"],
                message["reactions"]
            ])
        };
        self.stage.user.all_messages().await.iter().map(part).collect()
    }

    /// One change of the index shows.
    async fn shows(&self, change: &Value) {
        let id = change["platform_message_id"].as_str().expect("an id");
        let texts: Vec<&Value> =
            std::iter::once(&change["text"]).chain(change["text_also_ok"].as_array().into_iter().flatten()).collect();
        let shown = eventually(&format!("{} of {id}", change["op"]), async || {
            let message = self.message(id).await?;
            let done = match change["op"].as_str()? {
                "create" => true,
                "edit" => message["content"] == change["text"],
                "delete" => message["deleted_at"].is_string(),
                other => panic!("{other}"),
            };
            done.then_some(message)
        })
        .await;
        if change["op"] == "delete" {
            return assert_eq!(shown["deleted_at"], change["deleted_at"]);
        }
        assert!(texts.contains(&&shown["content"]), "{shown}");
        assert_eq!(shown["is_outgoing"], change["direction"] == "outbound", "{shown}");
        assert_eq!((&shown["sender_id"], &shown["kind"]), (&change["sender_id"], &change["type"]));
        assert_eq!(shown["sent_at"], change["sent_at"]);
        assert_eq!(shown["edited_at"].is_string(), change["op"] == "edit", "{shown}");
        let files = shown["attachments"].as_array().map(Vec::len);
        assert_eq!(files, change["media"].as_array().map(Vec::len), "{shown}");
        let conversation = self.conversation(&shown["conversation_id"]).await;
        assert_eq!(conversation["platform_conversation_id"], change["platform_conversation_id"]);
    }

    async fn conversation(&self, id: &Value) -> Value {
        let (_, listed) = self.stage.user.get("/api/conversations").await;
        let all = listed["conversations"].as_array().expect("a list");
        all.iter().find(|one| one["id"] == *id).expect("its conversation").clone()
    }

    /// What the platform is asked because of a delivery that does not tell everything.
    async fn is_followed(&self, fixture: &Value, asked_before: usize) {
        let subscription = fixture["expect"]["account_events"][0]["subscription_id"].as_str();
        let wanted = |method: &str, path: &str| match (fixture["id"].as_str(), subscription) {
            (Some("lifecycle_reauthorization_required"), Some(id)) => {
                method == "PATCH" && path.ends_with(&format!("/subscriptions/{id}"))
            }
            (Some("lifecycle_subscription_removed"), _) => method == "POST" && path.ends_with("/subscriptions"),
            _ => method == "GET" && path.contains("/chats"),
        };
        eventually(&format!("{} is followed", fixture["id"]), async || {
            let asked = self.stage.subject.platform.requests();
            asked.iter().skip(asked_before).any(|asked| wanted(&asked.method, &asked.path)).then_some(())
        })
        .await;
    }
}

async fn every_delivery_comes_through(engine: Engine) {
    let recorded = Recorded::start(engine).await;
    assert_eq!(recorded.index["connections"][0]["self_user_id"], recorded.stage.subject.account(0));
    let all = recorded.index["fixtures"].as_array().expect("a list").clone();
    let mut came = Vec::new();
    for fixture in all.iter().filter(|fixture| fixture["kind"] == "webhook") {
        for earlier in fixture["after"].as_array().into_iter().flatten() {
            assert!(came.contains(&earlier), "{earlier} comes first");
        }
        came.push(&fixture["id"]);
        let asked = recorded.stage.subject.platform.requests().len();
        let before = recorded.words().await;
        recorded.deliver(fixture).await;
        let changes = fixture["expect"]["messages"].as_array().expect("a list");
        for change in changes {
            recorded.shows(change).await;
        }
        let activities = fixture["expect"]["activities"].as_array().expect("a list");
        for reaction in activities.iter().filter(|activity| activity["kind"] == "reaction") {
            eventually("the reaction stands", async || {
                let message = recorded.message(reaction["message_id"].as_str()?).await?;
                let same = |one: &Value| one["emoji"] == reaction["value"] && one["actor_id"] == reaction["user_id"];
                message["reactions"].as_array()?.iter().any(same).then_some(())
            })
            .await;
        }
        if changes.is_empty() && activities.iter().all(|activity| activity["kind"] != "reaction") {
            assert_eq!(recorded.words().await, before, "{}: nothing is made of it", fixture["id"]);
        }
        if fixture["expect"]["fetch"].is_array() {
            recorded.is_followed(fixture, asked).await;
        }
    }
    assert_eq!(came.len(), 14);
    recorded.stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_delivery_comes_through_on_sqlite() {
    every_delivery_comes_through(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_delivery_comes_through_on_postgres() {
    if engines().contains(&Engine::Postgres) {
        every_delivery_comes_through(Engine::Postgres).await;
    }
}
