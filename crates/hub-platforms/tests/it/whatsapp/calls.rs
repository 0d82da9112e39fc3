//! Every recorded answer: the call that brings it is made as recorded, and its outcome is what the index says.

use super::fixtures::{self, Fixture};
use super::linking::{answers, context};
use super::spec::spec;
use super::{NUMBER, TOKEN, WABA, check_head, grant, handle, settings, token_facts};
use crate::support::block_on;
use crate::support::expect::Expected;
use crate::support::stand_in::{Asked, Reply, StandIn};
use bytes::Bytes;
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind, RemoteMessageId};
use hub_platform_kit::platform::{Fetched, OutboundFile, OutboundMessage, Progress, Sent};
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle, Secret};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

/// A call the adapter has no use for: registering a number again needs its PIN, which only the owner knows.
const NOT_MADE: &str = "register.json";

/// What came of a call.
#[derive(Debug)]
enum Outcome {
    Linked(Box<Progress>),
    Done,
    Sent(Sent),
    File(Fetched),
}

#[test]
fn every_recorded_answer_is_asked_for_and_understood() {
    let mut made = 0;
    for fixture in fixtures::all().into_iter().filter(|f| f.kind == "api-response" && f.file != NOT_MADE) {
        let (outcome, asked) = block_on(make(&fixture));
        check_outcome(&fixture, outcome, &asked);
        made += 1;
    }
    assert_eq!(made, 36);
}

/// The recorded answer stands where it belongs among those of the calls around it.
async fn make(fixture: &Fixture) -> (Result<Outcome, PlatformError>, Vec<Asked>) {
    let recorded = |body: Vec<u8>| Reply {
        status: fixture.http_status.unwrap(),
        headers: fixture.headers.clone().into_iter().collect(),
        body,
    };
    let it = recorded(fixtures::payload(&fixture.file));
    let ok = |body: Value| Reply::json(200, body.to_string());
    let taken = || Reply::json(200, fixtures::payload("send_text.json"));
    let facts = || ok(token_facts(&[WABA]));
    let numbers = || Reply::json(200, fixtures::payload("phone_numbers.json"));
    let replies = match fixture.file.as_str() {
        "media_upload.json" => vec![it, taken()],
        "media_url.json" => Vec::new(),
        "phone_numbers.json" => vec![facts(), it],
        "subscribed_apps_post.json" => vec![it, ok(json!({ "data": [{ "object": "whatsapp_business_account" }] }))],
        "embedded_signup_token.json" => vec![it, facts(), numbers()],
        _ => vec![it],
    };
    let stand_in = StandIn::start(replies).await;
    let platform = handle(settings(&stand_in.base));
    let outcome = match fixture.file.as_str() {
        "media_upload.json" => platform.send(&grant(), &picture()).await.map(Outcome::Sent),
        "media_url.json" => return fetch(recorded).await,
        "phone_numbers.json" => {
            let given = answers(&[("access_token", TOKEN), ("business_account_id", WABA)]);
            let progress = platform.resume(&context("system_token"), &Value::Null, &given).await;
            progress.map(|progress| Outcome::Linked(Box::new(progress)))
        }
        "subscribed_apps_post.json" => subscribe(&platform).await.map(|()| Outcome::Done),
        "embedded_signup_token.json" => {
            let progress =
                platform.resume(&context("facebook_login"), &Value::Null, &answers(&[("code", "CODE")])).await;
            progress.map(|progress| Outcome::Linked(Box::new(progress)))
        }
        "mark_read_typing.json" => {
            let read = RemoteMessageId::from(fixture.request["body"]["message_id"].as_str().unwrap());
            platform.typing(&grant(), &"1".into(), Some(&read)).await.map(|()| Outcome::Done)
        }
        _ => {
            let message = message(fixture.request.get("body").and_then(Value::as_object));
            platform.send(&grant(), &message).await.map(Outcome::Sent)
        }
    };
    (outcome, stand_in.asked())
}

