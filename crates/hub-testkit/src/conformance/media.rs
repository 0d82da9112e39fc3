//! Files of people: copied, shown to their owner only, and honestly missing when they cannot be had.

use super::stage::{Stage, text, told};
use super::subject::{Fate, File, Subject};
use crate::{Engine, eventually};
use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use std::path::Path;

/// A picture of one pixel.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

fn picture() -> File {
    File { kind: "image", mime: "image/png", name: "dot.png", bytes: PNG.to_vec() }
}

/// The message with a file, once the file's fate is known.
async fn with_file<S: Subject>(stage: &Stage<S>, fate: Fate) -> Value {
    eventually(&format!("the end of a file that is {fate:?}"), async || {
        let messages = stage.user.all_messages().await;
        messages
            .into_iter()
            .find(|message| message["attachments"][0]["state"].as_str().is_some_and(|state| state != "pending"))
    })
    .await
}

/// A file is copied, announced, handed out in parts, and only to who may see it.
pub async fn is_copied_and_kept_apart<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let file = picture();
    if !stage.subject.attach(&stage.subject.account(0), &stage.subject.person(1), &file, Fate::Whole) {
        return stage.finish().await;
    }
    let message = with_file(&stage, Fate::Whole).await;
    let attachment = &message["attachments"][0];
    assert_eq!((&attachment["state"], &attachment["kind"]), (&"ready".into(), &"image".into()), "{message}");
    let link = text(&attachment["url"]);
    let nobody = stage.hub.client();
    let whole = nobody.request(Method::GET, &link).send().await.expect("an answer");
    assert_eq!(whole.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(whole.bytes().await.expect("bytes").as_ref(), file.bytes);
    let part = nobody.request(Method::GET, &link).header(header::RANGE, "bytes=1-3").send().await.expect("an answer");
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.expect("bytes").as_ref(), b"PNG");
    let path = link.split('?').next().expect("a path");
    assert_eq!(nobody.get(path).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.get(&link.replace("sig=", "sig=0")).await.0, StatusCode::NOT_FOUND);
    let eve = stage.hub.client().register("eve@example.com").await;
    assert_eq!(eve.get(path).await.0, StatusCode::NOT_FOUND, "another user's file");
    let own = stage.user.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(own.status(), StatusCode::OK);
    stage.finish().await;
}

/// Files that are gone, too large or not what was sent: the message is there, the file says that it cannot be had.
pub async fn that_cannot_be_had_says_so<S: Subject>(binary: &Path, engine: Engine) {
    for fate in [Fate::Gone, Fate::Tampered, Fate::TooLarge] {
        let stage = Stage::<S>::linked(binary, engine).await;
        if !stage.subject.attach(&stage.subject.account(0), &stage.subject.person(1), &picture(), fate) {
            stage.finish().await;
            continue;
        }
        let message = with_file(&stage, fate).await;
        let attachment = &message["attachments"][0];
        assert_eq!((&attachment["state"], &attachment["url"]), (&"failed".into(), &Value::Null), "{fate:?}: {message}");
        let path = format!("/api/media/{}", text(&attachment["id"]));
        let (status, said) = stage.user.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{fate:?}: {said}");
        assert!(told(&said).len() > 10, "a sentence: {said}");
        assert_eq!(stage.health().await, "ok", "{fate:?} says nothing about the sign-in");
        stage.finish().await;
    }
}
