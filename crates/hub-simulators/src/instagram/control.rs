//! `/_sim/`: what only this platform has. Bodies are JSON.

use super::accounts::Account;
use super::server::Instagram;
use crate::meta::{inbox, text, told};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

pub(super) fn routes(platform: &Instagram) -> Router<Instagram> {
    let people = inbox::routes().with_state(platform.inboxes.clone());
    Router::new().route("/_sim/account", post(account)).merge(people)
}

/// `{id, app_scoped_id, username, name, flat_codes?: bool}`
async fn account(State(platform): State<Instagram>, Json(body): Json<Value>) -> Json<Value> {
    let own = |name: &str| text(&body, name).to_owned();
    let (id, app_scoped_id, username, name) = (own("id"), own("app_scoped_id"), own("username"), own("name"));
    platform.create_account(Account { id, app_scoped_id, username, name });
    if let Some(flat) = body["flat_codes"].as_bool() {
        platform.set_flat_answers(flat);
    }
    told(true)
}
