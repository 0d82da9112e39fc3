//! Every recorded answer of the Bot API: the call that brings it is made as recorded, and its outcome is what the index says.

use super::deliveries::State;
use super::fixtures::{self, Fixture};
use super::spec::spec;
use super::{BOT, TOKEN, block_on, grant, handle, settings};
use crate::support::expect::Expected;
use crate::support::stand_in::{Asked, Reply, StandIn};
use bytes::Bytes;
use hub_domain::connect::Answers;
use hub_domain::{
    Attachment, AttachmentId, AttachmentState, ContentKind, RemoteConversationId, RemoteMessageId, Timestamp,
};
use hub_platform_kit::platform::{ConnectContext, OutboundFile, OutboundMessage, Progress, Sent};
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle, Secret};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use std::time::Duration;

/// Calls the adapter has no use for: the seam has no editing and no look at the webhook's health.
const NOT_MADE: &[&str] = &["webhook_info.json", "edit_message_ok.json"];

/// What came of a call.
enum Outcome {
    Linked(Box<Progress>),
    Done,
    Page(State, Option<String>),
    Sent(Sent),
    File(Vec<u8>),
}

#[test]
fn every_recorded_answer_is_asked_for_and_understood() {
    let mut skipped = Vec::new();
    for fixture in fixtures::all().into_iter().filter(|f| f.kind == "api-response") {
        if NOT_MADE.contains(&fixture.file.as_str()) {
            skipped.push(fixture.file);
            continue;
        }
        let (outcome, asked) = block_on(make(&fixture));
        check_request(&fixture, &asked);
        check_outcome(&fixture, outcome, &asked);
    }
    skipped.sort();
    assert_eq!(skipped, ["edit_message_ok.json", "webhook_info.json"]);
}

async fn make(fixture: &Fixture) -> (Result<Outcome, PlatformError>, Vec<Asked>) {
    let reply = Reply {
        status: fixture.http_status.unwrap(),
        headers: fixture.headers.clone().into_iter().collect(),
        body: fixtures::payload(&fixture.file),
    };
    let stand_in = StandIn::start(vec![reply, Reply::json(200, "the file")]).await;
    let platform = handle(settings(&stand_in.base));
    let body = fixture.request["body"].as_object().unwrap();
    let outcome = match fixture.event.as_str() {
        "getMe" => link_bot(&platform).await.map(|p| Outcome::Linked(Box::new(p))),
        "setWebhook" => subscribe(&platform, body).await.map(|()| Outcome::Done),
        "getUpdates" => pull(&platform, body).await,
        "getFile" => fetch(&platform, body["file_id"].as_str().unwrap()).await,
        // An edit is refused by the same table as a message.
        "sendMessage" | "editMessageText" => platform.send(&grant(TOKEN), &words(body)).await.map(Outcome::Sent),
        "sendPhoto" => send_files(&platform, body, ContentKind::Image, 1).await,
        "sendDocument" => send_files(&platform, body, ContentKind::File, 1).await,
        "sendMediaGroup" => send_files(&platform, body, ContentKind::Image, 2).await,
        other => panic!("{}: nobody makes the call {other}", fixture.file),
    };
    (outcome, stand_in.asked())
}

async fn link_bot(platform: &PlatformHandle) -> Result<Progress, PlatformError> {
    let context = ConnectContext {
        method: "bot_token".to_owned(),
        state: "s".to_owned(),
        redirect_uri: None,
        frontend_url: None,
        now: Timestamp::UNIX_EPOCH,
    };
    platform.resume(&context, &Value::Null, &Answers::from([("token".to_owned(), TOKEN.to_owned())])).await
}

async fn subscribe(platform: &PlatformHandle, body: &Map<String, Value>) -> Result<(), PlatformError> {
    let url = body["url"].as_str().unwrap().parse().unwrap();
    let callback = Callback {
        url,
        secret: Secret::from(body["secret_token"].as_str().unwrap()),
        previous: None,
        now: hub_domain::Timestamp::UNIX_EPOCH,
    };
    platform.subscribe(&grant(TOKEN), &callback).await.map(|_| ())
}