/// The recorded address, on this machine, with a file whose digest is the stated one.
async fn fetch(recorded: impl Fn(Vec<u8>) -> Reply) -> (Result<Outcome, PlatformError>, Vec<Asked>) {
    let files = StandIn::start(vec![Reply { status: 200, headers: Vec::new(), body: b"the file".to_vec() }]).await;
    let mut info: Value = serde_json::from_slice(&fixtures::payload("media_url.json")).unwrap();
    let address = info["url"].as_str().unwrap().replace("https://lookaside.fbsbx.com", &files.base);
    info["url"] = address.into();
    info["sha256"] = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"the file")).into();
    let api = StandIn::start(vec![recorded(info.to_string().into_bytes()); 2]).await;
    let platform = handle(settings(&api.base));
    let attachment = Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::Image,
        remote_ref: "1003383421387256".to_owned(),
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
    // The stated size is believed before anything is fetched.
    let error = platform.fetch(&grant(), &attachment, 303_832).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains("303833") && files.asked().is_empty(), "{error}");
    let fetched = platform.fetch(&grant(), &attachment, 303_833).await.map(Outcome::File);
    let mut asked = vec![api.asked().remove(1)];
    asked.extend(files.asked());
    (fetched, asked)
}

fn message(body: Option<&Map<String, Value>>) -> OutboundMessage {
    let member = |name: &str| body.and_then(|body| body.get(name));
    let to = member("to").or_else(|| member("recipient")).and_then(Value::as_str).unwrap_or("16505551234");
    let mut message = OutboundMessage {
        conversation: to.trim_start_matches('+').into(),
        client_key: "hub-42".to_owned(),
        ..OutboundMessage::default()
    };
    if let Some(template) = member("template") {
        message.extra.insert("template".to_owned(), template.clone());
    } else {
        let words = member("text").and_then(|text| text["body"].as_str()).unwrap_or("hi");
        message.text = Some(words.to_owned());
    }
    message
}

fn picture() -> OutboundMessage {
    let file = OutboundFile {
        kind: ContentKind::Image,
        file_name: "a.jpg".to_owned(),
        mime_type: "image/jpeg".to_owned(),
        bytes: Bytes::from_static(b"picture"),
        link: None,
    };
    OutboundMessage { attachments: vec![file], text: None, ..message(None) }
}

async fn subscribe(platform: &PlatformHandle) -> Result<(), PlatformError> {
    let callback = Callback {
        url: "https://hub.example/api/webhooks/whatsapp".parse().unwrap(),
        secret: Secret::from("s"),
        previous: None,
        now: hub_domain::Timestamp::UNIX_EPOCH,
    };
    platform.subscribe(&grant(), &callback).await.map(|_| ())
}

fn check_outcome(fixture: &Fixture, outcome: Result<Outcome, PlatformError>, asked: &[Asked]) {
    let mut expected = Expected::new(&fixture.expect, fixture.file.clone());
    if let Value::Object(error) = expected.take("api_error") {
        check_error(&outcome.unwrap_err(), Expected::new(&error, fixture.file.clone()));
        return expected.done();
    }
    let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", fixture.file));
    match (fixture.file.as_str(), outcome) {
        ("media_upload.json", Outcome::Sent(_)) => {
            let [upload, send] = asked else { panic!("{asked:?}") };
            check_head(upload, "POST", &format!("{NUMBER}/media"), TOKEN);
            assert_eq!(upload.parameters["messaging_product"], "whatsapp");
            let file = &upload.files[0];
            assert_eq!((file.0.as_str(), file.1.as_str(), file.2.as_str()), ("file", "a.jpg", "image/jpeg"));
            expected.equal("media_id", send.parameters["image"]["id"].clone());
        }
        ("media_url.json", Outcome::File(file)) => {
            let [info, fetched] = asked else { panic!("{asked:?}") };
            check_head(info, "GET", "1003383421387256", TOKEN);
            assert_eq!(info.query["phone_number_id"], NUMBER);
            let mut media = Expected::of(&expected.take("media"), "media");
            let url = url::Url::parse(media.take("url").as_str().unwrap()).unwrap();
            let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
            assert_eq!((fetched.path.as_str(), &fetched.query), (url.path(), &query), "nothing is added");
            assert_eq!(fetched.token.as_deref(), Some(TOKEN), "the file server wants the token");
            media.equal("mime_type", file.mime_type);
            media.equal("size", 303_833);
            media.done();
        }
        ("phone_numbers.json", Outcome::Linked(progress)) => {
            let Progress::Linked { identity, .. } = *progress else { panic!("{progress:?}") };
            check_head(&asked[1], "GET", &format!("{WABA}/phone_numbers"), TOKEN);
            assert_eq!(expected.take("page")["next"], Value::Null);
            assert_eq!(asked.len(), 2, "there is no next page");
            let accounts = expected.list("accounts");
            assert_eq!(accounts.len(), 1);
            let mut account = Expected::of(&accounts[0], "account");
            account.equal("account_id", identity.remote_id.as_str());
            account.equal("phone", identity.username);
            // Shown where there is no number.
            account.take("name");
            account.done();
        }
        ("subscribed_apps_post.json", Outcome::Done) => {
            check_head(&asked[0], "POST", &format!("{WABA}/subscribed_apps"), TOKEN);
            assert_eq!(expected.take("ok"), true);
        }
        ("embedded_signup_token.json", Outcome::Linked(progress)) => {
            let Progress::Linked { tokens, .. } = *progress else { panic!("{progress:?}") };
            let mut token = Expected::of(&expected.take("token"), "token");
            token.equal("access_token", tokens.access.expose_secret());
            assert_eq!((token.take("expires_in_s"), tokens.expires_at), (Value::Null, None));
            assert_eq!(token.take("kind"), "business");
            token.done();
        }
        ("mark_read_typing.json", Outcome::Done) => {
            check_request(fixture, asked);
            assert_eq!(expected.take("ok"), true);
        }
        (_, Outcome::Sent(sent)) => {
            check_request(fixture, asked);
            let mut result = Expected::of(&expected.take("send_result"), fixture.file.clone());
            result.equal("message_id", sent.messages[0].as_str());
            // The platform writes to whom we wrote: nothing to adopt.
            assert_eq!(sent.recipient, None);
            let to = asked[0].parameters.get("to").or(asked[0].parameters.get("recipient")).unwrap();
            result.equal("recipient_id", to.as_str().unwrap().trim_start_matches('+'));
            // Accepted is all it can say; statuses follow.
            let state = result.take("state");
            assert!(state.is_null() || state == "accepted");
            result.done();
        }
        (file, other) => panic!("{file}: {other:?}"),
    }
    expected.done();
}

