//! Every recorded answer of the API, given to the call it answers, with its outcome.

use super::deliveries::message_is;
use super::fixtures::{self, Fixture};
use super::{BEARER, TOKEN, block_on, grant, grant_of, handle, settings};
use crate::support::expect::Expected;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::inbound::InboundBody;
use hub_domain::time::to_contract;
use hub_domain::{AccountId, ContentKind, RemoteParticipantId};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{HistoryPage, OutboundFile, OutboundMessage, Parsed, Profile, Sent};
use hub_platform_kit::webhook::{Callback, Subscription};
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle, Secret};
use serde_json::{Value, json};
use std::time::Duration;

/// What a call brought.
enum Outcome {
    Sent(Sent),
    Page(HistoryPage),
    Tokens(Tokens),
    Profile(Profile),
    Subscription(Subscription),
}

/// The moment at which the answers with limits were given: their windows end later.
const DATE: &str = "Wed, 11 Feb 2026 08:00:00 GMT";

fn dated(mut reply: Reply) -> Reply {
    reply.headers.push(("date".to_owned(), DATE.to_owned()));
    reply
}

fn words() -> OutboundMessage {
    OutboundMessage {
        conversation: super::BOTH.into(),
        text: Some("Hello!".to_owned()),
        client_key: "k:0".to_owned(),
        ..OutboundMessage::default()
    }
}

/// Makes the call that the fixture answers.
async fn make(fixture: &Fixture) -> (Result<Outcome, PlatformError>, Vec<Asked>) {
    let method = fixture.http.request["method"].as_str().unwrap();
    let path = fixture.http.request["path"].as_str().unwrap();
    let reply = dated(fixture.reply());
    let other = |body: Value| Reply::json(200, body.to_string());
    let replies = match path {
        "/2/users/me" => vec![],
        "/2/webhooks" => {
            let nothing = other(json!({ "meta": { "result_count": 0 } }));
            let made = other(json!({ "data": { "subscription": {} } }));
            let mut replies = vec![nothing.clone(), reply.clone(), nothing];
            replies.extend(vec![made; 7]);
            replies
        }
        _ if path.ends_with("/finalize") => {
            let begun = json!({ "data": { "id": "1880028106020515840" } });
            let ready = json!({ "data": { "processing_info": { "state": "succeeded" } } });
            let taken = json!({ "data": { "dm_conversation_id": super::BOTH, "dm_event_id": "1" } });
            vec![other(begun), other(json!({})), reply.clone(), other(ready), other(taken)]
        }
        _ => vec![reply.clone()],
    };
    let stand_in = StandIn::start(replies).await;
    let platform = handle(settings(&stand_in.base));
    let outcome = match (method, path) {
        ("POST", "/2/oauth2/token") => platform.refresh(&grant()).await.map(Outcome::Tokens),
        ("GET", "/2/users/me") => return me(reply).await,
        ("POST", "/2/webhooks") => subscribe(&platform).await.map(Outcome::Subscription),
        ("GET", path) if path.ends_with("dm_events") => {
            platform.pull(&grant(), None, Duration::ZERO).await.map(Outcome::Page)
        }
        ("POST", path) if path.ends_with("/finalize") => {
            let file = OutboundFile {
                kind: ContentKind::Video,
                file_name: "a.mp4".to_owned(),
                mime_type: "video/mp4".to_owned(),
                bytes: b"video".as_slice().into(),
                link: None,
            };
            let message = OutboundMessage { attachments: vec![file], text: None, ..words() };
            platform.send(&grant(), &message).await.map(Outcome::Sent)
        }
        _ => {
            let to = match path.strip_prefix("/2/dm_conversations/with/") {
                Some(rest) => rest.trim_end_matches("/messages").to_owned(),
                None => "1582103724607971328".to_owned(),
            };
            let address = (path == "/2/dm_conversations").then(|| json!({ "group": true }));
            let message = OutboundMessage { conversation: to.into(), address, ..words() };
            platform.send(&grant(), &message).await.map(Outcome::Sent)
        }
    };
    let asked = stand_in.asked();
    super::spec::check(&asked);
    (outcome, asked)
}

/// The profile of the account itself is part of linking.
async fn me(reply: Reply) -> (Result<Outcome, PlatformError>, Vec<Asked>) {
    let asked = super::linking::link(vec![super::linking::handed(), reply]).await;
    let (identity, asked) = (asked.0.unwrap(), asked.1);
    let profile = Profile { name: None, username: identity.username, picture: Some(identity.remote_id.to_string()) };
    (Ok(Outcome::Profile(profile)), asked)
}

