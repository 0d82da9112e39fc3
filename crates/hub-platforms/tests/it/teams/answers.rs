//! Every recorded answer of the platform is read as its index entry says.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::expected::Outcome;
use super::{ACCOUNT, GROUP, OTHER, TOKEN, at, fixtures, grant, linking, ok, subscribing};
use crate::support::block_on;
use crate::support::expect::Expected;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::{InboundBody, RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use hub_platform_kit::platform::{OutboundMessage, Parsed};
use hub_platform_kit::{ErrorKind, PlatformError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// The answer as the platform gave it.
fn reply(fixture: &Value) -> Reply {
    let status = u16::try_from(fixture["http"]["status"].as_u64().unwrap()).unwrap();
    let headers = fixture["http"]["headers"].as_object().unwrap();
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    Reply { status, headers, body: fixtures::body_of(fixture) }
}

/// The call was the one that the entry names.
fn check_call(asked: &Asked, fixture: &Value) {
    super::spec::check(std::slice::from_ref(asked));
    let request = &fixture["http"]["request"];
    let path = request["path"].as_str().unwrap();
    assert_eq!(asked.method, request["method"], "{}", fixture["id"]);
    let version = if request["host"] == "https://graph.microsoft.com/v1.0" { "/v1.0" } else { "" };
    assert_eq!(asked.path, format!("{version}{path}"), "{}", fixture["id"]);
    assert!(!asked.query.values().any(|value| value == TOKEN), "no token in an address");
}

fn kind_of(class: &str, kind: ErrorKind) -> bool {
    match class {
        "reconnect" => kind == ErrorKind::ReauthRequired,
        "retry_later" => matches!(kind, ErrorKind::RateLimited { .. } | ErrorKind::Transient { .. }),
        "permanent" => matches!(kind, ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::BadInput),
        "config" => kind == ErrorKind::Misconfigured,
        other => panic!("nobody knows {other}"),
    }
}

fn message(text: &str, reply_to: Option<&str>) -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::from(GROUP),
        text: Some(text.to_owned()),
        reply_to: reply_to.map(RemoteMessageId::from),
        ..OutboundMessage::default()
    }
}

/// Makes the call that an answer belongs to.
async fn refused(fixture: &Value) -> (PlatformError, Vec<Asked>) {
    let stand_in = StandIn::start(vec![reply(fixture)]).await;
    let platform = at(&stand_in.base);
    let path = fixture["http"]["request"]["path"].as_str().unwrap();
    let error = if path.ends_with("/token") {
        platform.refresh(&grant()).await.unwrap_err()
    } else if path == "/subscriptions" {
        // The second answer says that nothing is listed, the third that it is still there.
        let stand_in = StandIn::start(vec![reply(fixture), ok(&json!({ "value": [] })), reply(fixture)]).await;
        let error = at(&stand_in.base).subscribe(&grant(), &subscribing::callback(None)).await.unwrap_err();
        return (error, stand_in.asked());
    } else if path.contains("/photo") {
        let picture = format!("{}/v1.0{path}", stand_in.base);
        platform.picture(&grant(), &picture, 1000).await.unwrap_err()
    } else {
        let cursor =
            json!({ "then": "2026-01-01T00:00:00Z", "since": "2025-01-01T00:00:00Z", "todo": [{ "id": GROUP }] });
        platform.pull(&grant(), Some(&cursor.to_string()), Duration::ZERO).await.unwrap_err()
    };
    (error, stand_in.asked())
}

