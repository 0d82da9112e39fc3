//! What a person finds after the hub took over, and what they can do: looked at through the API alone.

use super::rows::{self, Rows, SAID, WHEN_SHOWN};
use crate::support::Hub;
use hub_testkit::{Client, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Signs in and gives the client.
pub(super) async fn sign_in(hub: &Hub, email: &str, password: &str) -> Client {
    let body = json!({"email": email, "password": password});
    let (status, answer) = hub.client().post("/api/auth/login", &body).await;
    assert_eq!(status, StatusCode::OK, "{email}: {answer}");
    hub.client().with_token(answer["tokens"]["accessToken"].as_str().expect("a token"))
}

async fn thread(user: &Client, id: &str) -> Vec<Value> {
    let (status, page) = user.get(&format!("/api/messages/{id}?limit=100")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["messages"].as_array().expect("a list").clone()
}

/// Everything of an original is there and reads as it should.
pub(super) async fn everything_is_there(hub: &Hub) -> Client {
    let user = sign_in(hub, rows::ADA, rows::PASSWORD).await;
    accounts(&user).await;
    conversations(&user).await;
    assert_eq!(said(&user).await, SAID.len());
    assert_eq!(thread(&user, rows::PHANTOM).await.len(), 2, "messages of several people are kept");
    user
}

async fn accounts(user: &Client) {
    let (status, answer) = user.get("/api/oauth/accounts").await;
    assert_eq!(status, StatusCode::OK);
    let accounts = answer["accounts"].as_array().expect("accounts");
    let mut ids: Vec<&str> = accounts.iter().map(|account| account["id"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    assert_eq!(ids.len(), 7, "an account of a platform of a later state is passed over: {answer}");
    assert!(!ids.contains(&rows::FOREIGN) && ids.contains(&rows::BOT));
    let one = |id: &str| accounts.iter().find(|account| account["id"] == id).expect("listed");
    // Both casings, also where a column was null.
    for (snake, camel) in [("is_active", "isActive"), ("platform_user_id", "platformUserId")] {
        assert_eq!(one(rows::BOT)[snake], one(rows::BOT)[camel]);
    }
    assert_eq!(one(rows::BOT)["is_active"], true);
}

async fn conversations(user: &Client) {
    let (status, answer) = user.get("/api/conversations?limit=100").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["total"], 4, "the foreign platform's thread is hidden, the phantom is not: {answer}");
    let listed = answer["conversations"].as_array().expect("conversations");
    let one = |id: &str| listed.iter().find(|thread| thread["id"] == id).expect("listed");
    assert_eq!(one(rows::THREAD)["unread_count"], rows::UNREAD, "a wrong counter is set right");
    assert_eq!(one(rows::PHANTOM)["unread_count"], 2);
    let (_, unread) = user.get("/api/messages/unread/count").await;
    assert_eq!(unread["byPlatform"]["telegram"], rows::UNREAD + 2, "{unread}");
    assert_eq!(unread["byPlatform"]["facebook"], 2);
    let (status, _) = user.get(&format!("/api/messages/{}", rows::FOREIGN_THREAD)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// The thread says what the original's rows said; gives how many messages it has in all.
pub(super) async fn said(user: &Client) -> usize {
    let found = thread(user, rows::THREAD).await;
    for (remote, words, kind, outgoing) in SAID {
        let message = found.iter().find(|message| message["platform_message_id"] == remote).expect("listed");
        assert_eq!(message["content"], words, "message {remote}");
        assert_eq!(message["message_type"], kind, "message {remote}: {message}");
        assert_eq!(message["is_outgoing"], outgoing, "message {remote}");
        assert_eq!(message["isOutgoing"], outgoing);
        assert_eq!(message["sent_at"], WHEN_SHOWN, "message {remote}");
    }
    found.len()
}

/// A person works on: answers, is written to, reads; nobody writes into a thread without an address.
pub(super) async fn work_on(hub: &Hub, user: &Client) {
    let body = json!({"content": "into nowhere"});
    let (status, answer) = user.post(&format!("/api/messages/{}/send", rows::PHANTOM), &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");

    // The chat exists at the platform once somebody spoke.
    hub.receive(user, 200_000, 42, "news after the change").await;
    let body = json!({"content": "an answer of the hub"});
    let (status, answer) = user.post(&format!("/api/messages/{}/send", rows::THREAD), &body).await;
    assert!(status.is_success(), "{status} {answer}");
    let sent = hub.platform.sent(crate::support::BOT_TOKEN);
    assert_eq!(sent.len(), 1, "the original's token opened, and the thread's address is the original's");

    let found = thread(user, rows::THREAD).await;
    assert_eq!(found.len(), SAID.len() + 2, "news and answer are in the original's thread");
    let (_, answer) = user.get(&format!("/api/conversations/{}", rows::THREAD)).await;
    assert_eq!(answer["unread_count"], rows::UNREAD + 1, "counted from what is true: {answer}");
    let (status, _) = user.patch(&format!("/api/messages/conversation/{}/read", rows::THREAD)).await;
    assert!(status.is_success(), "{status}");
    let (_, answer) = user.get(&format!("/api/conversations/{}", rows::THREAD)).await;
    assert_eq!(answer["unread_count"], 0);
}

/// Log-ins of an original stand: its access token opens the API, its refresh token renews once, and what was over is over.
pub(super) async fn log_ins_stand(hub: &Hub, rows: &Rows, revokes: bool) {
    let client = hub.client();
    let (status, me) = client.with_token(&rows.access_token).get("/api/auth/me").await;
    assert_eq!((status, &me["id"]), (StatusCode::OK, &json!(rows::ADA_ID)), "an original's access token");
    let renew = |token: String| {
        let client = client.clone();
        async move { client.post("/api/auth/refresh", &json!({"refreshToken": token})).await }
    };
    let (status, answer) = renew(rows.ended_token.clone()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "its row is over: {answer}");
    let (status, _) = renew(rows.revoked_token.clone()).await;
    let expected = if revokes { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    assert_eq!(status, expected, "N1 knows no revoked log-ins");
    let (status, answer) = renew(rows.refresh_token.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let next = answer["refreshToken"].as_str().expect("a token").to_owned();
    let (status, _) = client.with_token(answer["accessToken"].as_str().expect("a token")).get("/api/auth/me").await;
    assert_eq!(status, StatusCode::OK);
    let (status, answer) = renew(next).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Accounts whose token cannot be used say so once somebody tries; the others are fine.
pub(super) async fn useless_tokens_are_told(user: &Client) {
    for (id, works) in [(rows::CLEAR_TOKEN, false), (rows::LOST_TOKEN, false), (rows::PAGE, true)] {
        eventually("the account's health is known", || async {
            let (_, answer) = user.get("/api/oauth/accounts").await;
            let accounts = answer["accounts"].as_array().expect("accounts").clone();
            let account = accounts.iter().find(|account| account["id"] == id).expect("listed");
            ((account["health"] == "ok") == works).then_some(())
        })
        .await;
    }
}