/// The recorded members are sent as recorded.
fn check_request(fixture: &Fixture, asked: &[Asked]) {
    let [asked] = asked else { panic!("{asked:?}") };
    check_head(asked, "POST", &format!("{NUMBER}/messages"), TOKEN);
    for (name, value) in fixture.request["body"].as_object().unwrap() {
        let sent = &asked.parameters[name];
        match name.as_str() {
            "to" => assert_eq!(
                sent.as_str().unwrap().trim_start_matches('+'),
                value.as_str().unwrap().trim_start_matches('+')
            ),
            _ => contains(sent, value, &fixture.file),
        }
    }
    if asked.parameters.get("status").is_none() {
        assert_eq!(asked.parameters["biz_opaque_callback_data"], "hub-42");
    }
    if let Some(spec) = spec() {
        spec.check_request(&asked.parameters);
    }
}

fn contains(whole: &Value, part: &Value, name: &str) {
    match part {
        Value::Object(members) => members.iter().for_each(|(key, value)| contains(&whole[key], value, name)),
        other => assert_eq!(whole, other, "{name}"),
    }
}

fn check_error(error: &PlatformError, mut expected: Expected) {
    let name = expected.whose().to_owned();
    expected.equal("code", error.remote_code.as_deref().unwrap().parse::<i64>().unwrap());
    assert_eq!(expected.take("subcode"), Value::Null);
    assert_eq!(expected.take("reconnect"), error.kind == ErrorKind::ReauthRequired, "{name}");
    let again = matches!(error.kind, ErrorKind::Transient { .. } | ErrorKind::RateLimited { .. });
    assert_eq!(expected.take("retryable"), again, "{name}");
    let class = expected.take("class");
    let (kinds, whole_account): (&[&str], bool) = match class.as_str().unwrap() {
        "auth_expired" | "permission" | "account_not_registered" => (&["reauth_required"], false),
        "rate_limit" => (&["rate_limited"], true),
        "rate_limit_pair" => (&["rate_limited"], false),
        "account_restricted" | "payment" | "window_closed" | "recipient_unreachable" => (&["rejected"], false),
        "invalid_request" | "media" => (&["bad_input"], false),
        "template" => (&["bad_input", "rejected"], false),
        "transient" => (&["transient", "maybe_applied"], false),
        other => panic!("{name}: {other}"),
    };
    assert!(kinds.contains(&error.kind.label()), "{name}: {error}");
    assert_eq!(error.whole_account, whole_account, "{name}");
    assert!(error.message.contains("WhatsApp") && error.message.contains("code"), "{name}: {}", error.message);
    assert!(!error.message.contains("(#"), "{}", error.message);
    expected.done();
}
