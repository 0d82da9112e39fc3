//! Every recorded answer of the Graph API: the call that brings it is made, and its outcome is what the index says.

use super::{PLATFORM, recorded};
use crate::meta::calls::{self, check_error, check_query, check_tokens, context, reply, words};
use crate::meta::{APP_ID, APP_SECRET, PAGE, PAGE_PROOF, PAGE_TOKEN, PERSON, at, check_message, page, state};
use crate::support::block_on;
use crate::support::expect::Expected;
use crate::support::fixtures::Fixture;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::RemoteConversationId;
use hub_domain::connect::Answers;
use hub_platform_kit::platform::{HistoryPage, Parsed, Profile, Progress};
use hub_platform_kit::webhook::{Callback, Verified};
use hub_platform_kit::{PlatformError, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

/// Calls the adapter has no use for: files are sent as they are, and subscribing again repairs what a look would show.
const NOT_MADE: &[&str] = &["attachment_upload.json", "subscribed_apps_get.json"];

#[test]
fn every_recorded_answer_is_asked_for_and_understood() {
    let mut made = 0;
    for fixture in recorded().into_iter().filter(|f| f.kind == "api-response") {
        if NOT_MADE.contains(&fixture.file.as_str()) {
            continue;
        }
        made += 1;
        let expected = Expected::new(&fixture.expect, fixture.file.as_str());
        match fixture.event.as_str() {
            "oauth" | "accounts" => block_on(link(&fixture, expected)),
            "subscribe" => block_on(subscribe(&fixture, expected)),
            "send" => block_on(send(&fixture, expected)),
            "history" => block_on(read_back(&fixture, expected)),
            "profile" => block_on(profile(&fixture, expected)),
            "error" => block_on(fail(&fixture, expected)),
            other => panic!("{}: nobody makes the call {other}", fixture.file),
        }
    }
    assert_eq!(made, 28);
}

/// A whole sign-in with the recorded answers, the fixture's among them.
async fn sign_in(fixture: &Fixture) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let script = ["oauth_code_exchange.json", "oauth_long_lived.json", "debug_token.json", "me_accounts.json"];
    let mut replies: Vec<Reply> = script.iter().map(|file| calls::recorded(PLATFORM, file)).collect();
    if fixture.file == "oauth_code_used.json" {
        replies[0] = reply(PLATFORM, fixture);
    }
    let stand_in = StandIn::start(replies).await;
    let answers = Answers::from([("code".to_owned(), "CODE".to_owned())]);
    let outcome = at(PLATFORM, &stand_in.base).resume(&context("facebook_login"), &Value::Null, &answers).await;
    (outcome, stand_in.asked())
}

