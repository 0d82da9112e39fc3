//! Files that come in: copied, served to their owner alone, in pieces where asked for; and what becomes of those that cannot be had.

use super::Stage;
use super::stage::{text, told};
use super::subject::{Fate, File, Subject};
use crate::{Engine, eventually};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;

/// A picture, by its first bytes.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89 and some more of it";

fn picture() -> File {
    File { kind: "image", mime: "image/png", name: "picture.png", bytes: PNG.to_vec() }
}

/// The newest message with a file, once the file's fate is known and it is not one of `seen`.
async fn with_file<S: Subject>(stage: &Stage<S>, seen: &[String]) -> Value {
    eventually("the fate of a file", async || {
        let all = stage.user.all_messages().await.into_iter();
        let mut new = all.filter(|message| message["id"].as_str().is_some_and(|id| !seen.iter().any(|it| it == id)));
        new.find(|message| message["attachments"][0]["state"].as_str().is_some_and(|state| state != "pending"))
    })
    .await
}

/// A person's file is copied and served by content, whole or in pieces, by a signed link or to the owner; to nobody else.
pub async fn is_copied_and_kept_apart<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    assert!(stage.subject.attach(&stage.subject.account(0), &stage.subject.person(1), &picture(), Fate::Whole));
    let message = with_file(&stage, &[]).await;
    assert_eq!(message["attachments"][0]["state"], "ready", "{message}");
    assert_eq!(message["message_type"], "image");
    let link = text(&message["attachments"][0]["url"]);
    assert!(link.starts_with("/api/media/"), "the hub's own copy, never the platform's address: {link}");
    let anybody = stage.hub.client();
    let file = anybody.request(Method::GET, &link).send().await.expect("an answer");
    assert_eq!(file.headers()["content-type"], "image/png", "by content");
    assert_eq!(file.bytes().await.expect("bytes").as_ref(), PNG);
    let piece = anybody.request(Method::GET, &link).header("Range", "bytes=1-3").send().await.expect("an answer");
    assert_eq!(piece.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(piece.bytes().await.expect("bytes").as_ref(), b"PNG");

    let bare = link.split('?').next().expect("a path").to_owned();
    assert_eq!(anybody.get(&bare).await.0, StatusCode::UNAUTHORIZED, "nobody without a right");
    assert_eq!(stage.user.get(&bare).await.0, StatusCode::OK, "the owner");
    let stranger = stage.hub.client().register("eve@example.com").await;
    assert_eq!(stranger.get(&bare).await.0, StatusCode::NOT_FOUND, "not another user");
    let user = link.split("user=").nth(1).and_then(|rest| rest.split('&').next()).expect("a user");
    for forged in [
        link.replace("sig=", "sig=0"),
        link.replace("exp=", "exp=9"),
        link.replace(user, "00000000-0000-4000-8000-000000000000"),
    ] {
        assert_eq!(anybody.get(&forged).await.0, StatusCode::NOT_FOUND, "{forged}");
    }
    stage.finish().await;
}

/// A file that is gone, too large or not what was sent is said to have failed and is never shown; its message stays, and the account
/// is well.
pub async fn that_cannot_be_had_says_so<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let mut seen = Vec::new();
    for (person, fate) in [(3, Fate::Gone), (4, Fate::TooLarge), (5, Fate::Tampered)] {
        if !stage.subject.attach(&stage.subject.account(0), &stage.subject.person(person), &picture(), fate) {
            assert_ne!(fate, Fate::Gone, "files of every platform end");
            continue;
        }
        let message = with_file(&stage, &seen).await;
        seen.push(text(&message["id"]));
        let file = &message["attachments"][0];
        assert_eq!(file["state"], "failed", "{fate:?}: {message}");
        assert_eq!(file["url"], Value::Null, "no link that leads nowhere");
        is_withheld(&stage, file).await;
        let why = stage.database.texts("SELECT failure FROM hub_attachments WHERE state = 'failed'").await;
        assert!(why.iter().flatten().all(|why| why.len() > 10) && !why.is_empty(), "in words: {why:?}");
        assert_eq!(stage.health().await, "ok", "a file says nothing about the sign-in");
    }
    stage.hear(1, "and people go on").await;
    stage.finish().await;
}

/// Asked for, it is not there, and a sentence says so.
async fn is_withheld<S: Subject>(stage: &Stage<S>, file: &Value) {
    let (status, said) = stage.user.get(&format!("/api/media/{}", text(&file["id"]))).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
    assert!(told(&said).len() > 10, "a sentence: {said}");
}
