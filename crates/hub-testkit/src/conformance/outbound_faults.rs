//! What becomes of a message when the platform is in trouble: never two of it, never silence about it.

use super::stage::{Stage, text};
use super::subject::{Fault, Subject};
use crate::{Engine, eventually};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Every fault: the message leaves once at most, its fate is told, and the next one leaves after it.
pub async fn outlives_faults<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let account = stage.subject.account(0);
    // How it may end, and whether it may have been done.
    let cases: [(Fault, &[&str], bool); 9] = [
        (Fault::Refused, &["failed"], false),
        (Fault::Missing, &["failed"], false),
        (Fault::SlowDown(Duration::from_secs(1)), &["sent"], true),
        (Fault::Trouble, &["sent", "unconfirmed", "failed"], true),
        (Fault::Gateway, &["unconfirmed"], false),
        (Fault::Garbage, &["unconfirmed", "sent"], true),
        (Fault::CutBefore, &["unconfirmed"], false),
        (Fault::CutAfter, &["unconfirmed", "sent"], true),
        (Fault::Hang(Duration::from_secs(3)), &["sent"], true),
    ];
    for (number, (fault, ends, may_arrive)) in cases.into_iter().enumerate() {
        let person = number + 1;
        let conversation = stage.conversation_with(person).await;
        if !stage.subject.fault(&account, fault) {
            continue;
        }
        let (words, next) = (format!("through {fault:?}"), format!("after {fault:?}"));
        let (status, _) = stage.send(&conversation, &json!({ "content": words })).await;
        let what = format!("an end of {words:?}");
        let end = eventually(&what, async || {
            let message = stage.find(&words).await?;
            // Evidence may come later: an echo decides what nobody knew.
            ends.contains(&far(&message)?).then_some(message)
        })
        .await;
        let got = stage.got_words(&words).len();
        assert!(got <= usize::from(may_arrive), "{fault:?}: {got} times at the platform");
        let far = far(&end).unwrap_or_default();
        assert!(far != "sent" || got == 1, "{fault:?}: called sent, and is not there");
        if matches!(far, "failed" | "unconfirmed") {
            assert!(text(&end["failure"]).len() > 10, "{fault:?} is told in words: {end}");
            assert!(status.is_server_error() || status.is_client_error() || status.as_u16() == 201, "{status}");
        }
        assert!(!matches!(status.as_u16(), 401 | 403), "{fault:?} is not the caller's sign-in");
        let (status, sent) = stage.send_words(&conversation, &next).await;
        assert_eq!(status.as_u16(), 201, "{fault:?} holds nobody up: {sent}");
        assert_eq!(stage.got_words(&next).len(), 1);
        assert_eq!(stage.health().await, "ok", "{fault:?} says nothing about the sign-in");
    }
    stage.finish().await;
}

/// How far a message got; what arrived was sent.
fn far(message: &Value) -> Option<&str> {
    let status = message["status"].as_str()?;
    Some(if matches!(status, "delivered" | "read") { "sent" } else { status })
}

/// While the platform wants to be left alone, messages wait; then they leave in the order in which they were said.
pub async fn keeps_order_behind_a_fault<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    assert!(
        stage.subject.fault(&stage.subject.account(0), Fault::SlowDown(Duration::from_secs(2))),
        "every platform can"
    );
    let words: Vec<String> = (0..4).map(|number| format!("in order {number}")).collect();
    for words in &words {
        let (status, sent) = stage.send(&conversation, &json!({ "content": words })).await;
        assert_eq!(status.as_u16(), 201, "{sent}");
    }
    eventually("they leave", async || {
        let got: Vec<String> =
            stage.got().into_iter().filter_map(|got| got.words).filter(|it| it.starts_with("in order")).collect();
        (got.len() == words.len()).then(|| assert_eq!(got, words))
    })
    .await;
    stage.finish().await;
}
