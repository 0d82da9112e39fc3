//! Every recorded answer of the Graph API: the call that brings it is made, and its outcome is what the index says.

use super::{PLATFORM, recorded};
use crate::meta::calls::{self, check_error, check_query, check_tokens, context, reply, words};
use crate::meta::{APP_SECRET, IG_APP_ID, IG_PERSON, IG_TOKEN, account, at, check_message, state};
use crate::support::block_on;
use crate::support::expect::Expected;
use crate::support::fixtures::Fixture;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::connect::Answers;
use hub_platform_kit::PlatformError;
use hub_platform_kit::platform::{HistoryPage, Profile, Progress};
use hub_platform_kit::webhook::Verified;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

const ERROR_ABOUT_A_PERSON: &str = "error_no_consent.json";

#[test]
fn every_recorded_answer_is_asked_for_and_understood() {
    let mut made = 0;
    for fixture in recorded().into_iter().filter(|f| f.kind == "api-response") {
        made += 1;
        let expected = Expected::new(&fixture.expect, fixture.file.as_str());
        match fixture.event.as_str() {
            "oauth" if fixture.file == "oauth_refresh.json" => block_on(refresh(&fixture, expected)),
            "oauth" | "accounts" => block_on(link(&fixture, expected)),
            "send" => block_on(send(&fixture, expected)),
            "history" if fixture.file == "message_too_old.json" => block_on(too_old(&fixture, expected)),
            "history" => block_on(read_back(&fixture, expected)),
            "profile" => block_on(profile(&fixture, expected)),
            "error" => block_on(fail(&fixture, expected)),
            other => panic!("{}: nobody makes the call {other}", fixture.file),
        }
    }
    assert_eq!(made, 17);
}

/// A whole sign-in with the recorded answers, the fixture's among them.
async fn sign_in(fixture: &Fixture) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let script = ["oauth_code_exchange.json", "oauth_long_lived.json", "me.json"];
    let mut replies: Vec<Reply> = script.iter().map(|file| calls::recorded(PLATFORM, file)).collect();
    if ["oauth_code_exchange_flat.json", "oauth_rejected.json"].contains(&fixture.file.as_str()) {
        replies[0] = reply(PLATFORM, fixture);
    }
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    let Ok(Progress::Next { memory, .. }) = platform.begin(&context("instagram_login")).await else { panic!() };
    let answers = Answers::from([("code".to_owned(), "AQBx-hBsH3#_".to_owned())]);
    let outcome = platform.resume(&context("instagram_login"), &memory, &answers).await;
    (outcome, stand_in.asked())
}

