//! What holds everywhere: secrets stay secret, and a platform's allowance is kept.

use super::stage::{Stage, text};
use super::subject::{Fault, Subject};
use crate::Engine;
use serde_json::json;
use std::path::Path;

/// A window in which a test can use an allowance up, and an allowance it can use up, in milliseconds and calls.
const LONG_WINDOW_MS: u64 = 60_000;
const FEW_CALLS: u64 = 400;

/// Neither an answer, nor the log, nor the database shows a token or what people say.
pub async fn secrets_stay_secret<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = {
        let words = Stage::<S>::private("heard");
        let (message, _) = stage.hear(1, &words).await;
        text(&message["conversation_id"])
    };
    stage.send_words(&conversation, &Stage::<S>::private("sent")).await;
    for fault in [Fault::Refused, Fault::Gateway, Fault::Garbage, Fault::CutAfter, Fault::Reauth] {
        if stage.subject.fault(&stage.subject.account(0), fault) {
            let (_, failed) = stage.send_words(&conversation, &Stage::<S>::private(&format!("{fault:?}"))).await;
            stage.shows_no_secret(&failed.to_string());
        }
    }
    for path in [
        "/api/oauth/accounts",
        "/api/platforms",
        "/api/conversations",
        "/api/messages",
        "/api/oauth/rate-limits",
        "/health",
    ] {
        let (_, shown) = stage.user.get(path).await;
        stage.shows_no_secret(&shown.to_string());
    }
    for column in ["access_token", "refresh_token"] {
        for kept in stage.database.texts(columns(column)).await.into_iter().flatten() {
            stage.shows_no_secret(&kept);
        }
    }
    let contents = stage.database.texts("SELECT content FROM messages").await;
    assert!(!contents.is_empty());
    for content in contents.into_iter().flatten() {
        assert!(!content.contains("wörter-eines-menschen"), "words lie open in the database");
    }
    // Ending it looks through the log.
    stage.finish().await;
}

fn columns(name: &str) -> &'static str {
    if name == "access_token" {
        "SELECT access_token FROM connected_accounts"
    } else {
        "SELECT refresh_token FROM connected_accounts"
    }
}

/// Under load no more calls leave than the card allows; what waits is told so and not lost.
pub async fn quotas_are_kept<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked_with(binary, engine, &[("SEND_WAIT_MS", "300")]).await;
    let (calls, window) = (stage.card["quota"]["calls"].as_u64(), stage.card["quota"]["window_ms"].as_u64());
    let (calls, window) = (calls.expect("a number"), window.expect("a number"));
    if window < LONG_WINDOW_MS || calls > FEW_CALLS {
        return stage.finish().await;
    }
    let conversation = stage.conversation_with(1).await;
    let beyond = 5;
    for number in 0..calls + beyond {
        let (status, answer) = stage.send(&conversation, &json!({"content": format!("call {number}")})).await;
        assert!(matches!(status.as_u16(), 201 | 429), "{status} {answer}");
    }
    let got = stage.got().iter().filter(|got| got.what.is_message()).count();
    assert!(u64::try_from(got).unwrap_or_default() <= calls, "{got} of {calls} calls");
    let waiting = stage.user.all_messages().await.into_iter().filter(|message| message["status"] == "queued").count();
    assert!(waiting > 0, "what could not leave waits");
    assert_eq!(stage.health().await, "ok");
    stage.finish().await;
}
