//! Teams: sign-in, chats, subscriptions, encrypted notices; by plain HTTP, by the publisher's description, and by real SDKs.

mod chats;
mod faults;
mod forged;
mod login;
mod notices;
mod receiver;
mod sdk;
mod sending;
mod spec;
mod subscriptions;

use hub_simulators::teams::{App, ChatKind, TeamsHandle, TeamsOptions, User, start};
use receiver::Receiver;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;

const CLIENT: &str = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";
const SECRET: &str = "tst-graph-secret~q1";
const TENANT: &str = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const OTHER_TENANT: &str = "9b1c2f6e-3c7d-4d1a-8f5e-0d5c6a7b8c9d";
const ME: &str = "97f62344-57dc-409c-88ad-c4af14158ff5";
const ROBIN: &str = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
const JANE: &str = "ef1c916a-3135-4417-ba27-8eb7bd084193";
const FAR: &str = "0c3a8e52-55d2-4f0b-9f43-6b7d8a1e2f30";
const SCOPES: [&str; 6] = ["Chat.ReadWrite", "ChatMessage.Send", "User.Read", "offline_access", "openid", "profile"];
const WAIT: Duration = Duration::from_secs(20);

struct Scene {
    platform: TeamsHandle,
    http: reqwest::Client,
    token: String,
    receiver: Receiver,
    /// The chat with Robin, and the group of three.
    direct: String,
    group: String,
}

impl Scene {
    async fn new() -> Self {
        Self::with(TeamsOptions::default()).await
    }

    async fn with(options: TeamsOptions) -> Self {
        let platform = start(TeamsOptions { retry_unit: Duration::from_millis(5), ..options }).await.unwrap();
        platform
            .create_app(App { redirect_uris: vec!["https://hub.test/back".to_owned()], ..App::new(CLIENT, SECRET) });
        for (id, tenant, name) in [
            (ME, TENANT, "Harper Lane"),
            (ROBIN, TENANT, "Robin Kline"),
            (JANE, TENANT, "Jane Smith"),
            (FAR, OTHER_TENANT, "Far Away"),
        ] {
            platform.put_user(User::new(id, tenant, name));
        }
        let token = platform.grant(CLIENT, ME, &SCOPES)["access_token"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let direct = platform.direct(ROBIN, ME);
        let group = platform.create_chat(ChatKind::Group, Some("Planning"), &[JANE, ROBIN, ME]);
        Self { platform, http, token, receiver: Receiver::start().await, direct, group }
    }

    fn token_of(&self, user: &str) -> String {
        self.platform.grant(CLIENT, user, &SCOPES)["access_token"].as_str().unwrap().to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1.0/{path}", self.platform.base_url())
    }

    async fn raw(&self, method: Method, url: String, token: &str, body: &Value) -> Response {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let answer = self.raw(method, self.url(path), token, body).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, &self.token, &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, &self.token, &body).await
    }

    /// A call that must go well.
    async fn good(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, told) = self.call(method, path, &self.token, &body).await;
        assert!((200..300).contains(&status), "{path}: {status} {told}");
        told
    }

    /// Waits until something holds of the simulator.
    async fn until(&self, holds: impl Fn(&TeamsHandle) -> bool) {
        let waiting = async {
            while !holds(&self.platform) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT, waiting).await.expect("in time");
    }

    /// What a subscription to all chats of the caller is asked for with.
    fn wanted(&self) -> Value {
        let until = chrono::Utc::now() + chrono::TimeDelta::hours(71);
        json!({"changeType": "created,updated,deleted", "resource": format!("/users/{ME}/chats/getAllMessages"),
            "notificationUrl": self.receiver.url("hook"), "lifecycleNotificationUrl": self.receiver.url("life"),
            "expirationDateTime": until.to_rfc3339(), "clientState": "state-A", "includeResourceData": true,
            "encryptionCertificate": receiver::certificate(), "encryptionCertificateId": "cert-1"})
    }

    /// Subscribes to all chats of the caller; gives the id.
    async fn subscribe(&self) -> String {
        let told = self.good(Method::POST, "subscriptions", self.wanted()).await;
        told["id"].as_str().unwrap().to_owned()
    }

    /// Subscribes with some members of the body other than usual, `null` = not there.
    async fn subscribe_as(&self, token: &str, changes: Value) -> (u16, Value) {
        let mut body = self.wanted();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                body.as_object_mut().unwrap().remove(name);
            } else {
                body[name] = value.clone();
            }
        }
        self.call(Method::POST, "subscriptions", token, &body).await
    }
}