async fn pull(platform: &PlatformHandle, body: &Map<String, Value>) -> Result<Outcome, PlatformError> {
    let cursor = body["offset"].to_string();
    let wait = Duration::from_secs(body.get("timeout").and_then(Value::as_u64).unwrap_or_default());
    let page = platform.pull(&grant(TOKEN), Some(&cursor), wait).await?;
    assert!(!page.more, "a page that is not full is the last one");
    let mut state = State::default();
    state.take(page.events);
    // A page that was kept and is read again says the same.
    let kept = hub_platform_kit::webhook::Verified { body: page.raw, account: Some(BOT.into()) };
    state.take(platform.parse(&kept).unwrap());
    Ok(Outcome::Page(state, page.next.or(Some(cursor))))
}

async fn fetch(platform: &PlatformHandle, file_id: &str) -> Result<Outcome, PlatformError> {
    let attachment = Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::File,
        remote_ref: file_id.to_owned(),
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    };
    let fetched = platform.fetch(&grant(TOKEN), &attachment, u64::MAX).await?;
    Ok(Outcome::File(fetched.bytes.to_vec()))
}

fn words(body: &Map<String, Value>) -> OutboundMessage {
    let reply = body.get("reply_parameters").map(|reply| reply["message_id"].to_string());
    OutboundMessage {
        conversation: RemoteConversationId::from(body["chat_id"].as_str().unwrap()),
        address: None,
        text: body.get("text").or(body.get("caption")).and_then(Value::as_str).map(str::to_owned),
        attachments: Vec::new(),
        reply_to: reply.map(RemoteMessageId::new),
        client_key: "key:0".to_owned(),
        ..OutboundMessage::default()
    }
}

async fn send_files(
    platform: &PlatformHandle,
    body: &Map<String, Value>,
    kind: ContentKind,
    count: usize,
) -> Result<Outcome, PlatformError> {
    let mime = if kind == ContentKind::Image { "image/jpeg" } else { "application/pdf" };
    let file = OutboundFile {
        kind,
        file_name: "a file".to_owned(),
        mime_type: mime.to_owned(),
        bytes: Bytes::from_static(b"the bytes"),
        link: None,
    };
    let message = OutboundMessage { attachments: vec![file; count], ..words(body) };
    platform.send(&grant(TOKEN), &message).await.map(Outcome::Sent)
}

fn check_request(fixture: &Fixture, asked: &[Asked]) {
    let first = &asked[0];
    let name = &fixture.file;
    let event = if fixture.event == "editMessageText" { "sendMessage" } else { fixture.event.as_str() };
    assert_eq!(first.method, fixture.request["method"].as_str().unwrap());
    let url = fixture.request["url"].as_str().unwrap().replace("<token>", TOKEN).replace(&fixture.event, event);
    assert_eq!(first.path, url.strip_prefix("https://api.telegram.org").unwrap(), "{name}");
    let parameters = typed(first);
    for (member, expected) in fixture.request["body"].as_object().unwrap() {
        // An edit names the message it changes; what is sent instead does not.
        if fixture.event != "editMessageText" || member != "message_id" {
            assert_eq!(parameters.get(member), Some(expected), "{name}: {member}");
        }
    }
    assert!(!parameters.contains_key("parse_mode") && !parameters.contains_key("drop_pending_updates"));
    for (part, file_name, _, bytes) in &first.files {
        assert!(serde_json::to_string(&parameters).unwrap().contains(&format!("attach://{part}")), "{name}");
        assert_eq!((file_name.as_str(), bytes.as_slice()), ("a file", b"the bytes".as_slice()));
    }
    if let Some(spec) = spec() {
        spec.check_call(event, &parameters);
    }
}

/// A form carries everything as text; what is no text is JSON.
pub(crate) fn typed(asked: &Asked) -> Map<String, Value> {
    let value = |text: &Value| match text.as_str() {
        Some(text) if asked.is_form && (text.starts_with(['[', '{'])) => serde_json::from_str(text).unwrap(),
        _ => text.clone(),
    };
    asked.parameters.iter().map(|(name, text)| (name.clone(), value(text))).collect()
}