async fn link(fixture: &Fixture, mut expected: Expected) {
    let (outcome, asked) = sign_in(fixture).await;
    check_tokens(&asked, &[IG_TOKEN]);
    let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
    assert_eq!(of(0), ("POST", "/oauth/access_token", None));
    check_query(&asked[0], &[]);
    assert!(asked[0].is_form);
    if fixture.file == "oauth_rejected.json" {
        assert_eq!(asked.len(), 1);
        check_error(&outcome.unwrap_err(), Expected::of(&expected.take("api_error"), fixture.file.as_str()));
        return expected.done();
    }
    let Ok(Progress::Linked { identity, tokens, proof }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((asked.len(), proof), (3, None));
    let mut token = Expected::of(&json!({}), "token");
    if fixture.event == "oauth" {
        token = Expected::of(&expected.take("token"), fixture.file.as_str());
    }
    match fixture.file.as_str() {
        "oauth_code_exchange.json" | "oauth_code_exchange_flat.json" => {
            let form = json!({ "client_id": IG_APP_ID, "client_secret": APP_SECRET, "grant_type": "authorization_code",
                "redirect_uri": "https://hub.example/api/auth/callback/x", "code": "AQBx-hBsH3" });
            assert_eq!(Value::Object(asked[0].parameters.clone()), form);
            token.equal("access_token", asked[1].query["access_token"].as_str());
            token.equal("kind", "instagram_user_short");
            token.equal("user_id", identity.remote_id.as_str());
            assert_eq!(token.list("scopes").len(), 2, "linking passed because of them");
        }
        "oauth_long_lived.json" => {
            assert_eq!(of(1), ("GET", "/access_token", None));
            let short = ("access_token", "IGAAFixtureShort");
            check_query(&asked[1], &[("grant_type", "ig_exchange_token"), ("client_secret", APP_SECRET), short]);
            token.equal("access_token", tokens.access.expose_secret());
            token.equal("kind", "instagram_user_long");
            let life = tokens.expires_at.unwrap() - context("x").now;
            token.equal("expires_in_s", life.num_seconds());
            assert!(tokens.refresh.is_none());
        }
        "me.json" => {
            assert_eq!(of(2), ("GET", "/v25.0/me", Some(IG_TOKEN)));
            let accounts = expected.list("accounts");
            let [one] = accounts.as_slice() else { panic!() };
            let mut one = Expected::of(one, fixture.file.as_str());
            one.equal("account_id", identity.remote_id.as_str());
            one.equal("username", identity.username.clone());
            // The handle is shown, the number of this app alone is not kept.
            assert_eq!((one.take("name"), one.take("app_scoped_id")), (json!("Cisco Dog"), json!("90010177253934")));
            one.done();
            assert_eq!(identity.facts, json!({ "door": "instagram" }));
        }
        other => panic!("{other}"),
    }
    token.done();
    expected.done();
}

async fn refresh(fixture: &Fixture, mut expected: Expected) {
    let mut answer = reply(PLATFORM, fixture);
    answer.headers.push(("date".to_owned(), "Fri, 21 Nov 2025 06:00:11 GMT".to_owned()));
    let stand_in = StandIn::start(vec![answer]).await;
    let renewed = at(PLATFORM, &stand_in.base).refresh(&account()).await.unwrap();
    let mut token = Expected::of(&expected.take("token"), fixture.file.as_str());
    token.equal("access_token", renewed.access.expose_secret());
    token.equal("kind", "instagram_user_long");
    // The platform's clock says from when on the life counts.
    token.equal("expires_in_s", renewed.expires_at.unwrap().timestamp() - 1_763_704_811);
    token.done();
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/refresh_access_token"));
    check_query(&asked, &[("grant_type", "ig_refresh_token"), ("access_token", IG_TOKEN)]);
    expected.done();
}

async fn send(fixture: &Fixture, mut expected: Expected) {
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let sent = at(PLATFORM, &stand_in.base).send(&account(), &words(IG_PERSON, "Hello World!")).await.unwrap();
    let mut result = Expected::of(&expected.take("send_result"), fixture.file.as_str());
    result.equal("message_id", sent.messages[0].as_str());
    result.equal("recipient_id", IG_PERSON);
    assert_eq!((sent.messages.len(), sent.recipient), (1, None));
    result.done();
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v25.0/17841405822304914/messages"));
    assert_eq!(Value::Object(asked.parameters.clone()), fixture.request["body"]);
    check_tokens(&[asked], &[IG_TOKEN]);
    expected.done();
}

async fn pull(messages: Reply) -> (HistoryPage, Vec<Asked>) {
    let replies = vec![calls::recorded(PLATFORM, "conversations.json"), messages];
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    let read = platform.pull(&account(), None, Duration::ZERO).await.unwrap();
    let again = platform.parse(&Verified { body: read.raw.clone(), account: None }).unwrap();
    assert_eq!(again.len(), read.events.len(), "a page that was kept says the same");
    (read, stand_in.asked())
}

async fn read_back(fixture: &Fixture, mut expected: Expected) {
    let (read, asked) = pull(calls::recorded(PLATFORM, "conversation_messages.json")).await;
    check_tokens(&asked, &[IG_TOKEN]);
    let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str());
    assert_eq!((asked.len(), of(0)), (2, ("GET", "/v25.0/me/conversations")));
    assert_eq!(of(1), ("GET", "/v25.0/aWdfZAG06MTpJR01lc3NhZA2VUaHJlYWQ6OTAw"));
    let found = state(read.events, &fixture.file);
    let cursor: Value = serde_json::from_str(&read.next.unwrap()).unwrap();
    if fixture.file == "conversations.json" {
        check_query(&asked[0], &[("platform", "instagram"), ("fields", "id,updated_time,participants")]);
        let conversations = expected.list("conversations");
        let [one] = conversations.as_slice() else { panic!() };
        let place = &found.messages[0].1.conversation;
        let mut one = Expected::of(one, fixture.file.as_str());
        one.equal("conversation_id", place.id.as_str());
        one.equal("platform_thread_id", place.aliases[0].as_str());
        one.equal("participant_name", place.handle.clone());
        one.instant("updated_at", cursor["newest"].as_str().unwrap().parse().ok());
        one.done();
        assert_eq!((cursor["after"].clone(), read.more), (expected.take("page")["next"].clone(), true));
    } else {
        let fields = "messages{id,created_time,from,to,message,attachments,reply_to,is_unsupported}";
        check_query(&asked[1], &[("fields", fields)]);
        // Older ones than the newest twenty are not told, so their page is not asked for.
        assert_eq!(expected.take("page")["next"], "a2");
        let messages = expected.list("messages");
        assert_eq!(found.messages.len(), messages.len());
        for ((event, message), expected) in found.messages.iter().zip(&messages) {
            check_message(event, message, Expected::of(expected, fixture.file.as_str()));
            assert!(message.history);
        }
        let ignored = expected.list("ignored");
        assert_eq!(found.ignored(), vec!["without_details"; ignored.len()]);
    }
    expected.done();
}

