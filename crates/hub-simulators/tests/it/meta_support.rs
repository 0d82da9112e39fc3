//! What the tests of the Meta platforms share: a receiver of webhooks, and plain calls.

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub(crate) const APP: &str = "138483919580948";
pub(crate) const SECRET: &str = "hub-fixture-app-secret-0001";
pub(crate) const VERIFY: &str = "hub-fixture-verify-token";
/// The longest any test waits for something.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A webhook of the app: repeats challenges, checks signatures, and refuses as often as it is told to.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    seen: Arc<Mutex<Seen>>,
    came: Arc<Notify>,
}

#[derive(Default)]
struct Seen {
    bodies: Vec<Bytes>,
    refuse: usize,
    challenges: usize,
}

async fn challenge(
    State(receiver): State<Receiver>,
    Query(asked): Query<HashMap<String, String>>,
) -> (StatusCode, String) {
    receiver.seen.lock().unwrap().challenges += 1;
    if asked["hub.mode"] == "subscribe" && asked["hub.verify_token"] == VERIFY {
        return (StatusCode::OK, asked["hub.challenge"].clone());
    }
    (StatusCode::FORBIDDEN, String::new())
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["x-hub-signature-256"], signature(&body));
    assert!(headers["x-hub-signature"].to_str().unwrap().starts_with("sha1="));
    assert!(body.is_ascii(), "nothing but ASCII is sent");
    let mut seen = receiver.seen.lock().unwrap();
    seen.bodies.push(body);
    receiver.came.notify_waiters();
    if seen.refuse > 0 {
        seen.refuse -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::OK
}

/// What the header must say of a body.
pub(crate) fn signature(body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

impl Receiver {
    /// Starts it; gives it and its address.
    pub(crate) async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hook", get(challenge).post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    pub(crate) fn refuse(&self, times: usize) {
        self.seen.lock().unwrap().refuse = times;
    }

    pub(crate) fn challenges(&self) -> usize {
        self.seen.lock().unwrap().challenges
    }

    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.seen.lock().unwrap().bodies.clone()
    }

    /// Waits until this many bodies came; gives all of them as JSON.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Value> {
        let all = async {
            loop {
                let came = self.came.notified();
                tokio::pin!(came);
                came.as_mut().enable();
                if self.bodies().len() >= count {
                    return;
                }
                came.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, all).await;
        assert!(waited.is_ok(), "{count} bodies expected, {} came", self.bodies().len());
        self.bodies().iter().map(|body| serde_json::from_slice(body).expect("JSON")).collect()
    }

    /// The events of all bodies, once this many came: `messaging` and `standby`.
    pub(crate) async fn events(&self, count: usize) -> Vec<Value> {
        let events = |bodies: &[Value]| {
            let entries = bodies.iter().flat_map(|body| body["entry"].as_array().cloned().unwrap_or_default());
            entries
                .flat_map(|entry| {
                    let of = |name: &str| entry[name].as_array().cloned().unwrap_or_default();
                    [of("messaging"), of("standby")].concat()
                })
                .collect::<Vec<_>>()
        };
        let mut bodies = count.min(1);
        loop {
            let came = self.wait(bodies).await;
            let found = events(&came);
            if found.len() >= count {
                return found;
            }
            bodies = came.len() + 1;
        }
    }
}

pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.timeout(PATIENCE).build().expect("a client")
}

/// GET with a token; gives status and body.
pub(crate) async fn read(base: &str, path: &str, token: &str) -> (u16, Value) {
    let answer = client().get(format!("{base}/v25.0/{path}")).bearer_auth(token).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// POST with a token; gives status and body.
pub(crate) async fn write(base: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let url = format!("{base}/v25.0/{path}");
    let answer = client().post(url).bearer_auth(token).json(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Code and subcode of a refusal.
pub(crate) fn refusal(answer: &Value) -> (i64, i64) {
    let error = &answer["error"];
    assert!(error["message"].is_string() && error["type"].is_string() && error["fbtrace_id"].is_string(), "{answer}");
    (error["code"].as_i64().unwrap_or_default(), error["error_subcode"].as_i64().unwrap_or_default())
}
