//! Fetching files.

use super::{NUMBER, TOKEN, grant, handle, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind};
use hub_platform_kit::platform::Fetched;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};

const FILE: &[u8] = b"a picture";

fn sum() -> Vec<u8> {
    digest::digest(&digest::SHA256, FILE).as_ref().to_vec()
}

fn attachment(sha256: Option<String>) -> Attachment {
    Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::Image,
        remote_ref: "77".to_owned(),
        remote_unique_ref: sha256,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

/// Fetches with `infos` as what the API says, each with its address filled in, and `files` as what the file server answers.
fn fetch(
    sha256: Option<String>,
    infos: Vec<Value>,
    files: Vec<Reply>,
    max_bytes: u64,
) -> (Result<Fetched, PlatformError>, Vec<Asked>, Vec<Asked>) {
    block_on(async {
        let server = StandIn::start(files).await;
        let say = |mut info: Value| {
            if info.get("url").is_none() {
                info["url"] = format!("{}/file?hash=x", server.base).into();
            }
            Reply::json(200, info.to_string())
        };
        let api = StandIn::start(infos.into_iter().map(say).collect()).await;
        let outcome = handle(settings(&api.base)).fetch(&grant(), &attachment(sha256), max_bytes).await;
        (outcome, api.asked(), server.asked())
    })
}

fn file() -> Reply {
    Reply { status: 200, headers: vec![("content-type".into(), "image/png".into())], body: FILE.to_vec() }
}

#[test]
fn a_file_comes_in_two_steps_with_the_token() {
    let (outcome, api, server) = fetch(Some(STANDARD.encode(sum())), vec![json!({})], vec![file()], 100);
    let fetched = outcome.unwrap();
    assert_eq!((fetched.bytes.as_ref(), fetched.mime_type.as_deref()), (FILE, Some("image/png")));
    super::check_head(&api[0], "GET", "77", TOKEN);
    assert_eq!(api[0].query["phone_number_id"], NUMBER);
    assert_eq!((server[0].path.as_str(), server[0].token.as_deref()), ("/file", Some(TOKEN)));
    assert!(!server[0].query.contains_key("appsecret_proof"), "the proof is for the API");
}

#[test]
fn an_ended_address_is_asked_for_anew_once() {
    let gone = || Reply::json(404, "{}");
    let (outcome, api, server) = fetch(None, vec![json!({}), json!({})], vec![gone(), file()], 100);
    assert_eq!(outcome.unwrap().bytes.as_ref(), FILE);
    assert_eq!((api.len(), server.len()), (2, 2));
    let (outcome, api, server) = fetch(None, vec![json!({}); 3], vec![gone(), gone(), file()], 100);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!((api.len(), server.len()), (2, 2), "once is enough");
    let (outcome, api, _) = fetch(None, vec![json!({}); 2], vec![Reply::json(403, "{}")], 100);
    assert_eq!((outcome.unwrap_err().kind, api.len()), (ErrorKind::NotFound, 1));
}

#[test]
fn what_arrives_must_be_what_was_sent() {
    let good = [STANDARD.encode(sum()), hex::encode(sum())];
    let bad = [STANDARD.encode([0; 32]), hex::encode([0; 32])];
    let fits = |webhook: Option<&String>, info: Option<&String>| {
        let info = info.map_or_else(|| json!({}), |sum| json!({ "sha256": sum }));
        let (outcome, api, server) = fetch(webhook.cloned(), vec![info; 3], vec![file(), file(), file()], 100);
        let times = if outcome.is_ok() { 1 } else { 2 };
        assert_eq!((api.len(), server.len()), (times, times), "once more, and no more");
        match outcome {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Rejected, "it says so at once");
                assert!(error.message.contains("not the one"), "{error}");
                false
            }
        }
    };
    for sum in &good {
        assert!(fits(Some(sum), None) && fits(None, Some(sum)) && fits(Some(sum), Some(&good[1])));
    }
    for sum in &bad {
        assert!(!fits(Some(sum), None) && !fits(None, Some(sum)));
        assert!(!fits(Some(&good[0]), Some(sum)) && !fits(Some(sum), Some(&good[1])));
    }
    // What the way damaged is fetched anew.
    let damaged = Reply { body: b"a pic".to_vec(), ..file() };
    let (outcome, ..) = fetch(Some(good[0].clone()), vec![json!({}); 2], vec![damaged, file()], 100);
    assert_eq!(outcome.unwrap().bytes.as_ref(), FILE);
    // What is no digest proves nothing.
    assert!(fits(Some(&"odd".to_owned()), None));
}

#[test]
fn larger_files_are_refused_before_and_while_they_come() {
    for size in [json!(101), json!("101")] {
        let (outcome, _, server) = fetch(None, vec![json!({ "file_size": size })], vec![file()], 100);
        assert_eq!((outcome.unwrap_err().kind, server.len()), (ErrorKind::BadInput, 0));
    }
    let (outcome, ..) = fetch(None, vec![json!({ "file_size": "5" })], vec![file()], 5);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput, "it was larger than announced");
}

/// The token must never reach another's server.
#[test]
fn other_hosts_are_not_asked() {
    for url in [
        "https://example.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "no address",
    ] {
        let (outcome, ..) = fetch(None, vec![json!({ "url": url })], Vec::new(), 100);
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Rejected, "{url}");
    }
    let (outcome, ..) = fetch(None, vec![json!({ "url": null })], Vec::new(), 100);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::UnexpectedReply);
    let elsewhere =
        Reply { status: 302, headers: vec![("location".into(), "http://10.0.0.1/".into())], body: Vec::new() };
    let (outcome, _, server) = fetch(None, vec![json!({})], vec![elsewhere], 100);
    assert_eq!((outcome.unwrap_err().kind, server.len()), (ErrorKind::Rejected, 1));
}
