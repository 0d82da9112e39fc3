//! Every delivery of LinkedIn that was recorded, byte for byte and with its own signature, through the real door: what the API
//! shows afterwards is what the index says.

use super::linkedin::{LinkedIn, SECRET};
use hub_testkit::conformance::Stage;
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where all of it was said.
const THREAD: &str = "urn:li:activity:7456975906406400003";
const DOOR: &str = "/api/webhooks/linkedin";

fn recorded(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hub-platforms/src/linkedin/fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// The message with an id of the platform's, if it is there.
async fn message(stage: &Stage<LinkedIn>, id: &Value) -> Option<Value> {
    let all = stage.user.all_messages().await;
    let mut found = all.into_iter().filter(|message| message["platform_message_id"] == *id);
    let first = found.next();
    assert!(found.next().is_none(), "{id} stands there once");
    first
}

/// One change of the index shows.
async fn shows(stage: &Stage<LinkedIn>, change: &Value) {
    let id = &change["platform_message_id"];
    let what = format!("{} of {id}", change["op"]);
    let shown = eventually(&what, async || {
        let message = message(stage, id).await?;
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
    assert_eq!(shown["content"], change["text"]);
    assert_eq!(shown["is_outgoing"], change["direction"] == "outbound", "{shown}");
    assert_eq!(shown["sender_id"], change["sender_id"]);
    assert_eq!(shown["sent_at"], change["sent_at"]);
    assert_eq!(shown["edited_at"].is_string(), change["op"] == "edit", "{shown}");
}

async fn every_delivery_comes_through(engine: Engine) {
    let stage = Stage::<LinkedIn>::linked(Path::new(env!("CARGO_BIN_EXE_hub")), engine).await;
    stage.past_is_read_back().await;
    let index: Value = serde_json::from_slice(&recorded("index.json")).expect("JSON");
    assert_eq!(index["app"]["client_secret"], SECRET);
    let all = index["fixtures"].as_array().expect("a list");
    let mut came = Vec::new();
    for fixture in all.iter().filter(|fixture| fixture["kind"] == "webhook") {
        for earlier in fixture["after"].as_array().into_iter().flatten() {
            assert!(came.contains(&earlier), "{earlier} comes first");
        }
        came.push(&fixture["id"]);
        let before = stage.user.all_messages().await;
        let body = recorded(fixture["file"].as_str().expect("a file"));
        let mut request = stage.hub.client().request(Method::POST, DOOR).body(body);
        for (name, value) in fixture["http"]["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("text"));
        }
        let status = request.send().await.expect("an answer").status();
        let allowed = fixture["expect"]["http"]["status_in"].as_array().expect("a list");
        assert!(allowed.contains(&json!(status.as_u16())), "{}: {status}", fixture["id"]);
        let expected = fixture["expect"]["messages"].as_array().expect("a list");
        for change in expected {
            shows(&stage, change).await;
        }
        if expected.is_empty() {
            assert_eq!(stage.user.all_messages().await, before, "{}: nothing is made of it", fixture["id"]);
        }
    }
    assert_eq!(came.len(), 5);
    let (_, listed) = stage.user.get("/api/conversations").await;
    let conversations = listed["conversations"].as_array().expect("a list");
    assert_eq!(conversations.len(), 1, "one post: {listed}");
    assert_eq!(conversations[0]["platform_conversation_id"], THREAD);
    assert_eq!(conversations[0]["participant_name"], "Our spring release is out");
    let path = format!("/api/conversations/{}/notices", conversations[0]["id"].as_str().expect("an id"));
    let (_, told) = stage.user.get(&path).await;
    let kinds: Vec<&Value> = told["notices"].as_array().expect("a list").iter().map(|notice| &notice["kind"]).collect();
    assert!(kinds.contains(&&json!("liked")) && kinds.contains(&&json!("shared")), "{told}");

    // The challenge, too.
    let challenge = all.iter().find(|fixture| fixture["kind"] == "webhook-handshake").expect("one");
    let code = challenge["http"]["query"]["challengeCode"].as_str().expect("a code");
    let asked = stage.hub.client().request(Method::GET, &format!("{DOOR}?challengeCode={code}"));
    let answer = asked.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let said: Value = answer.json().await.expect("JSON");
    let file = challenge["file"].as_str().expect("a file");
    assert_eq!(said, serde_json::from_slice::<Value>(&recorded(file)).expect("JSON"));
    stage.finish().await;
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
