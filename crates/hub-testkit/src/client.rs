//! Speaks the hub's API as a program would.

use crate::PATIENCE;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// A client, signed in or not.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// An answer: status and JSON body (`Null` when it is none).
pub type Answer = (StatusCode, Value);

impl Client {
    /// Nobody yet.
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Self { http, base: base.to_owned(), token: None }
    }

    /// Registers a user and signs in.
    pub async fn register(&self, email: &str) -> Self {
        let body = json!({"email": email, "password": "correct horse battery"});
        let (status, answer) = self.post("/api/auth/register", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        self.with_token(answer["tokens"]["accessToken"].as_str().expect("an access token"))
    }

    /// Signs in with what [`Client::register`] used.
    pub async fn login(&self, email: &str) -> Self {
        let body = json!({"email": email, "password": "correct horse battery"});
        let (status, answer) = self.post("/api/auth/login", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.with_token(answer["tokens"]["accessToken"].as_str().expect("an access token"))
    }

    /// The same client with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The access token.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("signed in")
    }

    /// The hub's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Links a Telegram bot by its token.
    pub async fn link_bot(&self, token: &str) -> Value {
        let body = json!({"method": "bot_token", "answers": {"token": token}});
        let (status, answer) = self.post("/api/oauth/connect/telegram", &body).await;
        assert!(status.is_success(), "{status} {answer}");
        answer
    }

    /// A request with the token, to be completed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }
    /// POST with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }
    /// PUT with JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::PUT, path).json(body)).await
    }
    /// PATCH.
    pub async fn patch(&self, path: &str) -> Answer {
        answer(self.request(Method::PATCH, path)).await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Every message of the caller, newest first, page by page.
    pub async fn all_messages(&self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let (status, page) = self.get(&format!("/api/messages?limit=100&offset={}", all.len())).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            all.extend(page["messages"].as_array().expect("a list").iter().cloned());
            if page["hasMore"] != true {
                return all;
            }
        }
    }
}

/// Sends a request and reads the answer.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the hub answers");
    let status = response.status();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}
