//! LinkedIn: logins, pages and their comments, notifications, what is closed, by plain HTTP and by the publisher's client.

mod login;
mod members;
mod pages;
mod sdk;
mod webhooks;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use hub_simulators::linkedin::{App, LinkedInHandle, LinkedInOptions, Member, Organization, start};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const CLIENT: &str = "77tstclientid0";
const SECRET: &str = "tst-linkedin-client-secret";
const ADMIN: &str = "TstAdm1n0A";
const ADA: &str = "TstPrs0n1B";
const PAGE: &str = "2414183";
const SCOPES: [&str; 5] =
    ["openid", "profile", "r_organization_social", "rw_organization_admin", "w_organization_social"];
const VERSION: &str = "202607";
const WAIT: Duration = Duration::from_secs(20);

/// What a webhook was sent: the header and the bytes.
type Got = (Option<String>, Bytes);

#[derive(Clone)]
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    /// Statuses of the next answers; 200 after them.
    statuses: Arc<Mutex<Vec<u16>>>,
    /// Whether challenges are answered wrongly.
    wrong: Arc<AtomicBool>,
    came: Arc<Notify>,
}

fn mac(message: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    hex::encode(aws_lc_rs::hmac::sign(&key, message))
}

async fn challenge(State(to): State<Receiver>, Query(asked): Query<HashMap<String, String>>) -> Answer {
    let code = &asked["challengeCode"];
    let said = if to.wrong.load(Ordering::SeqCst) { "wrong".to_owned() } else { mac(code.as_bytes()) };
    Json(json!({ "challengeCode": code, "challengeResponse": said })).into_response()
}

async fn event(State(to): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-li-signature").map(|value| value.to_str().unwrap().to_owned());
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
            wrong: Arc::default(),
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
    platform: LinkedInHandle,
    http: reqwest::Client,
    token: String,
    receiver: Receiver,
}

impl Scene {
    async fn new() -> Self {
        Self::with(LinkedInOptions::default()).await
    }

    async fn with(options: LinkedInOptions) -> Self {
        let platform = start(LinkedInOptions { retry_every: Duration::from_millis(5), ..options }).await.unwrap();
        platform
            .create_app(App { redirect_urls: vec!["https://hub.test/back".to_owned()], ..App::new(CLIENT, SECRET) });
        platform.create_member(Member::new(ADMIN, "Dana", "Doe"));
        platform.create_member(Member::new(ADA, "Ada", "Example"));
        platform.create_organization(Organization::new(PAGE, "Devtestco"));
        platform.set_role(ADMIN, PAGE, "ADMINISTRATOR", "APPROVED");
        let token = platform.token_for(CLIENT, ADMIN, &SCOPES);
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { platform, http, token, receiver: Receiver::start().await }
    }

    async fn raw(&self, method: Method, path: &str, body: &Value) -> Response {
        let url = format!("{}/{path}", self.platform.base_url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if path.starts_with("rest/") {
            request = request.header("LinkedIn-Version", VERSION).header("X-Restli-Protocol-Version", "2.0.0");
        }
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.raw(method, path, body).await;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, &body).await
    }

    /// Registers the receiver and subscribes the page.
    async fn subscribe(&self) {
        self.platform.register_webhook(CLIENT, &self.receiver.url).await.unwrap();
        let (status, told) = self.call(Method::PUT, &subscription(ADMIN), &json!({"webhook": self.receiver.url})).await;
        assert_eq!(status, 204, "{told}");
    }
}

/// The path of the page's subscription in a member's name.
fn subscription(member: &str) -> String {
    let application = encoded("urn:li:developerApplication:123456");
    let (user, entity) = (encoded(&person(member)), encoded(&page()));
    format!(
        "rest/eventSubscriptions/(developerApplication:{application},user:{user},entity:{entity},\
         eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)"
    )
}

fn page() -> String {
    format!("urn:li:organization:{PAGE}")
}

fn person(id: &str) -> String {
    format!("urn:li:person:{id}")
}

fn encoded(urn: &str) -> String {
    [(":", "%3A"), ("(", "%28"), (")", "%29"), (",", "%2C")]
        .iter()
        .fold(urn.to_owned(), |urn, (c, e)| urn.replace(c, e))
}

fn comments(on: &str) -> String {
    format!("rest/socialActions/{}/comments", encoded(on))
}
