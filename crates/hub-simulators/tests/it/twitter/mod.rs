//! X: logins, DMs, budgets, webhooks; by plain HTTP, by the publisher's description, and by a real SDK.

mod dms;
mod login;
mod sdk;
mod spec;
mod webhooks;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hub_simulators::twitter::{App, TwitterHandle, TwitterOptions, User, start};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const CLIENT: &str = "TstClientId";
const SECRET: &str = "tst-client-secret";
const CONSUMER: &str = "tst-consumer-secret-3f9QxV";
const ME: &str = "4337869213";
const ADA: &str = "3001969357";
const BEA: &str = "17200003";
const SCOPES: [&str; 6] = ["dm.read", "dm.write", "tweet.read", "users.read", "media.write", "offline.access"];
const WAIT: Duration = Duration::from_secs(20);

/// What a webhook was sent: the header and the bytes.
type Got = (String, Bytes);

#[derive(Clone)]
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    /// Statuses of the next answers; 200 after them.
    statuses: Arc<Mutex<Vec<u16>>>,
    /// The secret challenges are answered with.
    secret: Arc<Mutex<String>>,
    /// Whether challenges are answered with an error.
    down: Arc<AtomicBool>,
    came: Arc<Notify>,
}

fn digest(secret: &str, message: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(aws_lc_rs::hmac::sign(&key, message)))
}

async fn challenge(
    State(to): State<Receiver>,
    Query(asked): Query<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let secret = to.secret.lock().unwrap().clone();
    let status = if to.down.load(Ordering::SeqCst) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(json!({"response_token": digest(&secret, asked["crc_token"].as_bytes())})))
}

async fn event(State(to): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-twitter-webhooks-signature"].to_str().unwrap().to_owned();
    to.got.lock().unwrap().push((signature, body));
    to.came.notify_one();
    let status = to.statuses.lock().unwrap().pop().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            got: Arc::default(),
            statuses: Arc::default(),
            secret: Arc::new(Mutex::new(CONSUMER.to_owned())),
            down: Arc::default(),
            came: Arc::default(),
        };
        let router = Router::new().route("/hook", get(challenge).post(event)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// The bodies, once there are as many.
    async fn wait(&self, count: usize) -> Vec<Value> {
        let waiting = async {
            while self.got.lock().unwrap().len() < count {
                self.came.notified().await;
            }
        };
        tokio::time::timeout(WAIT, waiting).await.expect("deliveries in time");
        let got = self.got.lock().unwrap();
        got.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

struct Scene {
    platform: TwitterHandle,
    http: reqwest::Client,
    token: String,
    bearer: String,
    receiver: Receiver,
}

impl Scene {
    async fn new() -> Self {
        Self::with(TwitterOptions::default()).await
    }

    async fn with(options: TwitterOptions) -> Self {
        let platform = start(TwitterOptions { retry_unit: Duration::from_millis(5), ..options }).await.unwrap();
        let app = App { redirect_uris: vec!["https://hub.test/back".to_owned()], ..App::new(CLIENT, SECRET, CONSUMER) };
        let bearer = app.bearer.clone();
        platform.create_app(app);
        for (id, username, name) in [(ME, "Harris_0ff", "Harrison"), (ADA, "ada", "Ada"), (BEA, "bea", "Bea")] {
            platform.put_user(User::new(id, username, name));
        }
        let token = platform.grant(CLIENT, ME, &SCOPES)["access_token"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { platform, http, token, bearer, receiver: Receiver::start().await }
    }

    async fn raw(&self, method: Method, path: &str, token: &str, body: &Value) -> Response {
        let url = format!("{}/2/{path}", self.platform.base_url());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let answer = self.raw(method, path, token, body).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, &self.token, &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, &self.token, &body).await
    }

    async fn form(&self, path: &str, basic: bool, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut request = self.http.post(format!("{}/2/oauth2/{path}", self.platform.base_url())).form(fields);
        if basic {
            request = request.basic_auth(CLIENT, Some(SECRET));
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Registers the receiver; gives the webhook's id.
    async fn hook(&self) -> String {
        let (status, told) =
            self.call(Method::POST, "webhooks", &self.bearer, &json!({"url": self.receiver.url})).await;
        assert_eq!(status, 200, "{told}");
        told["data"]["id"].as_str().unwrap().to_owned()
    }

    async fn subscribe(&self, hook: &str, kind: &str) -> (u16, Value) {
        let body = json!({"event_type": kind, "filter": {"user_id": ME}, "tag": "t", "webhook_id": hook});
        self.post("activity/subscriptions", body).await
    }

    async fn subscribe_account(&self, hook: &str) -> (u16, Value) {
        self.post(&format!("account_activity/webhooks/{hook}/subscriptions/all"), Value::Null).await
    }
}
