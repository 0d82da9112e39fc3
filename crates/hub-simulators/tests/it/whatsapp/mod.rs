//! The pretend WhatsApp from outside.

mod accounts;
mod inbound;
mod media;
mod sdk;
mod sending;
mod spec;
mod statuses;
mod templates;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub_simulators::meta::{App, MetaOptions};
use hub_simulators::whatsapp::{OBJECT, Person, WhatsAppHandle, WhatsAppOptions, start};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub(super) const APP: &str = "4810000000000001";
pub(super) const SECRET: &str = "tests-secret-of-nobody";
pub(super) const ACCOUNT: &str = "102290129340398";
pub(super) const NUMBER: &str = "106540352242922";
/// A customer with a number, and their id at this business.
pub(super) const ADA: &str = "16505551234";
pub(super) const ADA_ID: &str = "US.13491208655302741918";
/// A customer whose number nobody sees.
pub(super) const BEA: &str = "US.24600000000000000002";
/// Nothing takes longer.
pub(super) const LIMIT: Duration = Duration::from_secs(20);
/// Every field an app can hear of.
const FIELDS: [&str; 8] = [
    "messages",
    "smb_message_echoes",
    "history",
    "smb_app_state_sync",
    "user_id_update",
    "message_template_status_update",
    "account_update",
    "phone_number_quality_update",
];

/// A webhook that takes everything.
#[derive(Clone, Default)]
pub(super) struct Receiver {
    got: Arc<Mutex<Vec<Value>>>,
    noticed: Arc<Notify>,
}

impl Receiver {
    /// Values of one field so far, in order.
    pub(super) fn values(&self, field: &str) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        let changes = got.iter().flat_map(|body| body["entry"].as_array().into_iter().flatten());
        let changes = changes.flat_map(|entry| entry["changes"].as_array().into_iter().flatten());
        changes.filter(|change| change["field"] == field).map(|change| change["value"].clone()).collect()
    }

    /// Bodies so far.
    pub(super) fn bodies(&self) -> Vec<Value> {
        self.got.lock().unwrap().clone()
    }

    /// Waits for so many values of a field.
    pub(super) async fn wait(&self, field: &str, count: usize) -> Vec<Value> {
        let waiting = async {
            loop {
                let noticed = self.noticed.notified();
                tokio::pin!(noticed);
                noticed.as_mut().enable();
                let values = self.values(field);
                if values.len() >= count {
                    return values;
                }
                noticed.await;
            }
        };
        let found = tokio::time::timeout(LIMIT, waiting).await;
        found.unwrap_or_else(|_| panic!("{count} of {field} expected: {:#?}", self.values(field)))
    }

    /// Names of the statuses so far.
    pub(super) fn statuses(&self) -> Vec<String> {
        let values = self.values("messages");
        let statuses = values.iter().flat_map(|value| value["statuses"].as_array().into_iter().flatten());
        statuses.map(|status| status["status"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

async fn challenge(Query(query): Query<HashMap<String, String>>) -> Response {
    let right = query.get("hub.mode").is_some_and(|mode| mode == "subscribe")
        && query.get("hub.verify_token").is_some_and(|token| token == "tests-verify");
    if right { query["hub.challenge"].clone().into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let expected = format!("sha256={}", hex::encode(aws_lc_rs::hmac::sign(&key, &body)));
    assert_eq!(headers["x-hub-signature-256"], expected.as_str());
    receiver.got.lock().unwrap().push(serde_json::from_slice(&body).expect("JSON"));
    receiver.noticed.notify_waiters();
    StatusCode::OK
}

/// The platform, an app with a webhook, an account with one number, and two customers.
pub(super) struct Scene {
    pub(super) platform: WhatsAppHandle,
    pub(super) receiver: Receiver,
    pub(super) hook: String,
    pub(super) token: String,
    pub(super) http: reqwest::Client,
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::with(WhatsAppOptions::default()).await
    }

    pub(super) async fn with(options: WhatsAppOptions) -> Self {
        let meta = MetaOptions { retry_unit: Duration::from_millis(10), ..options.meta.clone() };
        let platform = start(WhatsAppOptions { meta, ..options }).await.expect("starts");
        platform.meta().create_app(App::new(APP, SECRET));
        platform.add_number(ACCOUNT, NUMBER, "15550783881", "Lucky Shrub");
        platform.put_person(Person { user_id: Some(ADA_ID.to_owned()), ..Person::new(ADA, "Sheena Nelson") });
        platform.put_person(Person::with_username(BEA, "beaexample", "Bea Example"));
        let receiver = Receiver::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let hook = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hook", get(challenge).post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        platform.meta().subscribe_app(APP, OBJECT, &hook, "tests-verify", &FIELDS).await.expect("verified");
        let token = platform.business_token(APP, ACCOUNT);
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().expect("a client");
        let scene = Self { platform, receiver, hook, token, http };
        let (status, _) = scene.post(&format!("{ACCOUNT}/subscribed_apps"), &Value::Null).await;
        assert_eq!(status, 200);
        scene
    }

    /// A call with the token; gives status and body.
    pub(super) async fn call(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/v25.0/{path}", self.platform.base_url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body.filter(|body| !body.is_null()) {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(reqwest::Method::GET, path, None).await
    }

    /// Sends a message to Ada, or to whom the body says.
    pub(super) async fn send(&self, body: Value) -> (u16, Value) {
        let mut whole = serde_json::json!({"messaging_product": "whatsapp", "recipient_type": "individual"});
        if body.get("to").is_none() && body.get("recipient").is_none() {
            whole["to"] = ADA.into();
        }
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.post(&format!("{NUMBER}/messages"), &whole).await
    }

    /// Sends words to Ada; gives the message's id.
    pub(super) async fn send_text(&self, words: &str) -> String {
        let (status, answer) = self.send(serde_json::json!({"type": "text", "text": {"body": words}})).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Ada writes, so that the window is open; waits until it arrived.
    pub(super) async fn ada_writes(&self) -> String {
        let before = self.receiver.values("messages").len();
        let id = self.platform.say(NUMBER, ADA, "hello").expect("a number");
        self.receiver.wait("messages", before + 1).await;
        id
    }
}

/// The code of an error.
pub(super) fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_default()
}