/// The hub asks for conversations only; a refusal about one of them costs no other.
async fn too_old(fixture: &Fixture, mut expected: Expected) {
    let (read, asked) = pull(reply(PLATFORM, fixture)).await;
    assert_eq!((read.events.len(), read.more, asked.len()), (0, true, 2));
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let error = at(PLATFORM, &stand_in.base).send(&account(), &words(IG_PERSON, "x")).await.unwrap_err();
    check_error(&error, Expected::of(&expected.take("api_error"), fixture.file.as_str()));
    expected.done();
}

async fn profile(fixture: &Fixture, mut expected: Expected) {
    let stand_in = StandIn::start(vec![reply(PLATFORM, fixture)]).await;
    let found = at(PLATFORM, &stand_in.base).profile(&account(), &IG_PERSON.into()).await.unwrap();
    let contacts = expected.list("contacts");
    let [one] = contacts.as_slice() else { panic!() };
    let actual =
        json!({ "id": IG_PERSON, "name": found.name, "username": found.username, "avatar_url": found.picture });
    assert_eq!(&actual, one);
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/v25.0/819898670256713"));
    check_query(&asked, &[("fields", "name,username,profile_pic")]);
    check_tokens(&[asked], &[IG_TOKEN]);
    expected.done();
}

async fn fail(fixture: &Fixture, mut expected: Expected) {
    let answer = reply(PLATFORM, fixture);
    let stand_in = StandIn::start(vec![answer.clone(), answer]).await;
    let platform = at(PLATFORM, &stand_in.base);
    if fixture.file == ERROR_ABOUT_A_PERSON {
        let found = platform.profile(&account(), &IG_PERSON.into()).await.unwrap();
        assert_eq!(found, Profile::default(), "somebody who keeps to themselves is no failure");
    }
    let error = platform.send(&account(), &words(IG_PERSON, "x")).await.unwrap_err();
    assert_eq!(stand_in.asked()[0].token.as_deref(), Some(IG_TOKEN));
    check_error(&error, Expected::of(&expected.take("api_error"), fixture.file.as_str()));
    expected.done();
}