async fn subscribe(platform: &PlatformHandle) -> Result<Subscription, PlatformError> {
    let url = "https://hub.example.com/webhooks/twitter".parse().unwrap();
    let now = "2026-02-11T08:00:00Z".parse().unwrap();
    platform.subscribe(&grant(), &Callback::new(url, Secret::from("x"), now)).await
}

#[test]
fn every_recorded_answer_has_its_outcome() {
    let answers = fixtures::of_kind("api-response");
    assert_eq!(answers.len(), 17);
    for fixture in answers {
        let (outcome, asked) = block_on(make(&fixture));
        let mut expected = Expected::new(&fixture.expect, &fixture.id);
        // A group is made at the platform; the hub only answers in it, and reads all conversations at once.
        let differs = ["api_create_group_201", "api_dm_events_group_conversation"].contains(&fixture.id.as_str());
        let (method, path) = (&fixture.http.request["method"], &fixture.http.request["path"]);
        let made = asked.iter().any(|one| json!(one.method) == *method && json!(one.path) == *path);
        assert!(made || differs, "{}: {asked:?}", fixture.id);
        match outcome {
            Ok(outcome) => compare(&fixture, outcome, &asked, &mut expected),
            Err(error) => refused(&error, Expected::of(&expected.take("error"), &fixture.id)),
        }
        expected.done();
    }
}

fn compare(fixture: &Fixture, outcome: Outcome, asked: &[Asked], expected: &mut Expected) {
    let whose = fixture.id.as_str();
    match outcome {
        Outcome::Sent(sent) if whose == "api_media_finalize_pending" => {
            assert_eq!(sent.messages.len(), 1);
            let mut media = Expected::of(&expected.take("media"), whose);
            let [.., state, send] = asked else { panic!("{asked:?}") };
            media.equal("media_id", state.query["media_id"].clone());
            media.equal("ready", false);
            media.equal("check_after_seconds", 1);
            assert_eq!(send.parameters["attachments"], json!([{ "media_id": "1880028106020515840" }]));
            media.done();
        }
        Outcome::Sent(sent) => {
            let mut wanted = Expected::of(&expected.take("sent"), whose);
            wanted.equal("platform_message_id", sent.messages[0].as_str());
            let used = if whose == "api_create_group_201" { "1582103724607971328" } else { "" };
            let told = sent.recipient.as_ref().map_or(used, |id| id.as_str());
            wanted.equal("platform_conversation_id", told);
            wanted.instant("sent_at_from_id", sent.at);
            wanted.done();
        }
        Outcome::Page(page) => page_is(&page, expected),
        Outcome::Tokens(tokens) => {
            let mut wanted = Expected::of(&expected.take("tokens"), whose);
            let from: chrono::DateTime<chrono::Utc> = "2026-02-11T08:00:00Z".parse().unwrap();
            wanted.equal("expires_in", (tokens.expires_at.unwrap() - from).num_seconds());
            wanted.equal("refreshable", tokens.refresh.is_some());
            wanted.equal("replace_refresh_token", tokens.refresh.is_some());
            wanted.done();
        }
        Outcome::Profile(profile) => {
            let mut wanted = Expected::of(&expected.take("profile"), whose);
            wanted.equal("id", profile.picture);
            wanted.equal("username", profile.username);
            // Name and picture of people are compared where they are asked for.
            for member in ["name", "avatar_url", "avatar_url_large_ok"] {
                let _ = wanted.take(member);
            }
            wanted.done();
        }
        Outcome::Subscription(made) => {
            let mut wanted = Expected::of(&expected.take("subscription"), whose);
            wanted.equal("webhook_id", made.remote_id);
            // One that is valid is not challenged again.
            assert_eq!(wanted.take("valid"), !asked.iter().any(|one| one.method == "PUT"));
            wanted.done();
        }
    }
}

fn page_is(page: &HistoryPage, expected: &mut Expected) {
    let whose = expected.whose().to_owned();
    let mut notices = Vec::new();
    let mut said = Vec::new();
    for event in &page.events {
        let Parsed::Event(event) = event else { panic!("{event:?}") };
        match &event.body {
            InboundBody::Message(message) => said.push(message),
            InboundBody::Notice { kind, actor, .. } => {
                notices.push(json!({ "kind": kind.replace("member", "participant"), "user_id": actor.as_ref().map(RemoteParticipantId::as_str) }));
            }
            other => panic!("{other:?}"),
        }
    }
    let messages = expected.list("messages");
    assert_eq!(said.len(), messages.len(), "{whose}");
    for message in messages {
        let id = message["platform_message_id"].as_str().unwrap();
        let found = said.iter().find(|one| one.id.as_str() == id).unwrap_or_else(|| panic!("{id}"));
        assert!(found.history, "what is read the first time is the past");
        message_is(found, Expected::of(&message, &whose));
    }
    let order: Vec<Value> = expected.list("order");
    if !order.is_empty() {
        assert_eq!(said.iter().map(|one| json!(one.id.as_str())).collect::<Vec<_>>(), order);
    }
    let activities = expected.list("activities");
    assert_eq!(notices, activities, "{whose}");
    let mut wanted = Expected::of(&expected.take("page"), &whose);
    let cursor: Value = page.next.as_deref().map(|next| serde_json::from_str(next).unwrap()).unwrap_or_default();
    wanted.equal("next", cursor["page"].clone());
    wanted.take("query_parameter");
    wanted.equal("done", !page.more);
    wanted.done();
}

