//! What holds everywhere: secrets stay secret, and the platform is never asked more often than its card allows.

use super::Stage;
use super::stage::{MARK, text};
use super::subject::{Fault, Subject, What};
use crate::{Client, Engine, client, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Messages to one person while a quota is tried, fewer than any limit per conversation.
const PER_PERSON: usize = 5;
/// So many more than the quota are asked for.
const BEYOND: usize = 10;

/// A hub that says everything it can in its log, and everything its API shows: no secret, no token, no private words.
pub async fn secrets_stay_secret<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open_with(binary, engine, &[("RUST_LOG", "debug")]).await;
    let account = stage.subject.account(0);
    stage.link().await;
    let private = Stage::<S>::private;
    let (heard, _) = stage.hear(1, &private("wie geht es?")).await;
    let conversation = text(&heard["conversation_id"]);
    stage.send_words(&conversation, &private("gut")).await;
    for (number, fault) in [Fault::Refused, Fault::Trouble, Fault::Gateway, Fault::CutBefore].into_iter().enumerate() {
        let (heard, _) = stage.hear(number + 10, &private(&format!("nummer {number}"))).await;
        if stage.subject.fault(&account, fault) {
            stage.send_words(&text(&heard["conversation_id"]), &private(&format!("antwort {number}"))).await;
        }
    }
    let event = stage.event(900_001, 1, &private("unbewiesen"), chrono::Utc::now());
    if !stage.deliver_forgeries(std::slice::from_ref(&event)).await {
        for delivery in stage.subject.deliveries(&account, vec![event]) {
            let lengthened = |name, value| vec![(name, format!("{value}0"))];
            let wrong = stage.deliver_with(delivery.to_string().as_bytes(), lengthened).await;
            assert_eq!(wrong, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(stage.subject.fault(&account, Fault::Reauth));
    stage.send_words(&conversation, &private("mit totem Zugang")).await;
    stage.link().await;

    let id = text(&stage.accounts(&stage.user).await[0]["id"]);
    for path in [
        "/api/platforms",
        "/api/oauth/accounts",
        "/api/oauth/rate-limits",
        "/api/conversations",
        "/api/messages",
        "/api/openapi.json",
        "/api/docs/",
        "/health",
        &format!("/api/oauth/accounts/{id}/templates"),
        &format!("/api/conversations/{conversation}/notices"),
    ] {
        let answer = stage.user.request(Method::GET, path).send().await.expect("an answer");
        stage.shows_no_secret(&format!("{:?}", answer.headers()));
        stage.shows_no_secret(&answer.text().await.expect("a body"));
    }
    for column in ["access_token", "refresh_token"] {
        let query = if column == "access_token" {
            "SELECT access_token FROM connected_accounts"
        } else {
            "SELECT refresh_token FROM connected_accounts"
        };
        for kept in stage.database.texts(query).await.into_iter().flatten() {
            stage.shows_no_secret(&kept);
        }
    }
    for query in [
        "SELECT payload FROM hub_jobs",
        "SELECT why FROM hub_jobs",
        "SELECT body FROM hub_receipts",
        "SELECT content FROM messages",
    ] {
        for kept in stage.database.texts(query).await.into_iter().flatten() {
            stage.shows_no_secret(&kept);
            assert!(!kept.contains(MARK), "private words lie open: {query}");
        }
    }
    assert!(stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await.0.is_success());
    eventually("the platform is told", async || stage.subject.is_free(&account).then_some(())).await;
    stage.finish().await;
}

/// However much is asked for at once, the platform gets no more than the card allows; the rest waits.
pub async fn quotas_are_kept<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked_with(binary, engine, &[("SEND_WAIT_MS", "50")]).await;
    let windows = windows_of_sends(&stage.card);
    let calls = windows.iter().map(|(calls, _)| *calls).min().expect("a card names some limit");
    let people = (calls + BEYOND).div_ceil(PER_PERSON);
    let account = stage.subject.account(0);
    for person in 0..people {
        stage.subject.say(&account, &stage.subject.person(person), &format!("person {person} says hello"));
    }
    let mut conversations = Vec::new();
    for person in 0..people {
        conversations.push(text(&stage.message(&format!("person {person} says hello")).await["conversation_id"]));
    }
    let started = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..people * PER_PERSON {
        let path = format!("/api/messages/{}/send", conversations[number % people]);
        let (user, content) = (stage.user.clone(), json!({"content": format!("message {number}")}));
        running.spawn(async move { sent_at_last(&user, &path, &content).await });
    }
    let arrived = || stage.got().iter().filter(|got| got.what == What::Text).count();
    // Of every window one filling, and one more for each that has passed whole. Asked after the calls were counted.
    let allowed = || {
        let passed =
            |length: Duration| usize::try_from(started.elapsed().as_millis() / length.as_millis()).expect("few");
        windows.iter().map(|(calls, length)| calls * (passed(*length) + 1)).min().expect("a window")
    };
    let within = || {
        let arrived = arrived();
        assert!(arrived <= allowed(), "{arrived} calls");
        arrived
    };
    while let Some(answer) = running.join_next().await {
        let (status, told) = answer.expect("it ran");
        assert!(matches!(status.as_u16(), 201 | 429), "accepted, or asked to come again: {status} {told}");
        within();
    }
    let most = calls.min(people * PER_PERSON);
    eventually("what may leave leaves", async || (within() >= most * 9 / 10).then_some(())).await;
    let (_, limits) = stage.user.get("/api/oauth/rate-limits").await;
    let shown = &limits["rateLimits"][0];
    assert_eq!(shown["limit"], calls, "{limits}");
    assert!(shown["remaining"].as_u64().expect("a number") < calls as u64, "{limits}");
    let mut words: Vec<_> = stage.got().into_iter().filter(|got| got.what == What::Text).map(|got| got.words).collect();
    let all = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), all, "what was asked to come again was not taken before");
    stage.finish().await;
}

/// Sends as a client does that is asked to come again when there is more to do than this machine can.
async fn sent_at_last(user: &Client, path: &str, body: &Value) -> (StatusCode, Value) {
    eventually("it is taken or refused", async || {
        let answer = client::answer(user.request(Method::POST, path).json(body)).await;
        (answer.0 != StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
    })
    .await
}

/// The windows that messages to several people spend, as calls and length.
fn windows_of_sends(card: &Value) -> Vec<(usize, Duration)> {
    let quotas = card["quotas"].as_array().expect("a list").iter();
    let spent = quotas.filter(|quota| ["calls", "sends", "app_sends"].iter().any(|name| quota["spending"] == *name));
    let number = |quota: &Value, name: &str| quota[name].as_u64().expect("a number");
    spent
        .map(|quota| {
            let calls = usize::try_from(number(quota, "calls")).expect("small");
            (calls, Duration::from_millis(number(quota, "window_ms")))
        })
        .collect()
}