fn check_outcome(fixture: &Fixture, outcome: Result<Outcome, PlatformError>, asked: &[Asked]) {
    let mut expected = Expected::new(&fixture.expect, fixture.file.clone());
    let name = &fixture.file;
    if let Value::Object(wanted) = expected.take("api_error") {
        let error = outcome.err().unwrap_or_else(|| panic!("{name}: no error"));
        check_error(&error, Expected::new(&wanted, name.as_str()));
        return expected.done();
    }
    match outcome.unwrap_or_else(|error| panic!("{name}: {error}")) {
        Outcome::Linked(progress) => {
            let Progress::Linked { identity, tokens, proof } = *progress else { panic!("not linked") };
            assert_eq!((tokens.access.expose_secret(), tokens.refresh.is_none(), proof), (TOKEN, true, None));
            let mut wanted = Expected::of(&expected.take("account"), name.as_str());
            wanted.equal("account_id", identity.remote_id.as_str());
            wanted.equal("username", identity.username);
            // The seam keeps neither a bot's display name nor its privacy mode.
            let _ = (wanted.take("name"), wanted.take("privacy_mode"));
            wanted.done();
        }
        Outcome::Done => expected.equal("ok", true),
        Outcome::Page(state, next) => {
            state.check(&mut expected);
            expected.equal("next_offset", next.unwrap().parse::<i64>().unwrap());
        }
        Outcome::Sent(sent) => check_sent(&mut expected, &sent),
        Outcome::File(bytes) => {
            assert_eq!(bytes, b"the file");
            let mut wanted = Expected::of(&expected.take("file"), name.as_str());
            let url = wanted.take("download_url");
            assert_eq!(asked[1].path, url.as_str().unwrap().strip_prefix("https://api.telegram.org").unwrap());
            assert!(asked[1].path.ends_with(wanted.take("file_path").as_str().unwrap()));
            // The size is only held against the limit.
            assert!(wanted.take("size").as_u64().unwrap() < hub_platforms::telegram_bot::MAX_DOWNLOAD_BYTES);
            wanted.done();
        }
    }
    expected.done();
}

fn check_sent(expected: &mut Expected, sent: &Sent) {
    if let Value::Object(wanted) = expected.take("send_result") {
        let mut wanted = Expected::new(&wanted, expected.whose());
        assert_eq!(sent.messages.len(), 1);
        let chat = wanted.take("conversation_id");
        wanted.message_id("message_id", chat.as_str().unwrap(), sent.messages.first());
        wanted.instant("sent_at", sent.at);
        // The hub knows what it sent: the reply and the files need not be read back.
        let _ = (wanted.take("reply_to_message_id"), wanted.take("media"));
        wanted.done();
    }
    let group = expected.list("messages_result");
    if !group.is_empty() {
        assert_eq!(sent.messages.len(), group.len());
        for (id, wanted) in sent.messages.iter().zip(&group) {
            assert_eq!(Value::from(id.as_str()), wanted["message_id"]);
        }
    }
    assert!(sent.sequence.is_some());
}

fn check_error(error: &PlatformError, mut expected: Expected) {
    let name = expected.whose().to_owned();
    let class = expected.take("class");
    let class = class.as_str().unwrap();
    let kinds: &[&str] = match class {
        "rate_limit" => &["rate_limited"],
        "auth_revoked" => &["reauth_required"],
        "recipient_unreachable" => &["rejected", "not_found"],
        "permission" => &["rejected"],
        // "Not modified" can meet an edit only, and the seam has none; a send must not repeat it.
        "invalid_request" | "too_large" | "not_modified" => &["bad_input"],
        "conflict" => &["transient"],
        // A send that met a server error may be out.
        "transient" => &["maybe_applied"],
        "moved" => &["not_found"],
        other => panic!("{name}: unknown class {other}"),
    };
    assert!(kinds.contains(&error.kind.label()), "{name}: {error:?}");
    let code = error.remote_code.clone().or(error.status.map(|s| s.to_string()));
    expected.equal("code", code.unwrap().parse::<u64>().unwrap());
    expected.equal("reconnect", error.kind == ErrorKind::ReauthRequired);
    expected.equal("moved_to", error.moved_to.clone());
    let pause = match error.kind {
        ErrorKind::RateLimited { retry_after } => retry_after.map(|pause| pause.as_secs()),
        _ => None,
    };
    expected.equal("retry_after_s", pause);
    let again = matches!(error.kind, ErrorKind::Transient { .. } | ErrorKind::RateLimited { .. });
    let retryable = expected.take("retryable");
    if class != "conflict" {
        // A standing webhook is taken away before polling goes on, so both conflicts are worth another try.
        assert_eq!(Value::from(again || error.moved_to.is_some()), retryable, "{name}");
    }
    assert!(!error.to_string().contains(TOKEN) && !format!("{error:?}").contains("AAFixtureToken"));
    expected.done();
}