/// The classes of the index in the hub's words.
fn refused(error: &PlatformError, mut expected: Expected) {
    let whose = expected.whose().to_owned();
    let class = expected.take("class");
    let fits = matches!(
        (class.as_str().unwrap(), error.kind),
        ("reconnect", ErrorKind::ReauthRequired)
            | ("retry_later", ErrorKind::RateLimited { .. } | ErrorKind::Transient { maybe_applied: false })
            | ("permanent", ErrorKind::Rejected | ErrorKind::BadInput | ErrorKind::NotFound)
            | ("config" | "quota", ErrorKind::Misconfigured)
    );
    assert!(fits, "{whose}: {class} is {error:?}");
    if class == "quota" {
        assert!(error.message.contains("credits"), "{error}");
    }
    if let Some(at) = expected.take("retry_at").as_str() {
        let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind else { panic!("{error:?}") };
        let from: chrono::DateTime<chrono::Utc> = "2026-02-11T08:00:00Z".parse().unwrap();
        assert_eq!(to_contract(from + wait), at);
    }
    if let Some(words) = expected.take("message_contains").as_str() {
        assert!(error.message.contains(words), "{error}");
    }
    for secret in [TOKEN, BEARER] {
        assert!(!error.message.contains(secret));
    }
    // Who repeats, and how, is the core's business.
    for member in ["first", "backoff", "note"] {
        let _ = expected.take(member);
    }
    expected.done();
}

/// A person as the API tells of them.
#[test]
fn people_have_names_and_whole_pictures() {
    let recorded: Value = serde_json::from_slice(&fixtures::payload("api_users_me.json")).unwrap();
    let answer = json!({ "data": [recorded["data"]] });
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(200, answer.to_string()); 2]).await;
        let platform = handle(settings(&stand_in.base));
        let wanted = fixtures::named("api_users_me").expect["profile"].clone();
        let found = platform.profile(&grant(), &"2244994945".into()).await.unwrap();
        assert_eq!(json!(found.name), wanted["name"]);
        assert_eq!(json!(found.username), wanted["username"]);
        assert_eq!(json!(found.picture), wanted["avatar_url_large_ok"]);
        let asked = stand_in.only();
        assert_eq!((asked.path.as_str(), asked.query["ids"].as_str()), ("/2/users", "2244994945"));
        assert_eq!(asked.token.as_deref(), Some(TOKEN));
        super::spec::check(&[asked]);
        // Somebody who is gone, and what is nobody.
        assert_eq!(platform.profile(&grant(), &"7".into()).await.unwrap(), Profile::default());
        assert_eq!(platform.profile(&grant(), &"2:1".into()).await.unwrap(), Profile::default());
        assert_eq!(stand_in.asked().len(), 2);
    });
}

#[test]
fn budgets_are_counted_by_account() {
    let of = |account: AccountId| {
        let mut grant = grant_of(super::ME);
        grant.account_id = account;
        grant
    };
    let (one, other) = (of(AccountId(uuid::Uuid::nil())), of(AccountId(uuid::Uuid::max())));
    block_on(async {
        let taken = json!({ "data": { "dm_conversation_id": super::BOTH, "dm_event_id": "1" } }).to_string();
        let page = json!({ "meta": { "result_count": 0 } }).to_string();
        let replies = (0..15)
            .map(|_| Reply::json(201, taken.clone()))
            .chain([Reply::json(200, page), Reply::json(201, taken.clone())]);
        let stand_in = StandIn::start(replies.collect()).await;
        let platform = handle(settings(&stand_in.base));
        for _ in 0..15 {
            platform.send(&one, &words()).await.unwrap();
        }
        let error = platform.send(&one, &words()).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::RateLimited { retry_after: Some(_) }), "{error:?}");
        assert_eq!(stand_in.asked().len(), 15, "the sixteenth never left");
        // Reading has a budget of its own, and so has everybody else.
        platform.pull(&one, None, Duration::ZERO).await.unwrap();
        platform.send(&other, &words()).await.unwrap();
    });
}
