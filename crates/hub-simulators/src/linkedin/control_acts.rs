//! `/_sim/`: what pages and people do. Answers name what was made, `null` where there is no such thing.

use super::control::{text, told};
use super::handle::Platform;
use super::urn;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Platform> {
    Router::new()
        .route("/_sim/post", post(new_post))
        .route("/_sim/comment", post(comment))
        .route("/_sim/edit", post(edit))
        .route("/_sim/delete", post(delete))
        .route("/_sim/like", post(like))
        .route("/_sim/share", post(share))
        .route("/_sim/mention", post(mention))
        .route("/_sim/comments", post(comments))
        .route("/_sim/sent", post(sent))
        .route("/_sim/connect", post(connect))
        .route("/_sim/write", post(write))
        .route("/_sim/rewrite", post(rewrite))
}

fn made(urn: Option<String>) -> Json<Value> {
    Json(json!({"urn": urn.map_or(Value::Null, Value::String)}))
}

/// `{organization, text, public?}`: gives the thread's URN.
async fn new_post(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let owner = urn::organization(text(&body, "organization"));
    let public = body["public"] != json!(false);
    let activity = platform.state().add_post(&owner, text(&body, "text"), public, None);
    platform.note_change();
    made(Some(urn::activity(activity)))
}

/// `{author, on, text}`: `author` is a URN of a member or an organisation, `on` of a post or a comment.
async fn comment(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    made(platform.comment(text(&body, "author"), text(&body, "on"), text(&body, "text"), None))
}

/// `{comment, text}`
async fn edit(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let id = urn::comment_parts(text(&body, "comment"));
    told(id.is_some_and(|(_, id)| platform.edit_comment(id, text(&body, "text"))))
}

/// `{comment}`
async fn delete(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let id = urn::comment_parts(text(&body, "comment"));
    told(id.is_some_and(|(_, id)| platform.delete_comment(id)))
}

/// `{member, on}`
async fn like(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    told(platform.like(text(&body, "member"), text(&body, "on")))
}

/// `{member, on, text}`
async fn share(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    made(platform.share(text(&body, "member"), text(&body, "on"), text(&body, "text")))
}

/// `{member, organization, text}`
async fn mention(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    made(platform.mention(text(&body, "member"), text(&body, "organization"), text(&body, "text")))
}

/// `{post}`: what was said under it, the oldest first.
async fn comments(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let state = platform.state();
    let Some(activity) = state.post(text(&body, "post")).map(|post| post.activity) else { return Json(json!([])) };
    let listed = state.comments.values().filter(|comment| comment.activity == activity);
    Json(listed.map(|comment| state.shown_comment(comment)).collect())
}

/// `{organization}`, a URN: what an app wrote in its name, the oldest first.
async fn sent(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let state = platform.state();
    let owner = text(&body, "organization");
    let by_app = state.comments.values().filter(|it| it.author == owner && it.impersonator.is_some());
    Json(by_app.map(|comment| state.shown_comment(comment)).collect())
}

/// `{one, other}`: first-degree connections from now on.
async fn connect(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let (one, other) = (text(&body, "one").to_owned(), text(&body, "other").to_owned());
    platform.state().connections.extend([(one.clone(), other.clone()), (other, one)]);
    told(true)
}

/// `{from, to, text, invitation?}`: a private message between members; gives its id.
async fn write(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let invitation = body["invitation"] == json!(true);
    let id = platform.direct(text(&body, "from"), text(&body, "to"), text(&body, "text"), invitation);
    Json(json!({ "message": id }))
}

/// `{message, text}`; `text: null` = it goes.
async fn rewrite(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    told(platform.state().rewrite(text(&body, "message"), body["text"].as_str()))
}
