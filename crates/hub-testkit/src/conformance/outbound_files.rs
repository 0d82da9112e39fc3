//! Files that leave: every kind the card claims, none that it does not, within its sizes and numbers.

use super::Stage;
use super::subject::{Subject, What};
use crate::{Engine, client};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;

/// Files that begin as their type does, so that whoever looks at the content agrees with the name.
const SAMPLES: [(&str, &str, &str, &[u8]); 6] = [
    (
        "image",
        "image/png",
        "picture.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
    ),
    ("video", "video/mp4", "film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    ("audio", "audio/mp4", "sound.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom"),
    ("file", "application/pdf", "paper.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
    ("image", "image/tiff", "odd.tiff", b"II*\0\x08\0\0\0\0\0\0\0"),
    ("file", "application/x-unknown", "odd.bin", b"\x01\x02\x03\x04"),
];
/// Files larger than this are not made to see whether they are refused.
const LARGEST_TRY: u64 = 12 * 1024 * 1024;

fn part((_, mime, name, bytes): (&str, &str, &str, &[u8])) -> Part {
    Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(mime).expect("a media type")
}

/// Each kind the card claims arrives as that kind; what it does not claim leaves as a plain file where those go, and is refused
/// with a sentence elsewhere; so are files too large and too many.
pub async fn sends_the_files_it_claims<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let path = format!("/api/messages/{conversation}/send");
    let send = async |form: Form| client::answer(stage.user.request(Method::POST, &path).multipart(form)).await;
    let rules = stage.card["attachments"].as_array().expect("a list").clone();
    let rule = |kind: &str, mime: &str| {
        rules.iter().find(|rule| {
            let types = rule["mime_types"].as_array().expect("a list");
            rule["kind"] == kind && (types.is_empty() || types.iter().any(|known| known == mime))
        })
    };
    for (number, sample) in SAMPLES.into_iter().enumerate() {
        let (kind, mime, _, bytes) = sample;
        let leaves_as = [kind, "file"].into_iter().find(|kind| rule(kind, mime).is_some());
        let before = stage.got().len();
        let words = format!("caption {number}");
        let (status, sent) = send(Form::new().text("content", words.clone()).part("files", part(sample))).await;
        let Some(leaves_as) = leaves_as else {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{mime} is not claimed: {sent}");
            assert!(sent["message"].as_str().is_some_and(|words| words.len() > 10), "a sentence: {sent}");
            assert_eq!(stage.got().len(), before, "nothing left");
            continue;
        };
        assert_eq!(status, StatusCode::CREATED, "{mime} is claimed: {sent}");
        // Some platforms work on a file for longer than anybody waits.
        stage.settled(&words).await;
        let got = stage.got()[before..].to_vec();
        let file = got.iter().find_map(|got| match &got.what {
            What::File(kind, size) => Some((kind.clone(), *size)),
            _ => None,
        });
        let (arrived_as, size) = file.unwrap_or_else(|| panic!("no file arrived: {got:?}"));
        assert_eq!(arrived_as, leaves_as, "{mime}");
        assert!(size.is_none_or(|size| size == bytes.len()), "whole: {size:?}");
        assert_eq!(got.iter().filter(|got| got.words.as_deref() == Some(words.as_str())).count(), 1, "{got:?}");
        assert_eq!(sent["message"]["attachments"][0]["state"], "ready");
        assert_eq!(stage.all(&words).await.len(), 1, "one message here");
    }

    let most = usize::try_from(stage.card["max_attachments"].as_u64().expect("a number")).expect("small");
    if let Some(claimed) = SAMPLES.into_iter().find(|(kind, mime, ..)| rule(kind, mime).is_some()) {
        let several = |count: usize| (0..count).fold(Form::new(), |form, _| form.part("files", part(claimed)));
        let before = stage.got().len();
        let (status, refused) = send(several(most + 1)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        assert_eq!(stage.got().len(), before, "nothing left");
        let (status, sent) = send(several(most.min(3))).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        let arrived = || stage.got()[before..].iter().filter(|got| matches!(got.what, What::File(..))).count();
        // A platform may want a pause between two messages to one person.
        let files = crate::eventually("the files", async || Some(arrived()).filter(|files| *files > 0)).await;
        assert!((1..=most.min(3)).contains(&files), "{files} messages of the platform for {} files", most.min(3));
    }
    let smallest = rules.iter().filter_map(|rule| rule["max_bytes"].as_u64().zip(rule["kind"].as_str())).min();
    if let Some((most, kind)) =
        smallest.filter(|(most, kind)| *most < LARGEST_TRY && rule("file", "x/y").is_none() && *kind != "sticker")
        && let Some((_, mime, name, start)) = SAMPLES.into_iter().find(|(known, ..)| *known == kind)
    {
        let mut bytes = start.to_vec();
        bytes.resize(usize::try_from(most).expect("small") + 1, 0);
        let before = stage.got().len();
        let (status, refused) = send(Form::new().part("files", part((kind, mime, name, &bytes)))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "one byte too many: {refused}");
        assert_eq!(stage.got().len(), before, "nothing left");
    }
    if !rules.is_empty() {
        assert_eq!(stage.message("caption 0").await["failure"], Value::Null);
    }
    stage.finish().await;
}
