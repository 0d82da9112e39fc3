//! `/_sim/`: what only this platform has. Bodies are JSON.

use super::pages::Page;
use super::server::Facebook;
use crate::meta::{inbox, text, texts, told};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

pub(super) fn routes(platform: &Facebook) -> Router<Facebook> {
    let people = inbox::routes().with_state(platform.inboxes.clone());
    Router::new().route("/_sim/page", post(page)).merge(people)
}

/// `{user, id, name, tasks?: [], instagram?: {id, username}}`
async fn page(State(platform): State<Facebook>, Json(body): Json<Value>) -> Json<Value> {
    let mut page = Page::new(text(&body, "id"), text(&body, "name"));
    if body["tasks"].is_array() {
        page.tasks = texts(&body, "tasks").into_iter().map(str::to_owned).collect();
    }
    let account = &body["instagram"];
    if account.is_object() {
        page = page.with_instagram(text(account, "id"), text(account, "username"));
    }
    platform.create_page(text(&body, "user"), page);
    told(true)
}
