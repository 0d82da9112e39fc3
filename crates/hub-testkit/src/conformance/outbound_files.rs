//! Files that leave: every kind the card claims, and none that it does not.

use super::media::PNG;
use super::stage::{Stage, text};
use super::subject::{Subject, What};
use crate::Engine;
use crate::client::answer;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;

/// A file of a kind, as its first bytes tell.
fn sample(kind: &str) -> (Vec<u8>, &'static str, &'static str) {
    match kind {
        "image" => (PNG.to_vec(), "image/png", "dot.png"),
        "video" => (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08mdat".to_vec(), "video/mp4", "film.mp4"),
        "audio" => (b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0\0\0\0\0\0\0\0\0".to_vec(), "audio/mpeg", "song.mp3"),
        "wave" => {
            let head =
                b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x04\0\0\0";
            ([head.as_slice(), &[0; 4]].concat(), "audio/x-wav", "song.wav")
        }
        "sticker" => (
            b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0".to_vec(),
            "image/webp",
            "dot.webp",
        ),
        _ => (b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".to_vec(), "application/pdf", "paper.pdf"),
    }
}

async fn send_file<S: Subject>(
    stage: &Stage<S>,
    conversation: &str,
    words: &str,
    files: Vec<(Vec<u8>, &str, &str)>,
) -> (StatusCode, Value) {
    let mut form = Form::new().text("content", words.to_owned());
    for (bytes, mime, name) in files {
        form = form.part("files", Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime).expect("a type"));
    }
    let path = format!("/api/messages/{conversation}/send");
    answer(stage.user.request(Method::POST, &path).multipart(form)).await
}

/// Each kind arrives as what it is and with all its bytes, words included; a kind the card does not name is refused.
pub async fn sends_the_files_it_claims<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let rules = stage.card["attachments"].as_array().expect("a list").clone();
    let claims = |kind: &str| rules.iter().any(|rule| rule["kind"] == kind);
    for kind in ["image", "video", "audio", "file"] {
        let takes = |mime: &str| {
            let rule = rules.iter().find(|rule| rule["kind"] == kind);
            let types = rule.and_then(|rule| rule["mime_types"].as_array()).filter(|types| !types.is_empty());
            types.is_none_or(|types| types.iter().any(|taken| taken == mime))
        };
        let (bytes, mime, name) = if kind == "audio" && !takes("audio/mpeg") { sample("wave") } else { sample(kind) };
        let size = bytes.len();
        let before = stage.got().len();
        let words = format!("a file that is {kind}");
        let (status, sent) = send_file(&stage, &conversation, &words, vec![(bytes, mime, name)]).await;
        if !claims(kind) && (!claims("file") || status.is_client_error()) {
            assert!(status.is_client_error(), "{kind}: {status} {sent}");
            assert_eq!(stage.got().len(), before, "nothing left");
            continue;
        }
        assert_eq!(status, StatusCode::CREATED, "{kind}: {sent}");
        let got = stage.got()[before..].to_vec();
        let files: Vec<&What> = got.iter().map(|got| &got.what).filter(|what| matches!(what, What::File(..))).collect();
        assert_eq!(files.len(), 1, "{kind}: {got:?}");
        let What::File(as_kind, as_size) = files[0] else { continue };
        assert!(as_kind == kind || !claims(kind), "{kind} left as {as_kind}");
        assert!(as_size.is_none_or(|as_size| as_size == size), "{kind}: {as_size:?} of {size} bytes");
        assert!(got.iter().any(|got| got.words.as_deref() == Some(words.as_str())), "the words left too: {got:?}");
        assert_eq!(stage.all(&words).await.len(), 1, "one message here");
        let message = stage.message(&words).await;
        assert_eq!(text(&message["attachments"][0]["state"]), "ready", "{message}");
    }

    let most = usize::try_from(stage.card["max_attachments"].as_u64().expect("a number")).expect("a size");
    if most >= 2 && claims("image") {
        let before = stage.got().len();
        let pictures = vec![sample("image"), sample("image")];
        let (status, sent) = send_file(&stage, &conversation, "two pictures", pictures).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        let files = stage.got()[before..].iter().filter(|got| matches!(got.what, What::File(..))).count();
        assert_eq!(files, 2, "{:?}", &stage.got()[before..]);
        assert_eq!(stage.all("two pictures").await.len(), 1);
    }
    let before = stage.got().len();
    let too_many = (0..=most.max(1)).map(|_| sample("image")).collect();
    let (status, _) = send_file(&stage, &conversation, "too many", too_many).await;
    assert!(status.is_client_error(), "{status}");
    assert_eq!(stage.got().len(), before, "all or nothing");
    stage.finish().await;
}
