//! Sends that go wrong: each has the outcome its cause deserves, none is sent twice, and the conversation goes on in order.

use super::Stage;
use super::stage::text;
use super::subject::{Fault, Subject};
use crate::{Engine, eventually, eventually_within};
use reqwest::StatusCode;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Longer than the hub waits for an answer.
const SILENCE: Duration = Duration::from_secs(40);
/// The hub's own limit for one call, and what comes around it.
const SILENCE_PATIENCE: Duration = Duration::from_mins(1);

/// Refusals fail with a sentence; trouble is tried again or left open, never sent twice; the account stays well, and the next
/// message leaves.
pub async fn outlives_faults<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let account = stage.subject.account(0);
    let all = [
        Fault::Refused,
        Fault::Missing,
        Fault::Trouble,
        Fault::Gateway,
        Fault::Garbage,
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::SlowDown(Duration::from_secs(1)),
    ];
    for (number, fault) in all.into_iter().enumerate() {
        // A person for each, so that limits per conversation are not in the way.
        let conversation = stage.conversation_with(number + 10).await;
        if !stage.subject.fault(&account, fault) {
            continue;
        }
        let words = format!("through {fault:?}");
        let (status, message) = stage.send_words(&conversation, &words).await;
        assert!(!matches!(status.as_u16(), 401 | 403), "{fault:?}: a platform's no is not ours");
        let fate = text(&message["status"]);
        let got = stage.got_words(&words).len();
        match fault {
            Fault::Refused | Fault::Missing => {
                assert_eq!((fate.as_str(), got), ("failed", 0), "{fault:?}: {message}");
                assert!(text(&message["failure"]).len() > 10, "a sentence: {message}");
                assert!(status.is_client_error() || status.is_server_error(), "{fault:?}: {status}");
            }
            Fault::SlowDown(_) => assert_eq!((is_out(&fate), got), (true, 1), "it waits, and leaves once: {message}"),
            Fault::CutAfter => {
                assert_eq!(got, 1, "not sent again");
                assert!(fate == "unconfirmed" || is_out(&fate), "open, or settled by an echo: {message}");
            }
            Fault::CutBefore | Fault::Garbage if S::DROPS_REPEATS => {
                assert_eq!((is_out(&fate), got), (true, 1), "{fault:?}: it is sent again: {message}");
            }
            Fault::CutBefore | Fault::Garbage => {
                assert_eq!((fate.as_str(), got), ("unconfirmed", 0), "{fault:?}: nobody knows: {message}");
            }
            _ => match fate.as_str() {
                "unconfirmed" => assert_eq!(got, 0, "left open and not sent again"),
                _ => assert_eq!((is_out(&fate), got), (true, 1), "{fault:?}: {message}"),
            },
        }
        assert_eq!(stage.health().await, "ok", "{fault:?} says nothing about the sign-in");
        let behind = format!("behind {fault:?}");
        let (status, message) = stage.send_words(&conversation, &behind).await;
        assert!(status == StatusCode::CREATED && is_out(&text(&message["status"])), "the next one leaves: {message}");
        assert_eq!(stage.got_words(&behind).len(), 1);
        assert_eq!(stage.got_words(&words).len(), got, "{fault:?}: nothing more of it");
    }
    stage.finish().await;
}

fn is_out(fate: &str) -> bool {
    matches!(fate, "sent" | "delivered" | "read")
}

/// Messages behind one that must wait wait with it, and arrive in the order in which they were written.
pub async fn keeps_order_behind_a_fault<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked_with(binary, engine, &[("SEND_WAIT_MS", "50")]).await;
    let account = stage.subject.account(0);
    for (number, fault) in [Fault::SlowDown(Duration::from_secs(1)), Fault::Trouble].into_iter().enumerate() {
        let conversation = stage.conversation_with(number + 1).await;
        if !stage.subject.fault(&account, fault) {
            continue;
        }
        let words: Vec<String> = (0..4).map(|place| format!("{fault:?} {place}")).collect();
        for words in &words {
            let (status, sent) = stage.send(&conversation, &json!({ "content": words })).await;
            // One that is left open is answered as the platform's failure.
            assert!(matches!(status.as_u16(), 201 | 502), "{status} {sent}");
        }
        for words in &words {
            stage.settled(words).await;
        }
        let arrived: Vec<String> =
            stage.got().into_iter().filter_map(|got| got.words).filter(|got| words.contains(got)).collect();
        let expected: Vec<&String> = words.iter().filter(|words| arrived.contains(words)).collect();
        assert_eq!(arrived.iter().collect::<Vec<_>>(), expected, "in order, none twice");
        assert!(arrived.len() >= words.len() - 1, "at most the one in trouble is left open: {arrived:?}");
    }
    stage.finish().await;
}

/// A platform that says nothing is given up on: nobody knows, so it is not sent again; others are not held up meanwhile.
pub async fn gives_up_on_silence<S: Subject>(binary: &Path, engine: Engine) {
    if engine != Engine::Sqlite {
        // The wait is the hub's, whatever its database; that what is left open stays so is tested on both.
        return;
    }
    let impatient = [("SEND_WAIT_MS", "50"), ("PLATFORM_TIMEOUT_SECONDS", "6")];
    let stage = Stage::<S>::linked_with(binary, engine, &impatient).await;
    let (silent, other) = (stage.conversation_with(1).await, stage.conversation_with(2).await);
    assert!(stage.subject.fault(&stage.subject.account(0), Fault::Hang(SILENCE)));
    let (status, sent) = stage.send(&silent, &json!({"content": "into silence"})).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    eventually("it is on its way", async || (stage.message("into silence").await["status"] == "sending").then_some(()))
        .await;
    let (_, behind) = stage.send(&silent, &json!({"content": "behind it"})).await;
    assert_eq!(behind["message"]["status"], "queued");
    stage.send(&other, &json!({"content": "to somebody else"})).await;
    assert!(is_out(&text(&stage.settled("to somebody else").await["status"])), "others are not held up");

    let fate = eventually_within(SILENCE_PATIENCE, "the hub gives up", async || {
        let fate = text(&stage.message("into silence").await["status"]);
        let open = fate == "sending" || (S::DROPS_REPEATS && fate == "queued");
        (!open).then_some(fate)
    })
    .await;
    if S::DROPS_REPEATS {
        assert!(is_out(&fate), "it is sent again: {fate}");
    } else {
        assert_eq!(fate, "unconfirmed");
    }
    assert!(is_out(&text(&stage.settled("behind it").await["status"])), "the conversation goes on");
    assert!(stage.got_words("into silence").len() <= 1, "not sent again");
    assert_eq!(stage.health().await, "ok");
    stage.finish().await;
}