async fn link(fixture: &Fixture, mut expected: Expected) {
    let (outcome, asked) = sign_in(fixture).await;
    let app_token = format!("{APP_ID}|{APP_SECRET}");
    let person = "EAABwzLixnjYBAFixtureLongUserToken";
    check_tokens(&asked, &[&app_token, person]);
    if fixture.file == "oauth_code_used.json" {
        assert_eq!(asked.len(), 1);
        check_error(&outcome.unwrap_err(), Expected::of(&expected.take("api_error"), fixture.file.as_str()));
        return expected.done();
    }
    let Ok(Progress::Linked { identity, tokens, proof }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(asked.len(), 4, "the last page has no next one");
    let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
    let redirect = "https://hub.example/api/auth/callback/x";
    let secret = [("client_id", APP_ID), ("client_secret", APP_SECRET)];
    let token = expected.take("token");
    match fixture.file.as_str() {
        "oauth_code_exchange.json" => {
            assert_eq!(of(0), ("GET", "/v25.0/oauth/access_token", None));
            check_query(&asked[0], &[secret[0], secret[1], ("redirect_uri", redirect), ("code", "CODE")]);
            assert_eq!(json!(asked[1].query["fb_exchange_token"]), token["access_token"]);
            assert_eq!((&token["kind"], &token["expires_in_s"]), (&json!("user"), &json!(5107)), "traded at once");
        }
        "oauth_long_lived.json" => {
            assert_eq!(of(1), ("GET", "/v25.0/oauth/access_token", None));
            let short = asked[1].query["fb_exchange_token"].clone();
            let grant = [("grant_type", "fb_exchange_token"), ("fb_exchange_token", short.as_str())];
            check_query(&asked[1], &[secret[0], secret[1], grant[0], grant[1]]);
            assert_eq!(json!(tokens.refresh.unwrap().expose_secret()), token["access_token"], "kept for taking back");
            assert_eq!(token["kind"], "user_long_lived");
            // The page's token does not end with the person's.
            assert_eq!((tokens.expires_at, &token["expires_in_s"]), (None, &json!(5_183_944)));
        }
        "debug_token.json" => {
            assert_eq!(of(2), ("GET", "/v25.0/debug_token", Some(app_token.as_str())));
            assert_eq!(asked[2].query["input_token"], person);
            assert_eq!(identity.grantor.as_deref(), Some("meta:138483919580948:1207059"));
            // What else it says is read by a test beside the code; here the sign-in passed because of it.
            assert_eq!((&token["is_valid"], &token["kind"]), (&json!(true), &json!("page")));
            assert!(token["expires_at"].is_null() && token["scopes"].as_array().unwrap().len() == 4);
        }
        "me_accounts.json" => {
            assert_eq!(of(3), ("GET", "/v25.0/me/accounts", Some(person)));
            assert!(asked[3].query["fields"].starts_with("id,name,access_token,tasks,instagram_business_account"));
            let accounts = expected.list("accounts");
            let usable: Vec<&Value> = accounts.iter().filter(|one| one["can_message"] == true).collect();
            let [one] = usable.as_slice() else { panic!("{usable:?}") };
            assert_eq!(
                (json!(identity.remote_id), json!(identity.username)),
                (one["account_id"].clone(), one["name"].clone())
            );
            assert_eq!((identity.facts, proof), (json!({ "page_id": PAGE }), None));
            assert_eq!(tokens.access.expose_secret(), PAGE_TOKEN);
            assert!(expected.take("page")["next"].is_null());
        }
        other => panic!("{other}"),
    }
    expected.done();
}

async fn subscribe(fixture: &Fixture, mut expected: Expected) {
    let known = json!([{ "object": "page", "callback_url": "https://hub.example/x", "active": true }]);
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture), calls::list(&known)]).await;
    let url = "https://hub.example/api/webhooks/facebook".parse().unwrap();
    let callback = Callback { url, secret: Secret::from("x"), previous: None, now: hub_domain::Timestamp::UNIX_EPOCH };
    let outcome = at(PLATFORM, &stand_in.base).subscribe(&page(), &callback).await;
    assert_eq!(expected.take("ok"), outcome.is_ok());
    let asked = stand_in.asked();
    check_tokens(&asked, &[PAGE_TOKEN]);
    assert_eq!((asked.len(), asked[0].method.as_str()), (2, "POST"), "an app with an address keeps it");
    let recorded = url::Url::parse(fixture.request["url"].as_str().unwrap()).unwrap();
    assert_eq!(asked[0].path, recorded.path());
    let recorded: Vec<(String, String)> = recorded.query_pairs().into_owned().collect();
    let recorded: Vec<(&str, &str)> = recorded.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    check_query(&asked[0], &recorded);
    expected.done();
}

async fn send(fixture: &Fixture, mut expected: Expected) {
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let platform = at(PLATFORM, &stand_in.base);
    let person = RemoteConversationId::from(PERSON);
    let result = expected.take("send_result");
    assert_eq!(result["recipient_id"], PERSON);
    if result["message_id"].is_null() {
        platform.typing(&page(), &person, None).await.unwrap();
    } else {
        let sent = platform.send(&page(), &words(PERSON, "Hello, world!")).await.unwrap();
        assert_eq!(json!(sent.messages), json!([result["message_id"]]));
        assert_eq!(sent.recipient, None, "the id we used");
    }
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v25.0/682498302938465/messages"));
    assert_eq!((asked.token.as_deref(), asked.query["appsecret_proof"].as_str()), (Some(PAGE_TOKEN), PAGE_PROOF));
    // A file by its address is recorded; the hub hands over the bytes, as the tests of sending show.
    if fixture.file != "send_attachment_reusable.json" {
        assert_eq!(Value::Object(asked.parameters), fixture.request["body"]);
    }
    expected.done();
}