#[test]
fn every_refusal_means_what_its_entry_says() {
    let mut seen = 0;
    for fixture in fixtures::of_kind("api-response") {
        let Some(mut expected) = fixture["expect"]["error"].as_object().map(|e| Expected::new(e, "refusal")) else {
            continue;
        };
        // A chat that may not be seen any more is left out, and the others are read.
        if fixture["id"] == "api_error_403" {
            seen += 1;
            continue;
        }
        let (error, asked) = block_on(refused(&fixture));
        check_call(&asked[0], &fixture);
        let class = expected.take("class");
        assert!(kind_of(class.as_str().unwrap(), error.kind), "{}: {error:?}", fixture["id"]);
        if let Some(least) = expected.take("retry_after_seconds_min").as_f64() {
            let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind else { panic!("{error:?}") };
            assert!(wait >= Duration::from_secs_f64(least), "{wait:?}");
        }
        assert!(error.message.len() > 5, "{}: {}", fixture["id"], error.message);
        assert!(!error.message.contains("Trace ID"), "{}", error.message);
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn a_chat_that_is_lost_is_passed_over() {
    let fixture = fixtures::named("api_error_403");
    let (page, asked) = block_on(async {
        let next = ok(&json!({ "value": [] }));
        let stand_in = StandIn::start(vec![reply(&fixture), next]).await;
        let cursor = json!({ "then": "2026-01-01T00:00:00Z", "since": "2025-01-01T00:00:00Z",
            "todo": [{ "id": GROUP }, { "id": super::PAIR }] });
        let page = at(&stand_in.base).pull(&grant(), Some(&cursor.to_string()), Duration::ZERO).await.unwrap();
        (page, stand_in.asked())
    });
    check_call(&asked[0], &fixture);
    assert_eq!(asked.len(), 2);
    assert!(page.events.is_empty() && !page.more);
    // Sending there is a final no that says nothing about the sign-in.
    let error = block_on(async {
        let stand_in = StandIn::start(vec![reply(&fixture)]).await;
        at(&stand_in.base).send(&grant(), &message("hello", None)).await.unwrap_err()
    });
    assert_eq!(error.kind, ErrorKind::Rejected);
}

#[test]
fn what_was_sent_is_known() {
    for (id, text, quoted) in
        [("api_send_201", "Hello World", None), ("api_reply_with_quote_201", "test reply", Some("1616991463150"))]
    {
        let fixture = fixtures::named(id);
        let (sent, asked) = block_on(async {
            let stand_in = StandIn::start(vec![reply(&fixture)]).await;
            let sent = at(&stand_in.base).send(&grant(), &message(text, quoted)).await.unwrap();
            (sent, stand_in.only())
        });
        check_call(&asked, &fixture);
        let mut parameters = Value::Object(asked.parameters);
        if let Some(reply) = parameters.get_mut("replyMessage") {
            reply["body"].as_object_mut().unwrap().remove("contentType");
        }
        assert_eq!(parameters, fixture["http"]["request"]["body"], "{id}");
        let mut expected = Expected::of(&fixture["expect"]["sent"], id);
        expected.equal("platform_message_id", sent.messages[0].as_str());
        expected.equal("platform_conversation_id", GROUP);
        expected.instant("sent_at", sent.at);
        expected.done();
    }
}

/// A message that comes back as an answer reads as it does in a delivery.
#[test]
fn messages_that_are_read_back_are_understood() {
    let page = fixtures::named("api_chat_messages_page1");
    let own = fixtures::named("api_reply_with_quote_201");
    let quote: Value = serde_json::from_slice(&fixtures::body_of(&own)).unwrap();
    let cursor = json!({ "then": "2026-01-01T00:00:00Z", "since": "2020-01-01T00:00:00Z", "todo": [{ "id": GROUP }] });
    for (fixture, answer) in [(&page, reply(&page)), (&own, ok(&json!({ "value": [quote] })))] {
        let (read, asked) = block_on(async {
            let stand_in = StandIn::start(vec![answer]).await;
            let read = at(&stand_in.base).pull(&grant(), Some(&cursor.to_string()), Duration::ZERO).await;
            (read, stand_in.asked())
        });
        let read = match read {
            Ok(read) => read,
            // The page names a further one at the platform's own host, which the stand-in is not.
            Err(error) => panic!("{error}"),
        };
        assert_eq!(asked[0].path, format!("/v1.0/chats/{GROUP}/messages"));
        let outcome = Outcome::of(read.events, &mut HashSet::new());
        let mut expected = fixture["expect"].as_object().unwrap().clone();
        let paging = expected.remove("page");
        expected.remove("sent");
        outcome.check(Expected::new(&expected, fixture["id"].as_str().unwrap()));
        if let Some(paging) = paging {
            let cursor: Value = serde_json::from_str(read.next.as_deref().unwrap()).unwrap();
            assert_eq!(cursor["messages"], paging["next"], "byte for byte");
            assert_eq!(json!(!read.more), paging["done"]);
        }
    }
}

#[test]
fn chats_have_their_names() {
    let fixture = fixtures::named("api_chats");
    let empty = || ok(&json!({ "value": [] }));
    let (page, asked) = block_on(async {
        let stand_in = StandIn::start(vec![reply(&fixture), empty(), empty(), empty()]).await;
        let page = at(&stand_in.base).pull(&grant(), None, Duration::ZERO).await.unwrap();
        (page, stand_in.asked())
    });
    check_call(&asked[0], &fixture);
    assert!(asked[0].query["$expand"].split(',').any(|part| part == "members"));
    assert!(asked.iter().all(|asked| asked.token.as_deref() == Some(TOKEN)));
    let told: Vec<Value> = page
        .events
        .iter()
        .map(|one| match one {
            Parsed::Event(event) => match &event.body {
                InboundBody::Contact { conversation } => {
                    let person = conversation.participant_id.as_ref().map(RemoteParticipantId::as_str);
                    json!([conversation.id, conversation.name, person == Some(OTHER)])
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = fixture["expect"]["conversations"].as_array().unwrap();
    let expected: Vec<Value> =
        expected.iter().map(|one| json!([one["id"], one["title"], one["conversation_type"] == "direct"])).collect();
    assert_eq!(told, expected);
    assert_eq!((&fixture["expect"]["page"]["done"], page.more), (&json!(true), false));
}

#[test]
fn tokens_are_read() {
    let fixture = fixtures::named("api_token_success");
    let (tokens, asked) = block_on(async {
        let mut answer = reply(&fixture);
        answer.headers.push(("date".into(), "Tue, 25 Aug 2026 10:00:00 GMT".into()));
        let stand_in = StandIn::start(vec![answer]).await;
        (at(&stand_in.base).refresh(&grant()).await.unwrap(), stand_in.only())
    });
    check_call(&asked, &fixture);
    let mut expected = Expected::of(&fixture["expect"]["tokens"], "tokens");
    let life = expected.take("expires_in").as_i64().unwrap();
    let ends = super::instant("2026-08-25T10:00:00Z") + chrono::TimeDelta::seconds(life);
    assert_eq!(tokens.expires_at, Some(ends), "by the platform's clock");
    expected.equal("refreshable", tokens.refresh.is_some());
    let body: Value = serde_json::from_slice(&fixtures::body_of(&fixture)).unwrap();
    let fresh = tokens.refresh.unwrap().expose_secret() == body["refresh_token"].as_str().unwrap();
    expected.equal("replace_refresh_token", fresh);
    assert_eq!(tokens.access.expose_secret(), body["access_token"].as_str().unwrap());
    expected.done();
}

#[test]
fn subscriptions_are_read() {
    let fixture = fixtures::named("api_subscription_created");
    let (made, asked) = block_on(async {
        let stand_in = StandIn::start(vec![reply(&fixture)]).await;
        let callback = subscribing::callback(None);
        (at(&stand_in.base).subscribe(&grant(), &callback).await.unwrap(), stand_in.only())
    });
    check_call(&asked, &fixture);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<HashSet<_>>();
    assert_eq!(names(&Value::Object(asked.parameters.clone())), names(&fixture["http"]["request"]["body"]));
    assert_eq!(asked.parameters["resource"], fixture["http"]["request"]["body"]["resource"]);
    let mut expected = Expected::of(&fixture["expect"]["subscription"], "subscription");
    expected.equal("id", made.remote_id);
    let ends = super::instant(expected.take("expires_at").as_str().unwrap());
    let half = subscribing::now() + (ends - subscribing::now()) / 2;
    let off = made.renew_at.unwrap() - half;
    assert!(off.abs() < chrono::TimeDelta::seconds(1), "half of the life that was given: {off}");
    expected.done();
}

#[test]
fn profiles_are_read() {
    let fixture = fixtures::named("api_me");
    let identity =
        block_on(linking::link(vec![linking::tokens(), reply(&fixture), ok(&json!({ "value": [] }))])).unwrap();
    let mut expected = Expected::of(&fixture["expect"]["profile"], "profile");
    expected.equal("id", identity.remote_id.as_str());
    expected.equal("name", identity.username);
    let profile = block_on(async {
        let stand_in = StandIn::start(vec![reply(&fixture)]).await;
        at(&stand_in.base).profile(&grant(), &RemoteParticipantId::from(ACCOUNT)).await.unwrap()
    });
    expected.equal("username", profile.username);
    assert_eq!(profile.name.as_deref(), Some("Harper Lane"));
    expected.done();
}
