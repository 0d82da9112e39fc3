//! The page between a platform and the link belongs to the hub alone.

use crate::support::Hub;
use reqwest::{Method, StatusCode};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_page_is_refused_and_an_unknown_key_shows_nothing() {
    let hub = Hub::start().await;
    let form = || hub.client.request(Method::POST, "/api/oauth/continue").form(&[("state", "x"), ("action", "link")]);
    let foreign = [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")];
    for (name, value) in foreign {
        let answer = form().header(name, value).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    for origin in [hub.base.as_str(), "https://hub.example.com"] {
        let answer = form().header("origin", origin).header("sec-fetch-site", "same-origin");
        let answer = answer.send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "ours, but nobody asked: {origin}");
        let body: Value = answer.json().await.expect("a body");
        assert!(body.to_string().contains("INVALID_STATE"), "{body}");
    }
    let (status, _) = hub.client.get("/api/oauth/continue?state=x").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