/// Reads back the recorded conversations with the recorded messages in the first.
async fn pull() -> (HistoryPage, Vec<Asked>, Vec<Parsed>) {
    let other = json!({ "messages": { "data": [{
        "id": "m_other", "created_time": "2026-11-19T08:00:00+0000", "message": "x",
        "from": { "id": "5794982867201265", "name": "Facebook User" },
    }] } });
    let replies = vec![
        calls::recorded(PLATFORM, "conversations.json"),
        calls::recorded(PLATFORM, "conversation_messages.json"),
        Reply::json(200, other.to_string()),
    ];
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    let read = platform.pull(&page(), None, Duration::ZERO).await.unwrap();
    let again = platform.parse(&Verified { body: read.raw.clone(), account: None }).unwrap();
    (read, stand_in.asked(), again)
}

async fn read_back(fixture: &Fixture, mut expected: Expected) {
    let (read, asked, again) = pull().await;
    check_tokens(&asked, &[PAGE_TOKEN]);
    assert_eq!(asked.len(), 3);
    let messages = state(read.events, &fixture.file).messages;
    assert_eq!(messages.len(), state(again, "kept").messages.len(), "a page that was kept says the same");
    let cursor: Value = serde_json::from_str(&read.next.unwrap()).unwrap();
    let next = expected.take("page")["next"].clone();
    if fixture.file == "conversations.json" {
        assert_eq!(asked[0].path, "/v25.0/682498302938465/conversations");
        let fields = ("fields", "id,updated_time,participants,unread_count");
        check_query(&asked[0], &[("platform", "messenger"), fields]);
        let conversations = expected.list("conversations");
        for (at, one) in conversations.iter().enumerate() {
            assert_eq!(asked[at + 1].path, format!("/v25.0/{}", one["platform_thread_id"].as_str().unwrap()));
            let id = one["conversation_id"].as_str().unwrap();
            let (_, message) = messages.iter().find(|(_, m)| m.conversation.id.as_str() == id).unwrap();
            assert_eq!(json!(message.conversation.name), one["participant_name"]);
            assert_eq!(json!(message.conversation.aliases), json!([one["platform_thread_id"]]));
        }
        // The newest one is where the next run ends.
        assert_eq!(cursor["newest"], "2026-11-20T10:11:12Z");
        assert_eq!(conversations[0]["updated_at"], "2026-11-20T10:11:12.000Z");
        assert_eq!((cursor["after"].clone(), read.more), (next, true));
    } else {
        check_query(
            &asked[1],
            &[("fields", "messages{id,created_time,from,to,message,attachments,sticker,shares,reply_to}")],
        );
        // Older ones than the newest twenty are not told, so their page is not asked for.
        assert_eq!(next, "msgafter");
        let mut wanted = expected.list("messages");
        wanted.reverse();
        let here: Vec<_> = messages.iter().filter(|(_, m)| m.conversation.id.as_str() == PERSON).collect();
        assert_eq!(here.len(), wanted.len());
        for ((event, message), expected) in here.iter().zip(&wanted) {
            check_message(event, message, Expected::of(expected, fixture.file.as_str()));
        }
        let past: Vec<bool> = here.iter().map(|(_, message)| message.history).collect();
        assert_eq!(past, [true, false], "one message is unread there");
    }
    expected.done();
}

async fn profile(fixture: &Fixture, mut expected: Expected) {
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let found = at(PLATFORM, &stand_in.base).profile(&page(), &PERSON.into()).await.unwrap();
    let contacts = expected.list("contacts");
    let [one] = contacts.as_slice() else { panic!() };
    let Profile { name, username, picture } = found;
    assert_eq!((json!(name), json!(picture), username), (one["name"].clone(), one["avatar_url"].clone(), None));
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/v25.0/1254459154682919"));
    assert_eq!(one["id"], PERSON);
    check_query(&asked, &[("fields", "name,first_name,last_name,profile_pic")]);
    check_tokens(&[asked], &[PAGE_TOKEN]);
    expected.done();
}

async fn fail(fixture: &Fixture, mut expected: Expected) {
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let platform = at(PLATFORM, &stand_in.base);
    let error = match fixture.request["method"].as_str() {
        Some("POST") => platform.send(&page(), &words(PERSON, "x")).await.unwrap_err(),
        _ => platform.pull(&page(), None, Duration::ZERO).await.unwrap_err(),
    };
    let recorded = url::Url::parse(fixture.request["url"].as_str().unwrap()).unwrap();
    assert_eq!(stand_in.only().path, recorded.path());
    check_error(&error, Expected::of(&expected.take("api_error"), fixture.file.as_str()));
    expected.done();
}
